import { Command } from "commander";
import { runSurrogate } from "../../dcom/index.ts";
import { openRuntimeAndRemoting } from "../../runtime/index.ts";

/** The default surrogate; started by the SCM for classes that are only modules. */
export function hostCommand(): Command {
  return new Command("host")
    .description(
      "the default surrogate: a process for in-process classes; the SCM starts it (/processid: {APPID} /clsid: {CLSID} -Embedding)",
    )
    .argument("[arguments...]")
    .allowUnknownOption()
    .action((args: readonly string[]) =>
      runSurrogate({
        args,
        open: (loadClass) => openRuntimeAndRemoting({ remoting: { loadClass, name: "comity host" } }),
      }),
    );
}
