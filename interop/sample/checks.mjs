/* What an interop script proves, line by line, and its exit code. */
import { spawn } from "node:child_process";

export class Checks {
  #failed = 0;
  #passed = 0;

  /** Prints one proof. */
  that(holds, what, detail = "") {
    if (holds) this.#passed++;
    else this.#failed++;
    console.log(`${holds ? "ok  " : "FAIL"} ${what}${holds || detail === "" ? "" : `\n     ${detail}`}`);
  }

  /** Prints the sum; the exit code. */
  finish() {
    console.log(`${this.#passed} proven, ${this.#failed} failed`);
    return this.#failed === 0 && this.#passed > 0 ? 0 : 1;
  }
}

/** Runs a program to its end, a minute at most. */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    const timer = setTimeout(() => child.kill("SIGKILL"), options.timeout ?? 60_000);
    child.on("error", (error) => resolve({ code: 127, output: String(error) }));
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ code: code ?? signal, output });
    });
  });
}
