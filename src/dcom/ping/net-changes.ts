/**
 * What came and what went since the last report. Something that came and went in between is never mentioned: short-lived references cost nothing
 * beyond this process.
 */
export class NetChanges<T> {
  #added = new Set<T>();
  #dropped = new Set<T>();

  add(item: T): void {
    if (!this.#dropped.delete(item)) this.#added.add(item);
  }

  drop(item: T): void {
    if (!this.#added.delete(item)) this.#dropped.add(item);
  }

  /** Reports the item's present state, whatever was reported before. */
  force(item: T, present: boolean): void {
    (present ? this.#dropped : this.#added).delete(item);
    (present ? this.#added : this.#dropped).add(item);
  }

  get empty(): boolean {
    return this.#added.size === 0 && this.#dropped.size === 0;
  }

  /** Takes the changes out. */
  take(): { readonly added: readonly T[]; readonly dropped: readonly T[] } {
    const changes = { added: [...this.#added], dropped: [...this.#dropped] };
    this.#added = new Set();
    this.#dropped = new Set();
    return changes;
  }
}
