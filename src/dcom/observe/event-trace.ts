import { type Clock, ComError, type Guid, HResult } from "../../base/index.ts";
import {
  type DirectCall,
  causalityGuid,
  currentCausality,
  nameOf,
  watchDirectCalls,
} from "../../com/index.ts";
import type { CallObserver, IncomingCall, ObservedCall } from "./observer.ts";

/** What happened in an apartment: a call that went out or came in and how it ended, objects that came and went, an activation. */
export interface TraceEvent {
  /** Counts up; gaps are events that were dropped. */
  readonly number: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly kind: "out" | "in" | "within" | "exported" | "withdrawn" | "activation";
  /** The method, the class, or how many objects. */
  readonly what: string;
  readonly causality?: Guid;
  readonly object?: string;
  /** Milliseconds from its beginning to its end. */
  readonly took?: number;
  readonly hresult?: number;
  readonly caller?: string;
}

/** Events a trace keeps: enough to see what led to a failure, bounded because it may be left on. */
const defaultSize = 2000;
const largestSize = 100_000;

/** The last events of an apartment, in a ring. On from its making until it is disposed. */
export class EventTrace implements CallObserver {
  readonly #clock: Clock;
  readonly #ring: TraceEvent[] = [];
  readonly #size: number;
  #next = 1;

  constructor(clock: Clock, size: number = defaultSize) {
    if (!Number.isInteger(size) || size < 1 || size > largestSize)
      throw new ComError(HResult.E_INVALIDARG, `a trace keeps 1 to ${largestSize} events, not ${size}`);
    this.#clock = clock;
    this.#size = size;
  }

  add(event: Omit<TraceEvent, "number" | "at">): void {
    const number = this.#next++;
    this.#ring[(number - 1) % this.#size] = { number, at: this.#clock.now(), ...event };
  }

  /** Events with a number above `after`, oldest first, `most` of them at most. */
  events(after = 0, most: number = largestSize): TraceEvent[] {
    const oldest = Math.max(after + 1, this.#next - this.#size);
    const found: TraceEvent[] = [];
    for (let number = oldest; number < this.#next && found.length < most; number++) {
      const event = this.#ring[(number - 1) % this.#size];
      if (event !== undefined) found.push(event);
    }
    return found;
  }

  async outgoing(call: ObservedCall, run: () => Promise<unknown>): Promise<unknown> {
    const started = this.#clock.monotonic();
    try {
      const result = await run();
      this.#ended("out", call, started, HResult.S_OK);
      return result;
    } catch (error) {
      this.#ended("out", call, started, ComError.from(error).code);
      throw error;
    }
  }

  incoming(call: IncomingCall, run: () => void | Promise<void>): void | Promise<void> {
    const started = this.#clock.monotonic();
    const caller = call.caller && `${call.caller.domain}\\${call.caller.user}`;
    const ended = (hresult: number): void => this.#ended("in", call, started, hresult, caller);
    const failed = (error: unknown): never => {
      ended(ComError.from(error).code);
      throw error;
    };
    try {
      const result = run();
      if (result === undefined) return ended(call.hresult);
      return result.then(() => ended(call.hresult), failed);
    } catch (error) {
      return failed(error);
    }
  }

  /** A call within the apartment: what it answers goes through as it is. */
  within({ descriptor, method, identity }: DirectCall, run: () => unknown): unknown {
    const started = this.#clock.monotonic();
    const cause = currentCausality();
    const call = {
      method: `${descriptor.name}.${method}`,
      causality: cause && causalityGuid(cause),
      object: nameOf(identity.object),
    };
    const ended = (error?: unknown): void =>
      this.#ended("within", call, started, error === undefined ? HResult.S_OK : ComError.from(error).code);
    try {
      const result = run();
      if (result instanceof Promise)
        result.then(
          () => ended(),
          (error: unknown) => ended(error ?? new ComError(HResult.E_FAIL)),
        );
      else ended();
      return result;
    } catch (error) {
      ended(error);
      throw error;
    }
  }

  #ended(
    kind: "in" | "out" | "within",
    call: Ended,
    started: number,
    hresult: number,
    caller?: string,
  ): void {
    const { method: what, causality, object } = call;
    const took = Math.round((this.#clock.monotonic() - started) * 1000) / 1000;
    this.add({
      kind,
      what,
      object,
      took,
      hresult,
      ...(causality && { causality }),
      ...(caller && { caller }),
    });
  }
}

/** What is told of a call that has ended. */
type Ended = Pick<ObservedCall, "method" | "object"> & { readonly causality: Guid | undefined };

/** Asks a process for its trace. */
export interface TraceRequest {
  /** Starts keeping so many events, or stops with 0; absent: as it is. */
  readonly keep?: number;
  /** With `keep`: calls within the apartment, too, which take longer meanwhile. */
  readonly within?: boolean;
  /** Events with a higher number. */
  readonly after: number;
  /** Events in one answer at most. */
  readonly most: number;
}

/** Turns the trace of an apartment on and off while it runs. */
export class TraceSwitch implements Disposable {
  readonly #observers: CallObserver[];
  readonly #clock: Clock;
  #trace: EventTrace | undefined;
  #watching: Disposable | undefined;

  /** `observers`: those of the apartment, among which the trace stands while it is on. `keep`: on from the start. */
  constructor(observers: CallObserver[], clock: Clock, keep?: number) {
    this.#observers = observers;
    this.#clock = clock;
    if (keep !== undefined) this.#keep(keep);
  }

  read({ keep, within, after, most }: TraceRequest): TraceEvent[] {
    if (keep !== undefined) this.#keep(keep);
    if (keep === 0 || within !== undefined) this.#watchWithin(within === true);
    return this.#trace?.events(after, most) ?? [];
  }

  /** An event that is no call. */
  add(event: Omit<TraceEvent, "number" | "at">): void {
    this.#trace?.add(event);
  }

  #watchWithin(on: boolean): void {
    const trace = on ? this.#trace : undefined;
    if ((trace === undefined) === (this.#watching === undefined)) return;
    this.#watching?.[Symbol.dispose]();
    this.#watching = undefined;
    if (trace !== undefined) this.#watching = watchDirectCalls((call, run) => trace.within(call, run));
  }

  /** The apartment ends. */
  [Symbol.dispose](): void {
    this.#watchWithin(false);
  }

  #keep(size: number): void {
    if (size > 0 && this.#trace !== undefined) return;
    const at = this.#trace === undefined ? -1 : this.#observers.indexOf(this.#trace);
    if (at >= 0) this.#observers.splice(at, 1);
    this.#trace = size > 0 ? new EventTrace(this.#clock, size) : undefined;
    if (this.#trace !== undefined) this.#observers.push(this.#trace);
  }
}
