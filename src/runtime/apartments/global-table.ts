import { ComError, HResult } from "../../base/index.ts";
import type { Oxid } from "../../dcom/index.ts";

/** The most entries of a process's global interface table. */
const mostEntries = 65_536;

interface GlobalEntry {
  /** The thread that registered it. */
  readonly owner: Oxid;
  readonly objref: Uint8Array;
}

/** The references of the global interface table, by cookie. It lives in the first thread; who put an entry there owns what it stands for. */
export class GlobalTable {
  readonly #entries = new Map<number, GlobalEntry>();
  #next = 0x100;

  /** Throws E_OUTOFMEMORY when there are too many. */
  put(owner: Oxid, objref: Uint8Array): number {
    if (this.#entries.size >= mostEntries) {
      const message = `more than ${mostEntries} entries in the global interface table`;
      throw new ComError(HResult.E_OUTOFMEMORY, message, { gate: "global interface table" });
    }
    const cookie = this.#next++;
    this.#entries.set(cookie, { owner, objref });
    return cookie;
  }

  get(cookie: number): GlobalEntry | undefined {
    return this.#entries.get(cookie);
  }

  remove(cookie: number): GlobalEntry | undefined {
    const entry = this.#entries.get(cookie);
    this.#entries.delete(cookie);
    return entry;
  }

  /** A thread has ended: what it registered is gone. */
  forget(owner: Oxid): void {
    for (const [cookie, entry] of this.#entries) if (entry.owner === owner) this.#entries.delete(cookie);
  }
}
