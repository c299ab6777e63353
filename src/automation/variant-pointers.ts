import type { Guid } from "../base/index.ts";
import { IID_IUnknown, mapPointers } from "../com/index.ts";
import { IDispatch } from "./gen/oaidl.ts";
import type { RecordInfo } from "./record/info.ts";
import { RecordValue } from "./record/value.ts";
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
  if (vt === VT.RECORD && value.value instanceof RecordValue) {
    const { info, fields } = value.value;
    const after = mapRecord(info, fields, replace);
    return after === fields ? value : new Variant(vt, new RecordValue(info, after as RecordValue["fields"]));
  }
  if ((vt & (VT.ARRAY | VT.BYREF)) !== VT.ARRAY || !(value.value instanceof SafeArray)) return value;
  const array = mapArray(value.value, replace);
  return array === value.value ? value : new Variant(vt, array);
}

function mapOne(vt: number, value: unknown, replace: Replace): unknown {
  if (typeof value !== "object" || value === null) return value;
  return replace(value, vt === VT.DISPATCH ? IDispatch.iid : IID_IUnknown);
}

function mapRecord(info: RecordInfo, fields: unknown, replace: Replace): unknown {
  return info.type === undefined ? fields : mapPointers(info.type, fields, replace);
}

/** An array with the interface pointers of its elements replaced; itself when it has none. */
export function mapArrayPointers(value: unknown, replace: Replace): unknown {
  return value instanceof SafeArray ? mapArray(value, replace) : value;
}

function mapArray(array: SafeArray, replace: Replace): SafeArray {
  const { vt, data, bounds, iid, record } = array;
  const mapElement = elementMapper(vt, record, replace);
  if (mapElement === undefined || !Array.isArray(data)) return array;
  const mapped = data.map((one: unknown) => mapElement(one));
  if (mapped.every((one, index) => one === data[index])) return array;
  return new SafeArray(vt, mapped, bounds, { ...(iid && { iid }), ...(record && { record }) });
}

function elementMapper(
  vt: number,
  record: RecordInfo | undefined,
  replace: Replace,
): ((element: unknown) => unknown) | undefined {
  switch (vt) {
    case VT.DISPATCH:
    case VT.UNKNOWN:
      return (one) => mapOne(vt, one, replace);
    case VT.VARIANT:
      return (one) => mapVariantPointers(one, replace);
    case VT.RECORD:
      return record === undefined ? undefined : (one) => mapRecord(record, one, replace);
    default:
      return undefined;
  }
}
