import { Command, CommanderError } from "commander";
import { ComError } from "../base/index.ts";
import { accountCommand } from "./commands/account.ts";
import { callCommand } from "./commands/call.ts";
import { decodeCommand } from "./commands/decode.ts";
import { hostCommand } from "./commands/host.ts";
import { idlCommand } from "./commands/idl.ts";
import { psCommand } from "./commands/ps.ts";
import { regCommand } from "./commands/reg.ts";
import { registerCommand, unregisterCommand } from "./commands/register.ts";
import { scmCommand } from "./commands/scm.ts";
import { tlbCommand } from "./commands/tlb.ts";
import type { Output } from "./output.ts";

const commands: readonly ((output: Output) => Command)[] = [
  scmCommand,
  callCommand,
  psCommand,
  registerCommand,
  unregisterCommand,
  hostCommand,
  regCommand,
  accountCommand,
  idlCommand,
  tlbCommand,
  decodeCommand,
];

/** Exit codes: 0 done, 1 failed, 2 wrong use. */
export async function run(args: readonly string[], output: Output): Promise<number> {
  const program = new Command("comity")
    .description("COM, DCOM and COM+ for TypeScript")
    .configureOutput({ writeOut: (text) => output.out(text), writeErr: (text) => output.err(text) })
    .exitOverride()
    .showHelpAfterError("(--help tells more)");
  for (const make of commands) program.addCommand(make(output));
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
