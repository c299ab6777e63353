import { fileURLToPath } from "node:url";
import type { RegistrationOptions } from "./registry/register.ts";
import type { DefinedModule } from "./module.ts";
import { Runtime } from "./runtime.ts";
import type { RuntimeOptions } from "./runtime-options.ts";

export interface ServeOptions {
  /** How long nobody may need the server before it ends, milliseconds. Default: 0. */
  readonly idleTime?: number;
  /** How long the server waits for its first client, milliseconds. Default: 60,000, the time the SCM gives a server to come up. */
  readonly firstClientTime?: number;
  /** Ends the server early. */
  readonly signal?: AbortSignal;
}

/**
 * Opens all classes of a module to other processes and answers when nobody needs the server any more: no object of it lives, no lock is taken.
 *
 * An activation may come in at the last moment. Whoever is first decides: an object created first keeps the server; once the server decided to end, its
 * class objects refuse with CO_E_SERVER_STOPPING, at which the SCM starts another one.
 */
export async function serveModule(
  runtime: Runtime,
  module: DefinedModule,
  options: ServeOptions = {},
): Promise<void> {
  const registrations = await runtime.registerClassObjects(module, { suspended: true });
  await runtime.resumeClassObjects();
  try {
    await untilUnneeded(runtime, module, options);
  } finally {
    for (const registration of registrations) await registration.revoke();
  }
}

function untilUnneeded(runtime: Runtime, module: DefinedModule, options: ServeOptions): Promise<void> {
  const { clock } = runtime;
  const all = [module.locks, runtime.locks];
  return new Promise((resolve) => {
    let timer: Disposable | undefined;
    const watching: Disposable[] = [];
    const end = (): void => {
      timer?.[Symbol.dispose]();
      options.signal?.removeEventListener("abort", end);
      for (const one of watching) one[Symbol.dispose]();
      resolve();
    };
    const decide = (): void => {
      if (all.some((locks) => locks.count > 0)) return;
      for (const locks of all) locks.stopIfIdle();
      end();
    };
    const wait = (time: number): void => {
      timer?.[Symbol.dispose]();
      timer = clock.after(time, decide);
    };
    for (const locks of all) watching.push(locks.onIdle(() => wait(options.idleTime ?? 0)));
    options.signal?.addEventListener("abort", end);
    // Clocks do not keep a process alive; a server that waits for clients must live.
    const alive = setInterval(() => {}, 0x7fffffff);
    watching.push({ [Symbol.dispose]: () => clearInterval(alive) });
    // The first client may have come and gone while the last classes were being opened.
    const used = all.some((locks) => locks.used);
    wait(used ? (options.idleTime ?? 0) : (options.firstClientTime ?? 60_000));
  });
}

export interface LocalServerOptions extends ServeOptions {
  readonly module: DefinedModule;
  /** Opens the runtime the server works with; it needs a way out of the process. */
  readonly open: (options: RuntimeOptions) => Promise<Runtime>;
  readonly runtime?: RuntimeOptions;
  /** Address of the program's main module (`import.meta.url`), for its command line in the registry. Default: the script Node was started with. */
  readonly program?: string;
  /** Default: the process's own. */
  readonly argv?: readonly string[];
  readonly registration?: RegistrationOptions;
}

/**
 * The main function of a local server ("EXE"): `-RegServer` and `-UnregServer` write and remove the keys of its classes, `-Embedding` (how the SCM starts
 * it) serves until nobody needs it, and without an argument it serves until it is told to stop. Switches may begin with `-`, `--` or `/`, in any case.
 * Answers the exit code.
 */
export async function runLocalServer(options: LocalServerOptions): Promise<number> {
  const switches = new Set((options.argv ?? process.argv.slice(2)).map((text) => switchOf(text)));
  const { module } = options;
  if (switches.has("regserver") || switches.has("unregserver")) {
    await using runtime = await Runtime.open(options.runtime ?? {});
    const place = { kind: "local", command: commandLine(options.program) } as const;
    await runtime.registry.edit((editor) => {
      if (switches.has("regserver")) module.DllRegisterServer(editor, place, options.registration);
      else module.DllUnregisterServer(editor, options.registration);
    });
    return 0;
  }
  await using runtime = await options.open(options.runtime ?? {});
  if (switches.has("embedding")) {
    await serveModule(runtime, module, options);
    return 0;
  }
  await untilStopped(runtime, module, options);
  return 0;
}

function switchOf(text: string): string {
  return /^(?:--?|\/)(\w+)$/.exec(text)?.[1]?.toLowerCase() ?? "";
}

/** The command line that starts this program: Node, its own switches, the script. */
function commandLine(program: string | undefined): string {
  const script = program === undefined ? (process.argv[1] ?? "") : fileURLToPath(program);
  return [process.execPath, ...process.execArgv, script].map((part) => quoted(part)).join(" ");
}

function quoted(part: string): string {
  return /^[\w./\\:=@+-]+$/.test(part) ? part : `"${part.replaceAll('"', '\\"')}"`;
}

async function untilStopped(runtime: Runtime, module: DefinedModule, options: ServeOptions): Promise<void> {
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
  runtime.addRefServerProcess();
  try {
    const signal =
      options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
    await serveModule(runtime, module, { ...options, signal });
  } finally {
    runtime.locks.release();
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  }
}
