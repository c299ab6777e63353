/** The state of `#pragma pack`. */
export class Packing {
  readonly #stack: number[] = [];
  #value = 0;

  /** Bytes members are aligned to at most; 0 for the default. */
  get value(): number {
    return this.#value;
  }

  /** Takes the words between the parentheses: `push, 1`, `pop`, `4`, nothing. */
  apply(words: readonly string[]): void {
    const amount = words.find((word) => /^\d{1,3}$/.test(word));
    if (words.includes("pop")) {
      this.#value = this.#stack.pop() ?? 0;
      return;
    }
    const push = words.includes("push");
    if (push && this.#stack.length < 1000) this.#stack.push(this.#value);
    if (amount !== undefined) this.#value = Number(amount);
    else if (!push) this.#value = 0;
  }
}
