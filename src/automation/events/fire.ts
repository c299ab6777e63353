import { type Delivery, identityOf } from "../../com/index.ts";
import type { CallOptions, Interface, InterfaceDescriptor } from "../../ndr/index.ts";
import type { EventSource } from "./event-source.ts";
import { eventMethodsOf } from "./sink-caller.ts";
import { requireSource } from "./sources.ts";

/** The methods of a source interface as the one who fires sees them: no results, no options. */
export type Fire<T> = {
  readonly [K in EventNames<T>]: T[K] extends (...args: infer A) => unknown
    ? (...args: WithoutOptions<A>) => void
    : never;
};

/** The same, for one who wants to know what every sink answered. */
export type Ask<T> = {
  readonly [K in EventNames<T>]: T[K] extends (...args: infer A) => unknown
    ? (...args: WithoutOptions<A>) => Promise<readonly Delivery[]>
    : never;
};

/** What IUnknown and IDispatch bring along is no event. */
type NoEvent =
  | "QueryInterface"
  | "AddRef"
  | "Release"
  | "GetTypeInfoCount"
  | "GetTypeInfo"
  | "GetIDsOfNames"
  | "Invoke";
export type EventNames<T> = Exclude<keyof T & string, NoEvent>;
type WithoutOptions<A extends readonly unknown[]> = A extends readonly [...infer H, options?: CallOptions]
  ? H
  : A;

type Sender = Record<string, (...args: unknown[]) => unknown>;

const firing = new WeakMap<EventSource, Sender>();
const asking = new WeakMap<EventSource, Sender>();

/**
 * Fires events to all sinks of an object: `fire(this, ICounterEvents).Changed(1)`. Sinks of the same apartment that are free have heard it when the call
 * returns; to others it is on its way. No sink's failure reaches the one who fires, and no sink waits for another. `object` is the implementation object,
 * or an inner one of an aggregate. Throws CONNECT_E_NOCONNECTION when its class does not declare the interface as a source.
 */
export function fire<T>(object: object, source: Interface<T>): Fire<T> {
  const events = sourceFor(object, source);
  let sender = firing.get(events);
  if (sender === undefined) {
    sender = senderOf(source, (method) => (...args) => {
      if (events.size > 0) events.fire(method, args);
    });
    firing.set(events, sender);
  }
  return sender as Fire<T>;
}

/**
 * As {@link fire}, and answers what became of the event at each sink, in the order they were connected; never rejects. A method that sinks call while
 * they are told must not wait for another answer of theirs.
 */
export function ask<T>(object: object, source: Interface<T>): Ask<T> {
  const events = sourceFor(object, source);
  let sender = asking.get(events);
  if (sender === undefined) {
    sender = senderOf(
      source,
      (method) =>
        (...args) =>
          collect(events, (done) => events.fire(method, args, done)),
    );
    asking.set(events, sender);
  }
  return sender as unknown as Ask<T>;
}

function sourceFor(object: object, source: InterfaceDescriptor): EventSource {
  return requireSource(identityOf(object), source.iid, source.name);
}

function senderOf(
  source: InterfaceDescriptor,
  make: (
    method: NonNullable<ReturnType<ReturnType<typeof eventMethodsOf>["get"]>>,
  ) => (...args: unknown[]) => unknown,
): Sender {
  const entries = [...eventMethodsOf(source)].map(([name, method]) => [name, make(method)] as const);
  return Object.assign(Object.create(null) as Sender, Object.fromEntries(entries));
}

function collect(
  events: EventSource,
  start: (done: (delivery: Delivery) => void) => void,
): Promise<readonly Delivery[]> {
  return new Promise((resolve) => {
    let left = events.size;
    const deliveries: Delivery[] = [];
    if (left === 0) resolve(deliveries);
    else
      start((delivery) => {
        deliveries.push(delivery);
        if (--left === 0) resolve(deliveries.toSorted((a, b) => a.cookie - b.cookie));
      });
  });
}
