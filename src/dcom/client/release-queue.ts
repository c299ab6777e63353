import type { REMINTERFACEREF } from "../gen/dcom.ts";

/** The most references given back in one call. */
const batch = 4096;

/** Milliseconds a released reference waits for others: long enough for what a loop makes and lets go, too short for anybody to notice. */
const patience = 2;

/** Gathers what is released within a moment, whatever the objects, and gives it back in one RemRelease with many IPIDs. */
export class ReleaseQueue {
  readonly #send: (refs: readonly REMINTERFACEREF[]) => Promise<void>;
  readonly #whenIdle: () => void;
  #waiting: REMINTERFACEREF[] = [];
  #timer: NodeJS.Timeout | undefined;
  #unanswered = 0;
  #underWay: Promise<void> = Promise.resolve();

  /** `send` never rejects; `whenIdle` is told after the last answer. */
  constructor(send: (refs: readonly REMINTERFACEREF[]) => Promise<void>, whenIdle: () => void) {
    this.#send = send;
    this.#whenIdle = whenIdle;
  }

  add(ref: REMINTERFACEREF): void {
    this.#waiting.push(ref);
    // Not the clock's: it must keep the process alive.
    this.#timer ??= setTimeout(() => void this.flush(), patience);
  }

  /** True when nothing waits and everything sent was answered. */
  get idle(): boolean {
    return this.#timer === undefined && this.#unanswered === 0;
  }

  /** Sends what waits; resolves when everything sent so far was answered. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const refs = this.#waiting;
    this.#waiting = [];
    for (let at = 0; at < refs.length; at += batch) {
      this.#unanswered++;
      const sent = this.#send(refs.slice(at, at + batch)).then(() => this.#answered());
      this.#underWay = this.#underWay.then(() => sent);
    }
    return this.#underWay;
  }

  #answered(): void {
    this.#unanswered--;
    if (this.idle) this.#whenIdle();
  }
}
