/**
 * What a thread sleeps on while it waits without its event loop: how often it rang, whether somebody listens, and whether the thread has ended. Shared with all
 * threads of the process.
 */
export type Bell = Int32Array<SharedArrayBuffer>;

const RUNG = 0;
const LISTENING = 1;
const ENDED = 2;

/** A new bell. */
export function bellOf(): Bell {
  return new Int32Array(new SharedArrayBuffer(12));
}

/** Wakes the thread when it sleeps on its bell; answers whether it did. Post first, then ring: whoever is about to sleep looks once more. */
export function ring(bell: Bell): boolean {
  Atomics.add(bell, RUNG, 1);
  if (Atomics.load(bell, LISTENING) === 0) return false;
  Atomics.notify(bell, RUNG);
  return true;
}

/** How often it rang: at least once for every message that was posted to the thread. */
export function rings(bell: Bell): number {
  return Atomics.load(bell, RUNG);
}

/** The thread of the bell ends: it will not post anything any more. */
export function endBell(bell: Bell): void {
  Atomics.store(bell, ENDED, 1);
}

export function hasEnded(bell: Bell): boolean {
  return Atomics.load(bell, ENDED) === 1;
}

/**
 * Sleeps until `done` says so, or for `milliseconds`. `look` is called whenever something may have arrived; it answers whether there was something. True when
 * `done` did. `begin` asks for what is waited for: once the thread listens, so that a fast answer rings already. May be used within itself.
 */
export function sleepOn(
  bell: Bell,
  milliseconds: number,
  look: () => boolean,
  done: () => boolean,
  begin?: () => void,
): boolean {
  // Clocks and timers cost about as much as a call: the first wait does without the one, one without a limit without both.
  let until: number | undefined;
  let left = milliseconds;
  const before = Atomics.exchange(bell, LISTENING, 1);
  try {
    for (let first = true; ; first = false) {
      const seen = Atomics.load(bell, RUNG);
      const some = look();
      if (first) begin?.();
      if (done()) return true;
      if (some && (!first || begin === undefined)) continue;
      if (left <= 0 || Atomics.wait(bell, RUNG, seen, left) === "timed-out") return false;
      if (milliseconds === Number.POSITIVE_INFINITY) continue;
      const now = performance.now();
      left = (until ??= now + milliseconds) - now;
    }
  } finally {
    Atomics.store(bell, LISTENING, before);
  }
}
