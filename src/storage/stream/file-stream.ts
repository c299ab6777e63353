import { filetimeOf } from "../../base/index.ts";
import { IStream, type STATSTG } from "../../com/gen/objidl.ts";
import { pointerTo } from "../../com/index.ts";
import type { Awaitable } from "../../ndr/index.ts";
import { FileStore } from "../bytes/file-store.ts";
import { Stgty, makeStat, noName } from "../stat.ts";
import { Stgm } from "../stgm.ts";
import { ByteStream } from "./byte-stream.ts";

/** The file that a stream and its clones share. */
interface Shared {
  readonly store: FileStore;
  users: number;
}

/** A file as a stream; its clones share it. */
class FileStream extends ByteStream {
  readonly #shared: Shared;

  constructor(shared: Shared) {
    super(true, shared.store.writable);
    this.#shared = shared;
    shared.users++;
  }

  protected get length(): number {
    return this.#shared.store.size;
  }

  protected readAt(at: number, into: Uint8Array): number {
    return this.#shared.store.read(at, into);
  }

  protected writeAt(at: number, bytes: Uint8Array): void {
    this.#shared.store.write(at, bytes);
  }

  protected resize(size: number): void {
    this.#shared.store.setSize(size);
  }

  protected check(): void {
    // The file is open as long as somebody has a stream.
  }

  Commit(_grfCommitFlags: number): void {
    this.#shared.store.flush();
  }

  Revert(): void {
    // Nothing is held back.
  }

  Stat(grfStatFlag: number): STATSTG {
    const { store } = this.#shared;
    const { modified, created, accessed } = store.times;
    return makeStat({
      name: grfStatFlag === noName ? null : store.path,
      type: Stgty.STREAM,
      size: store.size,
      modified: filetimeOf(modified),
      created: filetimeOf(created),
      accessed: filetimeOf(accessed),
      mode: store.writable ? Stgm.READWRITE : Stgm.READ,
    });
  }

  Clone(): Awaitable<IStream | null> {
    const clone = new FileStream(this.#shared);
    clone.position = this.position;
    return pointerTo(clone, IStream);
  }

  finalRelease(): void {
    if (--this.#shared.users === 0) this.#shared.store.close();
  }
}

/** A file as a stream; the caller owns it (SHCreateStreamOnFileEx). `mode` is STGM_READ or STGM_READWRITE, with STGM_CREATE to make it empty. */
export function openFileStream(path: string, mode: number = Stgm.READ): IStream {
  const flags = (mode & 3) === Stgm.READ ? "r" : (mode & Stgm.CREATE) !== 0 ? "w+" : "r+";
  return pointerTo(new FileStream({ store: new FileStore(path, flags), users: 0 }), IStream);
}
