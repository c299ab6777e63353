import { Command, CommanderError } from "commander";
import { ComError } from "../base/index.ts";
import type { Output } from "./output.ts";

type Maker = (output: Output) => Command;

/** The commands by name. Only what is asked for is loaded: a compiler needs no server. */
const commands: Readonly<Record<string, () => Promise<Maker>>> = {
  scm: async () => (await import("./commands/scm.ts")).scmCommand,
  call: async () => (await import("./commands/call.ts")).callCommand,
  ps: async () => (await import("./commands/ps.ts")).psCommand,
  rot: async () => (await import("./commands/rot.ts")).rotCommand,
  trace: async () => (await import("./commands/trace.ts")).traceCommand,
  register: async () => (await import("./commands/register.ts")).registerCommand,
  unregister: async () => (await import("./commands/register.ts")).unregisterCommand,
  host: async () => (await import("./commands/host.ts")).hostCommand,
  reg: async () => (await import("./commands/reg.ts")).regCommand,
  account: async () => (await import("./commands/account.ts")).accountCommand,
  idl: async () => (await import("./commands/idl.ts")).idlCommand,
  tlb: async () => (await import("./commands/tlb.ts")).tlbCommand,
  storage: async () => (await import("./commands/storage.ts")).storageCommand,
  decode: async () => (await import("./commands/decode.ts")).decodeCommand,
};

/** The command that is asked for, or all of them for the program's own help and for what is no command. */
async function loadCommands(args: readonly string[]): Promise<readonly Maker[]> {
  const [first = ""] = args;
  const one = Object.hasOwn(commands, first) ? commands[first] : undefined;
  return one === undefined ? Promise.all(Object.values(commands).map((load) => load())) : [await one()];
}

/** Exit codes: 0 done, 1 failed, 2 wrong use. */
export async function run(args: readonly string[], output: Output): Promise<number> {
  const program = new Command("comity")
    .description("COM, DCOM and COM+ for TypeScript")
    .configureOutput({ writeOut: (text) => output.out(text), writeErr: (text) => output.err(text) })
    .exitOverride()
    .showHelpAfterError("(--help tells more)");
  for (const make of await loadCommands(args)) program.addCommand(make(output));
  for (const command of program.commands) inherit(command);
  try {
    await program.parseAsync([...args], { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    output.err(`comity: ${ComError.from(error).message}\n`);
    return 1;
  }
}

/** Commands below behave as the program does. */
function inherit(command: Command): void {
  if (command.parent !== null) command.copyInheritedSettings(command.parent);
  for (const child of command.commands) inherit(child);
}
