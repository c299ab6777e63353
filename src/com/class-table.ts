import { ComError, type Guid, HResult } from "../base/index.ts";
import type { ClassObjectUse } from "./remoting.ts";

/** A class object of this process, open to activations. */
export interface ClassEntry {
  readonly clsid: Guid;
  readonly factory: object;
  /** CLSCTX bits it may be found with. */
  readonly context: number;
  readonly uses: ClassObjectUse["uses"];
  suspended: boolean;
  /** Its registration with the machine's SCM, while there is one. */
  announcement: AsyncDisposable | undefined;
}

/** The class objects registered in this process (CoRegisterClassObject's table), by cookie. */
export class ClassTable {
  readonly #entries = new Map<number, ClassEntry>();
  #nextCookie = 1;

  add(entry: ClassEntry): number {
    const cookie = this.#nextCookie++;
    this.#entries.set(cookie, entry);
    return cookie;
  }

  get(cookie: number): ClassEntry | undefined {
    return this.#entries.get(cookie);
  }

  /** Takes an entry out. Throws CO_E_OBJNOTREG for a cookie that is not, or no longer, registered. */
  remove(cookie: number): ClassEntry {
    const entry = this.#entries.get(cookie);
    if (entry === undefined)
      throw new ComError(HResult.CO_E_OBJNOTREG, `no class object has cookie ${cookie}`);
    this.#entries.delete(cookie);
    return entry;
  }

  /** The class object for an activation within the process. A single-use one is taken out by being found. */
  find(clsid: Guid, context: number): object | undefined {
    for (const [cookie, entry] of this.#entries) {
      if (entry.clsid !== clsid || entry.suspended || (entry.context & context) === 0) continue;
      if (entry.uses === "single") this.#entries.delete(cookie);
      return entry.factory;
    }
    return undefined;
  }

  get entries(): readonly ClassEntry[] {
    return [...this.#entries.values()];
  }

  clear(): readonly ClassEntry[] {
    const all = this.entries;
    this.#entries.clear();
    return all;
  }
}
