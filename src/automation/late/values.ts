import { identityOf, isPointer } from "../../com/index.ts";
import { dereference } from "../convert.ts";
import { DispatchExStub } from "../dispatch-ex.ts";
import { isPlain, makeDispatchable } from "../dispatchable.ts";
import { RecordValue } from "../record/value.ts";
import { SafeArray } from "../safearray.ts";
import { Variant } from "../variant.ts";
import { VT } from "../vt.ts";
import { type Host } from "./scope.ts";

/**
 * A JavaScript object or function as an argument: the other side may call it back. With a runtime it is the object itself, without one an IDispatch in
 * front of it.
 */
export function callableVariant(object: object, host: Host): Variant {
  if (isPointer(object)) return new Variant(VT.DISPATCH, object);
  if (host !== undefined || !isPlain(object)) {
    makeDispatchable(object, undefined);
    if (host !== undefined) identityOf(object, host);
    return new Variant(VT.DISPATCH, object);
  }
  return new Variant(VT.DISPATCH, standIn(object));
}

const standIns = new WeakMap<object, DispatchExStub>();

function standIn(object: object): DispatchExStub {
  let made = standIns.get(object);
  if (made === undefined) standIns.set(object, (made = new DispatchExStub(object, undefined)));
  return made;
}

/** True for values that stand for themselves in a VARIANT. */
export function isValue(value: object): boolean {
  return (
    value instanceof Variant ||
    value instanceof Date ||
    value instanceof SafeArray ||
    value instanceof RecordValue ||
    ArrayBuffer.isView(value)
  );
}

/** A result as scripts see it: objects by `wrap`, also inside arrays, everything else natural. */
export async function lateValue(
  variant: Variant,
  wrap: (object: object) => Promise<unknown>,
): Promise<unknown> {
  const { vt, value } = dereference(variant);
  if (typeof value !== "object" && typeof value !== "function") return new Variant(vt, value).toJs();
  if (value === null) return null;
  if (vt === VT.DISPATCH || vt === VT.UNKNOWN) return wrap(value);
  const objects =
    value instanceof SafeArray &&
    (value.vt === VT.VARIANT || value.vt === VT.DISPATCH || value.vt === VT.UNKNOWN);
  if (!objects) return new Variant(vt, value).toJs();
  const elements = await Promise.all(
    Array.from<unknown, Promise<unknown>>(value.data, (element) =>
      lateValue(element instanceof Variant ? element : new Variant(value.vt, element), wrap),
    ),
  );
  // The elements are values already: a type whose natural value is itself.
  return new Variant(VT.ARRAY | VT.BSTR, new SafeArray(VT.BSTR, elements, value.bounds)).toJs();
}
