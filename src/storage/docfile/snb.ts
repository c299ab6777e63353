import { corrupt } from "../status.ts";
import type { RemSNB } from "../../com/gen/objidl.ts";
import { nameKey } from "../cfb/names.ts";

/** A list of names as IStorage's methods take it (SNB). */
export function makeSnb(names: readonly string[]): RemSNB {
  const text = names.map((name) => `${name}\0`).join("");
  return {
    ulCntStr: names.length,
    ulCntChar: text.length,
    rgString: Uint16Array.from(text, (unit) => unit.charCodeAt(0)),
  };
}

/** The keys of the names of an SNB. */
export function keysOfSnb(snb: RemSNB | null): ReadonlySet<string> {
  if (snb === null) return new Set();
  const names = String.fromCharCode(...snb.rgString.subarray(0, snb.ulCntChar)).split("\0");
  if (names.pop() !== "" || names.length !== snb.ulCntStr)
    throw corrupt("the list of names to exclude is not well formed");
  return new Set(names.map(nameKey));
}
