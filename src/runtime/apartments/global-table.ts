import { ComError, HResult } from "../../base/index.ts";

/** The most entries of a process's global interface table. */
const mostEntries = 65_536;

/** The references of the global interface table, by cookie. It lives in the first thread; who put an entry there owns what it stands for. */
export class GlobalTable {
  readonly #entries = new Map<number, Uint8Array>();
  #next = 0x100;

  /** Throws E_OUTOFMEMORY when there are too many. */
  put(objref: Uint8Array): number {
    if (this.#entries.size >= mostEntries) {
      const message = `more than ${mostEntries} entries in the global interface table`;
      throw new ComError(HResult.E_OUTOFMEMORY, message, { gate: "global interface table" });
    }
    const cookie = this.#next++;
    this.#entries.set(cookie, objref);
    return cookie;
  }

  get(cookie: number): Uint8Array | undefined {
    return this.#entries.get(cookie);
  }

  remove(cookie: number): boolean {
    return this.#entries.delete(cookie);
  }
}
