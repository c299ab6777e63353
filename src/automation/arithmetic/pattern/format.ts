import { ComError, HResult } from "../../../base/index.ts";
import { VariantFlag, changeType, dereference } from "../../convert.ts";
import { Variant } from "../../variant.ts";
import { VT } from "../../vt.ts";
import { formatCurrency, formatDateTime } from "../format.ts";
import { exact } from "../operand.ts";
import { type CalendarRules, formatDate } from "./date.ts";
import { digitsOf, formatDigits } from "./number.ts";
import { formatText } from "./text.ts";
import { type Section, sectionsOf } from "./tokens.ts";

export type { CalendarRules };

/** A pattern that was read, for many values. */
export interface FormatTokens {
  /** A form with a name, in lower case. */
  readonly name: string | undefined;
  readonly sections: readonly Section[];
  readonly rules: CalendarRules;
}

/** Forms that are other patterns. */
const patterns: Readonly<Record<string, string>> = {
  fixed: "0.00",
  standard: "#,##0.00",
  percent: "0.00%",
  scientific: "0.00E+00",
  "medium date": "dd\\-mmm\\-yy",
  "medium time": "hh\\:nn AM/PM",
};

const dateForms = {
  "general date": "general",
  "long date": "longDate",
  "short date": "shortDate",
  "long time": "longTime",
  "short time": "shortTime",
} as const;

const truths: Readonly<Record<string, readonly [yes: string, no: string]>> = {
  "true/false": ["True", "False"],
  "yes/no": ["Yes", "No"],
  "on/off": ["On", "Off"],
};

const isDateForm = (name: string): name is keyof typeof dateForms => Object.hasOwn(dateForms, name);
const isNamed = (name: string): boolean =>
  isDateForm(name) || Object.hasOwn(truths, name) || name === "currency" || name === "general number";

/**
 * Reads a pattern (VarTokenizeFormatString): one of Visual Basic's names ("Short Date", "Percent", "Yes/No") or placeholders ("#,##0.00;(0.00)",
 * "dd mmm yyyy", ">@@@"). Throws E_INVALIDARG, DISP_E_TYPEMISMATCH.
 */
export function tokenizeFormat(pattern: string, rules: CalendarRules = {}): FormatTokens {
  for (const number of [rules.firstDay ?? 0, rules.firstWeek ?? 0])
    if (!Number.isInteger(number) || number < 0 || number > 7)
      throw new ComError(HResult.E_INVALIDARG, `${number} is no day of the week, nor a rule for weeks`);
  const name = pattern.toLowerCase();
  if (isNamed(name)) return { name, sections: [], rules };
  const stands = Object.hasOwn(patterns, name) ? (patterns[name] ?? pattern) : pattern;
  return { name: undefined, sections: stands === "" ? [] : sectionsOf(stands), rules };
}

/**
 * A value as a pattern writes it, in US English (VarFormat); null for NULL. Text that a pattern for numbers or dates cannot use stays as it is.
 *
 * ```ts
 * formatValue(Variant.from(1234.5), "#,##0.00"); // "1,234.50"
 * ```
 */
export function formatValue(value: Variant, pattern = "", rules: CalendarRules = {}): string | null {
  return formatFromTokens(value, tokenizeFormat(pattern, rules));
}

/** The same with a pattern that was read before (VarFormatFromTokens). */
export function formatFromTokens(value: Variant, tokens: FormatTokens): string | null {
  const source = dereference(value);
  const { sections, name, rules } = tokens;
  if (source.vt === VT.NULL) {
    const forNull = sections[3];
    return forNull === undefined ? null : literals(forNull);
  }
  if (name !== undefined) return namedText(source, name);
  const [first] = sections;
  if (first === undefined) return plainText(source);
  const kind = sections.find((section) => section.kind !== "none")?.kind ?? "number";
  if (kind === "text") return textOf(source, sections);
  if (kind === "date") {
    const date = converted(source, VT.DATE) ?? dateOfNumber(source);
    if (date === undefined) return plainText(source);
    return formatDate(first.tokens, date.value as number, rules, (form) => formatDateTime(date, form));
  }
  return numberText(source, sections);
}

function plainText(source: Variant): string {
  return textIn(changeType(source, VT.BSTR, { flags: VariantFlag.ALPHABOOL }));
}

function textIn({ value }: Variant): string {
  return typeof value === "string" ? value : "";
}

/** Undefined where text is not of the type: it stays text. */
function converted(source: Variant, vt: number): Variant | undefined {
  try {
    return changeType(source, vt);
  } catch (error) {
    if (source.vt === VT.BSTR) return undefined;
    throw error;
  }
}

/** Text that is a number is the date of that number. */
function dateOfNumber(source: Variant): Variant | undefined {
  const number = converted(source, VT.R8);
  return number === undefined ? undefined : converted(number, VT.DATE);
}

function namedText(source: Variant, name: string): string {
  if (name === "general number") return plainText(source);
  const isDate = isDateForm(name);
  const usable = converted(source, isDate ? VT.DATE : name === "currency" ? VT.CY : VT.R8);
  if (usable === undefined) return plainText(source);
  if (isDate) return formatDateTime(usable, dateForms[name]);
  if (name === "currency") return formatCurrency(usable);
  const [yes, no] = truths[name] ?? ["", ""];
  return usable.value === 0 ? no : yes;
}

function textOf(source: Variant, sections: readonly Section[]): string {
  const text = plainText(source);
  const section = (text === "" ? sections[1] : undefined) ?? sections[0];
  return formatText(section?.tokens ?? [], text);
}

/** By sign: the second section is for negative numbers, which then have no sign of their own, the third for zero. */
function numberText(source: Variant, sections: readonly Section[]): string {
  const usable = converted(source, source.vt === VT.DECIMAL || source.vt === VT.CY ? source.vt : VT.R8);
  if (usable === undefined) return plainText(source);
  const { negative, text } = decimalText(source.vt === VT.BSTR ? usable : source);
  const digits = digitsOf(text);
  const filled = (at: number): Section | undefined =>
    sections[at]?.tokens.length ? sections[at] : undefined;
  const chosen = digits.digits === "" ? filled(2) : negative ? filled(1) : undefined;
  const section = chosen ?? sections[0];
  if (section === undefined) return plainText(source);
  return formatDigits(section.tokens, digits, negative && chosen === undefined && section.kind !== "none");
}

/** The digits of a number, 15 of a double and 7 of a single. */
function decimalText(source: Variant): { readonly negative: boolean; readonly text: string } {
  const { vt, value } = source;
  if (vt === VT.R4 || vt === VT.R8 || vt === VT.DATE) {
    const number = value as number;
    return { negative: number < 0, text: Math.abs(number).toExponential(vt === VT.R4 ? 6 : 14) };
  }
  const { value: digits, scale } = exact(source);
  const size = digits < 0n ? -digits : digits;
  return { negative: digits < 0n, text: `${size}e${-scale}` };
}

function literals({ tokens }: Section): string {
  return tokens.map(({ text, isLiteral }) => (isLiteral ? text : "")).join("");
}
