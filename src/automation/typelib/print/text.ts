import type { Decimal, Variant } from "../../variant.ts";
import { TypeCode } from "../type-code.ts";

/** A string literal of IDL. */
export function quote(text: string): string {
  const escaped = text.replaceAll(/["\\\n\r\t]/g, (character) => {
    switch (character) {
      case "\n":
        return "\\n";
      case "\r":
        return "\\r";
      case "\t":
        return "\\t";
      default:
        return `\\${character}`;
    }
  });
  return `"${escaped}"`;
}

/** 0x8 for identifiers and help contexts. */
export function hex(value: number): string {
  return `0x${(value >>> 0).toString(16)}`;
}

/** A constant as IDL writes it. */
export function literal({ vt, value }: Variant): string {
  switch (vt) {
    case TypeCode.BSTR:
      return typeof value === "string" ? quote(value) : '""';
    case TypeCode.BOOL:
      return value === true ? "-1" : "0";
    case TypeCode.EMPTY:
    case TypeCode.NULL:
    case TypeCode.UNKNOWN:
    case TypeCode.DISPATCH:
      return "0";
    case TypeCode.R4:
    case TypeCode.R8:
    case TypeCode.DATE:
      return real(value as number);
    case TypeCode.CY:
      return real(Number(value) / 10_000);
    case TypeCode.DECIMAL: {
      const { negative, scale, value: digits } = value as Decimal;
      return real((negative ? -1 : 1) * (Number(digits) / 10 ** scale));
    }
    default:
      return (value as number | bigint).toString();
  }
}

function real(value: number): string {
  const text = String(value);
  return /[.eE]/.test(text) ? text : `${text}.0`;
}

/** Lines with a number of tab stops before them. */
export class Lines {
  readonly #lines: string[] = [];
  #depth = 0;

  add(text: string): void {
    this.#lines.push(text === "" ? "" : "    ".repeat(this.#depth) + text);
  }

  indented(run: () => void): void {
    this.#depth++;
    run();
    this.#depth--;
  }

  /** An attribute list on lines of its own; nothing for an empty one. */
  attributes(list: readonly string[]): void {
    if (list.length > 0) this.add(`[${list.join(", ")}]`);
  }

  toString(): string {
    return `${this.#lines.join("\n")}\n`;
  }
}
