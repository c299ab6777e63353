/** Most answers remembered: whoever asks ever new questions gets no more memory than that. */
const mostAnswers = 10_000;

/** Answers out of a registry, good as long as its stamp stands: a change by whatever process counts from the next question on. */
export class RegistryMemory {
  readonly #stamp: () => bigint | undefined;
  readonly #answers = new Map<string, Map<string, unknown>>();
  #count = 0;
  #known: bigint | undefined;

  /** `stamp`: changes with the registry. Without one nothing is remembered. */
  constructor(stamp: () => bigint | undefined) {
    this.#stamp = stamp;
  }

  /** The answer to a question about something, asked anew when the registry has changed since. Failures are not remembered. */
  remember<T>(question: string, about: string, ask: () => T): T {
    const stamp = this.#stamp();
    if (stamp === undefined) return ask();
    if (stamp !== this.#known || this.#count >= mostAnswers) {
      this.#answers.clear();
      this.#count = 0;
      this.#known = stamp;
    }
    let answers = this.#answers.get(question);
    if (answers === undefined) this.#answers.set(question, (answers = new Map()));
    const before = answers.get(about);
    if (before !== undefined || answers.has(about)) return before as T;
    const answer = ask();
    answers.set(about, answer);
    this.#count++;
    return answer;
  }
}
