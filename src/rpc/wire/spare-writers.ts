import { ByteWriter } from "../../base/index.ts";

/** All spare writers together hold at most this much, whatever the number of connections. */
const MOST_BYTES = 32 * 1024 * 1024;

/*
 * Large output buffers, used again by any connection of the process: to allocate them for every burst of large messages costs more than to fill them,
 * and to keep them for each connection would let many connections hold a lot of memory.
 */
const spare: ByteWriter[] = [];
let held = 0;

/** A writer with room for `capacity` bytes or more, empty. */
export function takeWriter(capacity: number): ByteWriter {
  const writer = spare.pop();
  if (writer === undefined) return new ByteWriter(capacity);
  held -= writer.bytes.length;
  return writer;
}

/** The writer is not needed any more; nobody may hold on to its bytes. */
export function giveWriter(writer: ByteWriter): void {
  const { length } = writer.bytes;
  if (held + length > MOST_BYTES) return;
  writer.reset();
  spare.push(writer);
  held += length;
}
