/**
 * What a thread sleeps on while it waits without its event loop: how often it rang, and whether somebody listens. Shared with all threads of the process.
 */
export type Bell = Int32Array<SharedArrayBuffer>;

const RUNG = 0;
const LISTENING = 1;

/** A new bell. */
export function bellOf(): Bell {
  return new Int32Array(new SharedArrayBuffer(8));
}

/** Wakes the thread when it sleeps on its bell; answers whether it did. Post first, then ring: whoever is about to sleep looks once more. */
export function ring(bell: Bell): boolean {
  if (Atomics.load(bell, LISTENING) === 0) return false;
  Atomics.add(bell, RUNG, 1);
  Atomics.notify(bell, RUNG);
  return true;
}

/**
 * Sleeps until `done` says so, or for `milliseconds`. `look` is called whenever something may have arrived; it answers whether there was something. True when
 * `done` did. May be used within itself.
 */
export function sleepOn(bell: Bell, milliseconds: number, look: () => boolean, done: () => boolean): boolean {
  const until = performance.now() + milliseconds;
  const before = Atomics.exchange(bell, LISTENING, 1);
  try {
    for (;;) {
      const seen = Atomics.load(bell, RUNG);
      const some = look();
      if (done()) return true;
      if (some) continue;
      const left = until - performance.now();
      if (left <= 0) return false;
      Atomics.wait(bell, RUNG, seen, left);
    }
  } finally {
    Atomics.store(bell, LISTENING, before);
  }
}
