import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { HResult, guid } from "../../base/index.ts";
import { INVOKEKIND, SYSKIND, TYPEKIND } from "../gen/oaidl.ts";
import { LibraryBuilder } from "../typelib/builder.ts";
import { codePageOf } from "../typelib/code-page.ts";
import { TypeLibStatus } from "../typelib/errors.ts";
import { readTypeLibrary } from "../typelib/load.ts";
import type { TypeDesc, TypeLibrary } from "../typelib/model.ts";
import { writeMsft } from "../typelib/msft/write.ts";
import { hashOfName } from "../typelib/name-hash.ts";
import { stdole } from "../typelib/stdole.ts";
import { TypeCode } from "../typelib/type-code.ts";
import { Variant } from "../variant.ts";
import { VT } from "../vt.ts";
import { hasCode, hexFixture } from "./typelib-support.ts";

const IID = guid("c0a17b1e-0001-4000-8000-00000000f003");
const LIBID = guid("c0a17b1e-0000-4000-8000-00000000f003");
const hresult: TypeDesc = { vt: TypeCode.HRESULT };
const pointer = (vt: number): TypeDesc => ({ vt: TypeCode.PTR, element: { vt } });

function counter(sysKind: SYSKIND = SYSKIND.SYS_WIN32): LibraryBuilder {
  const library = new LibraryBuilder({
    name: "Built",
    guid: LIBID,
    version: { major: 1, minor: 2 },
    sysKind,
  });
  const dispatch = library.importType(stdole(), 4, "stdole2.tlb");
  const type = library.addType("ICounter", TYPEKIND.TKIND_DISPATCH, { guid: IID, flags: 0x140 });
  type.addImplType(dispatch);
  type.addFunction({
    name: "Next",
    result: hresult,
    params: [{ name: "value", type: pointer(VT.I4), flags: 10 }],
  });
  type.addFunction({
    name: "Step",
    invoke: INVOKEKIND.INVOKE_PROPERTYGET,
    result: hresult,
    params: [{ name: "value", type: pointer(VT.I4), flags: 10 }],
  });
  type.addFunction({
    name: "Step",
    invoke: INVOKEKIND.INVOKE_PROPERTYPUT,
    result: hresult,
    params: [{ name: "value", type: { vt: VT.I4 }, flags: 1 }],
  });
  return library;
}

describe("a library that is built", () => {
  it("numbers members and lays out vtables as compilers do", () => {
    for (const sysKind of [SYSKIND.SYS_WIN32, SYSKIND.SYS_WIN64]) {
      const slot = sysKind === SYSKIND.SYS_WIN64 ? 8 : 4;
      const [type] = counter(sysKind).build().types;
      assert.deepEqual(
        type?.functions.map((desc) => [desc.name, desc.memid >>> 0, desc.vtableOffset / slot]),
        [
          ["Next", 0x60020000, 7],
          ["Step", 0x60020001, 8],
          ["Step", 0x60020001, 9],
        ],
      );
      assert.equal(type?.vtableSize, 10 * slot);
      assert.equal(type?.flags, 0x1140);
      assert.equal(type?.functions[2]?.params[0]?.name, undefined);
    }
  });

  it("lays out records and unions", () => {
    const library = new LibraryBuilder({ name: "Built", guid: LIBID });
    const union = library.addType("Either", TYPEKIND.TKIND_UNION);
    union.addVariable({ name: "a", type: { vt: VT.UI1 } });
    union.addVariable({ name: "b", type: { vt: VT.R8 } });
    const record = library.addType("Row", TYPEKIND.TKIND_RECORD);
    const bounds = [{ count: 3, lower: 0 }];
    record.addVariable({ name: "first", type: { vt: VT.UI1 } });
    record.addVariable({ name: "second", type: { vt: TypeCode.USERDEFINED, reference: union.reference } });
    record.addVariable({ name: "third", type: { vt: TypeCode.CARRAY, element: { vt: VT.I2 }, bounds } });
    record.addVariable({ name: "fourth", type: { vt: VT.VARIANT } });
    const [either, row] = library.build().types;
    assert.deepEqual([either?.size, either?.alignment], [8, 8]);
    assert.deepEqual([row?.size, row?.alignment], [40, 8]);
    assert.deepEqual(
      row?.variables.map((field) => field.offset),
      [0, 8, 16, 24],
    );
  });

  it("refuses names that are taken, bases beyond the first, and circles", () => {
    const library = new LibraryBuilder({ name: "Built", guid: LIBID });
    const first = library.addType("First", TYPEKIND.TKIND_INTERFACE, { guid: IID });
    assert.throws(() => library.addType("FIRST", TYPEKIND.TKIND_ENUM), hasCode(TypeLibStatus.NAMECONFLICT));
    first.addImplType(first.reference);
    assert.throws(() => first.addImplType(first.reference), hasCode(HResult.E_INVALIDARG));
    assert.throws(() => library.build(), hasCode(TypeLibStatus.CIRCULARTYPE));
    const other = new LibraryBuilder({ name: "Built", guid: LIBID });
    const record = other.addType("Row", TYPEKIND.TKIND_RECORD);
    record.addVariable({ name: "self", type: { vt: TypeCode.USERDEFINED, reference: record.reference } });
    assert.throws(() => other.build(), hasCode(TypeLibStatus.CIRCULARTYPE));
    assert.throws(() => other.importType(stdole(), 99, "x"), hasCode(TypeLibStatus.ELEMENTNOTFOUND));
  });

  it("is read again as it was built", () => {
    const library = counter().build();
    assert.deepEqual(readTypeLibrary(writeMsft(library)), library);
  });

  it("can be stdole, which everybody knows by its GUIDs and by the places of its types", () => {
    const library = stdole();
    assert.deepEqual(readTypeLibrary(writeMsft(library)), library);
    const place = (name: string): number => library.types.findIndex((type) => type.name === name);
    // The places that libraries in the world refer to.
    assert.deepEqual(["GUID", "IUnknown", "IDispatch", "IPictureDisp"].map(place), [0, 3, 4, 36]);
    assert.equal(library.types[4]?.vtableSize, 28);
  });
});

/** Plain objects, as the reader makes them. */
function record<T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<T>;
}

const names = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,12}$/);
const leaf = fc.constantFrom(
  2,
  3,
  4,
  5,
  6,
  7,
  8,
  9,
  10,
  11,
  12,
  13,
  14,
  16,
  17,
  18,
  19,
  20,
  21,
  22,
  23,
  25,
  31,
);

/** Any type that refers to one of `count` types. */
function anyType(count: number): fc.Arbitrary<TypeDesc> {
  const { type } = fc.letrec<{ type: TypeDesc }>((tie) => ({
    type: fc.oneof(
      { maxDepth: 4, depthSize: "small" },
      leaf.map((vt) => ({ vt })),
      fc.nat({ max: count - 1 }).map((local) => ({ vt: TypeCode.USERDEFINED, reference: { local } })),
      tie("type").map((element) => ({ vt: TypeCode.PTR, element })),
      tie("type").map((element) => ({ vt: TypeCode.SAFEARRAY, element })),
      fc
        .tuple(
          tie("type"),
          fc.array(record({ count: fc.nat(), lower: fc.integer() }), { minLength: 1, maxLength: 3 }),
        )
        .map(([element, bounds]) => ({ vt: TypeCode.CARRAY, element, bounds })),
    ),
  }));
  return type;
}

const anyConstant = fc.oneof(
  fc.integer().map((value) => new Variant(VT.I4, value)),
  fc.integer({ min: -32768, max: 32767 }).map((value) => new Variant(VT.I2, value)),
  fc.nat({ max: 0xffffffff }).map((value) => new Variant(VT.UI4, value)),
  fc.boolean().map((value) => new Variant(VT.BOOL, value)),
  fc.double({ noNaN: true }).map((value) => new Variant(VT.R8, value)),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value) => new Variant(VT.CY, value)),
  fc.string({ maxLength: 40 }).map((value) => new Variant(VT.BSTR, value)),
  fc.constant(new Variant(VT.BSTR, null)),
);

const anyLibrary: fc.Arbitrary<TypeLibrary> = fc
  .uniqueArray(names, { minLength: 1, maxLength: 6, selector: (name) => name.toLowerCase() })
  .chain((typeNames) => {
    const type = anyType(typeNames.length);
    const doc = record({
      docString: fc.option(fc.string({ maxLength: 20 }), { nil: undefined }),
      helpContext: fc.nat(),
      helpStringContext: fc.constantFrom(0, 0, 7),
      customData: fc.array(record({ guid: fc.uuid().map(guid), value: anyConstant }), { maxLength: 2 }),
    });
    const param = record({
      type,
      flags: fc.constantFrom(1, 2, 3, 10, 17),
      defaultValue: anyConstant,
      customData: fc.constant([]),
    });
    const member = record({
      type,
      doc,
      params: fc.array(param, { maxLength: 4 }),
      value: anyConstant,
      memid: fc.integer(),
    });
    return fc
      .array(
        record({
          doc,
          functions: fc.array(member, { maxLength: 4 }),
          variables: fc.array(member, { maxLength: 4 }),
        }),
        {
          minLength: typeNames.length,
          maxLength: typeNames.length,
        },
      )
      .map((bodies) => {
        const library = new LibraryBuilder({ name: "Any", guid: LIBID, docString: "any" });
        for (const [i, name] of typeNames.entries()) {
          const body = bodies[i];
          if (body === undefined) continue;
          const made = library.addType(name, TYPEKIND.TKIND_INTERFACE, body.doc);
          for (const [j, { type: result, doc: memberDoc, params, memid }] of body.functions.entries()) {
            made.addFunction({
              ...memberDoc,
              name: `f${i}_${j}`,
              memid,
              result,
              params: params.map(({ flags, defaultValue, ...rest }, k) => ({
                ...rest,
                name: `parameter_${k}`,
                flags: flags === 17 ? flags | 0x20 : flags,
                defaultValue: flags === 17 ? defaultValue : undefined,
              })),
            });
          }
          for (const [j, { type: of, doc: memberDoc, value, memid }] of body.variables.entries()) {
            made.addVariable({ ...memberDoc, name: `v${i}_${j}`, memid, type: of, value });
          }
        }
        return library.build();
      });
  });

describe("any library", () => {
  it("survives the way through a file, and its bytes do not change again", () => {
    fc.assert(
      fc.property(anyLibrary, (library) => {
        const written = writeMsft(library);
        const again = readTypeLibrary(written);
        assert.deepEqual(again, library);
        assert.deepEqual(writeMsft(again), written);
      }),
      { numRuns: 150 },
    );
  });
});

describe("names", () => {
  it("hash as they stand in a file that a compiler wrote", () => {
    const bytes = hexFixture("typelib-sample32.hex");
    const library = readTypeLibrary(bytes);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const directory = 0x54 + library.types.length * 4;
    const start = view.getUint32(directory + 7 * 16, true);
    const length = view.getUint32(directory + 7 * 16 + 4, true);
    let checked = 0;
    for (let at = start; at < start + length; checked++) {
      const size = view.getUint8(at + 8);
      const name = Buffer.from(bytes.subarray(at + 12, at + 12 + size)).toString("latin1");
      assert.equal(hashOfName(name, 0x409) & 0xffff, view.getUint16(at + 10, true), name);
      at += 12 + Math.ceil(size / 4) * 4;
    }
    assert.ok(checked > 50);
  });

  it("hash alike in any letter case, and name their language", () => {
    assert.equal(hashOfName("Window", 0x409), hashOfName("WINDOW", 0x409));
    assert.equal(hashOfName("x", 0x409) >>> 16, 0x10);
    assert.equal(hashOfName("x", 0x411) >>> 16, 0x40);
  });

  it("are in the code page of the language", () => {
    const western = codePageOf(0x407);
    assert.deepEqual([...western.encode("ä€’")], [0xe4, 0x80, 0x92]);
    assert.equal(western.decode(Uint8Array.of(0xe4, 0x80, 0x92)), "ä€’");
    assert.throws(() => western.encode("漢"), hasCode(HResult.E_INVALIDARG));
    const japanese = codePageOf(0x411);
    assert.deepEqual([...japanese.encode("aあ漢")], [0x61, 0x82, 0xa0, 0x8a, 0xbf]);
    assert.equal(japanese.decode(japanese.encode("aあ漢")), "aあ漢");
    assert.equal(codePageOf(0x419).decode(Uint8Array.of(0xcf)), "П");
  });
});
