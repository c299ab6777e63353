import { ComError, HResult } from "../base/index.ts";
import { changeArray } from "./convert/array.ts";
import { type Exact, exactly, rescale, significant, toDouble } from "./convert/exact.ts";
import { type Settings, VariantFlag, settingsOf } from "./convert/flags.ts";
import { parseDate } from "./convert/date-text.ts";
import { integerOf, wrapBits } from "./convert/integer.ts";
import { type ParsedNumber, notANumber, parseNumber } from "./convert/number-text.ts";
import { textOf } from "./convert/text.ts";
import { checkOleDate } from "./date.ts";
import { type Decimal, decimalOfExact, exactOfDecimal } from "./decimal.ts";
import { Variant } from "./variant.ts";
import { VT, validateVarType, vtName } from "./vt.ts";

export interface ChangeTypeOptions {
  /** Whose rules text follows: en-US (0x0409, the default) or the invariant locale (0x007F). */
  readonly lcid?: number;
  /** A combination of {@link VariantFlag}; default none, as VariantChangeType has it. */
  readonly flags?: number;
}

/**
 * The same value as another Automation type (VariantChangeTypeEx). Fractions go to the nearest whole number, halves to the even one; DECIMAL, CY and
 * 64-bit integers convert with all their digits. What BYREF points to is converted. An object is not asked for its default property: see
 * `coerce`. Throws DISP_E_TYPEMISMATCH where no rule leads, DISP_E_OVERFLOW where the value does not fit, DISP_E_BADVARTYPE for what is no
 * type of a VARIANT, E_INVALIDARG where a DATE on no calendar would become text.
 *
 * ```ts
 * changeType(Variant.from("1,234.5"), VT.CY).value; // 12345000n
 * changeType(Variant.from(2.5), VT.I4).value; // 2
 * changeType(Variant.from(true), VT.BSTR, { flags: VariantFlag.ALPHABOOL }).value; // "True"
 * ```
 */
export function changeType(from: Variant, vt: number, options: ChangeTypeOptions = {}): Variant {
  validateVarType(from.vt);
  validateVarType(vt);
  const source = dereference(from);
  if ((source.vt | vt) & VT.ARRAY) return changeArray(source, vt);
  if (source.vt === vt) return source;
  if (vt & VT.BYREF) throw mismatch(source.vt, vt);
  return new Variant(vt, valueAs(source, vt, settingsOf(options)));
}

/** What a BYREF VARIANT points to; others unchanged. */
export function dereference(variant: Variant): Variant {
  let at = variant;
  // A reference may lead to a reference; a circle of them leads nowhere.
  for (let hops = 0; at.vt & VT.BYREF; hops++) {
    if (hops > 64) throw new ComError(HResult.DISP_E_TYPEMISMATCH, "references without an end");
    const value =
      at.vt === (VT.RECORD | VT.BYREF) ? at.value : (at.value as { value: unknown } | null)?.value;
    at = value instanceof Variant ? value : new Variant(at.vt & ~VT.BYREF, value ?? null);
  }
  return at;
}

function mismatch(from: number, to: number): ComError {
  return new ComError(HResult.DISP_E_TYPEMISMATCH, `${vtName(from)} does not convert to ${vtName(to)}`);
}

function valueAs(source: Variant, vt: number, settings: Settings): unknown {
  switch (vt) {
    case VT.EMPTY:
    case VT.NULL:
      if (canBeCleared(source.vt) && !(vt === VT.EMPTY && source.vt === VT.NULL))
        return vt === VT.NULL ? null : undefined;
      break;
    case VT.R4:
      return single(realOf(source, vt, settings));
    case VT.R8:
      return realOf(source, vt, settings);
    case VT.DATE:
      if (source.vt === VT.BSTR) return parseDate(textValue(source, vt), settings.locale);
      return checkOleDate(realOf(source, vt, settings));
    case VT.BOOL:
      return booleanOf(source, settings);
    case VT.BSTR:
      return textOf(source, settings) ?? fail(source.vt, vt);
    case VT.CY:
      return currencyOf(source, settings);
    case VT.DECIMAL:
      return decimalOf(source, settings);
    case VT.UNKNOWN:
      if (source.vt === VT.DISPATCH) return source.value;
      break;
    case VT.DISPATCH:
      if (source.vt === VT.UNKNOWN) return source.value;
      break;
    case VT.ERROR:
    case VT.VARIANT:
    case VT.RECORD:
      break;
    default:
      return integerOf(source, vt, (one) => numberOf(one, vt, settings));
  }
  return fail(source.vt, vt);
}

function fail(from: number, to: number): never {
  throw mismatch(from, to);
}

/** All but ERROR and RECORD can become EMPTY or NULL. */
function canBeCleared(vt: number): boolean {
  return vt <= VT.UINT && vt !== VT.ERROR;
}

/** A number as it is in the source: a double, or exact. Throws DISP_E_TYPEMISMATCH. */
function numberOf(source: Variant, target: number, settings: Settings): number | Exact | ParsedNumber {
  const { value } = source;
  switch (source.vt) {
    case VT.EMPTY:
      return 0;
    case VT.BOOL:
      return value === true ? -1 : 0;
    case VT.BSTR:
      return parseNumber(textValue(source, target), settings.locale);
    case VT.CY:
      if (typeof value === "bigint") return { value, scale: 4 };
      break;
    case VT.DECIMAL:
      if (value !== null) return exactOfDecimal(value as Decimal);
      break;
    case VT.ERROR:
    case VT.DISPATCH:
      break;
    default:
      if (typeof value === "number") return value;
      if (typeof value === "bigint") return { value, scale: 0 };
  }
  throw mismatch(source.vt, target);
}

function textValue(source: Variant, target: number): string {
  if (typeof source.value === "string") return source.value;
  if (source.value instanceof Uint8Array) return Buffer.from(source.value).toString("utf16le");
  throw mismatch(source.vt, target);
}

function realOf(source: Variant, target: number, settings: Settings): number {
  const number = numberOf(source, target, settings);
  if (typeof number === "number") return number;
  if (!("kind" in number)) return toDouble(number);
  if (number.kind === "decimal") return toDouble(number.number);
  return Number(wrapBits(number, 32, target));
}

function single(value: number): number {
  const rounded = Math.fround(value);
  if (!Number.isFinite(rounded) && Number.isFinite(value))
    throw new ComError(HResult.DISP_E_OVERFLOW, `${value} does not fit in VT_R4`);
  return rounded;
}

/** "True" and "False" in any letter case, "#TRUE#" and "#FALSE#" in this one, else a number that is zero or not. */
function booleanOf(source: Variant, settings: Settings): boolean {
  if (source.vt === VT.BSTR) {
    const text = textValue(source, VT.BOOL);
    if (text === "#TRUE#" || text.toLowerCase() === "true") return true;
    if (text === "#FALSE#" || text.toLowerCase() === "false") return false;
    const parsed = parseNumber(text, settings.locale);
    return parsed.kind === "bits" ? parsed.bits !== 0n : toDouble(parsed.number) !== 0;
  }
  const number = numberOf(source, VT.BOOL, settings);
  if (typeof number === "number") return number !== 0;
  if ("kind" in number) throw notANumber(String(source.value));
  return number.value !== 0n;
}

function currencyOf(source: Variant, settings: Settings): bigint {
  const value = rescale(exactOf(source, VT.CY, settings), 4);
  if (BigInt.asIntN(64, value) === value) return value;
  throw new ComError(HResult.DISP_E_OVERFLOW, "the number does not fit in VT_CY");
}

function decimalOf(source: Variant, settings: Settings): Decimal {
  // The one place where True counts 1: VariantChangeType does so, VarDecFromBool does not.
  if (source.vt === VT.BOOL) return { negative: false, scale: 0, value: source.value === true ? 1n : 0n };
  return decimalOfExact(exactOf(source, VT.DECIMAL, settings));
}

function exactOf(source: Variant, target: number, settings: Settings): Exact {
  const number = numberOf(source, target, settings);
  if (typeof number === "number") return exactOfReal(number, source.vt, target);
  if (!("kind" in number)) return number;
  return number.kind === "decimal" ? number.number : { value: wrapBits(number, 64, target), scale: 0 };
}

function exactOfReal(value: number, from: number, target: number): Exact {
  if (!Number.isFinite(value))
    throw new ComError(HResult.DISP_E_OVERFLOW, `${value} does not fit in ${vtName(target)}`);
  if (Number.isInteger(value) && Math.abs(value) < 2 ** 53) return { value: BigInt(value), scale: 0 };
  // A CY is the double times 10,000; a DECIMAL has the digits that a person would write.
  if (target === VT.CY) return exactly(value);
  return significant(value, from === VT.R4 ? 7 : 15);
}

export { VariantFlag };
