import { ByteReader, ByteWriter, ComError } from "../../base/index.ts";
import { decodeText, encodeText } from "../propset/text.ts";
import { corrupt } from "../status.ts";

const ansi = 1252;
const unicode = 1200;

/** A clipboard format: a number of Windows', a registered name, or none. */
export type ClipboardFormat = number | string | undefined;

/** The length with the terminator, then the text. ([MS-OLEDS] 2.1.4) */
export function readAnsi(reader: ByteReader): string {
  return decodeText(reader.raw(reader.u32()), ansi);
}

export function writeAnsi(writer: ByteWriter, text: string): void {
  const bytes = encodeText(text, ansi);
  writer.u32(text === "" ? 0 : bytes.length + 1);
  if (text === "") return;
  writer.raw(bytes);
  writer.u8(0);
}

/** ([MS-OLEDS] 2.1.5) */
export function readUnicode(reader: ByteReader): string {
  return decodeText(reader.raw(reader.u32() * 2), unicode);
}

export function writeUnicode(writer: ByteWriter, text: string): void {
  writer.u32(text === "" ? 0 : text.length + 1);
  if (text === "") return;
  writer.reserve(text.length * 2);
  writer.utf16(text);
  writer.u16(0);
}

/** ([MS-OLEDS] 2.3.1, 2.3.2) */
export function readFormat(reader: ByteReader, wide: boolean): ClipboardFormat {
  const marker = reader.u32();
  if (marker === 0) return undefined;
  if (marker === 0xffffffff || marker === 0xfffffffe) return reader.u32();
  return decodeText(reader.raw(wide ? marker * 2 : marker), wide ? unicode : ansi);
}

export function writeFormat(writer: ByteWriter, format: ClipboardFormat, wide: boolean): void {
  if (typeof format === "string") {
    if (wide) writeUnicode(writer, format);
    else writeAnsi(writer, format);
  } else if (format === undefined) {
    writer.u32(0);
  } else {
    writer.u32(0xffffffff);
    writer.u32(format);
  }
}

/** Runs a reader; what runs over the end is a corrupt stream. */
export function within<T>(what: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw corrupt(`${what} is cut off: ${ComError.from(error).message}`);
  }
}
