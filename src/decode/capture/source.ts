/** Bytes read one after the other: a capture is never looked back at, so that it need not fit in memory. */
export interface ByteSource {
  /** The next `count` bytes without passing them; fewer when the end is nearer. */
  peek(count: number): Uint8Array;
  /** The next `count` bytes; fewer when the end is nearer. They stay as they are while someone holds them. */
  take(count: number): Uint8Array;
}

/** A capture: all its bytes, or a source of them. */
export type CaptureInput = Uint8Array | ByteSource;

export function sourceOf(input: CaptureInput): ByteSource {
  return input instanceof Uint8Array ? new MemorySource(input) : input;
}

class MemorySource implements ByteSource {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  peek(count: number): Uint8Array {
    return this.#bytes.subarray(this.#at, this.#at + count);
  }

  take(count: number): Uint8Array {
    const taken = this.peek(count);
    this.#at += taken.length;
    return taken;
  }
}

/** Small enough that a packet which is kept for long holds little besides itself. */
const CHUNK_BYTES = 256 * 1024;

/** Reads piece by piece; each piece lives as long as packets of it are held. */
export class ChunkSource implements ByteSource {
  readonly #read: (target: Uint8Array) => number;
  #chunk: Uint8Array = new Uint8Array(0);

  /** @param read fills the beginning of `target` and answers how many bytes; 0 at the end. */
  constructor(read: (target: Uint8Array) => number) {
    this.#read = read;
  }

  peek(count: number): Uint8Array {
    if (this.#chunk.length < count) this.#fill(count);
    return this.#chunk.subarray(0, count);
  }

  take(count: number): Uint8Array {
    const taken = this.peek(count);
    this.#chunk = this.#chunk.subarray(taken.length);
    return taken;
  }

  #fill(count: number): void {
    const next = new Uint8Array(Math.max(CHUNK_BYTES, count));
    next.set(this.#chunk);
    let length = this.#chunk.length;
    while (length < next.length) {
      const got = this.#read(next.subarray(length));
      if (got === 0) break;
      length += got;
    }
    this.#chunk = next.subarray(0, length);
  }
}
