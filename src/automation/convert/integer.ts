import { ComError, HResult } from "../../base/index.ts";
import type { Variant } from "../variant.ts";
import { VT, vtName } from "../vt.ts";
import { type Exact, rescale } from "./exact.ts";
import type { ParsedNumber } from "./number-text.ts";

interface IntegerType {
  readonly bits: 8 | 16 | 32 | 64;
  readonly signed: boolean;
}

const types: Readonly<Record<number, IntegerType>> = {
  [VT.I1]: { bits: 8, signed: true },
  [VT.UI1]: { bits: 8, signed: false },
  [VT.I2]: { bits: 16, signed: true },
  [VT.UI2]: { bits: 16, signed: false },
  [VT.I4]: { bits: 32, signed: true },
  [VT.INT]: { bits: 32, signed: true },
  [VT.UI4]: { bits: 32, signed: false },
  [VT.UINT]: { bits: 32, signed: false },
  [VT.I8]: { bits: 64, signed: true },
  [VT.UI8]: { bits: 64, signed: false },
};

/** The whole number of a type: number up to 32 bits, bigint beyond. `read` answers the source's number. */
export function integerOf(
  source: Variant,
  vt: number,
  read: (source: Variant) => number | Exact | ParsedNumber,
): number | bigint {
  const type = types[vt];
  if (type === undefined)
    throw new ComError(HResult.DISP_E_BADVARTYPE, `${vtName(vt)} is no type to convert to`);
  const value = wholeOf(source, type, vt, read(source));
  return type.bits === 64 ? value : Number(value);
}

function wholeOf(
  source: Variant,
  type: IntegerType,
  vt: number,
  number: number | Exact | ParsedNumber,
): bigint {
  // True is a word of ones, and integers of one size keep their bits: what VariantChangeType does.
  const from = types[source.vt];
  if (source.vt === VT.BOOL || (from?.bits === type.bits && from.signed !== type.signed)) {
    return wrap(exactWhole(number, vt), type);
  }
  if (typeof number === "object" && "kind" in number && number.kind === "bits") {
    return wrap(wrapBits(number, type.bits, vt), type);
  }
  return inRange(exactWhole(number, vt), type, vt);
}

function wrap(value: bigint, type: IntegerType): bigint {
  return type.signed ? BigInt.asIntN(type.bits, value) : BigInt.asUintN(type.bits, value);
}

function exactWhole(number: number | Exact | ParsedNumber, vt: number): bigint {
  if (typeof number === "number") {
    const rounded = roundHalfEven(number);
    if (!Number.isFinite(rounded)) throw overflow(number, vt);
    return BigInt(rounded);
  }
  if (!("kind" in number)) return rescale(number, 0);
  return number.kind === "decimal" ? rescale(number.number, 0) : number.bits;
}

/** To the nearest whole number, halves to the even one. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest < 0.5) return floor;
  if (rest > 0.5) return floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/** The bits of `&HFFFF` in a type of a size: they must fit, and the highest one is the sign where the size is the target's. */
export function wrapBits(number: ParsedNumber & { kind: "bits" }, size: number, vt: number): bigint {
  if (BigInt.asUintN(size, number.bits) !== number.bits) throw overflow(number.bits, vt);
  const value = BigInt.asIntN(size, number.bits);
  return number.negative ? -value : value;
}

function inRange(value: bigint, type: IntegerType, vt: number): bigint {
  if (wrap(value, type) === value) return value;
  throw overflow(value, vt);
}

function overflow(value: number | bigint, vt: number): ComError {
  return new ComError(HResult.DISP_E_OVERFLOW, `${value} does not fit in ${vtName(vt)}`);
}
