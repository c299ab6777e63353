import { readFileSync, readlinkSync } from "node:fs";
import { threadId } from "node:worker_threads";

const unknown = "0";

/** Which process this is, beyond its number: when it began, where the system says so (Linux), as numbers are given again. */
function beginning(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name of the program, in brackets, may have anything in it; behind it are the state and, as the 20th, the start.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? "over" : (fields[19] ?? unknown);
  } catch {
    return unknown;
  }
}

/** Among whom process numbers mean the same: containers have numbers of their own. */
function numberSpace(): string {
  try {
    return /\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0] ?? "0";
  } catch {
    return "0";
  }
}

const space = numberSpace();

/** What stands for this thread of this process in a name of a file. */
export const ownMark: string = `${space}-${process.pid}-${beginning(process.pid)}-${threadId}`;

/** Whether the process of a mark still runs; undefined when that cannot be known from here. Of threads nobody tells. */
export function lives(mark: string): boolean | undefined {
  const [where, number, began] = mark.split("-");
  if (where !== space) return undefined;
  const pid = Number(number);
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return false;
  }
  // Some systems hide the processes of others: it is there, and that has to do.
  const now = beginning(pid);
  return now === unknown || now === began;
}
