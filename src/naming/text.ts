/*
 * Text as the monikers of Windows compare and persist it: upper case one code unit at a time, and 8-bit text in the code page 1252.
 */

/** Upper case without changes of length (towupper): what comparison data and hashes are made of. */
export function upper(text: string): string {
  const whole = text.toUpperCase();
  // Where nothing grew and no pair of surrogates was changed, it is the same.
  if (whole.length === text.length && !/[\ud800-\udfff]/.test(text)) return whole;
  let result = "";
  for (const unit of units(text)) {
    const big = unit.toUpperCase();
    result += big.length === 1 ? big : unit;
  }
  return result;
}

function* units(text: string): Iterable<string> {
  for (let at = 0; at < text.length; at++) yield text.charAt(at);
}

export function sameText(a: string, b: string): boolean {
  return a.length === b.length && (a === b || upper(a) === upper(b));
}

/** The characters 0x80 to 0x9F of code page 1252; the five that it leaves out stand for themselves. */
const upperHalf =
  "\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178";

/** Text as bytes of code page 1252; `lossy` when a character is not in it and became a question mark. */
export function encodeAnsi(text: string): { readonly bytes: Uint8Array; readonly lossy: boolean } {
  const bytes = new Uint8Array(text.length);
  let lossy = false;
  for (let at = 0; at < text.length; at++) {
    const byte = ansiByte(text, at);
    if (byte === undefined) lossy = true;
    bytes[at] = byte ?? 0x3f;
  }
  return { bytes, lossy };
}

function ansiByte(text: string, at: number): number | undefined {
  const code = text.charCodeAt(at);
  if (code < 0x80 || (code >= 0xa0 && code <= 0xff)) return code;
  const place = upperHalf.indexOf(text.charAt(at));
  return place < 0 ? undefined : 0x80 + place;
}

/** The text of bytes of code page 1252. */
export function decodeAnsi(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    text += byte >= 0x80 && byte < 0xa0 ? upperHalf.charAt(byte - 0x80) : String.fromCharCode(byte);
  }
  return text;
}

/** The bytes of a text and its terminator, UTF-16. */
export function utf16z(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(`${text}\0`, "utf16le"));
}
