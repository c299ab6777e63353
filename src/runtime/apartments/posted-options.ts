import { ComError, HResult } from "../../base/index.ts";
import type { OpenOptions } from "../open.ts";

/** What of a runtime's options its threads get, too: plain data. */
export interface PostedOptions extends Pick<OpenOptions, "credentials" | "queuedCalls" | "manifests"> {
  readonly remoting: OpenOptions["remoting"];
  /** Pointers that were never released: to the log, or to the function of the thread that began. */
  readonly leaks: "log" | "tell" | undefined;
  /** The address of the module that has the rest. */
  readonly threadOptions: string | undefined;
}

/** What every thread has of its own: where it is called at, what it is called, where it comes from. */
const ownOfThread: ReadonlySet<string> = new Set(["listen", "name", "launchToken", "trace"]);

/**
 * The options of a runtime as they are posted to a thread. Functions, and objects with methods, cannot be: they come from the module of `threadOptions`, and
 * without one they are refused by name (E_INVALIDARG), since a thread without them would behave otherwise than was asked.
 */
export function postedOptions(options: OpenOptions, manifests: readonly string[] | undefined): PostedOptions {
  const { credentials, queuedCalls, leaks, remoting = {}, threadOptions } = options;
  const { clock, providers, registry } = options;
  const elsewhere = threadOptions !== undefined;
  const plain = Object.entries(remoting).filter(([name, value]) => {
    if (ownOfThread.has(name) || value === undefined) return false;
    const reason = whyNotPosted(value, `remoting.${name}`);
    if (reason !== undefined && !elsewhere) throw refused(reason);
    return reason === undefined;
  });
  for (const [name, value] of Object.entries({ clock, providers })) {
    if (value !== undefined && !elsewhere) throw refused(`${name} is made of functions`);
  }
  if (registry !== undefined && !elsewhere) throw refused("registry is an object with methods");
  return {
    ...(credentials === undefined ? {} : { credentials }),
    ...(queuedCalls === undefined ? {} : { queuedCalls }),
    ...(manifests === undefined ? {} : { manifests }),
    remoting: Object.fromEntries(plain),
    leaks: leaks === undefined ? undefined : typeof leaks === "function" ? "tell" : "log",
    threadOptions: threadOptions === undefined ? undefined : String(threadOptions),
  };
}

function refused(reason: string): ComError {
  return new ComError(
    HResult.E_INVALIDARG,
    `the option ${reason}, which another thread cannot be given: name a module with threadOptions that has it`,
  );
}

/** Where in a value something stands that cannot be posted as it is, in words. */
function whyNotPosted(value: unknown, where: string): string | undefined {
  if (typeof value === "function" || typeof value === "symbol") return `${where} is a ${typeof value}`;
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return undefined;
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlain = prototype === Object.prototype || prototype === Array.prototype || prototype === null;
  if (!isPlain && !(value instanceof Map)) return `${where} is an object with methods`;
  const entries: Iterable<[unknown, unknown]> = value instanceof Map ? value : Object.entries(value);
  for (const [name, inner] of entries) {
    const at = Array.isArray(value) ? `[${String(name)}]` : `.${String(name)}`;
    const reason = whyNotPosted(inner, where + at);
    if (reason !== undefined) return reason;
  }
  return undefined;
}
