import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Credentials, Runtime, type OpenOptions } from "comity";
import type { Logger } from "comity/base";
import { FileAccountStore, type GuessLimits } from "comity/auth";
import { Registry, RegistryType } from "comity/com";
import type { ScmSettings } from "comity/dcom";
import { type Machine, openMachine } from "comity/runtime";
import { openStore } from "comity/store";
import { runs, until } from "./wait.js";

const runFile = promisify(execFile);

/** Who the tests are on machines other than their own. */
export const client: Credentials = { user: "alice", password: "Correct-Horse-7" };
/** Who the servers are when they call their clients. */
const robot: Credentials = { user: "robot", password: "Battery-Staple-8" };

process.env["COMITY_SUBJECT_USER"] = robot.user;
process.env["COMITY_SUBJECT_PASSWORD"] = robot.password;

export const subjectModulePath: string = fileURLToPath(new URL("../subject/module.js", import.meta.url));

// Everything that this process and those it starts leave in the temporary folder, sockets of killed processes among it, goes when it ends.
const temporary = mkdtempSync(join(tmpdir(), "comity-conformance-"));
process.env["TMPDIR"] = temporary;
process.once("exit", () => rmSync(temporary, { recursive: true, force: true }));

/** A new home; removed by {@link removeHome}. */
export function newHome(): string {
  return mkdtempSync(join(tmpdir(), "home-"));
}

export function removeHome(home: string): void {
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  assert.ok(!existsSync(home), "the home is removed");
}

/** Registers the subject as a program: runs it with -RegServer, as an installer does. */
export function registerSubjectServer(home: string, nodeOptions: readonly string[] = []): Promise<void> {
  return registerProgram(home, "server.js", nodeOptions);
}

/** Runs a program of the subject's folder with -RegServer. */
export async function registerProgram(
  home: string,
  program: string,
  nodeOptions: readonly string[] = [],
): Promise<void> {
  const path = fileURLToPath(new URL(`../subject/${program}`, import.meta.url));
  await runFile(process.execPath, [...nodeOptions, path, "-RegServer"], {
    env: { ...process.env, COMITY_HOME: home },
  });
}

/** Sets a machine's ping period in its registry, for an SCM that a program holds. */
export async function setPingPeriod(home: string, milliseconds: number): Promise<void> {
  const store = await openStore({ path: join(home, "store") });
  try {
    await new Registry(store).edit((editor) =>
      editor.set("HKLM\\SOFTWARE\\Microsoft\\Ole", "PingPeriod", milliseconds, RegistryType.DWORD),
    );
  } finally {
    await store.close();
  }
}

export interface TestMachineOptions {
  /** How many wrong passwords the machine listens to. Default: as always. */
  readonly guessLimits?: GuessLimits;
  readonly address?: string;
  readonly settings?: Partial<ScmSettings>;
  /** How the subject is registered. Default: as a program. */
  readonly subject?: "program" | "module" | "surrogate" | "none";
  readonly nodeOptions?: readonly string[];
}

/** A machine in a home of its own on a loopback address, its SCM inside this process. Closing it asserts that its servers have ended. */
export class TestMachine implements AsyncDisposable {
  readonly home: string;
  readonly address: string;
  /** What it warned about, with the gate where one refused. */
  readonly warnings: { readonly gate: string | undefined; readonly message: string }[];
  /** Writes there. */
  readonly logger: Logger;
  readonly #machine: Machine;
  /** Every server process that was ever seen here. */
  readonly #servers = new Set<number>();

  private constructor(
    home: string,
    address: string,
    machine: Machine,
    warnings: TestMachine["warnings"],
    logger: Logger,
  ) {
    this.logger = logger;
    this.home = home;
    this.address = address;
    this.#machine = machine;
    this.warnings = warnings;
  }

  static async open(options: TestMachineOptions = {}): Promise<TestMachine> {
    const { address = "127.0.0.1", settings, subject = "program", nodeOptions, guessLimits } = options;
    const home = newHome();
    const accounts = new FileAccountStore(home);
    for (const { user, password = "" } of [client, robot]) await accounts.add(user, password);
    if (subject === "program") await registerSubjectServer(home, nodeOptions);
    const warnings: { gate: string | undefined; message: string }[] = [];
    const note = (fields: object, message: string): void => {
      warnings.push({ gate: "gate" in fields ? String(fields.gate) : undefined, message });
    };
    const quiet = (): void => undefined;
    const logger = { debug: quiet, info: quiet, warn: note, error: note };
    const machine = await openMachine({
      home,
      addresses: [address],
      port: 0,
      logger,
      ...(settings === undefined ? {} : { settings }),
      ...(guessLimits === undefined ? {} : { guessLimits }),
    });
    const opened = new TestMachine(home, address, machine, warnings, logger);
    if (subject === "module" || subject === "surrogate") {
      await using com = await opened.runtime();
      await com.registerModule(subjectModulePath, { surrogate: subject === "surrogate" });
    }
    return opened;
  }

  /** What other machines call it: address and port. */
  get name(): string {
    return `${this.address}[${this.#machine.scm.port}]`;
  }

  get scm(): Machine["scm"] {
    return this.#machine.scm;
  }

  get registry(): Machine["registry"] {
    return this.#machine.registry;
  }

  get accounts(): FileAccountStore {
    return new FileAccountStore(this.home);
  }

  /** A runtime of this machine in this process. The caller closes it. */
  runtime(options: OpenOptions = {}): Promise<Runtime> {
    return Runtime.open({ home: this.home, credentials: client, leaks: "throw", ...options });
  }

  /** The processes of the machine that are not this one. */
  async servers(): Promise<readonly number[]> {
    const { processes } = await this.scm.snapshot();
    const pids = processes.map(({ pid }) => pid).filter((pid) => pid !== process.pid);
    // Numbers are given again: one that has ended is somebody else's soon.
    for (const pid of this.#servers) if (!runs(pid)) this.#servers.delete(pid);
    for (const pid of pids) this.#servers.add(pid);
    return pids;
  }

  /** Waits until all servers have ended, by themselves. */
  async untilServersEnd(): Promise<void> {
    try {
      await until(async () => (await this.servers()).length === 0, "servers to leave their machine");
    } catch (error) {
      throw new Error(await this.#whatIsLeft(), { cause: error });
    }
    await until(() => [...this.#servers].every((pid) => !runs(pid)), "server processes to end");
  }

  async #whatIsLeft(): Promise<string> {
    const { processes, pings } = await this.scm.snapshot();
    const objects = processes.map(({ pid, name, classes, status }) => {
      const lines = status?.objects.map(
        (one) =>
          `  ${one.name} ${one.references} ${one.interfaces.map(({ name: iface }) => iface).join(" ")}`,
      );
      return [`${pid} ${name} ${classes.map((one) => one.name).join(" ")}`, ...(lines ?? [])].join("\n");
    });
    return `left on ${this.address}: ${JSON.stringify(pings)}\n${objects.join("\n")}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.untilServersEnd();
      const { pings } = await this.scm.snapshot();
      assert.equal(pings.objects, 0, "no object of the machine is held from outside");
    } finally {
      for (const pid of this.#servers) if (runs(pid)) process.kill(pid, "SIGKILL");
      await this.#machine[Symbol.asyncDispose]();
      removeHome(this.home);
    }
  }
}
