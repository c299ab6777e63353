import type { ByteReader, ByteWriter } from "../../base/index.ts";
import { claim, take } from "./place.ts";
import { refuse } from "./refuse.ts";
import type { DecodeState } from "./state.ts";

// Buffer's own methods work on any Uint8Array and skip Buffer.from; they are not in the type declarations.
interface Slices {
  ucs2Slice(this: Uint8Array, start: number, end: number): string;
  latin1Slice(this: Uint8Array, start: number, end: number): string;
  ucs2Write(this: Uint8Array, text: string, at: number, length: number): number;
}
const slices = Buffer.prototype as unknown as Slices;

// Measured: below these lengths a loop in JavaScript beats the native function.
const maxCharwise = 18; // bytes read
const maxUnitwise = 16; // units written

/** UTF-16 code units and a terminator at `f`. */
export function putWide(w: ByteWriter, f: number, text: string, where: string): void {
  const { bytes } = w;
  const n = text.length;
  if (n > maxUnitwise) {
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
  const text = end - f > maxCharwise ? slices.ucs2Slice.call(bytes, f, end) : shortText(bytes, f, end);
  const nul = text.indexOf("\0");
  return nul < 0 ? text : text.slice(0, nul);
}

/** A few characters: cheaper one by one than by a call into native code. */
function shortText(b: Uint8Array, f: number, end: number): string {
  let text = "";
  for (; f + 8 <= end; f += 8) {
    text += String.fromCharCode(
      (b[f] as number) | ((b[f + 1] as number) << 8),
      (b[f + 2] as number) | ((b[f + 3] as number) << 8),
      (b[f + 4] as number) | ((b[f + 5] as number) << 8),
      (b[f + 6] as number) | ((b[f + 7] as number) << 8),
    );
  }
  for (; f < end; f += 2) text += String.fromCharCode((b[f] as number) | ((b[f + 1] as number) << 8));
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

/** A whole UTF-16 string of NDR 2.0 as most referents are: three counts and the characters, in one go. */
export function sendWide(w: ByteWriter, text: unknown, where: string): void {
  if (typeof text !== "string") refuse.value(where, "a string", text);
  const units = text.length + 1;
  const f = claim(w, 4, 12 + units * 2);
  const d = w.view;
  d.setUint32(f, units, true);
  d.setUint32(f + 4, 0, true);
  d.setUint32(f + 8, units, true);
  putWide(w, f + 12, text, where);
}

/** As {@link sendWide}, the other way. */
export function receiveWide(r: ByteReader, little: boolean, s: DecodeState, where: string): string {
  const f = take(r, 4, 12);
  const d = r.view;
  const units = d.getUint32(f + 8, little);
  checkString(r, f + 12, d.getUint32(f, little), d.getUint32(f + 4, little), units, 2, s, where);
  r.pos = f + 12 + units * 2;
  if (!little || units * 2 > windowBytes) return getWide(r, f + 12, units, little, where);
  return fromWindow(r, f + 12, units, s, where);
}

const windowBytes = 1024;

/**
 * A call into native code costs more than the characters of a short string. So a message's characters are turned into JavaScript ones a
 * window at a time, lengths and padding included, and the strings are cut out of it. Small windows: a string of more than twelve
 * characters keeps its window alive.
 */
function fromWindow(r: ByteReader, f: number, units: number, s: DecodeState, where: string): string {
  let at = (f - s.windowStart) >> 1;
  if (at < 0 || at + units > s.window.length || ((f - s.windowStart) & 1) !== 0) {
    if (s.strings++ === 0 && units <= 9) return getWide(r, f, units, true, where);
    s.window = slices.ucs2Slice.call(r.bytes, f, Math.min(r.end, f + windowBytes));
    s.windowStart = f;
    at = 0;
  }
  const last = at + units - 1;
  const nul = s.window.indexOf("\0", at);
  if (nul === last) return s.window.substring(at, last);
  if (units === 0 || s.window.charCodeAt(last) !== 0) refuse.terminator(where);
  return s.window.substring(at, nul);
}
