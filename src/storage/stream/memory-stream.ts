import { IStream, type STATSTG } from "../../com/gen/objidl.ts";
import { pointerTo } from "../../com/index.ts";
import type { Awaitable } from "../../ndr/index.ts";
import { MemoryStore } from "../bytes/memory-store.ts";
import { Stgty, makeStat } from "../stat.ts";
import { Stgm } from "../stgm.ts";
import { ByteStream } from "./byte-stream.ts";

/** A stream in memory; its clones share the bytes. */
export class MemoryStream extends ByteStream {
  readonly #store: MemoryStore;

  constructor(store: MemoryStore) {
    super(true, true);
    this.#store = store;
  }

  /** The bytes as they are now; valid until the next write. */
  get bytes(): Uint8Array {
    return this.#store.bytes;
  }

  protected get length(): number {
    return this.#store.size;
  }

  protected readAt(at: number, into: Uint8Array): number {
    return this.#store.read(at, into);
  }

  protected writeAt(at: number, bytes: Uint8Array): void {
    this.#store.write(at, bytes);
  }

  protected resize(size: number): void {
    this.#store.setSize(size);
  }

  protected check(): void {
    // Memory does not go away.
  }

  Commit(_grfCommitFlags: number): void {
    // There is nothing behind it.
  }

  Revert(): void {
    // Nothing is held back.
  }

  Stat(_grfStatFlag: number): STATSTG {
    return makeStat({ name: null, type: Stgty.STREAM, size: this.#store.size, mode: Stgm.READWRITE });
  }

  Clone(): Awaitable<IStream | null> {
    const clone = new MemoryStream(this.#store);
    clone.position = this.position;
    return pointerTo(clone, IStream);
  }
}

/**
 * A stream in memory, with `bytes` in it and standing at its beginning; the caller owns it (CreateStreamOnHGlobal, SHCreateMemStream). The bytes are
 * taken over. It grows up to `limit` bytes.
 */
export function createMemoryStream(bytes: Uint8Array = new Uint8Array(0), limit = 0x7fff_ffff): IStream {
  return pointerTo(new MemoryStream(new MemoryStore(bytes, limit)), IStream);
}
