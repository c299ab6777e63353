import { ComError } from "../../base/index.ts";
import { StgStatus } from "../status.ts";
import type { ByteStore } from "./byte-store.ts";

/** Bytes in memory, growing by doubling. */
export class MemoryStore implements ByteStore {
  readonly #limit: number;
  #bytes: Uint8Array;
  #size: number;

  /** Takes `bytes` over. */
  constructor(bytes: Uint8Array = new Uint8Array(0), limit = 0x7fff_ffff) {
    this.#bytes = bytes;
    this.#size = bytes.length;
    this.#limit = limit;
  }

  get size(): number {
    return this.#size;
  }

  /** A view of the content; valid until the next write. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#size);
  }

  read(at: number, into: Uint8Array): number {
    const count = Math.min(into.length, Math.max(0, this.#size - at));
    if (count > 0) into.set(this.#bytes.subarray(at, at + count));
    return count;
  }

  write(at: number, bytes: Uint8Array): void {
    const end = at + bytes.length;
    if (end > this.#size) this.setSize(end);
    this.#bytes.set(bytes, at);
  }

  setSize(size: number): void {
    if (size > this.#limit) {
      throw new ComError(StgStatus.MEDIUMFULL, `${size} bytes are more than the ${this.#limit} allowed`);
    }
    if (size > this.#bytes.length) {
      const grown = new Uint8Array(Math.min(this.#limit, Math.max(size, this.#bytes.length * 2, 512)));
      grown.set(this.#bytes.subarray(0, this.#size));
      this.#bytes = grown;
    } else if (size < this.#size) {
      this.#bytes.fill(0, size, this.#size);
    }
    this.#size = size;
  }

  flush(): void {
    // Memory has nothing to wait for.
  }

  close(): void {
    this.#bytes = new Uint8Array(0);
    this.#size = 0;
  }
}
