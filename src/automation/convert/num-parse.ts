import { ComError, HResult } from "../../base/index.ts";
import { Variant } from "../variant.ts";
import { VT } from "../vt.ts";
import { LCID_EN_US, localeOf } from "./locale.ts";
import { notANumber } from "./number-text.ts";

/** What VarParseNumFromStr takes in a number, and says that it found (NUMPRS_*). */
export const NumberParse = {
  leadingWhite: 0x1,
  trailingWhite: 0x2,
  leadingPlus: 0x4,
  trailingPlus: 0x8,
  leadingMinus: 0x10,
  trailingMinus: 0x20,
  hexOctal: 0x40,
  parentheses: 0x80,
  decimal: 0x100,
  thousands: 0x200,
  currency: 0x400,
  exponent: 0x800,
  /** All of the text must be the number. */
  useAll: 0x1000,
  standard: 0x1fff,
  /** Found: it is negative. */
  negative: 0x10000,
  /** Found: there were more digits than were wanted. */
  inexact: 0x20000,
} as const;

/** A number in text, in digits (NUMPARSE). */
export interface ParsedDigits {
  /** Each 0 to 9, or 0 to 15 of a hexadecimal number; leading and trailing zeros are left out. */
  readonly digits: Uint8Array;
  /** {@link NumberParse}: what was allowed. */
  readonly allowed: number;
  readonly found: number;
  /** Characters of the text that belong to the number. */
  readonly used: number;
  /** Bits of a digit: 4 of a hexadecimal, 3 of an octal number, else 0. */
  readonly baseShift: number;
  /** The digits are to be multiplied by ten to this power. */
  readonly power: number;
}

/** Longer text is an attack. */
const maxText = 1024;
const defaultDigits = 128;
const maxPower = 1_000_000_000;

/**
 * Reads the number that text begins with, in US English (VarParseNumFromStr). `maxDigits`: further ones are only counted. Throws
 * DISP_E_TYPEMISMATCH where there is none.
 */
export function parseDigits(
  text: string,
  allowed: number = NumberParse.standard,
  maxDigits: number = defaultDigits,
): ParsedDigits {
  if (text.length > maxText) throw notANumber(text);
  return new DigitReader(text, allowed, maxDigits).read();
}

class DigitReader {
  readonly #text: string;
  readonly #allowed: number;
  readonly #most: number;
  readonly #locale = localeOf(LCID_EN_US);
  #at = 0;
  #found = 0;
  #digits: number[] = [];
  /** Digits before the point that were too many, less those behind it. */
  #power = 0;
  #any = false;

  constructor(text: string, allowed: number, most: number) {
    this.#text = text;
    this.#allowed = allowed;
    this.#most = most;
  }

  read(): ParsedDigits {
    this.#prefix();
    const baseShift = this.#radix();
    if (baseShift === 0) this.#decimals();
    if (!this.#any) throw notANumber(this.#text);
    if (baseShift === 0) this.#trim();
    if (this.#digits.length === 0) this.#digits.push(0);
    this.#suffix(baseShift !== 0);
    const open = (this.#found & NumberParse.parentheses) !== 0 && !this.#closed;
    const left = (this.#allowed & NumberParse.useAll) !== 0 && this.#at < this.#text.length;
    if (open || left) throw notANumber(this.#text);
    return {
      digits: Uint8Array.from(this.#digits),
      allowed: this.#allowed,
      found: this.#found,
      used: this.#at,
      baseShift,
      power: this.#power,
    };
  }

  #closed = false;

  /** Takes what is there and allowed; `once`: not a second time. */
  #take(what: number, matches: boolean, length = 1, once = true): boolean {
    if (!matches || (this.#allowed & what) === 0 || (once && (this.#found & what) !== 0)) return false;
    this.#found |= what;
    this.#at += length;
    return true;
  }

  get #next(): string {
    return this.#text[this.#at] ?? "";
  }

  get #isBlank(): boolean {
    return this.#next !== "" && /\s/.test(this.#next);
  }

  #seesCurrency(): boolean {
    return this.#text.startsWith(this.#locale.currency, this.#at);
  }

  #prefix(): void {
    const { leadingWhite, leadingPlus, leadingMinus, parentheses, currency, negative } = NumberParse;
    for (;;) {
      if (this.#take(leadingWhite, this.#isBlank, 1, false)) continue;
      if (this.#take(leadingPlus, this.#next === "+")) continue;
      if (this.#take(leadingMinus, this.#next === "-") || this.#take(parentheses, this.#next === "(")) {
        this.#found |= negative;
        continue;
      }
      if (!this.#take(currency, this.#seesCurrency(), this.#locale.currency.length)) return;
    }
  }

  /** `&h1F`, `&o17`: the bits of a digit; 0 for a decimal number. */
  #radix(): number {
    if ((this.#allowed & NumberParse.hexOctal) === 0 || (this.#found & NumberParse.currency) !== 0) return 0;
    const [all = "", hex, octal] = /^&(?:h([0-9a-f]+)|o([0-7]+))/i.exec(this.#text.slice(this.#at)) ?? [];
    if (all === "") return 0;
    const significant = (hex ?? octal ?? "").replace(/^0+/, "");
    this.#digits = Array.from(significant.slice(0, this.#most), (digit) => Number.parseInt(digit, 16));
    if (significant.length > this.#most) this.#found |= NumberParse.inexact;
    this.#found |= NumberParse.hexOctal;
    this.#any = true;
    this.#at += all.length;
    return hex === undefined ? 3 : 4;
  }

  #decimals(): void {
    const { decimal, thousands } = NumberParse;
    for (;;) {
      const c = this.#next;
      if (c >= "0" && c <= "9") this.#digit(Number(c));
      else if (
        this.#any &&
        (this.#found & decimal) === 0 &&
        this.#take(thousands, c === this.#locale.thousands, 1, false)
      )
        continue;
      else if (!this.#take(decimal, c === this.#locale.decimal)) break;
    }
    if (this.#any) this.#exponent();
  }

  #digit(digit: number): void {
    const behind = (this.#found & NumberParse.decimal) !== 0;
    this.#any = true;
    this.#at++;
    if (digit === 0 && this.#digits.length === 0) this.#power -= behind ? 1 : 0;
    else if (this.#digits.length < this.#most) {
      this.#digits.push(digit);
      this.#power -= behind ? 1 : 0;
    } else {
      if (digit !== 0) this.#found |= NumberParse.inexact;
      this.#power += behind ? 0 : 1;
    }
  }

  #exponent(): void {
    const [all = "", power] = /^[ed]([+-]?\d+)/i.exec(this.#text.slice(this.#at)) ?? [];
    const money = (this.#found & NumberParse.currency) !== 0;
    if (all === "" || money || !this.#take(NumberParse.exponent, true, all.length)) return;
    this.#power += Math.max(-maxPower, Math.min(maxPower, Number(power)));
  }

  /** Zeros behind are counted, not kept. */
  #trim(): void {
    while (this.#digits.at(-1) === 0) {
      this.#digits.pop();
      this.#power++;
    }
  }

  #suffix(isBits: boolean): void {
    const { trailingWhite, trailingPlus, trailingMinus, parentheses, currency, negative } = NumberParse;
    const signed = NumberParse.leadingPlus | NumberParse.leadingMinus | trailingPlus | trailingMinus;
    for (;;) {
      const unsigned = (this.#found & signed) === 0;
      if (this.#take(trailingWhite, this.#isBlank, 1, false)) continue;
      if (unsigned && this.#take(trailingPlus, this.#next === "+")) continue;
      if (unsigned && this.#take(trailingMinus, this.#next === "-")) {
        this.#found |= negative;
        continue;
      }
      const isOpen = (this.#found & parentheses) !== 0 && !this.#closed;
      if (isOpen && this.#take(parentheses, this.#next === ")", 1, false)) {
        this.#closed = true;
        continue;
      }
      const { length } = this.#locale.currency;
      if (isBits || !this.#take(currency, this.#seesCurrency(), length, false)) return;
    }
  }
}

/** Integers by size, the signed one first, as VarNumFromParseNum prefers them. */
const integers: readonly (readonly [vt: number, bits: number, isSigned: boolean])[] = [
  [VT.I1, 8, true],
  [VT.UI1, 8, false],
  [VT.I2, 16, true],
  [VT.UI2, 16, false],
  [VT.I4, 32, true],
  [VT.UI4, 32, false],
  [VT.I8, 64, true],
  [VT.UI8, 64, false],
];

const others = [VT.R4, VT.R8, VT.CY, VT.DECIMAL] as const;

/**
 * The number of digits, in the first of the wanted types that it fits in: the smallest integer, else a single, a double, money, a DECIMAL
 * (VarNumFromParseNum). `wanted`: a bit for each VARTYPE (VTBIT_*). The bits of a hexadecimal number fill a type, its sign too. `convert` makes the
 * other types of text. Throws DISP_E_OVERFLOW.
 */
export function numberOfDigits(
  parsed: ParsedDigits,
  wanted: number,
  convert: (text: string, vt: number) => Variant,
): Variant {
  const { digits, baseShift, power, found } = parsed;
  const isNegative = (found & NumberParse.negative) !== 0;
  const whole = baseShift === 0 ? roundedWhole(digits, power) : bitsOf(digits, baseShift);
  // A fraction is lost in an integer: it goes to another type where one is wanted.
  const isWhole = baseShift !== 0 || power >= 0;
  const rest = others.filter((vt) => (wanted & (1 << vt)) !== 0);
  if (whole !== undefined && (isWhole || rest.length === 0)) {
    for (const [vt, bits, isSigned] of integers) {
      if ((wanted & (1 << vt)) === 0) continue;
      const made = fit(isNegative ? -whole : whole, bits, isSigned, baseShift !== 0);
      if (made !== undefined) return new Variant(vt, bits === 64 ? made : Number(made));
    }
  }
  const mantissa = baseShift === 0 ? digits.join("") : String(whole ?? 0n);
  const text = `${isNegative ? "-" : ""}${mantissa}E${baseShift === 0 ? power : 0}`;
  for (const [at, vt] of rest.entries()) {
    try {
      return convert(text, vt);
    } catch (error) {
      if (at === rest.length - 1) throw error;
    }
  }
  throw new ComError(HResult.DISP_E_OVERFLOW, "the number fits in none of the types that are wanted");
}

function bitsOf(digits: Uint8Array, baseShift: number): bigint | undefined {
  let value = 0n;
  for (const digit of digits) value = (value << BigInt(baseShift)) | BigInt(digit);
  return value > 0xffff_ffff_ffff_ffffn ? undefined : value;
}

/** Halves go to the even number; undefined beyond 64 bits. */
function roundedWhole(digits: Uint8Array, power: number): bigint | undefined {
  if (digits.length + power > 20) return undefined;
  const value = BigInt(digits.join(""));
  if (power >= 0) return value * 10n ** BigInt(power);
  if (-power > digits.length) return 0n;
  const unit = 10n ** BigInt(-power);
  const [quotient, remainder] = [value / unit, (value % unit) * 2n];
  const up = remainder > unit || (remainder === unit && (quotient & 1n) === 1n);
  return quotient + (up ? 1n : 0n);
}

function fit(value: bigint, bits: number, isSigned: boolean, isBits: boolean): bigint | undefined {
  if (isBits && BigInt.asUintN(bits, value) === value) return isSigned ? BigInt.asIntN(bits, value) : value;
  const wrapped = isSigned ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
  return wrapped === value ? value : undefined;
}
