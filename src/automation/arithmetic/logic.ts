import { changeType } from "../convert.ts";
import { Variant } from "../variant.ts";
import { VT } from "../vt.ts";
import { fitted, operand, whole } from "./operand.ts";

/*
 * The logic of Automation works on bits: True is all ones. NULL is "unknown": it stays so where the other operand does not decide.
 */

type Bits = (a: bigint, b: bigint) => bigint;

/** BOOL of two truths, UI1 of two bytes, I2 of what is small, I8 where one is, else I4. */
function logicType(left: number, right: number): number {
  if (left === VT.I8 || right === VT.I8) return VT.I8;
  const truths = [left, right].filter((vt) => vt === VT.BOOL || vt === VT.BSTR).length;
  if (truths === 2) return VT.BOOL;
  if (left === VT.UI1 && right === VT.UI1) return VT.UI1;
  return isSmall(left) && isSmall(right) ? VT.I2 : VT.I4;
}

function isSmall(vt: number): boolean {
  return [VT.EMPTY, VT.NULL, VT.I2, VT.BOOL, VT.BSTR, VT.UI1].some((one) => one === vt);
}

function combine(left: Variant, right: Variant, run: Bits): Variant {
  const vt = logicType(left.vt, right.vt);
  return resultOf(run(bitsOf(left, vt), bitsOf(right, vt)), vt);
}

/** The bits of a value where a result of type `vt` is made: "True" and "False" are all ones and zeros, other text beside a number is a number. */
function bitsOf(variant: Variant, vt: number): bigint {
  if (vt === VT.BOOL || isTruth(variant)) return changeType(variant, VT.BOOL).value === true ? -1n : 0n;
  return whole(variant, vt === VT.UI1 || vt === VT.I8 ? vt : VT.I4);
}

function isTruth({ vt, value }: Variant): boolean {
  return (
    vt === VT.BOOL || (vt === VT.BSTR && typeof value === "string" && /^(#?true#?|#?false#?)$/i.test(value))
  );
}

function resultOf(bits: bigint, vt: number): Variant {
  switch (vt) {
    case VT.BOOL:
      return new Variant(vt, bits !== 0n);
    case VT.UI1:
      return new Variant(vt, Number(BigInt.asUintN(8, bits)));
    case VT.I2:
      return new Variant(vt, Number(BigInt.asIntN(16, bits)));
    case VT.I4:
      return new Variant(vt, Number(BigInt.asIntN(32, bits)));
    default:
      return fitted(BigInt.asIntN(64, bits), VT.I8);
  }
}

/** NULL with a value: the value decides when its bits are `deciding` (all zeros or all ones); else the result is NULL. */
function withNull(value: Variant, deciding: 0n | -1n): Variant {
  if (value.vt === VT.NULL) return Variant.null;
  const vt = logicType(value.vt, value.vt);
  const bits = resultOf(bitsOf(value, vt), vt);
  const all = resultOf(deciding, vt);
  return bits.value === all.value ? bits : Variant.null;
}

/** AND of the bits (VarAnd); False and NULL is False. */
export function varAnd(left: Variant, right: Variant): Variant {
  const [a, b] = [operand(left), operand(right)];
  if (a.vt === VT.NULL) return withNull(b, 0n);
  if (b.vt === VT.NULL) return withNull(a, 0n);
  return combine(a, b, (x, y) => x & y);
}

/** OR of the bits (VarOr); True or NULL is True. */
export function varOr(left: Variant, right: Variant): Variant {
  const [a, b] = [operand(left), operand(right)];
  if (a.vt === VT.NULL) return nullOr(b);
  if (b.vt === VT.NULL) return nullOr(a);
  return combine(a, b, (x, y) => x | y);
}

/** A value that is not zero is what "or NULL" gives. */
function nullOr(value: Variant): Variant {
  if (value.vt === VT.NULL) return Variant.null;
  const vt = logicType(value.vt, value.vt);
  const bits = bitsOf(value, vt);
  return bits === 0n ? Variant.null : resultOf(bits, vt);
}

/** XOR of the bits (VarXor). */
export function varXor(left: Variant, right: Variant): Variant {
  return unlessNull(left, right, (x, y) => x ^ y);
}

/** Ones where the bits are equal (VarEqv). */
export function varEqv(left: Variant, right: Variant): Variant {
  return unlessNull(left, right, (x, y) => ~(x ^ y));
}

/** Implication of the bits (VarImp): not left, or right. */
export function varImp(left: Variant, right: Variant): Variant {
  const [a, b] = [operand(left), operand(right)];
  if (a.vt === VT.NULL) return nullOr(b);
  if (b.vt === VT.NULL) return nullOr(varNot(a));
  return combine(a, b, (x, y) => ~x | y);
}

function unlessNull(left: Variant, right: Variant, run: Bits): Variant {
  const [a, b] = [operand(left), operand(right)];
  return a.vt === VT.NULL || b.vt === VT.NULL ? Variant.null : combine(a, b, run);
}

/** The other bits (VarNot): of True False, of a byte a byte, of anything else a whole number. */
export function varNot(variant: Variant): Variant {
  const source = operand(variant);
  switch (source.vt) {
    case VT.NULL:
      return Variant.null;
    case VT.BOOL:
      return new Variant(VT.BOOL, source.value !== true);
    case VT.UI1:
    case VT.I8:
      return resultOf(~whole(source, source.vt), source.vt);
    case VT.EMPTY:
    case VT.I2:
      return resultOf(~whole(source, VT.I2), VT.I2);
    case VT.BSTR:
      return isTruth(source)
        ? new Variant(VT.BOOL, bitsOf(source, VT.BOOL) === 0n)
        : resultOf(~whole(source, VT.I4), VT.I4);
    case VT.UI4:
    case VT.UINT:
      return resultOf(~BigInt(source.value as number), VT.I4);
    default:
      return resultOf(~whole(source, VT.I4), VT.I4);
  }
}
