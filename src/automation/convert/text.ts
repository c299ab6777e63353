import { ComError, HResult } from "../../base/index.ts";
import { isOleDate } from "../date.ts";
import type { Decimal } from "../decimal.ts";
import { exactOfDecimal } from "../decimal.ts";
import type { Variant } from "../variant.ts";
import { VT } from "../vt.ts";
import { digitsText } from "./exact.ts";
import type { Settings } from "./flags.ts";
import { printDate, printReal } from "./print.ts";

/** A value as text (VarBstrFrom…); undefined for types without one. */
export function textOf(source: Variant, { locale, alphaBool }: Settings): string | undefined {
  const { value, vt } = source;
  switch (vt) {
    case VT.EMPTY:
      return "";
    case VT.BOOL:
      if (alphaBool) return value === true ? "True" : "False";
      return value === true ? "-1" : "0";
    case VT.DATE:
      return typeof value === "number" ? printDate(dateOnCalendar(value), locale) : undefined;
    case VT.R4:
      return typeof value === "number" ? printReal(value, 7, locale) : undefined;
    case VT.R8:
      return typeof value === "number" ? printReal(value, 15, locale) : undefined;
    case VT.CY:
      return typeof value === "bigint" ? digitsText({ value, scale: 4 }, locale.decimal) : undefined;
    case VT.DECIMAL:
      return value === null ? undefined : digitsText(exactOfDecimal(value as Decimal), locale.decimal);
    case VT.ERROR:
      return undefined;
    default:
      return typeof value === "number" || typeof value === "bigint" ? value.toString() : undefined;
  }
}

/** A number that is no date has no text (VarBstrFromDate). */
function dateOnCalendar(value: number): number {
  if (isOleDate(value)) return value;
  throw new ComError(HResult.E_INVALIDARG, `${value} lies outside the years 100 to 9999`);
}
