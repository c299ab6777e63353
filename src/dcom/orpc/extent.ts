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
export function writeExtents(writer: ByteWriter, extents: readonly OrpcExtent[]): void {
  if (extents.length === 0) {
    writer.u32(0);
    return;
  }
  const slots = (extents.length + 1) & ~1;
  writer.u32(referent);
  writer.u32(extents.length);
  writer.u32(0);
  writer.u32(referent + 4);
  writer.u32(slots);
  for (let i = 0; i < slots; i++) writer.u32(i < extents.length ? referent + 8 + 4 * i : 0);
  for (const { id, data } of extents) {
    const rounded = (data.length + 7) & ~7;
    writer.u32(rounded);
    writer.guid(id);
    writer.u32(data.length);
    writer.raw(data);
    writer.zeros(rounded - data.length);
  }
}

/** Reads what {@link writeExtents} writes, from the pointer on. The data are copies. */
export function readExtents(reader: ByteReader): readonly OrpcExtent[] {
  return reader.u32() === 0 ? noExtents : readExtentArray(reader);
}

export const noExtents: readonly OrpcExtent[] = [];

function readExtentArray(reader: ByteReader): readonly OrpcExtent[] {
  reader.skip(8); // size and reserved: the array's own count decides
  if (reader.u32() === 0) return noExtents;
  const slots = reader.u32();
  if (slots > maxExtents) throw bad(`${slots} extents in a call, ${maxExtents} are allowed`);
  let present = 0;
  for (let i = 0; i < slots; i++) if (reader.u32() !== 0) present++;
  const extents: OrpcExtent[] = [];
  for (let i = 0; i < present; i++) extents.push(readExtent(reader));
  return extents;
}

function readExtent(reader: ByteReader): OrpcExtent {
  reader.align(4);
  const rounded = reader.u32();
  const id = reader.guid();
  const size = reader.u32();
  if (size > rounded || rounded > maxExtentBytes)
    throw bad(`an extent of ${size} bytes in room for ${rounded}`);
  return { id, data: reader.raw(rounded).slice(0, size) };
}

function bad(message: string): ComError {
  return new ComError(HResult.RPC_E_INVALID_HEADER, message);
}
