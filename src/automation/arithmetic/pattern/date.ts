import { fromOleDate } from "../../date.ts";
import { type SystemTime, monthName, partsOfOleDate, weekdayName } from "../calendar.ts";
import type { Token } from "./tokens.ts";

/** How days and weeks are counted. */
export interface CalendarRules {
  /** Day 1 of a week, 1 being Sunday; default Sunday. */
  readonly firstDay?: number;
  /** The first week of a year: 1 that of January 1, 2 the first with four days, 3 the first whole one; default 1. */
  readonly firstWeek?: number;
}

type Time = Required<SystemTime>;

const dayLength = 86_400_000;

/** A date by the placeholders of a section; `named` writes the forms of the locale. */
export function formatDate(
  tokens: readonly Token[],
  date: number,
  rules: CalendarRules,
  named: (form: "general" | "shortDate" | "longDate" | "longTime") => string,
): string {
  const time = partsOfOleDate(date);
  const half = tokens.some(({ isLiteral, text }) => !isLiteral && /^a/i.test(text));
  let before = "";
  let all = "";
  for (const { text, isLiteral } of tokens) {
    if (isLiteral || text === "/" || text === ":") {
      all += text;
      continue;
    }
    const word = text.toLowerCase();
    // Months right behind hours are minutes.
    const meant = /^mm?$/.test(word) && before.startsWith("h") ? word.replaceAll("m", "n") : word;
    all += whenNamed(meant, named) ?? piece(meant, text, time, date, half, rules);
    before = meant;
  }
  return all;
}

function whenNamed(
  word: string,
  named: (form: "general" | "shortDate" | "longDate" | "longTime") => string,
): string | undefined {
  if (word === "c") return named("general");
  if (word === "ttttt") return named("longTime");
  if (word === "ddddd") return named("shortDate");
  return word === "dddddd" ? named("longDate") : undefined;
}

function piece(
  word: string,
  written: string,
  time: Time,
  date: number,
  half: boolean,
  rules: CalendarRules,
): string {
  const two = (value: number): string => String(value).padStart(word.length, "0");
  switch (word[0]) {
    case "a":
      return halfOfDay(written, time.hour);
    case "h":
      return two(half ? time.hour % 12 || 12 : time.hour);
    case "n":
      return two(time.minute);
    case "s":
      return two(time.second);
    case "d":
      return word.length < 3 ? two(time.day) : weekdayName(time.dayOfWeek + 1, word.length === 3);
    case "m":
      return word.length < 3 ? two(time.month) : monthName(time.month, word.length === 3);
    case "q":
      return String(Math.ceil(time.month / 3));
    case "w":
      return String(word === "w" ? weekday(time.dayOfWeek, rules) : weekOfYear(date, time, rules));
    default:
      return year(word, time, date);
  }
}

/** In the letters of the pattern. */
function halfOfDay(written: string, hour: number): string {
  const [am = "AM", pm = "PM"] = written.includes("/") ? written.split("/") : [];
  return hour >= 12 ? pm : am;
}

function weekday(dayOfWeek: number, { firstDay = 1 }: CalendarRules): number {
  return ((dayOfWeek - ((firstDay || 1) - 1) + 7) % 7) + 1;
}

function year(word: string, time: Time, date: number): string {
  switch (word.length) {
    case 1:
      return String(dayOfYear(time, date));
    case 2:
      return String(time.year % 100).padStart(2, "0");
    case 3:
      return String(dayOfYear(time, date)).padStart(3, "0");
    default:
      return String(time.year);
  }
}

function startOfYear(of: number): number {
  return new Date(0).setUTCFullYear(of, 0, 1);
}

function dayOfYear(time: Time, date: number): number {
  return Math.floor((fromOleDate(date).getTime() - startOfYear(time.year)) / dayLength) + 1;
}

function weekOfYear(date: number, time: Time, rules: CalendarRules): number {
  const day = dayOfYear(time, date);
  const week = weekAt(time.year, day, rules);
  if (week > 0) return week;
  const last = Math.round((startOfYear(time.year) - startOfYear(time.year - 1)) / dayLength);
  return weekAt(time.year - 1, last + day, rules);
}

function weekAt(of: number, day: number, rules: CalendarRules): number {
  const first = weekday(new Date(startOfYear(of)).getUTCDay(), rules);
  // How many days of its first, maybe broken week a year must have for it to count.
  const least = rules.firstWeek === 3 ? 7 : rules.firstWeek === 2 ? 4 : 1;
  const counts = 8 - first >= least;
  return Math.floor((day + first - 2) / 7) + (counts ? 1 : 0);
}
