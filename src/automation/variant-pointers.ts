import type { Guid } from "../base/index.ts";
import { IID_IUnknown } from "../com/index.ts";
import { IDispatch } from "./gen/oaidl.ts";
import { SafeArray } from "./safearray.ts";
import { Variant } from "./variant.ts";
import { VT } from "./vt.ts";

type Replace = (pointer: object, iid: Guid | undefined) => unknown;

/** A VARIANT with its interface pointers replaced; itself when it has none. What is passed by reference stays as it is: the callee writes there. */
export function mapVariantPointers(value: unknown, replace: Replace): unknown {
  if (!(value instanceof Variant)) return value;
  const { vt } = value;
  if (vt === VT.DISPATCH || vt === VT.UNKNOWN) {
    const after = mapOne(vt, value.value, replace);
    return after === value.value ? value : new Variant(vt, after);
  }
  if ((vt & (VT.ARRAY | VT.BYREF)) !== VT.ARRAY || !(value.value instanceof SafeArray)) return value;
  const array = mapArray(value.value, replace);
  return array === value.value ? value : new Variant(vt, array);
}

function mapOne(vt: number, value: unknown, replace: Replace): unknown {
  if (typeof value !== "object" || value === null) return value;
  return replace(value, vt === VT.DISPATCH ? IDispatch.iid : IID_IUnknown);
}

function mapArray(array: SafeArray, replace: Replace): SafeArray {
  const { vt, data, bounds, iid, record } = array;
  const holds = vt === VT.DISPATCH || vt === VT.UNKNOWN;
  if ((!holds && vt !== VT.VARIANT) || !Array.isArray(data)) return array;
  const mapped = data.map((one: unknown) =>
    holds ? mapOne(vt, one, replace) : mapVariantPointers(one, replace),
  );
  if (mapped.every((one, index) => one === data[index])) return array;
  return new SafeArray(vt, mapped, bounds, { ...(iid && { iid }), ...(record && { record }) });
}
