/** Calls by call id, in an array: a call's slot is the low bits of its id. */
export class CallTable<T extends { callId: number }> {
  #slots: (T | undefined)[];
  #mask: number;
  #next = 1;
  #size = 0;

  constructor(capacity = 64) {
    this.#slots = Array.from({ length: capacity }, () => undefined);
    this.#mask = capacity - 1;
  }

  get size(): number {
    return this.#size;
  }

  /** Takes the next id whose slot is free, without filling the slot. */
  nextId(): number {
    if (this.#size * 2 > this.#mask) this.#grow();
    while (this.#slots[this.#next & this.#mask] !== undefined) this.#advance();
    const id = this.#next;
    this.#advance();
    return id;
  }

  #advance(): void {
    this.#next = this.#next === 0xffff_ffff ? 1 : this.#next + 1;
  }

  /** Gives the call an id and a slot. */
  add(call: T): void {
    const id = this.nextId();
    call.callId = id;
    this.#slots[id & this.#mask] = call;
    this.#size++;
  }

  get(id: number): T | undefined {
    const call = this.#slots[id & this.#mask];
    return call !== undefined && call.callId === id ? call : undefined;
  }

  delete(call: T): void {
    const slot = call.callId & this.#mask;
    if (this.#slots[slot] !== call) return;
    this.#slots[slot] = undefined;
    this.#size--;
  }

  /** All calls; safe against changes meanwhile. */
  all(): T[] {
    return this.#slots.filter((call) => call !== undefined);
  }

  #grow(): void {
    const calls = this.all();
    let capacity = (this.#mask + 1) * 2;
    // Ids differ, but their low bits may meet; a larger table tells them apart.
    while (new Set(calls.map((call) => call.callId & (capacity - 1))).size < calls.length) capacity *= 2;
    this.#slots = Array.from({ length: capacity }, () => undefined);
    this.#mask = capacity - 1;
    for (const call of calls) this.#slots[call.callId & this.#mask] = call;
  }
}
