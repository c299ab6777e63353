import fc from "fast-check";
import { array, f64, field, i32, struct, u8 } from "../../ndr/codegen/v1.ts";
import { BSTR } from "../../com/gen/wtypes.ts";
import { VARIANT } from "../gen/oaidl.ts";
import { type RecordInfo, defineRecord } from "../record/info.ts";
import { RecordValue } from "../record/value.ts";
import { SafeArray, type SafeArrayBound } from "../safearray.ts";
import { Variant } from "../variant.ts";
import { VT } from "../vt.ts";

/** A record with everything that matters: alignment, text, a VARIANT. */
export const Reading: RecordInfo = defineRecord({
  guid: "7a1c3d10-0d52-4f6c-9a33-5b0d8c2e0001",
  libid: "7a1c3d10-0d52-4f6c-9a33-5b0d8c2e0002",
  version: [2, 1],
  lcid: 9,
  type: struct("Reading", () => [
    field("channel", u8),
    field("value", f64),
    field("name", BSTR),
    field("note", VARIANT),
    field("limits", array(i32, { fixed: 3 })),
  ]),
});

const text = fc.string({ unit: "binary", maxLength: 20 });
const oddBytes = fc.uint8Array({ maxLength: 20 }).filter((bytes) => bytes.length % 2 === 1);
const int = (bits: number): fc.Arbitrary<number> =>
  fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 });
const uint = (bits: number): fc.Arbitrary<number> => fc.nat({ max: 2 ** bits - 1 });
const single = fc.float({ noNaN: true });
const double = fc.double({ noNaN: true });
const decimal = fc.record(
  {
    negative: fc.boolean(),
    scale: fc.integer({ min: 0, max: 28 }),
    value: fc.bigInt({ min: 0n, max: 2n ** 96n - 1n }),
  },
  { noNullPrototype: true },
);
const pointer = fc.option(fc.record({ id: fc.nat() }, { noNullPrototype: true }), { nil: null });

/** A value of each type that is no array. */
const scalars: Readonly<Record<number, fc.Arbitrary<unknown>>> = {
  [VT.I1]: int(8),
  [VT.UI1]: uint(8),
  [VT.I2]: int(16),
  [VT.UI2]: uint(16),
  [VT.I4]: int(32),
  [VT.UI4]: fc.integer({ min: 0, max: 0xffffffff }),
  [VT.INT]: int(32),
  [VT.UINT]: fc.integer({ min: 0, max: 0xffffffff }),
  [VT.ERROR]: fc.integer({ min: 0, max: 0xffffffff }),
  [VT.I8]: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  [VT.UI8]: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  [VT.CY]: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  [VT.R4]: single,
  [VT.R8]: double,
  [VT.DATE]: double,
  [VT.BOOL]: fc.boolean(),
  [VT.BSTR]: fc.oneof(text, oddBytes, fc.constant(null)),
  [VT.DECIMAL]: decimal,
  [VT.UNKNOWN]: pointer,
  [VT.DISPATCH]: pointer,
};

function recordOf(note: fc.Arbitrary<Variant>): fc.Arbitrary<Readonly<Record<string, unknown>>> {
  return fc.record(
    {
      channel: uint(8),
      value: double,
      name: text,
      note,
      limits: fc.tuple(int(32), int(32), int(32)).map((all) => Int32Array.from(all)),
    },
    { noNullPrototype: true },
  );
}

const boundsOf = (maxLength: number): fc.Arbitrary<readonly SafeArrayBound[]> =>
  fc.array(fc.record({ lower: int(32), count: fc.integer({ min: 0, max: 3 }) }, { noNullPrototype: true }), {
    minLength: 1,
    maxLength,
  });

/** Arrays of every element type that travels, in up to four dimensions. */
function arrayOf(
  element: fc.Arbitrary<Variant>,
  flat: fc.Arbitrary<Readonly<Record<string, unknown>>>,
): fc.Arbitrary<SafeArray> {
  const types = Object.keys(scalars)
    .map(Number)
    .filter((vt) => vt !== VT.DECIMAL);
  return fc.tuple(fc.constantFrom(...types, VT.VARIANT, VT.RECORD), boundsOf(4)).chain(([vt, bounds]) => {
    const count = bounds.reduce((product, bound) => product * bound.count, 1);
    const one: fc.Arbitrary<unknown> =
      vt === VT.VARIANT ? element : vt === VT.RECORD ? flat : (scalars[vt] ?? fc.constant(null));
    return fc.array(one, { minLength: count, maxLength: count }).map((elements) => {
      const array = SafeArray.create(vt, bounds, vt === VT.RECORD ? { record: Reading } : {});
      for (const [i, value] of elements.entries()) (array.data as unknown[])[i] = value;
      return array;
    });
  });
}

/** Any VARIANT, arrays and references in each other. */
export const variants: fc.Arbitrary<Variant> = fc.letrec<{ variant: Variant }>((tie) => {
  const simple = fc
    .constantFrom(...Object.keys(scalars).map(Number))
    .chain((vt) => (scalars[vt] ?? fc.constant(0)).map((value) => new Variant(vt, value)));
  const record = recordOf(fc.oneof(simple, fc.constant(Variant.empty)));
  const array = arrayOf(tie("variant"), record).map((one) => new Variant(VT.ARRAY | one.vt, one));
  const whole = fc.oneof(simple, array);
  return {
    variant: fc.oneof(
      { maxDepth: 3, depthSize: "small" },
      fc.constantFrom(Variant.empty, Variant.null, Variant.missing, new Variant(VT.ARRAY | VT.I4, null)),
      simple,
      whole.map((one) => Variant.byRef(one.vt, { value: one.value })),
      record.map((fields) => new Variant(VT.RECORD, new RecordValue(Reading, fields))),
      record.map((fields) => new Variant(VT.RECORD | VT.BYREF, new RecordValue(Reading, fields))),
      array,
      tie("variant").map((one) => Variant.byRef(VT.VARIANT, { value: one })),
    ),
  };
}).variant;
