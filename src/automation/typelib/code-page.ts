import { TextDecoder } from "node:util";
import { ComError, HResult } from "../../base/index.ts";

/*
 * Names and texts of a type library are 8-bit, in the code page of the library's language.
 */

/** The label of the encoding by primary language; western European where none stands. ([MS-LCID] 2.2, [MS-UCODEREF] 2.2.1) */
const encodings: Readonly<Record<number, string>> = {
  0x01: "windows-1256", // Arabic
  0x02: "windows-1251", // Bulgarian
  0x04: "gbk", // Chinese; traditional by sublanguage
  0x05: "windows-1250", // Czech
  0x08: "windows-1253", // Greek
  0x0d: "windows-1255", // Hebrew
  0x0e: "windows-1250", // Hungarian
  0x11: "shift_jis", // Japanese
  0x12: "euc-kr", // Korean
  0x15: "windows-1250", // Polish
  0x18: "windows-1250", // Romanian
  0x19: "windows-1251", // Russian
  0x1a: "windows-1250", // Croatian
  0x1b: "windows-1250", // Slovak
  0x1c: "windows-1250", // Albanian
  0x1e: "windows-874", // Thai
  0x1f: "windows-1254", // Turkish
  0x20: "windows-1256", // Urdu
  0x22: "windows-1251", // Ukrainian
  0x23: "windows-1251", // Belarusian
  0x24: "windows-1250", // Slovenian
  0x25: "windows-1257", // Estonian
  0x26: "windows-1257", // Latvian
  0x27: "windows-1257", // Lithuanian
  0x29: "windows-1256", // Farsi
  0x2a: "windows-1258", // Vietnamese
  0x2f: "windows-1251", // Macedonian
};

/** zh-TW, zh-HK and zh-MO write traditional characters. */
const traditional = new Set([0x0404, 0x0c04, 0x1404]);

/** Turns 8-bit text into strings and back. */
export interface CodePage {
  decode(bytes: Uint8Array): string;
  /** Throws E_INVALIDARG for a character the code page lacks. */
  encode(text: string): Uint8Array;
}

const pages = new Map<string, CodePage>();

export function codePageOf(lcid: number): CodePage {
  const language = lcid & 0xffff;
  return codePageByLabel(
    traditional.has(language) ? "big5" : (encodings[language & 0x3ff] ?? "windows-1252"),
  );
}

/** The code page of an encoding as TextDecoder calls it ("windows-1252"). */
export function codePageByLabel(label: string): CodePage {
  let page = pages.get(label);
  if (page === undefined) pages.set(label, (page = makePage(label)));
  return page;
}

/**
 * 0x80 to 0x9f of windows-1252; the five that are not assigned stand for themselves. Written out because Node's decoder of that name takes these bytes
 * for control characters in several versions.
 */
const westernPunctuation =
  "\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f" +
  "\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178";

type Decode = (bytes: Uint8Array) => string;

function decodeWestern(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString("latin1")
    .replaceAll(/[\u0080-\u009f]/g, (c) => westernPunctuation[c.charCodeAt(0) - 0x80] ?? c);
}

function decoderOf(label: string): Decode {
  if (label === "windows-1252") return decodeWestern;
  const decoder = new TextDecoder(label);
  return (bytes) => decoder.decode(bytes);
}

function makePage(label: string): CodePage {
  const decode = decoderOf(label);
  let table: Map<string, number> | undefined;
  return {
    decode: (bytes) => (isAscii(bytes) ? Buffer.from(bytes).toString("latin1") : decode(bytes)),
    encode(text) {
      const bytes: number[] = [];
      for (const character of text) {
        const code = character.charCodeAt(0);
        if (code < 0x80) {
          bytes.push(code);
          continue;
        }
        table ??= tableOf(decode);
        const value = table.get(character);
        if (value === undefined) {
          throw new ComError(HResult.E_INVALIDARG, `"${character}" is not in the code page ${label}`);
        }
        if (value > 0xff) bytes.push(value >> 8);
        bytes.push(value & 0xff);
      }
      return Uint8Array.from(bytes);
    },
  };
}

/** Every character the code page has, and its one or two bytes. */
function tableOf(decode: Decode): Map<string, number> {
  const table = new Map<string, number>();
  const add = (value: number, bytes: readonly number[]): void => {
    const text = decode(Uint8Array.from(bytes));
    if (text.length === 1 && text !== "\ufffd" && !table.has(text)) table.set(text, value);
  };
  for (let low = 0x80; low < 0x100; low++) add(low, [low]);
  if (table.size > 100) return table;
  for (let high = 0x81; high < 0xff; high++) {
    for (let low = 0x40; low < 0xff; low++) add((high << 8) | low, [high, low]);
  }
  return table;
}

function isAscii(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte >= 0x80) return false;
  return true;
}
