import { ByteReader, ByteWriter } from "../../base/index.ts";
import { decodeText, encodeText } from "../propset/text.ts";
import { corrupt } from "../status.ts";
import { within } from "./texts.ts";

export const ole10NativeName = "\u0001Ole10Native";

/** The data of an OLE 1 object in "\1Ole10Native": behind its size. ([MS-OLEDS] 2.3.6) */
export function readOle10Native(bytes: Uint8Array): Uint8Array {
  return within("\\1Ole10Native", () => {
    const reader = new ByteReader(bytes);
    return reader.raw(reader.u32()).slice();
  });
}

export function writeOle10Native(data: Uint8Array): Uint8Array {
  const writer = new ByteWriter(data.length + 4);
  writer.u32(data.length);
  writer.raw(data);
  return writer.finish();
}

/** A file in a document, as the packager puts it into native data. Not in the specification; known from what it writes. */
export interface PackagedFile {
  /** What stands below the icon. */
  readonly label: string;
  /** Where the file came from, and where it was when it was packed. */
  readonly path: string;
  readonly temporaryPath: string;
  readonly data: Uint8Array;
}

const packagerMark = 2;
const embeddedFile = 0x00030000;

/** The file in native data; undefined when it is not a packaged file: others begin with the same two bytes. */
export function readPackagedFile(native: Uint8Array): PackagedFile | undefined {
  const reader = new ByteReader(native);
  if (native.length < 2 || reader.u16() !== packagerMark) return undefined;
  try {
    const label = readZ(reader);
    const path = readZ(reader);
    if (reader.u32() !== embeddedFile) return undefined;
    const temporaryPath = decodeText(reader.raw(reader.u32()), 1252);
    return { label, path, temporaryPath, data: reader.raw(reader.u32()).slice() };
  } catch {
    return undefined;
  }
}

function readZ(reader: ByteReader): string {
  const end = reader.bytes.indexOf(0, reader.pos);
  if (end < 0 || end >= reader.end) throw corrupt("a text does not end");
  const text = decodeText(reader.bytes.subarray(reader.pos, end), 1252);
  reader.pos = end + 1;
  return text;
}

export function writePackagedFile(file: PackagedFile): Uint8Array {
  const writer = new ByteWriter(file.data.length + 256);
  writer.u16(packagerMark);
  for (const text of [file.label, file.path]) {
    writer.raw(encodeText(text, 1252));
    writer.u8(0);
  }
  writer.u32(embeddedFile);
  const path = encodeText(file.temporaryPath, 1252);
  writer.u32(path.length + 1);
  writer.raw(path);
  writer.u8(0);
  writer.u32(file.data.length);
  writer.raw(file.data);
  for (const text of [file.temporaryPath, file.label, file.path]) {
    writer.u32(text.length);
    writer.reserve(text.length * 2);
    writer.utf16(text);
  }
  return writer.finish();
}
