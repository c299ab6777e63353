import assert from "node:assert/strict";
import { test } from "node:test";
import { HResult } from "../../base/index.ts";
import { ndr20 } from "../../ndr/index.ts";
import { VARIANT } from "../gen/oaidl.ts";
import { SafeArray } from "../safearray.ts";
import { FADF, SF } from "../safearray-shapes.ts";
import { Variant } from "../variant.ts";
import { VT, vtName } from "../vt.ts";
import { code, decode, encode } from "./support.ts";

/* Arrays in VARIANTs against the tables of [MS-OAUT] 2.2.8 and 2.2.30.10, written out in 32-bit words of NDR 2.0. */

interface Described {
  readonly vt: number;
  readonly features: number;
  /** High word of cLocks. */
  readonly type?: number;
  readonly sf: number;
  readonly elements: readonly number[];
  readonly count?: number;
  /** Referent of the elements; 0 for none. */
  readonly referent?: number;
  readonly iid?: readonly number[];
}

const referent = 0x20000;

/** A VARIANT of the type with the one-dimensional array described. */
function bytesOf(it: Described): Uint8Array {
  const count = it.count ?? it.elements.length;
  const isWide = it.sf === SF.I8;
  const start = [referent, 0, 9, 0, VT.ARRAY | it.vt, 0, VT.ARRAY, referent, referent, 1];
  const locks = ((it.type ?? 0) << 16) | 3;
  const body = [(it.features << 16) | 1, 4, locks, it.sf, count, it.referent ?? referent];
  const elements = it.referent === 0 ? [] : [count, ...(isWide ? [0] : []), ...it.elements];
  const words = [...start, ...body, ...(it.iid ?? []), count, -7, ...elements];
  return new Uint8Array(new Int32Array(words).buffer);
}

function arrayIn(it: Described): SafeArray {
  return (decode(VARIANT, bytesOf(it), ndr20) as Variant).value as SafeArray;
}

const IID_IDispatch = [0x20400, 0, 0xc0, 0x46000000];

test("each kind of elements goes with the features and types that the specification allows, and with no others", () => {
  const kinds: readonly (readonly [sf: number, features: number, types: readonly number[]])[] = [
    [SF.I1, 0, [VT.I1, VT.UI1]],
    [SF.I2, 0, [VT.I2, VT.UI2, VT.BOOL]],
    [SF.I4, 0, [VT.ERROR, VT.I4, VT.UI4, VT.R4, VT.INT, VT.UINT]],
    [SF.I8, 0, [VT.I8, VT.UI8, VT.R8, VT.CY, VT.DATE]],
    [SF.BSTR, FADF.BSTR, [VT.BSTR]],
    [SF.VARIANT, FADF.VARIANT, [VT.VARIANT]],
    [SF.UNKNOWN, FADF.UNKNOWN, [VT.UNKNOWN]],
    [SF.DISPATCH, FADF.DISPATCH, [VT.DISPATCH]],
  ];
  const all = kinds.flatMap(([, , types]) => types);
  // One word of padding stands where eight bytes would begin.
  const nothing = { elements: [], count: 0 };
  for (const [sf, features, types] of kinds) {
    for (const type of [...all, VT.DECIMAL, VT.EMPTY, VT.NULL, VT.VOID, VT.RECORD]) {
      const it = { ...nothing, vt: VT.I4, features: features | FADF.HAVEVARTYPE, type, sf };
      const wanted = types.includes(type) ? 0 : HResult.RPC_X_BAD_STUB_DATA;
      assert.equal(
        code(() => arrayIn(it)),
        wanted,
        `${vtName(type)} as ${sf}`,
      );
    }
    for (const type of types) assert.equal(arrayIn({ ...nothing, vt: type, features, sf }).vt, type);
    for (const other of [FADF.BSTR, FADF.UNKNOWN, FADF.DISPATCH, FADF.VARIANT, FADF.RECORD]) {
      if (other === features) continue;
      const it = { ...nothing, vt: types[0] as number, features: other, sf };
      assert.equal(
        code(() => arrayIn(it)),
        HResult.RPC_X_BAD_STUB_DATA,
      );
    }
  }
});

test("arrays of pointers: with their IID, whichever flags say so", () => {
  const pointers = { elements: [0], iid: IID_IDispatch, sf: SF.HAVEIID };
  for (const [vt, features] of [
    [VT.DISPATCH, FADF.DISPATCH | FADF.HAVEIID],
    [VT.DISPATCH, FADF.DISPATCH | FADF.HAVEIID | FADF.HAVEVARTYPE],
    [VT.UNKNOWN, FADF.UNKNOWN | FADF.HAVEIID],
  ] as const) {
    const array = arrayIn({ ...pointers, vt, features, type: features & FADF.HAVEVARTYPE ? vt : 0 });
    assert.equal(array.vt, vt);
    assert.equal(array.iid, vt === VT.DISPATCH ? undefined : "00020400-0000-0000-c000-000000000046");
    assert.deepEqual(array.data, [null]);
  }
  const plain = { elements: [0], vt: VT.UNKNOWN, features: FADF.UNKNOWN | FADF.HAVEIID, sf: SF.UNKNOWN };
  assert.deepEqual(arrayIn(plain).data, [null]);
});

test("flags of the sender's memory say nothing", () => {
  const it = { vt: VT.I4, features: FADF.HAVEVARTYPE | 0x17, type: VT.I4, sf: SF.I4, elements: [5, -5] };
  assert.deepEqual(arrayIn(it), new SafeArray(VT.I4, new Int32Array([5, -5]), [{ lower: -7, count: 2 }]));
});

test("SF_ERROR is refused as bad data", () => {
  for (const features of [0, FADF.HAVEVARTYPE]) {
    const it = { vt: VT.ERROR, features, type: VT.ERROR, sf: 10, elements: [] };
    assert.equal(
      code(() => arrayIn(it)),
      HResult.RPC_X_BAD_STUB_DATA,
    );
  }
});

test("no elements: with and without a pointer to them; no pointer to some is bad data", () => {
  for (const [vt, sf, features] of [
    [VT.I4, SF.I4, FADF.HAVEVARTYPE],
    [VT.R8, SF.I8, FADF.HAVEVARTYPE],
    [VT.BOOL, SF.I2, FADF.HAVEVARTYPE],
  ] as const) {
    const it = { vt, features, type: vt, sf, elements: [] };
    for (const at of [0, referent]) assert.deepEqual(arrayIn({ ...it, referent: at }).length, 0);
    assert.equal(
      code(() => arrayIn({ ...it, referent: 0, count: 2 })),
      HResult.RPC_X_BAD_STUB_DATA,
    );
  }
});

test("an array that says itself what it holds stays so in a VARIANT that says otherwise, as Wine's tests have Windows do it", () => {
  // VARIANT of UI4 around an array of ten R8 from 5 on, the first of them 0xdeadbeefcafebabe; 152 bytes, told as 19 quadwords.
  const array = new SafeArray(VT.R8, new Float64Array(10), [{ lower: 5, count: 10 }]);
  new Uint32Array((array.data as Float64Array).buffer).set([0xcafebabe, 0xdeadbeef]);
  const bytes = encode(VARIANT, new Variant(VT.ARRAY | VT.UI4, array), ndr20);
  const head = [19, 0, VT.ARRAY | VT.UI4, 0, VT.ARRAY];
  const described = [1, (FADF.HAVEVARTYPE << 16) | 1, 8, VT.R8 << 16, SF.I8, 10];
  const words = [...new Uint32Array(bytes.buffer, bytes.byteOffset, 22)];
  assert.deepEqual(words.slice(2, 7), head);
  assert.deepEqual(words.slice(9, 15), described);
  assert.deepEqual(words.slice(16, 22), [10, 5, 10, 0, 0xcafebabe, 0xdeadbeef]);
  assert.deepEqual(decode(VARIANT, bytes, ndr20), new Variant(VT.ARRAY | VT.UI4, array));
});
