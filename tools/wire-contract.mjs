// The wire contract: every generated interface of the package, method by method, with the types it needs, as text (contract/wire.txt). A COM
// interface never changes: an interface, structure or union that stands in the file may neither change nor vanish, an enumeration only grows.
//   --check   compares, writes nothing
//   --update  adds what is new; refuses anything else
//   --break   writes whatever there is, for what was never published
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const file = `${root}contract/wire.txt`;

/** Blocks of lines by their headline. */
const blocks = new Map();
/** Named types by kind and name, so that two different ones of one name are noticed. */
const named = new Map();
/** The names of types: their own, behind that of their module where two modules have different types of one name. */
const names = new Map();

/** A type where it is used: named ones by name, whose block stands once in the file. */
function typeText(type) {
  switch (type.kind) {
    case "base":
      return type.name;
    case "enum":
    case "struct":
    case "union":
    case "user":
      return headOf(type);
    case "pointer":
      return `${type.pointer}*(${typeText(type.to)})`;
    case "array":
      return `${typeText(type.of)}${type.dims.map(dimensionText).join("")}`;
    case "string": {
      const size = type.fixed ?? (type.size === undefined ? undefined : expressionText(type.size));
      return `string<${type.char}${size === undefined ? "" : `, ${size}`}>`;
    }
    case "interface":
      return type.iid === undefined
        ? `interface iid_is(${expressionText(type.iidIs)})`
        : `interface ${type.name} {${type.iid}}`;
    case "pipe":
      return `pipe(${typeText(type.of)})`;
    case "contextHandle":
      return "context_handle";
    default:
      throw new Error(`a type of kind ${type.kind}`);
  }
}

function dimensionText({ fixed, size, length, first }) {
  const part = (name, value) =>
    value === undefined ? [] : [value === true ? `${name}` : `${name} ${expressionText(value)}`];
  const words = [...part("first", first), ...part("length", length), ...part("size", size)];
  return `[${fixed === undefined ? words.join(", ") : [fixed, ...words].join(", ")}]`;
}

function expressionText(expression) {
  if (typeof expression !== "object") return String(expression);
  const { op } = expression;
  if (op === "?:") {
    return `(${expressionText(expression.test)} ? ${expressionText(expression.left)} : ${expressionText(expression.right)})`;
  }
  if ("of" in expression) {
    const sign = { neg: "-", not: "!", complement: "~" }[op];
    return `${sign}${expressionText(expression.of)}`;
  }
  return `(${expressionText(expression.left)} ${op} ${expressionText(expression.right)})`;
}

function headOf(type) {
  visit(type);
  return `${type.kind}${type.kind === "enum" ? (type.wide ? 32 : 16) : ""} ${nameOf(type)}`;
}

const nameOf = (type) => names.get(type) ?? type.name;

/** Writes the block of a named type, and so of everything in it. */
function visit(type) {
  const key = `${type.kind} ${nameOf(type)}`;
  const before = named.get(key);
  if (before?.types.has(type)) return;
  if (before !== undefined) before.types.add(type);
  else named.set(key, { types: new Set([type]), lines: undefined });
  const lines = linesOf(type);
  const entry = named.get(key);
  entry.lines ??= lines;
  if (entry.lines.join("\n") !== lines.join("\n")) {
    throw new Error(`two different types are called ${key}:\n${entry.lines.join("\n")}\n${lines.join("\n")}`);
  }
  blocks.set(key, lines);
}

function linesOf(type) {
  switch (type.kind) {
    case "enum":
      return [headOf(type), ...Object.entries(type.values).map(([name, value]) => `  ${name} = ${value}`)];
    case "struct":
      return [headOf(type), ...type.fields().map((field) => `  ${fieldText(field)}`)];
    case "union":
      return [
        `${headOf(type)} switch ${typeText(type.discriminant)}${type.encapsulated ? " encapsulated" : ""}`,
        ...type
          .arms()
          .map(({ cases, name, type: of }) => `  [${cases.join(", ")}] ${name}: ${of ? typeText(of) : "-"}`),
      ];
    default:
      return [`${headOf(type)} = ${typeText(type.wire())}`];
  }
}

function fieldText({ name, type, switchIs, range }) {
  const more = [
    switchIs === undefined ? "" : ` switch_is(${expressionText(switchIs)})`,
    range === undefined ? "" : ` range(${range.join(", ")})`,
  ];
  return `${name}: ${typeText(type)}${more.join("")}`;
}

function addInterface(value) {
  const { name, iid, version, kind, dual, base, methods } = value;
  const key = `interface ${name} {${iid}} ${kind === "rpc" ? `v${version.join(".")}` : kind}`;
  const lines = [`${key}${dual ? " dual" : ""} : ${base?.name ?? "-"}`];
  for (const method of methods) {
    const params = method.params.map((param) => {
      const flags = [param.in && "in", param.out && "out", param.retval && "retval"].filter(Boolean);
      return `${flags.join(" ")} ${fieldText(param)}`;
    });
    const id = method.dispId === undefined ? "" : ` dispid ${method.dispId} ${method.invoke ?? "method"}`;
    const local = method.local ? " local" : "";
    const returns = typeText(method.returns);
    lines.push(`  ${method.opnum} ${method.name}(${params.join("; ")}) -> ${returns}${id}${local}`);
  }
  const before = blocks.get(key);
  if (before !== undefined && before.join("\n") !== lines.join("\n")) {
    throw new Error(`${key} is generated twice, and not the same`);
  }
  blocks.set(key, lines);
}

const order = (a, b) => (a < b ? -1 : 1);
const isInterface = (value) => "iid" in value && "methods" in value;
const isNamedType = (value) => ["enum", "struct", "union", "user"].includes(value.kind);

/** What the generated modules export, by the module's name. */
async function readModules() {
  const modules = [];
  for (const layer of readdirSync(`${root}src`).toSorted(order)) {
    if (!existsSync(`${root}src/${layer}/gen`)) continue;
    const sources = readdirSync(`${root}src/${layer}/gen`).filter((name) => name.endsWith(".ts"));
    for (const source of sources) {
      const name = source.replace(/\.ts$/, "");
      const module = await import(pathToFileURL(`${root}dist/${layer}/gen/${name}.js`).href);
      const values = Object.values(module).filter((value) => typeof value === "object" && value !== null);
      modules.push({ name, values });
    }
  }
  return modules.toSorted((a, b) => order(a.name, b.name));
}

function nameTypes(modules) {
  const found = new Map();
  for (const { name, values } of modules) {
    for (const type of values.filter(isNamedType)) {
      const key = `${type.kind} ${type.name}`;
      if (!found.has(key)) found.set(key, new Map());
      found.get(key).set(type, name);
    }
  }
  for (const types of found.values()) {
    if (types.size > 1) for (const [type, module] of types) names.set(type, `${module}.${type.name}`);
  }
}

const keyOf = (head) =>
  /^(interface \S+ \{\S+\} \S+|\S+ \S+)/.exec(head)?.[0].replace(/^enum(16|32)/, "enum") ?? head;

/** The blocks of the file as it stands. */
function readBefore() {
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  const before = new Map();
  let lines = [];
  for (const line of text.split("\n")) {
    if (line === "") continue;
    if (!line.startsWith(" ")) before.set(keyOf(line), (lines = []));
    lines.push(line);
  }
  return { text, before };
}

/** What a published block may not become. */
function broken(before) {
  const complaints = [];
  for (const [key, lines] of before) {
    const now = blocks.get(key);
    if (now === undefined) complaints.push(`gone: ${key}`);
    else if (key.startsWith("enum ")) {
      for (const line of lines) if (!now.includes(line)) complaints.push(`changed: ${key}: ${line.trim()}`);
    } else if (now.join("\n") !== lines.join("\n")) {
      const were = lines.filter((line) => !now.includes(line));
      const are = now.filter((line) => !lines.includes(line));
      complaints.push(
        `changed: ${key}`,
        ...were.map((line) => `  - ${line.trim()}`),
        ...are.map((line) => `  + ${line.trim()}`),
      );
    }
  }
  return complaints;
}

const modules = await readModules();
nameTypes(modules);
for (const { values } of modules) {
  for (const value of values) {
    if (isInterface(value)) addInterface(value);
    else if (isNamedType(value)) visit(value);
  }
}
const text = `${[...blocks.keys()]
  .toSorted(order)
  .map((key) => blocks.get(key).join("\n"))
  .join("\n\n")}\n`;
const { text: old, before } = readBefore();
const complaints = broken(before);
const check = process.argv.includes("--check");
if (check ? text !== old : complaints.length > 0 && !process.argv.includes("--break")) {
  console.error(
    complaints.length > 0
      ? `a published interface never changes; give the new one another name and IID:\n${complaints.join("\n")}`
      : "there is something new: node tools/wire-contract.mjs --update",
  );
  process.exitCode = 1;
} else if (!check) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  console.log(`${blocks.size} interfaces and types`);
}
