/** Things by numbers that are given out once and never are zero: connections, registrations. */
export class CookieTable<T> {
  readonly #entries = new Map<number, T>();
  #next = 1;

  get size(): number {
    return this.#entries.size;
  }

  /** Takes in what `make` answers for the number it is told; answers the number. */
  add(make: (cookie: number) => T): number {
    while (this.#entries.has(this.#next)) this.#step();
    const cookie = this.#next;
    this.#step();
    this.#entries.set(cookie, make(cookie));
    return cookie;
  }

  /** Takes out and answers what has a number; undefined when nothing has it. */
  take(cookie: number): T | undefined {
    const entry = this.#entries.get(cookie);
    this.#entries.delete(cookie);
    return entry;
  }

  /** What there is at this moment. */
  entries(): readonly T[] {
    return Array.from(this.#entries.values());
  }

  /** Takes out everything. */
  clear(): readonly T[] {
    const all = this.entries();
    this.#entries.clear();
    return all;
  }

  #step(): void {
    this.#next = this.#next === 0xffffffff ? 1 : this.#next + 1;
  }
}
