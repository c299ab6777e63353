import { Command, CommanderError } from "commander";
import { ComError } from "../base/index.ts";
import { accountCommand } from "./commands/account.ts";
import { decodeCommand } from "./commands/decode.ts";
import { idlCommand } from "./commands/idl.ts";
import type { Output } from "./output.ts";

/** Exit codes: 0 done, 1 failed, 2 wrong use. */
export async function run(args: readonly string[], output: Output): Promise<number> {
  const program = new Command("comity")
    .description("COM, DCOM and COM+ for TypeScript")
    .configureOutput({ writeOut: (text) => output.out(text), writeErr: (text) => output.err(text) })
    .exitOverride()
    .showHelpAfterError("(--help tells more)");
  for (const make of [accountCommand, decodeCommand, idlCommand]) program.addCommand(make(output));
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
