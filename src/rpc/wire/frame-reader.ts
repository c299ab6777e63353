import { ComError, HResult } from "../../base/index.ts";
import { HEADER_BYTES } from "../pdu/header.ts";
import { PfcFlag } from "../pdu/packet-type.ts";
import { At, WHOLE } from "./fields.ts";

/** Takes the packets out of a byte stream. */
export interface FrameSink {
  /** One whole packet at [start, start + length) of `bytes`, valid during the call. */
  frame(bytes: Uint8Array, view: DataView, start: number, length: number): void;
  /** Whether the fragments of the next message may be waited for, to deliver them together. */
  readonly gathers: boolean;
  /** The bytes of all packets so far are about to be overwritten. */
  passed(): void;
}

const SMALL_TAIL = 4096;
const LARGE_TAIL = 256 * 1024;
const MOST_GATHERED = LARGE_TAIL / 2 - 65_536;

interface Block {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

function block(size: number): Block {
  const bytes = new Uint8Array(size);
  return { bytes, view: new DataView(bytes.buffer) };
}

/** Large blocks that are free; streams of large messages borrow them in turn. */
const freeLarge: Block[] = [];

/**
 * Splits the stream into packets in place. Only an incomplete packet is copied, to the start of a block of our own, and
 * the transport is asked to read on behind it.
 */
export class FrameReader {
  readonly #sink: FrameSink;
  #tail: Block | undefined;
  /** Bytes of the tail that are filled. */
  #filled = 0;
  /** Bytes the packet that the tail begins with will have, as far as is known. */
  #expected = HEADER_BYTES;
  #seen: Block | undefined;
  /** Set to stop after the current packet; what follows is kept. */
  held = false;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** Bytes that wait for the rest of their packet, or for the hold to end. */
  get waiting(): number {
    return this.#filled;
  }

  /** Where the transport should read to, if it matters. */
  room(): Uint8Array | undefined {
    const tail = this.#tail;
    return tail === undefined || this.#filled === tail.bytes.length
      ? undefined
      : tail.bytes.subarray(this.#filled);
  }

  /** Throws RPC_S_PROTOCOL_ERROR for what is not a packet. */
  received(buffer: Uint8Array, start: number, end: number): void {
    const tail = this.#tail;
    if (tail === undefined) {
      this.#split(this.#blockOf(buffer), start, end);
      return;
    }
    const count = end - start;
    const inPlace =
      buffer.buffer === tail.bytes.buffer &&
      buffer.byteOffset + start === tail.bytes.byteOffset + this.#filled;
    if (!inPlace) this.#append(buffer.subarray(start, end));
    this.#filled += count;
    if (this.held || this.#filled < this.#expected) return;
    const whole = this.#tail as Block;
    this.#tail = undefined;
    const filled = this.#filled;
    this.#filled = 0;
    this.#split(whole, 0, filled);
    if (this.#tail !== whole) release(whole);
  }

  /** After `held` was cleared: goes on with what was kept. */
  resume(): void {
    const tail = this.#tail;
    if (tail === undefined) return;
    this.#tail = undefined;
    const filled = this.#filled;
    this.#filled = 0;
    // The transport may still be set to read into this block, so it is not given to others.
    this.#split(tail, 0, filled);
  }

  /** Gives memory back. */
  close(): void {
    if (this.#tail !== undefined) release(this.#tail);
    this.#tail = undefined;
    this.#filled = 0;
    this.held = true;
  }

  #blockOf(bytes: Uint8Array): Block {
    if (this.#seen?.bytes === bytes) return this.#seen;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return (this.#seen = { bytes, view });
  }

  #split(from: Block, start: number, end: number): void {
    const { bytes, view } = from;
    const sink = this.#sink;
    let at = start;
    let expected = HEADER_BYTES;
    while (end - at >= HEADER_BYTES && !this.held) {
      const length = frameLength(bytes, view, at);
      const needed =
        sink.gathers && beginsMessage(bytes, at) ? messageLength(bytes, view, at, end, length) : length;
      if (needed > end - at) {
        expected = needed;
        break;
      }
      sink.frame(bytes, view, at, length);
      at += length;
    }
    sink.passed();
    if (at < end) this.#keep(from, at, end, expected);
  }

  #keep(from: Block, start: number, end: number, expected: number): void {
    const count = end - start;
    this.#expected = expected;
    // The block that was just split may hold the rest at its start, if there is room for the whole packet.
    if (from.bytes.length >= expected * 2 && from !== this.#seen) {
      if (start > 0) from.bytes.copyWithin(0, start, end);
      this.#tail = from;
    } else {
      this.#tail = tailBlock(Math.max(count, expected), from);
      this.#tail.bytes.set(from.bytes.subarray(start, end));
    }
    this.#filled = count;
  }

  /** For bytes that came somewhere else than to `room()`. */
  #append(bytes: Uint8Array): void {
    let tail = this.#tail as Block;
    if (this.#filled + bytes.length > tail.bytes.length) {
      const larger = block((this.#filled + bytes.length) * 2);
      larger.bytes.set(tail.bytes.subarray(0, this.#filled));
      this.#tail = tail = larger;
    }
    tail.bytes.set(bytes, this.#filled);
  }
}

/** Reads the fragment length at a packet's start, after a look at the version. */
function frameLength(bytes: Uint8Array, view: DataView, at: number): number {
  if (bytes[at] !== 5) throw new ComError(HResult.RPC_S_PROTOCOL_ERROR, "this is not an RPC packet");
  const little = ((bytes[at + At.drep] as number) & 0xf0) === 0x10;
  const length = view.getUint16(at + At.fragLength, little);
  if (length < HEADER_BYTES)
    throw new ComError(HResult.RPC_S_PROTOCOL_ERROR, `a fragment of ${length} bytes`);
  return length;
}

/** True for the first of several fragments. */
function beginsMessage(bytes: Uint8Array, at: number): boolean {
  return ((bytes[at + At.flags] as number) & WHOLE) === PfcFlag.first && (bytes[at + At.type] as number) <= 2;
}

/** True when two packets have the same type and call id. */
function sameCall(view: DataView, a: number, b: number): boolean {
  return (
    view.getUint8(a + At.type) === view.getUint8(b + At.type) &&
    view.getUint32(a + At.callId) === view.getUint32(b + At.callId)
  );
}

/**
 * Bytes to wait for, so that the fragments of a message of moderate size come to lie in one piece and need not be copied together: up to the
 * end of its last fragment, or what is known of that yet. For a larger message its first fragment alone.
 */
function messageLength(bytes: Uint8Array, view: DataView, start: number, end: number, first: number): number {
  let at = start + first;
  while (at - start <= MOST_GATHERED) {
    if (at + HEADER_BYTES > end) return at + HEADER_BYTES - start;
    const flags = bytes[at + At.flags] as number;
    if ((flags & PfcFlag.first) !== 0 || !sameCall(view, start, at)) return first;
    at += frameLength(bytes, view, at);
    if ((flags & PfcFlag.last) !== 0) return at - start;
  }
  return first;
}

/** A small block for a small rest, a large one when much is coming. */
function tailBlock(needed: number, from: Block): Block {
  if (needed * 2 <= SMALL_TAIL) return block(SMALL_TAIL);
  if (needed * 2 <= 16_384 && from.bytes.length !== LARGE_TAIL) return block(needed * 2);
  return needed <= LARGE_TAIL ? (freeLarge.pop() ?? block(LARGE_TAIL)) : block(needed);
}

function release(done: Block): void {
  if (done.bytes.length === LARGE_TAIL && freeLarge.length < 8) freeLarge.push(done);
}
