import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Row } from "./row.js";

const child = fileURLToPath(new URL("threads-child.js", import.meta.url));

const titles: Readonly<Record<string, string>> = {
  small: "between threads: two i32 in, one out",
  synchronous: "between threads, synchronously: two i32 in, one out",
  large: "between threads: 64 KiB there and back",
};

/**
 * Calls between two threads of one process, by us, by comlink, and by what Node itself has. With one call outstanding all on one CPU, as everywhere; the
 * contenders take turns.
 */
export async function measureThreads(milliseconds: number, rounds: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (const outstanding of [1, 64]) {
    const args = [child, String(outstanding), String(milliseconds), String(rounds)];
    const line =
      outstanding === 1 ? ["taskset", "-c", "0", process.execPath, ...args] : [process.execPath, ...args];
    const run = spawn(line[0] as string, line.slice(1), { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    const [measured] = (await once(run, "message")) as [{ name: string; work: string; perSecond: number }[]];
    for (const { name, work, perSecond } of measured)
      rows.push({ work: `${titles[work]}, ${outstanding} outstanding`, contender: name, perSecond });
    await once(run, "exit");
  }
  return rows;
}

/** The names of what is measured, for the marks. */
export const threads = {
  calls: `${titles["small"]}, 1 outstanding`,
  synchronous: `${titles["synchronous"]}, 1 outstanding`,
} as const;
