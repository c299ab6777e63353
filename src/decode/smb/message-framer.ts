import { ChunkQueue } from "../stream/chunk-queue.ts";
import type { Chunk, StreamSink } from "../stream/chunk.ts";

/** NetBIOS session service packet types (RFC 1002 4.3.1); direct TCP uses the first alone ([MS-SMB2] 2.1). */
const SESSION_MESSAGE = 0x00;
const controlTypes = new Set([0x81, 0x82, 0x83, 0x84, 0x85]);

export interface MessageEvents {
  /** One SMB message without its length prefix. */
  message(chunk: Chunk): void;
  /** Messages were lost. */
  lost(frame: number): void;
}

/** True when a stream's bytes begin with a length prefix and an SMB header. */
export function beginsSmb(bytes: Uint8Array): boolean {
  return bytes.length >= 8 && bytes[0] === SESSION_MESSAGE && hasSmbMagic(bytes, 4);
}

/** True when fewer than 8 bytes could still begin one. */
export function mayBeginSmb(bytes: Uint8Array): boolean {
  return bytes[0] === SESSION_MESSAGE && (bytes.length < 5 || (bytes[4] as number) >= 0xfc);
}

/** FF 'SMB' for SMB 1, FE for SMB 2 and 3, FD encrypted, FC compressed. */
function hasSmbMagic(bytes: Uint8Array, at: number): boolean {
  return (
    (bytes[at] as number) >= 0xfc &&
    bytes[at + 1] === 0x53 &&
    bytes[at + 2] === 0x4d &&
    bytes[at + 3] === 0x42
  );
}

/** Cuts one direction of an SMB connection into messages. After lost bytes it looks for the next message. */
export class SmbMessageFramer implements StreamSink {
  readonly #events: MessageEvents;
  readonly #limit: number;
  readonly #queue = new ChunkQueue();
  #skip = 0;
  #synchronised = true;

  constructor(events: MessageEvents, maxMessageBytes: number) {
    this.#events = events;
    this.#limit = maxMessageBytes;
  }

  data(chunk: Chunk): void {
    const skipped = Math.min(this.#skip, chunk.bytes.length);
    this.#skip -= skipped;
    this.#queue.push(skipped === 0 ? chunk : { ...chunk, bytes: chunk.bytes.subarray(skipped) });
    while (this.#step(chunk.frame));
  }

  gap(length: number, frame: number): void {
    const rest = this.#skip > 0 ? this.#skip : this.#abandon();
    this.#skip = length <= rest ? rest - length : 0;
    if (length > rest) this.#synchronised = false;
    this.#events.lost(frame);
  }

  end(): void {
    this.#queue.clear();
  }

  #abandon(): number {
    const have = this.#queue.length;
    const rest = this.#synchronised && have >= 4 ? 4 + this.#messageLength() - have : 0;
    this.#queue.clear();
    return rest;
  }

  #messageLength(): number {
    const [, high = 0, middle = 0, low = 0] = this.#queue.peek(4);
    return (high << 16) | (middle << 8) | low;
  }

  #step(frame: number): boolean {
    if (this.#queue.length < 4) return false;
    if (!this.#synchronised && !this.#search()) return false;
    const [type] = this.#queue.peek(1);
    const length = this.#messageLength();
    const isControl = controlTypes.has(type as number) && length < 256;
    if (!isControl && !this.#isMessage(type as number, length)) {
      this.#synchronised = false;
      this.#events.lost(frame);
      return true;
    }
    if (this.#queue.length < 4 + length) return false;
    this.#queue.skip(4);
    if (length === 0) return true;
    const message = this.#queue.take(length);
    if (!isControl) this.#events.message(message);
    return true;
  }

  #isMessage(type: number, length: number): boolean {
    if (type !== SESSION_MESSAGE || length > this.#limit) return false;
    return this.#queue.length < 8 || length < 4 || hasSmbMagic(this.#queue.peek(8), 4);
  }

  #search(): boolean {
    const bytes = this.#queue.peek(this.#queue.length);
    const last = bytes.length - 8;
    for (let at = 0; at <= last; at++) {
      if (bytes[at] !== SESSION_MESSAGE || !hasSmbMagic(bytes, at + 4)) continue;
      this.#queue.skip(at);
      this.#synchronised = true;
      return true;
    }
    this.#queue.skip(Math.max(0, last + 1));
    return false;
  }
}
