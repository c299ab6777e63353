import { ComError, type Guid, HResult, tryParseGuid } from "../../base/index.ts";
import { ClassContext, type Implements, IUnknown, type Runtime } from "../../com/index.ts";
import type { ISurrogate } from "../../com/gen/objidl.ts";
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
  /**
   * A surrogate of one's own (CoRegisterSurrogate). LoadDllServer registers a class object for the class it is given, with use `surrogate`; FreeSurrogate
   * is called when nobody needs the process any more. Default: the class's module is loaded.
   */
  readonly surrogate?: (runtime: Runtime) => Implements<ISurrogate>;
}

/**
 * A surrogate: a process for classes that are only modules. Loads the class it was started for, then any other the SCM asks for, and ends when nobody
 * needs it. What goes wrong before it serves is thrown; printed to the standard error it reaches the one who activates.
 */
export async function runSurrogate(options: SurrogateOptions): Promise<void> {
  const { clsid } = parseSurrogateArguments(options.args);
  let load: LoadClass = () => {
    throw new ComError(HResult.CO_E_NOTINITIALIZED, "the surrogate is not ready yet");
  };
  const { runtime, remoting } = await options.open((wanted) => load(wanted));
  const custom = options.surrogate?.(runtime);
  load = custom === undefined ? moduleLoader(runtime) : loaderOf(custom);
  try {
    using first = await load(clsid); // an error here is told before anybody waits for the class
    void first;
    if (custom === undefined) await remoting.serveAsSurrogate(clsid);
    await untilIdle(runtime, remoting, options);
    await custom?.FreeSurrogate();
  } finally {
    await runtime.close();
  }
}

function moduleLoader(runtime: Runtime): LoadClass {
  return (clsid) => runtime.getClassObject(clsid, IUnknown, { context: ClassContext.INPROC_SERVER });
}

/** LoadDllServer once for each class, however many ask at once. */
function loaderOf(surrogate: Implements<ISurrogate>): LoadClass {
  const loading = new Map<Guid, Promise<undefined>>();
  return (clsid) => {
    const before = loading.get(clsid);
    if (before !== undefined) return before;
    const work = (async () => {
      await surrogate.LoadDllServer(clsid);
      return undefined;
    })();
    loading.set(clsid, work);
    work.catch(() => loading.delete(clsid)); // the next activation tries again
    return work;
  };
}
