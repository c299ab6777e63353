import { tryParseGuid } from "../../base/index.ts";

/** The canonical form of a GUID as IDL writes it: bare, in braces, in quotes, or in the form of a C initialiser. */
export function guidText(text: string): string | undefined {
  const plain = tryParseGuid(text.trim());
  if (plain !== undefined) return plain;
  const numbers = text.match(/0x[0-9a-fA-F]+/g);
  if (numbers === null || numbers.length !== 11) return undefined;
  const digits = numbers.map((number, i) => number.slice(2).padStart(i === 0 ? 8 : i < 3 ? 4 : 2, "0"));
  const [a, b, c, ...rest] = digits;
  return tryParseGuid(`${a}-${b}-${c}-${rest.slice(0, 2).join("")}-${rest.slice(2).join("")}`);
}
