import { type Causality } from "../../com/index.ts";
/*
 * While this thread waits for an answer without its event loop, calls of the same causality are served, for the answer may depend on them; all others wait.
 */

let waiting: Causality | undefined;
let postponed: (() => void)[] = [];

/** True while the thread waits for calls of another causality. */
export function mustWait(cause: Causality): boolean {
  return waiting !== undefined && !sameCausality(waiting, cause);
}

/** True while the thread waits: nothing that takes the event loop can come to an end. */
export function waitsSynchronously(): boolean {
  return waiting !== undefined;
}

/** Runs `action` when the thread waits no longer. */
export function postpone(action: () => void): void {
  postponed.push(action);
}

/** Runs what waits without the event loop. */
export function whileWaiting<T>(cause: Causality, run: () => T): T {
  const before = waiting;
  waiting = cause;
  try {
    return run();
  } finally {
    waiting = before;
    if (before === undefined && postponed.length > 0) {
      const actions = postponed;
      postponed = [];
      for (const action of actions) setImmediate(action);
    }
  }
}

function sameCausality(a: Causality, b: Causality): boolean {
  return a.cid0 === b.cid0 && a.cid1 === b.cid1 && a.cid2 === b.cid2 && a.cid3 === b.cid3;
}
