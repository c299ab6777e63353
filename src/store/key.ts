import { ComError, HResult } from "../base/index.ts";

/** What keys may be composed of. Numbers of one kind order by value, strings by code point; kinds do not mix in one place. */
export type KeyPart = string | number | bigint | Uint8Array;

const BYTES = 1;
const STRING = 2;
const NUMBER = 3;
const BIG = 4;

/**
 * A key from its parts: comparing two keys byte by byte orders them as comparing part by part, and a key of fewer parts stands before those that
 * begin with it, so it serves as their prefix. Numbers are doubles, bigints unsigned 64-bit numbers.
 */
export function encodeKey(...parts: readonly KeyPart[]): Uint8Array {
  return Buffer.concat(parts.map((part) => encodePart(part)));
}

function encodePart(part: KeyPart): Uint8Array {
  if (typeof part === "string") return terminated(STRING, Buffer.from(part, "utf8"));
  if (typeof part === "number") return encodeNumber(part);
  if (typeof part === "bigint") return encodeBig(part);
  return terminated(BYTES, part);
}

/** Ends with 00 00; a 00 within becomes 00 FF, which orders behind the end and before any other byte. */
function terminated(kind: number, data: Uint8Array): Uint8Array {
  let zeros = 0;
  for (const byte of data) if (byte === 0) zeros++;
  const out = new Uint8Array(data.length + zeros + 3);
  out[0] = kind;
  let at = 1;
  for (const byte of data) {
    out[at++] = byte;
    if (byte === 0) out[at++] = 0xff;
  }
  return out;
}

function encodeNumber(value: number): Uint8Array {
  if (Number.isNaN(value)) throw new ComError(HResult.E_INVALIDARG, "NaN has no place in an order");
  const out = Buffer.alloc(9);
  out[0] = NUMBER;
  out.writeDoubleBE(value === 0 ? 0 : value, 1);
  // Positive numbers get their sign bit set, negative ones are turned around: then bytes order as values do.
  const negative = ((out[1] as number) & 0x80) !== 0;
  for (let i = 1; i < 9; i++) out[i] = negative ? ~(out[i] as number) & 0xff : (out[i] as number);
  if (!negative) out[1] = (out[1] as number) | 0x80;
  return out;
}

function encodeBig(value: bigint): Uint8Array {
  if (value < 0n || value >= 1n << 64n) {
    throw new ComError(HResult.E_INVALIDARG, "a bigint in a key is an unsigned 64-bit number");
  }
  const out = Buffer.alloc(9);
  out[0] = BIG;
  out.writeBigUInt64BE(value, 1);
  return out;
}

/** The parts of a key. Throws E_INVALIDARG for bytes that are none. */
export function decodeKey(key: Uint8Array): KeyPart[] {
  const parts: KeyPart[] = [];
  const bytes = Buffer.from(key.buffer, key.byteOffset, key.byteLength);
  let at = 0;
  while (at < bytes.length) {
    const kind = bytes[at];
    if (kind === NUMBER || kind === BIG) {
      if (at + 9 > bytes.length) throw notAKey();
      parts.push(kind === BIG ? bytes.readBigUInt64BE(at + 1) : decodeNumber(bytes.subarray(at + 1, at + 9)));
      at += 9;
    } else if (kind === STRING || kind === BYTES) {
      const { data, next } = decodeTerminated(bytes, at + 1);
      parts.push(kind === STRING ? data.toString("utf8") : new Uint8Array(data));
      at = next;
    } else {
      throw notAKey();
    }
  }
  return parts;
}

function decodeNumber(bytes: Uint8Array): number {
  const copy = Buffer.from(bytes);
  const negative = ((copy[0] as number) & 0x80) === 0;
  for (let i = 0; i < 8; i++) copy[i] = negative ? ~(copy[i] as number) & 0xff : (copy[i] as number);
  if (!negative) copy[0] = (copy[0] as number) & 0x7f;
  return copy.readDoubleBE(0);
}

function decodeTerminated(bytes: Buffer, start: number): { data: Buffer; next: number } {
  const out: number[] = [];
  for (let at = start; at + 1 < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte !== 0) out.push(byte);
    else if (bytes[at + 1] === 0) return { data: Buffer.from(out), next: at + 2 };
    else if (bytes[++at] === 0xff) out.push(0);
    else throw notAKey();
  }
  throw notAKey();
}

function notAKey(): ComError {
  return new ComError(HResult.E_INVALIDARG, "not a key made of parts");
}

/** The first key behind all that begin with `prefix`; undefined when there is none. */
export function prefixEnd(prefix: Uint8Array): Uint8Array | undefined {
  for (let at = prefix.length - 1; at >= 0; at--) {
    const byte = prefix[at] as number;
    if (byte === 0xff) continue;
    const end = Uint8Array.from(prefix.subarray(0, at + 1));
    end[at] = byte + 1;
    return end;
  }
  return undefined;
}
