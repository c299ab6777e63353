import { ComError, HResult } from "../../base/index.ts";
import { registryLimits } from "./limits.ts";

/** Versions of .reg files: 5 (Unicode), 4 (REGEDIT4, one byte per character), 3 (Windows 3.1: only defaults of HKEY_CLASSES_ROOT). */
export type RegVersion = 3 | 4 | 5;

const HEADER_5 = "Windows Registry Editor Version 5.00";
const HEADER_4 = "REGEDIT4";

/** The text of a .reg file and its version, whatever its encoding: UTF-16 with a byte order mark, UTF-8, or Windows-1252. */
export function decodeRegFile(bytes: Uint8Array): { readonly version: RegVersion; readonly text: string } {
  if (bytes.length > registryLimits.maxFileBytes) {
    throw new ComError(HResult.E_INVALIDARG, `the file has ${bytes.length} bytes, too many for a .reg file`);
  }
  const text = textOf(bytes);
  const first = /^[^\r\n]*/.exec(text)?.[0].trim() ?? "";
  const version = versionOf(first);
  if (version === undefined) {
    throw new ComError(HResult.E_INVALIDARG, `not a .reg file: it begins with "${first.slice(0, 60)}"`);
  }
  return { version, text };
}

function versionOf(header: string): RegVersion | undefined {
  if (header === HEADER_5) return 5;
  if (header === HEADER_4) return 4;
  return header === "REGEDIT" ? 3 : undefined;
}

function textOf(bytes: Uint8Array): string {
  const [a, b, c] = bytes;
  if (a === 0xff && b === 0xfe) return decodeUtf16(bytes.subarray(2));
  if (a === 0xfe && b === 0xff)
    return decodeUtf16(Buffer.from(bytes.subarray(2, bytes.length & ~1)).swap16());
  if (a === 0xef && b === 0xbb && c === 0xbf) return new TextDecoder("utf-8").decode(bytes);
  if (b === 0) return decodeUtf16(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return decodeAnsi(bytes);
  }
}

function decodeUtf16(bytes: Uint8Array): string {
  // Not TextDecoder: names and values may hold half a surrogate pair.
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf16le");
}

/** What Windows-1252 has from 80 to 9F where Latin-1 has control codes (a table of our own: not every Node's TextDecoder knows them). */
const HIGH = "€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ";

export function decodeAnsi(bytes: Uint8Array): string {
  const latin = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  return latin.replaceAll(/[\x80-\x9f]/g, (code) => HIGH[code.charCodeAt(0) - 0x80] ?? code);
}

let ansiCodes: Map<string, number> | undefined;

/** Windows-1252; what it does not have becomes a question mark. */
export function encodeAnsi(text: string): Uint8Array {
  ansiCodes ??= new Map(
    Array.from(decodeAnsi(Uint8Array.from({ length: 256 }, (_, code) => code)), (character, code) => [
      character,
      code,
    ]),
  );
  const codes = ansiCodes;
  return Uint8Array.from(Array.from(text, (character) => codes.get(character) ?? 0x3f));
}

/** The bytes of a .reg file: version 5 as regedit writes it (UTF-16LE with byte order mark), version 4 in Windows-1252. */
export function encodeRegFile(version: 4 | 5, body: string): Uint8Array {
  if (version === 4) return encodeAnsi(`${HEADER_4}\r\n\r\n${body}`);
  return new Uint8Array(Buffer.from(`\ufeff${HEADER_5}\r\n\r\n${body}`, "utf16le"));
}
