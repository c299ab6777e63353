import type { ByteReader, ByteWriter } from "../../base/index.ts";
import { type OrpcExtent, noExtents, readExtents, writeExtents } from "./extent.ts";

/** Writes the head of a response; flags are 0 ([MS-DCOM] 2.2.13.4). */
export function writeOrpcThat(
  writer: ByteWriter,
  extents: readonly OrpcExtent[] = noExtents,
  ndr64 = false,
): void {
  if (!ndr64 && extents.length === 0) {
    writer.reserve(8);
    writer.view.setUint32(writer.pos, 0, true);
    writer.view.setUint32(writer.pos + 4, 0, true);
    writer.pos += 8;
  } else {
    writer.u32(0);
    writeExtents(writer, extents, ndr64);
  }
}

/** Reads the head of a response and answers its extents; the flags mean nothing. */
export function readOrpcThat(reader: ByteReader, ndr64 = false): readonly OrpcExtent[] {
  reader.skip(4);
  return readExtents(reader, ndr64);
}
