import { ComError, HResult } from "../base/index.ts";
import { type Exact, rescale, trimmed } from "./convert/exact.ts";

/** A DECIMAL: sign, 96-bit integer, power of ten. ([MS-OAUT] 2.2.26) */
export interface Decimal {
  readonly negative: boolean;
  /** 0 to 28: how many digits stand behind the point. */
  readonly scale: number;
  /** 0 to 2^96-1. */
  readonly value: bigint;
}

const maxScale = 28;
const maxValue = 2n ** 96n - 1n;

/** The DECIMAL with the most digits of a number that fit, rounded to even. Throws DISP_E_OVERFLOW beyond 2^96-1. */
export function decimalOfExact(number: Exact): Decimal {
  const { value, scale } = trimmed(number);
  for (let places = Math.min(maxScale, Math.max(0, scale)); places >= 0; places--) {
    const rounded = rescale({ value, scale }, places);
    const size = rounded < 0n ? -rounded : rounded;
    if (size === 0n) return { negative: false, scale: 0, value: 0n };
    if (size <= maxValue) return { negative: rounded < 0n, scale: places, value: size };
  }
  throw new ComError(HResult.DISP_E_OVERFLOW, "the number does not fit in VT_DECIMAL");
}

/** The exact number of a DECIMAL. */
export function exactOfDecimal(decimal: Decimal): Exact {
  return { value: decimal.negative ? -decimal.value : decimal.value, scale: decimal.scale };
}

/** A DECIMAL that can be sent: throws E_INVALIDARG for a scale or a value out of range. */
export function checkDecimal(decimal: Decimal): Decimal {
  const { scale, value } = decimal;
  if (Number.isInteger(scale) && scale >= 0 && scale <= maxScale && value >= 0n && value <= maxValue)
    return decimal;
  throw new ComError(HResult.E_INVALIDARG, `${value} with ${scale} digits behind the point is no DECIMAL`);
}
