import { Command } from "commander";
import { homeFolder } from "../../com/index.ts";
import { type ListedRunning, LocalMachine } from "../../dcom/index.ts";
import { type Output, table, toJson } from "../output.ts";

export function rotCommand(output: Output): Command {
  return new Command("rot")
    .description("the Running Object Table: objects of this machine that have a name, and whose they are")
    .option("--json", "as JSON")
    .action(async (flags: { json?: boolean }) => {
      await using machine = new LocalMachine({ home: homeFolder() });
      const list = await machine.runningList();
      output.out(flags.json === true ? `${toJson(list.map(plain), 2)}\n` : print(list));
    });
}

function print(list: readonly ListedRunning[]): string {
  const rows = list.map((one) => [String(one.pid), one.process, changedAt(one), shown(one.name)]);
  return table(["PID", "PROCESS", "CHANGED", "NAME"], rows);
}

function plain(one: ListedRunning): object {
  return { pid: one.pid, process: one.process, changed: changedAt(one), name: one.name };
}

/** Milliseconds from 1601 to 1970. */
const epoch = 11_644_473_600_000;

function changedAt({ changed }: ListedRunning): string {
  const time = new Date(Number(changed / 10_000n) - epoch);
  return Number.isNaN(time.getTime()) ? "?" : time.toISOString();
}

/** Names come from programs: what would move the cursor is not printed. */
function shown(name: string): string {
  return name.replaceAll(/\p{Cc}/gu, "?");
}
