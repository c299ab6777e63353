import type { Guid } from "../../base/index.ts";

export type ClassUse = "single" | "multiple" | "multiSeparate" | "surrogate";

/** A class object some process has registered (CoRegisterClassObject). */
export interface RegisteredClass<Owner> {
  readonly cookie: number;
  readonly clsid: Guid;
  readonly uses: ClassUse;
  readonly owner: Owner;
  suspended: boolean;
}

/** The class objects of the machine's running servers, by CLSID in the order they came. */
export class ClassTable<Owner> {
  readonly #byClsid = new Map<Guid, RegisteredClass<Owner>[]>();
  readonly #byCookie = new Map<number, RegisteredClass<Owner>>();
  #next = 1;

  add(owner: Owner, clsid: Guid, uses: ClassUse, suspended: boolean): RegisteredClass<Owner> {
    const entry: RegisteredClass<Owner> = { cookie: this.#next++, clsid, uses, owner, suspended };
    const list = this.#byClsid.get(clsid);
    if (list === undefined) this.#byClsid.set(clsid, [entry]);
    else list.push(entry);
    this.#byCookie.set(entry.cookie, entry);
    return entry;
  }

  /** Forgets a registration; answers false when `owner` has none with this cookie. */
  remove(owner: Owner, cookie: number): boolean {
    const entry = this.#byCookie.get(cookie);
    if (entry === undefined || entry.owner !== owner) return false;
    this.#drop(entry);
    return true;
  }

  /** Forgets everything of a process. */
  removeOwner(owner: Owner): void {
    for (const entry of this.#byCookie.values()) if (entry.owner === owner) this.#drop(entry);
  }

  /** Makes all suspended registrations of a process visible at once (CoResumeClassObjects). Answers them. */
  resume(owner: Owner): RegisteredClass<Owner>[] {
    const resumed = [...this.#byCookie.values()].filter((entry) => entry.owner === owner && entry.suspended);
    for (const entry of resumed) entry.suspended = false;
    return resumed;
  }

  /** The class object to use for an activation. One of single use is taken: nobody gets it twice. */
  take(clsid: Guid): RegisteredClass<Owner> | undefined {
    const entry = this.#byClsid.get(clsid)?.find((candidate) => !candidate.suspended);
    if (entry?.uses === "single") this.#drop(entry);
    return entry;
  }

  /** True when a class object can be had without launching anything. */
  has(clsid: Guid): boolean {
    return this.#byClsid.get(clsid)?.some((entry) => !entry.suspended) === true;
  }

  of(owner: Owner): RegisteredClass<Owner>[] {
    return [...this.#byCookie.values()].filter((entry) => entry.owner === owner);
  }

  get size(): number {
    return this.#byCookie.size;
  }

  #drop(entry: RegisteredClass<Owner>): void {
    this.#byCookie.delete(entry.cookie);
    const list = this.#byClsid.get(entry.clsid)?.filter((other) => other !== entry) ?? [];
    if (list.length === 0) this.#byClsid.delete(entry.clsid);
    else this.#byClsid.set(entry.clsid, list);
  }
}
