import { lstatSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { splitAddress } from "../client/endpoints.ts";
import { TowerId } from "../dual-string-array.ts";
import type { ExporterRegistration } from "../resolver-contract.ts";

/**
 * Removes the Unix sockets a killed process left behind, or a thread that was ended. Nothing is removed that a living process listens on, and nothing but sockets:
 * what a process registers is only believed so far.
 */
export function clearLeftovers({ pid, bindings }: ExporterRegistration): void {
  if (process.platform === "win32") return;
  const isDead = !lives(pid);
  for (const { tower, address } of bindings.strings) {
    const { endpoint } = splitAddress(address);
    if (tower !== TowerId.local || endpoint === undefined || !isSocket(endpoint)) continue;
    if (isDead) rmSync(endpoint, { force: true });
    else removeUnheard(endpoint);
  }
}

function removeUnheard(path: string): void {
  const asking = connect(path);
  asking.on("connect", () => asking.destroy());
  asking.on("error", (error) => {
    if ("code" in error && error.code === "ECONNREFUSED") rmSync(path, { force: true });
  });
}

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}

function isSocket(path: string): boolean {
  try {
    return lstatSync(path).isSocket();
  } catch {
    return false; // gone already
  }
}
