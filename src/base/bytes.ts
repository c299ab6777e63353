import { ComError } from "./error.ts";
import { type Guid, guidFromBytes, guidToBytes } from "./guid.ts";
import { HResult } from "./hresult.ts";

/**
 * A growable buffer with a cached view. Alignment counts from `origin`, the start of the message within the buffer,
 * so that several messages can stand one behind the other. The fields are public for generated codecs, which write in place
 * after one `reserve`; `bytes` and `view` change identity when the buffer grows.
 */
export class ByteWriter {
  bytes: Uint8Array;
  view: DataView;
  pos = 0;
  origin = 0;

  constructor(capacity = 256) {
    this.bytes = new Uint8Array(capacity);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Makes room for `n` more bytes. New room is not zeroed twice: fresh buffers are zero, reused ones are not. */
  reserve(n: number): void {
    if (this.pos + n > this.bytes.length) this.#grow(n);
  }

  #grow(n: number): void {
    const size = Math.max(this.bytes.length * 2, this.pos + n);
    const bytes = new Uint8Array(size);
    bytes.set(this.bytes.subarray(0, this.pos));
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
  }

  /** Pads with zero bytes to a multiple of `n` (a power of two) from `origin`. */
  align(n: number): void {
    const pad = -(this.pos - this.origin) & (n - 1);
    if (pad !== 0) this.zeros(pad);
  }

  zeros(n: number): void {
    this.reserve(n);
    this.bytes.fill(0, this.pos, this.pos + n);
    this.pos += n;
  }

  u8(value: number): void {
    this.reserve(1);
    this.bytes[this.pos++] = value;
  }

  u16(value: number): void {
    this.reserve(2);
    this.view.setUint16(this.pos, value, true);
    this.pos += 2;
  }

  u16be(value: number): void {
    this.reserve(2);
    this.view.setUint16(this.pos, value, false);
    this.pos += 2;
  }

  u32(value: number): void {
    this.reserve(4);
    this.view.setUint32(this.pos, value, true);
    this.pos += 4;
  }

  u32be(value: number): void {
    this.reserve(4);
    this.view.setUint32(this.pos, value, false);
    this.pos += 4;
  }

  u64(value: bigint): void {
    this.reserve(8);
    this.view.setBigUint64(this.pos, value, true);
    this.pos += 8;
  }

  f64(value: number): void {
    this.reserve(8);
    this.view.setFloat64(this.pos, value, true);
    this.pos += 8;
  }

  guid(value: Guid): void {
    this.reserve(16);
    guidToBytes(value, this.bytes, this.pos);
    this.pos += 16;
  }

  raw(data: Uint8Array): void {
    this.reserve(data.length);
    this.bytes.set(data, this.pos);
    this.pos += data.length;
  }

  /** UTF-16LE code units without a terminator. */
  utf16(text: string): void {
    this.reserve(text.length * 2);
    const { view } = this;
    let at = this.pos;
    for (let i = 0; i < text.length; i++, at += 2) view.setUint16(at, text.charCodeAt(i), true);
    this.pos = at;
  }

  /** Writes a number at an earlier place (a length known only afterwards). */
  patchU16(at: number, value: number): void {
    this.view.setUint16(at, value, true);
  }

  patchU32(at: number, value: number): void {
    this.view.setUint32(at, value, true);
  }

  /** What was written so far; shares memory with the writer. */
  written(from = 0): Uint8Array {
    return this.bytes.subarray(from, this.pos);
  }

  /** A copy of what was written so far. */
  finish(from = 0): Uint8Array {
    return this.bytes.slice(from, this.pos);
  }

  reset(): void {
    this.pos = 0;
    this.origin = 0;
  }
}

/** Reads within bounds: running past the end throws RPC_X_BAD_STUB_DATA, never returns undefined. */
export class ByteReader {
  bytes: Uint8Array;
  view: DataView;
  pos: number;
  end: number;
  origin: number;
  littleEndian: boolean;

  constructor(bytes: Uint8Array, start = 0, end: number = bytes.length, littleEndian = true) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.pos = start;
    this.end = end;
    this.origin = start;
    this.littleEndian = littleEndian;
  }

  /** Points the reader at another range of the same bytes. */
  rewind(start: number, end: number, littleEndian = true): void {
    this.pos = start;
    this.origin = start;
    this.end = end;
    this.littleEndian = littleEndian;
  }

  get remaining(): number {
    return this.end - this.pos;
  }

  /** Throws unless `n` bytes are left. */
  need(n: number): void {
    if (n > this.end - this.pos || n < 0) this.fail(n);
  }

  fail(n: number): never {
    throw new ComError(
      HResult.RPC_X_BAD_STUB_DATA,
      `${n} bytes wanted at offset ${this.pos - this.origin}, ${this.end - this.pos} are left`,
    );
  }

  align(n: number): void {
    const pad = -(this.pos - this.origin) & (n - 1);
    if (pad !== 0) this.skip(pad);
  }

  skip(n: number): void {
    this.need(n);
    this.pos += n;
  }

  u8(): number {
    this.need(1);
    return this.bytes[this.pos++] as number;
  }

  u16(): number {
    this.need(2);
    const value = this.view.getUint16(this.pos, this.littleEndian);
    this.pos += 2;
    return value;
  }

  u16be(): number {
    this.need(2);
    const value = this.view.getUint16(this.pos, false);
    this.pos += 2;
    return value;
  }

  u32(): number {
    this.need(4);
    const value = this.view.getUint32(this.pos, this.littleEndian);
    this.pos += 4;
    return value;
  }

  i32(): number {
    this.need(4);
    const value = this.view.getInt32(this.pos, this.littleEndian);
    this.pos += 4;
    return value;
  }

  u64(): bigint {
    this.need(8);
    const value = this.view.getBigUint64(this.pos, this.littleEndian);
    this.pos += 8;
    return value;
  }

  f64(): number {
    this.need(8);
    const value = this.view.getFloat64(this.pos, this.littleEndian);
    this.pos += 8;
    return value;
  }

  guid(): Guid {
    this.need(16);
    const value = guidFromBytes(this.bytes, this.pos, this.littleEndian);
    this.pos += 16;
    return value;
  }

  /** A view of the next `n` bytes; copy it if it must outlive the message. */
  raw(n: number): Uint8Array {
    this.need(n);
    const value = this.bytes.subarray(this.pos, this.pos + n);
    this.pos += n;
    return value;
  }

  /** `units` UTF-16 code units in the reader's byte order. */
  utf16(units: number): string {
    this.need(units * 2);
    const start = this.pos;
    this.pos += units * 2;
    if (this.littleEndian) return decodeUtf16(this.bytes, start, units);
    let text = "";
    for (let i = 0; i < units; i++) text += String.fromCharCode(this.view.getUint16(start + i * 2, false));
    return text;
  }
}

/** UTF-16LE to string, keeping lone surrogates. */
export function decodeUtf16(bytes: Uint8Array, start: number, units: number): string {
  if (units > 24) {
    return Buffer.from(bytes.buffer, bytes.byteOffset + start, units * 2).toString("utf16le");
  }
  let text = "";
  for (let at = start, end = start + units * 2; at < end; at += 2) {
    text += String.fromCharCode((bytes[at] as number) | ((bytes[at + 1] as number) << 8));
  }
  return text;
}

/** Lower-case hexadecimal digits of bytes (for messages and tests). */
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}

/** Bytes from hexadecimal digits; white space is passed over. */
export function fromHex(text: string): Uint8Array {
  const digits = text.replaceAll(/\s+/g, "");
  if (digits.length % 2 !== 0 || /[^0-9a-f]/i.test(digits)) {
    throw new ComError(HResult.E_INVALIDARG, "not a string of hexadecimal byte pairs");
  }
  return new Uint8Array(Buffer.from(digits, "hex"));
}

export function bytesEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
