import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { HResult } from "../../base/index.ts";
import { IClassActivator, type IBindCtx } from "../../com/gen/objidl.ts";
import {
  ClassContext,
  IClassFactory,
  IUnknown,
  type Runtime,
  implement,
  isSameObject,
} from "../../com/index.ts";
import {
  bindMoniker,
  createBindCtx,
  createClassMoniker,
  createFileMoniker,
  createGenericComposite,
  createItemMoniker,
  createNewMoniker,
  createObjrefMoniker,
  createPointerMoniker,
  getClassFile,
  getRunningObjectTable,
  namingOf,
  parseDisplayName,
} from "../index.ts";
import { INote, sheet, witness } from "./sample.ts";
import { anti, codeOf, made, nameOf, openRuntime, running, told, withCode } from "./support.ts";

let com: Runtime;
const folder = mkdtempSync(join(tmpdir(), "comity-names-"));
const file = join(folder, "a.cnote");

before(async () => {
  com = await openRuntime();
  writeFileSync(file, "a note");
  writeFileSync(join(folder, "plain"), "CNOTE with a pattern");
  await com.registerClassObject(sheet, { context: ClassContext.INPROC_SERVER });
  await com.registry.edit((keys) => {
    keys.create("HKCR\\.cnote");
    keys.set("HKCR\\.cnote", "", "Comity.TestSheet.1");
    keys.create("HKCR\\Comity.TestSheet.1\\CLSID");
    keys.set("HKCR\\Comity.TestSheet.1\\CLSID", "", `{${sheet.clsid}}`);
    keys.create(`HKCR\\FileType\\{${sheet.clsid}}\\0`);
    keys.set(`HKCR\\FileType\\{${sheet.clsid}}\\0`, "", "0,5,FFFFFFFFFF,434E4F5445");
    keys.create(`HKCR\\FileType\\{${sheet.clsid}}\\1`);
    keys.set(`HKCR\\FileType\\{${sheet.clsid}}\\1`, "", "nonsense");
  });
});
after(async () => {
  await com.close();
  rmSync(folder, { recursive: true, force: true });
});

test("the class of a file: by its extension, by a pattern, none", async () => {
  assert.equal(await getClassFile(com, file), sheet.clsid);
  assert.equal(await getClassFile(com, join(folder, "plain")), sheet.clsid);
  await assert.rejects(getClassFile(com, folder), { code: HResult.MK_E_INVALIDEXTENSION });
  if (process.platform !== "win32") {
    // A pipe that nobody writes to is not waited for.
    execFileSync("mkfifo", [join(folder, "pipe")]);
    await assert.rejects(getClassFile(com, join(folder, "pipe")), { code: HResult.MK_E_INVALIDEXTENSION });
  }
  await assert.rejects(getClassFile(com, join(folder, "absent.cnote")), { code: HResult.MK_E_CANTOPENFILE });
  const naming = namingOf(com);
  naming.files = { classOfFile: () => "6f1a2b30-4a55-4c0e-9f43-1f0a3b5c00ff" as typeof sheet.clsid };
  assert.equal(await getClassFile(com, file), "6f1a2b30-4a55-4c0e-9f43-1f0a3b5c00ff");
  naming.files = {};
});

test("a file is bound by its class, and is found running afterwards", async () => {
  using moniker = createFileMoniker(com, file);
  const before_ = witness.loads;
  using note = await bindMoniker(com, moniker, INote);
  assert.equal(await note.GetText(), file);
  assert.equal(witness.loads, before_ + 1);
  using table = getRunningObjectTable(com);
  const cookie = await table.Register(0, note, moniker);
  using again = await bindMoniker(com, moniker, INote);
  assert.ok(isSameObject(note, again));
  assert.equal(witness.loads, before_ + 1);
  await table.Revoke(cookie);
});

test("a path that is too long for the table of running objects is bound all the same", async () => {
  const inner = join(folder, ...Array.from({ length: 8 }, () => "d".repeat(200)));
  mkdirSync(inner, { recursive: true });
  const long = join(inner, "a.cnote");
  writeFileSync(long, "");
  using note = await bindMoniker(com, long, INote);
  assert.equal(await note.GetText(), long);
});

test("a bind context keeps what was bound", async () => {
  const context = createBindCtx(com);
  using moniker = createFileMoniker(com, file);
  using note = await bindMoniker(com, moniker, INote, { bindContext: context });
  await context.RevokeObjectBound(note);
  assert.throws(() => context.RevokeObjectBound(note), withCode(HResult.MK_E_NOTBOUND));
  context[Symbol.dispose]();
});

test("items are bound through their container, which stays locked as long as the bind context lives", async () => {
  {
    using context = createBindCtx(com, { deadline: 1 });
    using note = await bindMoniker(com, `${file}!one!two`, INote, { bindContext: context });
    assert.equal(await note.GetText(), `${file}/one/two`);
    assert.ok(witness.locks > 0);
    assert.deepEqual(witness.speeds.slice(-2), [3, 3]);
  }
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(witness.locks, 0);
  for (const [deadline, speed] of [
    [0, 1],
    [2499, 3],
    [2500, 2],
  ] as const) {
    using _ = await bindMoniker(com, `${file}!one`, INote, { deadline });
    assert.equal(witness.speeds.at(-1), speed);
  }
  await assert.rejects(bindMoniker(com, `${file}!missing`, INote), { code: HResult.MK_E_NOOBJECT });
  using item = createItemMoniker(com, "!", "x");
  await assert.rejects(bindMoniker(com, item, INote), { code: HResult.E_INVALIDARG });
  await new Promise((resolve) => setImmediate(resolve));
});

test("class objects and new objects", async () => {
  using factory = await bindMoniker(com, `clsid:${sheet.clsid}:`, IClassFactory);
  using direct = await com.getClassObject(sheet.clsid);
  assert.ok(isSameObject(factory, direct));
  using one = await bindMoniker(com, "new:Comity.TestSheet.1", INote);
  using other = await bindMoniker(com, `new:{${sheet.clsid}}`, INote);
  assert.ok(!isSameObject(one, other));
  using moniker = createNewMoniker(com, sheet);
  assert.equal(await nameOf(com, moniker), `new:{${sheet.clsid.toUpperCase()}}`);
});

test("a file on the right of a class object is loaded by it, on the right of an activator by the class it chooses", async () => {
  using left = createClassMoniker(com, sheet);
  using right = createFileMoniker(com, join(folder, "whatever"));
  using whole = await createGenericComposite(com, left, right);
  using note = await bindMoniker(com, whole as NonNullable<typeof whole>, INote);
  assert.equal(await note.GetText(), join(folder, "whatever"));

  const asked: string[] = [];
  class Chooser {
    GetClassObject(clsid: string, _context: number, _locale: number, iid: string): Promise<unknown> {
      asked.push(clsid, iid);
      return com.getClassObject(clsid);
    }
  }
  implement(Chooser, IClassActivator);
  using chooser = createPointerMoniker(com, new Chooser());
  using ofFile = createFileMoniker(com, file);
  using both = await createGenericComposite(com, chooser, ofFile);
  using loaded = await bindMoniker(com, both as NonNullable<typeof both>, INote);
  assert.equal(await loaded.GetText(), file);
  using ofClass = createClassMoniker(com, sheet);
  using chosen = await createGenericComposite(com, chooser, ofClass);
  using factory = await bindMoniker(com, chosen as NonNullable<typeof chosen>, IClassFactory);
  assert.ok(factory);
  using fresh = createNewMoniker(com, sheet);
  using made_ = await createGenericComposite(com, chooser, fresh);
  using object = await bindMoniker(com, made_ as NonNullable<typeof made_>, INote);
  assert.equal(await object.GetText(), "");
  assert.equal(asked.length, 6);

  using nothing = createPointerMoniker(com, {});
  using wrong = await createGenericComposite(com, nothing, ofFile);
  await assert.rejects(bindMoniker(com, wrong as NonNullable<typeof wrong>, INote), {
    code: HResult.MK_E_INTERMEDIATEINTERFACENOTSUPPORTED,
  });
});

test("ActivateAtStorage: the object is made where the file is", async () => {
  await com.registry.edit((keys) => {
    const appId = "{6f1a2b30-4a55-4c0e-9f43-1f0a3b5c0003}";
    keys.create(`HKCR\\CLSID\\{${sheet.clsid}}`);
    keys.set(`HKCR\\CLSID\\{${sheet.clsid}}`, "AppID", appId);
    keys.create(`HKCR\\AppID\\${appId}`);
    keys.set(`HKCR\\AppID\\${appId}`, "ActivateAtStorage", "Y");
  });
  using there = createFileMoniker(com, "\\\\srv\\share\\a.cnote");
  await assert.rejects(bindMoniker(com, there, INote), /machine srv/);
  using here = await bindMoniker(com, file, INote);
  assert.equal(await here.GetText(), file);
  await com.registry.edit((keys) => keys.delete(`HKCR\\CLSID\\{${sheet.clsid}}`));
});

test("pointers and what holds none", async () => {
  const object = await com.createInstance(sheet, INote);
  using moniker = createPointerMoniker(com, object);
  using same = createPointerMoniker(com, object);
  using other = createPointerMoniker(com, {});
  object[Symbol.dispose]();
  using bound = await bindMoniker(com, moniker, INote);
  assert.equal(await bound.GetText(), "");
  assert.equal(await codeOf((options) => moniker.IsEqual(same, options)), HResult.S_OK);
  assert.equal(await codeOf((options) => moniker.IsEqual(other, options)), HResult.S_FALSE);
  assert.equal(await moniker.Hash(), await same.Hash());
  assert.notEqual(await moniker.Hash(), await other.Hash());
  using context = createBindCtx(com);
  assert.equal(await codeOf((options) => moniker.IsRunning(context, null, null, options)), HResult.S_OK);
  using empty = createPointerMoniker(com, null);
  await assert.rejects(bindMoniker(com, empty, IUnknown), { code: HResult.E_UNEXPECTED });
  await assert.rejects(async () => bindMoniker(com, moniker, IClassFactory), { code: HResult.E_NOINTERFACE });
  // Without a way out of the process there is nothing to write a reference with.
  using reference = createObjrefMoniker(com, {});
  await assert.rejects(nameOf(com, reference), { code: HResult.CO_E_NOTINITIALIZED });
});

test("what leads nowhere says why", async () => {
  for (const [name, why] of [
    ["queue:Label=x/new:Comity.TestSheet.1", /queued components are not there yet/],
    [`Session:2!clsid:${sheet.clsid}:`, /no session 2/],
    [
      "partition:{6f1a2b30-4a55-4c0e-9f43-1f0a3b5c00ff}/new:Comity.TestSheet.1",
      /not divided into partitions/,
    ],
    ["soap:wsdl=http://example.org/a", /SOAP/],
    ["ftp://example.org/a", /not fetched/],
  ] as const)
    await assert.rejects(bindMoniker(com, name, INote), (error: Error) => why.test(error.message), name);
  using moniker = createFileMoniker(com, file);
  using context = createBindCtx(com);
  await assert.rejects(async () => moniker.BindToStorage(context, null, IUnknown.iid), {
    code: HResult.MK_E_NOSTORAGE,
  });
  using back = await anti(com, 1);
  await assert.rejects(bindMoniker(com, back, INote), { code: HResult.E_NOTIMPL });
});

test("the storage of a file", async () => {
  const naming = namingOf(com);
  const asked: unknown[] = [];
  naming.files = {
    openStorage: (path, mode, iid) => {
      asked.push(path, mode, iid);
      return com.pointerTo({}, IUnknown);
    },
  };
  using moniker = createFileMoniker(com, file);
  using context = createBindCtx(com, { mode: 0x10 });
  using _ = (await moniker.BindToStorage(context, null, IUnknown.iid)) as IUnknown;
  assert.deepEqual(asked, [file, 0x10, IUnknown.iid]);
  naming.files = {};
});

test("running or not, and when it changed", async () => {
  using context = createBindCtx(com);
  using table = getRunningObjectTable(com);
  using item = createItemMoniker(com, "!", "Item");
  using other = createItemMoniker(com, "!", "Item123");
  const isRunning = (newly: typeof item | null): Promise<number> =>
    codeOf((options) => item.IsRunning(context, null, newly, options));
  assert.equal(await isRunning(null), HResult.S_FALSE);
  assert.equal(await isRunning(item), HResult.S_OK);
  assert.equal(await isRunning(other), HResult.S_FALSE);
  const cookie = await running(table, item);
  assert.equal(await isRunning(null), HResult.S_OK);
  await table.Revoke(cookie);
  await assert.rejects(async () => item.IsRunning(null, null, null), { code: HResult.E_INVALIDARG });
  await assert.rejects(async () => item.GetTimeOfLastChange(context, null), {
    code: HResult.MK_E_NOTBINDABLE,
  });

  using note = createFileMoniker(com, file);
  const time = await note.GetTimeOfLastChange(context, null);
  assert.ok(time.dwHighDateTime > 0);
  using absent = createFileMoniker(com, join(folder, "absent"));
  await assert.rejects(async () => absent.GetTimeOfLastChange(context, null), {
    code: HResult.MK_E_NOOBJECT,
  });
  using whole = await createGenericComposite(com, note, item);
  assert.deepEqual(await whole?.GetTimeOfLastChange(context, null), time);
  const line = await running(table, whole);
  await table.NoteChangeTime(line, { dwLowDateTime: 5, dwHighDateTime: 7 });
  assert.deepEqual(await whole?.GetTimeOfLastChange(context, null), { dwLowDateTime: 5, dwHighDateTime: 7 });
  assert.deepEqual(await item.GetTimeOfLastChange(context, note), { dwLowDateTime: 5, dwHighDateTime: 7 });
  await table.Revoke(line);
  using two = await made(com, "CI1I2");
  await assert.rejects(async () => two.GetTimeOfLastChange(context, null), {
    code: HResult.MK_E_NOTBINDABLE,
  });
  using ofClass = createClassMoniker(com, sheet);
  assert.throws(() => ofClass.IsRunning(context, null, null), withCode(HResult.E_NOTIMPL));
  assert.throws(() => ofClass.GetTimeOfLastChange(context, null), withCode(HResult.MK_E_UNAVAILABLE));
  using back = await anti(com, 1);
  assert.equal(await codeOf((options) => back.IsRunning(context, null, null, options)), HResult.S_FALSE);
});

test("the options of a bind context, and its parameters", async () => {
  using context = createBindCtx(com);
  const blank = { cbStruct: 0xffff_ffff, grfFlags: 1, grfMode: 1, dwTickCountDeadline: 1, dwTrackFlags: 1 };
  const options = { ...blank, dwClassContext: 1, locale: 1, pServerInfo: null };
  const first = await context.GetBindOptions(options);
  assert.deepEqual(
    { ...first, locale: 0 },
    {
      cbStruct: 48,
      grfFlags: 0,
      grfMode: 2,
      dwTickCountDeadline: 0,
      dwTrackFlags: 0,
      dwClassContext: 0x15,
      locale: 0,
      pServerInfo: null,
    },
  );
  assert.equal((await context.GetBindOptions({ ...options, cbStruct: 16 })).cbStruct, 16);
  assert.throws(() => context.SetBindOptions(options), withCode(HResult.E_INVALIDARG));
  await context.SetBindOptions({ ...first, cbStruct: 16, grfMode: 0x12, dwClassContext: 1 });
  const second = await context.GetBindOptions(options);
  assert.deepEqual([second.grfMode, second.dwClassContext], [0x12, 0x15]);
  const server = { dwReserved1: 0, pwszName: "plc-7", pAuthInfo: null, dwReserved2: 0 };
  await context.SetBindOptions({ ...first, cbStruct: 32, dwClassContext: 16, pServerInfo: server });
  assert.deepEqual((await context.GetBindOptions(options)).pServerInfo, server);

  assert.throws(() => context.RegisterObjectParam("Gemma", null), withCode(HResult.E_INVALIDARG));
  using object = com.pointerTo({}, IUnknown);
  await context.RegisterObjectParam("Gemma", object);
  using got = await context.GetObjectParam("Gemma");
  assert.ok(isSameObject(got as IUnknown, object));
  assert.throws(() => context.GetObjectParam("gemma"), withCode(HResult.E_FAIL));
  using names = await context.EnumObjectParam();
  using twin = await names?.Clone();
  assert.deepEqual((await names?.Next(5))?.rgelt, ["Gemma"]);
  assert.deepEqual((await twin?.Next(5))?.rgelt, ["Gemma"]);
  await context.RevokeObjectParam("Gemma");
  assert.throws(() => context.RevokeObjectParam("Gemma"), withCode(HResult.E_FAIL));
  await context.RegisterObjectBound(null);
  assert.throws(() => context.RevokeObjectBound(null), withCode(HResult.E_INVALIDARG));
  await context.RegisterObjectBound(object);
  await context.RevokeObjectBound(object);
  using table = await context.GetRunningObjectTable();
  using same = getRunningObjectTable(com);
  assert.ok(isSameObject(table as IUnknown, same));
});

test("each system moniker wants a bind context", async () => {
  using note = createFileMoniker(com, file);
  const none = null as unknown as IBindCtx;
  await assert.rejects(async () => note.BindToObject(none, null, INote.iid), { code: HResult.E_INVALIDARG });
  using both = await made(com, "CI1I2");
  await assert.rejects(async () => both.GetDisplayName(null, null), { code: HResult.E_INVALIDARG });
  await assert.rejects(async () => both.Reduce(null, 0, null), { code: HResult.E_INVALIDARG });
  await assert.rejects(async () => both.IsEqual(null), { code: HResult.E_INVALIDARG });
  assert.equal(await told(com, await parseDisplayName(com, file)), file);
});

test("a class that is not registered", async () => {
  await assert.rejects(bindMoniker(com, "new:{6f1a2b30-4a55-4c0e-9f43-1f0a3b5c00aa}", INote), {
    code: HResult.REGDB_E_CLASSNOTREG,
  });
});
