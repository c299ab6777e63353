import { type Clock, ComError, systemClock, filetimeOf } from "../../base/index.ts";
import type { ByteStore } from "../bytes/byte-store.ts";
import { FileStore } from "../bytes/file-store.ts";
import { Volume } from "../cfb/volume.ts";
import { type StorageLimits, storageLimits } from "../limits.ts";
import { StgStatus } from "../status.ts";
import { type Mode, Stgm, modesAgree } from "../stgm.ts";
import { Scope, Stgc } from "../tree/scope.ts";

/** What may be set when a storage is opened or created. */
export interface StorageOptions {
  /** Time stamps of storages. Default: the system's. */
  readonly clock?: Clock;
  readonly limits?: Partial<StorageLimits>;
}

/** One compound file that this process has open, once or several times: what is known of it is known once. */
export class SharedFile {
  store: ByteStore;
  volume: Volume | undefined;
  readonly sessions: Set<Session> = new Set();
  /** Takes the file out of the list of open ones. */
  readonly #forget: () => void;
  #ended = false;

  constructor(store: ByteStore, forget: () => void) {
    this.store = store;
    this.#forget = forget;
  }

  /** Throws STG_E_SHAREVIOLATION when somebody who has it open does not agree. */
  admit(mode: Mode): void {
    for (const { mode: other } of this.sessions) {
      if (!modesAgree(other, mode)) {
        throw new ComError(StgStatus.SHAREVIOLATION, "the file is open in a mode that excludes this one", {
          gate: "storage sharing",
        });
      }
    }
  }

  leave(session: Session): void {
    this.sessions.delete(session);
    this.endUnused();
  }

  /** Closes the bytes when nobody has them open. */
  endUnused(): void {
    if (this.#ended || this.sessions.size > 0) return;
    this.#ended = true;
    this.#forget();
    this.store.close();
  }
}

/** A file opened once: from the root's opening to its release. */
export class Session {
  readonly shared: SharedFile;
  readonly mode: Mode;
  readonly clock: Clock;
  readonly limits: StorageLimits;
  readonly scope: Scope;
  /** The file's name; undefined when the bytes are not a file. */
  path: string | undefined;
  /** Runs when everything is over (DELETEONRELEASE). */
  onClosed: (() => void) | undefined;
  #open = true;

  /** Joins those who have the file open. `shared` loses a user again when this throws. */
  constructor(shared: SharedFile, mode: Mode, path: string | undefined, options: StorageOptions = {}) {
    this.shared = shared;
    this.mode = mode;
    this.path = path;
    this.clock = options.clock ?? systemClock;
    this.limits = { ...storageLimits, ...options.limits };
    shared.admit(mode);
    shared.sessions.add(this);
    try {
      shared.volume ??= Volume.open(shared.store, this.limits);
      // A reader beside a writer has to have a snapshot, whatever it calls its mode.
      this.scope = new Scope(shared.volume, undefined, !mode.has(Stgm.TRANSACTED) && mode.writes);
    } catch (error) {
      shared.leave(this);
      throw error;
    }
  }

  get volume(): Volume {
    return this.scope.volume;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  now(): bigint {
    return filetimeOf(this.clock.now());
  }

  /** Throws STG_E_LOCKVIOLATION while somebody reads with priority. */
  checkCommit(): void {
    for (const other of this.shared.sessions) {
      if (other === this || !other.mode.has(Stgm.PRIORITY)) continue;
      throw new ComError(StgStatus.LOCKVIOLATION, "somebody reads the file in priority mode", {
        gate: "storage sharing",
      });
    }
  }

  /** Writes the file's state, when what is changed through this opening goes there without being asked. */
  flushDirect(flags: number = Stgc.DEFAULT): void {
    if (this.scope.direct && this.mode.writes) this.scope.commit(flags);
  }

  /** A result once its bytes have arrived, where that takes time. */
  settle<T>(value: T): T | Promise<T> {
    const pending = this.shared.store.drain?.();
    return pending === undefined ? value : pending.then(() => value);
  }

  /** Ends the session: direct changes are written, others forgotten. */
  close(): void | Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    try {
      // Of a new file that nobody asked to be committed there is no old state to keep.
      const flags = this.volume.virgin ? Stgc.DANGEROUSLYCOMMITMERELYTODISKCACHE : Stgc.DEFAULT;
      if (this.volume.broken === undefined) this.flushDirect(flags);
      this.scope.close();
      if (this.mode.writes) this.volume.trim();
    } catch (error) {
      this.#leave();
      throw error;
    }
    const pending = this.shared.store.drain?.();
    if (pending === undefined) this.#leave();
    else return pending.finally(() => this.#leave());
  }

  #leave(): void {
    this.scope.close();
    this.shared.leave(this);
    this.onClosed?.();
  }

  /** The file's own times, where there is a file. */
  get times(): { readonly created: bigint; readonly accessed: bigint } | undefined {
    const { store } = this.shared;
    if (!(store instanceof FileStore)) return undefined;
    const { created, accessed } = store.times;
    return { created: filetimeOf(created), accessed: filetimeOf(accessed) };
  }
}
