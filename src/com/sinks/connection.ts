import { type Clock, ComError, HResult, systemClock } from "../../base/index.ts";
import type { CallOptions } from "../../ndr/index.ts";
import { currentApartment } from "../apartment.ts";
import { type CallContext, getCallContext } from "../call-context.ts";
import type { Identity } from "../identity.ts";
import { remoteObjectOf } from "../pointers.ts";
import type { IUnknown } from "../unknown.ts";
import { isGone } from "../gone.ts";

/** How patient a source is with its sinks. All of it is optional. */
export interface SinkSettings {
  /** Most calls that wait for one sink. It stops a slow or hung sink from filling memory. Default 1000. */
  readonly maxPending?: number;
  /** What happens to a sink for which more wait: the oldest call is lost (the default), the new one is, or the sink is cut off. */
  readonly overflow?: "dropOldest" | "dropNewest" | "disconnect";
  /** Milliseconds a sink has for one call; afterwards the next one is made. Default 30 000. */
  readonly timeout?: number;
  /** After so many calls without an answer, one after the other, the sink is cut off. Default 3. */
  readonly maxTimeouts?: number;
  readonly clock?: Clock;
}

export const defaultSinkSettings: Required<SinkSettings> = {
  maxPending: 1000,
  overflow: "dropOldest",
  timeout: 30_000,
  maxTimeouts: 3,
  clock: systemClock,
};

/** One call for a sink. */
export interface SinkCall {
  /** Makes it; a value or a promise. */
  readonly call: (sink: IUnknown, options: CallOptions | undefined) => unknown;
  /** Pointers among its arguments: lent to whoever fires, they must outlive the wait. */
  readonly pointers: readonly IUnknown[];
}

/** What became of one event at one sink. */
export interface Delivery {
  /** The connection. */
  readonly cookie: number;
  /** What the sink answered: its result or outputs. */
  readonly value?: unknown;
  /** The HRESULT: S_OK, S_FALSE and the like, or that of `error`. */
  readonly code: number;
  /** Why the sink was not reached, or what it threw. */
  readonly error?: ComError;
}

/** Where a connection's sink is found when it is to be called: held, or for a weak one made for the call. */
export interface SinkSource {
  /** The sink, to be called now; undefined when it is gone. */
  take(): IUnknown | undefined;
  /** Ends what `take` began. */
  give(sink: IUnknown): void;
  /** The connection ends. */
  close(): void;
}

/** A sink that its connection holds. Takes over the pointer. */
export function heldSink(held: IUnknown): SinkSource {
  return { take: () => held, give: () => undefined, close: () => held[Symbol.dispose]() };
}

interface Waiting extends SinkCall {
  readonly done: ((delivery: Delivery) => void) | undefined;
}

/** The sinks that are being told in this turn, the last one innermost. */
const telling: SinkConnection[] = [];

/** What a connection tells the source it belongs to. */
export interface SinkHost {
  readonly identity: Identity;
  readonly settings: Required<SinkSettings>;
  /** The sink is gone, or is cut off: take the connection out. */
  lost(connection: SinkConnection, why: ComError): void;
  /** Something a person may want to know of. */
  note(connection: SinkConnection, what: string, error?: unknown): void;
}

/**
 * One sink that is connected. Calls reach it in the order they were made, one at a time; while it works on one, others wait here. No sink waits for
 * another. What a sink causes while it is told does not wait: whoever it calls may have to wait for it.
 */
export class SinkConnection {
  readonly cookie: number;
  readonly sink: SinkSource;
  readonly #host: SinkHost;
  readonly #waiting: Waiting[] = [];
  #busy = false;
  /** The call in which the sink was called: what arrives in another one of the same chain was caused by the sink. */
  #within: CallContext | undefined;
  #closed = false;
  #timeouts = 0;
  #overflowing = false;

  constructor(cookie: number, sink: SinkSource, host: SinkHost) {
    this.cookie = cookie;
    this.sink = sink;
    this.#host = host;
  }

  /** Events that wait, for diagnosis. */
  get pending(): number {
    return this.#waiting.length;
  }

  /** Calls the sink, or has the call wait for its turn. `done` hears what became of it. */
  send({ call, pointers }: SinkCall, done?: (delivery: Delivery) => void): void {
    if (this.#closed) {
      done?.(this.#failed(notConnected()));
      return;
    }
    for (const pointer of pointers) pointer.AddRef();
    const next = { call, pointers, done };
    if (!this.#busy) this.#start(next);
    else if (this.#isNested()) void this.#nested(next);
    else this.#wait(next);
  }

  #isNested(): boolean {
    if (telling.includes(this)) return true;
    const now = getCallContext();
    const within = this.#within;
    return now !== undefined && within !== undefined && now !== within && now.causality === within.causality;
  }

  async #nested(one: Waiting): Promise<void> {
    this.#settle(one, await this.#call(one));
  }

  /** Ends the connection: what waits is not sent any more. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const one of this.#waiting.splice(0)) this.#settle(one, this.#failed(notConnected()));
    this.sink.close();
  }

  #wait(next: Waiting): void {
    const { maxPending, overflow } = this.#host.settings;
    if (this.#waiting.length < maxPending) {
      this.#overflowing = false;
      this.#waiting.push(next);
      return;
    }
    const full = new ComError(HResult.E_OUTOFMEMORY, `${maxPending} events wait for this sink already`);
    const lostOne: Delivery = { cookie: this.cookie, code: full.code, error: full };
    if (overflow === "disconnect") {
      this.#settle(next, lostOne);
      this.#host.lost(this, full);
      return;
    }
    // Told once for every time it happens, not for every event.
    if (!this.#overflowing) this.#host.note(this, `a sink is too slow: events for it are lost`);
    this.#overflowing = true;
    const lost = overflow === "dropNewest" ? next : (this.#waiting.shift() ?? next);
    if (lost !== next) this.#waiting.push(next);
    this.#settle(lost, lostOne);
  }

  #start(first: Waiting): void {
    this.#busy = true;
    this.#within = getCallContext();
    for (let next: Waiting | undefined = first; next !== undefined; next = this.#waiting.shift()) {
      const one = next;
      const result = this.#call(one);
      if (!(result instanceof Promise)) {
        this.#settle(one, result);
        continue;
      }
      void this.#goOn(one, result);
      return;
    }
    this.#busy = false;
  }

  async #goOn(one: Waiting, answer: Promise<Delivery>): Promise<void> {
    this.#settle(one, await answer);
    const following = this.#waiting.shift();
    if (following === undefined) this.#busy = false;
    else this.#start(following);
  }

  /** Never throws, never rejects. */
  #call(one: Waiting): Delivery | Promise<Delivery> {
    const { apartment } = this.#host.identity;
    if (apartment === currentApartment()) return this.#callHere(one);
    try {
      const result = apartment.enter(undefined, () => this.#callHere(one));
      return result instanceof Promise ? this.#whatever(result) : result;
    } catch (error) {
      return this.#failed(ComError.from(error));
    }
  }

  async #whatever(result: Promise<Delivery | Promise<Delivery>>): Promise<Delivery> {
    try {
      return await result;
    } catch (error) {
      return this.#failed(ComError.from(error));
    }
  }

  #callHere({ call, done }: Waiting): Delivery | Promise<Delivery> {
    const sink = this.#closed ? undefined : this.sink.take();
    if (sink === undefined) {
      const gone = notConnected();
      if (!this.#closed) this.#host.lost(this, gone);
      return this.#failed(gone);
    }
    const { timeout } = this.#host.settings;
    const status = done === undefined ? undefined : { code: HResult.S_OK };
    const far = remoteObjectOf(sink) !== undefined;
    const options: CallOptions | undefined =
      far || status !== undefined ? { ...(far ? { timeout } : {}), ...(status && { status }) } : undefined;
    let result: unknown;
    telling.push(this);
    try {
      result = call(sink, options);
    } catch (error) {
      this.sink.give(sink);
      return this.#failed(ComError.from(error), far);
    } finally {
      telling.pop();
    }
    const answered = (value: unknown): Delivery => {
      this.#timeouts = 0;
      return { cookie: this.cookie, value, code: status?.code ?? HResult.S_OK };
    };
    if (!isThenable(result)) {
      this.sink.give(sink);
      return answered(result);
    }
    const limited = far ? Promise.resolve(result) : this.#limited(result, timeout);
    return limited
      .then(answered, (error: unknown) => this.#failed(ComError.from(error), far))
      .finally(() => this.sink.give(sink));
  }

  /** A sink of this program may take its time as one elsewhere may, and no longer. */
  async #limited(result: PromiseLike<unknown>, timeout: number): Promise<unknown> {
    let timer: Disposable | undefined;
    const tooLong = new Promise<never>((_, reject) => {
      const late = new ComError(HResult.RPC_E_TIMEOUT, `the sink did not answer within ${timeout} ms`);
      timer = this.#host.settings.clock.after(timeout, () => reject(late));
    });
    try {
      return await Promise.race([result, tooLong]);
    } finally {
      timer?.[Symbol.dispose]();
    }
  }

  /** A sink that fails fails for itself; one that is gone, or does not answer time and again, is taken out. */
  #failed(error: ComError, far = false): Delivery {
    if (!this.#closed) {
      this.#timeouts = error.code === HResult.RPC_E_TIMEOUT ? this.#timeouts + 1 : 0;
      if ((far && isOver(error)) || this.#timeouts >= this.#host.settings.maxTimeouts)
        this.#host.lost(this, error);
      else this.#host.note(this, "a sink failed", error);
    }
    return { cookie: this.cookie, code: error.code, error };
  }

  #settle(one: Waiting, delivery: Delivery): void {
    for (const pointer of one.pointers) pointer.Release();
    one.done?.(delivery);
  }
}

const CONNECT_E_NOCONNECTION = 0x80040200;

function notConnected(): ComError {
  return new ComError(CONNECT_E_NOCONNECTION, "the sink is not connected any more");
}

/** What a sink throws may be another's end, of somebody it called; its own is told by the channel, or as RPC_E_DISCONNECTED. */
function isOver(error: ComError): boolean {
  return error.remote ? error.code === HResult.RPC_E_DISCONNECTED : isGone(error.code);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
