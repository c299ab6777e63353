import type { MachineSnapshot, ProcessSnapshot } from "../dcom/index.ts";

interface Node {
  readonly text: string;
  readonly below: readonly Node[];
}

/** A machine as a tree: processes, their apartments (one OXID each), the classes they serve and the objects they have given out. */
export function treeOf(snapshot: MachineSnapshot): string {
  const { home, pid, processes, pings } = snapshot;
  const byPid = new Map<number, ProcessSnapshot[]>();
  for (const one of processes) byPid.set(one.pid, [...(byPid.get(one.pid) ?? []), one]);
  const pinging = pings.pinging.map(({ machine, objects }) => leaf(`${objects} objects of ${machine}`));
  const below = [...byPid.values()].map(processNode);
  if (pinging.length > 0) below.push({ text: "held elsewhere", below: pinging });
  return print({ text: `${home}  (service control manager: process ${pid})`, below });
}

function processNode(apartments: readonly ProcessSnapshot[]): Node {
  const [first] = apartments as readonly [ProcessSnapshot];
  const how = first.surrogateFor === undefined ? (first.launched ? "launched" : "") : "surrogate";
  const text = [String(first.pid), first.name, how].filter((word) => word !== "").join("  ");
  return { text, below: apartments.map(apartmentNode) };
}

function apartmentNode(apartment: ProcessSnapshot): Node {
  const { oxid, endpoints, classes, status } = apartment;
  const text = `apartment ${oxid.toString(16)}  ${endpoints.join(" ")}`.trimEnd();
  if (status === undefined) return { text: `${text}  (does not answer)`, below: [] };
  const served = classes.map(({ name, uses, suspended }) =>
    leaf(`class ${name}  ${uses} use${suspended ? ", suspended" : ""}`),
  );
  const objects = status.objects.map(({ oid, name, references, interfaces }) =>
    leaf(`object ${oid.toString(16)}  ${name}  ${plural(references, "reference")}  ${interfaces.join(" ")}`),
  );
  const counts = `${plural(status.calls, "call")}, ${plural(status.connections, "connection")}`;
  return { text: `${text}  (${counts})`, below: [...served, ...objects] };
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

function leaf(text: string): Node {
  return { text, below: [] };
}

function print(root: Node): string {
  const lines = [root.text];
  const walk = (node: Node, indent: string): void => {
    node.below.forEach((child, i) => {
      const last = i === node.below.length - 1;
      lines.push(`${indent}${last ? "└─ " : "├─ "}${child.text}`);
      walk(child, `${indent}${last ? "   " : "│  "}`);
    });
  };
  walk(root, "");
  return `${lines.join("\n")}\n`;
}
