import {
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { ComError } from "../../base/index.ts";
import { StgStatus } from "../status.ts";
import type { ByteStore } from "./byte-store.ts";

const blockShift = 16;
const blockSize = 1 << blockShift;
const blockCount = 8;
const runSize = 256 * 1024;

interface Block {
  at: number;
  readonly bytes: Uint8Array;
  length: number;
}

/** Blocks of files that were closed: the next one needs some. */
const spare: Uint8Array[] = [];

/**
 * A file, read and written at offsets. Writes that follow each other go out as one; small reads come from a few cached blocks. Nothing leaves its
 * order across a `flush`.
 */
export class FileStore implements ByteStore {
  #path: string;
  readonly writable: boolean;
  readonly #fd: number;
  #size: number;
  readonly #blocks: (Block | undefined)[] = Array.from({ length: blockCount });
  #run: Uint8Array | undefined;
  #runAt = 0;
  #runLength = 0;
  #open = true;

  /** `flags` as for fs.open: "r", "r+", "w+", "wx+"; `permissions` for a file that is made. */
  constructor(path: string, flags: "r" | "r+" | "w+" | "wx+", permissions = 0o666) {
    this.#path = path;
    this.writable = flags !== "r";
    this.#fd = attempt(path, () => openSync(path, flags, permissions));
    const stat = fstatSync(this.#fd);
    if (!stat.isFile()) {
      closeSync(this.#fd);
      throw new ComError(StgStatus.ACCESSDENIED, "not a file", { where: path });
    }
    this.#size = stat.size;
  }

  get path(): string {
    return this.#path;
  }

  get size(): number {
    return this.#size;
  }

  /** Device and inode: which file this is, whatever its name. */
  get identity(): string {
    const stat = fstatSync(this.#fd, { bigint: true });
    return `${stat.dev}:${stat.ino}`;
  }

  /** Modification, change and access time, milliseconds since 1970. */
  get times(): { readonly modified: number; readonly created: number; readonly accessed: number } {
    const stat = fstatSync(this.#fd);
    return { modified: stat.mtimeMs, created: stat.birthtimeMs, accessed: stat.atimeMs };
  }

  read(at: number, into: Uint8Array): number {
    if (this.#runLength > 0 && at < this.#runAt + this.#runLength && at + into.length > this.#runAt) {
      this.#writeRun();
    }
    const index = Math.floor(at / blockSize);
    if (into.length >= blockSize / 4 || Math.floor((at + into.length - 1) / blockSize) !== index) {
      return this.#readFile(at, into);
    }
    const block = this.#block(index);
    const from = at - block.at;
    const count = Math.min(into.length, Math.max(0, block.length - from));
    into.set(block.bytes.subarray(from, from + count));
    return count;
  }

  #block(index: number): Block {
    const slot = index % blockCount;
    let block = this.#blocks[slot];
    if (block === undefined)
      this.#blocks[slot] = block = { at: -1, bytes: spare.pop() ?? new Uint8Array(blockSize), length: 0 };
    if (block.at !== index * blockSize) {
      // What waits to be written belongs into the block as well.
      if (this.#runLength > 0) this.#writeRun();
      block.at = -1;
      block.length = this.#readFile(index * blockSize, block.bytes);
      block.at = index * blockSize;
    }
    return block;
  }

  #readFile(at: number, into: Uint8Array): number {
    return attempt(this.#path, () => {
      let done = 0;
      while (done < into.length) {
        const count = readSync(this.#fd, into, done, into.length - done, at + done);
        if (count === 0) break;
        done += count;
      }
      return done;
    });
  }

  write(at: number, bytes: Uint8Array): void {
    this.#forget(at, bytes.length);
    if (at + bytes.length > this.#size) this.#size = at + bytes.length;
    if (this.#runLength > 0 && at !== this.#runAt + this.#runLength) this.#writeRun();
    if (bytes.length >= runSize / 2) {
      this.#writeRun();
      this.#writeFile(at, bytes);
      return;
    }
    if (this.#runLength + bytes.length > runSize) this.#writeRun();
    this.#run ??= new Uint8Array(runSize);
    if (this.#runLength === 0) this.#runAt = at;
    this.#run.set(bytes, this.#runLength);
    this.#runLength += bytes.length;
  }

  #forget(at: number, length: number): void {
    for (const block of this.#blocks) {
      if (block !== undefined && block.at >= 0 && at < block.at + blockSize && at + length > block.at)
        block.at = -1;
    }
  }

  #writeRun(): void {
    const length = this.#runLength;
    if (length === 0 || this.#run === undefined) return;
    this.#runLength = 0;
    this.#writeFile(this.#runAt, this.#run.subarray(0, length));
  }

  #writeFile(at: number, bytes: Uint8Array): void {
    attempt(this.#path, () => {
      let done = 0;
      while (done < bytes.length) done += writeSync(this.#fd, bytes, done, bytes.length - done, at + done);
    });
  }

  setSize(size: number): void {
    this.#writeRun();
    this.refresh();
    attempt(this.#path, () => ftruncateSync(this.#fd, size));
    this.#size = size;
  }

  flush(): void {
    this.#writeRun();
    attempt(this.#path, () => fsyncSync(this.#fd));
  }

  push(): void {
    this.#writeRun();
  }

  /** Gives the file another's name, whole and, where the system can, durable; the other is no more. When it throws, nothing is changed. */
  moveTo(path: string): void {
    this.flush();
    attempt(path, () => renameSync(this.#path, path));
    this.#path = path;
    flushFolder(dirname(path));
  }

  refresh(): void {
    for (const block of this.#blocks) if (block !== undefined) block.at = -1;
    this.#size = Math.max(fstatSync(this.#fd).size, this.#runLength > 0 ? this.#size : 0);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    for (const block of this.#blocks) {
      if (block !== undefined && spare.length < blockCount) spare.push(block.bytes);
    }
    this.#blocks.fill(undefined);
    try {
      this.#writeRun();
    } finally {
      closeSync(this.#fd);
    }
  }
}

/** Makes a new name durable, where folders can be told to: not on Windows, on some network drives, and where a folder may not be read. */
function flushFolder(path: string): void {
  let fd: number | undefined;
  try {
    fd = openSync(path, "r");
    fsyncSync(fd);
  } catch {
    // The name is there all the same.
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** The platform's errors and what storage calls them. */
const statuses: Readonly<Record<string, number>> = {
  ENOENT: StgStatus.FILENOTFOUND,
  ENOTDIR: StgStatus.PATHNOTFOUND,
  EACCES: StgStatus.ACCESSDENIED,
  EPERM: StgStatus.ACCESSDENIED,
  EISDIR: StgStatus.ACCESSDENIED,
  EROFS: StgStatus.DISKISWRITEPROTECTED,
  EEXIST: StgStatus.FILEALREADYEXISTS,
  ENOSPC: StgStatus.MEDIUMFULL,
  EDQUOT: StgStatus.MEDIUMFULL,
  EFBIG: StgStatus.MEDIUMFULL,
  EBUSY: StgStatus.LOCKVIOLATION,
};

function attempt<T>(path: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw storageError(error, path);
  }
}

/** An error of the file system in storage's words. */
export function storageError(error: unknown, where: string): ComError {
  if (error instanceof ComError) return error;
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
  const message = error instanceof Error ? error.message : String(error);
  const status = statuses[code] ?? StgStatus.READFAULT;
  return new ComError(status, message, { cause: error, where });
}
