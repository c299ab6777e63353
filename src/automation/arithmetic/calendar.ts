import { ComError, HResult } from "../../base/index.ts";
import { fromOleDate, oleDateOf } from "../date.ts";

/*
 * Dates in parts, and what days and months are called in US English.
 */

/** A point in time in parts, as people write it; months from 1, Sunday is day 0. */
export interface SystemTime {
  readonly year: number;
  readonly month: number;
  readonly dayOfWeek?: number;
  readonly day: number;
  readonly hour?: number;
  readonly minute?: number;
  readonly second?: number;
}

/**
 * The OLE date of its parts (SystemTimeToVariantTime, VarDateFromUdate). Two-digit years up to 29 are of this century, others of the last one; days and
 * hours beyond their range roll over, as in VarDateFromUdate. Throws E_INVALIDARG for a year before 100 or after 9999.
 */
export function oleDateFromParts(time: SystemTime): number {
  const { month, day, hour = 0, minute = 0, second = 0 } = time;
  const year = time.year < 30 ? time.year + 2000 : time.year < 100 ? time.year + 1900 : time.year;
  if (![year, month, day, hour, minute, second].every(Number.isInteger) || year < 100 || year > 9999)
    throw new ComError(HResult.E_INVALIDARG, `the year ${time.year} is not from 100 to 9999`);
  const shift = Math.floor((hour * 3600 + minute * 60 + second) / 86_400);
  const rest = hour * 3600 + minute * 60 + second - shift * 86_400;
  return oleDateOf(year, month, day + shift, Math.floor(rest / 3600), Math.floor(rest / 60) % 60, rest % 60);
}

/** The parts of an OLE date, rounded to seconds (VariantTimeToSystemTime, VarUdateFromDate). */
export function partsOfOleDate(value: number): Required<SystemTime> {
  const date = new Date(Math.round(fromOleDate(value).getTime() / 1000) * 1000);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    dayOfWeek: date.getUTCDay(),
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
  };
}

const months = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
] as const;
const days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] as const;

/** What a month is called, 1 to 12 (VarMonthName). Throws E_INVALIDARG. */
export function monthName(month: number, abbreviated = false): string {
  return nameOf(months[month - 1], abbreviated, month);
}

/** What a day of the week is called (VarWeekdayName): `day` counts from 1, `firstDay` says which day 1 is, 1 being Sunday. Throws E_INVALIDARG. */
export function weekdayName(day: number, abbreviated = false, firstDay = 1): string {
  const valid = day >= 1 && day <= 7 && firstDay >= 1 && firstDay <= 7;
  return nameOf(valid ? days[(day + firstDay - 2) % 7] : undefined, abbreviated, day);
}

function nameOf(name: string | undefined, abbreviated: boolean, number: number): string {
  if (name === undefined) throw new ComError(HResult.E_INVALIDARG, `${number} has no name`);
  return abbreviated ? name.slice(0, 3) : name;
}
