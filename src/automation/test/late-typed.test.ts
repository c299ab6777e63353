import assert from "node:assert/strict";
import { test } from "node:test";
import { implement, pointerTo } from "../../com/index.ts";
import { LateBound } from "../dispatch-client.ts";
import { DispatchStub } from "../dispatch-server.ts";
import { IDispatch } from "../gen/oaidl.ts";
import { dispatchAs } from "../late/typed.ts";
import { automationProviders } from "../dispatch-provider.ts";
import { SafeArray } from "../safearray.ts";
import { Variant } from "../variant.ts";
import { VT } from "../vt.ts";
import { IShape2, ShapeEvents } from "./gen/typelib-sample.ts";
import { hostWith } from "./host.ts";
import { hasCode } from "./typelib-support.ts";

test("a dispinterface is called by its DISPIDs, with its types", async () => {
  let who = "nobody";
  const source = {
    moved: [] as number[],
    count: 5,
    Moved(dx: number, dy: number): void {
      this.moved = [dx, dy];
    },
    Asks: (answer: number) => ({ returnValue: answer > 1, answer: answer * 2 }),
    get_Count(): number {
      return this.count;
    },
    put_Count(value: number): void {
      this.count = value;
    },
    get_Who: () => who,
  };
  const events = dispatchAs(new DispatchStub(source, ShapeEvents), ShapeEvents);
  await events.Moved(1.5, 2);
  assert.deepEqual(source.moved, [1.5, 2]);
  assert.deepEqual(await events.Asks(21), { returnValue: true, answer: 42 });
  await events.put_Count(7);
  assert.equal(await events.get_Count(), 7);
  who = "somebody";
  assert.equal(await events.get_Who(), "somebody");
  // @ts-expect-error: it takes numbers, not text; what cannot become one is refused by the other side too.
  await assert.rejects(events.Moved("far", 2) as Promise<void>, hasCode(0x80020005));
});

test("the dispatch side of a dual interface gives what the vtable gives", async () => {
  const shape = {
    get_Name: () => "circle",
    Move: (dx: number, dy: number, note: Variant) => note.isMissing && dx === 1.5 && dy === 2,
    Data: (numbers: SafeArray, names: SafeArray, price: { int64: bigint }, when: number, big: bigint) => ({
      names: new SafeArray(VT.BSTR, [...(names.data as string[]), String(numbers.data.length)]),
      result: new Variant(VT.BSTR, `${price.int64} ${when} ${big}`),
    }),
  };
  implement(shape, IShape2);
  using pointer = pointerTo(shape, IDispatch, hostWith(automationProviders()));
  const typed = dispatchAs(pointer, IShape2);
  assert.equal(await typed.get_Name(), "circle");
  assert.equal(await typed.Move(1.5), true);
  const { names, result } = await typed.Data(
    SafeArray.of(VT.I4, [1, 2, 3]),
    new SafeArray(VT.BSTR, ["a"]),
    { int64: -5n },
    1.25,
    9n,
  );
  assert.deepEqual(names?.data, ["a", "3"]);
  assert.equal(result.value, "-5 1.25 9");
  assert.equal(await new LateBound(pointer).get("Name"), "circle");
});
