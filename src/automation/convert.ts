import { ComError, HResult } from "../base/index.ts";
import { fromOleDate, toOleDate } from "./date.ts";
import { type Decimal, Variant } from "./variant.ts";
import { VT, vtName } from "./vt.ts";

const integerRange: Readonly<Record<number, readonly [number, number]>> = {
  [VT.I1]: [-128, 127],
  [VT.UI1]: [0, 255],
  [VT.I2]: [-32768, 32767],
  [VT.UI2]: [0, 65535],
  [VT.I4]: [-2147483648, 2147483647],
  [VT.INT]: [-2147483648, 2147483647],
  [VT.UI4]: [0, 4294967295],
  [VT.UINT]: [0, 4294967295],
  [VT.ERROR]: [0, 4294967295],
};

/**
 * The same value as another Automation type (VariantChangeType, with the en-US rules for text). Throws DISP_E_TYPEMISMATCH where no rule leads,
 * DISP_E_OVERFLOW where the value does not fit.
 */
export function changeType(from: Variant, vt: number): Variant {
  const source = dereference(from);
  if (source.vt === vt) return source;
  if ((source.vt | vt) & (VT.ARRAY | VT.BYREF)) throw mismatch(source.vt, vt);
  const range = integerRange[vt];
  if (range !== undefined) return new Variant(vt, inRange(roundHalfEven(toNumber(source, vt)), range, vt));
  switch (vt) {
    case VT.VARIANT:
      return source;
    case VT.EMPTY:
    case VT.NULL:
      throw mismatch(source.vt, vt);
    case VT.R4:
      return new Variant(vt, single(toNumber(source, vt)));
    case VT.R8:
    case VT.DATE:
      return new Variant(vt, toNumber(source, vt));
    case VT.BOOL:
      return new Variant(vt, toBoolean(source));
    case VT.BSTR:
      return new Variant(vt, toText(source));
    case VT.I8:
    case VT.UI8:
      return new Variant(vt, toBigInt(source, vt));
    case VT.CY:
      return new Variant(vt, toCurrency(source));
    case VT.DECIMAL:
      return new Variant(vt, toDecimal(source));
    case VT.UNKNOWN:
      if (source.vt === VT.DISPATCH) return new Variant(vt, source.value);
      throw mismatch(source.vt, vt);
    case VT.DISPATCH:
      if (source.vt === VT.UNKNOWN) return new Variant(vt, source.value);
      throw mismatch(source.vt, vt);
    default:
      throw new ComError(HResult.DISP_E_BADVARTYPE, `${vtName(vt)} is no type to convert to`);
  }
}

/** What a BYREF VARIANT points to; others unchanged. */
export function dereference(variant: Variant): Variant {
  if (!(variant.vt & VT.BYREF)) return variant;
  const { value } = variant.value as { value: unknown };
  return value instanceof Variant ? dereference(value) : new Variant(variant.vt & ~VT.BYREF, value);
}

function mismatch(from: number, to: number): ComError {
  return new ComError(HResult.DISP_E_TYPEMISMATCH, `${vtName(from)} does not convert to ${vtName(to)}`);
}

function inRange(value: number, [low, high]: readonly [number, number], vt: number): number {
  if (!(value >= low && value <= high))
    throw new ComError(HResult.DISP_E_OVERFLOW, `${value} does not fit in ${vtName(vt)}`);
  return value;
}

/** To the nearest whole number, halves to the even one, as Automation rounds. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest < 0.5) return floor;
  if (rest > 0.5) return floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

function single(value: number): number {
  const rounded = Math.fround(value);
  if (!Number.isFinite(rounded) && Number.isFinite(value))
    throw new ComError(HResult.DISP_E_OVERFLOW, `${value} does not fit in VT_R4`);
  return rounded;
}

function toNumber(source: Variant, target: number): number {
  switch (source.vt) {
    case VT.EMPTY:
      return 0;
    case VT.BOOL:
      return source.value === true ? (target === VT.UI1 ? 255 : -1) : 0;
    case VT.BSTR:
      return numberOfText(source.value as string | null, target);
    case VT.CY:
    case VT.DECIMAL:
      return source.toJs() as number;
    case VT.I8:
    case VT.UI8:
      return Number(source.value);
    default:
      if (typeof source.value === "number" && source.vt !== VT.ERROR) return source.value;
      throw mismatch(source.vt, target);
  }
}

const decimalText = /^\s*[+-]?\$?\s*(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d*)?(?:[eEdD][+-]?\d+)?\s*[+-]?\s*$/;

function numberOfText(text: string | null, target: number): number {
  const value = (text ?? "").trim();
  if (value === "True" || value.toLowerCase() === "true") return -1;
  if (value.toLowerCase() === "false") return 0;
  const radix = /^&([ho])([0-9a-f]+)&?$/i.exec(value);
  if (radix) return Number.parseInt(radix[2] ?? "", radix[1]?.toLowerCase() === "h" ? 16 : 8);
  if (/\d/.test(value) && decimalText.test(value)) {
    const trailing = /[+-]\s*$/.exec(value)?.[0]?.trim() ?? "";
    const body = value.replaceAll(/[\s,$]|[+-]\s*$/g, "").replace(/[dD]/, "e");
    return Number(trailing + body);
  }
  const date = target === VT.DATE ? Date.parse(`${value} UTC`) : Number.NaN;
  if (!Number.isNaN(date)) return toOleDate(new Date(date));
  throw new ComError(HResult.DISP_E_TYPEMISMATCH, `"${value.slice(0, 40)}" is not a number`);
}

function toBoolean(source: Variant): boolean {
  if (source.vt === VT.BSTR) {
    const text = ((source.value as string | null) ?? "").trim().toLowerCase();
    if (text === "true" || text === "#true#") return true;
    if (text === "false" || text === "#false#") return false;
  }
  return toNumber(source, VT.BOOL) !== 0;
}

function toBigInt(source: Variant, target: number): bigint {
  const exact = typeof source.value === "bigint" && source.vt !== VT.CY;
  const value = exact ? source.value : BigInt(roundHalfEven(toNumber(source, target)));
  const fits = target === VT.I8 ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value);
  if (fits !== value)
    throw new ComError(HResult.DISP_E_OVERFLOW, `${value} does not fit in ${vtName(target)}`);
  return value;
}

function toCurrency(source: Variant): bigint {
  if (typeof source.value === "bigint") return toBigInt(new Variant(VT.I8, source.value * 10_000n), VT.I8);
  return toBigInt(new Variant(VT.R8, toNumber(source, VT.CY) * 10_000), VT.I8);
}

function toDecimal(source: Variant): Decimal {
  if (source.vt === VT.CY) {
    const value = source.value as bigint;
    return { negative: value < 0n, scale: 4, value: value < 0n ? -value : value };
  }
  if (typeof source.value === "bigint") {
    return { negative: source.value < 0n, scale: 0, value: source.value < 0n ? -source.value : source.value };
  }
  const number = toNumber(source, VT.DECIMAL);
  if (!(Math.abs(number) < 2 ** 96))
    throw new ComError(HResult.DISP_E_OVERFLOW, `${number} does not fit in VT_DECIMAL`);
  const [whole = "0", fraction = ""] = Math.abs(number).toFixed(15).split(".");
  const digits = fraction.replace(/0+$/, "");
  return { negative: number < 0, scale: digits.length, value: BigInt(whole + digits) };
}

function toText(source: Variant): string {
  switch (source.vt) {
    case VT.EMPTY:
      return "";
    case VT.BOOL:
      return source.value === true ? "True" : "False";
    case VT.DATE:
      return dateText(fromOleDate(source.value as number));
    case VT.CY:
    case VT.R8:
      return String(source.toJs());
    case VT.R4:
      return String(Number((source.value as number).toPrecision(7)));
    case VT.DECIMAL: {
      const { negative, scale, value } = source.value as Decimal;
      const digits = value.toString().padStart(scale + 1, "0");
      const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
      return negative ? `-${text}` : text;
    }
    default:
      if ((typeof source.value === "number" && source.vt !== VT.ERROR) || typeof source.value === "bigint") {
        return source.value.toString();
      }
      throw mismatch(source.vt, VT.BSTR);
  }
}

/** "11/20/2026 1:05:00 PM", without the time at midnight, without the date on day 0: the en-US general form. */
function dateText(date: Date): string {
  const hours = date.getUTCHours();
  const two = (n: number): string => n.toString().padStart(2, "0");
  const day = `${date.getUTCMonth() + 1}/${date.getUTCDate()}/${date.getUTCFullYear()}`;
  const time = `${hours % 12 || 12}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} ${hours < 12 ? "AM" : "PM"}`;
  const midnight = date.getTime() % 86_400_000 === 0;
  if (midnight) return day;
  return date.getTime() >= Date.UTC(1899, 11, 30) && date.getTime() < Date.UTC(1899, 11, 31)
    ? time
    : `${day} ${time}`;
}
