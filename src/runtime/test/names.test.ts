import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ComError, HResult, fromHex, guid, toHex } from "../../base/index.ts";
import { IBindCtx, ILockBytes, IMoniker, IPersistFile, IROTData, IStream } from "../../com/gen/objidl.ts";
import {
  ClassContext,
  IUnknown,
  MemoryStream,
  type Runtime,
  defineClass,
  identityOf,
  implement,
  isSameObject,
  remoteObjectOf,
  withStatus,
} from "../../com/index.ts";
import {
  MonikerClass,
  bindMoniker,
  createBindCtx,
  createClassMoniker,
  createFileMoniker,
  createGenericComposite,
  createItemMoniker,
  createObjrefMoniker,
  createPointerMoniker,
  createUrlMoniker,
  getClassFile,
  getRunningObjectTable,
  monikerFromBytes,
  parseDisplayName,
} from "../../naming/index.ts";
import { IStorage, Stgm, createStorage } from "../../storage/index.ts";
import { planet } from "../../naming/test/planet.ts";
import { openRuntime, createObject, getObject, openMachine, registerActiveObject } from "../index.ts";

/* Names over the distances: two runtimes of one machine, a program that is killed, another machine. */

const home = mkdtempSync(join(tmpdir(), "comity-names-"));
let here: Runtime;
let there: Runtime;

before(async () => {
  here = await openRuntime({ home });
  there = await openRuntime({ home });
});
after(async () => {
  await there.close();
  await here.close();
  rmSync(home, { recursive: true, force: true });
});

const code = async (call: (options: { status: { code: number } }) => unknown): Promise<number> => {
  const status = { code: -1 };
  await call({ status });
  return status.code;
};

async function nameOf(com: Runtime, moniker: IMoniker | null | undefined): Promise<string | null> {
  using context = createBindCtx(com);
  return (await moniker?.GetDisplayName(context, null)) ?? null;
}

/* The marshaled forms of Wine's tests of monikers (dlls/ole32/tests/moniker.c), found on Windows. */
const item = (delimiter: string, name: string): string =>
  `4d454f57040000000f00000000000000c0000000000000460403000000000000c0000000000000460000000036000000` +
  `02000000${delimiter}0005000000${name}00`;

test("marshaled by value, as Windows does", async () => {
  const marshal = (moniker: IMoniker): string =>
    toHex(here.marshaler.marshalInterface(IMoniker.iid, moniker));
  using test_ = createItemMoniker(here, "!", "Test");
  using wine = createItemMoniker(here, "#", "Wine");
  assert.equal(marshal(test_), item("21", "54657374"));
  using both = await createGenericComposite(here, test_, wine);
  assert.equal(
    marshal(both as IMoniker),
    `4d454f57040000000f00000000000000c0000000000000460903000000000000c000000000000046000000002c010000` +
      item("21", "54657374") +
      item("23", "57696e65"),
  );
  using ofClass = createClassMoniker(here, "0002e005-0000-0000-c000-000000000046");
  assert.equal(
    marshal(ofClass),
    `4d454f57040000000f00000000000000c0000000000000461a03000000000000c0000000000000460000000014000000` +
      `05e0020000000000c00000000000004600000000`,
  );
  using anti = await monikerFromBytes(here, fromHex("0503000000000000c00000000000004602000000"));
  assert.equal(
    marshal(anti),
    `4d454f57040000000f00000000000000c0000000000000460503000000000000c000000000000046000000001400000002000000`,
  );
  using three = await createGenericComposite(here, both, test_);
  using copy = there.marshaler.unmarshalInterface(
    IMoniker.iid,
    here.marshaler.marshalInterface(IMoniker.iid, three as IMoniker),
  ) as IMoniker;
  assert.equal(await nameOf(there, copy), "!Test#Wine!Test");
  assert.equal(remoteObjectOf(copy), undefined);
  assert.equal(await code((options) => copy.IsEqual(three, options)), HResult.S_OK);
  using data = await copy.QueryInterface(IROTData);
  assert.ok((await data.GetComparisonData(2048)).pcbData > 0);
});

test("a moniker of the system, created by its CLSID, loads itself", async () => {
  using blank = await here.createInstance(MonikerClass.item, IMoniker);
  assert.equal(await nameOf(here, blank), "");
  assert.equal(await blank.GetSizeMax(), 34n);
  using stream = here.pointerTo(new MemoryStream(fromHex("020000002100050000005465737400")), IStream);
  await blank.Load(stream);
  assert.equal(await nameOf(here, blank), "!Test");
  using composite = await here.createInstance(MonikerClass.composite, IMoniker);
  await assert.rejects(async () => composite.Hash(), { code: HResult.E_UNEXPECTED });
  await assert.rejects(
    here.createInstance(MonikerClass.item, IMoniker, { context: ClassContext.LOCAL_SERVER }),
    {
      code: HResult.REGDB_E_CLASSNOTREG,
    },
  );
});

test("what one process names, the other finds, and the objects behind it", async () => {
  using mine = getRunningObjectTable(here);
  using theirs = getRunningObjectTable(there);
  using name = createItemMoniker(here, "!", "shared");
  using same = createItemMoniker(there, "&", "SHARED".toLowerCase());
  using theirName = createItemMoniker(there, "!", "SHARED");
  using object = here.pointerTo({}, IUnknown);
  const cookie = await mine.Register(1, object, name);
  assert.equal(await code((options) => theirs.IsRunning(theirName, options)), HResult.S_OK);
  assert.equal(await code((options) => theirs.IsRunning(same, options)), HResult.S_FALSE);
  using found = (await theirs.GetObject(theirName)) as IUnknown;
  assert.ok(remoteObjectOf(found) !== undefined);
  using home_ = (await mine.GetObject(name)) as IUnknown;
  assert.ok(isSameObject(home_, object));
  await mine.NoteChangeTime(cookie, { dwLowDateTime: 3, dwHighDateTime: 4 });
  assert.deepEqual(await theirs.GetTimeOfLastChange(theirName), { dwLowDateTime: 3, dwHighDateTime: 4 });
  using list = await theirs.EnumRunning();
  const { rgelt } = (await list?.Next(10)) ?? { rgelt: [] };
  const names: (string | null)[] = [];
  for (const one of rgelt) {
    using moniker = one;
    names.push(await nameOf(there, moniker));
  }
  assert.deepEqual(names, ["!shared"]);
  await assert.rejects(async () => theirs.Revoke(cookie), { code: HResult.E_INVALIDARG });
  await mine.Revoke(cookie);
  await assert.rejects(async () => theirs.GetObject(theirName), { code: HResult.MK_E_UNAVAILABLE });
  await assert.rejects(async () => mine.Register(3, object, name), {
    code: HResult.CO_E_WRONG_SERVER_IDENTITY,
  });
});

test("a bind context and the table of another process, used from here", async () => {
  using mine = getRunningObjectTable(here);
  using theirs = getRunningObjectTable(there);
  using name = createItemMoniker(here, "!", "context");
  using nameThere = createItemMoniker(there, "!", "context");
  using context = createBindCtx(here, { mode: 0x12 });
  const cookie = await mine.Register(1, context, name);
  using found = (await theirs.GetObject(nameThere)) as IUnknown;
  using far = await found.QueryInterface(IBindCtx);
  const options = { cbStruct: 32, grfFlags: 0, grfMode: 0, dwTickCountDeadline: 0, dwTrackFlags: 0 };
  const asked = await far.GetBindOptions({ ...options, dwClassContext: 0, locale: 0, pServerInfo: null });
  assert.deepEqual([asked.grfMode, asked.dwClassContext], [0x12, 0x15]);
  using object = there.pointerTo({}, IUnknown);
  await far.RegisterObjectParam("thing", object);
  using back = (await far.GetObjectParam("thing")) as IUnknown;
  assert.ok(isSameObject(back, object));
  using table = await far.GetRunningObjectTable();
  using two = createItemMoniker(there, "!", "two");
  const line = (await table?.Register(1, object, two)) ?? 0;
  using again = (await mine.GetObject(two)) as IUnknown;
  assert.ok(remoteObjectOf(again) !== undefined);
  // A moniker is bound with a context that lives elsewhere.
  await assert.rejects(async () => two.BindToObject(far, nameThere, IUnknown.iid), {
    code: HResult.E_INVALIDARG,
  });
  await table?.Revoke(line);
  await mine.Revoke(cookie);
});

test("a name goes when its process is killed", async () => {
  const child = spawn(
    process.execPath,
    [new URL("programs/names-child.js", import.meta.url).pathname, home],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  await new Promise((resolve) => child.stdout.once("data", resolve));
  using table = getRunningObjectTable(here);
  using name = createItemMoniker(here, "!", "doomed");
  assert.equal(await code((options) => table.IsRunning(name, options)), HResult.S_OK);
  using _ = (await table.GetObject(name)) as IUnknown;
  child.kill("SIGKILL");
  const gone = async (): Promise<boolean> =>
    (await code((options) => table.IsRunning(name, options))) === HResult.S_FALSE;
  for (let left = 100; left > 0 && !(await gone()); left--)
    await new Promise((resolve) => setTimeout(resolve, 20));
  assert.ok(await gone());
});

test("names are told to the next SCM", async () => {
  const other = mkdtempSync(join(tmpdir(), "comity-names2-"));
  const first = await openRuntime({ home: other }); // holds the SCM
  const second = await openRuntime({ home: other });
  const third = await openRuntime({ home: other });
  try {
    using table = getRunningObjectTable(second);
    using name = createItemMoniker(second, "!", "stays");
    using object = second.pointerTo({}, IUnknown);
    const cookie = await table.Register(1, object, name);
    await first.close();
    using theirs = getRunningObjectTable(third);
    using same = createItemMoniker(third, "!", "stays");
    const there_ = async (): Promise<boolean> =>
      (await code((options) => theirs.IsRunning(same, options))) === HResult.S_OK;
    for (let left = 200; left > 0 && !(await there_()); left--)
      await new Promise((resolve) => setTimeout(resolve, 20));
    using found = (await theirs.GetObject(same)) as IUnknown;
    assert.ok(found);
    await table.Revoke(cookie);
    assert.equal(await there_(), false);
  } finally {
    await third.close();
    await second.close();
    rmSync(other, { recursive: true, force: true });
  }
});

test("one process names so many objects and no more", async () => {
  await here.registry.edit((keys) => {
    keys.create("HKLM\\SOFTWARE\\Microsoft\\Ole");
    keys.set("HKLM\\SOFTWARE\\Microsoft\\Ole", "MaxRunningPerProcess", 3);
  });
  using table = getRunningObjectTable(there);
  using object = there.pointerTo({}, IUnknown);
  using name = createItemMoniker(there, "!", "many");
  const cookies: number[] = [];
  await assert.rejects(
    async () => {
      for (;;) cookies.push(await table.Register(1, object, name));
    },
    { code: HResult.E_OUTOFMEMORY },
  );
  assert.equal(cookies.length, 3);
  for (const cookie of cookies) await table.Revoke(cookie);
  await here.registry.edit((keys) => keys.unset("HKLM\\SOFTWARE\\Microsoft\\Ole", "MaxRunningPerProcess"));
});

test("objref: names an object from anywhere, as often as it is read", async () => {
  class Thing {
    Say(): void {}
  }
  const object = new Thing();
  using pointer = here.pointerTo(object, IUnknown);
  using moniker = createObjrefMoniker(here, pointer);
  const name = (await nameOf(here, moniker)) ?? "";
  assert.match(name, /^objref:[\w+/]+=*:$/);
  for (let times = 0; times < 2; times++) {
    using bound = await bindMoniker(there, name, IUnknown);
    assert.ok(remoteObjectOf(bound) !== undefined);
  }
  using home_ = await bindMoniker(here, name, IUnknown);
  assert.equal(identityOf(home_).object, object);
});

test("monikers of an object elsewhere, whose IUnknown nobody asked for yet", async () => {
  class Thing {
    static readonly interfaces = [IROTData];
    GetComparisonData(): Uint8Array {
      return new Uint8Array(0);
    }
  }
  const object = new Thing();
  const proxy = (): IUnknown =>
    there.marshaler.unmarshalInterface(IROTData.iid, here.marshaler.marshalInterface(IROTData.iid, object));
  {
    using far = proxy();
    using moniker = createObjrefMoniker(there, far);
    using bound = await bindMoniker(here, (await nameOf(there, moniker)) ?? "", IUnknown);
    assert.equal(identityOf(bound).object, object);
  }
  using far = proxy();
  using pointer = createPointerMoniker(there, far);
  const bytes = await there.marshaler.marshalWhenReady(IMoniker.iid, pointer);
  using copy = here.marshaler.unmarshalInterface(IMoniker.iid, bytes) as IMoniker;
  using again = await bindMoniker(here, copy, IUnknown);
  assert.equal(identityOf(again).object, object);
});

test("a pointer moniker brings its object along", async () => {
  const object = {};
  using moniker = createPointerMoniker(here, object);
  const bytes = here.marshaler.marshalInterface(IMoniker.iid, moniker);
  using copy = there.marshaler.unmarshalInterface(IMoniker.iid, bytes) as IMoniker;
  using bound = await bindMoniker(there, copy, IUnknown);
  assert.ok(remoteObjectOf(bound) !== undefined);
  using item_ = createItemMoniker(here, "!", "x");
  using both = await createGenericComposite(here, moniker, item_);
  using far = there.marshaler.unmarshalInterface(
    IMoniker.iid,
    here.marshaler.marshalInterface(IMoniker.iid, both as IMoniker),
  ) as IMoniker;
  using list = await far.Enum(1);
  const { rgelt } = (await list?.Next(2)) ?? { rgelt: [] };
  assert.equal(rgelt.length, 2);
  for (const one of rgelt) one?.[Symbol.dispose]();
});

test("a moniker class of one's own crosses by value, alone and in a composite", async () => {
  for (const com of [here, there])
    await com.registerClassObject(planet, { context: ClassContext.INPROC_SERVER });
  await here.registry.edit((keys) => {
    keys.create("HKCR\\Planet\\CLSID");
    keys.set("HKCR\\Planet\\CLSID", "", `{${planet.clsid}}`);
  });
  using mars = await parseDisplayName(here, "Planet:Mars");
  using copy = there.marshaler.unmarshalInterface(
    IMoniker.iid,
    here.marshaler.marshalInterface(IMoniker.iid, mars),
  ) as IMoniker;
  assert.equal(await nameOf(there, copy), "Planet:Mars");
  using moon = await parseDisplayName(here, "Planet:Mars!moon");
  using whole = there.marshaler.unmarshalInterface(
    IMoniker.iid,
    here.marshaler.marshalInterface(IMoniker.iid, moon),
  ) as IMoniker;
  assert.equal(await nameOf(there, whole), "Planet:Mars!moon");
  // The table compares it, and lists it where its class is known.
  using table = getRunningObjectTable(here);
  const cookie = await table.Register(1, mars, moon);
  using theirs = getRunningObjectTable(there);
  assert.equal(await code((options) => theirs.IsRunning(whole, options)), HResult.S_OK);
  using list = await theirs.EnumRunning();
  const { rgelt } = (await list?.Next(10)) ?? { rgelt: [] };
  for (const one of rgelt) {
    using moniker = one;
    assert.equal(await nameOf(there, moniker), "Planet:Mars!moon");
  }
  assert.equal(rgelt.length, 1);
  await table.Revoke(cookie);
});

/** A moniker without IMarshal: it stays where it is, and is called there. */
class Faraway {
  GetClassID(): string {
    return "7a1c3d10-0d52-4f6c-9a33-5b0d8c2e0041";
  }
  BindToObject(context: IBindCtx | null, left: IMoniker | null, iid: string): IUnknown {
    assert.ok(context !== null && left === null && iid === IPersistFile.iid);
    return here.pointerTo(new Ledger(), IPersistFile);
  }
  Reduce(_context: IBindCtx | null, _howFar: number, left: { to: IMoniker | null } | null): unknown {
    return withStatus(HResult.MK_S_REDUCED_TO_SELF, { ppmkToLeft: left, ppmkReduced: this });
  }
  ComposeWith(right: IMoniker | null, onlyIfNotGeneric: number): Promise<IMoniker | null> {
    if (onlyIfNotGeneric !== 0) throw new ComError(HResult.MK_E_NEEDGENERIC);
    const self = here.pointerTo(this, IMoniker);
    return createGenericComposite(here, self, right).finally(() => self[Symbol.dispose]());
  }
  Hash(): number {
    return 0xfedcba98;
  }
  IsEqual(): void {
    return withStatus(HResult.S_FALSE, undefined);
  }
  Inverse(): IMoniker {
    return createItemMoniker(here, "!", "back");
  }
  GetTimeOfLastChange(): unknown {
    return { dwLowDateTime: 1, dwHighDateTime: 0xffffffff };
  }
  GetDisplayName(): string {
    return "far:away";
  }
  ParseDisplayName(_context: unknown, _left: unknown, name: string): unknown {
    return { pchEaten: name.length, ppmkOut: createItemMoniker(here, "!", name) };
  }
}
implement(Faraway, IMoniker);

test("a moniker that travels by reference answers every call from there", async () => {
  using near = here.pointerTo(new Faraway(), IMoniker);
  using far = there.marshaler.unmarshalInterface(
    IMoniker.iid,
    here.marshaler.marshalInterface(IMoniker.iid, near),
  ) as IMoniker;
  assert.ok(remoteObjectOf(far) !== undefined);
  assert.equal(await nameOf(there, far), "far:away");
  assert.equal(await far.Hash(), 0xfedcba98);
  assert.equal(await code((options) => far.IsEqual(far, options)), HResult.S_FALSE);
  using context = createBindCtx(there);
  using bound = (await far.BindToObject(context, null, IPersistFile.iid)) as IUnknown;
  assert.ok(remoteObjectOf(bound) !== undefined);
  assert.deepEqual(await far.GetTimeOfLastChange(context, null), {
    dwLowDateTime: 1,
    dwHighDateTime: 0xffffffff,
  });
  const { pchEaten, ppmkOut } = await far.ParseDisplayName(context, null, "rest");
  using rest = ppmkOut;
  assert.deepEqual([pchEaten, await nameOf(there, rest)], [4, "!rest"]);
  using back = await far.Inverse();
  assert.equal(await nameOf(there, back), "!back");
  const status = { code: -1 };
  const reduced = await far.Reduce(context, 0, null, { status });
  using same = reduced.ppmkReduced;
  assert.equal(status.code, HResult.MK_S_REDUCED_TO_SELF);
  assert.ok(same !== null && isSameObject(same, far));
  // In a composite of the other process it is one component among others.
  using item_ = createItemMoniker(there, "!", "x");
  using whole = await createGenericComposite(there, far, item_);
  assert.equal(await nameOf(there, whole), "far:away!x");
  using composed = await far.ComposeWith(item_, 0);
  assert.equal(await nameOf(there, composed), "far:away!x");
});

class Ledger {
  static readonly dispatch = { members: ["File"] };
  File = "";
  Load(file: string): void {
    this.File = file;
  }
}
const ledger = defineClass(
  { clsid: "7a1c3d10-0d52-4f6c-9a33-5b0d8c2e0040", progId: "Comity.TestLedger.1" },
  Ledger,
  { dispatch: true, interfaces: [IPersistFile] },
);

test("getObject: by path, by path and class, new, active, by any name", async () => {
  await using _ = await there.registerClassObject(ledger);
  await here.registry.edit((keys) => {
    keys.create("HKCR\\Comity.TestLedger.1\\CLSID");
    keys.set("HKCR\\Comity.TestLedger.1\\CLSID", "", `{${ledger.clsid}}`);
    keys.create("HKCR\\.ledger");
    keys.set("HKCR\\.ledger", "", "Comity.TestLedger.1");
  });
  const path = join(home, "a.ledger");
  writeFileSync(path, "");
  {
    await using byPath = await getObject(here, path);
    assert.equal(await byPath.File, path);
    await using byClass = await getObject(here, path, "Comity.TestLedger.1");
    assert.equal(await byClass.File, path);
    await using fresh = await getObject(here, "", "Comity.TestLedger.1");
    assert.equal(await fresh.File, "");
    await using byName = await getObject(here, "new:Comity.TestLedger.1");
    assert.equal(await byName.File, "");
    await assert.rejects(getObject(here, undefined, ledger.clsid), { code: HResult.MK_E_UNAVAILABLE });
    await using active = await registerActiveObject(here, ledger, byPath);
    await using running = await getObject(there, undefined, "Comity.TestLedger.1");
    assert.equal(await running.File, path);
    await active.revoke();
    // A file that runs is the object that runs.
    using name = createFileMoniker(there, path);
    using table = getRunningObjectTable(there);
    await using again = await createObject(there, ledger.clsid);
    using object = there.pointerTo(new Ledger(), IUnknown);
    const cookie = await table.Register(1, object, name);
    await using found = await getObject(here, path);
    assert.equal(await found.File, "");
    assert.equal(await again.File, "");
    await table.Revoke(cookie);
  }
  await assert.rejects(getObject(here, "nonsense"), { code: HResult.MK_E_SYNTAX });
  await assert.rejects(getObject(here, undefined), { code: HResult.E_INVALIDARG });
});

test("a compound file: its class stands in it, and it is bound to as a storage", async () => {
  const path = join(home, "ledger.any");
  {
    using root = createStorage(path);
    await root.SetClass(ledger.clsid);
    await root.Commit(0);
  }
  assert.equal(await getClassFile(here, path), ledger.clsid);
  await using _ = await here.registerClassObject(ledger, { context: ClassContext.INPROC_SERVER });
  await using object = await getObject(here, path);
  assert.equal(await object.File, path);
  using file = createFileMoniker(here, path);
  using context = createBindCtx(here);
  // Windows says the same of its own default mode: it shares nothing.
  await assert.rejects(async () => file.BindToStorage(context, null, IStorage.iid), { code: 0x800300ff });
  using reading = createBindCtx(here, { mode: Stgm.READ | Stgm.SHARE_DENY_WRITE });
  using storage = (await file.BindToStorage(reading, null, IStorage.iid)) as IStorage;
  assert.equal((await storage.Stat(1)).clsid, ledger.clsid);
});

test("a file bound on another machine, by the options of the binding", async () => {
  const far = mkdtempSync(join(tmpdir(), "comity-names3-"));
  const { FileAccountStore } = await import("../../auth/index.ts");
  await new FileAccountStore(far, "far").add("bob", "s3cret");
  await using machine = await openMachine({ home: far, port: 0 });
  const server = await openRuntime({ home: far });
  try {
    await server.registerClassObject(ledger);
    await machine.registry.edit((keys) => {
      keys.create(`HKCR\\CLSID\\{${ledger.clsid}}`);
    });
    const path = join(home, "a.ledger");
    const there_ = `127.0.0.1[${machine.scm.port}]`;
    const credentials = { user: "bob", password: "s3cret" };
    using file = createFileMoniker(here, path);
    const { IDispatch } = await import("../../automation/index.ts");
    using bound = await bindMoniker(here, file, IDispatch, { server: { machine: there_, credentials } });
    assert.ok(remoteObjectOf(bound) !== undefined);
  } finally {
    await server.close();
    rmSync(far, { recursive: true, force: true });
  }
});

test("a compound file at an address: as a storage, as lock bytes, and by the class that stands in it", async () => {
  const path = join(home, "fetched.stg");
  {
    using root = createStorage(path, Stgm.CREATE | Stgm.READWRITE | Stgm.SHARE_EXCLUSIVE);
    await root.SetClass(guid("5d0a2a10-96c8-4c2e-9b0f-0c5a2c6b0d01"));
  }
  const bytes = readFileSync(path);
  const server = createServer((_request, response) => response.end(bytes));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a`;
  {
    using moniker = createUrlMoniker(here, url);
    using context = createBindCtx(here);
    using root = (await moniker.BindToStorage(context, null, IStorage.iid)) as IStorage;
    assert.equal((await root.Stat(1)).clsid, "5d0a2a10-96c8-4c2e-9b0f-0c5a2c6b0d01");
    using raw = (await moniker.BindToStorage(context, null, ILockBytes.iid)) as ILockBytes;
    assert.equal((await raw.Stat(1)).cbSize, BigInt(bytes.length));
    await assert.rejects(bindMoniker(here, moniker, IUnknown), {
      code: HResult.INET_E_CANNOT_INSTANTIATE_OBJECT,
    });
  }
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
