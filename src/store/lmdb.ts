import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type RootDatabase, type Transaction as ReadTransaction, open } from "lmdb";
import { type Clock, ComError, HResult, systemClock } from "../base/index.ts";
import { boundsOf, changesKey, checkValue, countOf, fullKey, nextCount, ownKey } from "./layout.ts";
import type { Entry, Range, Store, Transaction, View } from "./store.ts";
import { TableWatcher } from "./watcher.ts";

export interface StoreOptions {
  /** The folder of the store; made when it is not there, for its owner alone. */
  readonly path: string;
  readonly clock?: Clock;
  /** How often another process's changes are looked for when the file system does not tell, milliseconds. Default: 200. */
  readonly pollInterval?: number;
}

/** Opens a durable store (LMDB). Several processes may have it open. */
export async function openStore(options: StoreOptions): Promise<Store> {
  await mkdir(options.path, { recursive: true, mode: 0o700 });
  const database = open<Buffer, Buffer>({
    path: options.path,
    noSubdir: false,
    encoding: "binary",
    keyEncoding: "binary",
    // A commit that was answered is on the disk, not on its way there.
    overlappingSync: false,
    maxReaders: 1024,
  });
  await keepPrivate(options.path);
  return new LmdbStore(database, options);
}

/** LMDB makes its files as the mask allows; the registry says which programs are started, so nobody else may write them. */
async function keepPrivate(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  for (const name of ["data.mdb", "lock.mdb"]) {
    await chmod(join(folder, name), 0o600).catch(() => undefined); // not ours: its owner has decided
  }
}

class LmdbStore implements Store {
  readonly #database: RootDatabase<Buffer, Buffer>;
  readonly #watcher: TableWatcher;
  readonly #changesKeys = new Map<string, Buffer>();
  readonly #pending = new Set<Promise<unknown>>();
  #closed: Promise<void> | undefined;

  constructor(database: RootDatabase<Buffer, Buffer>, options: StoreOptions) {
    this.#database = database;
    this.#watcher = new TableWatcher(
      options.path,
      options.clock ?? systemClock,
      options.pollInterval ?? 200,
      (table) => this.changes(table),
    );
  }

  changes(table: string): bigint {
    this.#assertOpen();
    let key = this.#changesKeys.get(table);
    if (key === undefined) this.#changesKeys.set(table, (key = changesKey(table)));
    this.#database.resetReadTxn();
    return countOf(this.#database.getBinaryFast(key));
  }

  read<T>(run: (view: View) => T): T {
    this.#assertOpen();
    // What other processes committed meanwhile is to be seen.
    this.#database.resetReadTxn();
    const transaction = this.#database.useReadTransaction();
    try {
      return run(this.#view(transaction));
    } finally {
      transaction.done();
    }
  }

  async write<T>(run: (transaction: Transaction) => T): Promise<T> {
    this.#assertOpen();
    const touched = new Set<string>();
    // A child transaction, because several writes share one commit and each may fail alone.
    const work = this.#database.childTransaction(() => {
      const value = run(this.#transaction(touched));
      for (const table of touched) {
        const key = changesKey(table);
        this.#database.putSync(key, Buffer.from(nextCount(this.#database.get(key))));
      }
      return { value };
    });
    this.#pending.add(work);
    try {
      return (await work).value;
    } finally {
      this.#pending.delete(work);
      if (touched.size > 0 && this.#closed === undefined) this.#watcher.look();
    }
  }

  watch(table: string, listener: () => void): Disposable {
    this.#assertOpen();
    return this.#watcher.add(table, listener);
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#watcher.stop();
    await Promise.allSettled(this.#pending);
    await this.#database.close();
  }

  #assertOpen(): void {
    if (this.#closed !== undefined) throw new ComError(HResult.E_UNEXPECTED, "the store is closed");
  }

  #view(transaction: ReadTransaction | undefined): View {
    const options = transaction === undefined ? undefined : { transaction };
    return {
      get: (table, key) => plain(this.#database.get(fullKey(table, key), options)),
      range: (table, range) => this.#range(table, range ?? {}, options),
    };
  }

  #range(table: string, range: Range, options: { transaction: ReadTransaction } | undefined): Entry[] {
    const { start, end } = boundsOf(table, range);
    const limit = range.limit === undefined ? {} : { limit: range.limit };
    // Backwards, LMDB's range begins with its (excluded) upper end and ends with its (included) lower one.
    const places =
      range.reverse === true
        ? { start: end, end: start, reverse: true, exclusiveStart: true, inclusiveEnd: true }
        : { start, end };
    const entries: Entry[] = [];
    for (const { key, value } of this.#database.getRange({ ...places, ...limit, ...options })) {
      entries.push({ key: ownKey(table, key), value: new Uint8Array(value) });
    }
    return entries;
  }

  #transaction(touched: Set<string>): Transaction {
    return {
      ...this.#view(undefined),
      put: (table, key, value) => {
        checkValue(value);
        this.#database.putSync(
          fullKey(table, key),
          Buffer.from(value.buffer, value.byteOffset, value.byteLength),
        );
        touched.add(table);
      },
      delete: (table, key) => {
        const existed = this.#database.removeSync(fullKey(table, key));
        if (existed) touched.add(table);
        return existed;
      },
    };
  }
}

function plain(value: Buffer | undefined): Uint8Array | undefined {
  return value === undefined ? undefined : new Uint8Array(value);
}
