import { neutralApartment } from "../apartment.ts";
import { identityOfObject } from "../identity.ts";
import { IAgileObject } from "../gen/objidl.ts";
import type { InterfaceProvider } from "../provider.ts";

/**
 * Makes an object agile (CoCreateFreeThreadedMarshaler, IAgileObject). What that can mean in JavaScript: an object does not leave its thread, so other threads
 * reach it through proxies as any other; but within its thread it is itself in every apartment, and calls from outside enter at once, without waiting for the
 * thread's single-threaded apartment. Do it before the object is handed out. The object then answers IAgileObject; a class that has IAgileObject among its
 * interfaces makes such objects.
 */
export function makeAgile<T extends object>(object: T): T {
  identityOfObject(object).apartment = neutralApartment;
  return object;
}

/** An agile object says so: IAgileObject has no methods. */
export const agileObjectProvider: InterfaceProvider = {
  interface: IAgileObject,
  provide: (identity) => (identity.apartment === neutralApartment ? {} : undefined),
};
