import { ComError, type Guid, HResult } from "../base/index.ts";
import { ClassContext } from "./context.ts";
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
  readonly #taken: (entry: ClassEntry) => void;
  #nextCookie = 1;

  /** `taken` is told of a class object of single use that went to its one client. */
  constructor(taken: (entry: ClassEntry) => void) {
    this.#taken = taken;
  }

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
      if (entry.uses === "single") {
        this.#entries.delete(cookie);
        this.#taken(entry);
      }
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

/**
 * Where a class object can be found, by its context and use, as the documentation of CoRegisterClassObject has it: one of multiple use registered for
 * other processes serves its own process, too; one of single use is never for its own process. Throws E_INVALIDARG for what makes no sense.
 */
export function contextOfUse(context: number | undefined, uses: ClassObjectUse["uses"]): number {
  const { INPROC_SERVER, LOCAL_SERVER } = ClassContext;
  if (uses === "single" || uses === "surrogate") {
    if (((context ?? LOCAL_SERVER) & INPROC_SERVER) === 0) return LOCAL_SERVER;
    throw new ComError(HResult.E_INVALIDARG, `a class object of ${uses} use serves other processes only`);
  }
  const asked = context ?? INPROC_SERVER | LOCAL_SERVER;
  if ((asked & (INPROC_SERVER | LOCAL_SERVER)) === 0)
    throw new ComError(HResult.E_INVALIDARG, "a class object serves its own process, others, or both");
  return uses === "multiple" && (asked & LOCAL_SERVER) !== 0 ? asked | INPROC_SERVER : asked;
}
