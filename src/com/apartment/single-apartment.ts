import { ComError, type Guid, HResult, newGuid } from "../../base/index.ts";
import type { Apartment, IncomingEntry } from "../remoting.ts";
import { CallType, type MessageFilter, ServerCall } from "./message-filter.ts";
import { mayNotBePosted } from "./open-apartment.ts";
import { asked, outgoing } from "./outgoing.ts";

/** Calls that may wait for a single-threaded apartment. More come only when callers ignore that it is busy, or mean harm. */
const defaultQueuedCalls = 1024;

interface Waiting {
  readonly causality: Guid | undefined;
  readonly enter: () => void;
}

export interface SingleApartmentOptions {
  /** Calls that may wait. Default: {@link defaultQueuedCalls}. */
  readonly queuedCalls?: number;
  /** Whether a causality began in this thread: its call-backs are awaited here. */
  readonly beganHere?: (causality: Guid) => boolean;
}

/**
 * A single-threaded apartment. One call at a time, until the promise of its method has settled; while it runs, calls of the same causality enter (call-backs
 * into the chain that waits for them must, or nobody would ever go on), and strangers wait their turn in the order they came.
 */
export class SingleApartment implements Apartment {
  readonly id: string = newGuid();
  readonly kind = "single";
  readonly mayNotBePosted: () => string = mayNotBePosted;
  readonly #beganHere: (causality: Guid) => boolean;
  readonly #limit: number;
  readonly #queue: Waiting[] = [];
  /** The causalities inside, and how many calls of each. */
  readonly #inside = new Map<Guid | undefined, number>();
  #filter: MessageFilter | undefined;

  constructor(options: SingleApartmentOptions = {}) {
    this.#limit = options.queuedCalls ?? defaultQueuedCalls;
    this.#beganHere = options.beganHere ?? (() => false);
  }

  /** Calls that wait. */
  get queued(): number {
    return this.#queue.length;
  }

  /** True while a call is inside. */
  get busy(): boolean {
    return this.#inside.size > 0;
  }

  get filter(): MessageFilter | undefined {
    return this.#filter;
  }

  /** Whoever calls while the apartment is busy is put to this filter; answers the one before (CoRegisterMessageFilter). */
  exchangeFilter(filter: MessageFilter | undefined): MessageFilter | undefined {
    const before = this.#filter;
    this.#filter = filter;
    outgoing.filter = filter;
    return before;
  }

  enter<T>(causality: Guid | undefined, run: () => T, entry?: IncomingEntry): T | Promise<T> {
    const related = this.#isRelated(causality);
    if (this.#filter !== undefined && entry !== undefined) this.#ask(this.#filter, related, entry);
    if (related || !this.busy) return this.#run(causality, run);
    if (this.#queue.length >= this.#limit) {
      throw new ComError(
        HResult.RPC_E_SERVERCALL_RETRYLATER,
        `${this.#limit} calls wait for the single-threaded apartment already`,
        { gate: "apartment queue" },
      );
    }
    if (this.#filter !== undefined) outgoing.message(this.#filter);
    return new Promise<T>((resolve, reject) => {
      const enter = (): void => {
        try {
          resolve(this.#run(causality, run));
        } catch (error) {
          reject(error);
        }
      };
      this.#queue.push({ causality, enter });
    });
  }

  #isRelated(causality: Guid | undefined): boolean {
    return causality !== undefined && (this.#inside.has(causality) || this.#beganHere(causality));
  }

  #ask(filter: MessageFilter, related: boolean, entry: IncomingEntry): void {
    const type = related ? CallType.NESTED : this.busy ? CallType.TOPLEVEL_CALLPENDING : CallType.TOPLEVEL;
    const answer = asked(() => filter.HandleInComingCall?.(type, entry.caller, outgoing.elapsed, entry));
    if (answer === undefined || answer === ServerCall.ISHANDLED) return;
    const later = answer === ServerCall.RETRYLATER;
    throw new ComError(
      later ? HResult.RPC_E_SERVERCALL_RETRYLATER : HResult.RPC_E_CALL_REJECTED,
      later
        ? "the message filter of the apartment asks to call again later"
        : "the message filter of the apartment rejected the call",
      { gate: "message filter" },
    );
  }

  #run<T>(causality: Guid | undefined, run: () => T): T {
    this.#inside.set(causality, (this.#inside.get(causality) ?? 0) + 1);
    let result: T;
    try {
      result = run();
    } catch (error) {
      this.#leave(causality);
      throw error;
    }
    if (!(result instanceof Promise)) {
      this.#leave(causality);
      return result;
    }
    const leave = (): void => this.#leave(causality);
    result.then(leave, leave);
    return result;
  }

  #leave(causality: Guid | undefined): void {
    const left = (this.#inside.get(causality) ?? 1) - 1;
    if (left > 0) this.#inside.set(causality, left);
    else this.#inside.delete(causality);
    if (this.#inside.size > 0 || this.#queue.length === 0) return;
    // The next one in a turn of its own: a queue of calls that answer at once must not become a stack of calls.
    queueMicrotask(() => this.#next());
  }

  #next(): void {
    if (this.busy) return;
    const first = this.#queue.shift();
    if (first === undefined) return;
    first.enter();
    // Those of the same chain that waited behind it would otherwise be waited for.
    for (let at = 0; at < this.#queue.length && first.causality !== undefined && this.busy;) {
      const other = this.#queue[at] as Waiting;
      if (other.causality === first.causality) {
        this.#queue.splice(at, 1);
        other.enter();
      } else at++;
    }
    if (!this.busy && this.#queue.length > 0) queueMicrotask(() => this.#next());
  }
}
