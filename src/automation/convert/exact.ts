import { ComError, HResult } from "../../base/index.ts";

/** A number with all its digits: `value` divided by ten to the power of `scale`. */
export interface Exact {
  readonly value: bigint;
  /** Digits behind the point; negative: zeros before it. */
  readonly scale: number;
}

/** Beyond this many places nothing that fits in a VARIANT is left of a number. */
const farPlaces = 400;

/** The number with `scale` digits behind the point, halves to the even one, as Automation rounds. */
export function rescale(number: Exact, scale: number): bigint {
  const places = number.scale - scale;
  if (places <= 0) return number.value * 10n ** BigInt(Math.min(-places, farPlaces));
  if (places > farPlaces + digitsOf(number.value)) return 0n;
  const unit = 10n ** BigInt(places);
  const negative = number.value < 0n;
  const size = negative ? -number.value : number.value;
  let quotient = size / unit;
  const twice = (size % unit) * 2n;
  if (twice > unit || (twice === unit && quotient % 2n === 1n)) quotient++;
  return negative ? -quotient : quotient;
}

function digitsOf(value: bigint): number {
  return value.toString().length;
}

/** The nearest double. Throws DISP_E_OVERFLOW beyond its range. */
export function toDouble(number: Exact): number {
  const value = Number(`${number.value}e${-number.scale}`);
  if (Number.isFinite(value)) return value;
  throw new ComError(HResult.DISP_E_OVERFLOW, "the number is too large for VT_R8");
}

/** Of a double its first 15 significant digits, of a single its first 7: what Automation takes for a DECIMAL or text. */
export function significant(value: number, digits: 7 | 15): Exact {
  const [mantissa = "0", exponent = "0"] = value.toExponential(digits - 1).split("e");
  const [whole = "0", fraction = ""] = mantissa.split(".");
  return trimmed({ value: BigInt(whole + fraction), scale: fraction.length - Number(exponent) });
}

/** All the digits of a finite double: what the bits say, and no more. */
export function exactly(value: number): Exact {
  let mantissa = value;
  let halvings = 0;
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2;
    halvings++;
  }
  // A half is five tenths.
  return { value: BigInt(mantissa) * 5n ** BigInt(halvings), scale: halvings };
}

/** Without zeros at the end of the fraction. */
export function trimmed(number: Exact): Exact {
  let { value, scale } = number;
  while (scale > 0 && value % 10n === 0n) {
    value /= 10n;
    scale--;
  }
  return { value, scale };
}

/** Decimal digits without an exponent: "-0.05", "1200". */
export function digitsText(number: Exact, point: string): string {
  const { value, scale } = trimmed(number);
  const negative = value < 0n;
  const digits = (negative ? -value : value).toString();
  const text =
    scale <= 0
      ? digits + "0".repeat(-scale)
      : `${digits.padStart(scale + 1, "0").slice(0, -scale)}${point}${digits.padStart(scale + 1, "0").slice(-scale)}`;
  return negative ? `-${text}` : text;
}
