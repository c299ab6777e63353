import { ComError, HResult } from "../../base/index.ts";
import { oleDateOf } from "../date.ts";
import type { Locale } from "./locale.ts";

/*
 * VarDateFromStr. A date is up to six numbers. Those joined by ":" or "." are the time, and stand together at one end; the others are the date, and
 * what each of them means is tried out: the locale's order first, then every other.
 */

interface Part {
  readonly value: number;
  readonly isMonth: boolean;
  /** Joined to the next number by a colon or a point. */
  joined: boolean;
  meridiem: "AM" | "PM" | undefined;
}

const months = [
  "january",
  "february",
  "march",
  "april",
  "may",
  "june",
  "july",
  "august",
  "september",
  "october",
  "november",
  "december",
];
const days = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

/** Two-digit years up to this one are of this century: what Windows has since version 1903. */
const lastYearOfWindow = 49;

/** Longest text that is looked at. */
const maxText = 256;

/**
 * The OLE date a text stands for (VarDateFromStr): "1/2/1970", "2 January 1970", "2013-05-14 02:04:12", "6/30/2011 1:20:34 PM", "3 am".
 * A date without a year is of the year of `now`. Throws DISP_E_TYPEMISMATCH.
 */
export function parseDate(text: string, locale: Locale, now: Date = new Date()): number {
  const parts = scan(text);
  const { time, date, meridiem } = split(parts, text);
  const [hours = 0, minutes = 0, seconds = 0] = time;
  if (hours > 23 || minutes > 59 || seconds > 59) throw notADate(text);
  const { year, month, day } = dateOf(date, locale, now, text);
  return oleDateOf(year, month, day, twelveHours(hours, meridiem), minutes, seconds);
}

function notADate(text: string): ComError {
  return new ComError(HResult.DISP_E_TYPEMISMATCH, `"${text.slice(0, 40)}" is not a date`);
}

function twelveHours(hours: number, meridiem: Part["meridiem"]): number {
  if (meridiem === "PM" && hours < 12) return hours + 12;
  return meridiem === "AM" && hours === 12 ? 0 : hours;
}

function scan(text: string): readonly Part[] {
  if (text.length > maxText) throw notADate(text);
  const parts: Part[] = [];
  let separators = 0;
  const token = /(\d+)|(\p{L}+)|([:.])|([-/])|(,)|(\s+)/uy;
  let at = 0;
  const add = (value: number, isMonth: boolean): void => {
    if (parts.length === 6) throw notADate(text);
    parts.push({ value, isMonth, joined: false, meridiem: undefined });
  };
  while (at < text.length) {
    token.lastIndex = at;
    const match = token.exec(text);
    if (match === null) throw notADate(text);
    at = token.lastIndex;
    const [, digits, word, colon, dash, comma] = match;
    const last = parts.at(-1);
    if (digits !== undefined) add(Number(digits), false);
    else if (word !== undefined) readWord(word.toLowerCase());
    else if (colon !== undefined && last !== undefined && at < text.length) last.joined = true;
    else if (dash !== undefined && last !== undefined && at < text.length && separators < 2) separators++;
    else if (colon !== undefined || dash !== undefined || (comma !== undefined && at === text.length))
      throw notADate(text);
  }
  return parts;

  function readWord(word: string): void {
    const month = months.findIndex((name) => name === word || name.slice(0, 3) === word);
    if (month >= 0) return add(month + 1, true);
    if (days.some((name) => name === word || name.slice(0, 3) === word)) return undefined;
    const last = parts.at(-1);
    if (!/^[ap]m?$/.test(word) || last === undefined || parts.some((part) => part.meridiem !== undefined))
      throw notADate(text);
    last.meridiem = word.startsWith("a") ? "AM" : "PM";
    return undefined;
  }
}

interface Split {
  readonly time: readonly number[];
  readonly date: readonly Part[];
  readonly meridiem: Part["meridiem"];
}

/** Which numbers are the time: a joined run at either end, or a number alone with AM or PM. */
function split(parts: readonly Part[], text: string): Split {
  const meridiem = parts.find((part) => part.meridiem !== undefined)?.meridiem;
  const first = parts.findIndex((part) => part.joined);
  const [start, end] = first >= 0 ? [first, endOfRun(parts, first)] : loneHour(parts);
  const time = parts.slice(start, end);
  const date = [...parts.slice(0, start), ...parts.slice(end)];
  const atOneEnd = start === 0 || end === parts.length;
  const stray = date.some((part) => part.joined || part.meridiem !== undefined);
  if (!atOneEnd || stray || time.length > 3 || date.length > 3 || date.length === 1 || parts.length === 0)
    throw notADate(text);
  return { time: time.map((part) => part.value), date, meridiem };
}

function endOfRun(parts: readonly Part[], start: number): number {
  let end = start;
  while (parts[end]?.joined === true) end++;
  return end + 1;
}

function loneHour(parts: readonly Part[]): readonly [number, number] {
  const hour = parts.findIndex((part) => part.meridiem !== undefined);
  return hour < 0 ? [0, 0] : [hour, hour + 1];
}

interface Ymd {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

function dateOf(parts: readonly Part[], locale: Locale, now: Date, text: string): Ymd {
  if (parts.length === 0) return { year: 1899, month: 12, day: 30 };
  for (const order of ordersFor(parts, locale)) {
    const found = tryOrder(parts, order, now);
    if (found !== undefined) return found;
  }
  throw notADate(text);
}

/** The orders that are tried, the locale's first; a month's name must stand where the order has the month. */
function ordersFor(parts: readonly Part[], locale: Locale): readonly string[] {
  const named = parts.findIndex((part) => part.isMonth);
  const fits = (order: string): boolean => named < 0 || order[named] === "M";
  if (parts.length === 2) {
    const dayFirst = locale.order === "DMY" ? ["DM", "MD"] : ["MD", "DM"];
    return [...dayFirst, "YM", "MY"].filter((order) => fits(order));
  }
  // Around a month's name the day stands first, whatever the locale.
  const preferred =
    named === 1 ? ["DMY"] : { MDY: ["MDY", "YMD"], DMY: ["DMY", "YMD"], YMD: ["YMD", "MDY"] }[locale.order];
  return [...new Set([...preferred, "MDY", "YMD", "YDM", "DMY"])].filter((order) => fits(order));
}

function tryOrder(parts: readonly Part[], order: string, now: Date): Ymd | undefined {
  const at = (letter: string): number | undefined => parts[order.indexOf(letter)]?.value;
  const year = fullYear(at("Y") ?? now.getUTCFullYear());
  const month = at("M") ?? 0;
  const day = at("D") ?? 1;
  if (year < 100 || year > 9999 || month < 1 || month > 12 || day < 1 || day > daysOf(year, month))
    return undefined;
  return { year, month, day };
}

function fullYear(year: number): number {
  if (year > 99) return year;
  return year <= lastYearOfWindow ? 2000 + year : 1900 + year;
}

function daysOf(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}
