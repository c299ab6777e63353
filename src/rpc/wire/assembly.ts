import { ComError, HResult, type Limits } from "../../base/index.ts";

/** Never allocated ahead of the data on a peer's word alone. */
const MOST_AHEAD = 256 * 1024;

/**
 * The stub of a message that comes in several fragments. At first it stays where the first fragment was received, and the others are
 * moved up to it; {@link own} copies it when that place is needed again.
 */
export class Assembly {
  readonly #limits: Limits;
  readonly #hint: number;
  #fragments = 1;
  bytes: Uint8Array;
  view: DataView;
  start: number;
  end: number;
  /** True while it lies in somebody else's buffer. */
  borrowed = true;

  /** Begins with the stub of the first fragment; `hint` is what the sender says the whole will have. */
  constructor(limits: Limits, hint: number, bytes: Uint8Array, view: DataView, start: number, end: number) {
    this.#limits = limits;
    this.#hint = hint;
    this.bytes = bytes;
    this.view = view;
    this.start = start;
    this.end = end;
  }

  /** Adds the stub of the next fragment. Throws RPC_S_PROTOCOL_ERROR beyond the limits. */
  append(bytes: Uint8Array, start: number, end: number): void {
    const count = end - start;
    const length = this.end - this.start + count;
    if (length > this.#limits.maxMessageBytes || ++this.#fragments > this.#limits.maxFragments) {
      throw new ComError(
        HResult.RPC_S_PROTOCOL_ERROR,
        `a message of more than ${this.#limits.maxMessageBytes} bytes or ${this.#limits.maxFragments} fragments`,
        { gate: "message size" },
      );
    }
    if (this.borrowed) {
      if (bytes === this.bytes) {
        bytes.copyWithin(this.end, start, end);
        this.end += count;
        return;
      }
      this.own();
    }
    if (length > this.bytes.length) this.#move(Math.max(length, this.bytes.length * 2));
    this.bytes.set(bytes.subarray(start, end), this.end);
    this.end += count;
  }

  /** Copies what is there, so that the buffer of the first fragment can be used again. */
  own(): void {
    if (!this.borrowed) return;
    this.borrowed = false;
    const ahead = Math.min(this.#hint, MOST_AHEAD, this.#limits.maxMessageBytes);
    this.#move(Math.max(4096, this.end - this.start, ahead));
  }

  #move(size: number): void {
    const bytes = new Uint8Array(size);
    bytes.set(this.bytes.subarray(this.start, this.end));
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
    this.end -= this.start;
    this.start = 0;
  }
}
