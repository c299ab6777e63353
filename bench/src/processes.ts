import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Contender, Kind, Transport } from "./contender.js";

export interface Figure {
  readonly callsPerSecond: number;
  /** Microseconds of CPU per call, client and server together. */
  readonly cpuPerCall: number;
}

const child = fileURLToPath(new URL("child.js", import.meta.url));

function start(args: readonly string[], pinned: boolean): ChildProcess {
  const command = [process.execPath, child, ...args];
  const line = pinned ? ["taskset", "-c", "0", ...command] : command;
  return spawn(line[0] as string, line.slice(1), { stdio: ["ignore", "ignore", "inherit", "ipc"] });
}

function message<T>(process: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    process.once("message", (value) => resolve(value as T));
    process.once("exit", (code) => reject(new Error(`a bench process ended with ${code}`)));
  });
}

/** Runs client and server as two processes; with one call outstanding both are pinned to one CPU. */
export async function measure(
  contender: Contender,
  transport: Transport,
  kind: Kind,
  outstanding: number,
  milliseconds: number,
): Promise<Figure> {
  const folder = mkdtempSync(join(tmpdir(), "comity-bench-"));
  const pinned = outstanding === 1;
  const server = start(["serve", contender.name, transport, join(folder, "s")], pinned);
  try {
    const { address } = await message<{ address: string }>(server);
    const before = await usage(server);
    const client = start(
      ["call", contender.name, transport, address, kind, String(outstanding), String(milliseconds)],
      pinned,
    );
    const result = await message<{ calls: number; seconds: number; cpu: number }>(client);
    const after = await usage(server);
    // The server's share includes the warm-up, a fifth of the calls.
    const serverCpu = (after - before) * 0.8;
    return {
      callsPerSecond: result.calls / result.seconds,
      cpuPerCall: ((result.cpu + serverCpu) / result.calls) * 1e6,
    };
  } finally {
    server.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function usage(server: ChildProcess): Promise<number> {
  const reply = message<{ usage: NodeJS.CpuUsage }>(server);
  server.send("usage");
  const { usage: used } = await reply;
  return (used.user + used.system) / 1e6;
}
