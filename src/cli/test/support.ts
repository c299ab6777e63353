import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { run } from "../program.ts";

export const root: string = fileURLToPath(new URL("../../../", import.meta.url));
export const greeterPath: string = fileURLToPath(new URL("programs/greeter.js", import.meta.url));
const main = fileURLToPath(new URL("../main.js", import.meta.url));

export interface Done {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command within this process. */
export async function comity(...args: readonly string[]): Promise<Done> {
  let out = "";
  let err = "";
  const code = await run(args, { out: (text) => void (out += text), err: (text) => void (err += text) });
  return { code, out, err };
}

/** Runs the command as it is installed. */
export function comityProgram(
  args: readonly string[],
  options: { readonly input?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Done {
  const done = spawnSync(process.execPath, [main, ...args], {
    encoding: "utf8",
    input: options.input ?? "",
    env: { ...process.env, ...options.env },
    timeout: 30_000,
  });
  return { code: done.status ?? -1, out: done.stdout, err: done.stderr };
}

/** A home that the commands of this process work on; leaving it removes it. */
export class TestHome implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), "comity-cli-"));
  readonly #before: string | undefined = process.env["COMITY_HOME"];

  constructor() {
    process.env["COMITY_HOME"] = this.path;
  }

  [Symbol.dispose](): void {
    if (this.#before === undefined) delete process.env["COMITY_HOME"];
    else process.env["COMITY_HOME"] = this.#before;
    rmSync(this.path, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** `comity scm` as a program of its own. */
export class ScmProgram implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown[]>;
  readonly greeting: string;

  private constructor(child: ChildProcess, exited: Promise<unknown[]>, greeting: string) {
    this.#child = child;
    this.#exited = exited;
    this.greeting = greeting;
  }

  static async start(args: readonly string[]): Promise<ScmProgram> {
    const child = spawn(process.execPath, [main, "scm", ...args], { stdio: ["ignore", "pipe", "ignore"] });
    const exited = once(child, "exit");
    const [greeting] = (await Promise.race([
      once(createInterface(child.stdout), "line"),
      exited,
    ])) as unknown[];
    if (typeof greeting !== "string") throw new Error(`comity scm ended with ${String(greeting)}`);
    return new ScmProgram(child, exited, greeting);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** As Ctrl+C does; answers the exit code. */
  async stop(): Promise<unknown> {
    this.#child.kill("SIGINT");
    return (await this.#exited)[0];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited;
  }
}
