import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ComError, HResult } from "../../base/index.ts";
import { NumberParse, type ParsedDigits, Variant, numberFromDigits, parseDigits } from "../index.ts";
import { VT } from "../vt.ts";
import { hasCode, textFixture } from "./typelib-support.ts";

test("digits of text: what Wine's tests say of Windows", () => {
  let count = 0;
  for (const line of textFixture("numparse.txt").split("\n")) {
    if (line === "" || line.startsWith("# ")) continue;
    const [text = "", most, allowed, expected = "", digits = ""] = line.split("\t");
    count++;
    if (expected === "!") {
      assert.throws(
        () => parseDigits(text, Number(allowed), Number(most)),
        hasCode(HResult.DISP_E_TYPEMISMATCH),
        line,
      );
      continue;
    }
    const made = parseDigits(text, Number(allowed), Number(most));
    const facts = [made.digits.length, made.allowed, made.found, made.used, made.baseShift, made.power];
    assert.equal(facts.join(" "), expected, line);
    for (const [i, digit] of digits.split(" ").entries())
      if (digit !== "?") assert.equal(made.digits[i], Number(digit), line);
  }
  assert.ok(count > 90);
});

const integers = [VT.I1, VT.UI1, VT.I2, VT.UI2, VT.I4, VT.UI4, VT.I8, VT.UI8];

function parsed(digits: readonly number[], found = 0, baseShift = 0, power = 0): ParsedDigits {
  return { digits: Uint8Array.from(digits), allowed: 0, found, used: digits.length, baseShift, power };
}

test("numbers of digits: the smallest integer first, the bits of a hexadecimal one fill a type", () => {
  const { negative, exponent } = NumberParse;
  const f = (count: number): number[] => Array.from({ length: count }, () => 15);
  const cases: readonly (readonly [ParsedDigits, readonly number[], number, number | bigint])[] = [
    [parsed([1]), [VT.I1], VT.I1, 1],
    [parsed([1]), [VT.I1, VT.UI1], VT.I1, 1],
    [parsed([1]), [VT.I2, VT.UI1], VT.UI1, 1],
    [parsed([1, 2, 8]), integers, VT.UI1, 128],
    [parsed([2, 5, 6]), integers, VT.I2, 256],
    [parsed([3, 2, 7, 6, 8]), integers, VT.UI2, 32768],
    [parsed([1, 2, 8], negative), integers, VT.I1, -128],
    [parsed([3, 2, 7, 6, 9], negative), integers, VT.I4, -32769],
    [parsed([7, 15], 0, 4), integers, VT.I1, 0x7f],
    [parsed([7, ...f(7)], 0, 4), integers, VT.I4, 0x7fffffff],
    [parsed([8, 2], 0, 4), integers, VT.I1, -126],
    [parsed([8, 0, 0, 2], 0, 4), integers, VT.I2, -32766],
    [parsed([7, ...f(15)], 0, 4), [VT.I8], VT.I8, 0x7fffffffffffffffn],
    [parsed([5], negative, 0, -1), [VT.UI1], VT.UI1, 0],
    [parsed([0], exponent, 0, -8), [VT.R8], VT.R8, 0],
    [parsed([1]), [VT.R4, VT.R8], VT.R4, 1],
    [parsed([1]), [VT.R8, VT.CY], VT.R8, 1],
    [parsed([1]), [VT.CY, VT.DECIMAL], VT.CY, 10_000n],
    [parsed([1], exponent, 0, -94_938_484), [VT.R4], VT.R4, 0],
    [parsed([1], exponent, 0, -94_938_484), [VT.R8], VT.R8, 0],
    [parsed([1], exponent, 0, -94_938_484), [VT.CY], VT.CY, 0n],
  ];
  for (const [digits, wanted, vt, value] of cases)
    assert.deepEqual(numberFromDigits(digits, wanted), new Variant(vt, value));
  for (const digits of [parsed([1], negative), parsed([6], negative, 0, -1)])
    assert.throws(() => numberFromDigits(digits, [VT.UI1]), hasCode(HResult.DISP_E_OVERFLOW));
  assert.throws(() => numberFromDigits(parsed([1], 0, 0, 400), [VT.R8]), hasCode(HResult.DISP_E_OVERFLOW));
});

test("any text is digits or no number, and all of a number comes back", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(..." +-($0123.,e&hF)".split("")), maxLength: 30 }),
      (text) => {
        try {
          const made = parseDigits(text);
          assert.ok(made.used === text.length && made.digits.length > 0);
        } catch (error) {
          assert.equal(ComError.from(error).code, HResult.DISP_E_TYPEMISMATCH);
        }
      },
    ),
  );
  fc.assert(
    fc.property(fc.integer(), (value) => {
      assert.equal(Number(numberFromDigits(parseDigits(String(value)), integers).value), value);
    }),
  );
});
