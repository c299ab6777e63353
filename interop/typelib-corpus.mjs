// Every type library that can be found (files, and resources of programs) through reader and printers: each is read, printed as IDL that compiles
// again to an equal library, and as TypeScript that the strictest compiler takes.
// `node interop/typelib-corpus.mjs FOLDER...`; without folders the libraries of Debian's libwine.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { fileURLToPath } from "node:url";
import {
  LibraryScope,
  TypeLibraries,
  importedIdl,
  printExtras,
  printIdl,
  readTypeLibraryFile,
} from "../dist/automation/index.js";
import { compileIdl, formatDiagnostic, memoryFileSystem, nodeFileSystem } from "../dist/idl/index.js";
import { typeLibrariesOf } from "../dist/idl/typelib/index.js";

const standard = new TypeLibraries().standard;
const LIBID_stdole = standard.library.guid;
/** Libraries that say what no IDL can say, and what it is. */
const beyondIdl = {
  "msado15.dll": "a parameter with the mark of a default value and no value",
  "uianimation.dll": "one typedef seven times",
  "SCARDDAT.TLB": "records whose sizes are no multiple of their alignment",
  "SCARDMGR.TLB": "records whose sizes are no multiple of their alignment",
  "cordebug.tlb": "a type called long",
  "TLBINF32.DLL": "a default value of 16 bits for an object",
  "vbalExpBar6.ocx": "a vtable with gaps",
  "vbalIml6.ocx": "a vtable with gaps",
};
/** Kinds whose size means something: records and unions. */
const measured = new Set([1, 7]);
const args = process.argv.slice(2);
const verbose = args.includes("--verbose");
const given = args.filter((it) => !it.startsWith("--"));
const root = fileURLToPath(new URL("..", import.meta.url));
const folders = given.length > 0 ? given : wineFolders();
const work = mkdtempSync(join(root, "node_modules", ".typelibs-"));
const count = {
  files: 0,
  libraries: 0,
  failed: 0,
  sltg: 0,
  types: 0,
  printed: 0,
  equal: 0,
  alone: 0,
  beyond: 0,
  typed: 0,
  compiled: 0,
};
try {
  const outputs = [];
  for (const folder of folders) {
    const libraries = new TypeLibraries({ folders });
    for (const path of filesBelow(folder)) check(libraries, path, outputs);
  }
  compileTypeScript(outputs);
  console.log(
    `${count.libraries} libraries in ${count.files} files (${count.sltg} SLTG), ${count.types} types; ${count.failed} cannot be read; ` +
      `${count.printed} compile again from IDL, ${count.equal} to an equal library (${count.alone} use libraries that are not at hand, ${count.beyond} say what no IDL can); ${count.typed} become TypeScript, ${count.compiled} compile`,
  );
  const all = count.libraries;
  process.exitCode =
    count.failed === 0 &&
    [count.printed, count.equal + count.alone + count.beyond, count.typed, count.compiled].every(
      (one) => one === all,
    )
      ? 0
      : 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}

function check(libraries, path, outputs) {
  let inFile = 0;
  for (let index = 1; index <= (/\.(tlb|olb)$/i.test(path) ? 1 : 20); index++) {
    const at = index === 1 ? path : `${path}/${index}`;
    let library;
    try {
      library = readTypeLibraryFile(at);
    } catch (error) {
      // Most programs have no type library.
      if (error.code === 0x80029c4a) break;
      count.failed++;
      console.log(`${at}: ${error.message}`);
      continue;
    }
    inFile++;
    roundTrip(libraries, at, library, outputs);
  }
  if (inFile > 0) count.files++;
  else if (/\.(tlb|olb)$/i.test(path)) console.log(`${path}: no type library`);
}

function roundTrip(libraries, path, library, outputs) {
  count.libraries++;
  count.types += library.types.length;
  if (verbose) console.log(`${path}: ${library.name}, ${library.types.length} types`);
  try {
    const scope = libraries.load(path);
    printBack(scope, path);
    typescript(scope, path, outputs);
  } catch (error) {
    console.log(`${path}: ${error.stack}`);
  }
}

function compile(name, files) {
  const printed = memoryFileSystem(files);
  return compileIdl(name, {
    fileSystem: {
      readFile: (path) => printed.readFile(path) ?? nodeFileSystem.readFile(path),
      readFolder: (path) => [...(printed.readFolder(path) ?? []), ...(nodeFileSystem.readFolder(path) ?? [])],
    },
  });
}

function printBack(scope, path) {
  const name = `${scope.library.name}.idl`;
  const result = compile(name, {
    ...Object.fromEntries(importedIdl(scope)),
    [name]: printIdl(scope),
  });
  const errors = result.diagnostics.filter((it) => it.severity === "error");
  if (errors.length > 0) {
    console.log(`${path}: as IDL: ${formatDiagnostic(errors[0])}`);
    return;
  }
  count.printed++;
  const again = typeLibrariesOf(result, {
    sysKind: scope.library.sysKind,
    imported: (name) => importedLibrary(scope, name),
  })[0];
  if (again === undefined) return console.log(`${path}: as IDL: no library comes back`);
  const difference = differenceOf(normal(scope), normal(libraryScope(scope, again)));
  if (difference === undefined) count.equal++;
  else if (basename(path) in beyondIdl) count.beyond++;
  else if (scope.library.imports.some((_, i) => scope.imported(i) === undefined)) count.alone++;
  else console.log(`${path}: as IDL another library: ${difference}`);
}

function importedLibrary(scope, name) {
  const position = scope.library.imports.findIndex((it) => it.fileName.toLowerCase() === name.toLowerCase());
  return position < 0 ? undefined : scope.imported(position)?.library;
}

/** The compiled library finds what the first one found. */
function libraryScope(first, library) {
  return new LibraryScope(library, (imported) => {
    const at = first.library.imports.findIndex((it) => it.guid === imported.guid);
    return (
      (at < 0 ? undefined : first.imported(at)) ?? (imported.guid === LIBID_stdole ? standard : undefined)
    );
  });
}

/** What a library says, with types by name in place of positions, and without what no IDL can say: stamps of the compiler, order, file names. */
function normal(scope) {
  const { name, guid, version, lcid, flags, helpFile, helpStringDll, docString, helpContext, sysKind } =
    scope.library;
  const nameOf = (reference) => {
    try {
      return scope.resolve(reference).type.name;
    } catch {
      return "not found";
    }
  };
  const type = (of) => ({
    vt: of.vt,
    ...(of.element === undefined ? {} : { element: type(of.element) }),
    ...(of.bounds === undefined ? {} : { bounds: of.bounds.map(({ count }) => count) }),
    ...(of.reference === undefined ? {} : { reference: nameOf(of.reference) }),
  });
  const types = scope.library.types.map((one) => [
    one.name,
    {
      ...one,
      alias: one.alias === undefined ? undefined : type(one.alias),
      implTypes: one.implTypes.map((impl) => ({ ...impl, reference: nameOf(impl.reference) })),
      alignment: 0,
      ...(measured.has(one.kind) ? {} : { size: 0 }),
      functions: one.functions.map((desc) => ({
        ...desc,
        optionalCount: Math.min(0, desc.optionalCount),
        result: type(desc.result),
        params: desc.params.map((param, i) => ({
          ...param,
          name: param.name ?? (i === 0 ? "value" : `value${i}`),
          defaultValue:
            param.defaultValue?.vt === 22
              ? { ...param.defaultValue, vt: 3 }
              : param.defaultValue && { ...param.defaultValue },
          type: type(param.type),
        })),
      })),
      variables: one.variables.map((desc) => ({
        ...desc,
        type: type(one.kind === 0 && desc.type.vt === 3 ? { vt: 22 } : desc.type),
        ...(measured.has(one.kind) ? {} : { offset: 0 }),
      })),
    },
  ]);
  return {
    name,
    guid,
    version,
    lcid,
    flags,
    helpFile,
    helpStringDll,
    docString,
    helpContext,
    sysKind,
    types: Object.fromEntries(types),
  };
}

/** Where two values differ first. */
function differenceOf(a, b, at = "") {
  if (isDeepStrictEqual(a, b)) return undefined;
  if (typeof a === "object" && typeof b === "object" && a !== null && b !== null) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      const inner = differenceOf(a[key], b[key], `${at}.${a[key]?.name ?? key}`);
      if (inner !== undefined) return inner;
    }
  }
  return `${at}: ${show(a)} ≠ ${show(b)}`;
}

function show(value) {
  return (JSON.stringify(value, (_, it) => (typeof it === "bigint" ? String(it) : it)) ?? "nothing").slice(
    0,
    300,
  );
}

function typescript(scope, path, outputs) {
  const folder = `l${outputs.length}`;
  const stem = basename(path).replace(/[^A-Za-z0-9]/g, "_");
  const imported = importedIdl(scope);
  const files = { ...Object.fromEntries(imported), [`${stem}.idl`]: printIdl(scope, { importIdl: true }) };
  const texts = new Map();
  for (const name of [`${stem}.idl`, ...imported.keys()]) {
    const result = compile(name, files);
    const text = result.typescript();
    const extras =
      name === `${stem}.idl` ? printExtras(scope, (one) => new RegExp(`\\b${one}\\b`).test(text)) : "";
    texts.set(`${name.replace(/\.idl$/, "")}.ts`, text + extras);
    const errors = result.diagnostics.filter((it) => it.severity === "error");
    if (errors.length === 0) continue;
    console.log(`${path}: as TypeScript: ${formatDiagnostic(errors[0])}`);
    return;
  }
  count.typed++;
  mkdirSync(join(work, folder));
  for (const [name, text] of texts) writeFileSync(join(work, folder, name), text);
  outputs.push({ path, folder });
}

function compileTypeScript(outputs) {
  const options = {
    extends: join(root, "tsconfig.base.json"),
    compilerOptions: { composite: false, noEmit: true, incremental: false, rootDir: root, types: ["node"] },
    include: ["*/*.ts"],
  };
  writeFileSync(join(work, "tsconfig.json"), JSON.stringify(options));
  mkdirSync(join(work, "node_modules"), { recursive: true });
  const { stdout, stderr, status } = spawnSync("npx", ["tsc", "-p", work], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 1e9,
  });
  for (const { path, folder } of outputs) {
    const lines = stdout.split("\n").filter((line) => line.includes(`/${folder}/`));
    if (lines.length === 0) count.compiled++;
    else console.log(`${path}: ${lines.length} errors: ${lines[0].replace(/^.*\.typelibs-[^/]*\//, "")}`);
  }
  // A compiler that did not run has no complaints either.
  const complaints = stdout.split("\n").filter((line) => line.includes("error TS"));
  if (status !== 0 && complaints.length === 0) throw new Error(`tsc failed: ${stderr}`);
  if (status !== 0 && count.compiled === outputs.length) throw new Error(complaints[0]);
}

function wineFolders() {
  const found = spawnSync("dpkg", ["-L", "libwine"], { encoding: "utf8" });
  return [...new Set((found.stdout ?? "").split("\n").filter((path) => path.endsWith("x86_64-windows")))];
}

function filesBelow(folder) {
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, name))
    .filter((path) => /\.(tlb|olb|ocx|dll|exe)$/i.test(path) && statSync(path).isFile())
    .toSorted();
}
