/** One key and its value. */
export interface Entry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Which entries of a table, in key order (bytes compared as unsigned numbers). */
export interface Range {
  /** First key, included. */
  readonly start?: Uint8Array;
  /** First key that is no longer included. */
  readonly end?: Uint8Array;
  /** Only keys that begin with these bytes; instead of `start` and `end`. */
  readonly prefix?: Uint8Array;
  /** From the last to the first. */
  readonly reverse?: boolean;
  readonly limit?: number;
}

/** A consistent view of the store. Valid only within the function it was given to. */
export interface View {
  get(table: string, key: Uint8Array): Uint8Array | undefined;
  range(table: string, range?: Range): Entry[];
}

/** A view that can change what it shows; it sees its own changes. */
export interface Transaction extends View {
  /** Throws E_INVALIDARG for a key or value over the limits. */
  put(table: string, key: Uint8Array, value: Uint8Array): void;
  /** Answers whether the key was there. */
  delete(table: string, key: Uint8Array): boolean;
}

/**
 * Ordered keys and values in named tables, transactional and durable. One store is one file folder, which several processes share.
 * Tables need no creation; their names are the program's own, never a user's.
 */
export interface Store extends AsyncDisposable {
  /** Runs `run` on a snapshot: what others commit meanwhile is not seen. Synchronous. */
  read<T>(run: (view: View) => T): T;
  /**
   * Runs `run` alone among all writers of all processes, then commits. When the promise resolves, the changes are on disk and survive kill -9 and
   * power loss; when `run` throws, nothing of it remains and the promise rejects with what it threw. `run` is synchronous.
   * Transactions that are asked for in the same moment share one trip to the disk.
   */
  write<T>(run: (transaction: Transaction) => T): Promise<T>;
  /** How many committed transactions have changed a table, whichever process made them: cheap enough to be asked before each use of something remembered. */
  changes(table: string): bigint;
  /**
   * Calls `listener` after each change of a table, whichever process made it; several changes may be told at once. Changes of this store object are
   * told at once, those of others usually within milliseconds and at the latest after the store's poll interval.
   */
  watch(table: string, listener: () => void): Disposable;
  /** Waits for what is being written and closes. */
  close(): Promise<void>;
}

export interface StoreLimits {
  /** Longest key, bytes (LMDB's pages hold no longer ones). */
  readonly maxKeyBytes: number;
  /** Largest value, bytes. Stops a peer from filling the disk with one entry. */
  readonly maxValueBytes: number;
}

export const storeLimits: StoreLimits = { maxKeyBytes: 1800, maxValueBytes: 256 * 1024 * 1024 };
