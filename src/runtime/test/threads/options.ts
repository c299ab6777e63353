import type { ObservedCall } from "../../../dcom/index.ts";
import type { OpenOptions } from "../../index.ts";

/** The calls this thread has served. */
export const calls: string[] = [];

/** Options of the threads: what cannot be posted. */
export default function options(name: string): OpenOptions {
  const incoming = (call: ObservedCall, run: () => void | Promise<void>): void | Promise<void> => {
    calls.push(`${name}: ${call.method}`);
    return run();
  };
  return { remoting: { observers: [{ incoming }] } };
}
