import { createHash } from "node:crypto";
import { join, resolve } from "node:path";
import { privateFolder } from "../../../rpc/index.ts";

/** The longest path a Unix socket can have on every system we run on, bytes. */
const longestPath = 100;

/**
 * Where the SCM of a home listens for the processes of its machine: a Unix socket in the home, which only the owner can open. A home with a
 * path too long for a socket has it in the temporary folder, in a folder of the owner's alone; Windows has a named pipe. Throws E_ACCESSDENIED when
 * somebody else holds that folder.
 */
export function localAddress(home: string): string {
  const path = resolve(home);
  if (process.platform === "win32") return `\\\\.\\pipe\\comity-scm-${digest(path.toLowerCase())}`;
  const socket = join(path, "scm.sock");
  if (Buffer.byteLength(socket) <= longestPath) return socket;
  return join(privateFolder(), `${digest(path)}.sock`);
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 24);
}
