import { ComError, HResult } from "../../base/index.ts";
import { type Exact, rescale } from "../convert/exact.ts";
import { changeType } from "../convert.ts";
import { checkOleDate } from "../date.ts";
import { decimalOfExact } from "../decimal.ts";
import { Variant } from "../variant.ts";
import { VT } from "../vt.ts";
import { exact, exactly, fitted, number, operand, real, reals, whole } from "./operand.ts";

/*
 * The arithmetic of Automation: what Visual Basic's operators do with VARIANTs. The wider operand decides the type of the result, and a result that
 * does not fit goes to the next wider type. NULL makes every result NULL.
 */

/** How wide a type is, among integers and the first reals. */
const rank: Readonly<Record<number, number>> = {
  [VT.UI1]: 1,
  [VT.EMPTY]: 2,
  [VT.BOOL]: 2,
  [VT.I2]: 2,
  [VT.I4]: 3,
  [VT.I8]: 4,
};
const integers: readonly number[] = [VT.UI1, VT.UI1, VT.I2, VT.I4, VT.I8];

/** The type of a sum, a difference or a product, when neither operand is NULL. */
function commonType(left: number, right: number, order: readonly number[]): number {
  for (const vt of order) if (left === vt || right === vt) return vt;
  if (left === VT.R8 || right === VT.R8 || left === VT.BSTR || right === VT.BSTR) return VT.R8;
  if (left === VT.R4 || right === VT.R4) {
    // A single does not hold every long.
    const other = left === VT.R4 ? right : left;
    return other === VT.I4 || other === VT.I8 || other === VT.CY ? VT.R8 : VT.R4;
  }
  if (left === VT.CY || right === VT.CY) return VT.CY;
  // EMPTY is a zero of the other's type.
  if (left === VT.EMPTY && right === VT.UI1) return VT.UI1;
  if (right === VT.EMPTY && left === VT.UI1) return VT.UI1;
  return integers[Math.max(rank[left] ?? 0, rank[right] ?? 0)] ?? VT.I2;
}

type Exactly = (a: Exact, b: Exact) => Exact;

interface Operation {
  readonly whole: (a: bigint, b: bigint) => bigint;
  readonly real: (a: number, b: number) => number;
  readonly exact: Exactly;
}

function calculate(left: Variant, right: Variant, vt: number, operation: Operation): Variant {
  switch (vt) {
    case VT.UI1:
    case VT.I2:
    case VT.I4:
    case VT.I8:
      return fitted(operation.whole(whole(left, VT.I8), whole(right, VT.I8)), vt);
    case VT.CY:
    case VT.DECIMAL:
      return exactly(operation.exact(exact(left), exact(right)), vt);
    case VT.DATE:
      return new Variant(vt, checkOleDate(operation.real(real(left), real(right))));
    default:
      return reals(operation.real(real(left), real(right)), vt);
  }
}

const aligned = (combine: (a: bigint, b: bigint) => bigint): Exactly => {
  return (a, b) => {
    const scale = Math.max(a.scale, b.scale);
    return { value: combine(rescale(a, scale), rescale(b, scale)), scale };
  };
};

const addition: Operation = {
  whole: (a, b) => a + b,
  real: (a, b) => a + b,
  exact: aligned((a, b) => a + b),
};
const subtraction: Operation = {
  whole: (a, b) => a - b,
  real: (a, b) => a - b,
  exact: aligned((a, b) => a - b),
};
const multiplication: Operation = {
  whole: (a, b) => a * b,
  real: (a, b) => a * b,
  exact: (a, b) => ({ value: a.value * b.value, scale: a.scale + b.scale }),
};

/** DECIMAL over dates over money over doubles. */
const sumOrder: readonly number[] = [VT.DECIMAL, VT.DATE, VT.CY];

/**
 * The sum (VarAdd); of two strings, or of a string and EMPTY, both strings one behind the other. Throws DISP_E_BADVARTYPE for types Automation does
 * not calculate with, DISP_E_TYPEMISMATCH, DISP_E_OVERFLOW.
 */
export function varAdd(left: Variant, right: Variant): Variant {
  const [a, b] = [number(left), number(right)];
  if (a.vt === VT.NULL || b.vt === VT.NULL) return Variant.null;
  const strings = [a, b].filter(({ vt }) => vt === VT.BSTR).length;
  const empty = a.vt === VT.EMPTY || b.vt === VT.EMPTY;
  if (strings === 2 || (strings === 1 && empty)) return varCat(a, b);
  return calculate(a, b, commonType(a.vt, b.vt, sumOrder), addition);
}

/** The difference (VarSub); of two dates the days between them. */
export function varSub(left: Variant, right: Variant): Variant {
  const [a, b] = [number(left), number(right)];
  if (a.vt === VT.NULL || b.vt === VT.NULL) return Variant.null;
  const vt = a.vt === VT.DATE && b.vt === VT.DATE ? VT.R8 : commonType(a.vt, b.vt, sumOrder);
  return calculate(a, b, vt, subtraction);
}

/** The product (VarMul). */
export function varMul(left: Variant, right: Variant): Variant {
  const [a, b] = [number(left), number(right)];
  if (a.vt === VT.NULL || b.vt === VT.NULL) return Variant.null;
  const date = a.vt === VT.DATE || b.vt === VT.DATE;
  const decimal = a.vt === VT.DECIMAL || b.vt === VT.DECIMAL;
  const vt = decimal ? VT.DECIMAL : date ? VT.R8 : commonType(a.vt, b.vt, []);
  return calculate(a, b, vt, multiplication);
}

/** The quotient (VarDiv): DECIMAL, a single of small operands, else a double. Throws DISP_E_DIVBYZERO. */
export function varDiv(left: Variant, right: Variant): Variant {
  const [a, b] = [operand(left), operand(right)];
  if (a.vt === VT.NULL || b.vt === VT.NULL) return Variant.null;
  if (a.vt === VT.DECIMAL || b.vt === VT.DECIMAL) return divideExactly(exact(a), exact(b));
  const vt = commonType(a.vt, b.vt, [VT.DATE]) === VT.R4 ? VT.R4 : VT.R8;
  const [dividend, divisor] = [real(a), real(b)];
  // Nothing by nothing is no number, and that is an overflow.
  if (divisor === 0 && dividend !== 0) throw byZero();
  return reals(dividend / divisor, vt);
}

const DISP_E_DIVBYZERO = 0x80020012;

/** More digits than a DECIMAL has: what is cut off is far behind them. */
const extraDigits = 30;

function divideExactly(a: Exact, b: Exact): Variant {
  if (b.value === 0n) throw byZero();
  const scale = Math.max(0, b.scale - a.scale) + 28 + extraDigits;
  const value = (a.value * 10n ** BigInt(scale)) / b.value;
  return new Variant(VT.DECIMAL, decimalOfExact({ value, scale: scale + a.scale - b.scale }));
}

function byZero(): ComError {
  return new ComError(DISP_E_DIVBYZERO, "division by zero");
}

/** UI1 of two bytes, I2 of two small ones, I8 where one is, else I4. */
function integerType(left: number, right: number): number {
  if (left === VT.I8 || right === VT.I8) return VT.I8;
  if (left === VT.UI1 && right === VT.UI1) return VT.UI1;
  return isSmall(left) && isSmall(right) ? VT.I2 : VT.I4;
}

function isSmall(vt: number): boolean {
  return vt === VT.I2 || vt === VT.BOOL || vt === VT.UI1 || vt === VT.EMPTY;
}

/** The whole quotient, towards zero (VarIdiv); operands are rounded first. Throws DISP_E_DIVBYZERO. */
export function varIdiv(left: Variant, right: Variant): Variant {
  return divideWhole(left, right, (a, b) => a / b);
}

/** What is left of a whole division, with the sign of the dividend (VarMod). Throws DISP_E_DIVBYZERO. */
export function varMod(left: Variant, right: Variant): Variant {
  return divideWhole(left, right, (a, b) => a % b);
}

function divideWhole(left: Variant, right: Variant, run: (a: bigint, b: bigint) => bigint): Variant {
  const [a, b] = [operand(left), operand(right)];
  if (a.vt === VT.NULL || b.vt === VT.NULL) return Variant.null;
  const vt = integerType(a.vt, b.vt);
  const [dividend, divisor] = [whole(a, VT.I8), whole(b, VT.I8)];
  if (divisor === 0n) throw byZero();
  const result = fitted(run(dividend, divisor), vt);
  if (result.vt === VT.R8) throw new ComError(HResult.DISP_E_OVERFLOW, "the quotient does not fit");
  return result;
}

/** A power, a double (VarPow). Throws DISP_E_OVERFLOW, E_INVALIDARG where there is none. */
export function varPow(left: Variant, right: Variant): Variant {
  const [a, b] = [operand(left), operand(right)];
  if (a.vt === VT.NULL || b.vt === VT.NULL) return Variant.null;
  return reals(real(a) ** real(b), VT.R8);
}

/** Both as text, one behind the other (VarCat). NULL is nothing, unless both are. */
export function varCat(left: Variant, right: Variant): Variant {
  const [a, b] = [operand(left), operand(right)];
  if (a.vt === VT.NULL && b.vt === VT.NULL) return Variant.null;
  return new Variant(VT.BSTR, text(a) + text(b));
}

function text(variant: Variant): string {
  if (variant.vt === VT.NULL) return "";
  const value = changeType(variant, VT.BSTR, { flags: 0x2 }).value;
  return typeof value === "string" ? value : "";
}
