import { ComError, type Guid, HResult, tryParseGuid } from "../../base/index.ts";
import { ClassContext, IUnknown, type Runtime } from "../../com/index.ts";
import type { DcomRemoting } from "../remoting.ts";
import type { LoadClass } from "./class-server.ts";
import { type ServerProcessOptions, untilIdle } from "./server-process.ts";

/** What a surrogate is started for: its AppID (or the class itself), and the first class. */
export interface SurrogateArguments {
  /** What the classes it may load have in common: an AppID, or the CLSID of a class without one. */
  readonly processId: Guid;
  readonly clsid: Guid;
}

/** Reads `/processid: {APPID} /clsid: {CLSID} -Embedding`, as the SCM starts surrogates. Throws E_INVALIDARG. */
export function parseSurrogateArguments(args: readonly string[]): SurrogateArguments {
  const processId = optionOf(args, "/processid:");
  return { processId, clsid: optionOf(args, "/clsid:") };
}

function optionOf(args: readonly string[], name: string): Guid {
  const at = args.findIndex((arg) => arg.toLowerCase().startsWith(name));
  const text = args[at]?.slice(name.length) || args[at + 1];
  const parsed = at < 0 || text === undefined ? undefined : tryParseGuid(text);
  if (parsed !== undefined) return parsed;
  throw new ComError(HResult.E_INVALIDARG, `a surrogate is started with ${name} {GUID}`);
}

export interface SurrogateOptions extends ServerProcessOptions {
  /** The command line behind the program's name. */
  readonly args: readonly string[];
  /** Opens this process's runtime; its remoting loads classes by `loadClass`. */
  readonly open: (
    loadClass: LoadClass,
  ) => Promise<{ readonly runtime: Runtime; readonly remoting: DcomRemoting }>;
}

/**
 * The default surrogate: a process for classes that are only modules. Loads the class it was started for, then any other the SCM asks for, and ends when
 * nobody needs it. What goes wrong before it serves is thrown; printed to the standard error it reaches the one who activates.
 */
export async function runSurrogate(options: SurrogateOptions): Promise<void> {
  const { clsid } = parseSurrogateArguments(options.args);
  let runtime: Runtime | undefined;
  const loadClass: LoadClass = async (wanted) => {
    if (runtime === undefined)
      throw new ComError(HResult.CO_E_NOTINITIALIZED, "the surrogate is not ready yet");
    return runtime.getClassObject(wanted, IUnknown, { context: ClassContext.INPROC_SERVER });
  };
  const opened = await options.open(loadClass);
  runtime = opened.runtime;
  try {
    using first = await loadClass(clsid); // an error here is told before anybody waits for the class
    void first;
    await opened.remoting.serveAsSurrogate(clsid);
    await untilIdle(runtime, opened.remoting, options);
  } finally {
    await runtime.close();
  }
}
