/** Most answers remembered: whoever asks ever new questions gets no more memory than that. */
const mostAnswers = 10_000;

/** Answers out of a registry, good as long as its stamp stands: a change by whatever process counts from the next question on. */
export class RegistryMemory {
  readonly #stamp: () => bigint | undefined;
  readonly #answers = new Map<string, unknown>();
  #known: bigint | undefined;

  /** `stamp`: changes with the registry. Without one nothing is remembered. */
  constructor(stamp: () => bigint | undefined) {
    this.#stamp = stamp;
  }

  /** The answer to a question, asked anew when the registry has changed since. Failures are not remembered. */
  remember<T>(question: string, ask: () => T): T {
    const stamp = this.#stamp();
    if (stamp === undefined) return ask();
    if (stamp !== this.#known || this.#answers.size >= mostAnswers) this.#answers.clear();
    this.#known = stamp;
    if (this.#answers.has(question)) return this.#answers.get(question) as T;
    const answer = ask();
    this.#answers.set(question, answer);
    return answer;
  }
}
