// The wire contract: every generated interface, method by method, as text. A COM interface never changes, so a line that stands in
// contract/wire.txt may not change or vanish; new interfaces are added with --update.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const file = `${root}contract/wire.txt`;

function typeText(type, seen = new Set()) {
  switch (type.kind) {
    case "base":
      return type.name;
    case "enum":
      return `enum${type.wide ? 32 : 16} ${type.name}`;
    case "struct":
    case "union":
      if (!seen.has(type)) seen.add(type);
      return `${type.kind} ${type.name}`;
    case "pointer":
      return `${type.pointer}*(${typeText(type.to, seen)})`;
    case "array":
      return `${typeText(type.of, seen)}${type.dims.map((d) => `[${JSON.stringify(d)}]`).join("")}`;
    case "string":
      return `string<${type.char}${type.fixed === undefined ? "" : `,${type.fixed}`}>`;
    case "interface":
      return `interface ${type.name ?? `iid_is(${JSON.stringify(type.iidIs)})`}`;
    case "user":
      return `user ${type.name}`;
    case "pipe":
      return `pipe(${typeText(type.of, seen)})`;
    default:
      return type.kind;
  }
}

function structLines(type) {
  if (type.kind === "struct") return type.fields().map((f) => `  ${f.name}: ${typeText(f.type)}`);
  return type.arms().map((a) => `  [${a.cases.join(",")}] ${a.name}: ${a.type ? typeText(a.type) : "-"}`);
}

function visitTypes(type, out) {
  if (type === null || out.has(type)) return;
  if (type.kind === "struct" || type.kind === "union") {
    out.add(type);
    const inner = type.kind === "struct" ? type.fields() : type.arms();
    for (const member of inner) visitTypes(member.type, out);
  } else if (type.kind === "pointer") visitTypes(type.to, out);
  else if (type.kind === "array" || type.kind === "pipe") visitTypes(type.of, out);
  else if (type.kind === "user") visitTypes(type.wire(), out);
}

const blocks = new Map();
for (const layer of readdirSync(`${root}dist`).toSorted((a, b) => (a < b ? -1 : 1))) {
  let files = [];
  try {
    files = readdirSync(`${root}dist/${layer}/gen`).filter((name) => name.endsWith(".js"));
  } catch {
    continue;
  }
  for (const name of files.toSorted((a, b) => (a < b ? -1 : 1))) {
    const module = await import(pathToFileURL(`${root}dist/${layer}/gen/${name}`).href);
    for (const value of Object.values(module)) {
      if (typeof value !== "object" || value === null || !("iid" in value) || !("methods" in value)) continue;
      const key = `interface ${value.name} ${value.iid} v${value.version.join(".")}`;
      const types = new Set();
      const lines = [`${key} : ${value.base?.name ?? "-"}`];
      for (const m of value.methods) {
        const params = m.params.map((p) => {
          visitTypes(p.type, types);
          return `${[p.in && "in", p.out && "out", p.retval && "retval"].filter(Boolean).join(",")} ${p.name}: ${typeText(p.type)}`;
        });
        lines.push(
          ` ${m.opnum} ${m.name}(${params.join("; ")}) -> ${typeText(m.returns)}${m.local ? " local" : ""}`,
        );
      }
      blocks.set(key, lines);
      for (const type of types)
        blocks.set(`${type.kind} ${type.name}`, [`${type.kind} ${type.name}`, ...structLines(type)]);
    }
  }
}
const text = `${[...blocks.keys()]
  .toSorted((a, b) => (a < b ? -1 : 1))
  .map((key) => blocks.get(key).join("\n"))
  .join("\n")}\n`;

let before = "";
try {
  before = readFileSync(file, "utf8");
} catch {
  // The first run writes it.
}
const now = new Set(text.split("\n"));
const lost = before.split("\n").filter((line) => !now.has(line));
if (process.argv.includes("--check")) {
  if (text === before) process.exit(0);
  console.error(
    lost.length > 0
      ? `changed or gone:\n${lost.join("\n")}`
      : "new lines: run tools/wire-contract.mjs --update",
  );
  process.exit(1);
}
if (lost.length > 0 && !process.argv.includes("--break")) {
  console.error(`a published interface never changes; these lines would:\n${lost.join("\n")}`);
  process.exit(1);
}
writeFileSync(file, text);
console.log(`${blocks.size} interfaces and types`);
