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

/**
 * The main function of a local server program: `-RegServer`, `-UnregServer`, `-Embedding`, or no argument (serve until stopped).
 * Answers the exit code.
 */
export function runLocalServer(
  module: DefinedModule,
  options: Omit<LocalServerOptions, "module" | "open"> = {},
): Promise<number> {
  return runServer({ ...options, module, open: ({ remoting: _, ...rest }) => openRuntime(rest) });
}
