import assert from "node:assert/strict";
import {
  ComError,
  HResult,
  IDispatch,
  type LateObject,
  VT,
  Variant,
  isSameObject,
  lateBound,
  named,
  parseGuid,
  put,
} from "comity";
import { DispId, DispatchFlag } from "comity/automation";
import { SuiteLate } from "../gen/suites.js";
import { fails } from "./assertions.js";
import { type Ground, type Suite, suite } from "./suite.js";

const IID_NULL = parseGuid("00000000-0000-0000-0000-000000000000");

function invoke(
  dispatch: IDispatch,
  dispId: number,
  flags: number,
  args: readonly Variant[] = [],
  namedIds: readonly number[] = [],
): Promise<{ readonly pVarResult: Variant }> {
  const params = {
    rgvarg: args.length === 0 ? null : [...args],
    rgdispidNamedArgs: namedIds.length === 0 ? null : new Int32Array(namedIds),
    cArgs: args.length,
    cNamedArgs: namedIds.length,
  };
  return Promise.resolve(dispatch.Invoke(dispId, IID_NULL, 0x409, flags, params, 0, new Uint32Array(0), []));
}

async function idsOf(dispatch: IDispatch, ...names: string[]): Promise<readonly number[]> {
  return [...(await dispatch.GetIDsOfNames(IID_NULL, names, names.length, 0x409))];
}

export const dispatchSuite: Suite = suite("IDispatch", {
  async "GetIDsOfNames knows members in any letter case, and their parameters"({ create }: Ground) {
    using dispatch = await create(SuiteLate, IDispatch);
    assert.deepEqual(await idsOf(dispatch, "Level"), [1]);
    assert.deepEqual(await idsOf(dispatch, "lEvEl"), [1]);
    assert.deepEqual(await idsOf(dispatch, "Join", "first", "LAST"), [2, 0, 2]);
    await fails(HResult.DISP_E_UNKNOWNNAME, () => idsOf(dispatch, "Nobody"));
    await fails(HResult.DISP_E_UNKNOWNNAME, () => idsOf(dispatch, "Join", "nobody"));
  },

  async "the names that are known come back beside the one that is not"({ create }: Ground) {
    using dispatch = await create(SuiteLate, IDispatch);
    try {
      await idsOf(dispatch, "Join", "nobody", "last");
      assert.fail("a name that is not there");
    } catch (error) {
      assert.ok(error instanceof ComError);
      const ids = error.outputs;
      if (ids !== undefined) assert.deepEqual(Array.from(ids as Int32Array), [2, DispId.UNKNOWN, 2]);
    }
  },

  async "properties are read and set by number"({ create }: Ground) {
    using dispatch = await create(SuiteLate, IDispatch);
    const { pVarResult } = await invoke(dispatch, 1, DispatchFlag.PROPERTYGET);
    assert.equal(pVarResult.vt, VT.R8);
    assert.equal(pVarResult.toJs(), 1.5);
    await invoke(dispatch, 1, DispatchFlag.PROPERTYPUT, [Variant.from("2.5")], [DispId.PROPERTYPUT]);
    assert.equal((await invoke(dispatch, 1, DispatchFlag.PROPERTYGET)).pVarResult.toJs(), 2.5, "converted");
  },

  async "arguments stand last first; named ones in front"({ create }: Ground) {
    using dispatch = await create(SuiteLate, IDispatch);
    const [b, a] = [Variant.from("b"), Variant.from("a")];
    const join = (args: readonly Variant[], ids: readonly number[] = []): Promise<unknown> =>
      invoke(dispatch, 2, DispatchFlag.METHOD, args, ids).then(({ pVarResult }) => pVarResult.toJs());
    assert.equal(await join([b, Variant.from("+"), a]), "a+b");
    assert.equal(await join([a]), "a", "the others are optional");
    assert.equal(await join([b, a], [2, 0]), "a-b", "the default value in between");
    assert.equal(await join([b, a], [2]), "a-b");
  },

  async "mistakes have codes of their own"({ create }: Ground) {
    using dispatch = await create(SuiteLate, IDispatch);
    const { METHOD, PROPERTYPUT } = DispatchFlag;
    const text = Variant.from("x");
    await fails(HResult.DISP_E_MEMBERNOTFOUND, () => invoke(dispatch, 99, METHOD));
    await fails(HResult.DISP_E_BADPARAMCOUNT, () => invoke(dispatch, 2, METHOD, [text, text, text, text]));
    await fails(HResult.DISP_E_TYPEMISMATCH, () =>
      invoke(dispatch, 1, PROPERTYPUT, [text], [DispId.PROPERTYPUT]),
    );
    await fails(HResult.DISP_E_PARAMNOTFOUND, () => invoke(dispatch, 2, METHOD, [text, text], [9]));
    await fails(HResult.DISP_E_UNKNOWNINTERFACE, () =>
      dispatch.Invoke(1, IDispatch.iid, 0x409, DispatchFlag.PROPERTYGET, noParams, 0, new Uint32Array(0), []),
    );
  },

  async "a failing member becomes DISP_E_EXCEPTION with all it says"({ create }: Ground) {
    using dispatch = await create(SuiteLate, IDispatch);
    try {
      await invoke(dispatch, 0, DispatchFlag.PROPERTYGET, [Variant.from(9)]);
      assert.fail("there is no word 9");
    } catch (error) {
      assert.ok(error instanceof ComError);
      assert.equal(error.code, HResult.DISP_E_EXCEPTION);
      const { pExcepInfo } = error.outputs as {
        readonly pExcepInfo: {
          readonly scode: number;
          readonly bstrSource: string;
          readonly bstrDescription: string;
          readonly bstrHelpFile: string;
          readonly dwHelpContext: number;
        };
      };
      assert.equal(pExcepInfo.scode >>> 0, 0x80040210);
      assert.equal(pExcepInfo.bstrSource, "Comity.Suite");
      assert.equal(pExcepInfo.bstrDescription, "there is no word 9");
      assert.equal(pExcepInfo.bstrHelpFile, "words.chm");
      assert.equal(pExcepInfo.dwHelpContext, 77);
    }
  },

  async "as a script has it"({ create }: Ground) {
    await using object: LateObject = lateBound(await create(SuiteLate, IDispatch));
    assert.equal(await object.Count, 3);
    assert.equal(await object(2), "beta");
    assert.equal(await object.Item(3), "gamma");
    await put(object.Level, 4);
    assert.equal(await object.level, 4);
    assert.equal(await object.Join("a", named({ last: "z" })), "a-z");
    const a = { value: 1 };
    const b = { value: 2 };
    await object.Swap(Variant.byRef(VT.I4, a), Variant.byRef(VT.I4, b));
    assert.deepEqual([a.value, b.value], [2, 1]);
    const words: unknown[] = [];
    for await (const word of object) words.push(word);
    assert.deepEqual(words, ["alpha", "beta", "gamma"]);
    assert.ok((await object.Self()) === object);
  },

  async "the vtable and Invoke lead to one object"({ create }: Ground) {
    using late = await create(SuiteLate);
    using dispatch = await late.QueryInterface(IDispatch);
    assert.ok(isSameObject(late, dispatch));
    await late.put_Level(8);
    assert.equal((await invoke(dispatch, 1, DispatchFlag.PROPERTYGET)).pVarResult.toJs(), 8);
    assert.deepEqual(await late.Swap(1, 2), { a: 2, b: 1 });
  },

  async "has a type: as many as it says"({ create }: Ground) {
    using dispatch = await create(SuiteLate, IDispatch);
    const count = await dispatch.GetTypeInfoCount();
    assert.ok(count === 0 || count === 1);
    if (count === 1) {
      using info = await dispatch.GetTypeInfo(0, 0x409);
      assert.ok(info !== null);
    }
    await fails(HResult.DISP_E_BADINDEX, () => dispatch.GetTypeInfo(count, 0x409));
  },
});

const noParams = { rgvarg: null, rgdispidNamedArgs: null, cArgs: 0, cNamedArgs: 0 };
