import { createHash } from "node:crypto";
import { bytesEqual } from "../../base/index.ts";
import type { ByteStore } from "../bytes/byte-store.ts";
import { headerBytes } from "./header.ts";

/*
 * A commit is done when the new header is in place. The header is the one thing written over; should it be torn half-way, both headers stand in a
 * record behind the last sector, where the FAT knows nothing of it. It was durable before the header was touched, and is cut off afterwards.
 */

/** Bytes of the record, at the very end of the file. */
export const journalBytes = 4096;

const mark = Buffer.from("comity commit\0\0\0", "latin1");
const hashAt: number = mark.length;
const oldAt: number = hashAt + 32;
const newAt: number = oldAt + headerBytes;

export function writeJournal(before: Uint8Array, after: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(journalBytes);
  bytes.set(mark);
  bytes.set(before.subarray(0, headerBytes), oldAt);
  bytes.set(after.subarray(0, headerBytes), newAt);
  bytes.set(digest(bytes), hashAt);
  return bytes;
}

function digest(bytes: Uint8Array): Uint8Array {
  return createHash("sha256")
    .update(bytes.subarray(oldAt, newAt + headerBytes))
    .digest();
}

/**
 * The whole header of a file whose header may be torn: `header` itself, unless each of its bytes is from one of two recorded headers, and it is
 * neither. A header someone else wrote since matches neither, and stays.
 */
export function mendHeader(store: ByteStore, header: Uint8Array): Uint8Array {
  const { size } = store;
  if (size < headerBytes + journalBytes || header.length < headerBytes) return header;
  const bytes = new Uint8Array(journalBytes);
  if (store.read(size - journalBytes, bytes) !== journalBytes) return header;
  if (!bytesEqual(bytes.subarray(0, mark.length), mark)) return header;
  if (!bytesEqual(bytes.subarray(hashAt, oldAt), digest(bytes))) return header;
  const before = bytes.subarray(oldAt, newAt);
  const after = bytes.subarray(newAt, newAt + headerBytes);
  const mixed = header.subarray(0, headerBytes).every((byte, i) => byte === before[i] || byte === after[i]);
  if (!mixed || bytesEqual(header.subarray(0, headerBytes), before)) return header;
  return after;
}
