import assert from "node:assert/strict";
import { test } from "node:test";
import { ComError, GUID_NULL, HResult } from "../../base/index.ts";
import { BSTR } from "../../com/gen/wtypes.ts";
import { pointerTo } from "../../com/index.ts";
import {
  type InterfaceDescriptor,
  type NdrType,
  type ParamDescriptor,
  defineInterface,
} from "../../ndr/index.ts";
import { VariantFlag } from "../convert.ts";
import { LateBound } from "../dispatch-client.ts";
import { automationProviders } from "../dispatch-provider.ts";
import { type DispParams, DispatchStub, type InvokeResult } from "../dispatch-server.ts";
import { IDispatch, LPSAFEARRAY, VARIANT } from "../gen/oaidl.ts";
import { coerce } from "../invoke/default-value.ts";
import { lateBound, put } from "../late/bound.ts";
import { DispatchFlag } from "../member.ts";
import type { SafeArray } from "../safearray.ts";
import { Variant } from "../variant.ts";
import { VT } from "../vt.ts";
import { hostWith } from "./host.ts";
import { codeOf } from "./support.ts";

const i32 = { kind: "base", name: "i32" } as const;
const f64 = { kind: "base", name: "f64" } as const;
const hresult = { kind: "base", name: "hresult" } as const;
const ICalculator: InterfaceDescriptor = defineInterface({
  name: "ICalculator",
  iid: "11111111-2222-3333-4444-555555555555",
  dual: true,
  methods: () => [
    {
      name: "Add",
      opnum: 7,
      dispId: 1,
      returns: hresult,
      params: [
        { name: "a", type: i32, in: true, out: false },
        { name: "b", type: i32, in: true, out: false, optional: true, defaultValue: 1 },
        {
          name: "sum",
          type: { kind: "pointer", pointer: "ref", to: i32 },
          in: false,
          out: true,
          retval: true,
        },
      ],
    },
    {
      name: "get_Memory",
      opnum: 8,
      dispId: 2,
      invoke: "get",
      returns: hresult,
      params: [
        { name: "v", type: { kind: "pointer", pointer: "ref", to: i32 }, in: false, out: true, retval: true },
      ],
    },
    {
      name: "put_Memory",
      opnum: 9,
      dispId: 2,
      invoke: "put",
      returns: hresult,
      params: [{ name: "v", type: i32, in: true, out: false }],
    },
    { name: "Fail", opnum: 10, dispId: 3, returns: hresult, params: [] },
    {
      name: "Swap",
      opnum: 11,
      dispId: 4,
      returns: hresult,
      params: [
        { name: "x", type: { kind: "pointer", pointer: "ref", to: i32 }, in: true, out: true },
        { name: "y", type: { kind: "pointer", pointer: "ref", to: i32 }, in: true, out: true },
      ],
    },
  ],
});

class CalculatorObject {
  memory = 0;
  Add(a: number, b: number): number {
    return a + b;
  }
  get_Memory(): number {
    return this.memory;
  }
  put_Memory(value: number): void {
    this.memory = value;
  }
  Fail(): never {
    throw new ComError(0x80041234, "the drawer is empty", { source: "Comity.Calculator" });
  }
  Swap(x: number, y: number): { x: number; y: number } {
    return { x: y, y: x };
  }
}

const open = (): LateBound => new LateBound(new DispatchStub(new CalculatorObject(), ICalculator));

test("methods and properties by name, in any letter case, with conversion to what the method takes", async () => {
  const calc = open();
  assert.equal(await calc.call("Add", [2, 40]), 42);
  assert.equal(await calc.call("ADD", ["2", 40.4]), 42);
  assert.equal(await calc.call("Add", [2]), 3, "a default value stands for an argument left out");
  await calc.set("Memory", "17");
  assert.equal(await calc.get("memory"), 17);
});

test("by-reference arguments bring back what the method wrote", async () => {
  const x = { value: 1 };
  const y = { value: 2 };
  await open().call("Swap", [Variant.byRef(VT.I4, x), Variant.byRef(VT.I4, y)]);
  assert.deepEqual([x.value, y.value], [2, 1]);
});

test("mistakes of the caller have their own codes, failures of the method arrive as they were raised", async () => {
  const calc = open();
  assert.equal(await codeOf(calc.call("Nothing")), HResult.DISP_E_UNKNOWNNAME);
  assert.equal(await codeOf(calc.call("Add", [1, 2, 3])), HResult.DISP_E_BADPARAMCOUNT);
  assert.equal(await codeOf(calc.call("Add", [{}, 2])), HResult.DISP_E_TYPEMISMATCH);
  assert.equal(await codeOf(calc.set("Add", 1)), HResult.DISP_E_MEMBERNOTFOUND);
  await assert.rejects(calc.call("Fail"), (error: ComError) => {
    assert.equal(error.code, 0x80041234);
    assert.equal(error.info.description, "the drawer is empty");
    assert.equal(error.info.source, "Comity.Calculator");
    return true;
  });
});

test("a type mismatch names the argument as rgvarg counts", async () => {
  const stub = new DispatchStub(new CalculatorObject(), ICalculator);
  const params = {
    rgvarg: [new Variant(VT.BSTR, "x"), new Variant(VT.I4, 1)],
    rgdispidNamedArgs: null,
    cArgs: 2,
    cNamedArgs: 0,
  };
  await assert.rejects(
    stub.Invoke(1, GUID_NULL, 0, DispatchFlag.METHOD, params, 0, [], []),
    (error: ComError) => {
      assert.equal(error.code, HResult.DISP_E_TYPEMISMATCH);
      assert.equal((error.outputs as { pArgErr: number }).pArgErr, 0);
      return true;
    },
  );
});

test("named arguments go to their parameters", async () => {
  const stub = new DispatchStub(new CalculatorObject(), ICalculator);
  assert.deepEqual([...stub.GetIDsOfNames(GUID_NULL, ["Add", "b", "A"], 3, 0)], [1, 1, 0]);
  const params = {
    rgvarg: [new Variant(VT.I4, 40), new Variant(VT.I4, 2)],
    rgdispidNamedArgs: [1, 0],
    cArgs: 2,
    cNamedArgs: 2,
  };
  const result = await stub.Invoke(1, GUID_NULL, 0, DispatchFlag.METHOD, params, 0, [], []);
  assert.equal(result.pVarResult.value, 42);
});

test("an object without a type is driven by the members it lists, and by no others", async () => {
  class Thing {
    static readonly dispatch = { members: ["Name", "Secret", "double"] };
    private fortune = 7;
    private Spend(): number {
      return this.fortune--;
    }
    other(): number {
      return this.Spend();
    }
    Name = "thing";
    #secret = 1;
    get Secret(): number {
      return this.#secret;
    }
    Double(n: number): number {
      return n * 2 * this.#secret;
    }
  }
  const thing = new LateBound(new DispatchStub(new Thing(), undefined));
  assert.equal(await thing.call("double", [21]), 42);
  assert.equal(await thing.get("Secret"), 1);
  await thing.set("Name", "other");
  assert.equal(await thing.get("name"), "other");
  for (const hidden of ["constructor", "fortune", "Spend", "other"])
    assert.equal(await codeOf(thing.call(hidden)), HResult.DISP_E_UNKNOWNNAME, hidden);
  assert.equal(await codeOf(thing.set("Secret", 3)), HResult.DISP_E_MEMBERNOTFOUND);
});

/* Properties with parameters, defaults, locales, variable arguments, outputs: everything a dual interface may declare. */

const out = (type: NdrType): NdrType => ({ kind: "pointer", pointer: "ref", to: type });
const input = (name: string, type: NdrType): ParamDescriptor => ({ name, type, in: true, out: false });
const retval = (type: NdrType): ParamDescriptor => ({
  name: "result",
  type: out(type),
  in: false,
  out: true,
  retval: true,
});

const IStore: InterfaceDescriptor = defineInterface({
  name: "IStore",
  iid: "11111111-2222-3333-4444-666666666666",
  dual: true,
  methods: () => [
    {
      name: "get_Item",
      opnum: 7,
      dispId: 0,
      invoke: "get",
      returns: hresult,
      params: [input("key", VARIANT), retval(VARIANT)],
    },
    {
      name: "put_Item",
      opnum: 8,
      dispId: 0,
      invoke: "put",
      returns: hresult,
      params: [{ ...input("key", VARIANT), optional: true }, input("value", VARIANT)],
    },
    {
      name: "get__NewEnum",
      opnum: 9,
      dispId: -4,
      invoke: "get",
      returns: hresult,
      params: [retval(VARIANT)],
    },
    {
      name: "Log",
      opnum: 10,
      dispId: 1,
      vararg: true,
      returns: hresult,
      params: [input("level", i32), input("rest", LPSAFEARRAY), retval(BSTR)],
    },
    {
      name: "Format",
      opnum: 11,
      dispId: 2,
      returns: hresult,
      params: [
        input("value", f64),
        { name: "lcid", type: i32, in: true, out: false, lcid: true },
        retval(BSTR),
      ],
    },
    {
      name: "Split",
      opnum: 12,
      dispId: 3,
      returns: hresult,
      params: [input("text", BSTR), { name: "rest", type: out(BSTR), in: false, out: true }, retval(BSTR)],
    },
    {
      name: "Only",
      opnum: 13,
      dispId: 4,
      returns: hresult,
      params: [{ name: "value", type: out(i32), in: false, out: true }],
    },
    {
      name: "get_Self",
      opnum: 14,
      dispId: 5,
      invoke: "get",
      returns: hresult,
      params: [retval({ kind: "interface", iid: "11111111-2222-3333-4444-666666666666" })],
    },
    {
      name: "putref_Owner",
      opnum: 15,
      dispId: 6,
      invoke: "putref",
      returns: hresult,
      params: [input("owner", { kind: "interface", iid: "00020400-0000-0000-c000-000000000046" })],
    },
    {
      name: "Adopt",
      opnum: 16,
      dispId: 7,
      returns: hresult,
      params: [
        input("other", { kind: "interface", iid: "11111111-2222-3333-4444-666666666666" }),
        retval(VARIANT),
      ],
    },
  ],
});

class Store {
  static readonly interfaces = [IStore];
  readonly items = new Map<unknown, unknown>();
  owner: unknown = "nobody";
  get_Item(key: Variant): unknown {
    return this.items.get(key.toJs());
  }
  put_Item(key: Variant, value: Variant): void {
    this.items.set(key.toJs(), value.toJs());
  }
  *[Symbol.iterator](): Iterator<unknown> {
    yield* this.items.keys();
  }
  Log(level: number, rest: SafeArray): string {
    return `${level}:${Array.from<unknown, string>(rest.data, (one) => String((one as Variant).toJs())).join()}`;
  }
  Format(value: number, lcid: number): string {
    return `${value}/${lcid.toString(16)}`;
  }
  Split(text: string): { result: string; rest: string } {
    return { result: text.slice(0, 1), rest: text.slice(1) };
  }
  Only(): number {
    return 5;
  }
  get_Self(): Store {
    return this;
  }
  putref_Owner(owner: unknown): void {
    this.owner = owner;
  }
  Adopt(other: { get_Item(key: Variant): unknown } | null): unknown {
    return other?.get_Item(Variant.from("k"));
  }
}

test("properties with parameters, the default member, and the value that comes last", async () => {
  const store = new Store();
  const stub = new DispatchStub(store, IStore);
  const late = new LateBound(stub);
  await late.invoke("Item", DispatchFlag.PROPERTYPUT, ["a", 1]);
  assert.equal(await late.get("item", ["a"]), 1);
  const [dispId] = stub.GetIDsOfNames(GUID_NULL, ["Item"], 1, 0);
  assert.equal(dispId, 0, "DISPID_VALUE");
  // An optional parameter left out: the value still goes to the last one.
  await late.invoke("Item", DispatchFlag.PROPERTYPUT, ["b"]);
  assert.equal(store.items.get(undefined), "b");
  assert.equal(
    await codeOf(late.invoke("Owner", DispatchFlag.PROPERTYPUT, [null])),
    HResult.DISP_E_MEMBERNOTFOUND,
  );
  await late.invoke("Owner", DispatchFlag.PROPERTYPUTREF, [new Variant(VT.DISPATCH, null)]);
  assert.equal(store.owner, null);
});

test("variable arguments, the locale, several outputs", async () => {
  const late = new LateBound(new DispatchStub(new Store(), IStore), { lcid: 0x407 });
  assert.equal(await late.call("Log", [3]), "3:");
  assert.equal(await late.call("Log", [3, "a", 4.5]), "3:a,4.5");
  assert.equal(await late.call("Format", [2.5]), "2.5/407");
  const rest = { value: null };
  assert.equal(await late.call("Split", ["xyz", Variant.byRef(VT.BSTR, rest)]), "x");
  assert.equal(rest.value, "yz");
  assert.equal(await late.call("Split", ["xyz"]), "x", "what only comes back need not be asked for");
  const only = { value: 0 };
  assert.equal(await late.call("Only", [Variant.byRef(VT.I4, only)]), undefined);
  assert.equal(only.value, 5);
  assert.equal(await late.call("Only"), 5);
  assert.equal(await codeOf(late.call("Format", [])), HResult.DISP_E_BADPARAMCOUNT);
});

test("arguments of a property without parameters go to what it stands for", async () => {
  const runtime = hostWith(automationProviders());
  const store = new Store();
  store.items.set("k", 7);
  using dispatch = pointerTo(store, IDispatch, runtime);
  assert.equal(await new LateBound(dispatch).call("Self", ["k"]), 7);
  const names: unknown[] = [];
  using late = lateBound(pointerTo(store, IDispatch, runtime));
  for await (const key of late) names.push(key);
  assert.deepEqual(names, ["k"]);
  assert.equal(await late("k"), 7);
  await put(late("k"), 8);
  assert.equal(store.items.get("k"), 8);
});

test("an object as a plain argument is asked for its default property", async () => {
  class Amount {
    static readonly dispatch = { defaultMember: "Total" };
    get Total(): number {
      return 40;
    }
  }
  const runtime = hostWith(automationProviders());
  using amount = pointerTo(new Amount(), IDispatch, runtime);
  assert.equal(await open().call("Add", [new Variant(VT.DISPATCH, amount), 2]), 42);
  assert.equal((await coerce(new Variant(VT.DISPATCH, amount), VT.BSTR)).value, "40");
  const refused = coerce(new Variant(VT.DISPATCH, amount), VT.BSTR, { flags: VariantFlag.NOVALUEPROP });
  assert.equal(await codeOf(refused), HResult.DISP_E_TYPEMISMATCH);
});

test("callers that want no result, no exception and no argument error get zeros", async () => {
  const stub = new DispatchStub(new CalculatorObject(), ICalculator);
  const none = { rgvarg: null, rgdispidNamedArgs: null, cArgs: 0, cNamedArgs: 0 };
  const result = await stub.Invoke(2, GUID_NULL, 0, DispatchFlag.PROPERTYGET | 0x20000, none, 0, [], []);
  assert.equal(result.pVarResult.vt, VT.EMPTY);
  await assert.rejects(
    stub.Invoke(3, GUID_NULL, 0, DispatchFlag.METHOD | 0x40000, none, 0, [], []),
    (error: ComError) => {
      assert.equal(error.code, HResult.DISP_E_EXCEPTION);
      assert.equal((error.outputs as InvokeResult).pExcepInfo.scode, 0);
      return true;
    },
  );
});

test("malformed calls are the caller's mistake, whatever they hold", async () => {
  const stub = new DispatchStub(new CalculatorObject(), ICalculator);
  const call = (
    params: Partial<DispParams>,
    flags: number = DispatchFlag.METHOD,
    places: number[] = [],
    refs: Variant[] = [],
  ): Promise<unknown> =>
    stub.Invoke(
      1,
      GUID_NULL,
      0,
      flags,
      { rgvarg: null, rgdispidNamedArgs: null, cArgs: 0, cNamedArgs: 0, ...params },
      refs.length,
      places,
      refs,
    );
  const one = [new Variant(VT.I4, 1)];
  assert.equal(await codeOf(call({ rgvarg: one, cArgs: 1, cNamedArgs: 5 })), HResult.E_INVALIDARG);
  assert.equal(await codeOf(call({ rgvarg: one, cArgs: 1 }, 0)), HResult.E_INVALIDARG);
  assert.equal(await codeOf(call({ rgvarg: one, cArgs: 1 }, 1, [3], one)), HResult.E_INVALIDARG);
  assert.equal(
    await codeOf(call({ rgvarg: one, cArgs: 1, rgdispidNamedArgs: [-7], cNamedArgs: 1 })),
    HResult.DISP_E_PARAMNOTFOUND,
  );
  assert.equal(
    await codeOf(call({ rgvarg: one, cArgs: 1, rgdispidNamedArgs: [200], cNamedArgs: 1 })),
    HResult.DISP_E_PARAMNOTFOUND,
  );
  const twice = [new Variant(VT.I4, 1), new Variant(VT.I4, 2)];
  assert.equal(
    await codeOf(call({ rgvarg: twice, cArgs: 2, rgdispidNamedArgs: [0], cNamedArgs: 1 })),
    HResult.DISP_E_BADPARAMCOUNT,
  );
  assert.equal(
    await codeOf(
      stub.Invoke(
        99,
        GUID_NULL,
        0,
        1,
        { rgvarg: null, rgdispidNamedArgs: null, cArgs: 0, cNamedArgs: 0 },
        0,
        [],
        [],
      ),
    ),
    HResult.DISP_E_MEMBERNOTFOUND,
  );
});

test("an object that lists nothing shows nothing, and says why; all of it only on demand", async () => {
  class Silent {
    Name = "silent";
  }
  class Open {
    static readonly dispatch = { members: "all" } as const;
    Name = "open";
    _inner = 1;
  }
  const silent = new DispatchStub(new Silent(), undefined);
  assert.throws(() => silent.GetIDsOfNames(GUID_NULL, ["Name"], 1, 0), /its class lists no members/);
  const open_ = new LateBound(new DispatchStub(new Open(), undefined));
  assert.equal(await open_.get("Name"), "open");
  assert.equal(await codeOf(open_.get("_inner")), HResult.DISP_E_UNKNOWNNAME);
});

test("DISPIDs of untyped objects are the same in every object of a class, and may be fixed", () => {
  class Shape {
    static readonly dispatch = { members: ["Draw", "Zero"], dispIds: { Area: 77 } };
    constructor(extra?: string) {
      if (extra !== undefined) (this as Record<string, unknown>)[extra] = 1;
    }
    Draw(): void {}
    Area(): number {
      return 1;
    }
  }
  const idOf = (object: object, name: string): number | undefined =>
    new DispatchStub(object, undefined).GetIDsOfNames(GUID_NULL, [name], 1, 0)[0];
  const [plain, extended] = [new Shape(), new Shape("Zero")];
  assert.equal(idOf(extended, "Draw"), idOf(plain, "draw"));
  assert.equal(idOf(plain, "Area"), 77);
  const zero = idOf(extended, "Zero");
  assert.equal(idOf(new Shape("Zero"), "zero"), zero);
  assert.notEqual(zero, idOf(plain, "Draw"));
});

test("an object as an argument becomes a pointer to the interface that is declared, or is of the wrong type", async () => {
  const runtime = hostWith(automationProviders());
  const [store, other] = [new Store(), new Store()];
  other.items.set("k", "found");
  using target = pointerTo(store, IDispatch, runtime);
  using argument = pointerTo(other, IDispatch, runtime);
  const late = new LateBound(target);
  assert.equal(await late.call("Adopt", [new Variant(VT.DISPATCH, argument)]), "found");
  assert.equal(await late.call("Adopt", [new Variant(VT.DISPATCH, null)]), undefined);
  class Stranger {
    static readonly dispatch = {};
    Name = "stranger";
  }
  using stranger = pointerTo(new Stranger(), IDispatch, runtime);
  assert.equal(
    await codeOf(late.call("Adopt", [new Variant(VT.DISPATCH, stranger)])),
    HResult.DISP_E_TYPEMISMATCH,
  );
  assert.equal(await codeOf(late.call("Adopt", [5])), HResult.DISP_E_TYPEMISMATCH);
});
