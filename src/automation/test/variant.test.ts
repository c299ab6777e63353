import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { HResult } from "../../base/index.ts";
import { fromOleDate, toOleDate } from "../date.ts";
import { SafeArray } from "../safearray.ts";
import { Variant } from "../variant.ts";
import { VT, vtName } from "../vt.ts";
import { code } from "./support.ts";

test("JavaScript values become the VARIANT a script would pass, and come back", () => {
  const cases: readonly (readonly [unknown, number])[] = [
    [undefined, VT.EMPTY],
    [null, VT.NULL],
    [true, VT.BOOL],
    [42, VT.I4],
    [-0, VT.R8],
    [2 ** 31, VT.R8],
    [1.5, VT.R8],
    [5n, VT.I8],
    [2n ** 63n, VT.UI8],
    ["text", VT.BSTR],
    [new Date("2026-11-20T10:00:00Z"), VT.DATE],
    [[1, "a"], VT.ARRAY | VT.VARIANT],
    [new Float64Array([1, 2]), VT.ARRAY | VT.R8],
    [new Uint8Array([1, 2]), VT.ARRAY | VT.UI1],
  ];
  for (const [value, vt] of cases) {
    const variant = Variant.from(value);
    assert.equal(vtName(variant.vt), vtName(vt));
    assert.deepEqual(variant.toJs(), value);
  }
  assert.equal(
    code(() => Variant.from(2n ** 64n)),
    HResult.DISP_E_OVERFLOW,
  );
  assert.equal(
    code(() => Variant.from(Symbol("x"))),
    HResult.DISP_E_BADVARTYPE,
  );
});

test("OLE dates: known values, also before the epoch where the fraction stays positive", () => {
  assert.equal(toOleDate(new Date(Date.UTC(1899, 11, 30))), 0);
  assert.equal(toOleDate(new Date(Date.UTC(1900, 0, 1))), 2);
  assert.equal(toOleDate(new Date(Date.UTC(1899, 11, 29, 18))), -1.75);
  assert.equal(toOleDate(new Date(Date.UTC(1899, 11, 29))), -1);
  assert.equal(fromOleDate(-1.75).toISOString(), "1899-12-29T18:00:00.000Z");
  assert.equal(fromOleDate(2.5).toISOString(), "1900-01-01T12:00:00.000Z");
  fc.assert(
    fc.property(
      fc.date({ min: new Date("1800-01-01"), max: new Date("2200-01-01"), noInvalidDate: true }),
      (date) => {
        assert.ok(Math.abs(fromOleDate(toOleDate(date)).getTime() - date.getTime()) <= 1);
      },
    ),
  );
});

test("an array answers by index in every dimension and refuses what lies outside", () => {
  const array = new SafeArray(VT.I4, new Int32Array([1, 2, 3, 4, 5, 6]), [
    { lower: 1, count: 2 },
    { lower: 0, count: 3 },
  ]);
  assert.equal(array.at(2, 0), 2);
  assert.equal(array.at(1, 2), 5);
  assert.deepEqual(new Variant(VT.ARRAY | VT.I4, array).toJs(), [
    [1, 3, 5],
    [2, 4, 6],
  ]);
  assert.equal(
    code(() => array.at(0, 0)),
    HResult.DISP_E_BADINDEX,
  );
  assert.equal(
    code(() => array.at(1)),
    HResult.DISP_E_BADINDEX,
  );
  assert.equal(
    code(() => new SafeArray(VT.I4, new Int32Array(3), [{ lower: 0, count: 4 }])),
    HResult.DISP_E_BADINDEX,
  );
});

test("arrays are made by nesting, with lower bounds, and filled element by element", () => {
  const words = SafeArray.of(
    VT.BSTR,
    [
      ["a", "b", "c"],
      ["d", "e", "f"],
    ],
    [1, -1],
  );
  assert.deepEqual(words.bounds, [
    { lower: 1, count: 2 },
    { lower: -1, count: 3 },
  ]);
  assert.equal(words.at(2, -1), "d");
  assert.deepEqual(words.data, ["a", "d", "b", "e", "c", "f"]);
  assert.deepEqual(new Variant(VT.ARRAY | VT.BSTR, words).toJs(), [
    ["a", "b", "c"],
    ["d", "e", "f"],
  ]);
  words.put([1, 1], "z");
  assert.equal(words.at(1, 1), "z");
  const numbers = SafeArray.create(VT.CY, [{ lower: 0, count: 2 }]);
  assert.deepEqual(numbers.data, new BigInt64Array(2));
  assert.equal(
    code(() => SafeArray.of(VT.I4, [[1], [2, 3]])),
    HResult.DISP_E_BADINDEX,
  );
  assert.equal(
    code(() => SafeArray.create(VT.I4, [{ lower: 0, count: 0x7fffffff }])),
    HResult.E_OUTOFMEMORY,
  );
  assert.equal(
    code(() => new SafeArray(VT.I4, [], [])),
    HResult.DISP_E_BADINDEX,
  );
});

test("dates and currencies in arrays are natural too", () => {
  const dates = new SafeArray(VT.DATE, new Float64Array([2.5]));
  assert.deepEqual(new Variant(VT.ARRAY | VT.DATE, dates).toJs(), [new Date("1900-01-01T12:00:00Z")]);
  const money = new SafeArray(VT.CY, new BigInt64Array([12_345n]));
  assert.deepEqual(new Variant(VT.ARRAY | VT.CY, money).toJs(), [1.2345]);
});
