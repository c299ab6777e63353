import { type Guid, newGuid } from "../base/index.ts";
import type { Apartment } from "./remoting.ts";

/**
 * The apartment this thread's code runs in. One cell per thread (every worker has its own copy of this module), read by every direct
 * interface pointer on every call, so it is a plain field.
 */
export const thread: { current: Apartment } = { current: undefined as never };

/** An apartment of the thread it was made on: a call enters at once, whoever makes it. */
class ThreadApartment implements Apartment {
  readonly id: string;
  readonly kind: Apartment["kind"];

  constructor(id: string, kind: Apartment["kind"]) {
    this.id = id;
    this.kind = kind;
  }

  enter<T>(_causality: Guid | undefined, run: () => T): T {
    const before = thread.current;
    thread.current = this;
    try {
      return run();
    } finally {
      thread.current = before;
    }
  }
}

/** The apartment of this thread's event loop. All objects live here until threads of their own come into play. */
thread.current = new ThreadApartment(newGuid(), "main");

/** The apartment the calling code runs in (CoGetApartmentType). */
export function currentApartment(): Apartment {
  return thread.current;
}
