import type { Chunk } from "./chunk.ts";

/** A run of bytes taken from a stream, and the frame in which it became complete. */
export interface Taken {
  readonly bytes: Uint8Array;
  /** The latest frame among those that carried the bytes. */
  readonly frame: number;
  readonly time: bigint;
}

/** The bytes of a stream not yet consumed; each byte knows its frame. */
export class ChunkQueue {
  #chunks: Chunk[] = [];
  /** Index of the first chunk with unread bytes, and the offset in it. */
  #first = 0;
  #offset = 0;
  length = 0;

  push(chunk: Chunk): void {
    if (chunk.bytes.length === 0) return;
    this.#chunks.push(chunk);
    this.length += chunk.bytes.length;
  }

  /** The next `n` bytes without consuming them; `n` must not exceed `length`. */
  peek(n: number): Uint8Array {
    const chunk = this.#chunks[this.#first];
    if (chunk !== undefined && chunk.bytes.length - this.#offset >= n) {
      return chunk.bytes.subarray(this.#offset, this.#offset + n);
    }
    return this.#copy(n);
  }

  /** Consumes the next `n` bytes; `n` must not exceed `length` and be at least 1. */
  take(n: number): Taken {
    const bytes = this.peek(n);
    const last = this.#advance(n);
    return { bytes, frame: last.frame, time: last.time };
  }

  skip(n: number): void {
    if (n > 0) this.#advance(Math.min(n, this.length));
  }

  clear(): void {
    this.#chunks = [];
    this.#first = 0;
    this.#offset = 0;
    this.length = 0;
  }

  #copy(n: number): Uint8Array {
    const out = new Uint8Array(n);
    let done = 0;
    let offset = this.#offset;
    for (let i = this.#first; done < n; i++) {
      const chunk = this.#chunks[i] as Chunk;
      const part = chunk.bytes.subarray(offset, offset + n - done);
      out.set(part, done);
      done += part.length;
      offset = 0;
    }
    return out;
  }

  /** Steps over `n` bytes; the chunk of the highest frame number among them comes back. */
  #advance(n: number): Chunk {
    let latest = this.#chunks[this.#first] as Chunk;
    let left = n;
    while (left > 0) {
      const chunk = this.#chunks[this.#first] as Chunk;
      if (chunk.frame > latest.frame) latest = chunk;
      const step = Math.min(left, chunk.bytes.length - this.#offset);
      left -= step;
      this.#offset += step;
      if (this.#offset === chunk.bytes.length) {
        this.#first++;
        this.#offset = 0;
      }
    }
    this.length -= n;
    this.#compact();
    return latest;
  }

  /** Forgets consumed chunks, now and then so that the cost stays constant per chunk. */
  #compact(): void {
    if (this.#first === this.#chunks.length) this.#chunks = [];
    else if (this.#first > 64 && this.#first * 2 > this.#chunks.length)
      this.#chunks = this.#chunks.slice(this.#first);
    else return;
    this.#first = 0;
  }
}
