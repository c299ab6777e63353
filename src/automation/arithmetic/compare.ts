import { ComError, HResult } from "../../base/index.ts";
import { rescale } from "../convert/exact.ts";
import { changeType, dereference } from "../convert.ts";
import type { Variant } from "../variant.ts";
import { VT, vtName } from "../vt.ts";
import { exact, operand, real } from "./operand.ts";

/** What VarCmp answers. */
export const VarCompare = { lessThan: 0, equal: 1, greaterThan: 2, null: 3 } as const;
export type VarCompare = (typeof VarCompare)[keyof typeof VarCompare];

/** Letter case does not count (NORM_IGNORECASE). */
const NORM_IGNORECASE = 1;

/** Integers that VarCmp does not know. */
const unknown: ReadonlySet<number> = new Set([VT.I1, VT.UI2, VT.UI4, VT.UI8, VT.UINT]);

/**
 * Compares two values (VarCmp). Text is greater than any number, and EMPTY is nothing of the other's kind. Text follows the order of the code
 * units, or with `ignoreCase` of their lower case. Two errors compare as numbers. Throws DISP_E_TYPEMISMATCH for types that do not
 * compare.
 */
export function varCmp(left: Variant, right: Variant, options: { readonly flags?: number } = {}): VarCompare {
  const errors = [dereference(left), dereference(right)] as const;
  if (errors[0].vt === VT.ERROR && errors[1].vt === VT.ERROR)
    return order(errors[0].value as number, errors[1].value as number);
  const [a, b] = [operand(left), operand(right)];
  for (const { vt } of [a, b]) {
    if (unknown.has(vt)) throw new ComError(HResult.DISP_E_TYPEMISMATCH, `${vtName(vt)} does not compare`);
  }
  if (a.vt === VT.NULL || b.vt === VT.NULL) return VarCompare.null;
  const texts = [a, b].filter(({ vt }) => vt === VT.BSTR).length;
  if (texts === 2 || (texts === 1 && (a.vt === VT.EMPTY || b.vt === VT.EMPTY))) {
    return order(...folded(textOf(a), textOf(b), options.flags ?? 0));
  }
  if (texts === 1) return a.vt === VT.BSTR ? VarCompare.greaterThan : VarCompare.lessThan;
  // Beside a single a double has no more digits than that.
  if (isReal(a.vt) && isReal(b.vt) && (a.vt === VT.R4 || b.vt === VT.R4))
    return order(Math.fround(real(a)), Math.fround(real(b)));
  if (isReal(a.vt) || isReal(b.vt)) return order(real(a), real(b));
  const [x, y] = [exact(a), exact(b)];
  const scale = Math.max(x.scale, y.scale);
  return order(rescale(x, scale), rescale(y, scale));
}

function isReal(vt: number): boolean {
  return vt === VT.R4 || vt === VT.R8 || vt === VT.DATE;
}

function textOf(variant: Variant): string {
  const { value } = changeType(variant, VT.BSTR);
  return typeof value === "string" ? value : "";
}

function folded(a: string, b: string, flags: number): [string, string] {
  return (flags & NORM_IGNORECASE) === 0 ? [a, b] : [a.toLowerCase(), b.toLowerCase()];
}

function order<T extends number | bigint | string>(a: T, b: T): VarCompare {
  if (a < b) return VarCompare.lessThan;
  return a > b ? VarCompare.greaterThan : VarCompare.equal;
}
