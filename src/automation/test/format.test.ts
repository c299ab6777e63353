import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { HResult } from "../../base/index.ts";
import { Variant, formatFromTokens, formatValue, tokenizeFormat } from "../index.ts";
import { VT } from "../vt.ts";
import { hasCode, textFixture } from "./typelib-support.ts";

function parse(text: string): Variant {
  const [type, value = ""] = text.split(/:(.*)/s);
  const vt = Number(type);
  if (vt === VT.BSTR) return new Variant(vt, value);
  if (vt === VT.BOOL) return new Variant(vt, value !== "0");
  if (vt === VT.I8 || vt === VT.UI8) return new Variant(vt, BigInt(value));
  return new Variant(vt, Number(value));
}

test("patterns: what Wine's tests say of Windows", () => {
  let count = 0;
  for (const line of textFixture("varformat.txt").split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const [value = "", pattern = "", firstDay, expected = ""] = line.split("\t");
    assert.equal(formatValue(parse(value), pattern, { firstDay: Number(firstDay) }), expected, line);
    count++;
  }
  assert.ok(count > 500);
});

test("patterns read once", () => {
  const number = tokenizeFormat("###,##0.00");
  assert.equal(formatFromTokens(Variant.from("6,90"), number), "690.00");
  assert.equal(formatFromTokens(Variant.from(-1_234_567.891), number), "-1,234,567.89");
  assert.equal(formatFromTokens(Variant.from("twelve"), number), "twelve");
  assert.equal(formatFromTokens(Variant.from("12-11"), tokenizeFormat("dd-mm")), "11-12");
  assert.equal(formatFromTokens(Variant.null, number), null);
  assert.equal(formatFromTokens(Variant.null, tokenizeFormat('0;0;0;"none"')), "none");
});

test("patterns: commas that divide, days and weeks of a year, money, two sections of text", () => {
  const day = (year: number, month: number, date: number): Variant =>
    Variant.from(new Date(Date.UTC(year, month - 1, date, 15, 4, 5)));
  assert.equal(formatValue(Variant.from(12_345_678), "0,,.00"), "12.35");
  assert.equal(formatValue(day(2024, 12, 31), "y ww q"), "366 53 4");
  // 2023 begins with a Sunday: a week of one day where weeks begin on Mondays.
  assert.equal(formatValue(day(2023, 1, 1), "ww", { firstDay: 2, firstWeek: 2 }), "52");
  assert.equal(formatValue(day(2023, 1, 2), "ww", { firstDay: 2, firstWeek: 2 }), "1");
  assert.equal(formatValue(day(2023, 1, 2), "ww", { firstDay: 2 }), "2");
  assert.equal(formatValue(day(2023, 1, 2), "Medium Date"), "02-Jan-23");
  assert.equal(formatValue(day(2023, 1, 2), "c"), "1/2/2023 3:04:05 PM");
  assert.equal(formatValue(day(2023, 1, 2), "dddddd"), "Monday, January 2, 2023");
  assert.equal(formatValue(new Variant(VT.CY, -12_345_000n), "Currency"), "($1,234.50)");
  assert.equal(formatValue(Variant.from(""), '@;"empty"'), "empty");
  assert.equal(
    formatValue(new Variant(VT.DECIMAL, { negative: true, scale: 2, value: 2n ** 95n }), "0.0"),
    "-396140812571321687967719751.7",
  );
});

test("patterns: refused", () => {
  assert.throws(() => formatValue(Variant.from(1), "0;0;0;0;0"), hasCode(HResult.DISP_E_TYPEMISMATCH));
  assert.throws(() => formatValue(Variant.from(1), "0".repeat(5000)), hasCode(HResult.E_INVALIDARG));
  assert.throws(() => formatValue(Variant.from(1), "w", { firstDay: 8 }), hasCode(HResult.E_INVALIDARG));
});

test("any pattern on any number ends, and soon", () => {
  const pieces = fc.constantFrom(...'0#.,%;\\"@&<>!dmyhnswqc/:aeE+-x 1'.split(""), "am/pm", "E+00", "ttttt");
  const pattern = fc.array(pieces, { maxLength: 20 }).map((parts) => parts.join(""));
  const started = performance.now();
  fc.assert(
    fc.property(pattern, fc.double({ min: -600_000, max: 2_900_000, noNaN: true }), (text, value) => {
      try {
        assert.equal(typeof formatValue(new Variant(VT.R8, value), text), "string");
      } catch (error) {
        assert.equal((error as { code?: number }).code, HResult.DISP_E_TYPEMISMATCH, text);
      }
    }),
    { numRuns: 500 },
  );
  assert.ok(performance.now() - started < 10_000);
});
