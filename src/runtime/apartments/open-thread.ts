import { ComError, HResult } from "../../base/index.ts";
import { type OpenOptions, openSide } from "../open.ts";
import type { ThreadStart } from "./contract.ts";
import { joinThreads } from "./distant-hub.ts";

/** Starts COM in a worker thread that has an apartment. */
export async function openThread({ invitation, model, options }: ThreadStart): Promise<void> {
  const { threadOptions, leaks, remoting, ...posted } = options;
  const own = threadOptions === undefined ? {} : await optionsOf(threadOptions, invitation.name);
  await joinThreads(invitation, (side, services) =>
    openSide(side, {
      logger: services.logger,
      ...(leaks === undefined ? {} : { leaks: leaks === "log" ? "log" : services.leaks }),
      ...posted,
      ...own,
      remoting: { ...remoting, ...own.remoting, name: invitation.name },
      home: invitation.home,
      apartment: model,
    }),
  );
}

/** What the module of `threadOptions` has for a thread. */
async function optionsOf(module: string, name: string): Promise<OpenOptions> {
  const { default: found } = (await import(module)) as { readonly default?: unknown };
  const options: unknown =
    typeof found === "function" ? await (found as (name: string) => unknown)(name) : found;
  if (typeof options === "object" && options !== null) return options;
  throw new ComError(
    HResult.E_INVALIDARG,
    `threadOptions: the default export of ${module} is neither options nor a function that answers them`,
  );
}
