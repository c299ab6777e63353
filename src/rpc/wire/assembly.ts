import { ByteReader, ComError, HResult, type Limits } from "../../base/index.ts";

/** Never allocated ahead of the data on a peer's word alone. */
const MOST_AHEAD = 256 * 1024;

/** The stub of a message that comes in several fragments. */
export class Assembly {
  readonly #limits: Limits;
  #bytes: Uint8Array;
  #length = 0;
  #fragments = 0;

  /** `hint` is what the sender says is coming. */
  constructor(limits: Limits, hint: number) {
    this.#limits = limits;
    this.#bytes = new Uint8Array(Math.max(4096, Math.min(hint, MOST_AHEAD, limits.maxMessageBytes)));
  }

  /** Throws RPC_S_PROTOCOL_ERROR beyond the limits. */
  append(bytes: Uint8Array, start: number, end: number): void {
    const length = this.#length + end - start;
    if (length > this.#limits.maxMessageBytes || ++this.#fragments > this.#limits.maxFragments) {
      throw new ComError(
        HResult.RPC_S_PROTOCOL_ERROR,
        `a message of more than ${this.#limits.maxMessageBytes} bytes or ${this.#limits.maxFragments} fragments`,
        { gate: "message size" },
      );
    }
    if (length > this.#bytes.length) this.#grow(length);
    this.#bytes.set(bytes.subarray(start, end), this.#length);
    this.#length = length;
  }

  #grow(needed: number): void {
    const bytes = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    bytes.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = bytes;
  }

  /** A reader of the whole stub. */
  reader(littleEndian: boolean): ByteReader {
    return new ByteReader(this.#bytes, 0, this.#length, littleEndian);
  }
}
