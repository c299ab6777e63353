import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  Compiler,
  type Idl,
  memoryFileSystem,
  nodeFileSystem,
  wellKnownFolder,
  wellKnownModules,
} from "../index.ts";
import { root, textsOf } from "./support.ts";

const compiler = new Compiler();
const names = readdirSync(wellKnownFolder).filter((it) => it.endsWith(".idl"));

function table(name: string): string[][] {
  const text = readFileSync(join(root, "src/idl/test/fixtures", name), "utf8");
  return text
    .trimEnd()
    .split("\n")
    .slice(1)
    .map((line) => line.split("\t"));
}

/** Names in the tables that the specification calls otherwise. */
const renamed = new Map([
  ["IOXIDResolver", "IObjectExporter"],
  ["IRemoteActivation", "IActivation"],
]);

/** [MS-DCOM] 1.9 says …143 for IRemUnknown2; the table has the IID of another interface there. */
const otherIid = new Map([["IRemUnknown2", "00000143-0000-0000-c000-000000000046"]]);

const interfaces = new Map<string, Idl.Interface>();
// The library of OLE shows IDispatch and IUnknown as it has them, not as they travel.
for (const name of names.filter((it) => it !== "stdole2.idl")) {
  for (const it of compiler.compile(join(wellKnownFolder, name)).model?.entities ?? []) {
    if (it.kind === "interface") interfaces.set(it.name, it);
  }
}

test("every well-known file compiles without a word", () => {
  for (const name of names)
    assert.deepEqual(textsOf(compiler.compile(join(wellKnownFolder, name))), [], name);
});

test("IIDs, bases and slots equal the table", () => {
  const rows = table("interfaces.tsv");
  assert.ok(rows.length > 80);
  for (const [name = "", iid = "", base = "", baseSlots = "", ownSlots = ""] of rows) {
    const it = interfaces.get(renamed.get(name) ?? name);
    assert.ok(it, name);
    assert.equal(it.iid, otherIid.get(name) ?? iid, name);
    assert.equal(it.base?.name ?? "", base, name);
    if (it.base !== undefined) assert.equal(it.baseSlots, Number(baseSlots), name);
    // The table leaves out ServerAlive2, which the specification has.
    if (name !== "IOXIDResolver") assert.equal(it.slots - it.baseSlots, Number(ownSlots), name);
  }
});

test("methods, opnums and numbers of parameters equal the table", () => {
  const rows = table("opnums.tsv");
  assert.ok(rows.length > 400);
  for (const [name = "", opnum = "", method = "", note = "", params = ""] of rows) {
    const it = interfaces.get(renamed.get(name) ?? name)?.methods.find((one) => one.name === method);
    assert.ok(it, `${name}.${method}`);
    assert.equal(it.opnum, Number(opnum), `${name}.${method}`);
    assert.equal(it.params.length, Number(params), `${name}.${method}`);
    const callAs = /^call_as\((\w+)\)$/.exec(note)?.[1];
    assert.equal(it.callAs, callAs, `${name}.${method}`);
  }
  assert.equal(interfaces.get("IObjectExporter")?.methods.find((it) => it.name === "ServerAlive2")?.opnum, 5);
});

test("remote procedure interfaces of the specifications", () => {
  const list = (name: string): string[] =>
    interfaces.get(name)?.methods.map((it) => `${it.opnum} ${it.name}`) ?? [];
  assert.deepEqual(list("epm"), [
    "0 ept_insert",
    "1 ept_delete",
    "2 ept_lookup",
    "3 ept_map",
    "4 ept_lookup_handle_free",
    "5 ept_inq_object",
    "6 ept_mgmt_delete",
    "7 ept_map_auth_async",
  ]);
  assert.deepEqual(
    list("mgmt").map((it) => it.slice(0, 1)),
    ["0", "1", "2", "3", "4"],
  );
  assert.deepEqual(list("IRemoteSCMActivator").slice(3), [
    "3 RemoteGetClassObject",
    "4 RemoteCreateInstance",
  ]);
  assert.equal(interfaces.get("epm")?.iid, "e1af8308-5d1f-11c9-91a4-08002b14a0fa");
  assert.equal(interfaces.get("mgmt")?.iid, "afa8bd80-7d8a-11c9-bef4-08002b102989");
});

test("generated files are up to date", () => {
  for (const [name, entry] of Object.entries(wellKnownModules())) {
    const one = new Compiler({ style: { kind: "repository", path: entry.source } });
    const text = one.compile(join(wellKnownFolder, `${name}.idl`)).typescript();
    if (!/^export /m.test(text)) continue;
    assert.equal(
      readFileSync(join(root, "src", entry.source), "utf8"),
      text,
      `${entry.source}: run npm run generate`,
    );
  }
});

test("a type of OLE that nobody imports is taken from the well-known files, with a warning", () => {
  const text = `import "unknwn.idl";
[object, uuid(5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e01)] interface I : IUnknown { HRESULT A(IStream *s, Nobody *n); }`;
  const own = memoryFileSystem({ "a.idl": text });
  const fileSystem = {
    readFile: (path: string) => own.readFile(path) ?? nodeFileSystem.readFile(path),
    readFolder: (path: string) => nodeFileSystem.readFolder(path),
  };
  const texts = textsOf(new Compiler({ fileSystem }).compile("a.idl"));
  assert.equal(texts.length, 2);
  assert.match(texts[0] ?? "", /warning: "IStream" is not imported; that of OLE is taken/);
  assert.match(texts[1] ?? "", /error: "Nobody" is not a known type/);
});

test("an SDK's own copy of a well-known file: what ours has comes from the package, the rest from beside", () => {
  const files = {
    "/sdk/unknwn.idl": `typedef long HRESULT;
[object, uuid(00000000-0000-0000-C000-000000000046)] interface IUnknown { }
typedef struct EXTRA { long a; } EXTRA;`,
    "/sdk/a.idl": `import "unknwn.idl";
[object, uuid(5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e01)] interface I : IUnknown { HRESULT A(EXTRA *s); }`,
  };
  const own = memoryFileSystem(files);
  const fileSystem = {
    readFile: (path: string) => own.readFile(path) ?? nodeFileSystem.readFile(path),
    readFolder: (path: string) =>
      path.startsWith("/sdk") ? own.readFolder(path) : nodeFileSystem.readFolder(path),
  };
  const result = new Compiler({ fileSystem }).compile("/sdk/a.idl");
  const text = result.typescript();
  assert.deepEqual(textsOf(result), []);
  assert.match(text, /import \{ IUnknown \} from "comity\/com";/);
  assert.match(text, /import \{ EXTRA \} from "\.\/unknwn\.js";/);
});
