import { type Clock, ComError, HResult } from "../../base/index.ts";

/** Counts what goes wrong with a program, so that one that dies at start or in its calls is not started without end. */
export class CrashLimit {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #window: number;
  readonly #failures = new Map<string, number[]>();
  readonly #what: string;

  /** `limit` failures within `window` milliseconds close the gate until the oldest is that old. `what` went wrong, for people. */
  constructor(clock: Clock, limit: number, window: number, what: string) {
    this.#clock = clock;
    this.#what = what;
    this.#limit = limit;
    this.#window = window;
  }

  /** Throws CO_E_SERVER_EXEC_FAILURE with gate "crash limit" while the gate is closed. */
  check(key: string, name: string): void {
    const recent = this.#recent(key);
    if (recent.length < this.#limit) return;
    const wait = Math.ceil(((recent[0] as number) + this.#window - this.#clock.monotonic()) / 1000);
    throw new ComError(
      HResult.CO_E_SERVER_EXEC_FAILURE,
      `the server of ${name} ${this.#what} ${recent.length} times; it is not started again for ${wait} s`,
      { gate: "crash limit" },
    );
  }

  failed(key: string): void {
    this.#failures.set(key, [...this.#recent(key), this.#clock.monotonic()]);
  }

  /** A launch that went well clears the record. */
  succeeded(key: string): void {
    this.#failures.delete(key);
  }

  #recent(key: string): number[] {
    const since = this.#clock.monotonic() - this.#window;
    const recent = (this.#failures.get(key) ?? []).filter((at) => at > since);
    if (recent.length === 0) this.#failures.delete(key);
    else this.#failures.set(key, recent);
    return recent;
  }
}
