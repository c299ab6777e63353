import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ComError, HResult } from "../../base/index.ts";
import { changeType } from "../convert.ts";
import { fromOleDate, toOleDate } from "../date.ts";
import { SafeArray } from "../safearray.ts";
import { Variant } from "../variant.ts";
import { VT, vtName } from "../vt.ts";

function code(run: () => unknown): number {
  try {
    run();
  } catch (error) {
    return (error as ComError).code;
  }
  return 0;
}

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

test("conversions follow Automation: banker's rounding, -1 for True, overflow, text", () => {
  const change = (value: Variant, vt: number): unknown => changeType(value, vt).value;
  assert.equal(change(new Variant(VT.R8, 2.5), VT.I4), 2);
  assert.equal(change(new Variant(VT.R8, 3.5), VT.I4), 4);
  assert.equal(change(new Variant(VT.R8, -2.5), VT.I4), -2);
  assert.equal(change(new Variant(VT.BOOL, true), VT.I2), -1);
  assert.equal(change(new Variant(VT.BOOL, true), VT.UI1), 255);
  assert.equal(change(new Variant(VT.BSTR, " 1,234.5 "), VT.R8), 1234.5);
  assert.equal(change(new Variant(VT.BSTR, "&HFF"), VT.I4), 255);
  assert.equal(change(new Variant(VT.BSTR, "True"), VT.BOOL), true);
  assert.equal(change(new Variant(VT.I4, 0), VT.BOOL), false);
  assert.equal(change(new Variant(VT.BOOL, true), VT.BSTR), "True");
  assert.equal(change(new Variant(VT.DATE, 2.5), VT.BSTR), "1/1/1900 12:00:00 PM");
  assert.equal(change(new Variant(VT.BSTR, "12.3456"), VT.CY), 123456n);
  assert.equal(change(Variant.empty, VT.BSTR), "");
  assert.equal(
    code(() => changeType(new Variant(VT.I4, 300), VT.UI1)),
    HResult.DISP_E_OVERFLOW,
  );
  assert.equal(
    code(() => changeType(new Variant(VT.R8, Number.NaN), VT.I4)),
    HResult.DISP_E_OVERFLOW,
  );
  assert.equal(
    code(() => changeType(new Variant(VT.BSTR, "abc"), VT.I4)),
    HResult.DISP_E_TYPEMISMATCH,
  );
  assert.equal(
    code(() => changeType(Variant.null, VT.I4)),
    HResult.DISP_E_TYPEMISMATCH,
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
