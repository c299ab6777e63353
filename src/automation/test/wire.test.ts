import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ByteReader, HResult, guid } from "../../base/index.ts";
import { array, field, struct, u32, unique } from "../../ndr/codegen/v1.ts";
import { type NdrType, type Syntax, codecFor, ndr20 } from "../../ndr/index.ts";
import { LPSAFEARRAY, VARIANT } from "../gen/oaidl.ts";
import { RecordInfo } from "../record/info.ts";
import { RecordValue } from "../record/value.ts";
import { SafeArray } from "../safearray.ts";
import { Variant } from "../variant.ts";
import { VT, vtName } from "../vt.ts";
import { Reading, variants } from "./arbitrary.ts";
import { code, decode, encode, exchange, syntaxes, travel } from "./support.ts";

test("any VARIANT survives the round trip in NDR 2.0 and NDR64, and is the same bytes again", () => {
  for (const syntax of syntaxes) {
    fc.assert(
      fc.property(variants, (variant) => {
        const context = exchange();
        const bytes = encode(VARIANT, variant, syntax, context);
        const back = decode(VARIANT, bytes, syntax, context) as Variant;
        assert.deepEqual(back, variant);
        assert.deepEqual(encode(VARIANT, back, syntax), bytes);
        // The size in quadwords stands behind the referent and its padding.
        const view = new DataView(bytes.buffer);
        assert.equal(view.getUint32(8, true), Math.ceil((bytes.length - 8) / 8));
      }),
      { numRuns: 300 },
    );
  }
});

test("every type travels, by value, by reference and in arrays; what must not is refused", () => {
  const values: Readonly<Record<number, unknown>> = {
    [VT.I8]: 1n,
    [VT.UI8]: 1n,
    [VT.CY]: 1n,
    [VT.BSTR]: "x",
    [VT.BOOL]: true,
    [VT.DECIMAL]: { negative: true, scale: 2, value: 123n },
    [VT.UNKNOWN]: null,
    [VT.DISPATCH]: null,
  };
  for (const syntax of syntaxes) {
    for (let vt = VT.I2 as number; vt <= VT.RECORD; vt++) {
      const value = vt in values ? values[vt] : vt === VT.VARIANT ? new Variant(VT.I4, 3) : 1;
      const legal = vt <= VT.UINT && vt !== 15 && vt !== VT.VARIANT;
      if (vt === VT.RECORD) continue;
      assert.equal(
        code(() => travel(new Variant(vt, value), syntax)),
        legal ? 0 : HResult.DISP_E_BADVARTYPE,
        vtName(vt),
      );
      const byRef = legal || vt === VT.VARIANT;
      assert.equal(
        code(() => travel(Variant.byRef(vt, { value }), syntax)),
        byRef ? 0 : HResult.DISP_E_BADVARTYPE,
        vtName(vt),
      );
      if (!byRef) continue;
      const array = new SafeArray(vt, [value, value]);
      const refused = vt === VT.DECIMAL ? HResult.DISP_E_BADVARTYPE : 0;
      assert.equal(
        code(() => travel(new Variant(VT.ARRAY | vt, array), syntax)),
        refused,
        vtName(vt),
      );
    }
    assert.equal(
      code(() => travel(new Variant(VT.VOID, 0), syntax)),
      HResult.DISP_E_BADVARTYPE,
    );
    assert.equal(
      code(() => travel(new Variant(VT.HRESULT, 0), syntax)),
      HResult.DISP_E_BADVARTYPE,
    );
    assert.equal(
      code(() => travel(new Variant(VT.BYREF | VT.NULL, { value: null }), syntax)),
      HResult.DISP_E_BADVARTYPE,
    );
  }
});

test("a BSTR keeps NULs, odd lengths and lone surrogates; null is not empty", () => {
  for (const syntax of syntaxes) {
    for (const value of [null, "", "a\0b\0", "\ud800x", new Uint8Array([1]), new Uint8Array([1, 0, 2])]) {
      assert.deepEqual(travel(new Variant(VT.BSTR, value), syntax).value, value);
    }
    // An even number of bytes is text.
    assert.equal(travel(new Variant(VT.BSTR, new Uint8Array([65, 0])), syntax).value, "A");
  }
});

test("arrays of pointers say their IID, as Windows sends them", () => {
  const iid = guid("01234567-89ab-cdef-0123-456789abcdef");
  for (const syntax of syntaxes) {
    const context = exchange();
    const array = new SafeArray(VT.UNKNOWN, [{ a: 1 }, null, { b: 2 }], [{ lower: 5, count: 3 }], { iid });
    const back = decode(
      LPSAFEARRAY,
      encode(LPSAFEARRAY, array, syntax, context),
      syntax,
      context,
    ) as SafeArray;
    assert.deepEqual(back, array);
    assert.deepEqual(context.iids, [iid, iid]);
    const empty = new SafeArray(VT.DISPATCH, []);
    assert.deepEqual(decode(LPSAFEARRAY, encode(LPSAFEARRAY, empty, syntax), syntax), empty);
  }
});

test("a record of a type that is not known here is passed on untouched, and an array of them is refused", () => {
  const stranger = new RecordInfo(
    {
      guid: guid("00000000-1111-2222-3333-444444444444"),
      libid: guid("00000000-1111-2222-3333-555555555555"),
      version: [1, 2],
      lcid: 7,
    },
    undefined,
  );
  for (const syntax of syntaxes) {
    const raw = new Uint8Array([8, 0, 0, 0, 1, 2, 3, 4]);
    const back = travel(new Variant(VT.RECORD, new RecordValue(stranger, null, raw)), syntax)
      .value as RecordValue;
    assert.deepEqual(back.raw, raw);
    assert.deepEqual(back.info.identity, stranger.identity);
    assert.equal(
      code(() => back.info.fieldNames),
      0x8002801d,
    );
    const array = new SafeArray(VT.RECORD, [], [{ lower: 0, count: 0 }], { record: stranger });
    assert.equal(
      code(() => travel(new Variant(VT.ARRAY | VT.RECORD, array), syntax)),
      0,
    );
  }
  assert.deepEqual(Reading.fieldNames, ["channel", "value", "name", "note", "limits"]);
});

test("what an array is when it does not say it, the VARIANT around it says", () => {
  const bytes = encode(VARIANT, new Variant(VT.ARRAY | VT.I4, new SafeArray(VT.I4, [-1, 2])), ndr20);
  // fFeatures and cLocks of the SAFEARRAY, behind the VARIANT's head, union and two referents.
  const at = findFeatures(bytes);
  const view = new DataView(bytes.buffer);
  view.setUint16(at, 0, true);
  view.setUint32(at + 6, 0, true);
  assert.deepEqual(
    (decode(VARIANT, bytes, ndr20) as Variant).value,
    new SafeArray(VT.I4, new Int32Array([-1, 2])),
  );
  view.setUint16(16, VT.ARRAY | VT.UI4, true);
  assert.deepEqual(
    (decode(VARIANT, bytes, ndr20) as Variant).value,
    new SafeArray(VT.UI4, new Uint32Array([0xffffffff, 2])),
  );
  view.setUint16(16, VT.ARRAY | VT.R8, true);
  assert.equal(
    code(() => decode(VARIANT, bytes, ndr20)),
    HResult.RPC_X_BAD_STUB_DATA,
  );
});

/** The fFeatures of the first array of 32-bit numbers. */
function findFeatures(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer);
  for (let at = 0; at + 10 < bytes.length; at += 2) {
    if (view.getUint16(at, true) === 0x80 && view.getUint32(at + 2, true) === 4) return at;
  }
  throw new Error("no array was found");
}

test("hostile VARIANTs end in a clear error: nesting, counts, bounds, scales, types", () => {
  for (const syntax of syntaxes) {
    let deep = new Variant(VT.I4, 1);
    for (let i = 0; i < 100; i++) deep = Variant.byRef(VT.VARIANT, { value: deep });
    const limit = code(() => travel(deep, syntax));
    assert.ok(limit === HResult.RPC_X_BAD_STUB_DATA || limit === 0);
    for (let i = 0; i < 200; i++) deep = Variant.byRef(VT.VARIANT, { value: deep });
    assert.equal(
      code(() => travel(deep, syntax)),
      HResult.RPC_X_BAD_STUB_DATA,
    );
    const decimal = { negative: false, scale: 28, value: 7n };
    const bytes = encode(VARIANT, new Variant(VT.DECIMAL, decimal), syntax);
    const scale = bytes.indexOf(28);
    bytes[scale] = 29;
    assert.equal(
      code(() => decode(VARIANT, bytes, syntax)),
      HResult.RPC_X_BAD_STUB_DATA,
    );
  }
  assert.equal(
    code(() =>
      encode(VARIANT, new Variant(VT.DECIMAL, { negative: false, scale: 3, value: 2n ** 96n }), ndr20),
    ),
    HResult.E_INVALIDARG,
  );
});

test("hostile arrays: bounds that multiply to anything but the data, and any mutilated bytes, do no harm", () => {
  for (const syntax of syntaxes) hostileArrays(syntax);
});

function hostileArrays(syntax: Syntax): void {
  const array = new SafeArray(
    VT.I2,
    [1, 2, 3, 4, 5, 6],
    [
      { lower: 7, count: 2 },
      { lower: 9, count: 3 },
    ],
  );
  const good = encode(LPSAFEARRAY, array, syntax);
  const bounds = good.findLastIndex(
    (_, i) => i % 4 === 0 && good[i] === 9 && good[i + 1] === 0 && good[i - 4] === 3,
  );
  for (const count of [0, 2, 4, 0x7fffffff, 0xffffffff]) {
    const bad = good.slice();
    new DataView(bad.buffer).setUint32(bounds - 4, count, true);
    assert.equal(
      code(() => decode(LPSAFEARRAY, bad, syntax)),
      HResult.RPC_X_BAD_STUB_DATA,
      `${count}`,
    );
  }
  const started = performance.now();
  fc.assert(
    fc.property(variants, fc.nat(), fc.nat({ max: 255 }), fc.nat({ max: 40 }), (variant, at, byte, cut) => {
      const context = exchange();
      const bytes = encode(VARIANT, variant, syntax, context);
      bytes[at % bytes.length] = byte;
      const mutilated = bytes.subarray(0, bytes.length - (cut % 4 === 0 ? cut : 0));
      try {
        (decode(VARIANT, mutilated.slice(), syntax, context) as Variant).toJs();
      } catch (error) {
        assert.ok(error instanceof Error);
        assert.ok(!(error instanceof RangeError), error.stack);
      }
    }),
    { numRuns: 300 },
  );
  assert.ok(performance.now() - started < 20_000);
}

test("arrays of sixty dimensions, of bounds below zero and up to the last one, and of no elements travel", () => {
  const bounds = Array.from({ length: 60 }, (_, i) => ({ lower: i - 30, count: i === 7 ? 2 : 1 }));
  const arrays = [
    new SafeArray(VT.I4, Int32Array.of(7, 8), bounds),
    new SafeArray(
      VT.BSTR,
      [],
      [
        { lower: -5, count: 0 },
        { lower: 2, count: 3 },
      ],
    ),
    new SafeArray(VT.UI1, new Uint8Array(3), [{ lower: 0x7ffffffd, count: 3 }]),
    ...[VT.UNKNOWN, VT.DISPATCH, VT.VARIANT, VT.I8, VT.CY, VT.DATE].map((vt) =>
      SafeArray.create(vt, [{ lower: 3, count: 0 }]),
    ),
    SafeArray.create(VT.RECORD, [{ lower: -1, count: 0 }], { record: Reading }),
  ];
  for (const syntax of syntaxes) {
    for (const array of arrays) {
      const sent = new Variant(VT.ARRAY | array.vt, array);
      assert.deepEqual(travel(sent, syntax), sent);
      const reference = Variant.byRef(VT.ARRAY | array.vt, { value: array });
      assert.deepEqual(travel(reference, syntax), reference);
    }
  }
});

test("an array with no elements and huge bounds becomes nothing, not memory", () => {
  const array = new SafeArray(VT.I4, new Int32Array(0), [
    { lower: 0, count: 0xffffffff },
    { lower: 0, count: 0 },
  ]);
  for (const syntax of syntaxes)
    assert.deepEqual(travel(new Variant(VT.ARRAY | VT.I4, array), syntax).toJs(), []);
});

test("in a big-endian message VARIANTs are little-endian all the same", () => {
  for (const syntax of syntaxes) {
    fc.assert(
      fc.property(variants, (variant) => {
        const context = exchange();
        const bytes = encode(VARIANT, variant, syntax, context);
        const reader = new ByteReader(bytes, 0, bytes.length, false);
        assert.deepEqual(codecFor(VARIANT, syntax).decode(reader, context), variant);
        assert.equal(reader.remaining, 0);
      }),
      { numRuns: 100 },
    );
  }
  // Counts and referents around them are in the message's order: arguments as DISPPARAMS has them.
  const little = encode(arguments_, { values: [new Variant(VT.I4, 1), Variant.from("x")], count: 2 }, ndr20);
  const big = little.slice();
  for (const at of [0, 4, 8, 12, 16])
    new DataView(big.buffer).setUint32(at, new DataView(little.buffer).getUint32(at, true), false);
  const reader = new ByteReader(big, 0, big.length, false);
  assert.deepEqual(codecFor(arguments_, ndr20).decode(reader, exchange()), {
    values: [new Variant(VT.I4, 1), Variant.from("x")],
    count: 2,
  });
});

const arguments_: NdrType = struct("Arguments", () => [
  field("values", unique(array(VARIANT, { size: "count" }))),
  field("count", u32),
]);
