import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, mkdirSync, openSync, readSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { ComError, type Guid, HResult, formatGuid } from "../../base/index.ts";

/** A program to start. */
export interface LaunchSpec {
  /** For people: which server this is. */
  readonly name: string;
  readonly command: readonly string[];
  /** Set for the program beside our own environment, of which it gets neither our launch nor our password. */
  readonly environment: Readonly<Record<string, string>>;
}

/** How a launched program ended. */
export interface LaunchExit {
  readonly code: number | undefined;
  readonly signal: string | undefined;
  /** Why it could not even be started. */
  readonly error: Error | undefined;
  /** The end of what it printed. */
  readonly output: string;
}

/** A program that was started. */
export interface Launched {
  /** COMITY_LAUNCH of the program; it gives it back when it joins. */
  readonly token: string;
  readonly pid: number | undefined;
  readonly exited: Promise<LaunchExit>;
  /** The end of what it has printed so far. */
  output(): string;
  kill(): void;
}

/** Starts programs. The real one is {@link processLauncher}; tests hand in their own. */
export type Launch = (spec: LaunchSpec) => Launched;

/** How much of a program's output an error shows, bytes. */
const shownOutput = 4096;

/**
 * Starts programs as processes of their own: they outlive the SCM and join the next one. What they print goes to a file under `logs`, whose
 * end is shown when the start fails; a file of a program that ended well and said nothing is removed.
 */
export function processLauncher(home: string): Launch {
  const logs = join(home, "logs", "servers");
  return (spec) => {
    mkdirSync(logs, { recursive: true, mode: 0o700 });
    const token = randomBytes(16).toString("hex");
    const file = join(logs, `${safeName(spec.name)}-${token.slice(0, 8)}.log`);
    const log = openSync(file, "a", 0o600);
    try {
      const child = spawn(spec.command[0] as string, spec.command.slice(1), {
        detached: true,
        stdio: ["ignore", log, log],
        env: { ...inherited(), ...spec.environment, COMITY_HOME: home, COMITY_LAUNCH: token },
      });
      child.unref();
      return {
        token,
        pid: child.pid,
        exited: exitOf(child, file),
        output: () => tail(file),
        kill: () => void child.kill("SIGKILL"),
      };
    } finally {
      closeSync(log);
    }
  };
}

/** What is said of this process alone: its own launch, and the password a person gave to one command. */
const own = [
  "COMITY_LAUNCH",
  "COMITY_CLSID",
  "COMITY_APPID",
  "COMITY_AUTHENTICATION_LEVEL",
  "COMITY_PASSWORD",
] as const;

/** Our environment as a server gets it: another class's AppID would give it that class's permissions. */
function inherited(): NodeJS.ProcessEnv {
  const environment = { ...process.env };
  for (const name of own) delete environment[name];
  return environment;
}

function exitOf(child: ChildProcess, file: string): Promise<LaunchExit> {
  return new Promise((resolve) => {
    child.once("error", (error) => {
      resolve({ code: undefined, signal: undefined, error, output: tail(file) });
    });
    child.once("exit", (code, signal) => {
      const output = tail(file);
      if (code === 0 && output === "") rmSync(file, { force: true });
      resolve({ code: code ?? undefined, signal: signal ?? undefined, error: undefined, output });
    });
  });
}

function tail(file: string): string {
  try {
    const size = statSync(file).size;
    const bytes = Buffer.alloc(Math.min(size, shownOutput));
    const handle = openSync(file, "r");
    try {
      readSync(handle, bytes, 0, bytes.length, size - bytes.length);
    } finally {
      closeSync(handle);
    }
    return bytes.toString("utf8").trim();
  } catch {
    return ""; // the file is gone: nothing to show
  }
}

function safeName(name: string): string {
  return name.replaceAll(/[^\w.-]+/g, "_").slice(0, 64);
}

/** CO_E_SERVER_EXEC_FAILURE for a program that ended before it served, with what it printed. */
export function startFailure(name: string, exit: LaunchExit): ComError {
  const how =
    exit.error !== undefined
      ? `could not be started: ${exit.error.message}`
      : `ended with ${exit.signal ?? `exit code ${exit.code}`} before it registered its class`;
  const cause = exit.error === undefined ? {} : { cause: exit.error };
  return new ComError(
    HResult.CO_E_SERVER_EXEC_FAILURE,
    `the server of ${name} ${how}${printed(exit.output)}`,
    cause,
  );
}

/** CO_E_SERVER_EXEC_FAILURE for a program that did not register its class in time, with those it did. */
export function startTimeout(
  name: string,
  milliseconds: number,
  output: string,
  others: ReadonlySet<Guid> = new Set(),
): ComError {
  const list = [...others].slice(0, 5).map((clsid) => formatGuid(clsid));
  const instead = list.length === 0 ? "" : `, only ${list.join(", ")}`;
  const message = `the server of ${name} did not register its class within ${milliseconds} ms${instead}${printed(output)}`;
  return new ComError(HResult.CO_E_SERVER_EXEC_FAILURE, message);
}

/** RPC_E_SERVER_DIED for a program that crashed while it made the object, with what it printed. */
export function activationCrash(name: string, { code, signal, output }: LaunchExit): ComError {
  const how = signal ?? `exit code ${code}`;
  return new ComError(
    HResult.RPC_E_SERVER_DIED,
    `the server of ${name} crashed with ${how} during the activation${printed(output)}`,
  );
}

function printed(output: string): string {
  return output === "" ? "" : `; it printed:\n${output}`;
}
