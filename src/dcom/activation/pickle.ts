import { ByteReader, ByteWriter, ComError, HResult, type Limits, defaultLimits } from "../../base/index.ts";
import { type NdrType, codecFor, plainContext } from "../../ndr/index.ts";

/** Length of the two headers of a pickled object, bytes. */
export const pickleHeaderSize = 16;

/** A value as NDR type serialization version 1 has it: common header, private header, data padded to eight bytes ([MS-RPCE] 2.2.6). */
export function encodePickle(type: NdrType, value: unknown): Uint8Array {
  const writer = new ByteWriter(256);
  writer.u8(1); // version
  writer.u8(0x10); // little-endian
  writer.u16(8); // length of this header
  writer.u32(0xcccccccc);
  writer.u32(0);
  writer.u32(0);
  writer.origin = pickleHeaderSize;
  codecFor(type).encode(writer, value, plainContext);
  writer.align(8);
  writer.patchU32(8, writer.pos - pickleHeaderSize);
  return writer.finish();
}

/** The data of a pickled object, with a reader set to its byte order. */
export function openPickle(bytes: Uint8Array): ByteReader {
  const reader = new ByteReader(bytes);
  const version = reader.u8();
  const order = reader.u8();
  if (version !== 1) throw malformed(`type serialization version ${version}`);
  if (order !== 0x10 && order !== 0) throw malformed(`byte order ${order}`);
  reader.littleEndian = order === 0x10;
  if (reader.u16() !== 8) throw malformed("a common header of another length than 8");
  reader.skip(4);
  const length = reader.u32();
  reader.skip(4);
  reader.need(length);
  reader.rewind(pickleHeaderSize, pickleHeaderSize + length, reader.littleEndian);
  return reader;
}

/** The value of a pickled object. Throws RPC_X_BAD_STUB_DATA for bytes that are none. */
export function decodePickle(type: NdrType, bytes: Uint8Array, limits: Limits = defaultLimits): unknown {
  return codecFor(type).decode(openPickle(bytes), { ...plainContext, limits });
}

function malformed(what: string): ComError {
  return new ComError(HResult.RPC_X_BAD_STUB_DATA, `a pickled object has ${what}`);
}
