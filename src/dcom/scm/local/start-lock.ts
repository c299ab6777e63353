import { closeSync, mkdirSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ComError, HResult } from "../../../base/index.ts";

/** A lock older than this was left by a process that died while it held it: opening a socket takes no such time. */
const staleAfter = 10_000;
const patience = 30_000;

/** Runs `work` while no other process starts an SCM for the same home. Throws RPC_E_TIMEOUT when the lock is never free. */
export async function withStartLock<T>(home: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const file = join(home, "scm.start");
  const end = Date.now() + patience;
  while (!take(file)) {
    clearStale(file);
    if (Date.now() > end) {
      throw new ComError(
        HResult.RPC_E_TIMEOUT,
        `another process has been starting the SCM for too long (${file})`,
      );
    }
    await delay(20);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function take(file: string): boolean {
  try {
    closeSync(openSync(file, "wx", 0o600));
    return true;
  } catch (error) {
    if (isCode(error, "EEXIST")) return false;
    throw ComError.from(error);
  }
}

/** Moves a stale lock aside; only one process succeeds, and whoever takes the lock next has it alone. */
function clearStale(file: string): void {
  try {
    if (Date.now() - statSync(file).mtimeMs < staleAfter) return;
    const aside = `${file}.${process.pid}`;
    renameSync(file, aside);
    rmSync(aside, { force: true });
  } catch (error) {
    if (!isCode(error, "ENOENT")) throw ComError.from(error);
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
