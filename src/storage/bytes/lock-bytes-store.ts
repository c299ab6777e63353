import { ComError } from "../../base/index.ts";
import type { ILockBytes } from "../../com/gen/objidl.ts";
import { StgStatus } from "../status.ts";
import type { ByteStore } from "./byte-store.ts";
import { MemoryStore } from "./memory-store.ts";

/** Most bytes of one ReadAt or WriteAt. */
const piece = 1024 * 1024;

/** Somebody's lock bytes that answer at once. Holds no reference: the caller sees to it. */
export class LockBytesStore implements ByteStore {
  readonly #bytes: ILockBytes;
  #size: number;

  constructor(bytes: ILockBytes, size: number) {
    this.#bytes = bytes;
    this.#size = size;
  }

  get size(): number {
    return this.#size;
  }

  read(at: number, into: Uint8Array): number {
    let done = 0;
    while (done < into.length) {
      const wanted = Math.min(piece, into.length - done);
      const { pv, pcbRead } = atOnce(this.#bytes.ReadAt(BigInt(at + done), wanted));
      if (pcbRead === 0) break;
      into.set(pv.length > pcbRead ? pv.subarray(0, pcbRead) : pv, done);
      done += pcbRead;
    }
    return done;
  }

  write(at: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; done += piece) {
      const part = bytes.subarray(done, done + piece);
      const written = atOnce(this.#bytes.WriteAt(BigInt(at + done), part, part.length));
      if (written !== part.length) throw shortWrite(written, part.length);
    }
    this.#size = Math.max(this.#size, at + bytes.length);
  }

  setSize(size: number): void {
    atOnce(this.#bytes.SetSize(BigInt(size)));
    this.#size = size;
  }

  flush(): void {
    atOnce(this.#bytes.Flush());
  }

  close(): void {
    this.#bytes.Release();
  }
}

function shortWrite(written: number, wanted: number): ComError {
  return new ComError(StgStatus.MEDIUMFULL, `the lock bytes took ${written} of ${wanted} bytes`);
}

function atOnce<T>(value: T | Promise<T>): T {
  if (!(value instanceof Promise)) return value;
  value.catch(() => {});
  throw new ComError(
    StgStatus.INVALIDFUNCTION,
    "these lock bytes answered at once when they were opened, and no longer do",
  );
}

type Step = (bytes: ILockBytes) => Promise<unknown>;

/**
 * Lock bytes that answer later (in another apartment, process or machine): all of them in memory, and every change sent after in its order.
 */
export class ImageStore implements ByteStore {
  readonly #bytes: ILockBytes;
  readonly #image: MemoryStore;
  #steps: Step[] = [];
  #running: Promise<void> | undefined;
  #failure: unknown;

  private constructor(bytes: ILockBytes, image: MemoryStore) {
    this.#bytes = bytes;
    this.#image = image;
  }

  /** Reads everything; throws STG_E_MEDIUMFULL beyond `limit` bytes. */
  static async load(bytes: ILockBytes, size: number, limit: number): Promise<ImageStore> {
    if (size > limit) {
      throw new ComError(
        StgStatus.MEDIUMFULL,
        `lock bytes elsewhere are held in memory: ${size} are more than ${limit}`,
      );
    }
    const all = new Uint8Array(size);
    for (let at = 0; at < size;) {
      const { pv, pcbRead } = await bytes.ReadAt(BigInt(at), Math.min(piece, size - at));
      if (pcbRead === 0) break;
      all.set(pv.subarray(0, Math.min(pcbRead, size - at)), at);
      at += pcbRead;
    }
    return new ImageStore(bytes, new MemoryStore(all, limit));
  }

  get size(): number {
    return this.#image.size;
  }

  read(at: number, into: Uint8Array): number {
    return this.#image.read(at, into);
  }

  write(at: number, bytes: Uint8Array): void {
    this.#image.write(at, bytes);
    for (let done = 0; done < bytes.length; done += piece) {
      const part = bytes.slice(done, done + piece);
      this.#steps.push(async (target) => {
        const written = await target.WriteAt(BigInt(at + done), part, part.length);
        if (written !== part.length) throw shortWrite(written, part.length);
      });
    }
  }

  setSize(size: number): void {
    this.#image.setSize(size);
    this.#steps.push(async (target) => target.SetSize(BigInt(size)));
  }

  flush(): void {
    this.#steps.push(async (target) => target.Flush());
  }

  /** After a failure nothing is sent any more: what is there stays in the state before or after a commit. */
  drain(): Promise<void> | undefined {
    if (this.#failure !== undefined) return Promise.reject(ComError.from(this.#failure));
    if (this.#steps.length === 0) return this.#running;
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #run(): Promise<void> {
    try {
      while (this.#steps.length > 0) {
        const steps = this.#steps;
        this.#steps = [];
        for (const step of steps) await step(this.#bytes);
      }
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }

  close(): void {
    this.#bytes.Release();
  }
}
