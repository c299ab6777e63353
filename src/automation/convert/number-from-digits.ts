import { changeType } from "../convert.ts";
import { Variant } from "../variant.ts";
import { VT } from "../vt.ts";
import { type ParsedDigits, numberOfDigits } from "./num-parse.ts";

/**
 * The number of digits, in the first of the wanted types that it fits in: the smallest integer, signed ones first, else R4, R8, CY, DECIMAL
 * (VarNumFromParseNum). Throws DISP_E_OVERFLOW.
 *
 * ```ts
 * numberFromDigits(parseDigits("&hFF"), [VT.I1, VT.I2]); // I1 -1
 * ```
 */
export function numberFromDigits(parsed: ParsedDigits, wanted: readonly number[]): Variant {
  const bits = wanted.reduce((all, vt) => all | (1 << vt), 0);
  return numberOfDigits(parsed, bits, (text, vt) => changeType(new Variant(VT.BSTR, text), vt));
}
