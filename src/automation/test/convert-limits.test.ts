import assert from "node:assert/strict";
import { test } from "node:test";
import { HResult } from "../../base/index.ts";
import { changeType } from "../convert.ts";
import { Variant } from "../variant.ts";
import { VT } from "../vt.ts";
import { code } from "./support.ts";

/* What happens at the limits of CY and DATE. */

/** The value, or the code of the error. */
function result(from: Variant, vt: number): unknown {
  const failed = code(() => changeType(from, vt));
  return failed === 0 ? changeType(from, vt).value : failed;
}

test("reals to CY: all that the double holds, times 10,000, halves to the even one", () => {
  for (const vt of [VT.R8, VT.DATE]) {
    const change = (value: number, expected: unknown): void =>
      assert.equal(result(new Variant(vt, value), VT.CY), expected, `${value}`);
    change(123_456_789_012.3456, 1_234_567_890_123_456n);
    change(922_337_203_685_477.5, 9_223_372_036_854_775_000n);
    change(-922_337_203_685_477.5, -9_223_372_036_854_775_000n);
    change(922_337_203_685_477.6, HResult.DISP_E_OVERFLOW);
    change(922_337_203_685_478, HResult.DISP_E_OVERFLOW);
    // The doubles nearest to these lie above, below and above the half.
    change(0.000_05, 1n);
    change(0.000_15, 1n);
    change(0.000_25, 3n);
    change(0.000_030_517_578_125, 0n);
    change(Number.MIN_VALUE, 0n);
    change(Number.MAX_VALUE, HResult.DISP_E_OVERFLOW);
    change(Number.NaN, HResult.DISP_E_OVERFLOW);
  }
  assert.equal(result(new Variant(VT.R4, 1_234_567.875), VT.CY), 12_345_678_750n);
  assert.equal(result(new Variant(VT.R4, Math.fround(0.1)), VT.CY), 1000n);
});

test("a DATE outside the years 100 to 9999 has no text", () => {
  for (const value of [2_958_466, -657_435, Number.NaN, Number.POSITIVE_INFINITY, 1e300])
    assert.equal(
      code(() => changeType(new Variant(VT.DATE, value), VT.BSTR)),
      HResult.E_INVALIDARG,
    );
  assert.equal(result(new Variant(VT.DATE, -657_434.5), VT.BSTR), "1/1/100 12:00:00 PM");
  assert.equal(result(new Variant(VT.DATE, 2_958_465), VT.BSTR), "12/31/9999");
});
