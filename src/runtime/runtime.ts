import {
  type DefinedModule,
  type LocalServerOptions,
  Runtime as ComRuntime,
  runLocalServer as runServer,
} from "../com/index.ts";
import { type OpenOptions, openRuntime } from "./open.ts";

/** COM, started in this process. `Runtime.open()` begins, `close()` (or `await using`) ends. */
export type Runtime = ComRuntime;

export const Runtime: { open(options?: OpenOptions): Promise<Runtime> } = { open: openRuntime };

export interface ServerProgramOptions extends Omit<LocalServerOptions, "module" | "open" | "runtime"> {
  /** How the server's runtime is opened; its credentials are those it calls its clients on other machines with. */
  readonly runtime?: OpenOptions;
}

/**
 * The main function of a local server program: `-RegServer`, `-UnregServer`, `-Embedding`, or no argument (serve until stopped).
 * Answers the exit code.
 */
export function runLocalServer(module: DefinedModule, options: ServerProgramOptions = {}): Promise<number> {
  const { runtime = {}, ...rest } = options;
  const { credentials: _, remoting: __, ...com } = runtime;
  return runServer({ ...rest, module, runtime: com, open: () => openRuntime(runtime) });
}
