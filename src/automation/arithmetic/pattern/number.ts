import type { Token } from "./tokens.ts";

/** A number without a sign: 0.`digits` times ten to the power `point`; zero has no digits. */
export interface Digits {
  readonly digits: string;
  readonly point: number;
}

/** The digits of a decimal number as text: "12.50", "1.5e-7". */
export function digitsOf(text: string): Digits {
  const [, whole = "", fraction = "", exponent = "0"] = /^(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(text) ?? [];
  const all = whole + fraction;
  const digits = all.replace(/^0+/, "").replace(/0+$/, "");
  if (digits === "") return { digits: "", point: 0 };
  const leading = all.length - all.replace(/^0+/, "").length;
  return { digits, point: whole.length - leading + Number(exponent) };
}

/** With at most so many digits behind the point, halves away from zero. */
function rounded({ digits, point }: Digits, places: number): Digits {
  const kept = point + places;
  if (kept >= digits.length) return { digits, point };
  if (kept < 0) return { digits: "", point: 0 };
  const up = (digits[kept] ?? "0") >= "5";
  const text = (BigInt(digits.slice(0, kept) || "0") + (up ? 1n : 0n)).toString();
  if (text === "0") return { digits: "", point: 0 };
  const carried = text.length > kept;
  return { digits: text.replace(/0+$/, ""), point: carried ? point + 1 : point };
}

/** What the placeholders of a section ask for. */
interface Plan {
  /** Places before the point, and how many of them are always filled. */
  readonly whole: number;
  readonly leastWhole: number;
  readonly fraction: number;
  readonly leastFraction: number;
  readonly isPercent: boolean;
  readonly isGrouped: boolean;
  /** Thousands that are left out: commas before the point. */
  readonly scaled: number;
  readonly exponent: string | undefined;
}

function planOf(tokens: readonly Token[]): Plan {
  const texts = tokens.filter(({ isLiteral }) => !isLiteral).map(({ text }) => text);
  const point = texts.indexOf(".");
  const isDigit = (text: string): boolean => text === "0" || text === "#";
  const before = point < 0 ? texts : texts.slice(0, point);
  const whole = before.filter(isDigit);
  const fraction = point < 0 ? [] : texts.slice(point).filter(isDigit);
  const firstZero = whole.indexOf("0");
  const lastDigit = before.findLastIndex(isDigit);
  const commas = before.map((text, at) => (text === "," ? at : -1)).filter((at) => at >= 0);
  return {
    whole: whole.length,
    leastWhole: firstZero < 0 ? 0 : whole.length - firstZero,
    fraction: fraction.length,
    leastFraction: fraction.lastIndexOf("0") + 1,
    isPercent: texts.includes("%"),
    isGrouped: commas.some((at) => at < lastDigit && before.slice(0, at).some(isDigit)),
    scaled: lastDigit < 0 ? 0 : commas.filter((at) => at > lastDigit).length,
    exponent: texts.find((text) => /^e/i.test(text)),
  };
}

/** A number by the placeholders of a section. `isNegative`: a minus goes before it. */
export function formatDigits(tokens: readonly Token[], value: Digits, isNegative: boolean): string {
  const plan = planOf(tokens);
  const shift = (plan.isPercent ? 2 : 0) - 3 * plan.scaled;
  const shifted = value.digits === "" ? value : { ...value, point: value.point + shift };
  const { number, exponent } =
    plan.exponent === undefined ? plainOf(shifted, plan) : scientificOf(shifted, plan);
  const { digits, point } = number;
  const whole = digits
    .slice(0, Math.max(0, point))
    .padEnd(Math.max(0, point), "0")
    .padStart(plan.leastWhole, "0");
  const behind = (
    digits === "" ? "" : "0".repeat(Math.max(0, -point)) + digits.slice(Math.max(0, point))
  ).padEnd(plan.leastFraction, "0");
  return (isNegative ? "-" : "") + emit(tokens, plan, whole, behind, exponent);
}

function plainOf(value: Digits, plan: Plan): { readonly number: Digits; readonly exponent: number } {
  return { number: rounded(value, plan.fraction), exponent: 0 };
}

/** As many digits before the point as there are places. */
function scientificOf(value: Digits, plan: Plan): { readonly number: Digits; readonly exponent: number } {
  if (value.digits === "") return { number: value, exponent: 0 };
  const number = rounded({ digits: value.digits, point: plan.whole }, plan.fraction);
  const carried = number.point > plan.whole ? 1 : 0;
  return {
    number: { digits: number.digits, point: plan.whole },
    exponent: value.point - plan.whole + carried,
  };
}

function emit(
  tokens: readonly Token[],
  plan: Plan,
  whole: string,
  fraction: string,
  exponent: number,
): string {
  let text = "";
  let place = 0;
  let behind = -1;
  const grouped = (from: number, to: number): string => {
    let part = "";
    for (let at = Math.max(0, from); at < to; at++) {
      part += whole[at] ?? "";
      const rest = whole.length - at - 1;
      if (plan.isGrouped && rest > 0 && rest % 3 === 0) part += ",";
    }
    return part;
  };
  for (const token of tokens) {
    if (token.isLiteral || token.text === "%") text += token.text;
    else if (token.text === ".") {
      // What no place was made for stands before the point all the same.
      if (plan.whole === 0) text += whole;
      text += ".";
      behind = 0;
    } else if (/^e/i.test(token.text)) text += exponentText(token.text, exponent);
    else if (token.text !== "," && behind >= 0) text += fraction[behind++] ?? "";
    else if (token.text !== ",") {
      // The first place takes all the digits that are too many.
      const end = whole.length - (plan.whole - place - 1);
      text += grouped(place === 0 ? 0 : end - 1, end);
      place++;
    }
  }
  return text;
}

function exponentText(token: string, exponent: number): string {
  const sign = exponent < 0 ? "-" : token[1] === "+" ? "+" : "";
  const least = token.slice(2).replaceAll("#", "").length;
  return `${token[0]}${sign}${Math.abs(exponent).toString().padStart(least, "0")}`;
}
