import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Oxid } from "../resolver-contract.ts";

/** A process that has joined, as the next SCM of the home needs to know it. */
export interface Member {
  readonly pid: number;
  readonly oxid: Oxid;
}

/** Most lines that are read. */
const mostMembers = 100_000;

/** The processes that had joined the last SCM of a home when it ended. */
export function rememberedMembers(home: string): Member[] {
  let text: string;
  try {
    text = readFileSync(join(home, "scm.processes"), "latin1");
  } catch {
    return []; // the first SCM of its home
  }
  const found: Member[] = [];
  for (const match of text.matchAll(/^(\d{1,10}) ([0-9a-f]{1,16})$/gm)) {
    if (found.length < mostMembers) found.push({ pid: Number(match[1]), oxid: BigInt(`0x${match[2]}`) });
  }
  return found;
}

/** Keeps them for the next one, which may have to come when this one is killed. */
export function rememberMembers(home: string, members: Iterable<Member>): void {
  const lines = Array.from(members, ({ pid, oxid }) => `${pid} ${oxid.toString(16)}\n`);
  const file = join(home, "scm.processes");
  const fresh = `${file}.${process.pid}`;
  writeFileSync(fresh, lines.join(""), { mode: 0o600 });
  renameSync(fresh, file);
}

/** Whether a process is there; one of another owner is. */
export function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}
