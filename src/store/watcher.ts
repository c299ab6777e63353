import { type FSWatcher, watch as watchFolder } from "node:fs";
import type { Clock } from "../base/index.ts";

/**
 * Tells of changes of tables: compares each watched table's count of changes whenever the folder's files change, and at regular intervals, because
 * not every file system reports. Does not keep the process alive.
 */
export class TableWatcher {
  readonly #count: (table: string) => bigint;
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #interval: number;
  readonly #tables = new Map<string, { seen: bigint; readonly listeners: Set<() => void> }>();
  #files: FSWatcher | undefined;
  #timer: Disposable | undefined;
  #soon: Disposable | undefined;

  constructor(folder: string, clock: Clock, interval: number, count: (table: string) => bigint) {
    this.#folder = folder;
    this.#clock = clock;
    this.#interval = interval;
    this.#count = count;
  }

  add(table: string, listener: () => void): Disposable {
    let entry = this.#tables.get(table);
    if (entry === undefined) {
      entry = { seen: this.#count(table), listeners: new Set() };
      this.#tables.set(table, entry);
    }
    const { listeners } = entry;
    listeners.add(listener);
    this.#start();
    return {
      [Symbol.dispose]: () => {
        listeners.delete(listener);
        if (listeners.size === 0 && this.#tables.get(table)?.listeners === listeners)
          this.#tables.delete(table);
        if (this.#tables.size === 0) this.stop();
      },
    };
  }

  /** Looks at once (after a commit of our own). */
  look(): void {
    for (const [table, entry] of this.#tables) {
      const now = this.#count(table);
      if (now === entry.seen) continue;
      entry.seen = now;
      for (const listener of entry.listeners) listener();
    }
  }

  stop(): void {
    this.#files?.close();
    this.#timer?.[Symbol.dispose]();
    this.#soon?.[Symbol.dispose]();
    this.#files = this.#timer = this.#soon = undefined;
  }

  #start(): void {
    this.#timer ??= this.#clock.every(this.#interval, () => this.look());
    if (this.#files !== undefined) return;
    try {
      this.#files = watchFolder(this.#folder, { persistent: false }, () => this.#lookSoon());
      this.#files.on("error", () => {});
    } catch {
      // The system has no watches left: the timer does it alone.
    }
  }

  /** One commit touches the file several times: wait for the last. */
  #lookSoon(): void {
    this.#soon ??= this.#clock.after(1, () => {
      this.#soon = undefined;
      this.look();
    });
  }
}
