import assert from "node:assert/strict";
import { test } from "node:test";
import { ComError, GUID_NULL, HResult } from "../../base/index.ts";
import { type InterfaceDescriptor, defineInterface } from "../../ndr/index.ts";
import { LateBound } from "../dispatch-client.ts";
import { DispatchStub } from "../dispatch-server.ts";
import { DispatchFlag } from "../member.ts";
import { Variant } from "../variant.ts";
import { VT } from "../vt.ts";

const i32 = { kind: "base", name: "i32" } as const;
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
const codeOf = async (promise: Promise<unknown>): Promise<number> =>
  promise.then(
    () => 0,
    (error: unknown) => ComError.from(error).code,
  );

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

test("an object without a type is driven by its own methods, accessors and fields", async () => {
  class Thing {
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
  assert.equal(await codeOf(thing.call("constructor")), HResult.DISP_E_UNKNOWNNAME);
  assert.equal(await codeOf(thing.set("Secret", 3)), HResult.DISP_E_MEMBERNOTFOUND);
});
