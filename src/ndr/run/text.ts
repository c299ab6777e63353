import type { ByteReader, ByteWriter } from "../../base/index.ts";
import { refuse } from "./refuse.ts";
import type { DecodeState } from "./state.ts";

// Buffer's own methods work on any Uint8Array and skip Buffer.from; they are not in the type declarations.
interface Slices {
  ucs2Slice(this: Uint8Array, start: number, end: number): string;
  latin1Slice(this: Uint8Array, start: number, end: number): string;
  ucs2Write(this: Uint8Array, text: string, at: number, length: number): number;
}
const slices = Buffer.prototype as unknown as Slices;

const short = 24;

/** UTF-16 code units and a terminator at `f`. */
export function putWide(w: ByteWriter, f: number, text: string, where: string): void {
  const { bytes } = w;
  const n = text.length;
  if (n > short) {
    if (text.includes("\0")) refuse.value(where, "a string without NUL", text);
    slices.ucs2Write.call(bytes, text, f, n * 2);
    f += n * 2;
  } else {
    for (let i = 0; i < n; i++, f += 2) {
      const unit = text.charCodeAt(i);
      if (unit === 0) refuse.value(where, "a string without NUL", text);
      bytes[f] = unit;
      bytes[f + 1] = unit >> 8;
    }
  }
  bytes[f] = 0;
  bytes[f + 1] = 0;
}

/** Bytes and a terminator at `f`: characters up to U+00FF. */
export function putNarrow(w: ByteWriter, f: number, text: string, where: string): void {
  const { bytes } = w;
  for (let i = 0; i < text.length; i++, f++) {
    const unit = text.charCodeAt(i);
    if (unit === 0 || unit > 255) refuse.value(where, "a string of one-byte characters without NUL", text);
    bytes[f] = unit;
  }
  bytes[f] = 0;
}

/** `units` UTF-16 code units at `f`, the last one the terminator; ends at the first NUL as C has it. */
export function getWide(r: ByteReader, f: number, units: number, little: boolean, where: string): string {
  const { bytes } = r;
  const end = f + units * 2 - 2;
  if (units === 0 || bytes[end] !== 0 || bytes[end + 1] !== 0) refuse.terminator(where);
  if (!little) return swapped(r, f, end);
  if (units > short) {
    const text = slices.ucs2Slice.call(bytes, f, end);
    const nul = text.indexOf("\0");
    return nul < 0 ? text : text.slice(0, nul);
  }
  let text = "";
  for (let i = f; i < end; i += 2) {
    const unit = (bytes[i] as number) | ((bytes[i + 1] as number) << 8);
    if (unit === 0) break;
    text += String.fromCharCode(unit);
  }
  return text;
}

function swapped(r: ByteReader, f: number, end: number): string {
  let text = "";
  for (let i = f; i < end; i += 2) {
    const unit = r.view.getUint16(i, false);
    if (unit === 0) break;
    text += String.fromCharCode(unit);
  }
  return text;
}

/** As {@link getWide}, one byte a character. */
export function getNarrow(r: ByteReader, f: number, units: number, _little: boolean, where: string): string {
  const end = f + units - 1;
  if (units === 0 || r.bytes[end] !== 0) refuse.terminator(where);
  const text = slices.latin1Slice.call(r.bytes, f, end);
  const nul = text.indexOf("\0");
  return nul < 0 ? text : text.slice(0, nul);
}

/** Elements of a string on the wire, its terminator among them. */
export function unitsOf(text: unknown, where: string): number {
  if (typeof text !== "string") refuse.value(where, "a string", text);
  return text.length + 1;
}

/** Elements of the longest of some strings. */
export function longest(list: readonly unknown[], where: string): number {
  let most = 0;
  for (const text of list) {
    const units = Array.isArray(text) ? longest(text, where) : unitsOf(text, where);
    if (units > most) most = units;
  }
  return most;
}

/** Checks the three counts of a string before anything is read. */
export function checkString(
  r: ByteReader,
  f: number,
  max: number,
  first: number,
  units: number,
  size: number,
  s: DecodeState,
  where: string,
): void {
  if (first !== 0 || units > max) refuse.counts(where, first, units, max);
  if (units > s.limits.maxStringUnits) refuse.tooMany(where, units, s.limits.maxStringUnits);
  if (units * size > r.end - f) r.fail(units * size);
}
