/** Time as a parameter, so that pings and timeouts can be tested without waiting. */
export interface Clock {
  /** Milliseconds since 1970 (wall time; for stamps). */
  now(): number;
  /** Milliseconds from an arbitrary start, never going back (for intervals). */
  monotonic(): number;
  /** Calls `run` once after `milliseconds`; dispose to cancel. Does not keep the process alive. */
  after(milliseconds: number, run: () => void): Disposable;
  /** Calls `run` every `milliseconds` until disposed. Does not keep the process alive. */
  every(milliseconds: number, run: () => void): Disposable;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(milliseconds, run) {
    const timer = setTimeout(run, milliseconds);
    timer.unref();
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
  every(milliseconds, run) {
    const timer = setInterval(run, milliseconds);
    timer.unref();
    return { [Symbol.dispose]: () => clearInterval(timer) };
  },
};

/** A clock that moves only when told to. */
export class ManualClock implements Clock {
  #time: number;
  #next = 0;
  readonly #timers = new Map<number, { due: number; period: number | undefined; run: () => void }>();

  constructor(start = 0) {
    this.#time = start;
  }

  now(): number {
    return this.#time;
  }

  monotonic(): number {
    return this.#time;
  }

  after(milliseconds: number, run: () => void): Disposable {
    return this.#add(milliseconds, undefined, run);
  }

  every(milliseconds: number, run: () => void): Disposable {
    return this.#add(milliseconds, Math.max(1, milliseconds), run);
  }

  /** Moves time on, running what falls due in order. */
  advance(milliseconds: number): void {
    const end = this.#time + milliseconds;
    for (;;) {
      let first: number | undefined;
      for (const [id, timer] of this.#timers) {
        const best = first === undefined ? undefined : this.#timers.get(first);
        if (timer.due <= end && (best === undefined || timer.due < best.due)) first = id;
      }
      if (first === undefined) break;
      const timer = this.#timers.get(first);
      if (timer === undefined) break;
      this.#time = timer.due;
      if (timer.period === undefined) this.#timers.delete(first);
      else timer.due += timer.period;
      timer.run();
    }
    this.#time = end;
  }

  #add(milliseconds: number, period: number | undefined, run: () => void): Disposable {
    const id = this.#next++;
    this.#timers.set(id, { due: this.#time + milliseconds, period, run });
    return { [Symbol.dispose]: () => void this.#timers.delete(id) };
  }
}
