import type { REMINTERFACEREF } from "../gen/dcom.ts";

/** The most references given back in one call. */
const batch = 4096;

/**
 * Gathers what is released within one turn of the event loop, whatever the objects, and gives it back in one RemRelease with many IPIDs.
 */
export class ReleaseQueue {
  readonly #send: (refs: readonly REMINTERFACEREF[]) => Promise<void>;
  #waiting: REMINTERFACEREF[] = [];
  #scheduled = false;
  #underWay: Promise<void> = Promise.resolve();

  constructor(send: (refs: readonly REMINTERFACEREF[]) => Promise<void>) {
    this.#send = send;
  }

  add(ref: REMINTERFACEREF): void {
    this.#waiting.push(ref);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => void this.flush());
  }

  get idle(): boolean {
    return !this.#scheduled;
  }

  /** Sends what waits; resolves when everything sent so far was answered. */
  flush(): Promise<void> {
    this.#scheduled = false;
    const refs = this.#waiting;
    this.#waiting = [];
    for (let at = 0; at < refs.length; at += batch) {
      const sent = this.#send(refs.slice(at, at + batch));
      this.#underWay = this.#underWay.then(() => sent);
    }
    return this.#underWay;
  }
}
