import { ComError, HResult } from "../../base/index.ts";
import { duplicate, isPointer } from "../../com/index.ts";
import type { CallOptions, Interface } from "../../ndr/index.ts";
import { type AdviseOptions, type Subscription, advise } from "./advise.ts";
import type { EventNames } from "./fire.ts";
import { connectLate, findSource } from "./on.ts";
import { sinkOf } from "./sink.ts";

export interface EventStreamOptions extends AdviseOptions {
  /** Ends the stream when it fires. */
  readonly signal?: AbortSignal;
  /** Most events that wait to be taken. It stops a fast source from filling memory. Default 1000. */
  readonly maxBuffered?: number;
  /**
   * What happens to an event for which there is no room: the oldest one is lost (the default), or the new one, told by `lost` of the next event; the
   * stream ends with an error; or whoever fires it waits, up to the source's patience.
   */
  readonly overflow?: "dropOldest" | "dropNewest" | "error" | "wait";
}

/** One event of a typed stream: its name and its arguments. */
export type EventOf<T> = {
  readonly [K in EventNames<T>]: T[K] extends (...args: infer A) => unknown
    ? {
        readonly name: K;
        readonly args: A extends readonly [...infer H, options?: CallOptions] ? H : A;
        /** How many events were lost before this one because nobody took them. */
        readonly lost: number;
      }
    : never;
}[EventNames<T>];

/** One event of a stream without a contract. */
export interface LateEvent {
  readonly name: string;
  readonly args: readonly unknown[];
  readonly lost: number;
}

/** The events of an object, one after the other. Leaving the loop, or its `await using` block, disconnects. */
export interface EventStream<E> extends AsyncIterableIterator<E>, AsyncDisposable {
  /** Connects now and not at the first step: events from here on are heard. */
  ready(): Promise<this>;
}

/**
 * The events of an object as a loop: `for await (const { name, args } of events(counter, ICounterEvents))`. It is connected at the first step (or with
 * `ready`) and disconnected when the loop is left. Without a source interface: the events of the default one, with natural values. What a stream
 * answers to events that ask for something is nothing; use `advise` for those. When the source dies, ends or cuts the stream off, what waits is still taken, and
 * then the loop throws what `onLost` of `advise` is told. Interface pointers among an event's arguments belong to the one who takes it.
 */
export function events<T>(
  object: object,
  source: Interface<T>,
  options?: EventStreamOptions,
): EventStream<EventOf<T>>;
export function events(
  object: object,
  source?: undefined,
  options?: EventStreamOptions,
): EventStream<LateEvent>;
export function events(
  object: object,
  source?: Interface<unknown>,
  options: EventStreamOptions = {},
): EventStream<LateEvent> {
  const { signal, maxBuffered, overflow, ...call } = options;
  return new Stream(
    (take, onLost) => connect(object, source, { ...call, onLost }, take),
    maxBuffered ?? 1000,
    overflow ?? "dropOldest",
    signal,
  );
}

type Take = (name: string, args: readonly unknown[]) => Promise<void> | void;

type Connect = (take: Take, lost: (error: ComError) => void) => Promise<Subscription>;

interface Taker {
  readonly resolve: (result: IteratorResult<LateEvent>) => void;
  readonly reject: (error: ComError) => void;
}

async function connect(
  object: object,
  source: Interface<unknown> | undefined,
  options: AdviseOptions,
  take: Take,
): Promise<Subscription> {
  if (source !== undefined) return advise(object, source, sinkOf(source, take), options);
  const found = await findSource(object, options);
  return connectLate(
    object,
    found,
    (name) =>
      (...args: unknown[]) =>
        take(name, args),
    options,
  );
}

class Stream implements EventStream<LateEvent> {
  readonly #connect: Connect;
  readonly #max: number;
  readonly #overflow: NonNullable<EventStreamOptions["overflow"]>;
  readonly #signal: AbortSignal | undefined;
  readonly #buffer: LateEvent[] = [];
  /** Those who fire and wait for room. */
  readonly #held: (() => void)[] = [];
  /** Those who wait for an event. */
  readonly #takers: Taker[] = [];
  #lost = 0;
  #connecting: Promise<Subscription> | undefined;
  #failure: ComError | undefined;
  #ended: Promise<void> | undefined;

  constructor(
    connect: Connect,
    max: number,
    overflow: NonNullable<EventStreamOptions["overflow"]>,
    signal: AbortSignal | undefined,
  ) {
    this.#connect = connect;
    this.#max = Math.max(1, max);
    this.#overflow = overflow;
    this.#signal = signal;
    signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  readonly #onAbort = (): void => {
    void this.#end();
  };

  [Symbol.asyncIterator](): this {
    return this;
  }

  async ready(): Promise<this> {
    if (this.#signal?.aborted === true) await this.#end();
    if (this.#ended !== undefined) return this;
    await (this.#connecting ??= this.#connect(
      (name, args) => this.#take(name, args),
      (error) => this.#fail(error),
    ));
    return this;
  }

  async next(): Promise<IteratorResult<LateEvent>> {
    await this.ready();
    const event = this.#buffer.shift();
    this.#held.shift()?.();
    if (event !== undefined) return { done: false, value: event };
    if (this.#failure !== undefined) {
      await this.#end();
      throw this.#failure;
    }
    if (this.#ended !== undefined) return done;
    return new Promise((resolve, reject) => {
      this.#takers.push({ resolve, reject });
    });
  }

  /** No more events come; those that wait are taken first. */
  #fail(failure: ComError): void {
    if (this.#ended !== undefined || this.#failure !== undefined) return;
    this.#failure = failure;
    const takers = this.#takers.splice(0);
    if (takers.length > 0) void this.#end().catch(() => undefined);
    for (const taker of takers) taker.reject(failure);
  }

  async return(): Promise<IteratorResult<LateEvent>> {
    await this.#end();
    return done;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }

  #take(name: string, args: readonly unknown[]): Promise<void> | void {
    if (this.#ended !== undefined || this.#failure !== undefined) return undefined;
    const taker = this.#takers.shift();
    if (taker !== undefined) {
      taker.resolve({ done: false, value: this.#event(name, args) });
      return undefined;
    }
    if (this.#buffer.length < this.#max) {
      this.#buffer.push(this.#event(name, args));
      return undefined;
    }
    return this.#overflowing(name, args);
  }

  #overflowing(name: string, args: readonly unknown[]): Promise<void> | void {
    switch (this.#overflow) {
      case "dropNewest":
        this.#lost++;
        return undefined;
      case "dropOldest": {
        const oldest = this.#buffer.shift();
        forget(oldest);
        const first = this.#buffer[0];
        const lost = (oldest?.lost ?? 0) + 1;
        if (first === undefined) this.#lost += lost;
        else this.#buffer[0] = { ...first, lost: first.lost + lost };
        this.#buffer.push(this.#event(name, args));
        return undefined;
      }
      case "error":
        this.#failure = new ComError(
          HResult.E_OUTOFMEMORY,
          `${this.#max} events wait already and nobody takes them`,
        );
        return undefined;
      case "wait":
        return new Promise<void>((resolve) => {
          this.#held.push(resolve);
        }).then(() => this.#take(name, args));
    }
  }

  #event(name: string, args: readonly unknown[]): LateEvent {
    const lost = this.#lost;
    this.#lost = 0;
    // Arguments are lent for the call; whoever takes the event has them later, and owns them.
    return { name, args: args.map((one) => (isPointer(one) ? duplicate(one) : one)), lost };
  }

  #end(): Promise<void> {
    return (this.#ended ??= this.#disconnect());
  }

  async #disconnect(): Promise<void> {
    this.#signal?.removeEventListener("abort", this.#onAbort);
    for (const letGo of this.#held.splice(0)) letGo();
    for (const taker of this.#takers.splice(0)) taker.resolve(done);
    for (const event of this.#buffer.splice(0)) forget(event);
    const subscription = await this.#connecting?.catch(() => undefined);
    await subscription?.unadvise();
  }
}

function forget(event: LateEvent | undefined): void {
  for (const one of event?.args ?? []) if (isPointer(one)) one[Symbol.dispose]();
}

const done: IteratorResult<LateEvent> = { done: true, value: undefined };
