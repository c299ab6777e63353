import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { SafeArray, VT, Variant } from "../../automation/index.ts";
import type {
  IEnumSTATPROPSETSTG,
  IEnumSTATPROPSTG,
  IPropertyStorage,
  PROPSPEC,
} from "../../automation/gen/propidlbase.ts";
import { type Guid, fromHex, toHex } from "../../base/index.ts";
import type { IStorage, IStream } from "../../com/gen/objidl.ts";
import {
  Fmtid,
  IPropertySetStorage,
  PropSetFlag,
  PropType,
  PropertySet,
  type PropertyValue,
  StgStatus,
  Stgm,
  createMemoryLockBytes,
  createMemoryStream,
  createPropertySetStorage,
  createStorageOnLockBytes,
  formatOfName,
  fromPropVariant,
  knownPropertyName,
  openStorageOnLockBytes,
  propertySetName,
  readAll,
  readPropertySet,
  toPropVariant,
  writePropertySet,
} from "../index.ts";
import { X, clock, elements, status, text } from "./support.ts";

const fmtid = "11111111-2222-3333-4444-555555555555" as Guid;
/** Objects as everybody makes them. */
function record<T>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record(shape, { noNullPrototype: true }) as fc.Arbitrary<T>;
}

const byId = (propid: number): PROPSPEC => ({ ulKind: 1, DUMMYUNIONNAME: { tag: 1, propid } });
const byName = (lpwstr: string): PROPSPEC => ({ ulKind: 0, DUMMYUNIONNAME: { tag: 0, lpwstr } });

async function memoryRoot(): Promise<IStorage> {
  using bytes = createMemoryLockBytes();
  return createStorageOnLockBytes(bytes, X | Stgm.CREATE, { clock });
}

suite("property sets", () => {
  test("names of formats, one of them Windows'", () => {
    const windows = "\u0005Bagaaqy23kudbhchAaq5u2chNd";
    assert.equal(formatOfName(windows), "20001801-5de6-11d1-8e38-00c04fb9386d");
    assert.equal(propertySetName(formatOfName(windows)), windows);
    assert.equal(propertySetName(Fmtid.UserDefinedProperties), "\u0005DocumentSummaryInformation");
    assert.equal(formatOfName("\u0005SUMMARYINFORMATION"), Fmtid.SummaryInformation);
    assert.throws(() => formatOfName("\u0005other"), status(StgStatus.INVALIDNAME));
    fc.assert(fc.property(fc.uuid(), (id) => assert.equal(formatOfName(propertySetName(id as Guid)), id)));
  });

  // A summary as Word writes it, put together field by field after [MS-OLEPS] 2.21 and what Word's files look like: strings packed, code page 1252.
  const word = fromHex(
    "feff 0000 06000200 00000000000000000000000000000000 01000000 e0859ff2f94f6810ab9108002b27b3d9 30000000" +
      "7c000000 05000000 01000000 30000000 02000000 38000000 04000000 4c000000 0d000000 5c000000 0e000000 68000000" +
      "02000000 e4040000 1e000000 0c000000 47726fdf656e205a65697400 1e000000 05000000 416c6963 65000000" +
      "40000000 0080a3e8a6ceb801 0c100000 01000000 03000000 02000000 00000000",
  );

  test("a set is read, and written to the byte", () => {
    const set = PropertySet.read(word);
    const section = set.section(Fmtid.SummaryInformation);
    assert.equal(section?.codePage, 1252);
    assert.deepEqual(section?.get(2), { vt: PropType.LPSTR, value: "Großen Zeit" });
    assert.equal(knownPropertyName(Fmtid.SummaryInformation, 4), "Author");
    assert.deepEqual(section?.get(4)?.value, "Alice");
    assert.deepEqual(section?.get(13), { vt: PropType.FILETIME, value: 0x01b8cea6e8a38000n });
    assert.deepEqual(section?.get(14)?.value, [{ vt: VT.I4, value: 2 }]);
    assert.equal(toHex(set.write()), toHex(word));
    section?.set(2, { vt: PropType.LPSTR, value: "€" });
    const again = PropertySet.read(set.write()).section(Fmtid.SummaryInformation);
    assert.deepEqual(again?.get(2)?.value, "€");
    assert.deepEqual(again?.get(4)?.value, "Alice");
  });

  test("packed strings of a vector, as Office writes them, and padded ones, as the specification has them", () => {
    const packed = fromHex("1e100000 02000000 05000000 4f6e65 2100 04000000 54776f00 0000");
    const padded = fromHex("1e100000 02000000 05000000 4f6e652100000000 04000000 54776f00");
    for (const value of [packed, padded]) {
      const set = new PropertySet();
      const bytes = withValue(set, value);
      assert.deepEqual(PropertySet.read(bytes).sections[0]?.get(2)?.value, ["One!", "Two"]);
    }
  });

  /** A set of one property with these bytes. */
  function withValue(set: PropertySet, value: Uint8Array): Uint8Array {
    set.add(fmtid).set(2, { vt: PropType.EMPTY, value: undefined });
    const bytes = set.write();
    const whole = new Uint8Array(bytes.length - 4 + value.length);
    whole.set(bytes.subarray(0, bytes.length - 4));
    whole.set(value, bytes.length - 4);
    new DataView(whole.buffer).setUint32(48, whole.length - 48, true);
    return whole;
  }

  const int = (bits: number): fc.Arbitrary<number> =>
    fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 });
  const uint = (bits: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: 2 ** bits - 1 });
  const string = fc.string({ unit: "grapheme", maxLength: 20 }).filter((value) => !value.includes("\0"));
  const bytes = fc.uint8Array({ maxLength: 40 });
  const scalars: readonly (readonly [number, fc.Arbitrary<unknown>])[] = [
    [PropType.I1, int(8)],
    [PropType.UI1, uint(8)],
    [PropType.I2, int(16)],
    [PropType.UI2, uint(16)],
    [PropType.I4, int(32)],
    [PropType.UI4, uint(32)],
    [PropType.R4, fc.float({ noNaN: true })],
    [PropType.R8, fc.double({ noNaN: true })],
    [PropType.CY, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
    [PropType.DATE, fc.double({ noNaN: true })],
    [PropType.BSTR, string],
    [PropType.ERROR, uint(32)],
    [PropType.BOOL, fc.boolean()],
    [PropType.I8, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
    [PropType.UI8, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })],
    [PropType.LPSTR, string],
    [PropType.LPWSTR, string],
    [PropType.FILETIME, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })],
    [PropType.CF, record({ format: int(32), data: bytes })],
    [PropType.CLSID, fc.uuid()],
  ];
  const property: fc.Arbitrary<PropertyValue> = fc.oneof(
    fc.constant({ vt: PropType.NULL, value: null }),
    fc.oneof(...scalars.map(([vt, value]) => record({ vt: fc.constant(vt), value }))),
    record({ vt: fc.constant(PropType.BLOB), value: bytes }),
    record({
      vt: fc.constant(PropType.DECIMAL),
      value: record({
        negative: fc.boolean(),
        scale: fc.integer({ min: 0, max: 28 }),
        value: fc.bigInt({ min: 0n, max: 2n ** 96n - 1n }),
      }),
    }),
    fc.oneof(
      ...scalars.map(([vt, value]) =>
        record({ vt: fc.constant(vt | PropType.VECTOR), value: fc.array(value, { maxLength: 5 }) }),
      ),
    ),
    record({
      vt: fc.constant(PropType.VARIANT | PropType.VECTOR),
      value: fc.array(fc.oneof(...scalars.map(([vt, value]) => record({ vt: fc.constant(vt), value }))), {
        maxLength: 5,
      }),
    }),
    fc.array(int(16), { maxLength: 6 }).map((values) => ({
      vt: PropType.ARRAY | PropType.I2,
      value: new SafeArray(VT.I2, values, [{ lower: -3, count: values.length }]),
    })),
  );

  test("every type goes through a set, and as a PROPVARIANT", () => {
    fc.assert(
      fc.property(property, fc.constantFrom(1200, 65001), (value, codePage) => {
        const set = new PropertySet();
        const section = set.add(fmtid);
        section.codePage = codePage;
        section.set(7, value);
        section.setName(7, "Größe");
        const read = PropertySet.read(set.write()).sections[0];
        assert.deepEqual(read?.get(7), value);
        assert.equal(read?.idOf("gröSSe"), undefined);
        assert.equal(read?.idOf("GRÖßE"), 7);
        if ((value.vt & PropType.ARRAY) === 0) assert.deepEqual(fromPropVariant(toPropVariant(value)), value);
      }),
      { numRuns: 400 },
    );
  });

  test("values that hold others, in every code page with its dictionary", () => {
    const grid = [
      { lower: 0, count: 2 },
      { lower: 5, count: 3 },
    ];
    const values: readonly PropertyValue[] = [
      {
        vt: PropType.ARRAY | PropType.UI1,
        value: new SafeArray(VT.UI1, Uint8Array.of(1, 2, 3), [{ lower: 0, count: 3 }]),
      },
      { vt: PropType.ARRAY | PropType.I4, value: new SafeArray(VT.I4, [1, 2, 3, 4, 5, 6], grid) },
      {
        vt: PropType.ARRAY | PropType.BSTR,
        value: new SafeArray(VT.BSTR, ["a", "", "bcd"], [{ lower: 0, count: 3 }]),
      },
      {
        vt: PropType.ARRAY | PropType.VARIANT,
        value: new SafeArray(
          VT.VARIANT,
          [new Variant(VT.I4, 3), new Variant(VT.BSTR, "x")],
          [{ lower: 0, count: 2 }],
        ),
      },
      { vt: PropType.BLOB_OBJECT, value: Uint8Array.of(1, 2, 3, 4, 5) },
      { vt: PropType.VERSIONED_STREAM, value: { version: fmtid, name: "prop9" } },
      { vt: PropType.STORED_OBJECT, value: "prop7" },
      { vt: PropType.INT, value: -5 },
      { vt: PropType.UINT, value: 5 },
    ];
    for (const [codePage, name] of [
      [1200, "日本 Größe"],
      [1252, "Größe"],
      [932, "日本"],
      [65001, "日本 Größe"],
    ] as const) {
      for (const value of values) {
        const set = new PropertySet();
        const section = set.add(fmtid);
        section.codePage = codePage;
        section.set(2, value);
        section.set(3, { vt: PropType.LPSTR, value: name });
        section.setName(2, name);
        const bytes = set.write();
        const read = PropertySet.read(bytes).sections[0];
        assert.deepEqual(read?.get(2), value);
        assert.equal(read?.get(3)?.value, name);
        assert.equal(read?.idOf(name), 2);
        assert.equal(toHex(PropertySet.read(bytes).write()), toHex(bytes));
      }
    }
  });

  test("what others write, and others read", () => {
    // The number of the dictionary given to a text.
    const set = new PropertySet();
    set.add(fmtid).setName(2, "name");
    const bytes = set.write();
    new DataView(bytes.buffer).setUint32(48 + 8 + 8, 30, true);
    const odd = PropertySet.read(bytes);
    assert.equal(odd.sections[0]?.names.size, 0);
    assert.equal(toHex(odd.write()), toHex(bytes));
    // A second section that lies elsewhere than it says.
    const two = new PropertySet();
    two.add(Fmtid.DocSummaryInformation).set(2, { vt: PropType.I4, value: 7 });
    two.add(Fmtid.UserDefinedProperties).set(2, { vt: PropType.I4, value: 8 });
    const misplaced = two.write();
    const view = new DataView(misplaced.buffer);
    view.setUint32(64, view.getUint32(64, true) + 1, true);
    const half = PropertySet.read(misplaced);
    assert.equal(half.sections[0]?.get(2)?.value, 7);
    assert.deepEqual(half.sections[1]?.ids, []);
    assert.throws(
      () => half.sections[1]?.set(2, { vt: PropType.I4, value: 9 }),
      status(StgStatus.DOCFILECORRUPT),
    );
    half.sections[0]?.set(3, { vt: PropType.I4, value: 1 });
    const again = PropertySet.read(half.write());
    assert.equal(again.sections[0]?.get(3)?.value, 1);
  });

  test("texts in other code pages", () => {
    for (const [codePage, sample] of [
      [1251, "Привет"],
      [932, "日本語"],
      [1252, "naïve €"],
      [28592, "žluť"],
    ] as const) {
      const set = new PropertySet();
      const section = set.add(fmtid);
      section.codePage = codePage;
      section.set(2, { vt: PropType.LPSTR, value: sample });
      section.set(3, { vt: PropType.LPSTR, value: `${sample}\u{1f600}` });
      const read = PropertySet.read(set.write()).sections[0];
      assert.equal(read?.get(2)?.value, sample);
      assert.match(String(read?.get(3)?.value), new RegExp(`^${sample}\\?+$`));
    }
  });

  test("IPropertySetStorage: created, opened, enumerated, deleted", async () => {
    using root = await memoryRoot();
    using sets = await root.QueryInterface(IPropertySetStorage);
    {
      using made = (await sets.Create(fmtid, null, PropSetFlag.DEFAULT, X)) as IPropertyStorage;
      await made.WriteMultiple(
        3,
        [byId(5), byName("Farbe"), byName("Größe")],
        [
          toPropVariant({ vt: PropType.LPWSTR, value: "five" }),
          toPropVariant({ vt: PropType.LPWSTR, value: "rot" }),
          toPropVariant({ vt: PropType.I4, value: -7 }),
        ],
        5,
      );
      const code = { code: -1 };
      const [five, red, none] = await made.ReadMultiple(3, [byId(5), byName("FARBE"), byId(99)], {
        status: code,
      });
      assert.equal(code.code, 0);
      assert.deepEqual(
        [five, red, none].map((value) => value && fromPropVariant(value).value),
        ["five", "rot", undefined],
      );
      await made.ReadMultiple(1, [byId(99)], { status: code });
      assert.equal(code.code, 1);
      await assert.rejects(
        async () => made.WriteMultiple(1, [byId(1)], [toPropVariant({ vt: 2, value: 1252 })], 2),
        status(StgStatus.INVALIDPARAMETER),
      );
      await made.Commit(0);
    }
    using opened = (await sets.Open(fmtid, X)) as IPropertyStorage;
    using list = (await opened.Enum()) as IEnumSTATPROPSTG;
    assert.deepEqual((await list.Next(10)).rgelt, [
      { lpwstrName: null, propid: 5, vt: PropType.LPWSTR },
      { lpwstrName: "Farbe", propid: 6, vt: PropType.LPWSTR },
      { lpwstrName: "Größe", propid: 7, vt: PropType.I4 },
    ]);
    assert.deepEqual(await opened.ReadPropertyNames(2, Uint32Array.of(6, 5)), ["Farbe", null]);
    await opened.WritePropertyNames(1, Uint32Array.of(5), ["Fünf"]);
    await opened.DeletePropertyNames(1, Uint32Array.of(6));
    await opened.DeleteMultiple(1, [byName("größe")]);
    await opened.SetClass(fmtid);
    assert.equal((await opened.Stat()).clsid, fmtid);
    opened.AddRef();
    opened.Release();
    await opened.Revert();
    assert.deepEqual(await opened.ReadPropertyNames(2, Uint32Array.of(6, 5)), ["Farbe", null]);
    using formats = (await sets.Enum()) as IEnumSTATPROPSETSTG;
    assert.deepEqual(
      (await formats.Next(10)).rgelt.map((stat) => stat.fmtid),
      [fmtid],
    );
    await sets.Delete(fmtid);
    await assert.rejects(async () => sets.Open(fmtid, X), status(StgStatus.FILENOTFOUND));
  });

  test("streams and storages among the properties", async () => {
    using root = await memoryRoot();
    using sets = createPropertySetStorage(root);
    {
      using made = (await sets.Create(fmtid, fmtid, PropSetFlag.NONSIMPLE, X)) as IPropertyStorage;
      using stream = createMemoryStream(text("in a stream"));
      using other = await memoryRoot();
      using _inner = await other.CreateStorage("inner", X, 0, 0);
      await made.WriteMultiple(
        2,
        [byId(2), byId(3)],
        [
          toPropVariant({ vt: PropType.STREAM, value: stream }),
          toPropVariant({ vt: PropType.STORAGE, value: other }),
        ],
        2,
      );
      assert.equal((await made.Stat()).grfFlags & PropSetFlag.NONSIMPLE, PropSetFlag.NONSIMPLE);
      await made.Commit(0);
    }
    using opened = (await sets.Open(fmtid, X)) as IPropertyStorage;
    const [first, second] = await opened.ReadMultiple(2, [byId(2), byId(3)]);
    assert.ok(first !== undefined && second !== undefined);
    using stream = fromPropVariant(first).value as IStream;
    assert.deepEqual(await readAll(stream), text("in a stream"));
    using storage = fromPropVariant(second).value as IStorage;
    assert.deepEqual(
      (await elements(storage)).map((stat) => stat.pwcsName),
      ["inner"],
    );
    using simple = (await sets.Create(
      Fmtid.SummaryInformation,
      null,
      PropSetFlag.ANSI,
      X,
    )) as IPropertyStorage;
    using nothing = createMemoryStream();
    await assert.rejects(
      async () =>
        simple.WriteMultiple(1, [byId(2)], [toPropVariant({ vt: PropType.STREAM, value: nothing })], 2),
      status(StgStatus.INVALIDPARAMETER),
    );
  });

  test("user-defined properties are a document's second section", async () => {
    using root = await memoryRoot();
    using sets = createPropertySetStorage(root);
    {
      using user = (await sets.Create(
        Fmtid.UserDefinedProperties,
        null,
        PropSetFlag.ANSI,
        X,
      )) as IPropertyStorage;
      await user.WriteMultiple(
        1,
        [byName("Project")],
        [toPropVariant({ vt: PropType.LPSTR, value: "Comity" })],
        2,
      );
      await user.Commit(0);
    }
    const set = await readPropertySet(root, Fmtid.DocSummaryInformation);
    assert.deepEqual(
      set?.sections.map((section) => section.fmtid),
      [Fmtid.DocSummaryInformation, Fmtid.UserDefinedProperties],
    );
    assert.deepEqual([...(set?.sections[1]?.names ?? [])], [[2, "Project"]]);
    assert.deepEqual(set?.sections[1]?.get(2)?.value, "Comity");
    await sets.Delete(Fmtid.UserDefinedProperties);
    assert.equal((await readPropertySet(root, Fmtid.DocSummaryInformation))?.sections.length, 1);
    assert.equal(await readPropertySet(root, Fmtid.SummaryInformation), undefined);
    await writePropertySet(root, Fmtid.SummaryInformation, PropertySet.read(word));
    using stream = (await root.OpenStream("\u0005SummaryInformation", 0, null, X, 0)) as IStream;
    assert.equal(toHex(await readAll(stream)), toHex(word));
  });

  test("a release writes what was changed", async () => {
    using bytes = createMemoryLockBytes();
    {
      using root = await createStorageOnLockBytes(bytes, X | Stgm.CREATE, { clock });
      using sets = createPropertySetStorage(root);
      const made = (await sets.Create(fmtid, null, 0, X)) as IPropertyStorage;
      await made.WriteMultiple(1, [byId(2)], [toPropVariant({ vt: PropType.UI4, value: 77 })], 2);
      made.Release();
    }
    using root = await openStorageOnLockBytes(bytes);
    assert.equal((await readPropertySet(root, fmtid))?.sections[0]?.get(2)?.value, 77);
  });

  test("hostile sets end in an error", () => {
    const corrupt = status(StgStatus.DOCFILECORRUPT);
    for (const [at, value] of [
      [0, 0],
      [24, 0xffffffff],
      [44, 0xfffffff0],
      [44, 4],
      [52, 0xffffffff],
      [60, 0xfffffffe],
      [60, 0],
    ] as const) {
      const bytes = word.slice();
      new DataView(bytes.buffer).setUint32(at, value, true);
      assert.throws(() => PropertySet.read(bytes), corrupt, `${value} at ${at}`);
    }
    for (const hex of [
      "1e000000 ffffffff 00",
      "0c100000 ffffffff",
      "03200000 03000000 02000000 ffffffff 00000000 ffffffff 00000000",
      "41000000 00000080 00",
      "63000000",
      "47000000 02000000 00000000",
    ]) {
      const set = PropertySet.read(withValue(new PropertySet(), fromHex(hex)));
      assert.throws(() => set.sections[0]?.get(2), corrupt, hex);
    }
    // Vectors of variants in vectors of variants, as deep as there is room.
    const nested = fromHex("0c100000 01000000".repeat(5000));
    const set = PropertySet.read(withValue(new PropertySet(), nested));
    assert.throws(() => set.sections[0]?.get(2), corrupt);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(200), (noise, at) => {
        const bytes = word.slice();
        bytes.set(
          noise.subarray(0, Math.max(0, Math.min(noise.length, bytes.length - at))),
          Math.min(at, bytes.length),
        );
        try {
          const set = PropertySet.read(bytes);
          for (const section of set.sections) {
            for (const id of section.ids) section.get(id);
            void section.names;
          }
        } catch (error) {
          assert.ok(corrupt(error), String(error));
        }
      }),
      { numRuns: 2000 },
    );
  });
});
