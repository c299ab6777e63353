// Every IDL file of Wine and mingw-w64 through our compiler: each compiles or is listed with the reason, and where a header stands beside it, made by
// another compiler, our interface tables (IID, base, methods in vtable order) are the header's. Debian has the files in its sources and, with headers
// made by widl, in libwine-dev. `node interop/idl-corpus.mjs FOLDER...` does the same for other collections, an SDK
// for example; with --table it ends with the table of docs/idl-corpus.md.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { Compiler, formatDiagnostic } from "../dist/idl/index.js";

const table = process.argv.includes("--table");
const given = process.argv.slice(2).filter((it) => it !== "--table");
const work = mkdtempSync(join(tmpdir(), "comity-idl-"));
const kinds = [
  "files",
  "compiled",
  "foreign",
  "failed",
  "headers",
  "equal",
  "instances",
  "unnamed",
  "different",
];
try {
  const folders = given.length > 0 ? given : [...debianSources(), "/usr/include/wine/wine"];
  const counts = folders.map((folder) => check(folder));
  const total = Object.fromEntries(
    kinds.map((kind) => [kind, counts.reduce((sum, it) => sum + it[kind], 0)]),
  );
  console.log(
    `in all: ${total.compiled} of ${total.files} files compile, ${total.foreign} are no Microsoft IDL, ${total.failed} fail; ` +
      `${total.equal} interfaces and ${total.instances} instances of generic ones are as in their ${total.headers} headers, ${total.unnamed} but for a uuid in a file that is ` +
      `missing, ${total.different} are not`,
  );
  if (table) printTable([...counts, { ...total, name: "in all", reasons: mergeReasons(counts) }]);
  process.exitCode = total.failed === 0 && total.different === 0 && total.compiled > 0 ? 0 : 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}

function check(folder) {
  const count = {
    ...Object.fromEntries(kinds.map((kind) => [kind, 0])),
    name: basename(folder),
    reasons: new Map(),
  };
  const files = filesBelow(folder);
  const include = [...new Set(files.map((file) => dirname(file)))];
  const started = performance.now();
  const compilers = new Map();
  for (const file of files) {
    count.files++;
    // What a file imports stands beside it, or in a folder beside that.
    const near = include.filter((it) => it !== dirname(file) && dirname(it) === dirname(dirname(file)));
    const key = `${dirname(file)}\n${near.join("\n")}`;
    const options = {
      includePath: [dirname(file), ...near, ...(include.length < 20 ? include : [])],
      tolerant: true,
    };
    if (!compilers.has(key)) compilers.set(key, new Compiler(options));
    const result = compilers.get(key).compile(file);
    const errors = result.diagnostics.filter((it) => it.severity === "error");
    if (errors.length === 0) count.compiled++;
    else refuse(file, errors, count);
    compareHeader(file, result, count);
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(
    `${count.name}: ${count.compiled} of ${count.files} files compile in ${seconds} s, ${count.equal} interfaces of ${count.headers} headers equal`,
  );
  return count;
}

function refuse(file, errors, count) {
  const sign = "this is not Microsoft IDL but ";
  const foreign = errors.find((it) => it.message.startsWith(sign))?.message.slice(sign.length);
  if (foreign === undefined) {
    count.failed++;
    console.log(`  ${file}: ${formatDiagnostic(errors[0])}`);
    return;
  }
  count.foreign++;
  count.reasons.set(foreign, (count.reasons.get(foreign) ?? 0) + 1);
  if (!table) console.log(`  ${file}: ${foreign}`);
}

// --- the table of the documentation ------------------------------------------------------------------------------------

function mergeReasons(counts) {
  const all = new Map();
  for (const { reasons } of counts)
    for (const [reason, number] of reasons) all.set(reason, (all.get(reason) ?? 0) + number);
  return all;
}

function printTable(counts) {
  console.log(
    "\n| collection | files | compile | no Microsoft IDL | headers | interfaces equal | instances equal | uuid missing | differ |",
  );
  console.log("| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: |");
  for (const it of counts) {
    const reasons = [...it.reasons].map(([reason, number]) => `${number} × ${reason}`).join("; ");
    const name = it.name.replace("+", "/");
    console.log(
      `| ${name} | ${it.files} | ${it.compiled} | ${reasons} | ${it.headers} | ${it.equal} | ${it.instances} | ${it.unnamed} | ${it.different} |`,
    );
  }
}

// --- headers -------------------------------------------------------------------------------------------------------------

function compareHeader(file, result, count) {
  const folder = dirname(file);
  const wanted = basename(file)
    .replace(/\.[^.]*$/, ".h")
    .toLowerCase();
  const header = readdirSync(folder).find((name) => name.toLowerCase() === wanted);
  if (header === undefined) return;
  const text = readFileSync(join(folder, header), "latin1");
  const theirs = headerTables(text);
  const instances = headerInstances(text);
  if (theirs.size === 0 && instances.size === 0) return;
  count.headers++;
  const model = result.json();
  const ours = modelTables(model);
  compareInstances(file, header, instances, model, count);
  for (const [name, row] of theirs) {
    const text = JSON.stringify(row);
    const own = ours.get(name);
    // Only the interfaces that the file declares under these macros.
    if (own === undefined) continue;
    if (JSON.stringify(own) === text) {
      count.equal++;
      continue;
    }
    // A uuid that is a macro of a file nobody published.
    if (own.iid === null && JSON.stringify({ ...own, iid: row.iid }) === text) {
      count.unnamed++;
      continue;
    }
    count.different++;
    console.log(
      `  ${file}: ${name} is not as in ${header}:\n    ours   ${JSON.stringify(own)}\n    theirs ${text}`,
    );
  }
}

/** Interfaces as C++ sees them in a header of widl or MIDL. */
function headerTables(text) {
  const tables = new Map();
  const interfaces =
    /(?:MIDL_INTERFACE\("|DECLSPEC_UUID\(")([^"]+)"\)\s*(?:DECLSPEC_NOVTABLE\s+)?(\w+)(?:\s*:\s*public\s+([\w:]+))?\s*\{([\s\S]*?)\n\s*\};/g;
  const methods = /virtual[^;{]*?(?:STDMETHODV?CALLTYPE|_?_stdcall|_?_cdecl|CDECL)\s+(\w+)\s*\(/g;
  for (const [, iid, name, base, body] of text.matchAll(interfaces)) {
    // A structure as the result is declared in two ways, one after the other.
    const names = [...body.matchAll(methods)].map((it) => it[1]);
    const single = /AGGREGATE_RETURNS|RetVal|__ret/.test(body)
      ? names.filter((it, i) => it !== names[i - 1])
      : names;
    const row = { iid: iid.toLowerCase(), base: base?.split("::").at(-1) ?? null, methods: single };
    if (!tables.has(name)) tables.set(name, row);
  }
  return tables;
}

/** Instances of generic interfaces in a header for the Windows Runtime: the name there, and the IID the compiler made up. */
function headerInstances(text) {
  const found = new Map();
  const instances =
    /__declspec\(uuid\("([^"]+)"\)\)\s*I?\w+<[^{]*\{\s*static const wchar_t\* z_get_rc_name_impl\(\)\s*\{\s*return L"([^"]+)"/g;
  for (const [, iid, name] of text.matchAll(instances))
    found.set(name.replace(/`\d+/g, ""), iid.toLowerCase());
  return found;
}

function compareInstances(file, header, instances, model, count) {
  const ours = new Map(model.interfaces.map((it) => [it.instance, it.iid]));
  for (const [name, iid] of instances) {
    const own = ours.get(name);
    if (own === undefined) continue;
    if (own === iid) {
      count.instances++;
      continue;
    }
    count.different++;
    console.log(`  ${file}: ${name} is not as in ${header}: ours ${own}, theirs ${iid}`);
  }
}

function modelTables(model) {
  const tables = new Map();
  const short = (name) => name?.split(".").at(-1) ?? null;
  for (const it of model.interfaces)
    tables.set(short(it.name), {
      iid: it.iid,
      base: short(it.base),
      methods: it.methods.map((method) => method.name),
    });
  // A header shows a dispinterface as IDispatch, without members.
  for (const it of model.dispinterfaces) tables.set(it.name, { iid: it.iid, base: "IDispatch", methods: [] });
  return tables;
}

function filesBelow(folder) {
  const found = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...filesBelow(path));
    else if (entry.isFile() && /\.(?:idl|odl)$/i.test(entry.name)) found.push(path);
  }
  return found.toSorted((a, b) => (a < b ? -1 : 1));
}

// --- Debian ------------------------------------------------------------------------------------------------------------

/** The .idl files and headers of the source packages, from where this machine gets its packages. */
function debianSources() {
  const parts = join(work, "parts");
  const lists = join(work, "lists");
  mkdirSync(parts);
  mkdirSync(join(lists, "partial"), { recursive: true });
  const configured = "/etc/apt/sources.list.d";
  for (const name of readdirSync(configured).filter((it) => /^debian.*\.sources$/.test(it))) {
    const text = readFileSync(join(configured, name), "utf8");
    writeFileSync(join(parts, name), text.replace(/^Types:.*$/gm, "Types: deb-src"));
  }
  if (readdirSync(parts).length === 0) {
    const text = readFileSync("/etc/apt/sources.list", "utf8");
    writeFileSync(join(parts, "sources.list"), text.replace(/^deb /gm, "deb-src "));
  }
  const options = [
    ["Dir::Etc::SourceList", "/dev/null"],
    ["Dir::Etc::SourceParts", parts],
    ["Dir::State::Lists", lists],
    ["APT::Sandbox::User", "root"],
  ].flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  must("apt-get", ["-qq", ...options, "update"]);
  must("apt-get", ["-qq", ...options, "source", "--download-only", "mingw-w64", "wine"]);
  const folders = [];
  for (const archive of readdirSync(work).filter((it) => /\.orig\.tar\.\w+$/.test(it))) {
    const target = join(work, archive.replace(/_.*/, ""));
    mkdirSync(target);
    must("tar", ["-xf", join(work, archive), "-C", target, "--wildcards", "*.idl", "*.h"]);
    folders.push(target);
  }
  return folders;
}

function must(command, args) {
  const done = spawnSync(command, args, { cwd: work, encoding: "utf8" });
  if (done.status !== 0) throw new Error(`${command} ${args.join(" ")} failed:\n${done.stderr}`);
}
