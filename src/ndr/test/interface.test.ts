import assert from "node:assert/strict";
import { test } from "node:test";
import { HResult, newGuid } from "../../base/index.ts";
import {
  type InterfaceDefinition,
  allMethods,
  defineInterface,
  knownInterface,
  syncInterfaceOf,
} from "../index.ts";

const i32 = { kind: "base", name: "i32" } as const;
const hresult = { kind: "base", name: "hresult" } as const;

function definition(
  iid: string,
  over: { name?: string; out?: boolean; more?: boolean } = {},
): InterfaceDefinition {
  const { name = "Get", out = true, more = false } = over;
  const method = { name, opnum: 3, params: [{ name: "value", type: i32, in: !out, out }], returns: hresult };
  const second = { name: "More", opnum: 4, params: [], returns: hresult };
  return { name: "IThing", iid, methods: () => (more ? [method, second] : [method]) };
}

test("an IID defined twice with one contract is one interface", () => {
  const iid = newGuid();
  const first = defineInterface(definition(iid));
  const second = defineInterface(definition(iid.toUpperCase()));
  assert.equal(allMethods(second).length, 1);
  assert.equal(knownInterface(iid), first);
});

test("an IID defined twice with two contracts is said so, when the second one is used", () => {
  for (const [over, what] of [
    [{ name: "Put" }, /method 3 \(Get and Put\)/],
    [{ out: false }, /method Get/],
    [{ more: true }, /number of methods \(1 and 2\)/],
  ] as const) {
    const iid = newGuid();
    defineInterface(definition(iid));
    const second = defineInterface(definition(iid, over));
    assert.throws(
      () => second.methods,
      (error: unknown) => {
        assert.equal((error as { code: number }).code, HResult.E_UNEXPECTED);
        assert.match((error as Error).message, what);
        return true;
      },
    );
  }
});

test("an interface is found by the IID of its asynchronous twin", () => {
  const asyncIid = newGuid();
  const made = defineInterface({ ...definition(newGuid()), asyncIid });
  assert.equal(syncInterfaceOf(asyncIid), made);
  assert.equal(syncInterfaceOf(newGuid()), undefined);
});
