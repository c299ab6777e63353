import { ComError } from "../../base/index.ts";
import type { FORMATETC, IDataObject } from "../gen/dataobj.ts";
import type { IStream } from "../gen/objidl.ts";
import type { CallOptions } from "../../ndr/index.ts";
import { type ClipboardFormat, ClipFormat, DataStatus, isSameFormat } from "./formats.ts";
import { formatEtc } from "./format-etc.ts";
import { type StgMedium, Tymed, releaseMedium } from "./medium.ts";

/** The most bytes read from a stream that a medium leads to. Stops a stream without an end. */
const defaultMaxBytes = 64 * 1024 * 1024;
const piece = 64 * 1024;

/** Everything a stream has from where it stands. Throws DV_E_STGMEDIUM beyond `maxBytes`. */
export async function readStream(
  stream: Pick<IStream, "Read">,
  maxBytes: number = defaultMaxBytes,
  options?: CallOptions,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { pv, pcbRead } = await stream.Read(piece, options);
    if (pcbRead === 0) break;
    length += pcbRead;
    if (length > maxBytes)
      throw new ComError(DataStatus.STGMEDIUM, `the stream has more than ${maxBytes} bytes`);
    pieces.push(pv.slice(0, pcbRead));
  }
  return concat(pieces, length);
}

function concat(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const all = new Uint8Array(length);
  let at = 0;
  for (const one of pieces) {
    all.set(one, at);
    at += one.length;
  }
  return all;
}

/** The bytes of a medium, which stays as it is. Throws DV_E_TYMED for one that is neither memory nor a stream. */
export async function bytesOfMedium(
  medium: StgMedium,
  maxBytes?: number,
  options?: CallOptions,
): Promise<Uint8Array> {
  if (medium.tymed === Tymed.HGLOBAL) return medium.hGlobal ?? new Uint8Array(0);
  if (medium.tymed === Tymed.ISTREAM && medium.pstm !== null)
    return readStream(medium.pstm, maxBytes, options);
  throw new ComError(DataStatus.TYMED, `the medium ${medium.tymed} has no bytes to be read`);
}

/** The data of an object as bytes: GetData on memory or a stream, whichever it has. */
export async function getBytes(
  object: Pick<IDataObject, "GetData">,
  format: ClipboardFormat | FORMATETC,
  options?: CallOptions,
): Promise<Uint8Array> {
  const wanted = typeof format === "object" ? format : formatEtc(format);
  const medium = await object.GetData(wanted, options);
  try {
    return await bytesOfMedium(medium, undefined, options);
  } finally {
    releaseMedium(medium);
  }
}

/** The data of an object as text: CF_UNICODETEXT, else CF_TEXT; a registered format as UTF-8. */
export async function getText(
  object: Pick<IDataObject, "GetData">,
  format?: ClipboardFormat,
  options?: CallOptions,
): Promise<string> {
  if (format !== undefined) return textOf(await getBytes(object, format, options), format);
  try {
    return textOf(await getBytes(object, ClipFormat.UNICODETEXT, options), ClipFormat.UNICODETEXT);
  } catch (error) {
    if (ComError.from(error).code !== DataStatus.FORMATETC) throw error;
    return textOf(await getBytes(object, ClipFormat.TEXT, options), ClipFormat.TEXT);
  }
}

/** Text is ended by a zero, whatever memory is behind it. */
function textOf(bytes: Uint8Array, format: ClipboardFormat): string {
  const encoding = encodingOf(format);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString(encoding);
  const end = text.indexOf("\0");
  return end < 0 ? text : text.slice(0, end);
}

/** The bytes of a text in a format, with the zero that ends it. */
export function bytesOfText(text: string, format: ClipboardFormat): Uint8Array {
  return Uint8Array.from(Buffer.from(`${text}\0`, encodingOf(format)));
}

function encodingOf(format: ClipboardFormat): BufferEncoding {
  if (isSameFormat(format, ClipFormat.UNICODETEXT)) return "utf16le";
  return typeof format === "string" ? "utf8" : "latin1";
}
