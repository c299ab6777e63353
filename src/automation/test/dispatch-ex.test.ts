import assert from "node:assert/strict";
import { test } from "node:test";
import { HResult } from "../../base/index.ts";
import { type Interface, defineInterface } from "../../ndr/index.ts";
import { type IUnknown, defineClass, identityOf, pointerTo } from "../../com/index.ts";
import { automationProviders } from "../dispatch-provider.ts";
import { IDispatchEx } from "../gen/dispex.ts";
import { IProvideClassInfo2 } from "../gen/ocidl.ts";
import { IDispatch, IEnumVARIANT } from "../gen/oaidl.ts";
import { EnumVariant } from "../collection.ts";
import { DispatchFlag } from "../member.ts";
import { Variant } from "../variant.ts";
import { VT } from "../vt.ts";
import { hostWith } from "./host.ts";
import { code, codeOf } from "./support.ts";

const runtime = hostWith(automationProviders());
const none = { rgvarg: null, rgdispidNamedArgs: null, cArgs: 0, cNamedArgs: 0 };
const noPlaces = new Uint32Array(0);

class Bag {
  static readonly dispatch = { dynamic: true, members: ["Name", "Greet"] };
  Name = "bag";
  hidden = "the bag's own";
  Greet(who: string): string {
    return `hello ${who}`;
  }
}

const pointer = <T extends IUnknown>(object: object, iface: Interface<T>): T =>
  pointerTo(object, iface, runtime);

test("members come and go", async () => {
  const bag = new Bag();
  using ex = pointer(bag, IDispatchEx);
  assert.equal(
    await codeOf(Promise.resolve().then(() => ex.GetDispID("Color", 0))),
    HResult.DISP_E_UNKNOWNNAME,
  );
  assert.equal(
    await codeOf(Promise.resolve().then(() => ex.GetDispID("hidden", 2))),
    HResult.DISP_E_UNKNOWNNAME,
  );
  const id = await ex.GetDispID("Color", 2);
  assert.equal(await ex.GetDispID("color", 8), id);
  assert.equal(
    await codeOf(Promise.resolve().then(() => ex.GetDispID("color", 1))),
    HResult.DISP_E_UNKNOWNNAME,
  );
  const put = {
    rgvarg: [new Variant(VT.BSTR, "red")],
    rgdispidNamedArgs: new Int32Array([-3]),
    cArgs: 1,
    cNamedArgs: 1,
  };
  await ex.InvokeEx(id, 0x409, DispatchFlag.PROPERTYPUT, put, null, 0, noPlaces, []);
  assert.equal((bag as unknown as { Color: string }).Color, "red");
  const { pvarRes } = await ex.InvokeEx(id, 0x409, DispatchFlag.PROPERTYGET, none, null, 0, noPlaces, []);
  assert.equal(pvarRes.value, "red");
  assert.equal(await ex.GetMemberName(id), "Color");
  await ex.DeleteMemberByDispID(id);
  assert.equal("Color" in bag, false);
  const status = { code: 0 };
  await ex.DeleteMemberByName("Color", 0, { status });
  assert.equal(status.code, HResult.S_FALSE);
  assert.equal(await ex.GetDispID("Color", 2), id, "a name that comes back has its number back");
});

test("members are listed and described", async () => {
  using ex = pointer(new Bag(), IDispatchEx);
  const names: string[] = [];
  const status = { code: 0 };
  for (let id = await ex.GetNextDispID(1, -1); ; id = await ex.GetNextDispID(1, id, { status })) {
    if (status.code === HResult.S_FALSE) break;
    names.push((await ex.GetMemberName(id)) ?? "");
  }
  assert.deepEqual(names, ["Greet", "Name"]);
  const properties = await ex.GetMemberProperties(await ex.GetDispID("Greet", 0), 0xffffffff);
  assert.equal(properties & 0x100, 0x100, "it can be called");
  assert.equal((await ex.GetMemberProperties(await ex.GetDispID("Name", 0), 0x200)) & 0x200, 0x200);
});

test("a caller cannot make members that the language uses, nor endless ones", () => {
  using ex = pointer(new Bag(), IDispatchEx);
  for (const name of ["__proto__", "constructor", "toString", "then", "", "_private", "x".repeat(300)]) {
    assert.equal(
      code(() => ex.GetDispID(name, 2)),
      HResult.DISP_E_UNKNOWNNAME,
      name,
    );
  }
});

test("objects are made of constructors, and plain objects and functions are dynamic", async () => {
  class Point {
    static readonly dispatch = { members: ["X"] };
    readonly X: number;
    constructor(x: number) {
      this.X = x;
    }
  }
  class Factory {
    static readonly dispatch = { dynamic: true, members: ["Point", "Plain"] };
    Point = Point;
    get Plain(): object {
      return { a: 1, twice: (n: number) => 2 * n };
    }
  }
  using ex = pointer(new Factory(), IDispatchEx);
  const args = { rgvarg: [new Variant(VT.I4, 5)], rgdispidNamedArgs: null, cArgs: 1, cNamedArgs: 0 };
  const made = await ex.InvokeEx(
    await ex.GetDispID("Point", 0),
    0,
    DispatchFlag.CONSTRUCT,
    args,
    null,
    0,
    noPlaces,
    [],
  );
  const point = made.pvarRes.value as IDispatch;
  assert.deepEqual(
    [...(await point.GetIDsOfNames("00000000-0000-0000-0000-000000000000" as never, ["X"], 1, 0))].length,
    1,
  );
  const got = await ex.InvokeEx(
    await ex.GetDispID("Plain", 0),
    0,
    DispatchFlag.PROPERTYGET,
    none,
    null,
    0,
    noPlaces,
    [],
  );
  using plain = await (got.pvarRes.value as IDispatch).QueryInterface(IDispatchEx);
  const called = await plain.InvokeEx(
    await plain.GetDispID("twice", 0),
    0,
    DispatchFlag.METHOD,
    args,
    null,
    0,
    noPlaces,
    [],
  );
  assert.equal(called.pvarRes.value, 10);
});

test("skipping through an endless collection leaves others their turn", async () => {
  const over = { yet: false };
  function* numbers(): Generator<number> {
    for (let i = 0; !over.yet; i++) yield i;
  }
  using items = pointer(new EnumVariant(numbers()), IEnumVARIANT);
  setTimeout(() => (over.yet = true), 20);
  const status = { code: 0 };
  await items.Skip(0xffffffff, { status });
  assert.equal(status.code, HResult.S_FALSE);
});

test("an enumerator keeps its place: skip, reset, clone, and the end", async () => {
  using items = pointer(new EnumVariant(["a", "b", "c"]), IEnumVARIANT);
  const status = { code: 0 };
  const next = async (celt: number): Promise<unknown[]> =>
    (await items.Next(celt, { status })).rgVar.map((one) => one.value);
  assert.deepEqual(await next(2), ["a", "b"]);
  assert.equal(status.code, HResult.S_OK);
  const copy = await items.Clone();
  assert.deepEqual(await next(2), ["c"]);
  assert.equal(status.code, HResult.S_FALSE);
  assert.deepEqual(
    (await copy?.Next(5))?.rgVar.map((one) => one.value),
    ["c"],
  );
  await items.Reset();
  await items.Skip(1);
  assert.deepEqual(await next(9), ["b", "c"]);
  assert.equal(await codeOf(next(0x7fffffff)), HResult.E_INVALIDARG);
});

test("names that come and go are not endless", () => {
  class Small extends Bag {}
  using ex = pointer(new Small(), IDispatchEx);
  const codes = new Set<number>();
  for (let i = 0; i < 65_600 && codes.size === 0; i++) {
    const made = code(() => ex.GetDispID(`n${i}`, 2));
    if (made !== 0) codes.add(made);
    else void ex.DeleteMemberByName(`n${i}`, 1);
  }
  assert.deepEqual([...codes], [HResult.E_OUTOFMEMORY]);
});

test("a class with events says which, and its type library where there is one", async () => {
  const DEvents = defineInterface({
    name: "DEvents",
    iid: "7a1c3d10-0d52-4f6c-9a33-5b0d8c2e0021",
    kind: "dispatch",
    methods: () => [],
  });
  class Source {
    Name = "source";
  }
  const definition = defineClass(
    { clsid: "7a1c3d10-0d52-4f6c-9a33-5b0d8c2e0020", sources: [DEvents] },
    Source,
    { dispatch: true },
  );
  const type = { GetTypeKind: () => 5 };
  const described = hostWith(
    automationProviders({
      dispatchType: () => type,
      classType: (one) => (one === definition ? type : undefined),
    }),
  );
  const object = new Source();
  identityOf(object, described).definition = definition;
  using info = pointerTo(object, IProvideClassInfo2, described);
  assert.equal(await info.GetGUID(1), DEvents.iid);
  assert.equal(
    code(() => info.GetGUID(2)),
    HResult.E_INVALIDARG,
  );
  using dispatch = pointerTo(object, IDispatch, described);
  assert.equal(await dispatch.GetTypeInfoCount(), 1);
  assert.equal(
    code(() => dispatch.GetTypeInfo(1, 0)),
    HResult.DISP_E_BADINDEX,
  );
});

test("an object without events or a type library has no class information", () => {
  assert.equal(
    code(() => pointer(new Bag(), IProvideClassInfo2)),
    HResult.E_NOINTERFACE,
  );
  assert.equal(
    code(() => pointer(new Date(), IDispatch)),
    HResult.E_NOINTERFACE,
  );
});
