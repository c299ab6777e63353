import { type CodePage, codePageByLabel } from "../../automation/index.ts";
import { ComError } from "../../base/index.ts";
import { codePageUnicode } from "./types.ts";

/** Encodings by the number of the code page. ([MS-UCODEREF] 2.2.1) */
const labels: Readonly<Record<number, string>> = {
  866: "ibm866",
  874: "windows-874",
  932: "shift_jis",
  936: "gbk",
  949: "euc-kr",
  950: "big5",
  10000: "macintosh",
  10007: "x-mac-cyrillic",
  20866: "koi8-r",
  20932: "euc-jp",
  21866: "koi8-u",
  28592: "iso-8859-2",
  28593: "iso-8859-3",
  28594: "iso-8859-4",
  28595: "iso-8859-5",
  28596: "iso-8859-6",
  28597: "iso-8859-7",
  28598: "iso-8859-8",
  28603: "iso-8859-13",
  28605: "iso-8859-15",
  51932: "euc-jp",
  51949: "euc-kr",
  54936: "gb18030",
};

const utf8 = 65001;

function pageOf(codePage: number): CodePage {
  const windows = codePage >= 1250 && codePage <= 1258 ? `windows-${codePage}` : undefined;
  return codePageByLabel(windows ?? labels[codePage] ?? "windows-1252");
}

/** Bytes of a code page as text; what follows a terminator is left out. */
export function decodeText(bytes: Uint8Array, codePage: number): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (codePage === codePageUnicode) return cut(buffer.toString("utf16le"));
  const end = buffer.indexOf(0);
  const used = end < 0 ? buffer : buffer.subarray(0, end);
  return codePage === utf8 ? used.toString("utf8") : pageOf(codePage).decode(used);
}

function cut(text: string): string {
  const end = text.indexOf("\0");
  return end < 0 ? text : text.slice(0, end);
}

/** Text as bytes of a code page, without a terminator; characters it lacks become question marks, as Windows does it. */
export function encodeText(text: string, codePage: number): Uint8Array {
  if (codePage === codePageUnicode) return Buffer.from(text, "utf16le");
  if (codePage === utf8) return Buffer.from(text, "utf8");
  const page = pageOf(codePage);
  try {
    return page.encode(text);
  } catch (error) {
    if (!(error instanceof ComError)) throw error;
    return Buffer.concat(Array.from(text, (character) => encodeOne(page, character)));
  }
}

function encodeOne(page: CodePage, character: string): Uint8Array {
  try {
    return page.encode(character);
  } catch {
    return Uint8Array.of(0x3f);
  }
}
