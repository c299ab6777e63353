import type { ByteReader, ByteWriter } from "../../base/index.ts";
import type { DecodeState } from "./state.ts";
import { refuse } from "./refuse.ts";

/** Aligns the writer with zero bytes, makes room for `size` more and answers where it starts. */
export function claim(w: ByteWriter, align: number, size: number): number {
  const start = w.pos;
  const pad = (w.origin - start) & (align - 1);
  const total = pad + size;
  if (start + total > w.bytes.length) w.reserve(total);
  if (pad !== 0) w.bytes.fill(0, start, start + pad);
  w.pos = start + total;
  return start + pad;
}

/** Aligns the reader, checks that `size` bytes are there, passes over them and answers where they start. */
export function take(r: ByteReader, align: number, size: number): number {
  const start = r.pos + ((r.origin - r.pos) & (align - 1));
  const end = start + size;
  if (end > r.end) r.fail(end - r.pos);
  r.pos = end;
  return start;
}

/** Where an item of this alignment starts at or behind `f`. */
export function alignUp(origin: number, f: number, align: number): number {
  return f + ((origin - f) & (align - 1));
}

/** Where the elements of an array start: behind a gap, which may be missing when there are none and nothing follows. */
export function alignElements(r: ByteReader, f: number, align: number, count: number): number {
  const start = alignUp(r.origin, f, align);
  return count === 0 && start > r.end ? f : start;
}

/** The same, with the gap zeroed. */
export function pad(w: ByteWriter, f: number, align: number): number {
  const gap = (w.origin - f) & (align - 1);
  if (gap !== 0) w.bytes.fill(0, f, f + gap);
  return f + gap;
}

/** Makes room for a flat part that ends at `end`. */
export function claimTo(w: ByteWriter, end: number): void {
  if (end > w.bytes.length) w.reserve(end - w.pos);
  w.pos = end;
}

/** Passes over a flat part that ends at `end`. */
export function takeTo(r: ByteReader, end: number): void {
  if (end > r.end) r.fail(end - r.pos);
  r.pos = end;
}

/** Throws unless the bytes up to `end` are there. */
export function within(r: ByteReader, end: number): void {
  if (end > r.end) r.fail(end - r.pos);
}

/** A count of NDR64, which must be a number we can count to. */
export function count64(d: DataView, f: number, little: boolean): number {
  return (
    d.getUint32(f + (little ? 0 : 4), little) + d.getUint32(f + (little ? 4 : 0), little) * 0x1_0000_0000
  );
}

export function setCount64(d: DataView, f: number, value: number): void {
  d.setUint32(f, value, true);
  d.setUint32(f + 4, 0, true);
}

/** Elements without bytes cost nothing to send but memory to receive. */
const maxEmptyElements = 65_536;

/** Checks a count before anything is allocated for it. */
export function checkCount(
  r: ByteReader,
  f: number,
  count: number,
  least: number,
  s: DecodeState,
  where: string,
): void {
  const limit = least === 0 ? maxEmptyElements : s.limits.maxArrayElements;
  if (count > limit) refuse.tooMany(where, count, limit);
  if (count * least > r.end - f) r.fail(count * least);
}
