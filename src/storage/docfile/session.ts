import { type Clock, ComError, systemClock, filetimeOf } from "../../base/index.ts";
import type { ByteStore } from "../bytes/byte-store.ts";
import { FileStore } from "../bytes/file-store.ts";
import { Volume } from "../cfb/volume.ts";
import { type StorageLimits, storageLimits } from "../limits.ts";
import type { Replacement } from "./replacement.ts";
import { StgStatus } from "../status.ts";
import type { Claim, Claims } from "../share/claims.ts";
import { Mode, Stgm, modesAgree } from "../stgm.ts";
import { Scope, Stgc } from "../tree/scope.ts";

/** What may be set when a storage is opened or created. */
export interface StorageOptions {
  /** Time stamps of storages. Default: the system's. */
  readonly clock?: Clock;
  readonly limits?: Partial<StorageLimits>;
  /** The machine (its folder) whose processes keep to each other's share modes. Default: the one this process belongs to, if there is its folder. */
  readonly home?: string;
}

/** What a claim on a file's share mode begins with; the mode follows. */
const claimed = "open-";

function modeOf({ text }: Claim): Mode | undefined {
  return text.startsWith(claimed) ? new Mode(Number.parseInt(text.slice(claimed.length), 16)) : undefined;
}

function shared(how: string): ComError {
  return new ComError(StgStatus.SHAREVIOLATION, `${how} in a mode that excludes this one`, {
    gate: "storage sharing",
  });
}

function awaited(who: string): ComError {
  return new ComError(StgStatus.LOCKVIOLATION, `${who} reads the file in priority mode`, {
    gate: "storage sharing",
  });
}

/** Somebody who has a file open. */
export interface Opening {
  readonly mode: Mode;
}

/** One compound file that this process has open, once or several times: what is known of it is known once. */
export class SharedFile {
  store: ByteStore;
  volume: Volume | undefined;
  /** What the first commit has to put in the place of something. */
  replacement: Replacement | undefined;
  /** Who has it open, and what tells other processes so. */
  readonly #openings = new Map<Opening, Disposable | undefined>();
  /** Takes the file out of the list of open ones. */
  readonly #forget: () => void;
  readonly #claims: Claims | undefined;
  #ended = false;

  constructor(store: ByteStore, forget: () => void, claims?: Claims) {
    this.store = store;
    this.#forget = forget;
    this.#claims = claims;
  }

  /** How many have it open. */
  get users(): number {
    return this.#openings.size;
  }

  /**
   * Somebody opens it. Throws STG_E_SHAREVIOLATION when others who have it open, here or in another process, do not agree. Who cannot tell the others (the
   * home is read-only, or full) may read still, and not write.
   */
  enter(opening: Opening): void {
    const { mode } = opening;
    for (const other of this.#openings.keys()) if (!modesAgree(other.mode, mode)) throw shared("it is open");
    const claim = this.#claim(mode);
    if (claim !== undefined && "pid" in claim) throw shared(`process ${claim.pid} has it open`);
    this.#openings.set(opening, claim);
  }

  #claim(mode: Mode): Disposable | Claim | undefined {
    const clashes = (other: Claim): boolean => {
      const there = modeOf(other);
      return there !== undefined && !modesAgree(there, mode);
    };
    try {
      return this.#claims?.claim(`${claimed}${mode.bits.toString(16)}`, clashes);
    } catch (error) {
      if (mode.writes) throw error;
      return this.#claims?.find(clashes);
    }
  }

  leave(opening: Opening): void {
    this.#openings.get(opening)?.[Symbol.dispose]();
    this.#openings.delete(opening);
    this.endUnused();
  }

  /** Throws STG_E_LOCKVIOLATION while somebody else reads with priority. */
  checkPriority(self: Opening): void {
    for (const other of this.#openings.keys())
      if (other !== self && other.mode.has(Stgm.PRIORITY)) throw awaited("somebody");
    const other = this.#claims?.find((claim) => modeOf(claim)?.has(Stgm.PRIORITY) === true);
    if (other !== undefined) throw awaited(`process ${other.pid}`);
  }

  /** What was created in the place of something else is there from now on. */
  publish(): void {
    this.replacement?.publish();
    this.replacement = undefined;
  }

  /** Goes on with the same bytes elsewhere. */
  moveTo(store: ByteStore): void {
    this.store = store;
    if (this.volume !== undefined) this.volume.store = store;
  }

  /** Closes the bytes when nobody has them open. */
  endUnused(): void {
    if (this.#ended || this.users > 0) return;
    this.#ended = true;
    this.#forget();
    try {
      this.store.close();
    } finally {
      this.replacement?.abandon();
    }
  }
}

/** A file opened once: from the root's opening to its release. */
export class Session implements Opening {
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

  /** Joins those who have the file open; `make` makes it anew first. `shared` may be left without users when this throws. */
  constructor(
    shared: SharedFile,
    mode: Mode,
    path: string | undefined,
    options: StorageOptions = {},
    make?: () => Volume,
  ) {
    this.shared = shared;
    this.mode = mode;
    this.path = path;
    this.clock = options.clock ?? systemClock;
    this.limits = { ...storageLimits, ...options.limits };
    shared.enter(this);
    try {
      if (make !== undefined) shared.volume = make();
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
    try {
      this.shared.leave(this);
    } finally {
      this.onClosed?.();
    }
  }

  /** The file's own times, where there is a file. */
  get times(): { readonly created: bigint; readonly accessed: bigint } | undefined {
    const { store } = this.shared;
    if (!(store instanceof FileStore)) return undefined;
    const { created, accessed } = store.times;
    return { created: filetimeOf(created), accessed: filetimeOf(accessed) };
  }
}
