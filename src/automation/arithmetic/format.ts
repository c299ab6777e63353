import { ComError, HResult } from "../../base/index.ts";
import type { Exact } from "../convert/exact.ts";
import { LCID_EN_US, localeOf } from "../convert/locale.ts";
import { changeType } from "../convert.ts";
import type { Variant } from "../variant.ts";
import { VT } from "../vt.ts";
import { monthName, partsOfOleDate, weekdayName } from "./calendar.ts";
import { exact, operand } from "./operand.ts";

/*
 * Values as people read them, in US English.
 */

export interface NumberFormat {
  /** Digits behind the point; default 2. */
  readonly digits?: number;
  /** A zero before the point of a number below one; default true. */
  readonly leadingZero?: boolean;
  /** Parentheses around a negative number in place of a sign; default as the locale has it: for money. */
  readonly parentheses?: boolean;
  /** Separators between thousands; default true. */
  readonly grouping?: boolean;
}

const maxDigits = 255;

/** A number with digits and separators (VarFormatNumber): "1,234.57". Throws DISP_E_TYPEMISMATCH for what is no number, E_INVALIDARG. */
export function formatNumber(value: Variant, format: NumberFormat = {}): string {
  const { negative, text } = shape(numberIn(value), format);
  if (!negative) return text;
  return format.parentheses === true ? `(${text})` : `-${text}`;
}

/** A number in hundredths (VarFormatPercent): "12.50%". */
export function formatPercent(value: Variant, format: NumberFormat = {}): string {
  const { value: digits, scale } = numberIn(value);
  const { negative, text } = shape({ value: digits * 100n, scale }, format);
  if (!negative) return `${text}%`;
  return format.parentheses === true ? `(${text}%)` : `-${text}%`;
}

/** An amount of money (VarFormatCurrency): "$1,234.57", "($1.00)". */
export function formatCurrency(value: Variant, format: NumberFormat = {}): string {
  const { currency } = localeOf(LCID_EN_US);
  const { negative, text } = shape(numberIn(value), format);
  if (!negative) return currency + text;
  return format.parentheses === false ? `-${currency}${text}` : `(${currency}${text})`;
}

/** How VarFormatDateTime writes a date. */
export type DateFormat = "general" | "longDate" | "shortDate" | "longTime" | "shortTime";

/** A date or a time of day (VarFormatDateTime): "1/1/1900 6:00:00 AM", "Monday, January 1, 1900", "06:00". */
export function formatDateTime(value: Variant, format: DateFormat = "general"): string {
  const locale = localeOf(LCID_EN_US);
  const date = changeType(value, VT.DATE).value as number;
  const { year, month, day, dayOfWeek, hour, minute, second } = partsOfOleDate(date);
  const time = locale.time(hour, minute, second);
  switch (format) {
    case "longDate":
      return `${weekdayName(dayOfWeek + 1)}, ${monthName(month)} ${day}, ${year}`;
    case "shortDate":
      return locale.shortDate(year, month, day);
    case "longTime":
      return time;
    case "shortTime":
      return `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;
    default: {
      const whole = date === Math.trunc(date);
      if (date === 0 || Math.trunc(date) === 0) return time;
      return whole ? locale.shortDate(year, month, day) : `${locale.shortDate(year, month, day)} ${time}`;
    }
  }
}

function numberIn(value: Variant): Exact {
  const source = operand(value);
  return exact(source.vt === VT.BSTR ? changeType(source, VT.DECIMAL) : source);
}

/** The digits without a sign; halves go away from zero, and nothing left of a number has no sign. */
function shape(
  { value, scale }: Exact,
  format: NumberFormat,
): { readonly negative: boolean; readonly text: string } {
  const { digits = 2, leadingZero = true, grouping = true } = format;
  if (!Number.isInteger(digits) || digits < 0 || digits > maxDigits)
    throw new ComError(HResult.E_INVALIDARG, `${digits} is no number of digits`);
  const { decimal, thousands } = localeOf(LCID_EN_US);
  const size = rounded(value < 0n ? -value : value, scale - digits);
  const all = size.toString().padStart(digits + 1, "0");
  const whole = all.slice(0, all.length - digits);
  const grouped = grouping ? whole.replaceAll(/\B(?=(\d{3})+$)/g, thousands) : whole;
  const fraction = digits === 0 ? "" : decimal + all.slice(-digits);
  const start = !leadingZero && grouped === "0" && digits > 0 ? "" : grouped;
  return { negative: value < 0n && size !== 0n, text: start + fraction };
}

function rounded(value: bigint, places: number): bigint {
  if (places <= 0) return value * 10n ** BigInt(-places);
  const unit = 10n ** BigInt(places);
  return (value + unit / 2n) / unit;
}
