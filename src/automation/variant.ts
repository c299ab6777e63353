import { ComError, HResult } from "../base/index.ts";
import { toOleDate } from "./date.ts";
import type { Decimal } from "./decimal.ts";
import { naturalValue } from "./natural.ts";
import { RecordValue } from "./record/value.ts";
import { SafeArray } from "./safearray.ts";
import { VT, vtName } from "./vt.ts";

export type { Decimal };

/**
 * A VARIANT: a value and its Automation type. The value by type: EMPTY undefined, NULL null, integers up to 32 bits number, I8 and UI8 bigint,
 * R4, R8 and DATE number (an OLE date), CY bigint in ten-thousandths, BSTR string or null (bytes where their number is odd), BOOL boolean, ERROR the
 * HRESULT, DECIMAL {@link Decimal}, UNKNOWN and DISPATCH an interface pointer or null, RECORD a {@link RecordValue}, ARRAY a {@link SafeArray} or
 * null, BYREF `{ value }` with the value of the type pointed to (for VARIANT|BYREF a Variant; a RECORD|BYREF is as a RECORD). ([MS-OAUT] 2.2.29)
 */
export class Variant {
  readonly vt: number;
  readonly value: unknown;

  constructor(vt: number, value: unknown) {
    this.vt = vt;
    this.value = value;
  }

  static readonly empty: Variant = new Variant(VT.EMPTY, undefined);
  static readonly null: Variant = new Variant(VT.NULL, null);
  /** Stands for an optional argument that was left out: VT_ERROR with DISP_E_PARAMNOTFOUND. */
  static readonly missing: Variant = new Variant(VT.ERROR, HResult.DISP_E_PARAMNOTFOUND);

  /** A VARIANT passed by reference: what the callee writes comes back in `ref.value`. */
  static byRef(vt: number, ref: { value: unknown }): Variant {
    return new Variant(vt | VT.BYREF, ref);
  }

  get isMissing(): boolean {
    return this.vt === VT.ERROR && this.value === HResult.DISP_E_PARAMNOTFOUND;
  }

  /**
   * The VARIANT a script would pass for a JavaScript value: numbers are I4 where they fit, else R8; bigint I8; strings BSTR; Date DATE; arrays
   * ARRAY|VARIANT; typed arrays ARRAY of their type; records RECORD; other objects DISPATCH. A Variant stays what it is.
   */
  static from(value: unknown): Variant {
    switch (typeof value) {
      case "undefined":
        return Variant.empty;
      case "boolean":
        return new Variant(VT.BOOL, value);
      case "number":
        return Number.isInteger(value) && (value | 0) === value && !Object.is(value, -0)
          ? new Variant(VT.I4, value)
          : new Variant(VT.R8, value);
      case "bigint":
        return fromBigInt(value);
      case "string":
        return new Variant(VT.BSTR, value);
      case "object":
        return value === null ? Variant.null : fromObject(value);
      default:
        throw new ComError(HResult.DISP_E_BADVARTYPE, `a ${typeof value} does not fit in a VARIANT`);
    }
  }

  /**
   * The natural JavaScript value: Date for DATE, number for CY and DECIMAL (use `value` for all digits), a plain object for RECORD, arrays for arrays
   * (bytes stay a Uint8Array), BYREF followed.
   */
  toJs(): unknown {
    return naturalValue(this.vt, this.value);
  }

  toString(): string {
    return `${vtName(this.vt)} ${String(this.toJs())}`;
  }
}

function fromBigInt(value: bigint): Variant {
  if (BigInt.asIntN(64, value) === value) return new Variant(VT.I8, value);
  if (BigInt.asUintN(64, value) === value) return new Variant(VT.UI8, value);
  throw new ComError(HResult.DISP_E_OVERFLOW, "the number needs more than 64 bits");
}

/** Element type by the typed array's own name. */
const typedArrays: Readonly<Record<string, number>> = {
  Int8Array: VT.I1,
  Uint8Array: VT.UI1,
  Buffer: VT.UI1,
  Int16Array: VT.I2,
  Uint16Array: VT.UI2,
  Int32Array: VT.I4,
  Uint32Array: VT.UI4,
  BigInt64Array: VT.I8,
  BigUint64Array: VT.UI8,
  Float32Array: VT.R4,
  Float64Array: VT.R8,
};

function fromObject(value: object): Variant {
  if (value instanceof Variant) return value;
  if (value instanceof SafeArray) return new Variant(VT.ARRAY | value.vt, value);
  if (value instanceof RecordValue) return new Variant(VT.RECORD, value);
  if (value instanceof Date) return new Variant(VT.DATE, toOleDate(value));
  if (Array.isArray(value)) {
    const elements = value.map((element) => Variant.from(element));
    return new Variant(VT.ARRAY | VT.VARIANT, new SafeArray(VT.VARIANT, elements));
  }
  const vt = ArrayBuffer.isView(value) ? typedArrays[value.constructor.name] : undefined;
  if (vt !== undefined) return new Variant(VT.ARRAY | vt, new SafeArray(vt, value as Uint8Array));
  return new Variant(VT.DISPATCH, value);
}
