import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

/** Waits until something holds; fails with `what` after `milliseconds`. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what: string,
  milliseconds = 15_000,
): Promise<void> {
  const end = performance.now() + milliseconds;
  while (!(await holds())) {
    if (performance.now() > end) assert.fail(`still waiting after ${milliseconds} ms: ${what}`);
    await delay(20);
  }
}

/** Whether a process of this id runs (one that has ended and was not waited for yet does not). */
export function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch {
    return false;
  }
}

function isZombie(pid: number): boolean {
  try {
    return / Z /.test(readFileSync(`/proc/${pid}/stat`, "latin1").replace(/^.*\)/, ""));
  } catch {
    return false; // no such file system here
  }
}
