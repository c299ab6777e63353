import type { ByteReader, ByteWriter } from "../../base/index.ts";
import { type NumberName, arrayTypes } from "./numbers.ts";
import { claim, count64, setCount64, take } from "./place.ts";
import { refuse } from "./refuse.ts";
import type { DecodeState } from "./state.ts";

/** Behind a chunk of a pipe NDR64 has its count once more, negative. */
export function endChunk(w: ByteWriter, count: number): void {
  const f = claim(w, 8, 8);
  w.view.setInt32(f, -count, true);
  w.view.setInt32(f + 4, -1, true);
}

/** The chunk without elements that ends a pipe. */
export function endPipe(w: ByteWriter, countSize: number): void {
  const f = claim(w, countSize, countSize);
  if (countSize === 8) setCount64(w.view, f, 0);
  else w.view.setUint32(f, 0, true);
}

/** True, and behind it, at the chunk that ends a pipe. */
export function pipeEnds(r: ByteReader, countSize: number, little: boolean): boolean {
  const before = r.pos;
  const f = take(r, countSize, countSize);
  const count = countSize === 8 ? count64(r.view, f, little) : r.view.getUint32(f, little);
  if (count !== 0) r.pos = before;
  return count === 0;
}

/** Checks what {@link endChunk} writes. */
export function chunkEnds(r: ByteReader, count: number, little: boolean, where: string): void {
  const f = take(r, 8, 8);
  const low = r.view.getInt32(f + (little ? 0 : 4), little);
  const high = r.view.getInt32(f + (little ? 4 : 0), little);
  if (low !== (-count | 0) || high !== -1) refuse.bound(where, low, -count);
}

interface Chunk {
  readonly length: number;
  readonly [index: number]: unknown;
}

/** The elements of all chunks in one list: a typed array where `name` says so. */
export function joinChunks(
  chunks: readonly Chunk[],
  name: NumberName | undefined,
  s: DecodeState,
  where: string,
): unknown {
  const [first] = chunks;
  if (first !== undefined && chunks.length === 1) return first;
  const total = chunks.reduce((sum, { length }) => sum + length, 0);
  if (total > s.limits.maxArrayElements) refuse.tooMany(where, total, s.limits.maxArrayElements);
  if (name === undefined) return chunks.flatMap((chunk) => Array.from(chunk as ArrayLike<unknown>));
  const list = new arrayTypes[name](total) as Uint8Array;
  let at = 0;
  for (const chunk of chunks) {
    list.set(chunk as unknown as Uint8Array, at);
    at += chunk.length;
  }
  return list;
}
