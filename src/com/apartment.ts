import { OpenApartment } from "./apartment/open-apartment.ts";
import type { Apartment } from "./remoting.ts";

/**
 * The apartment this thread's code runs in. One cell per thread (every worker has its own copy of this module), read by every direct
 * interface pointer on every call, so it is a plain field. It changes only when the library is started with a model (`initializeThread`).
 */
export const thread: { current: Apartment } = { current: new OpenApartment("main") };

/** The apartment the calling code runs in (CoGetApartmentType). */
export function currentApartment(): Apartment {
  return thread.current;
}

/**
 * The neutral apartment of this thread. It has no thread of its own: its objects are entered at once from wherever a call comes, also while the thread's
 * single-threaded apartment is busy.
 */
export const neutralApartment: Apartment = new OpenApartment("neutral");
