import { type Clock, systemClock } from "../../base/index.ts";
import type { Runtime } from "../../com/index.ts";
import type { DcomRemoting } from "../remoting.ts";

export interface ServerProcessOptions {
  /** Milliseconds without references after which the server ends. Default 5,000: clients that come and go find it running. */
  readonly idleAfter?: number;
  /** Milliseconds until the first activation must have come. Default 60,000. */
  readonly firstUseWithin?: number;
  /** Ends the server at the next chance, whoever still holds references. */
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

/** How often a server looks whether it is still needed, milliseconds. */
const look = 250;

/**
 * Waits until this process is no longer needed: nobody holds references to its objects, nothing locks it, no activation is under way. From then on its
 * class objects refuse (CO_E_SERVER_STOPPING), so that an activation that arrives at the same moment gets another server.
 */
export function untilIdle(
  runtime: Runtime,
  remoting: DcomRemoting,
  options: ServerProcessOptions = {},
): Promise<void> {
  const { idleAfter = 5000, firstUseWithin = 60_000, signal, clock = systemClock } = options;
  const started = clock.monotonic();
  let idleSince: number | undefined;
  const finished = (): boolean => {
    if (signal?.aborted === true) return true;
    const now = clock.monotonic();
    if (!remoting.idle || runtime.locks.count > 0) {
      idleSince = undefined;
      return false;
    }
    idleSince ??= now;
    const patience = remoting.used ? idleAfter : firstUseWithin;
    const since = remoting.used ? idleSince : started;
    return now - since >= patience && runtime.locks.stopIfIdle();
  };
  return new Promise((resolve) => {
    // A timer of its own, not the clock's: it must keep the process alive.
    const timer = setInterval(() => {
      if (!finished()) return;
      clearInterval(timer);
      resolve();
    }, look);
  });
}
