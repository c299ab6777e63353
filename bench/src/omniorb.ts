import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Kind, Transport } from "./contender.js";
import type { Figure } from "./processes.js";

const source = fileURLToPath(new URL("../omniorb/", import.meta.url));
const compiler = process.env["CXX"] ?? "g++";
let built: string | undefined;
let sockets = 0;

/** True where Debian's omniorb packages and a C++ compiler are. */
export function omniOrbPresent(): boolean {
  return ["omniidl", compiler].every((tool) => spawnSync("which", [tool]).status === 0);
}

function build(): string {
  if (built !== undefined) return built;
  const folder = mkdtempSync(join(tmpdir(), "comity-omniorb-"));
  execFileSync("omniidl", ["-bcxx", "-C", folder, `${source}echo.idl`]);
  for (const name of ["server", "client"]) {
    execFileSync(compiler, [
      "-O2",
      "-std=c++17",
      `-I${folder}`,
      `${source}${name}.cc`,
      join(folder, "echoSK.cc"),
      "-o",
      join(folder, name),
      "-lomniORB4",
      "-lomnithread",
      "-lpthread",
    ]);
  }
  return (built = folder);
}

function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** The C++ echo, one thread for each outstanding call. */
export async function measureOmniOrb(
  transport: Transport,
  kind: Kind,
  outstanding: number,
  milliseconds: number,
): Promise<Figure> {
  const folder = build();
  const pin = outstanding === 1 ? ["taskset", "-c", "0"] : ["nice", "-n", "0"];
  const endpoint =
    transport === "unix" ? `giop:unix:${join(folder, `s${sockets++}`)}` : "giop:tcp:127.0.0.1:";
  const limits = ["-ORBmaxGIOPConnectionPerServer", "64", "-ORBgiopMaxMsgSize", "2097152"];
  const server: ChildProcess = spawn(
    pin[0] as string,
    [...pin.slice(1), join(folder, "server"), "-ORBendPoint", endpoint, ...limits],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  try {
    const reference = await new Promise<string>((resolve) =>
      server.stdout?.once("data", (data) => resolve(String(data).trim())),
    );
    const before = cpuSeconds(server.pid as number);
    const client = spawnSync(
      pin[0] as string,
      [
        ...pin.slice(1),
        join(folder, "client"),
        reference,
        kind,
        String(outstanding),
        String(milliseconds),
        ...limits,
      ],
      { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] },
    );
    const result = JSON.parse(client.stdout) as { calls: number; seconds: number; cpu: number };
    const serverCpu = (cpuSeconds(server.pid as number) - before) * 0.8;
    return {
      callsPerSecond: result.calls / result.seconds,
      cpuPerCall: ((result.cpu + serverCpu) / result.calls) * 1e6,
    };
  } finally {
    server.kill();
  }
}
