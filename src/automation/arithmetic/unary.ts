import { ComError, HResult } from "../../base/index.ts";
import { rescale } from "../convert/exact.ts";
import { decimalOfExact } from "../decimal.ts";
import { Variant } from "../variant.ts";
import { VT, vtName } from "../vt.ts";
import { exact, exactly, fitted, operand, real, reals, whole } from "./operand.ts";

/*
 * Operations on one VARIANT.
 */

interface Unary {
  readonly whole: (a: bigint) => bigint;
  readonly real: (a: number) => number;
  /** On the digits of a number with `unit` per one. */
  readonly exact: (value: bigint, unit: bigint) => bigint;
}

function apply(variant: Variant, run: Unary): Variant {
  const source = operand(variant);
  const { vt } = source;
  switch (vt) {
    case VT.NULL:
      return Variant.null;
    case VT.EMPTY:
    case VT.BOOL:
      return fitted(run.whole(whole(source, VT.I2)), VT.I2);
    case VT.UI1:
    case VT.I2:
    case VT.I4:
    case VT.I8:
      return fitted(run.whole(whole(source, VT.I8)), vt);
    case VT.CY:
    case VT.DECIMAL: {
      const { value, scale } = exact(source);
      const result = run.exact(value, 10n ** BigInt(scale));
      return vt === VT.CY
        ? exactly({ value: result, scale }, vt)
        : new Variant(vt, decimalOfExact({ value: result, scale }));
    }
    case VT.BSTR:
      return reals(run.real(real(source)), VT.R8);
    case VT.R4:
    case VT.R8:
    case VT.DATE:
      return reals(run.real(source.value as number), vt);
    default:
      throw new ComError(HResult.DISP_E_TYPEMISMATCH, `Automation does not calculate with ${vtName(vt)}`);
  }
}

const positive = (value: bigint): bigint => (value < 0n ? -value : value);
const floor = (value: bigint, unit: bigint): bigint => {
  const rest = ((value % unit) + unit) % unit;
  return value - rest;
};

/** The value without its sign (VarAbs). Throws DISP_E_OVERFLOW for the smallest integer of a type. */
export function varAbs(variant: Variant): Variant {
  const made = apply(variant, { whole: positive, real: Math.abs, exact: positive });
  const { vt } = operand(variant);
  if ((vt === VT.I4 || vt === VT.I8 || vt === VT.I2) && made.vt !== vt)
    throw new ComError(HResult.DISP_E_OVERFLOW, "the value has no positive counterpart in its type");
  return made;
}

/** The value with the other sign (VarNeg). */
export function varNeg(variant: Variant): Variant {
  return apply(variant, { whole: (a) => -a, real: (a) => -a, exact: (a) => -a });
}

/** Without its fraction, towards zero (VarFix). */
export function varFix(variant: Variant): Variant {
  return apply(variant, { whole: (a) => a, real: Math.trunc, exact: (a, unit) => a - (a % unit) });
}

/** The next whole number below (VarInt). */
export function varInt(variant: Variant): Variant {
  return apply(variant, { whole: (a) => a, real: Math.floor, exact: floor });
}

/** Rounded to decimals, halves to the even digit (VarRound). Throws E_INVALIDARG for a negative number of decimals. */
export function varRound(variant: Variant, decimals: number): Variant {
  if (decimals < 0) throw new ComError(HResult.E_INVALIDARG, "a number has no fewer than no decimals");
  const unit = 10 ** decimals;
  const even = (value: number): number => {
    const scaled = value * unit;
    if (!Number.isFinite(scaled)) return value;
    const low = Math.floor(scaled);
    const rest = scaled - low;
    const up = rest > 0.5 || (rest === 0.5 && low % 2 !== 0);
    return (up ? low + 1 : low) / unit;
  };
  return apply(variant, {
    whole: (a) => a,
    real: even,
    exact: (value, one) => {
      const scale = one.toString().length - 1;
      return rescale({ value, scale }, decimals) * 10n ** BigInt(Math.max(0, scale - decimals));
    },
  });
}
