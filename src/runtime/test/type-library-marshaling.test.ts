import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  IDispatch,
  type LateObject,
  SafeArray,
  TypeLibraries,
  VT,
  Variant,
  dispatchAs,
  registerTypeLib,
} from "../../automation/index.ts";
import { guid } from "../../base/index.ts";
import { ClassContext, type IUnknown, type Runtime, defineClass } from "../../com/index.ts";
import type { Interface } from "../../ndr/index.ts";
import { createObject, openRuntime } from "../index.ts";

/* Two processes and a type library: nothing was generated on either side. */

const clsid = guid("c0a17b1e-0008-4000-8000-00000000f001");
const iid = {
  shape: guid("c0a17b1e-0004-4000-8000-00000000f001"),
  shape2: guid("c0a17b1e-0005-4000-8000-00000000f001"),
  plain: guid("c0a17b1e-0006-4000-8000-00000000f001"),
};
const fixture = new URL("../../../src/automation/test/fixtures/typelib-sample32.hex", import.meta.url);
const program = fileURLToPath(new URL("programs/shape-server.js", import.meta.url));
const home = mkdtempSync(join(tmpdir(), "comity-typelib-"));
let client: Runtime;
let server: ChildProcess;

before(async () => {
  const lines = readFileSync(fixture, "utf8").split("\n");
  const path = join(home, "sample.tlb");
  writeFileSync(path, Buffer.from(lines.filter((line) => !line.startsWith("#")).join(""), "hex"));
  client = await openRuntime({ home });
  const { library } = new TypeLibraries().load(path);
  await client.registry.edit((editor) => {
    registerTypeLib(editor, library, path);
  });
  server = spawn(process.execPath, [program, home, clsid], { stdio: ["pipe", "pipe", "inherit"] });
  await once(server.stdout as NodeJS.EventEmitter, "data");
});

after(async () => {
  const ended = once(server, "exit");
  server.stdin?.end();
  await client.close();
  await ended;
  rmSync(home, { recursive: true, force: true });
});

/** What the test knows of the library; the program does not. */
interface Shape extends IUnknown {
  get_Name(): Promise<string | null>;
  put_Name(name: string): Promise<void>;
  Move(dx: number, dy: number, note: Variant): Promise<boolean>;
  Paint(colour: number, like: Shape, lcid: number): Promise<{ made: Shape; copy: Shape }>;
  Data(...args: readonly unknown[]): Promise<{ names: SafeArray; result: Variant }>;
  Bytes(...args: readonly unknown[]): Promise<void>;
  Unnumbered(a: number, b: number): Promise<number>;
  get__NewEnum(): Promise<IUnknown | null>;
  putref_Owner(owner: Shape): Promise<void>;
  Corner(index: number): Promise<object>;
  Second(text: string): Promise<number>;
}

function contract(of: typeof iid.shape): Interface<Shape> {
  const found = client.contractOf(of);
  assert.ok(found, "the registry leads to the contract");
  return found;
}

test("every kind of value travels as the library describes it", async () => {
  using shape = await client.createInstance(clsid, contract(iid.shape2), {
    context: ClassContext.LOCAL_SERVER,
  });
  assert.equal(await shape.get_Name(), "circle");
  await shape.put_Name("a\u0000b");
  assert.equal(await shape.get_Name(), "a\u0000b");
  assert.equal(await shape.Move(1.5, 2, new Variant(VT.BSTR, "far")), true);
  const data = await shape.Data(
    new SafeArray(VT.I4, Int32Array.of(1, -2)),
    new SafeArray(VT.BSTR, ["before"]),
    { int64: -12345n },
    -1.25,
    -(2n ** 62n),
  );
  assert.deepEqual(data.names.data, ["before", "behind"]);
  assert.equal(data.result.value, `1,-2 -12345 -1.25 ${-(2n ** 62n)}`);
  const decimal = { wReserved: 0, scale: 2, sign: 0x80, Hi32: 7, Lo64: 2n ** 64n - 1n };
  await shape.Bytes(255, 65535, 4294967295, 0.5, -1, 7, 0x80004005, 2n ** 64n - 1n, decimal, 65);
  assert.equal(
    await shape.get_Name(),
    `255,65535,4294967295,0.5,-1,7,2147500037,${2n ** 64n - 1n},${2n ** 64n - 1n},65`,
  );
  assert.equal(await shape.Unnumbered(6, 7), 42);
  assert.equal(await shape.get__NewEnum(), null);
  assert.deepEqual(await shape.Corner(-7), {
    x: -7,
    y: 0.25,
    z: Int16Array.of(1, -2, 3),
    label: "corner",
  });
});

test("interface pointers bring their contracts along", async () => {
  const local = { context: ClassContext.LOCAL_SERVER };
  using shape = await client.createInstance(clsid, contract(iid.shape), local);
  const painted = await shape.Paint(0x12345, shape, 1033);
  using copy = painted.copy;
  using made = painted.made;
  assert.equal(await copy.get_Name(), "circle in 74565 for 1033");
  using plain = await made.QueryInterface(contract(iid.plain));
  assert.equal(await plain.Second("four"), 4);
  await shape.putref_Owner(copy);
});

test("the same object answers IDispatch with the library's members", async () => {
  await using shape: LateObject = await createObject(client, clsid, { context: ClassContext.LOCAL_SERVER });
  assert.equal(await shape.Name, "circle");
  assert.equal(await shape.Move(1.5, 2, "far"), true);
  // A structure of a library is a record, known to both sides through the registry.
  assert.deepEqual(await shape.Corner(1), { x: 1, y: 0.25, z: Int16Array.of(1, -2, 3), label: "corner" });
});

test("a dispinterface travels as IDispatch, and is called by its DISPIDs", async () => {
  const source = {
    Moved: () => undefined,
    Asks: (answer: number) => ({ returnValue: true, answer: answer + 1 }),
    get_Count: () => 3,
  };
  const events = client.contractOf(guid("c0a17b1e-0007-4000-8000-00000000f001"));
  assert.ok(events);
  /** A class of its own: what is defined for Object would hold for every literal. */
  class Held {
    readonly kind = "shape";
  }
  const shape = defineClass({ clsid: "c0a17b1e-0018-4000-8000-00000000f001", interfaces: [events] }, Held, {
    create: () => source,
  });
  await using other = await openRuntime({ home });
  await using _ = await other.registerClassObject(shape);
  using pointer = await client.createInstance(shape.clsid, IDispatch, {
    context: ClassContext.LOCAL_SERVER,
  });
  const typed = dispatchAs(pointer, events) as Record<string, (...args: unknown[]) => Promise<unknown>>;
  assert.equal(await typed["get_Count"]?.(), 3);
  assert.deepEqual(await typed["Asks"]?.(41), { returnValue: true, answer: 42 });
});

test("an interface nobody registered stays unknown", () => {
  assert.equal(client.contractOf(guid("c0a17b1e-00ff-4000-8000-00000000f001")), undefined);
});
