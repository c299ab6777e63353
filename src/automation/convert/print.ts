import { fromOleDate } from "../date.ts";
import type { Locale } from "./locale.ts";

/**
 * A double as Automation prints it: 15 significant digits (7 for a single), an exponent of at least two digits where the number has more digits
 * before the point than that or is below 0.0001: "1E+15", "1.5E-05", "0.0001".
 */
export function printReal(value: number, digits: 7 | 15, locale: Locale): string {
  if (Number.isNaN(value)) return "-1.#IND";
  if (!Number.isFinite(value)) return value > 0 ? "1.#INF" : "-1.#INF";
  if (value === 0) return "0";
  const [mantissa = "", exponentText = "0"] = value.toExponential(digits - 1).split("e");
  const exponent = Number(exponentText);
  const plain = exponent >= -4 && exponent < digits;
  const text = plain ? value.toFixed(Math.min(100, Math.max(0, digits - 1 - exponent))) : mantissa;
  const short = text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  const localized = short.replace(".", locale.decimal);
  if (plain) return localized;
  return `${localized}E${exponent < 0 ? "-" : "+"}${Math.abs(exponent).toString().padStart(2, "0")}`;
}

/** A date as text: without the time at midnight, without the date on day 0. Rounded to whole seconds. */
export function printDate(value: number, locale: Locale): string {
  const date = new Date(Math.round(fromOleDate(value).getTime() / 1000) * 1000);
  const [hours, minutes, seconds] = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()];
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
  const dayText = locale.shortDate(year, month, day);
  const timeText = locale.time(hours, minutes, seconds);
  if (year === 1899 && month === 12 && day === 30) return timeText;
  return hours + minutes + seconds === 0 ? dayText : `${dayText} ${timeText}`;
}
