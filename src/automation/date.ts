import { ComError, HResult } from "../base/index.ts";

/** Days from 1899-12-30, the fraction the time of day, in local time without a zone; negative days keep a positive fraction. ([MS-OAUT] 2.2.25) */
const epoch = Date.UTC(1899, 11, 30);
const day = 86_400_000;

/** 1 January 100 and 31 December 9999: the days an OLE date may lie on. */
const firstDay = -657_434;
const lastDay = 2_958_465;

/** An OLE date of a Date, read as its UTC fields. */
export function toOleDate(date: Date): number {
  const value = (date.getTime() - epoch) / day;
  if (value >= 0) return value;
  const whole = Math.floor(value);
  return value === whole ? value : whole - (value - whole);
}

/** A Date whose UTC fields are those of the OLE date. */
export function fromOleDate(value: number): Date {
  const whole = Math.trunc(value);
  return new Date(Math.round(epoch + (whole + Math.abs(value - whole)) * day));
}

/** The OLE date of a day and a time of day; the year in full, the month from 1. */
export function oleDateOf(
  year: number,
  month: number,
  dayOfMonth: number,
  hours = 0,
  minutes = 0,
  seconds = 0,
): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, dayOfMonth);
  const days = Math.round((date.getTime() - epoch) / day);
  const fraction = (hours * 3600 + minutes * 60 + seconds) / 86_400;
  return days < 0 ? days - fraction : days + fraction;
}

/** True for a day of the years 100 to 9999. */
export function isOleDate(value: number): boolean {
  return value > firstDay - 1 && value < lastDay + 1;
}

/** Throws DISP_E_OVERFLOW for a number outside the years 100 to 9999, which is no date. */
export function checkOleDate(value: number): number {
  if (isOleDate(value)) return value;
  throw new ComError(HResult.DISP_E_OVERFLOW, `${value} lies outside the years 100 to 9999`);
}
