import type { ExporterStatus, MachineSnapshot, ProcessSnapshot } from "../dcom/index.ts";

interface Node {
  readonly text: string;
  readonly below: readonly Node[];
}

type ExportedObject = ExporterStatus["objects"][number];

/**
 * A machine as a tree: its processes, their apartments (one for each thread, and a neutral one where it has objects), the classes they serve, the objects they
 * have given out, and the references to those.
 */
export function treeOf(snapshot: MachineSnapshot): string {
  const { home, pid, processes, pings } = snapshot;
  const byPid = new Map<number, ProcessSnapshot[]>();
  for (const one of processes) byPid.set(one.pid, [...(byPid.get(one.pid) ?? []), one]);
  const pinging = pings.pinging.map(({ machine, objects }) => leaf(`${objects} objects of ${machine}`));
  const names = new Map(processes.map((one) => [one.oxid, `${one.pid} ${one.name}`]));
  const below = [...byPid.values()].map((apartments) => processNode(apartments, names));
  if (pinging.length > 0) below.push({ text: "held elsewhere", below: pinging });
  return print({ text: `${home}  (service control manager: process ${pid})`, below });
}

type Names = ReadonlyMap<bigint, string>;

function processNode(apartments: readonly ProcessSnapshot[], names: Names): Node {
  const thread = ({ status }: ProcessSnapshot): number => status?.apartment.thread ?? Number.MAX_SAFE_INTEGER;
  const inOrder = apartments.toSorted((one, other) => thread(one) - thread(other));
  const [first] = inOrder as readonly ProcessSnapshot[] as readonly [ProcessSnapshot];
  const how = first.surrogateFor === undefined ? (first.launched ? "launched" : "") : "surrogate";
  const text = [String(first.pid), first.name, how].filter((word) => word !== "").join("  ");
  return { text, below: inOrder.flatMap((one) => apartmentNodes(one, one !== first, names)) };
}

const kinds = {
  single: "single-threaded apartment",
  multi: "multithreaded apartment",
  neutral: "neutral apartment",
  main: "apartment that everybody enters",
} as const;

/** `named`: the name says more than that of the process. */
function apartmentNodes(apartment: ProcessSnapshot, named: boolean, names: Names): Node[] {
  const { oxid, name, endpoints, classes, status } = apartment;
  const where = [oxid.toString(16), ...endpoints].join(" ");
  const title = named ? ` "${name}"` : "";
  if (status === undefined) return [{ text: `apartment${title}  ${where}  (does not answer)`, below: [] }];
  const { kind, thread } = status.apartment;
  const counts = `${plural(status.calls, "call")}, ${plural(status.connections, "connection")}`;
  const served = classes.map((one) =>
    leaf(`class ${one.name}  ${one.uses} use${one.suspended ? ", suspended" : ""}`),
  );
  const node = (object: ExportedObject): Node => objectNode(object, apartment, names);
  const own = status.objects.filter(({ neutral }) => !neutral).map(node);
  const neutral = status.objects.filter((object) => object.neutral).map(node);
  const nodes: Node[] = [
    { text: `${kinds[kind]}${title}  thread ${thread}  ${where}  (${counts})`, below: [...served, ...own] },
  ];
  if (neutral.length > 0) nodes.push({ text: `${kinds.neutral}  thread ${thread}`, below: neutral });
  return nodes;
}

function objectNode(object: ExportedObject, { holders }: ProcessSnapshot, names: Names): Node {
  const { oid, name, references, interfaces } = object;
  const below = interfaces.map((one) => {
    const tables = one.tables === 0 ? "" : `, ${one.tables} in tables`;
    return leaf(`${one.name}  ${plural(one.references, "reference")}${tables}`);
  });
  const held = holders.find((one) => one.oid === oid);
  const by = (held?.oxids ?? []).map((oxid) => names.get(oxid) ?? oxid.toString(16));
  if (held !== undefined && held.sets > 0) by.push(plural(held.sets, "ping set", " of other machines"));
  const holding = by.length === 0 ? "" : `  held by ${by.join(", ")}`;
  return { text: `object ${oid.toString(16)}  ${name}  ${plural(references, "reference")}${holding}`, below };
}

function plural(count: number, what: string, rest = ""): string {
  return `${count} ${what}${count === 1 ? "" : "s"}${rest}`;
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
