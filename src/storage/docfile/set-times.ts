import { statSync, utimesSync } from "node:fs";
import { joinFiletime, millisecondsOfFiletime } from "../../base/index.ts";
import type { FILETIME } from "../../com/gen/wtypesbase.ts";
import { storageError } from "../bytes/file-store.ts";
import { Stgm } from "../stgm.ts";
import { openStorage } from "./open.ts";

/**
 * Sets the times of a compound file, of the file and in it (StgSetTimes); null leaves one as it is. The format keeps no time of creation for the root,
 * and Node.js sets none of files: that one is looked at, and left. Throws as {@link openStorage} does: nobody else may have the file open.
 */
export function setStorageTimes(
  path: string,
  _created: FILETIME | null,
  accessed: FILETIME | null,
  modified: FILETIME | null,
): void {
  const root = openStorage(path, Stgm.READWRITE | Stgm.SHARE_EXCLUSIVE);
  try {
    void root.SetElementTimes(null, null, accessed, modified);
    void root.Commit(0);
  } finally {
    root.Release();
  }
  const dateOf = (time: FILETIME | null, now: Date): Date =>
    time === null ? now : new Date(millisecondsOfFiletime(joinFiletime(time)));
  try {
    const { atime, mtime } = statSync(path);
    utimesSync(path, dateOf(accessed, atime), dateOf(modified, mtime));
  } catch (error) {
    throw storageError(error, path);
  }
}
