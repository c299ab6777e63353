import { Command } from "commander";
import { homeFolder } from "../../com/index.ts";
import { LocalMachine, type MachineSnapshot, type ProcessSnapshot } from "../../dcom/index.ts";
import { type Output, table, toJson } from "../output.ts";
import { treeOf } from "../snapshot-tree.ts";

export function psCommand(output: Output): Command {
  return new Command("ps")
    .description("the machine now: its servers, objects, references and pings")
    .option("--objects", "every object with its interfaces and references")
    .option("--tree", "processes, their apartments, objects and references as a tree")
    .option("--json", "as JSON")
    .action(async (flags: { objects?: boolean; tree?: boolean; json?: boolean }) => {
      await using machine = new LocalMachine({ home: homeFolder() });
      const snapshot = await machine.snapshot();
      if (flags.json) output.out(`${toJson(snapshot, 2)}\n`);
      else output.out(flags.tree ? treeOf(snapshot) : print(snapshot, flags.objects === true));
    });
}

function print(snapshot: MachineSnapshot, objects: boolean): string {
  const { home, pid, resolver, pings, processes } = snapshot;
  const where = resolver.strings.map(({ address }) => address).join(", ");
  const lines = [
    `machine   ${home}`,
    `scm       process ${pid}, ${where === "" ? "this machine only" : `listens on ${where}`}`,
    `pings     every ${snapshot.pingPeriod / 1000} s; ${pings.objects} objects in ${pings.sets} sets of others`,
    ...pings.pinging.map(
      ({ machine, objects: count }) => `          ${count} objects of ${machine} are pinged from here`,
    ),
    "",
  ];
  const rows = processes.map((one) => [
    String(one.pid),
    one.name,
    one.surrogateFor === undefined ? (one.launched ? "launched" : "") : "surrogate",
    one.classes.map((served) => served.name).join(" "),
    String(one.status?.objects.length ?? "?"),
    String(one.status?.objects.reduce((sum, object) => sum + object.references, 0) ?? "?"),
    String(one.status?.calls ?? "?"),
  ]);
  lines.push(table(["PID", "PROCESS", "HOW", "CLASSES", "OBJECTS", "REFERENCES", "CALLS"], rows));
  if (objects) lines.push(...processes.flatMap((one) => objectLines(one)));
  return lines.join("\n");
}

function objectLines(process: ProcessSnapshot): string[] {
  return (process.status?.objects ?? []).map(
    ({ oid, name, references, interfaces }) =>
      `${process.pid}  ${oid.toString(16).padStart(16, "0")}  ${name}  ${references} references  ${interfaces.map((one) => one.name).join(" ")}`,
  );
}
