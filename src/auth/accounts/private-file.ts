import { type Stats, closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { ComError, HResult } from "../../base/index.ts";
import { accountLimits } from "./file-format.ts";

const owned = process.platform !== "win32";

/** Throws E_ACCESSDENIED when anyone but the owner can read or write a file that holds secrets. */
function requirePrivate(path: string, status: Stats): void {
  if (!owned) return; // On Windows the folder's access list decides.
  if ((status.mode & 0o077) !== 0) {
    const mode = (status.mode & 0o777).toString(8);
    throw refused(`${path} can be used by others (mode ${mode}); make it yours alone: chmod 600 ${path}`);
  }
  const us = process.getuid?.() ?? 0;
  if (us !== 0 && status.uid !== us && status.uid !== 0) throw refused(`${path} belongs to someone else`);
}

function refused(message: string): ComError {
  return new ComError(HResult.E_ACCESSDENIED, message, { gate: "file permissions" });
}

/** The text of a private file and what tells one state of it from another; undefined when there is none. */
export function readPrivateFile(path: string): { text: string; stamp: string } | undefined {
  let file: number;
  try {
    // No link is followed: what is checked is what is read.
    file = openSync(path, constants.O_RDONLY | (owned ? constants.O_NOFOLLOW : 0));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw ComError.from(error);
  }
  try {
    const status = fstatSync(file);
    requirePrivate(path, status);
    if (status.size > accountLimits.maxFileBytes) {
      throw new ComError(HResult.E_FAIL, `${path} is larger than ${accountLimits.maxFileBytes} bytes`);
    }
    return { text: readFileSync(file, "utf8"), stamp: stampOf(status) };
  } finally {
    closeSync(file);
  }
}

/** Changes whenever the file is replaced. */
export function stampOf(status: Stats): string {
  return `${status.ino}:${status.size}:${status.mtimeMs}:${status.ctimeMs}:${status.mode}`;
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

/** Replaces a file as a whole: readers see the old text or the new one, also after a power loss. Mode 0600 from the start. */
export async function replacePrivateFile(path: string, text: string): Promise<void> {
  const draft = `${path}.${process.pid}.tmp`;
  try {
    await rm(draft, { force: true });
    const file = await open(draft, "wx", 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw ComError.from(error);
  }
  await syncFolder(dirname(path));
}

async function syncFolder(folder: string): Promise<void> {
  if (!owned) return; // Windows does not open folders.
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a folder for the owner alone; leaves one that is there as it is. */
export async function makePrivateFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
}

/** A lock held longer than this was left behind by a program that died, milliseconds. */
const lockLifetime = 10_000;

/** Runs `work` while no other program changes the file. Waits for a lock up to twice its lifetime, then E_ABORT. */
export async function withFileLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const lock = `${path}.lock`;
  const until = Date.now() + 2 * lockLifetime;
  while (!(await tryLock(lock))) {
    if (Date.now() > until) throw new ComError(HResult.E_ABORT, `${lock} is held by another program`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

async function tryLock(lock: string): Promise<boolean> {
  try {
    await (await open(lock, "wx", 0o600)).close();
    return true;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw ComError.from(error);
  }
  const held = await stat(lock).catch(() => undefined);
  if (held !== undefined && Date.now() - held.mtimeMs > lockLifetime) await rm(lock, { force: true });
  return false;
}
