import { Command } from "commander";
import { DispatchFlag, IDispatch, LateBound, Variant, vtName } from "../../automation/index.ts";
import { openRuntime } from "../../runtime/index.ts";
import { argumentHelp, parseArgument } from "../argument.ts";
import { type ServerFlags, serverInfo, withServerOptions } from "../credentials.ts";
import { type Output, toJson } from "../output.ts";

interface Flags extends ServerFlags {
  readonly get?: boolean;
  readonly set?: boolean;
  readonly json?: boolean;
  readonly timeout: string;
}

export function callCommand(output: Output): Command {
  return withServerOptions(new Command("call"))
    .description("create an object and call one method by name (late bound, through IDispatch)")
    .argument("<class>", "ProgID or CLSID")
    .argument("<method>", "method or property")
    .argument("[arguments...]")
    .option("--get", "read a property")
    .option("--set", "set a property to the last argument")
    .option("--json", "print the result with its type as JSON")
    .option("--timeout <milliseconds>", "give up after this time", "60000")
    .addHelpText("after", `\n${argumentHelp}`)
    .action((name: string, method: string, words: readonly string[], flags: Flags) =>
      call(name, method, words, flags, output),
    );
}

async function call(
  name: string,
  method: string,
  words: readonly string[],
  flags: Flags,
  output: Output,
): Promise<void> {
  const timeout = Number(flags.timeout);
  const args = words.map((word) => parseArgument(word));
  const server = serverInfo(flags);
  await using com = await openRuntime();
  await using object = await com.createInstance(name, IDispatch, { ...server, timeout });
  const bound = new LateBound(object);
  const result = await bound.invoke(method, invokeFlags(flags), args, { timeout });
  if (flags.set && !flags.json) return;
  output.out(flags.json ? `${toJson(described(result))}\n` : `${text(result)}\n`);
}

function invokeFlags(flags: Flags): number {
  if (flags.set) return DispatchFlag.PROPERTYPUT;
  return flags.get ? DispatchFlag.PROPERTYGET : DispatchFlag.METHOD | DispatchFlag.PROPERTYGET;
}

function described(result: Variant): object {
  return { vt: result.vt, type: vtName(result.vt), value: plain(result) };
}

/** Interface pointers are not for printing. */
function plain(result: Variant): unknown {
  const value = result.toJs();
  return typeof value === "object" && value !== null && "QueryInterface" in value ? "(an object)" : value;
}

function text(result: Variant): string {
  const value = plain(result);
  if (value === undefined) return "(empty)";
  if (value instanceof Date) return value.toISOString();
  return typeof value === "string" ? value : toJson(value);
}
