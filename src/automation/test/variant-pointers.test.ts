import assert from "node:assert/strict";
import { test } from "node:test";
import { IUnknown, type Implements, implement, isPointer, isSameObject, pointerTo } from "../../com/index.ts";
import { field, interfacePointer, struct } from "../../ndr/codegen/v1.ts";
import { type Awaitable, type Interface, defineInterface } from "../../ndr/index.ts";
import { IDispatch, VARIANT } from "../gen/oaidl.ts";
import { defineRecord } from "../record/info.ts";
import { RecordValue } from "../record/value.ts";
import { SafeArray } from "../safearray.ts";
import { Variant } from "../variant.ts";
import { VT } from "../vt.ts";

/** Keeps what it is given in VARIANTs. */
interface IBox extends IUnknown {
  Put(value: Variant): Awaitable<void>;
  Get(): Awaitable<Variant>;
}
const IBox: Interface<IBox> = defineInterface<IBox>({
  name: "IBox",
  iid: "6d0a2a10-96c8-4c2e-9b0f-0c5a2c6a3b01",
  base: () => IUnknown,
  methods: () => [
    {
      name: "Put",
      opnum: 3,
      params: [{ name: "value", type: VARIANT, in: true, out: false }],
      returns: { kind: "base", name: "hresult" },
    },
    {
      name: "Get",
      opnum: 4,
      params: [{ name: "value", type: VARIANT, in: false, out: true, retval: true }],
      returns: { kind: "base", name: "hresult" },
    },
  ],
});

class Thing {
  ended = 0;
  finalRelease(): void {
    this.ended++;
  }
}
implement(Thing, IBox);

class Box implements Implements<IBox> {
  static readonly interfaces: readonly unknown[] = [IBox];
  got: Variant = Variant.empty;
  give: Variant = Variant.empty;
  Put(value: Variant): void {
    this.got = value;
  }
  Get(): Variant {
    return this.give;
  }
}

test("an object in a VARIANT of a direct call arrives as a pointer that ends with the call", () => {
  const box = new Box();
  using pointer = pointerTo(box, IBox);
  const thing = new Thing();
  void pointer.Put(new Variant(VT.UNKNOWN, thing));
  const { value } = box.got;
  assert.ok(isPointer(value));
  assert.throws(() => value.AddRef(), /released/);
  assert.equal(thing.ended, 1);
  const array = new SafeArray(VT.VARIANT, [new Variant(VT.UNKNOWN, new Thing()), new Variant(VT.I4, 7)]);
  const sent = new Variant(VT.ARRAY | VT.VARIANT, array);
  void pointer.Put(sent);
  const [first, second] = (box.got.value as SafeArray).data as Variant[];
  assert.ok(isPointer(first?.value));
  assert.equal(second?.value, 7);
  assert.ok((array.data[0] as Variant).value instanceof Thing, "what was given is not changed");
  const plain = new Variant(VT.BSTR, "text");
  void pointer.Put(plain);
  assert.equal(box.got, plain);
});

test("a pointer in a VARIANT that a direct call answers is the caller's own", () => {
  const box = new Box();
  using pointer = pointerTo(box, IBox);
  const thing = new Thing();
  box.give = new Variant(VT.UNKNOWN, thing);
  const made = (pointer.Get() as Variant).value as IUnknown;
  assert.ok(isPointer(made) && isSameObject(made, thing));
  made.Release();
  assert.equal(thing.ended, 1);
  const kept = pointerTo(new Box(), IBox);
  kept.AddRef();
  box.give = new Variant(VT.UNKNOWN, kept);
  const given = (pointer.Get() as Variant).value as IUnknown;
  assert.notEqual(given, kept);
  given.Release();
  kept.Release();
});

test("VT_DISPATCH takes an object as IDispatch, as from afar", () => {
  const box = new Box();
  using pointer = pointerTo(box, IBox);
  assert.throws(() => pointer.Put(new Variant(VT.DISPATCH, new Thing())), /no interface IDispatch/);
  assert.ok(IDispatch);
});

const Holder = defineRecord({
  guid: "7a1c3d10-0d52-4f6c-9a33-5b0d8c2e0021",
  libid: "7a1c3d10-0d52-4f6c-9a33-5b0d8c2e0002",
  type: struct("Holder", () => [
    field("held", interfacePointer("IUnknown", IUnknown.iid)),
    field("note", VARIANT),
  ]),
});

test("objects in a record of a direct call arrive as pointers too", () => {
  const box = new Box();
  using pointer = pointerTo(box, IBox);
  const [held, noted] = [new Thing(), new Thing()];
  const fields = { held, note: new Variant(VT.UNKNOWN, noted) };
  const sent = new RecordValue(Holder, fields);
  void pointer.Put(new Variant(VT.RECORD, sent));
  const got = (box.got.value as RecordValue).fields as typeof fields;
  assert.ok(isPointer(got.held) && isPointer(got.note.value));
  assert.deepEqual([held.ended, noted.ended], [1, 1]);
  assert.equal(sent.fields, fields, "what was given is not changed");
  const many = new SafeArray(VT.RECORD, [{ held: new Thing(), note: Variant.empty }], undefined, {
    record: Holder,
  });
  void pointer.Put(new Variant(VT.ARRAY | VT.RECORD, many));
  const [first] = (box.got.value as SafeArray).data as (typeof fields)[];
  assert.ok(isPointer(first?.held));
});
