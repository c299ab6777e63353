import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const command = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

/** Temporary folders and the processes of machines, all gone when this process ends. */
export class Machines {
  folder = mkdtempSync(join(tmpdir(), "comity-own-"));
  #children = [];

  constructor() {
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
    process.once("exit", () => {
      for (const child of this.#children) child.kill("SIGKILL");
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  /** `comity scm` on an address, with a home and one account. */
  async start(name, address, { user, password }, ...options) {
    const home = join(this.folder, name);
    mkdirSync(home, { mode: 0o700 });
    comity(home, ["account", "add", user, "-"], `${password}\n`);
    const line = await this.run(home, [
      command,
      "scm",
      "-a",
      address,
      "-p",
      "0",
      "--log",
      "error",
      ...options,
    ]);
    return { home, address, port: Number(/\[(\d+)\]/.exec(line.said)?.[1]) };
  }

  /** Starts a program on a home; answers the first line it prints and how to stop it. It ends with this process. */
  run(home, args, env = {}) {
    const child = spawn(process.execPath, args, {
      env: { ...process.env, COMITY_HOME: home, ...env },
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#children.push(child);
    const gone = new Promise((resolve) => child.once("exit", resolve));
    const stop = () => {
      child.kill();
      return gone;
    };
    return new Promise((resolve, reject) => {
      let text = "";
      child.stdout.on("data", (data) => {
        text += data;
        if (text.includes("\n")) resolve({ said: text.slice(0, text.indexOf("\n")), stop });
      });
      child.once("exit", (code) => reject(new Error(`${args.join(" ")} ended early: ${code}`)));
    });
  }
}

/** Runs a comity command to its end; what it prints. */
export function comity(home, args, input = "") {
  const done = spawnSync(process.execPath, [command, ...args], {
    env: { ...process.env, COMITY_HOME: home },
    encoding: "utf8",
    maxBuffer: 1 << 30,
    input,
  });
  if (done.status === 0) return done.stdout;
  throw new Error(`comity ${args.join(" ")}: exit ${done.status}\n${done.stderr}`);
}
