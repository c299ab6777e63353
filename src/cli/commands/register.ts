import { Command } from "commander";
import { Runtime as ComRuntime } from "../../com/index.ts";
import type { Output } from "../output.ts";

interface Flags {
  readonly appid?: string;
  readonly surrogate?: boolean;
}

/** regsvr32: the module writes the keys of its classes. */
export function registerCommand(output: Output): Command {
  return new Command("register")
    .description("register the in-process classes of a module (regsvr32)")
    .argument("<module>", "an ES module whose default export is made by defineModule")
    .action(async (path: string) => {
      await using com = await ComRuntime.open();
      await com.registerModule(path);
      output.out(`registered ${path}\n`);
    });
}

export function unregisterCommand(output: Output): Command {
  return new Command("unregister")
    .description("remove the classes of a module from the registry (regsvr32 /u)")
    .argument("<module>")
    .action(async (path: string, _flags: Flags) => {
      await using com = await ComRuntime.open();
      await com.unregisterModule(path);
      output.out(`unregistered ${path}\n`);
    });
}
