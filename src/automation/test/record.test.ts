import assert from "node:assert/strict";
import { test } from "node:test";
import { HResult } from "../../base/index.ts";
import {
  RecordValue,
  SafeArray,
  Variant,
  bstrFromVector,
  copyRecord,
  newRecord,
  recordField,
  vectorFromBstr,
  withRecordField,
} from "../index.ts";
import { VT } from "../vt.ts";
import { array, field, i32, interfacePointer, struct, unique } from "../../ndr/codegen/v1.ts";
import { type MarshalContext, ndr20 } from "../../ndr/index.ts";
import { BSTR } from "../../com/gen/wtypes.ts";
import { IDispatch, LPSAFEARRAY, VARIANT } from "../gen/oaidl.ts";
import { defineRecord } from "../record/info.ts";
import { Reading } from "./arbitrary.ts";
import { decode, encode, exchange, syntaxes, travel } from "./support.ts";
import { hasCode } from "./typelib-support.ts";

const TYPE_E_FIELDNOTFOUND = 0x80028017;

function limitsOf({ fields }: RecordValue): Int32Array {
  return (fields ?? {})["limits"] as Int32Array;
}

test("a new record holds zeros, and travels", () => {
  const made = newRecord(Reading, { channel: 3 });
  const { fields } = made;
  assert.deepEqual(Object.keys(fields ?? {}), Reading.fieldNames);
  assert.deepEqual(
    [fields?.["channel"], fields?.["value"], fields?.["name"], fields?.["note"]],
    [3, 0, null, Variant.empty],
  );
  assert.deepEqual(Array.from(limitsOf(made)), [0, 0, 0]);
  for (const syntax of syntaxes) assert.deepEqual(travel(new Variant(VT.RECORD, made), syntax).value, made);
  assert.throws(() => newRecord(Reading, { other: 1 }), hasCode(TYPE_E_FIELDNOTFOUND));
});

test("fields as VARIANTs of their types, read and replaced", () => {
  let record = newRecord(Reading);
  record = withRecordField(record, "CHANNEL", Variant.from("7"));
  record = withRecordField(record, "value", Variant.from(2));
  record = withRecordField(record, "name", Variant.from(1.5));
  record = withRecordField(record, "note", Variant.from(true));
  record = withRecordField(record, "limits", Variant.from(Int32Array.of(1, 2, 3)));
  assert.deepEqual(recordField(record, "Channel"), new Variant(VT.UI1, 7));
  assert.deepEqual(recordField(record, "value"), new Variant(VT.R8, 2));
  assert.deepEqual(recordField(record, "name"), new Variant(VT.BSTR, "1.5"));
  assert.deepEqual(recordField(record, "note"), Variant.from(true));
  assert.deepEqual(recordField(record, "limits").toJs(), Int32Array.of(1, 2, 3));
  assert.throws(() => recordField(record, "nothing"), hasCode(TYPE_E_FIELDNOTFOUND));
  assert.throws(
    () => withRecordField(record, "channel", Variant.from(300)),
    hasCode(HResult.DISP_E_OVERFLOW),
  );
  assert.throws(
    () => withRecordField(record, "limits", Variant.from("x")),
    hasCode(HResult.DISP_E_TYPEMISMATCH),
  );
});

test("a copy shares nothing", () => {
  const first = newRecord(Reading, { limits: Int32Array.of(1, 2, 3) });
  const second = copyRecord(first);
  assert.deepEqual(second, first);
  limitsOf(second)[0] = 9;
  assert.equal(limitsOf(first)[0], 1);
  const unknown = new RecordValue(Reading, null, new Uint8Array([4, 0, 0, 0]));
  assert.deepEqual(copyRecord(unknown).raw, unknown.raw);
});

test("arrays: copied, resized in their last dimension, made of text", () => {
  const grid = SafeArray.of(VT.I2, [
    [1, 2],
    [3, 4],
  ]);
  const wider = grid.resized({ lower: 0, count: 3 });
  assert.deepEqual(Variant.from(wider).toJs(), [
    [1, 2, 0],
    [3, 4, 0],
  ]);
  assert.deepEqual(Variant.from(wider.resized({ lower: 5, count: 1 })).toJs(), [[1], [3]]);
  const copy = grid.copy();
  copy.put([0, 0], 9);
  assert.deepEqual([grid.at(0, 0), copy.at(0, 0), grid.elementSize], [1, 9, 2]);
  assert.throws(() => grid.resized({ lower: 0, count: -1 }), hasCode(HResult.DISP_E_BADINDEX));
  assert.throws(() => grid.resized({ lower: 0, count: 0xffffffff }), hasCode(HResult.E_OUTOFMEMORY));
  assert.deepEqual([...vectorFromBstr("aé").data], [0x61, 0, 0xe9, 0]);
  for (const text of ["", "a\0é", new Uint8Array([1, 2, 3])])
    assert.deepEqual(bstrFromVector(vectorFromBstr(text)), text);
  assert.throws(() => bstrFromVector(grid), hasCode(HResult.DISP_E_TYPEMISMATCH));
});

const IID_IUnknown = "00000000-0000-0000-c000-000000000046";

/** A record that holds objects in every way there is. */
const Sender = defineRecord({
  guid: "7a1c3d10-0d52-4f6c-9a33-5b0d8c2e0011",
  libid: "7a1c3d10-0d52-4f6c-9a33-5b0d8c2e0002",
  type: struct("Sender", () => [
    field("name", BSTR),
    field("source", interfacePointer("IUnknown", IID_IUnknown)),
    field("sink", interfacePointer("IDispatch", IDispatch.iid)),
    field("note", VARIANT),
    field("all", LPSAFEARRAY),
    field("pair", array(interfacePointer("IUnknown", IID_IUnknown), { fixed: 2 })),
    field("count", unique(i32)),
  ]),
});

function sender(id: number): Record<string, unknown> {
  return {
    name: `sender ${id}`,
    source: { id },
    sink: { id: id + 1 },
    note: new Variant(VT.DISPATCH, { id: id + 2 }),
    all: new SafeArray(VT.UNKNOWN, [{ id: id + 3 }, null]),
    pair: [{ id: id + 4 }, null],
    count: id,
  };
}

test("objects in a record travel: as fields, in VARIANTs and arrays of it, in arrays of records", () => {
  const one = new RecordValue(Sender, sender(10));
  const many = new SafeArray(VT.RECORD, [sender(20), sender(30)], undefined, { record: Sender });
  const within = new RecordValue(Sender, { ...sender(40), note: new Variant(VT.RECORD, one) });
  for (const syntax of syntaxes) {
    assert.deepEqual(travel(new Variant(VT.RECORD, one), syntax).value, one);
    assert.deepEqual(travel(new Variant(VT.RECORD | VT.BYREF, one), syntax).value, one);
    assert.deepEqual(travel(new Variant(VT.ARRAY | VT.RECORD, many), syntax).value, many);
    assert.deepEqual(travel(new Variant(VT.RECORD, within), syntax).value, within);
    const context = exchange();
    const bytes = encode(LPSAFEARRAY, many, syntax, context);
    assert.deepEqual(decode(LPSAFEARRAY, bytes, syntax, context), many);
    // Each pointer is marshaled once, so that each reference is released once.
    assert.equal(context.iids.filter((iid) => iid === IDispatch.iid).length, 4);
  }
});

test("objects in a record need who marshals them, and one that is cut off is no record", () => {
  const value = new Variant(VT.RECORD, new RecordValue(Sender, sender(1)));
  const nobody: MarshalContext = {
    ...exchange(),
    unmarshalInterface: (iid) => {
      throw new Error(`nobody unmarshals ${iid}`);
    },
  };
  const context = exchange();
  const bytes = encode(VARIANT, value, ndr20, context);
  assert.throws(() => decode(VARIANT, bytes, ndr20, nobody), /nobody unmarshals/);
  for (let length = 0; length < bytes.length; length++)
    assert.throws(() => decode(VARIANT, bytes.slice(0, length), ndr20, context));
});
