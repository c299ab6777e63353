import { createHash, createHmac, createSecretKey, type KeyObject } from "node:crypto";
import { md5Compress, md5Start } from "./md5-block.ts";

/** From this size on, the call into OpenSSL costs less than it saves. */
const nativeFrom = 8192;

/** HMAC-MD5 of the concatenation of `parts` (RFC 2104): for handshakes, where nobody counts microseconds. */
export function hmacMd5(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const hmac = createHmac("md5", key);
  for (const part of parts) hmac.update(part);
  return new Uint8Array(hmac.digest());
}

/** MD5 of the concatenation of `parts`. */
export function md5(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash("md5");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

// Shared scratch: nothing below is re-entrant, and nothing below awaits.
const block = new Uint8Array(64);
const blockView = new DataView(block.buffer);
// The outer hash always sees one block: 16 bytes of inner digest, padding, and the length 64 + 16.
const outerView = new DataView(new ArrayBuffer(64));
outerView.setUint8(16, 0x80);
outerView.setUint32(56, (64 + 16) << 3, true);
const state = md5Start();
let lastView: DataView = new DataView(new ArrayBuffer(0));

/** A view of the whole buffer under `bytes`, kept from call to call: packets mostly share one receive buffer. */
function viewOf(bytes: Uint8Array): DataView {
  if (lastView.buffer !== bytes.buffer) lastView = new DataView(bytes.buffer);
  return lastView;
}

function padState(key: Uint8Array, pad: number): Int32Array {
  block.fill(pad);
  for (let i = 0; i < key.length; i++) block[i] = (key[i] as number) ^ pad;
  const result = md5Start();
  md5Compress(result, blockView, 0);
  block.fill(0);
  return result;
}

/**
 * HMAC-MD5 of a little-endian sequence number followed by a packet: the MAC of NTLM session security
 * ([MS-NLMP] 3.4.4.2). Allocates nothing for ordinary packets; only the first eight bytes of the digest are kept.
 */
export class SequencedHmacMd5 {
  readonly #key: KeyObject;
  readonly #inner: Int32Array;
  readonly #outer: Int32Array;
  readonly #sequence: Uint8Array = new Uint8Array(4);
  /** The first eight bytes of the last digest. */
  readonly checksum: Uint8Array = new Uint8Array(8);
  readonly #checksum = new DataView(this.checksum.buffer);

  /** `key` is 16 bytes (at most 64); it is copied. */
  constructor(key: Uint8Array) {
    this.#key = createSecretKey(key);
    this.#inner = padState(key, 0x36);
    this.#outer = padState(key, 0x5c);
  }

  /** Computes the MAC of `sequence` and `bytes[start, end)` into `checksum`. */
  compute(sequence: number, bytes: Uint8Array, start: number, end: number): void {
    if (end - start >= nativeFrom) this.#computeNative(sequence, bytes, start, end);
    else this.#computeHere(sequence, bytes, start, end);
  }

  #computeNative(sequence: number, bytes: Uint8Array, start: number, end: number): void {
    new DataView(this.#sequence.buffer).setUint32(0, sequence, true);
    const digest = createHmac("md5", this.#key)
      .update(this.#sequence)
      .update(bytes.subarray(start, end))
      .digest();
    this.checksum.set(digest.subarray(0, 8));
  }

  #computeHere(sequence: number, bytes: Uint8Array, start: number, end: number): void {
    load(this.#inner);
    const rest = absorb(sequence, bytes, start, end);
    finish(rest, 64 + 4 + (end - start));
    for (let i = 0; i < 4; i++) outerView.setInt32(i * 4, state[i] as number, true);
    load(this.#outer);
    md5Compress(state, outerView, 0);
    this.#checksum.setInt32(0, state[0] as number, true);
    this.#checksum.setInt32(4, state[1] as number, true);
  }
}

function load(from: Int32Array): void {
  for (let i = 0; i < 4; i++) state[i] = from[i] as number;
}

/** Feeds the sequence number and all whole blocks; leaves the rest in `block` and answers its length. */
function absorb(sequence: number, bytes: Uint8Array, start: number, end: number): number {
  blockView.setUint32(0, sequence, true);
  let at = start;
  if (end - start < 60) return 4 + copyTail(bytes, at, end, 4);
  copyTail(bytes, at, at + 60, 4);
  md5Compress(state, blockView, 0);
  at += 60;
  // The rest of the packet lies in whole blocks from here, read where it is.
  const view = viewOf(bytes);
  const base = bytes.byteOffset;
  for (; at + 64 <= end; at += 64) md5Compress(state, view, base + at);
  return copyTail(bytes, at, end, 0);
}

function copyTail(bytes: Uint8Array, start: number, end: number, target: number): number {
  for (let at = start, to = target; at < end; at++, to++) block[to] = bytes[at] as number;
  return end - start;
}

/** Pads the `rest` bytes in `block` and adds the total length (RFC 1321 3.1, 3.2). */
function finish(rest: number, total: number): void {
  block[rest] = 0x80;
  for (let i = rest + 1; i < 64; i++) block[i] = 0;
  if (rest >= 56) {
    md5Compress(state, blockView, 0);
    block.fill(0, 0, 56);
  }
  blockView.setUint32(56, total << 3, true);
  blockView.setUint32(60, total >>> 29, true);
  md5Compress(state, blockView, 0);
}
