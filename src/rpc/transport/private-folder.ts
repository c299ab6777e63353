import { lstatSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ComError, HResult } from "../../base/index.ts";

/**
 * The folder for sockets of this user: `comity-UID` in the temporary folder, which is everybody's. Made when it is not there. Whoever owns a folder
 * can put a socket of his own in the place of ours and so hear what is meant for us: throws E_ACCESSDENIED (gate "file permissions") when somebody else
 * made it first, when it is a link, or when others may write to it.
 */
export function privateFolder(): string {
  const us = process.getuid?.() ?? 0;
  const folder = join(tmpdir(), `comity-${us}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (process.platform === "win32") return folder;
  const status = lstatSync(folder);
  if (status.isDirectory() && status.uid === us && (status.mode & 0o077) === 0) return folder;
  throw new ComError(
    HResult.E_ACCESSDENIED,
    `${folder} is not a folder of this user alone; remove it, or set TMPDIR to another place`,
    { gate: "file permissions" },
  );
}
