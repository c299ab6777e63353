import assert from "node:assert/strict";
import { test } from "node:test";
import { type ComError, GUID_NULL, HResult } from "../../base/index.ts";
import { BSTR } from "../../com/gen/wtypes.ts";
import { f64, hresult, i32 } from "../../ndr/codegen/v1.ts";
import {
  type InterfaceDescriptor,
  type NdrType,
  type ParamDescriptor,
  defineInterface,
} from "../../ndr/index.ts";
import { DispatchStub, type InvokeResult } from "../dispatch-server.ts";
import { LPSAFEARRAY, VARIANT } from "../gen/oaidl.ts";
import { DispatchFlag } from "../member.ts";
import type { SafeArray } from "../safearray.ts";
import { Variant } from "../variant.ts";
import { VT } from "../vt.ts";

const input = (name: string, type: NdrType): ParamDescriptor => ({ name, type, in: true, out: false });
const retval = (type: NdrType): ParamDescriptor => ({
  name: "result",
  type: { kind: "pointer", pointer: "ref", to: type },
  in: false,
  out: true,
  retval: true,
});

/** Every form of call by its DISPPARAMS. */
const IForms: InterfaceDescriptor = defineInterface({
  name: "IForms",
  iid: "11111111-2222-3333-4444-777777777777",
  dual: true,
  methods: () => [
    {
      name: "Sum",
      opnum: 7,
      dispId: 1,
      vararg: true,
      returns: hresult,
      params: [input("rest", LPSAFEARRAY), retval(f64)],
    },
    {
      name: "Options",
      opnum: 8,
      dispId: 2,
      returns: hresult,
      params: [
        input("a", i32),
        { ...input("b", VARIANT), optional: true },
        { ...input("c", i32), optional: true, defaultValue: 7 },
        { ...input("d", BSTR), optional: true },
        { ...input("lcid", i32), lcid: true },
        retval(BSTR),
      ],
    },
    {
      name: "put_Part",
      opnum: 9,
      dispId: 4,
      invoke: "put",
      returns: hresult,
      params: [
        input("i", i32),
        { ...input("j", i32), optional: true, defaultValue: 1 },
        input("value", VARIANT),
      ],
    },
    {
      name: "putref_Part",
      opnum: 10,
      dispId: 4,
      invoke: "putref",
      returns: hresult,
      params: [
        input("i", i32),
        { ...input("j", i32), optional: true, defaultValue: 1 },
        input("value", { kind: "interface", iid: "00020400-0000-0000-c000-000000000046" }),
      ],
    },
  ],
});

class Forms {
  static readonly interfaces = [IForms];
  log = "";
  Sum(rest: SafeArray): number {
    let sum = 0;
    for (const one of rest.data as Variant[]) {
      sum += Number(one.toJs());
      if (one.vt & VT.BYREF) (one.value as { value: unknown }).value = 99;
    }
    return sum;
  }
  Options(a: number, b: Variant, c: number, d: string, lcid: number): string {
    return [a, b.isMissing ? "missing" : b.toJs(), c, d, lcid.toString(16)].map(String).join("|");
  }
  put_Part(i: number, j: number, value: Variant): void {
    this.log = `put ${i} ${j} ${String(value.toJs())}`;
  }
  putref_Part(i: number, j: number, value: unknown): void {
    this.log = `putref ${i} ${j} ${String(value)}`;
  }
}

test("arguments by place, by name, left out and left over, as DISPPARAMS has them", async () => {
  const forms = new Forms();
  const stub = new DispatchStub(forms, IForms);
  const { METHOD, PROPERTYPUT, PROPERTYPUTREF } = DispatchFlag;
  /** The result, or the code and the argument it is told of. */
  const call = async (
    dispId: number,
    flags: number,
    rgvarg: readonly Variant[],
    named: readonly number[] = [],
  ): Promise<unknown> => {
    forms.log = "";
    const params = { rgvarg, rgdispidNamedArgs: named, cArgs: rgvarg.length, cNamedArgs: named.length };
    const places = rgvarg.flatMap((one, i) => (one.vt & VT.BYREF ? [i] : []));
    const references = rgvarg.filter((one) => one.vt & VT.BYREF);
    try {
      const { pVarResult } = await stub.Invoke(
        dispId,
        GUID_NULL,
        0x407,
        flags,
        params,
        places.length,
        places,
        references,
      );
      return forms.log === "" ? pVarResult.toJs() : forms.log;
    } catch (error) {
      const { code, outputs } = error as ComError;
      return [code, (outputs as InvokeResult | undefined)?.pArgErr];
    }
  };
  const int = (value: number): Variant => new Variant(VT.I4, value);
  const text = (value: string): Variant => new Variant(VT.BSTR, value);
  const reference = { value: 4 };
  assert.equal(await call(1, METHOD, [Variant.byRef(VT.I4, reference), int(1)]), 5);
  assert.equal(reference.value, 99, "what is left over is by reference where it came so");
  assert.deepEqual(await call(1, METHOD, [int(3)], [0]), [HResult.DISP_E_NONAMEDARGS, 0]);
  assert.equal(await call(2, METHOD, [int(1)]), "1|missing|7||407");
  assert.equal(await call(2, METHOD, [text("d"), int(5), int(1)], [3, 2]), "1|missing|5|d|407");
  assert.equal(await call(2, METHOD, [text("d"), int(5), text("b"), int(1)], [3, 2, 1, 0]), "1|b|5|d|407");
  assert.equal(
    await call(2, METHOD, [text("d"), Variant.missing, Variant.missing, int(1)]),
    "1|missing|7|d|407",
  );
  assert.deepEqual(await call(2, METHOD, [text("b"), Variant.missing]), [HResult.DISP_E_PARAMNOTOPTIONAL, 1]);
  assert.deepEqual(await call(2, METHOD, [text("zz"), Variant.missing, int(1)]), [
    HResult.DISP_E_TYPEMISMATCH,
    0,
  ]);
  assert.deepEqual(await call(2, METHOD, [text("99999999999")]), [HResult.DISP_E_OVERFLOW, 0]);
  assert.deepEqual(await call(2, METHOD, [int(5), int(1)], [9]), [HResult.DISP_E_PARAMNOTFOUND, 0]);
  assert.deepEqual(await call(2, METHOD, [int(5), int(6), int(1)], [2, 2]), [
    HResult.DISP_E_BADPARAMCOUNT,
    1,
  ]);
  assert.deepEqual(await call(2, METHOD, [1, 2, 3, 4, 5].map(int)), [HResult.DISP_E_BADPARAMCOUNT, 0]);
  assert.equal(await call(4, PROPERTYPUT, [text("v"), int(3)], [-3]), "put 3 1 v");
  assert.equal(await call(4, PROPERTYPUT, [text("v"), int(9), int(3)], [-3, 1]), "put 3 9 v");
  assert.equal(await call(4, PROPERTYPUT, [text("v"), int(3)]), "put 3 1 v");
  const both = PROPERTYPUT | PROPERTYPUTREF;
  assert.equal(await call(4, both, [text("v"), int(3)], [-3]), "put 3 1 v", "a value");
  assert.equal(await call(4, both, [new Variant(VT.DISPATCH, null), int(3)], [-3]), "putref 3 1 null");
});
