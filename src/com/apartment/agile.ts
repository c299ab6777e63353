import { type Guid, guid } from "../../base/index.ts";
import { type Interface, defineInterface } from "../../ndr/index.ts";
import { identityOfObject } from "../identity.ts";
import type { Apartment } from "../remoting.ts";
import { IUnknown } from "../unknown.ts";
import { OpenApartment } from "./open-apartment.ts";

/**
 * The neutral apartment of this thread. It has no thread of its own: its objects are entered at once from wherever a call comes, also while the thread's
 * single-threaded apartment is busy.
 */
export const neutralApartment: Apartment = new OpenApartment("neutral");

/** Marks an object that may be called from any apartment (no methods). */
export type IAgileObject = IUnknown;
const IID_IAgileObject: Guid = guid("94ea2b94-e9cc-49e0-c0ff-ee64ca8f5b90");
export const IAgileObject: Interface<IAgileObject> = defineInterface<IAgileObject>({
  name: "IAgileObject",
  iid: IID_IAgileObject,
  base: () => IUnknown,
  methods: () => [],
});

/**
 * Makes an object agile (CoCreateFreeThreadedMarshaler, IAgileObject). What that can mean in JavaScript: an object does not leave its thread, so other threads
 * reach it through proxies as any other; but within its thread it is itself in every apartment, and calls from outside enter at once, without waiting for the
 * thread's single-threaded apartment. Do it before the object is handed out.
 */
export function makeAgile<T extends object>(object: T): T {
  identityOfObject(object).apartment = neutralApartment;
  return object;
}
