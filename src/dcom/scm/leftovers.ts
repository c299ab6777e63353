import { lstatSync, rmSync } from "node:fs";
import { splitAddress } from "../client/endpoints.ts";
import { TowerId } from "../dual-string-array.ts";
import type { ExporterRegistration } from "../resolver-contract.ts";
import { lives } from "./members.ts";

/**
 * Removes the Unix sockets a killed process left behind. Nothing is removed while the process lives, and nothing but sockets: what a process
 * registers is only believed so far.
 */
export function clearLeftovers({ pid, bindings }: ExporterRegistration): void {
  if (process.platform === "win32" || lives(pid)) return;
  for (const { tower, address } of bindings.strings) {
    const { endpoint } = splitAddress(address);
    if (tower === TowerId.local && endpoint !== undefined && isSocket(endpoint))
      rmSync(endpoint, { force: true });
  }
}

function isSocket(path: string): boolean {
  try {
    return lstatSync(path).isSocket();
  } catch {
    return false; // gone already
  }
}
