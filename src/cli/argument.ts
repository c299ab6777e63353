import { Variant, VT, toOleDate } from "../automation/index.ts";
import { ComError, HResult } from "../base/index.ts";

/** Reads `i4:5`, `bstr:text`, ...: the types a command line can name. */
const typed: Readonly<Record<string, (text: string) => Variant>> = {
  i1: (text) => new Variant(VT.I1, integer(text, -128, 127)),
  i2: (text) => new Variant(VT.I2, integer(text, -32768, 32767)),
  i4: (text) => new Variant(VT.I4, integer(text, -2147483648, 2147483647)),
  ui1: (text) => new Variant(VT.UI1, integer(text, 0, 255)),
  ui2: (text) => new Variant(VT.UI2, integer(text, 0, 65535)),
  ui4: (text) => new Variant(VT.UI4, integer(text, 0, 4294967295)),
  i8: (text) => new Variant(VT.I8, BigInt.asIntN(64, big(text))),
  ui8: (text) => new Variant(VT.UI8, BigInt.asUintN(64, big(text))),
  r4: (text) => new Variant(VT.R4, Math.fround(float(text))),
  r8: (text) => new Variant(VT.R8, float(text)),
  cy: (text) => new Variant(VT.CY, BigInt(Math.round(float(text) * 10_000))),
  date: (text) => new Variant(VT.DATE, date(text)),
  bstr: (text) => new Variant(VT.BSTR, text),
  bool: (text) => new Variant(VT.BOOL, !["0", "false", "no", ""].includes(text.toLowerCase())),
  null: () => Variant.null,
  empty: () => Variant.empty,
  missing: () => Variant.missing,
  json: (text) => Variant.from(JSON.parse(text)),
};

export const argumentHelp: string = `arguments: ${Object.keys(typed).join(", ")} before a colon name the type (i4:5, bstr:12, date:2026-11-20, json:[1,2]);
without one, 5 is an i4, 2.5 an r8, true a bool, anything else a bstr`;

/** A command line word as a VARIANT. */
export function parseArgument(word: string): Variant {
  const colon = word.indexOf(":");
  const read = colon < 0 ? undefined : typed[word.slice(0, colon).toLowerCase()];
  if (read !== undefined) return read(word.slice(colon + 1));
  if (word === "true" || word === "false") return new Variant(VT.BOOL, word === "true");
  if (/^[+-]?\d+$/.test(word)) {
    const value = Number(word);
    return (value | 0) === value ? new Variant(VT.I4, value) : new Variant(VT.R8, value);
  }
  if (/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(word)) return new Variant(VT.R8, Number(word));
  return new Variant(VT.BSTR, word);
}

function integer(text: string, low: number, high: number): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isInteger(value) && value >= low && value <= high) return value;
  throw new ComError(HResult.E_INVALIDARG, `"${text}" is not a whole number from ${low} to ${high}`);
}

function float(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && !Number.isNaN(value)) return value;
  throw new ComError(HResult.E_INVALIDARG, `"${text}" is not a number`);
}

function big(text: string): bigint {
  if (/^[+-]?\d+$/.test(text)) return BigInt(text);
  throw new ComError(HResult.E_INVALIDARG, `"${text}" is not a whole number`);
}

function date(text: string): number {
  const value = new Date(text);
  if (!Number.isNaN(value.getTime())) return toOleDate(value);
  throw new ComError(HResult.E_INVALIDARG, `"${text}" is not a date`);
}
