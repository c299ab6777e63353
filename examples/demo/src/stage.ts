import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const comityCommand = fileURLToPath(new URL("../../../dist/cli/main.js", import.meta.url));

export const calculatorIdl: string = fileURLToPath(
  new URL("../../calculator/calculator.idl", import.meta.url),
);
export const calculatorModule: string = fileURLToPath(
  new URL("../../calculator/dist/module.js", import.meta.url),
);
export const calculatorServer: string = fileURLToPath(
  new URL("../../calculator/dist/server.js", import.meta.url),
);

/** One machine of the demo: a home of its own, and an SCM on an address of its own. */
export interface DemoMachine {
  readonly home: string;
  readonly address: string;
  readonly port: number;
}

/** The temporary folders and processes of the demo; all gone when it is disposed. */
export class Stage implements Disposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), "comity-demo-"));
  readonly #children: ChildProcess[] = [];

  home(name: string): string {
    const home = join(this.folder, name);
    mkdirSync(home, { recursive: true, mode: 0o700 });
    return home;
  }

  /** Runs a comity command to its end on a machine's home. */
  comity(home: string, args: readonly string[], input = ""): string {
    const done = spawnSync(process.execPath, [comityCommand, ...args], {
      env: { ...process.env, COMITY_HOME: home },
      encoding: "utf8",
      input,
    });
    if (done.status !== 0) throw new Error(`comity ${args.join(" ")}: ${done.stderr}`);
    return done.stdout;
  }

  /** Starts `comity scm` and waits until it listens. */
  async machine(name: string, address: string, options: readonly string[] = []): Promise<DemoMachine> {
    const home = this.home(name);
    const child = this.start(
      [comityCommand, "scm", "-a", address, "-p", "0", "--log", "error", ...options],
      home,
    );
    const line = await firstLine(child);
    const port = Number(/\[(\d+)\]/.exec(line)?.[1]);
    return { home, address, port };
  }

  /** Starts a program of ours on a machine's home. */
  start(args: readonly string[], home: string, environment: NodeJS.ProcessEnv = {}): ChildProcess {
    const child = spawn(process.execPath, args, {
      env: { ...process.env, COMITY_HOME: home, ...environment },
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#children.push(child);
    return child;
  }

  [Symbol.dispose](): void {
    for (const child of this.#children) if (child.exitCode === null) child.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The first line a child prints; fails when it ends before. */
export function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout?.on("data", (data: Buffer) => {
      text += data.toString();
      if (text.includes("\n")) resolve(text.slice(0, text.indexOf("\n")));
    });
    child.once("exit", (code) => reject(new Error(`a process of the demo ended early, with ${code}`)));
  });
}

/** Not every system has 127.0.0.2 without being told; there both machines share 127.0.0.1, on ports of their own. */
export function secondAddress(): Promise<string> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve("127.0.0.1"));
    probe.listen(0, "127.0.0.2", () => probe.close(() => resolve("127.0.0.2")));
  });
}
