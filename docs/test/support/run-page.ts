import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { LocalMachine } from "comity/dcom";
import { type Block, type Page, blocksOf, root } from "./markdown.ts";

/*
 * A page is a script. A block with a file's name after its language is written to that file; a `console` block is carried out: a line that begins with
 * `$ ` is a command, what follows is what it prints. `…` stands for anything within a line, a line of its own for any lines. A command that ends in
 * `&` goes on while the page is run, until it printed what the page says. Where `comity: ` is what a command prints last, it must fail.
 */

interface Command {
  readonly text: string;
  readonly expected: readonly string[];
  readonly line: number;
}

/** What a page calls a port and the second machine's address is replaced by what this machine has. */
export interface Stand {
  readonly port: number;
  readonly address: string;
}

export async function makeStand(): Promise<Stand> {
  const port = await freePort();
  return { port, address: await secondAddress() };
}

export class PageRun implements AsyncDisposable {
  readonly folder: string;
  readonly home: string = mkdtempSync(join(tmpdir(), "comity-docs-"));
  readonly #page: Page;
  readonly #stand: Stand;
  readonly #children: ChildProcess[] = [];

  constructor(page: Page, stand: Stand) {
    this.#page = page;
    this.#stand = stand;
    // Within the repository, so that "comity" is found as a reader's node_modules would have it.
    this.folder = join(root, "docs/dist/pages", page.path.replaceAll(/[^\w]+/g, "-"));
    rmSync(this.folder, { recursive: true, force: true });
    mkdirSync(this.folder, { recursive: true });
    writeFileSync(join(this.folder, "package.json"), `{ "type": "module" }\n`);
    const bin = join(this.home, "bin");
    mkdirSync(bin);
    writeFileSync(
      join(bin, "comity"),
      `#!/bin/sh\nexec "${process.execPath}" "${root}dist/cli/main.js" "$@"\n`,
    );
    chmodSync(join(bin, "comity"), 0o755);
  }

  /** Has the page find the samples and captures where they are in a clone. Not for pages that compile what they find. */
  linkClone(): void {
    for (const folder of [
      "conformance/captures",
      "examples/calculator/calculator.idl",
      "examples/calculator/dist",
    ]) {
      mkdirSync(dirname(join(this.folder, folder)), { recursive: true });
      symlinkSync(join(root, folder), join(this.folder, folder));
    }
  }

  /** Carries out the whole page, or throws an assertion with the line that is not true. */
  async run(): Promise<void> {
    for (const block of blocksOf(this.#page)) {
      if (block.lang === "console") {
        for (const command of commandsOf(block)) await this.#execute(command);
      } else if (/^[\w./-]+\.\w+$/.test(block.name)) {
        this.write(block.name, block.text);
      }
    }
  }

  write(name: string, text: string): void {
    const path = join(this.folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, this.#here(text));
  }

  /** Runs one command to its end; answers what it printed and its exit code. */
  shell(command: string): Promise<{ readonly output: string; readonly code: number | null }> {
    const child = this.#spawn(command);
    let output = "";
    child.stdout?.on("data", (data: Buffer) => (output += data.toString()));
    child.stderr?.on("data", (data: Buffer) => (output += data.toString()));
    return new Promise((resolve) => {
      child.on("close", (code) => resolve({ output, code }));
    });
  }

  /** Ends whatever the page started: its own commands, and the servers that were launched for them. */
  async [Symbol.asyncDispose](): Promise<void> {
    const launched = await this.#launched();
    for (const child of this.#children) {
      if (child.exitCode === null && child.pid !== undefined) end(-child.pid); // the shell and what it started
    }
    for (const pid of launched) end(pid);
    await new Promise((resolve) => setTimeout(resolve, 200));
    rmSync(this.home, { recursive: true, force: true });
  }

  /** Processes of the page's machines, asked of whoever is their SCM now. */
  async #launched(): Promise<readonly number[]> {
    const pids = new Set<number>();
    for (const name of readdirSync(this.home, { recursive: true, encoding: "utf8" })) {
      if (basename(name) !== "scm.sock") continue;
      await using machine = new LocalMachine({ home: join(this.home, dirname(name)) });
      const snapshot = await machine.snapshot().catch(() => undefined); // nobody there
      if (snapshot === undefined) continue;
      for (const { pid } of [snapshot, ...snapshot.processes]) pids.add(pid);
    }
    pids.delete(process.pid);
    return [...pids];
  }

  async #execute(command: Command): Promise<void> {
    const text = this.#here(command.text);
    const expected = command.expected.map((line) => this.#here(line));
    const place = `${this.#page.path}:${command.line}: $ ${text}`;
    if (text.endsWith("&")) return this.#background(text.slice(0, -1), expected, place);
    const { output, code } = await this.shell(text);
    const shouldFail = expected.at(-1)?.startsWith("comity: ") === true;
    assert.equal(code === 0, !shouldFail, `${place}\nexit code ${code}\n${output}`);
    if (expected.length > 0) assertPrinted(output, expected, place);
  }

  async #background(text: string, expected: readonly string[], place: string): Promise<void> {
    const child = this.#spawn(text);
    let output = "";
    child.stdout?.on("data", (data: Buffer) => (output += data.toString()));
    child.stderr?.on("data", (data: Buffer) => (output += data.toString()));
    for (let i = 0; i < 400 && !matches(output, expected); i++) {
      assert.equal(child.exitCode, null, `${place}\nended\n${output}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assertPrinted(output, expected, place);
  }

  #spawn(text: string): ChildProcess {
    const { COMITY_HOME: _, XDG_DATA_HOME: __, COMITY_PASSWORD: ___, ...environment } = process.env;
    const path = `${join(this.home, "bin")}:${root}node_modules/.bin:${dirname(process.execPath)}:${process.env["PATH"] ?? ""}`;
    // npx would look around at length for what lies in the path already.
    const child = spawn("sh", ["-c", text.replaceAll(/\bnpx /g, "")], {
      cwd: this.folder,
      env: { ...environment, HOME: this.home, PATH: path },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    this.#children.push(child);
    return child;
  }

  #here(text: string): string {
    return text
      .replaceAll("4135", String(this.#stand.port))
      .replaceAll("127.0.0.2", this.#stand.address)
      .replaceAll("/home/you", this.home);
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGTERM");
  } catch {
    // Gone in the meantime.
  }
}

function commandsOf(block: Block): readonly Command[] {
  const commands: { text: string; expected: string[]; line: number }[] = [];
  for (const [i, line] of block.text.trimEnd().split("\n").entries()) {
    if (line.startsWith("$ ")) {
      const text = line.slice(2).replace(/\s+# .*$/, "");
      commands.push({ text, expected: [], line: block.line + 1 + i });
    } else commands.at(-1)?.expected.push(line);
  }
  return commands;
}

function matches(output: string, expected: readonly string[]): boolean {
  const pattern = expected.map((line) =>
    line === "…" ? "(?:.*\\n)*" : `${escape(line).replaceAll("…", ".*")}[^\\S\\n]*\\n`,
  );
  return new RegExp(`^\\s*${pattern.join("")}\\s*$`).test(`${output.trimEnd()}\n`);
}

function assertPrinted(output: string, expected: readonly string[], place: string): void {
  if (!matches(output, expected)) {
    assert.fail(`${place}\nprints\n${output}\nthe page says\n${expected.join("\n")}`);
  }
}

function escape(text: string): string {
  return text.trimEnd().replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}

/** Not every system has 127.0.0.2 without being told. */
function secondAddress(): Promise<string> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve("127.0.0.1"));
    probe.listen(0, "127.0.0.2", () => probe.close(() => resolve("127.0.0.2")));
  });
}
