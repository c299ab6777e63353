import { randomUUID } from "node:crypto";
import { type BigIntStats, chmodSync, chownSync, statSync, unlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { ComError } from "../../base/index.ts";
import type { ByteStore } from "../bytes/byte-store.ts";
import { FileStore, storageError } from "../bytes/file-store.ts";
import { MemoryStore } from "../bytes/memory-store.ts";
import { headerBytes } from "../cfb/header.ts";
import { StgStatus } from "../status.ts";
import type { Mode } from "../stgm.ts";
import type { Opening, SharedFile } from "./session.ts";

/** A storage that is created in transacted mode where something is already: made elsewhere, and there from its first commit on. */
export interface Replacement {
  /** Puts it in the place of what was there. When it throws, it can be tried again. */
  publish(): void;
  /** What was there stays. */
  abandon(): void;
}

/**
 * A new file beside the old one, which takes its name: at every moment the name leads to all of one or of the other. It has the old one's permissions, and
 * its owner where this process may give files away.
 */
export class FileReplacement implements Replacement {
  /** The old file, which counts as open until it is replaced. */
  readonly #old: SharedFile;
  readonly #path: string;
  readonly #temporary: string;
  readonly #seen: string;
  readonly #opening: Opening;
  readonly store: FileStore;

  /** Throws STG_E_SHAREVIOLATION when somebody has the old file open who does not agree. `old` loses a user when this throws. */
  constructor(old: SharedFile, path: string, mode: Mode) {
    this.#old = old;
    this.#path = path;
    this.#temporary = join(dirname(path), `~df${randomUUID()}.tmp`);
    this.#opening = { mode };
    old.enter(this.#opening);
    try {
      const stat = statSync(path, { bigint: true });
      this.#seen = stateOf(stat);
      this.store = new FileStore(this.#temporary, "wx+", 0o600);
      allowLike(this.store, stat);
    } catch (error) {
      old.leave(this.#opening);
      throw storageError(error, path);
    }
  }

  publish(): void {
    this.#old.checkPriority(this.#opening);
    if (stateOf(statSync(this.#path, { bigint: true, throwIfNoEntry: false })) !== this.#seen)
      throw new ComError(StgStatus.NOTCURRENT, "the file was changed since its replacement was created");
    this.#exchange();
    this.#old.leave(this.#opening);
  }

  /** Windows puts no file in the place of one that is open: what nobody else has open is closed for that. */
  #exchange(): void {
    const isAlone = this.#old.users === 1;
    if (isAlone) this.#old.store.close();
    try {
      this.store.moveTo(this.#path);
    } catch (error) {
      if (isAlone) this.#old.moveTo(new FileStore(this.#path, "r+"));
      throw error;
    }
  }

  abandon(): void {
    this.#old.leave(this.#opening);
    removeFile(this.#temporary);
  }
}

function stateOf(stat: BigIntStats | undefined): string {
  return stat === undefined ? "" : `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}`;
}

/** Gives a new file the owner and the permissions of another. Nothing is left of it when this throws. */
function allowLike(store: FileStore, { uid, gid, mode }: BigIntStats): void {
  try {
    chownSync(store.path, Number(uid), Number(gid));
  } catch {
    // Only the system's administrator gives files away.
  }
  try {
    chmodSync(store.path, Number(mode) & 0o7777);
  } catch (error) {
    store.close();
    removeFile(store.path);
    throw error;
  }
}

/** Bytes in memory, written over those of somebody's lock bytes, which have no name to give to others: the header comes last. */
export class BytesReplacement implements Replacement {
  readonly #shared: SharedFile;
  readonly #target: ByteStore;
  readonly #image: MemoryStore;

  constructor(shared: SharedFile, limit: number) {
    this.#shared = shared;
    this.#target = shared.store;
    shared.store = this.#image = new MemoryStore(new Uint8Array(0), limit);
  }

  publish(): void {
    const target = this.#target;
    const { bytes } = this.#image;
    target.setSize(bytes.length);
    target.write(headerBytes, bytes.subarray(headerBytes));
    target.flush();
    target.write(0, bytes.subarray(0, headerBytes));
    target.flush();
    this.#shared.moveTo(target);
  }

  abandon(): void {
    this.#target.close();
  }
}

export function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Somebody was faster.
  }
}
