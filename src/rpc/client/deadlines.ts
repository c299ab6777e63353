import type { Clock } from "../../base/index.ts";

/** One timer for all deadlines of a connection: armed for the earliest, looked at when it fires, never moved back. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #check: (now: number) => number;
  #armedFor = Number.POSITIVE_INFINITY;
  #timer: Disposable | undefined;

  /** `check` deals with what is overdue and answers the earliest deadline left, or Infinity. */
  constructor(clock: Clock, check: (now: number) => number) {
    this.#clock = clock;
    this.#check = check;
  }

  /** The deadline of something that may take `milliseconds` from now. */
  after(milliseconds: number): number {
    const deadline = this.#clock.monotonic() + milliseconds;
    if (deadline < this.#armedFor) this.#arm(deadline, milliseconds);
    return deadline;
  }

  #arm(deadline: number, milliseconds: number): void {
    this.#timer?.[Symbol.dispose]();
    this.#armedFor = deadline;
    this.#timer = this.#clock.after(Math.max(1, Math.ceil(milliseconds)), () => this.#fire());
  }

  #fire(): void {
    this.#timer = undefined;
    this.#armedFor = Number.POSITIVE_INFINITY;
    const now = this.#clock.monotonic();
    const next = this.#check(now);
    if (next < this.#armedFor) this.#arm(next, next - now);
  }

  close(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#armedFor = Number.NEGATIVE_INFINITY;
  }
}
