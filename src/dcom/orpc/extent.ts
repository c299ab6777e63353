import { type ByteReader, type ByteWriter, ComError, type Guid, HResult } from "../../base/index.ts";

/** Out-of-band data of a call, known by its id; unknown ones are passed over ([MS-DCOM] 2.2.21). */
export interface OrpcExtent {
  readonly id: Guid;
  readonly data: Uint8Array;
}

/** The most extents of one call: stops a header that makes us allocate. Windows sends one or two. */
const maxExtents = 32;
/** The longest data of one extent, bytes. */
const maxExtentBytes = 1 << 20;

const referent = 0x00020000;

/** Writes the pointer to an ORPC_EXTENT_ARRAY and what it points to; a null pointer for none ([MS-DCOM] 2.2.21.1, 2.2.13.2). */
export function writeExtents(writer: ByteWriter, extents: readonly OrpcExtent[], ndr64 = false): void {
  const word = ndr64 ? putLong : putShort;
  if (extents.length === 0) {
    word(writer, 0);
    return;
  }
  const slots = (extents.length + 1) & ~1;
  word(writer, referent);
  writer.u32(extents.length);
  writer.u32(0);
  word(writer, referent + 4);
  word(writer, slots);
  for (let i = 0; i < slots; i++) word(writer, i < extents.length ? referent + 8 + 4 * i : 0);
  for (const { id, data } of extents) {
    const rounded = (data.length + 7) & ~7;
    word(writer, rounded);
    writer.guid(id);
    writer.u32(data.length);
    writer.raw(data);
    writer.zeros(rounded - data.length);
  }
}

/** A pointer or a count: 4 bytes in NDR 2.0, 8 in NDR64. */
function putShort(writer: ByteWriter, value: number): void {
  writer.u32(value);
}

function putLong(writer: ByteWriter, value: number): void {
  writer.align(8);
  writer.u32(value);
  writer.u32(0);
}

function getShort(reader: ByteReader): number {
  return reader.u32();
}

function getLong(reader: ByteReader): number {
  reader.align(8);
  const first = reader.u32();
  const second = reader.u32();
  const [low, high] = reader.littleEndian ? [first, second] : [second, first];
  if (high !== 0) throw bad("a count of more than 32 bits");
  return low;
}

/** Reads what {@link writeExtents} writes, from the pointer on. The data are copies. */
export function readExtents(reader: ByteReader, ndr64 = false): readonly OrpcExtent[] {
  if (!ndr64) return reader.u32() === 0 ? noExtents : readExtentArray(reader, getShort);
  return getLong(reader) === 0 ? noExtents : readExtentArray(reader, getLong);
}

export const noExtents: readonly OrpcExtent[] = [];

function readExtentArray(reader: ByteReader, word: (reader: ByteReader) => number): readonly OrpcExtent[] {
  reader.skip(8); // size and reserved: the array's own count decides
  if (word(reader) === 0) return noExtents;
  const slots = word(reader);
  if (slots > maxExtents) throw bad(`${slots} extents in a call, ${maxExtents} are allowed`);
  let present = 0;
  for (let i = 0; i < slots; i++) if (word(reader) !== 0) present++;
  const extents: OrpcExtent[] = [];
  for (let i = 0; i < present; i++) extents.push(readExtent(reader, word));
  return extents;
}

function readExtent(reader: ByteReader, word: (reader: ByteReader) => number): OrpcExtent {
  reader.align(4);
  const rounded = word(reader);
  const id = reader.guid();
  const size = reader.u32();
  if (size > rounded || rounded > maxExtentBytes)
    throw bad(`an extent of ${size} bytes in room for ${rounded}`);
  return { id, data: reader.raw(rounded).slice(0, size) };
}

function bad(message: string): ComError {
  return new ComError(HResult.RPC_E_INVALID_HEADER, message);
}
