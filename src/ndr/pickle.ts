import { ByteReader, ByteWriter, ComError, HResult } from "../base/index.ts";
import type { MarshalContext } from "./codec.ts";
import { codecFor, plainContext } from "./codecs.ts";
import type { NdrType } from "./types.ts";

/*
 * Type serialization version 1 ([MS-RPCE] 2.2.6): a value that stands alone, outside of any call, as the activation properties of DCOM and
 * the claims and logon information of Kerberos do. A common header, a private header with the length, the value in NDR 2.0, padding.
 */

const commonHeader = 8;
const privateHeader = 8;
const headers = commonHeader + privateHeader;
const filler = 0xcccccccc;

/** A value as a serialized type, little-endian, padded to a multiple of eight as the length field wants it. */
export function encodePickle(
  type: NdrType,
  value: unknown,
  context: MarshalContext = plainContext,
): Uint8Array {
  const writer = new ByteWriter();
  writer.u8(1); // version
  writer.u8(0x10); // little-endian, ASCII
  writer.u16(commonHeader);
  writer.u32(filler);
  writer.u32(0); // ObjectBufferLength, below
  writer.u32(0);
  codecFor(type).encode(writer, value, context);
  writer.align(8);
  writer.patchU32(commonHeader, writer.pos - headers);
  return writer.finish();
}

/** The value of a serialized type in either byte order. What follows its length is ignored. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
export function decodePickle<T = unknown>(
  type: NdrType,
  bytes: Uint8Array,
  context: MarshalContext = plainContext,
): T {
  const { length, littleEndian } = readHeaders(bytes);
  const reader = new ByteReader(bytes, headers, headers + length, littleEndian);
  reader.origin = 0;
  return codecFor<T>(type).decode(reader, context);
}

/** Bytes that a serialized type takes, its headers included: where the next one starts. */
export function pickleLength(bytes: Uint8Array): number {
  return headers + readHeaders(bytes).length;
}

function readHeaders(bytes: Uint8Array): { readonly length: number; readonly littleEndian: boolean } {
  if (bytes.length < headers) return refuse(`${headers} bytes of headers wanted, ${bytes.length} are there`);
  if (bytes[0] !== 1) return refuse(`version ${bytes[0]} is not known`);
  if (bytes[1] !== 0x10 && bytes[1] !== 0) return refuse(`the data representation ${bytes[1]} is not known`);
  const littleEndian = bytes[1] === 0x10;
  const reader = new ByteReader(bytes, 2, bytes.length, littleEndian);
  const size = reader.u16();
  if (size !== commonHeader) return refuse(`a common header of ${size} bytes`);
  reader.skip(4);
  const length = reader.u32();
  if (length > bytes.length - headers) {
    return refuse(`a length of ${length} bytes, ${bytes.length - headers} are there`);
  }
  return { length, littleEndian };
}

function refuse(what: string): never {
  throw new ComError(HResult.RPC_X_BAD_STUB_DATA, `not a serialized type: ${what}`, {
    where: "type serialization",
  });
}
