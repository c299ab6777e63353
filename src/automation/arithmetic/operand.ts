import { ComError, HResult } from "../../base/index.ts";
import { type Exact, rescale } from "../convert/exact.ts";
import { changeType, dereference } from "../convert.ts";
import { type Decimal, decimalOfExact, exactOfDecimal } from "../decimal.ts";
import { Variant } from "../variant.ts";
import { VT, vtName } from "../vt.ts";

/** The types that Automation calculates with; the other integers only convert. */
const calculable: ReadonlySet<number> = new Set([
  VT.EMPTY,
  VT.NULL,
  VT.UI1,
  VT.I2,
  VT.BOOL,
  VT.I4,
  VT.I8,
  VT.R4,
  VT.R8,
  VT.CY,
  VT.DATE,
  VT.BSTR,
  VT.DECIMAL,
]);

/** What a BYREF points to. Throws DISP_E_TYPEMISMATCH for objects, arrays, errors and records: `coerce` asks objects for their value. */
export function operand(variant: Variant): Variant {
  const source = dereference(variant);
  const { vt } = source;
  if (vt & VT.ARRAY || vt === VT.ERROR || vt === VT.DISPATCH || vt === VT.UNKNOWN || vt === VT.RECORD) {
    throw new ComError(HResult.DISP_E_TYPEMISMATCH, `${vtName(vt)} is nothing to calculate with`);
  }
  if (vt & ~0xfff || vt === VT.VARIANT) throw unsupported(vt);
  return source;
}

/** As {@link operand}, for the operations that know fewer types. Throws DISP_E_BADVARTYPE for the others. */
export function number(variant: Variant): Variant {
  const source = operand(variant);
  if (!calculable.has(source.vt)) throw unsupported(source.vt);
  return source;
}

function unsupported(vt: number): ComError {
  return new ComError(HResult.DISP_E_BADVARTYPE, `Automation does not calculate with ${vtName(vt)}`);
}

export function real(variant: Variant): number {
  return changeType(variant, VT.R8).value as number;
}

/** A number with all its digits; True is -1. */
export function exact(variant: Variant): Exact {
  if (variant.vt === VT.BOOL) return { value: variant.value === true ? -1n : 0n, scale: 0 };
  if (variant.vt === VT.CY) return { value: variant.value as bigint, scale: 4 };
  return exactOfDecimal(changeType(variant, VT.DECIMAL).value as Decimal);
}

export function whole(variant: Variant, vt: number): bigint {
  return BigInt(changeType(variant, vt).value as number | bigint);
}

/** Integer types by size, each with the one that takes over when a result does not fit. */
const wider: Readonly<Record<number, number>> = {
  [VT.UI1]: VT.I2,
  [VT.I2]: VT.I4,
  [VT.I4]: VT.R8,
  [VT.I8]: VT.R8,
};

/** A whole number in a type, or in the next one that it fits in. */
export function fitted(value: bigint, vt: number): Variant {
  switch (vt) {
    case VT.UI1:
      if (BigInt.asUintN(8, value) === value) return new Variant(vt, Number(value));
      break;
    case VT.I2:
      if (BigInt.asIntN(16, value) === value) return new Variant(vt, Number(value));
      break;
    case VT.I4:
      if (BigInt.asIntN(32, value) === value) return new Variant(vt, Number(value));
      break;
    case VT.I8:
      if (BigInt.asIntN(64, value) === value) return new Variant(vt, value);
      break;
    default:
      return reals(Number(value), VT.R8);
  }
  return fitted(value, wider[vt] ?? VT.R8);
}

/** A real number in a type; a single that is too large becomes a double. Throws DISP_E_OVERFLOW beyond that. */
export function reals(value: number, vt: number): Variant {
  if (!Number.isFinite(value))
    throw new ComError(HResult.DISP_E_OVERFLOW, "the result is too large for VT_R8");
  if (vt !== VT.R4) return new Variant(vt, value);
  const single = Math.fround(value);
  return Number.isFinite(single) ? new Variant(vt, single) : new Variant(VT.R8, value);
}

const maxDecimal = 2n ** 96n - 1n;

/** A DECIMAL keeps the digits behind the point that its calculation gave, as far as they fit. */
function decimal({ value, scale }: Exact): Decimal {
  const size = value < 0n ? -value : value;
  if (scale < 0 || scale > 28 || size > maxDecimal) return decimalOfExact({ value, scale });
  return { negative: value < 0n, scale, value: size };
}

/** A number as CY or DECIMAL. Throws DISP_E_OVERFLOW. */
export function exactly(value: Exact, vt: number): Variant {
  if (vt === VT.DECIMAL) return new Variant(vt, decimal(value));
  const money = rescale(value, 4);
  if (BigInt.asIntN(64, money) === money) return new Variant(VT.CY, money);
  throw new ComError(HResult.DISP_E_OVERFLOW, "the result does not fit in VT_CY");
}
