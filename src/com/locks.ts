/**
 * What keeps a server needed: its living objects and the locks taken on it (the counts behind DllCanUnloadNow, CoAddRefServerProcess and
 * CoReleaseServerProcess).
 */
export class ServerLocks {
  #count = 0;
  #stopping = false;
  #used = false;
  readonly #listeners = new Set<() => void>();

  get count(): number {
    return this.#count;
  }

  /** True once the server decided to end; its class factories refuse from then on (CO_E_SERVER_STOPPING). */
  get stopping(): boolean {
    return this.#stopping;
  }

  /** True once anything was held or locked. */
  get used(): boolean {
    return this.#used;
  }

  add(): number {
    this.#used = true;
    return ++this.#count;
  }

  release(): number {
    if (this.#count > 0 && --this.#count === 0) for (const listener of this.#listeners) listener();
    return this.#count;
  }

  /** Says no to new objects, unless some came in meanwhile: answers whether the server may end. */
  stopIfIdle(): boolean {
    if (this.#count === 0) this.#stopping = true;
    return this.#stopping;
  }

  /** Calls `listener` whenever the count falls to zero. */
  onIdle(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }
}
