import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The `comity` command as it is installed. */
const comityCommand: string = fileURLToPath(import.meta.resolve("comity/package.json")).replace(
  /package\.json$/,
  "dist/cli/main.js",
);

/** `comity scm` in a process of its own. Closing it stops it as Ctrl+C does. */
export class ScmProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  /** What it said when it was ready. */
  readonly greeting: string;

  private constructor(child: ChildProcess, exited: Promise<unknown>, greeting: string) {
    this.#child = child;
    this.#exited = exited;
    this.greeting = greeting;
  }

  static async start(home: string, args: readonly string[] = []): Promise<ScmProcess> {
    const child = spawn(process.execPath, [comityCommand, "scm", "--log", "silent", ...args], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, COMITY_HOME: home },
    });
    const exited = once(child, "exit");
    const lines = createInterface(child.stdout);
    const greeting = await Promise.race([once(lines, "line"), exited]);
    if (typeof greeting[0] !== "string") throw new Error(`comity scm ended with ${String(greeting[0])}`);
    return new ScmProcess(child, exited, greeting[0]);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The TCP port it said it listens on. */
  get port(): number {
    return Number(/\[(\d+)\]/.exec(this.greeting)?.[1]);
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#exited;
  }
}
