/** What a locale decides about numbers, currency and dates as text (LOCALE_* of GetLocaleInfo). */
export interface Locale {
  readonly decimal: string;
  readonly thousands: string;
  readonly currency: string;
  /** LOCALE_IDATE: the order of the numbers in a short date. */
  readonly order: "MDY" | "DMY" | "YMD";
  readonly shortDate: (year: number, month: number, day: number) => string;
  readonly time: (hours: number, minutes: number, seconds: number) => string;
}

const two = (n: number): string => n.toString().padStart(2, "0");

const enUs: Locale = {
  decimal: ".",
  thousands: ",",
  currency: "$",
  order: "MDY",
  shortDate: (year, month, day) => `${month}/${day}/${year}`,
  time: (hours, minutes, seconds) =>
    `${hours % 12 || 12}:${two(minutes)}:${two(seconds)} ${hours < 12 ? "AM" : "PM"}`,
};

/** The invariant locale: for text that no person reads. */
const invariant: Locale = {
  decimal: ".",
  thousands: ",",
  currency: "\u00A4",
  order: "MDY",
  shortDate: (year, month, day) => `${two(month)}/${two(day)}/${year.toString().padStart(4, "0")}`,
  time: (hours, minutes, seconds) => `${two(hours)}:${two(minutes)}:${two(seconds)}`,
};

/** en-US, what conversions go by unless told otherwise. */
export const LCID_EN_US = 0x0409;
/** The locale of no country (LOCALE_INVARIANT). */
export const LCID_INVARIANT = 0x007f;

/** The rules of an LCID. Two sets are known; every other locale gets those of en-US, as neutral and default ones do. */
export function localeOf(lcid: number): Locale {
  return (lcid & 0xffff) === LCID_INVARIANT ? invariant : enUs;
}
