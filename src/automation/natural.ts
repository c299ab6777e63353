import { HResult } from "../base/index.ts";
import { toDouble } from "./convert/exact.ts";
import { fromOleDate } from "./date.ts";
import { type Decimal, exactOfDecimal } from "./decimal.ts";
import { RecordValue } from "./record/value.ts";
import type { SafeArray } from "./safearray.ts";
import { VT } from "./vt.ts";

/** What has a natural value of its own: a Variant, without this file knowing the class. */
interface Natural {
  toJs(): unknown;
}

/** The natural JavaScript value of a value of an Automation type; see `Variant.toJs`. */
export function naturalValue(vt: number, value: unknown): unknown {
  if (vt & VT.BYREF && !(value instanceof RecordValue)) {
    const target = (value as { value: unknown } | null)?.value;
    return isNatural(target) ? target.toJs() : naturalValue(vt & ~VT.BYREF, target);
  }
  if (value === null || value === undefined) return value;
  if (vt & VT.ARRAY) return arrayToJs(value as SafeArray);
  switch (vt & VT.TYPEMASK) {
    case VT.DATE:
      return fromOleDate(value as number);
    case VT.CY:
      return toDouble({ value: value as bigint, scale: 4 });
    case VT.DECIMAL:
      return toDouble(exactOfDecimal(value as Decimal));
    case VT.RECORD:
      return value instanceof RecordValue ? value.fields : value;
    case VT.ERROR:
      return value === HResult.DISP_E_PARAMNOTFOUND ? undefined : value;
    case VT.VARIANT:
      return isNatural(value) ? value.toJs() : value;
    default:
      return value;
  }
}

function isNatural(value: unknown): value is Natural {
  return typeof value === "object" && value !== null && "toJs" in value && typeof value.toJs === "function";
}

/** One dimension: an array; several: arrays in arrays, the first index outermost. */
function arrayToJs(array: SafeArray): unknown {
  const { bounds, data, vt } = array;
  if (bounds.length === 1) {
    if (ArrayBuffer.isView(data) && !(vt === VT.DATE || vt === VT.CY)) return data;
    return Array.from<unknown, unknown>(data, (element) => naturalValue(vt, element));
  }
  // Without elements the other bounds say nothing, and may be huge.
  if (data.length === 0) return [];
  const nest = (dimension: number, offset: number, stride: number): unknown => {
    const bound = bounds[dimension];
    if (bound === undefined) return naturalValue(vt, data[offset]);
    return Array.from({ length: bound.count }, (_, i) =>
      nest(dimension + 1, offset + i * stride, stride * bound.count),
    );
  };
  return nest(0, 0, 1);
}
