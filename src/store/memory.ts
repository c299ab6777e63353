import { ComError, HResult } from "../base/index.ts";
import { boundsOf, checkValue, fullKey, ownKey } from "./layout.ts";
import type { Entry, Range, Store, Transaction, View } from "./store.ts";

/** A store without a disk, for tests: same contract, nothing survives. */
export class MemoryStore implements Store {
  /** Keys as Latin-1 text, whose order is the bytes' order, in that order. */
  readonly #keys: string[] = [];
  readonly #values = new Map<string, Uint8Array>();
  readonly #changes = new Map<string, bigint>();
  readonly #listeners = new Map<string, Set<() => void>>();
  #closed = false;
  #writing = false;

  read<T>(run: (view: View) => T): T {
    this.#assertOpen();
    return run(this.#view());
  }

  async write<T>(run: (transaction: Transaction) => T): Promise<T> {
    // A turn later, as a real store: nobody may rely on the change being there at once.
    await Promise.resolve();
    this.#assertOpen();
    if (this.#writing) throw new ComError(HResult.E_UNEXPECTED, "a transaction within a transaction");
    const undo: (() => void)[] = [];
    const touched = new Set<string>();
    this.#writing = true;
    let result: T;
    try {
      result = run(this.#transaction(undo, touched));
    } catch (error) {
      for (const step of undo.toReversed()) step();
      throw error;
    } finally {
      this.#writing = false;
    }
    for (const table of touched) this.#changes.set(table, this.changes(table) + 1n);
    for (const table of touched) for (const listener of this.#listeners.get(table) ?? []) listener();
    return result;
  }

  changes(table: string): bigint {
    this.#assertOpen();
    return this.#changes.get(table) ?? 0n;
  }

  watch(table: string, listener: () => void): Disposable {
    let listeners = this.#listeners.get(table);
    if (listeners === undefined) this.#listeners.set(table, (listeners = new Set()));
    listeners.add(listener);
    return { [Symbol.dispose]: () => void listeners.delete(listener) };
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#listeners.clear();
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #assertOpen(): void {
    if (this.#closed) throw new ComError(HResult.E_UNEXPECTED, "the store is closed");
  }

  #view(): View {
    return {
      get: (table, key) => this.#values.get(text(fullKey(table, key)))?.slice(),
      range: (table, range) => this.#range(table, range ?? {}),
    };
  }

  #range(table: string, range: Range): Entry[] {
    const bounds = boundsOf(table, range);
    const keys = this.#keys.slice(this.#place(text(bounds.start)), this.#place(text(bounds.end)));
    if (range.reverse === true) keys.reverse();
    return keys.slice(0, range.limit).map((key) => ({
      key: ownKey(table, Buffer.from(key, "latin1")),
      value: (this.#values.get(key) ?? new Uint8Array(0)).slice(),
    }));
  }

  #transaction(undo: (() => void)[], touched: Set<string>): Transaction {
    const change = (table: string, key: Uint8Array, value: Uint8Array | undefined): boolean => {
      const place = text(fullKey(table, key));
      const before = this.#values.get(place);
      undo.push(() => this.#set(place, before));
      this.#set(place, value);
      if (value !== undefined || before !== undefined) touched.add(table);
      return before !== undefined;
    };
    return {
      ...this.#view(),
      put: (table, key, value) => {
        checkValue(value);
        change(table, key, value.slice());
      },
      delete: (table, key) => change(table, key, undefined),
    };
  }

  #set(key: string, value: Uint8Array | undefined): void {
    const known = this.#values.has(key);
    if (value !== undefined) {
      this.#values.set(key, value);
      if (!known) this.#keys.splice(this.#place(key), 0, key);
    } else if (known) {
      this.#values.delete(key);
      this.#keys.splice(this.#place(key), 1);
    }
  }

  /** Index of the first key that is not before `key`. */
  #place(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] as string) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function text(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("latin1");
}
