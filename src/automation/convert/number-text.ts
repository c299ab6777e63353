import { ComError, HResult } from "../../base/index.ts";
import type { Exact } from "./exact.ts";
import type { Locale } from "./locale.ts";

/** A number read from text: decimal digits, or the bits of a hexadecimal or octal one. */
export type ParsedNumber =
  | { readonly kind: "decimal"; readonly number: Exact }
  | { readonly kind: "bits"; readonly bits: bigint; readonly negative: boolean };

/** Longest text that is looked at: a number of more characters is an attack. */
const maxText = 1024;

/**
 * Reads a number as Automation does (VarParseNumFromStr with NUMPRS_STD): blanks, a sign in front or behind, parentheses for negative, the currency
 * sign, thousands separators anywhere behind the first digit, an exponent with E or D, and Visual Basic's `&H1F` and `&O17`. Throws
 * DISP_E_TYPEMISMATCH.
 */
export function parseNumber(text: string, locale: Locale): ParsedNumber {
  if (text.length > maxText) throw notANumber(text);
  const scan = new NumberScanner(text, locale);
  scan.prefix();
  const parsed = scan.body();
  scan.suffix();
  return scan.signed(parsed);
}

export function notANumber(text: string): ComError {
  return new ComError(HResult.DISP_E_TYPEMISMATCH, `"${text.slice(0, 40)}" is not a number`);
}

class NumberScanner {
  readonly #text: string;
  readonly #locale: Locale;
  #at = 0;
  #plus = false;
  #minus = false;
  #trailingMinus = false;
  #paren: "none" | "open" | "closed" = "none";
  #currency = false;
  #bits = false;

  constructor(text: string, locale: Locale) {
    this.#text = text;
    this.#locale = locale;
  }

  /** Signs, currency and an opening parenthesis once each, blanks anywhere. */
  prefix(): void {
    for (;;) {
      const c = this.#text[this.#at] ?? "";
      if (isBlank(c)) this.#at++;
      else if (c === "+" && !this.#plus) this.#plus = this.#take();
      else if (c === "-" && !this.#minus) this.#minus = this.#take();
      else if (c === "(" && this.#paren === "none") {
        this.#paren = "open";
        this.#at++;
      } else if (!this.#currency && this.#sees(this.#locale.currency)) {
        this.#currency = true;
        this.#at += this.#locale.currency.length;
      } else return;
    }
  }

  body(): ParsedNumber {
    const radix = this.#currency ? null : this.#match(/&(?:[hH]([0-9a-fA-F]+)|[oO]([0-7]+))/y);
    if (radix !== null) {
      this.#bits = true;
      const [, hex, octal] = radix;
      const bits = BigInt(hex === undefined ? `0o${octal}` : `0x${hex}`);
      if (bits > 0xffff_ffff_ffff_ffffn)
        throw new ComError(HResult.DISP_E_OVERFLOW, `"${this.#text.slice(0, 40)}" has more than 64 bits`);
      return { kind: "bits", bits, negative: false };
    }
    return { kind: "decimal", number: this.#decimal() };
  }

  #decimal(): Exact {
    const { decimal, thousands } = this.#locale;
    let digits = "";
    let fraction = 0;
    let seenPoint = false;
    for (; this.#at < this.#text.length; this.#at++) {
      const c = this.#text[this.#at] ?? "";
      if (c >= "0" && c <= "9") {
        digits += c;
        if (seenPoint) fraction++;
      } else if (c === decimal && !seenPoint) seenPoint = true;
      else if (!(c === thousands && digits !== "")) break;
    }
    if (digits === "") throw notANumber(this.#text);
    return { value: BigInt(digits), scale: fraction - this.#exponent() };
  }

  #exponent(): number {
    if (this.#currency || !/[eEdD]/.test(this.#text[this.#at] ?? "")) return 0;
    const match = this.#match(/[eEdD]([+-]?\d+)/y);
    if (match === null) throw notANumber(this.#text);
    // Far more than any type holds; the size of the number's digits is limited above.
    return Math.max(-100_000, Math.min(100_000, Number(match[1])));
  }

  /** Blanks, a sign where none stood in front, the closing parenthesis, currency signs. Everything must be used up. */
  suffix(): void {
    for (;;) {
      const c = this.#text[this.#at] ?? "";
      if (isBlank(c) || (c === "+" && !this.#plus) || (c === this.#locale.thousands && !this.#bits))
        this.#at++;
      else if (c === "-" && !this.#minus) this.#trailingMinus = this.#take();
      else if (c === ")" && this.#paren === "open") {
        this.#paren = "closed";
        this.#at++;
      } else if (!this.#bits && this.#sees(this.#locale.currency)) this.#at += this.#locale.currency.length;
      else break;
    }
    if (this.#at < this.#text.length || this.#paren === "open") throw notANumber(this.#text);
  }

  signed(parsed: ParsedNumber): ParsedNumber {
    if (!this.#minus && !this.#trailingMinus && this.#paren === "none") return parsed;
    if (parsed.kind === "bits") return { ...parsed, negative: true };
    const { value, scale } = parsed.number;
    return { kind: "decimal", number: { value: -value, scale } };
  }

  #take(): true {
    this.#at++;
    return true;
  }

  #sees(word: string): boolean {
    return this.#text.startsWith(word, this.#at);
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match !== null) this.#at += match[0].length;
    return match;
  }
}

function isBlank(c: string): boolean {
  return c !== "" && /\s/.test(c);
}
