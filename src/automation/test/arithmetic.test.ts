import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ComError } from "../../base/index.ts";
import * as calculation from "../arithmetic/arithmetic.ts";
import { monthName, oleDateFromParts, partsOfOleDate, weekdayName } from "../arithmetic/calendar.ts";
import { VarCompare, varCmp } from "../arithmetic/compare.ts";
import { formatCurrency, formatDateTime, formatNumber, formatPercent } from "../arithmetic/format.ts";
import * as logic from "../arithmetic/logic.ts";
import * as unary from "../arithmetic/unary.ts";
import type { Decimal } from "../decimal.ts";
import { Variant } from "../variant.ts";
import { VT } from "../vt.ts";
import { hasCode, textFixture } from "./typelib-support.ts";

const DISP_E_DIVBYZERO = 0x80020012;
const operations = { ...calculation, ...logic, ...unary } as unknown as Readonly<
  Record<string, (left: Variant, right?: unknown) => Variant>
>;

/** A line of the fixture: "3:-7" is the I4 -7. */
function parse(text: string): Variant {
  const [type = "", value = ""] = text.split(/:(.*)/s);
  const vt = Number(type);
  switch (vt) {
    case VT.EMPTY:
      return Variant.empty;
    case VT.NULL:
      return Variant.null;
    case VT.CY:
    case VT.I8:
    case VT.UI8:
      return new Variant(vt, BigInt(value));
    case VT.BSTR:
      return new Variant(vt, value);
    case VT.BOOL:
      return new Variant(vt, value !== "0");
    case VT.R4:
      return new Variant(vt, Math.fround(Number(value)));
    case VT.DECIMAL: {
      const [scale, high = "0", low = "0"] = value.replace("-", "").split(",");
      const digits = (BigInt(high) << 64n) | BigInt(low);
      return new Variant(vt, { negative: value.startsWith("-"), scale: Number(scale), value: digits });
    }
    default:
      return new Variant(vt, Number(value));
  }
}

function run(name: string, left: string, right: string): Variant | string {
  try {
    if (name === "Cmp") return varCmp(parse(left), parse(right)).toString(16).padStart(8, "0");
    const operation = operations[`var${name}`];
    assert.ok(operation, name);
    const second = name === "Round" ? Number(right) : right === "" ? undefined : parse(right);
    return operation(parse(left), second);
  } catch (error) {
    return `!${ComError.from(error).code.toString(16)}`;
  }
}

function same(actual: Variant | string, expected: string): boolean {
  if (typeof actual === "string" || expected.startsWith("!")) return actual === expected;
  const wanted = parse(expected);
  if (actual.vt !== wanted.vt) return false;
  const [a, b] = [actual.value, wanted.value];
  if (typeof a === "number" && typeof b === "number")
    return Math.abs(a - b) <= 1e-7 * Math.max(1, Math.abs(b));
  if (actual.vt !== VT.DECIMAL) return a === b;
  const [x, y] = [a as Decimal, b as Decimal];
  return x.value === y.value && x.scale === y.scale && x.negative === y.negative;
}

test("every operation on every pair of types answers as Wine does", () => checkLines("arithmetic.txt", 4000));

test("what Wine's tests say of Windows", () => checkLines("arithmetic-windows.txt", 2300));

function checkLines(fixture: string, least: number): void {
  let [operation, count] = ["", 0];
  for (const line of textFixture(fixture).split("\n")) {
    if (line.startsWith("= ")) operation = line.slice(2);
    else if (line !== "" && !line.startsWith("#")) {
      const [left = "", right = "", expected = ""] = line.split(" ; ");
      const actual = run(operation, left, right);
      assert.ok(same(actual, expected), `${operation} ${line}: ${String(actual)}`);
      count++;
    }
  }
  assert.ok(count > least);
}

const i4 = (value: number): Variant => new Variant(VT.I4, value);
const shown = ({ vt, value }: Variant): unknown[] => [vt, value];

test("results that do not fit go to the next wider type, divisions by zero do not go anywhere", () => {
  const { varAdd, varDiv, varIdiv, varMod, varMul, varPow, varSub } = calculation;
  assert.deepEqual(shown(varAdd(new Variant(VT.UI1, 255), new Variant(VT.UI1, 255))), [VT.I2, 510]);
  assert.deepEqual(shown(varAdd(new Variant(VT.I2, 32767), new Variant(VT.I2, 1))), [VT.I4, 32768]);
  assert.deepEqual(shown(varAdd(i4(0x7fffffff), i4(1))), [VT.R8, 0x80000000]);
  assert.deepEqual(shown(varMul(new Variant(VT.R4, 3e38), new Variant(VT.R4, 10))), [VT.R8, 3e39]);
  assert.deepEqual(shown(varSub(new Variant(VT.DATE, 3.5), new Variant(VT.DATE, 1))), [VT.R8, 2.5]);
  assert.deepEqual(shown(varAdd(Variant.from("a"), Variant.from("b"))), [VT.BSTR, "ab"]);
  for (const divide of [varDiv, varIdiv, varMod])
    assert.throws(() => divide(i4(1), i4(0)), hasCode(DISP_E_DIVBYZERO));
  assert.throws(() => varDiv(new Variant(VT.R8, 0), new Variant(VT.R8, 0)), hasCode(0x8002000a));
  assert.throws(() => varPow(i4(10), i4(400)), hasCode(0x8002000a));
  assert.throws(() => varAdd(i4(1), Variant.missing), hasCode(0x80020005));
  assert.throws(() => varAdd(i4(1), new Variant(VT.UI4, 1)), hasCode(0x80020008));
  assert.throws(() => varIdiv(i4(-0x80000000), i4(-1)), hasCode(0x8002000a));
  const third = varDiv(new Variant(VT.DECIMAL, { negative: false, scale: 0, value: 1n }), i4(3));
  assert.deepEqual(third.value, { negative: false, scale: 28, value: 3333333333333333333333333333n });
});

test("money is exact and rounds halves to even", () => {
  const cy = (value: bigint): Variant => new Variant(VT.CY, value);
  assert.equal(calculation.varMul(cy(15_000n), cy(1n)).value, 2n);
  assert.equal(calculation.varMul(cy(5_000n), cy(1n)).value, 0n);
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(2n ** 60n), max: 2n ** 60n }),
      fc.bigInt({ min: -(2n ** 60n), max: 2n ** 60n }),
      (a, b) => {
        assert.equal(calculation.varSub(calculation.varAdd(cy(a), cy(b)), cy(b)).value, a);
        assert.equal(varCmp(cy(a), cy(b)), a < b ? VarCompare.lessThan : a > b ? VarCompare.greaterThan : 1);
      },
    ),
  );
});

test("logic with NULL knows what it can know", () => {
  const { varAnd, varImp, varNot, varOr } = logic;
  const [yes, no] = [Variant.from(true), Variant.from(false)];
  assert.deepEqual(shown(varAnd(no, Variant.null)), [VT.BOOL, false]);
  assert.deepEqual(shown(varAnd(yes, Variant.null)), [VT.NULL, null]);
  assert.deepEqual(shown(varOr(yes, Variant.null)), [VT.BOOL, true]);
  assert.deepEqual(shown(varImp(no, Variant.null)), [VT.BOOL, true]);
  assert.deepEqual(shown(varNot(new Variant(VT.UI1, 1))), [VT.UI1, 254]);
  assert.deepEqual(shown(logic.varXor(Variant.from("True"), yes)), [VT.BOOL, false]);
});

test("numbers, money and dates as people read them", () => {
  const real = (value: number): Variant => new Variant(VT.R8, value);
  assert.equal(formatNumber(real(1234.567)), "1,234.57");
  assert.equal(formatNumber(real(-1234.567), { parentheses: true, grouping: false }), "(1234.57)");
  assert.equal(formatNumber(real(0.125), { digits: 1, leadingZero: false }), ".1");
  assert.equal(formatNumber(real(999.999), { digits: 1 }), "1,000.0");
  assert.equal(formatNumber(real(0.5), { digits: 0 }), "1");
  assert.equal(formatNumber(new Variant(VT.CY, 12_345_678_905_000n)), "1,234,567,890.50");
  assert.equal(formatPercent(Variant.from("-1234.567"), { digits: 1 }), "-123,456.7%");
  assert.equal(formatCurrency(real(-0.5)), "($0.50)");
  assert.equal(formatCurrency(real(-0.5), { parentheses: false, digits: 3 }), "-$0.500");
  const date = (value: number): Variant => new Variant(VT.DATE, value);
  assert.equal(formatDateTime(date(2.25)), "1/1/1900 6:00:00 AM");
  assert.equal(formatDateTime(date(0)), "12:00:00 AM");
  assert.equal(formatDateTime(date(40000.75), "longDate"), "Monday, July 6, 2009");
  assert.equal(formatDateTime(date(40000.75), "shortTime"), "18:00");
  assert.equal(formatDateTime(date(-1.5)), "12/29/1899 12:00:00 PM");
  assert.throws(() => formatNumber(Variant.from("much")), hasCode(0x80020005));
  assert.throws(() => formatNumber(real(1), { digits: 1e9 }), hasCode(0x80070057));
});

test("dates in parts, and names", () => {
  const parts = { year: 1899, month: 12, day: 29, hour: 6, minute: 30, second: 1 };
  const date = oleDateFromParts(parts);
  assert.ok(date < -1 && date > -2, "the time of a day before the first is a positive fraction");
  assert.deepEqual(partsOfOleDate(date), { ...parts, dayOfWeek: 5 });
  assert.equal(
    oleDateFromParts({ year: 12, month: 13, day: 32 }),
    oleDateFromParts({ year: 2013, month: 2, day: 1 }),
  );
  assert.throws(() => oleDateFromParts({ year: 10_000, month: 1, day: 1 }), hasCode(0x80070057));
  assert.deepEqual([monthName(9), monthName(9, true)], ["September", "Sep"]);
  assert.deepEqual([weekdayName(1), weekdayName(1, true, 2)], ["Sunday", "Mon"]);
  assert.throws(() => monthName(13), hasCode(0x80070057));
});
