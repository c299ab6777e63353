import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { HResult } from "../../base/index.ts";
import { IExternalConnection, type IMoniker, type IRunningObjectTable } from "../../com/gen/objidl.ts";
import { IUnknown, type Runtime, identityOf, implement, isSameObject } from "../../com/index.ts";
import {
  createFileMoniker,
  createItemMoniker,
  createPointerMoniker,
  getActiveObject,
  getRunningObjectTable,
  registerActiveObject,
} from "../index.ts";
import { codeOf, made, openRuntime, told } from "./support.ts";

/* The Running Object Table of a runtime that is alone; rules as in Wine's tests of monikers. */

let com: Runtime;
let table: IRunningObjectTable;
before(async () => {
  com = await openRuntime();
  table = getRunningObjectTable(com);
});
after(async () => {
  table[Symbol.dispose]();
  await com.close();
});

const file = (): IMoniker => createFileMoniker(com, "\\windows\\system\\test1.doc");

test("two objects of one name: the second is told, the first is found, then the other", async () => {
  using name = file();
  using first = com.pointerTo({}, IUnknown);
  using second = com.pointerTo({}, IUnknown);
  const status = { code: -1 };
  const a = await table.Register(0, first, name, { status });
  assert.equal(status.code, HResult.S_OK);
  const b = await table.Register(0, second, name, { status });
  assert.equal(status.code, HResult.MK_S_MONIKERALREADYREGISTERED);
  assert.notEqual(a, b);
  const found = async (): Promise<boolean> => {
    using object = await table.GetObject(name);
    return isSameObject(object as IUnknown, first);
  };
  assert.equal(await found(), true);
  await table.Revoke(a);
  assert.equal(await found(), false);
  await table.Revoke(b);
  await assert.rejects(async () => table.GetObject(name), { code: HResult.MK_E_UNAVAILABLE });
  await assert.rejects(async () => table.Revoke(b), { code: HResult.E_INVALIDARG });
});

test("a strong line keeps its object alive; a weak one ends with it", async () => {
  using name = file();
  class Thing {
    ended = false;
    finalRelease(): void {
      this.ended = true;
    }
  }
  const strong = new Thing();
  const pointer = com.pointerTo(strong, IUnknown);
  const cookie = await table.Register(1, pointer, name);
  pointer[Symbol.dispose]();
  assert.equal(strong.ended, false);
  await table.Revoke(cookie);
  assert.equal(strong.ended, true);

  const weak = new Thing();
  const handle = com.pointerTo(weak, IUnknown);
  await table.Register(0, handle, name);
  assert.equal(identityOf(weak).references, 1);
  assert.equal(await codeOf((options) => table.IsRunning(name, options)), HResult.S_OK);
  handle[Symbol.dispose]();
  assert.equal(weak.ended, true);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(await codeOf((options) => table.IsRunning(name, options)), HResult.S_FALSE);
});

test("an object that counts its strong connections is told of a strong line, not of a weak one", async () => {
  const calls: (readonly unknown[])[] = [];
  class Counting {
    AddConnection(kind: number): number {
      return calls.push(["add", kind]);
    }
    ReleaseConnection(kind: number, _reserved: number, closes: number): number {
      return calls.push(["release", kind, closes]);
    }
  }
  implement(Counting, IExternalConnection);
  using object = com.pointerTo(new Counting(), IUnknown);
  using name = file();
  await table.Revoke(await table.Register(0, object, name));
  assert.deepEqual(calls, []);
  await table.Revoke(await table.Register(1, object, name));
  assert.deepEqual(calls, [
    ["add", 1],
    ["release", 1, 1],
  ]);
});

test("what is refused", async () => {
  using name = file();
  using object = com.pointerTo({}, IUnknown);
  await assert.rejects(async () => table.Register(3, object, name), {
    code: HResult.CO_E_WRONG_SERVER_IDENTITY,
  });
  await assert.rejects(async () => table.Register(0xdeadbeef, object, name), { code: HResult.E_INVALIDARG });
  await assert.rejects(async () => table.Register(0, null, name), { code: HResult.E_INVALIDARG });
  await assert.rejects(async () => table.Register(0, object, null), { code: HResult.E_INVALIDARG });
  using pointer = createPointerMoniker(com, {});
  await assert.rejects(async () => table.Register(0, object, pointer), { code: HResult.E_NOTIMPL });
  using both = await made(com, "CPI1");
  await assert.rejects(async () => table.Register(0, object, both), { code: HResult.E_NOINTERFACE });
  // Names longer than the comparison data may be.
  using long = createItemMoniker(com, "!", "x".repeat(1100));
  await assert.rejects(async () => table.Register(0, object, long), { code: HResult.E_OUTOFMEMORY });
  await assert.rejects(async () => table.NoteChangeTime(99, { dwLowDateTime: 0, dwHighDateTime: 0 }), {
    code: HResult.E_INVALIDARG,
  });
});

test("the list of what runs is a snapshot", async () => {
  using one = createItemMoniker(com, "!", "one");
  using two = createItemMoniker(com, "!", "two");
  using object = com.pointerTo({}, IUnknown);
  using before_ = await table.EnumRunning();
  const cookies = [await table.Register(1, object, one), await table.Register(1, object, two)];
  assert.deepEqual((await before_?.Next(5))?.rgelt, []);
  using list = await table.EnumRunning();
  const names = async (): Promise<(string | null)[]> => {
    const { rgelt } = (await list?.Next(5)) ?? { rgelt: [] };
    return Promise.all(rgelt.map((moniker) => told(com, moniker)));
  };
  assert.deepEqual(await names(), ["!one", "!two"]);
  assert.deepEqual(await names(), []);
  await list?.Reset();
  for (const cookie of cookies) await table.Revoke(cookie);
  assert.deepEqual(await names(), ["!one", "!two"]);
});

test("active objects: by class, strong or weak", async () => {
  const clsid = "6f1a2b30-4a55-4c0e-9f43-1f0a3b5c0030";
  await assert.rejects(getActiveObject(com, clsid), { code: HResult.MK_E_UNAVAILABLE });
  const object = {};
  {
    await using registration = await registerActiveObject(com, clsid, object);
    using found = await getActiveObject(com, clsid);
    assert.ok(isSameObject(found, object));
    using item = createItemMoniker(com, "!", `{${clsid.toUpperCase()}}`);
    using same = await table.GetObject(item);
    assert.ok(isSameObject(same as IUnknown, object));
    await registration.revoke();
    await registration.revoke();
  }
  await assert.rejects(getActiveObject(com, clsid), { code: HResult.MK_E_UNAVAILABLE });
  const handle = com.pointerTo(object, IUnknown);
  await registerActiveObject(com, clsid, handle, { weak: true });
  handle[Symbol.dispose]();
  await new Promise((resolve) => setImmediate(resolve));
  await assert.rejects(getActiveObject(com, clsid), { code: HResult.MK_E_UNAVAILABLE });
});
