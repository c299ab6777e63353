import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { ComError, fromHex, guid } from "../../base/index.ts";
import { isSameObject } from "../../com/index.ts";
import { openRuntime } from "../../com/test/support.ts";
import { ITypeInfo2, ITypeLib2, TYPEKIND } from "../gen/oaidl.ts";
import { TypeLibStatus } from "../typelib/errors.ts";
import { LibraryBuilder } from "../typelib/builder.ts";
import { TypeLibraries } from "../typelib/libraries.ts";
import { readTypeLibrary, splitLibraryPath } from "../typelib/load.ts";
import { printIdl } from "../typelib/print-idl.ts";
import { queryPathOfRegTypeLib, registerTypeLib, unregisterTypeLib } from "../typelib/registration.ts";
import { LIBID_stdole } from "../typelib/roots.ts";
import { Variant } from "../variant.ts";
import { hasCode, hexFixture, textFixture } from "./typelib-support.ts";

const sample = hexFixture("typelib-sample32.hex");
const LIBID = guid("c0a17b1e-0000-4000-8000-00000000f001");
const IID_IShape = guid("c0a17b1e-0004-4000-8000-00000000f001");
const IID_IPlain = guid("c0a17b1e-0006-4000-8000-00000000f001");
const IID_Events = guid("c0a17b1e-0007-4000-8000-00000000f001");
const ALL = 15;

const folder = mkdtempSync(join(tmpdir(), "typelib-"));
after(() => rmSync(folder, { recursive: true }));

function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** A program with nothing but resources: a library as number 1 and another as number 3. */
function program(first: Uint8Array, third: Uint8Array): Uint8Array {
  const address = 0x1000;
  const offset = 0x200;
  const data = 0x200;
  const bytes = new Uint8Array(offset + data + first.length + third.length);
  const view = new DataView(bytes.buffer);
  const u16 = (at: number, value: number): void => view.setUint16(at, value, true);
  const u32 = (at: number, value: number): void => view.setUint32(at, value, true);
  bytes.set(fromHex("4d5a"));
  u32(0x3c, 0x40);
  bytes.set(fromHex("50450000"), 0x40);
  u16(0x40 + 6, 1);
  u16(0x40 + 20, 0xf0);
  u16(0x58, 0x20b);
  u32(0x58 + 108, 16);
  u32(0x58 + 112 + 16, address);
  const section = 0x58 + 0xf0;
  u32(section + 12, address);
  u32(section + 16, data + first.length + third.length);
  u32(section + 20, offset);
  const directory = (at: number, named: number, numbered: number): void => {
    u16(offset + at + 12, named);
    u16(offset + at + 14, numbered);
  };
  const entry = (at: number, key: number, target: number): void => {
    u32(offset + at, key);
    u32(offset + at + 4, target);
  };
  directory(0, 1, 0);
  entry(16, 0x80000100, 0x80000020);
  u16(offset + 0x100, 7);
  bytes.set(Buffer.from("TYPELIB", "utf16le"), offset + 0x102);
  directory(0x20, 0, 2);
  entry(0x30, 1, 0x80000040);
  entry(0x38, 3, 0x80000060);
  directory(0x40, 0, 1);
  entry(0x50, 0x409, 0x80);
  directory(0x60, 0, 1);
  entry(0x70, 0x409, 0x90);
  u32(offset + 0x80, address + data);
  u32(offset + 0x84, first.length);
  u32(offset + 0x90, address + data + first.length);
  u32(offset + 0x94, third.length);
  bytes.set(first, offset + data);
  bytes.set(third, offset + data + first.length);
  return bytes;
}

/** The same for 16-bit Windows: a new executable whose resources are aligned to 16 bytes. */
function oldProgram(first: Uint8Array): Uint8Array {
  const header = 0x80;
  const table = header + 0x40;
  const start = 0x200;
  const bytes = new Uint8Array(start + Math.ceil(first.length / 16) * 16);
  const view = new DataView(bytes.buffer);
  const words = (at: number, ...values: readonly number[]): void => {
    for (const [i, value] of values.entries()) view.setUint16(at + i * 2, value, true);
  };
  words(0, 0x5a4d);
  view.setUint32(0x3c, header, true);
  words(header, 0x454e);
  words(header + 0x24, table - header);
  const name = 0x60;
  // The shift; a type that is a number with one resource; TYPELIB with number 1; the end.
  words(table, 4, 0x8010, 1, 0, 0, start >> 4, 1, 0, 0x8001, 0, 0);
  words(table + 22, name, 1, 0, 0, start >> 4, Math.ceil(first.length / 16), 0, 0x8001, 0, 0, 0);
  bytes.set(Buffer.from("\u0007TypeLib", "latin1"), table + name);
  bytes.set(first, start);
  return bytes;
}

describe("loading type libraries", () => {
  it("takes programs of 16-bit Windows", () => {
    const made = oldProgram(sample);
    assert.equal(readTypeLibrary(made).name, "ComitySample");
    assert.throws(() => readTypeLibrary(made, 2), hasCode(TypeLibStatus.CANTLOADLIBRARY));
    // Without resources the next table stands where theirs would.
    const bare = made.slice();
    new DataView(bare.buffer).setUint16(0x80 + 0x26, 0x40, true);
    assert.throws(() => readTypeLibrary(bare), hasCode(TypeLibStatus.CANTLOADLIBRARY));
    for (let at = 0x80; at < 0x140; at++) {
      const broken = made.slice();
      broken[at] = 0xff;
      try {
        readTypeLibrary(broken);
      } catch (error) {
        assert.ok(error instanceof ComError);
      }
    }
  });

  it("takes files, and programs by number", () => {
    const old = hexFixture("typelib-old.hex");
    const path = file("two.dll", program(sample, old));
    const libraries = new TypeLibraries();
    assert.equal(libraries.load(path).library.name, "ComitySample");
    assert.equal(libraries.load(`${path}\\3`).library.name, "OldLib");
    assert.throws(() => libraries.load(`${path}\\2`), hasCode(TypeLibStatus.CANTLOADLIBRARY));
    assert.equal(libraries.load(path), libraries.load(path));
    assert.deepEqual(splitLibraryPath("C:\\a\\b.dll\\12"), { file: "C:\\a\\b.dll", index: 12 });
    assert.deepEqual(splitLibraryPath("/a/b.tlb"), { file: "/a/b.tlb", index: 1 });
  });

  it("says what is wrong with a file", () => {
    const libraries = new TypeLibraries({
      limits: { maxBytes: 10_000, maxTypes: 10, maxDepth: 64, maxMembers: 1000 },
    });
    assert.throws(() => libraries.load(join(folder, "none.tlb")), hasCode(TypeLibStatus.CANTLOADLIBRARY));
    assert.throws(
      () => libraries.load(file("text.tlb", Buffer.from("not a library at all"))),
      hasCode(TypeLibStatus.CANTLOADLIBRARY),
    );
    assert.throws(
      () => libraries.load(file("big.tlb", new Uint8Array(10_001))),
      hasCode(TypeLibStatus.SIZETOOBIG),
    );
    assert.throws(() => libraries.load(file("many.tlb", sample)), /11 types, 10 are allowed/);
    const hollow = program(sample, sample).slice(0, 0x260);
    assert.throws(() => readTypeLibrary(hollow), hasCode(TypeLibStatus.INVDATAREAD));
    assert.throws(() => readTypeLibrary(fromHex("4d5a")), hasCode(TypeLibStatus.CANTLOADLIBRARY));
  });
});

describe("registered type libraries", () => {
  it("are found by GUID, version and language, and their interfaces travel as they say", async () => {
    await using runtime = await openRuntime();
    const { registry } = runtime;
    const path = file("sample.tlb", sample);
    const library = readTypeLibrary(sample);
    await registry.edit((editor) => registerTypeLib(editor, library, path, { helpFolder: "/help" }));
    const key = "HKCR\\TypeLib\\{C0A17B1E-0000-4000-8000-00000000F001}\\1.3";
    assert.equal(registry.text(key), "Sample library");
    assert.equal(registry.text(`${key}\\0\\win32`), path);
    assert.equal(registry.text(`${key}\\FLAGS`), "0");
    assert.equal(registry.text(`${key}\\HELPDIR`), "/help");
    const proxy = (iid: string): string | undefined =>
      registry.text(`HKCR\\Interface\\{${iid}}\\ProxyStubClsid32`);
    assert.equal(proxy(IID_IShape), "{00020424-0000-0000-C000-000000000046}");
    assert.equal(proxy(IID_IPlain), "{00020424-0000-0000-C000-000000000046}");
    assert.equal(proxy(IID_Events), "{00020420-0000-0000-C000-000000000046}");
    assert.equal(registry.text(`HKCR\\Interface\\{${IID_IShape}}\\TypeLib`, "Version"), "1.3");

    const libraries = new TypeLibraries({ registry });
    const identity = { guid: LIBID, version: { major: 1, minor: 0 }, lcid: 0x409 };
    assert.equal(libraries.loadRegistered(identity).library.name, "ComitySample");
    assert.equal(queryPathOfRegTypeLib(registry, identity), path);
    for (const version of [
      { major: 1, minor: 4 },
      { major: 2, minor: 0 },
    ]) {
      assert.throws(
        () => queryPathOfRegTypeLib(registry, { guid: LIBID, version }),
        hasCode(TypeLibStatus.LIBNOTREGISTERED),
      );
    }

    await registry.edit((editor) => unregisterTypeLib(editor, library));
    assert.ok(!registry.exists("HKCR\\TypeLib\\{C0A17B1E-0000-4000-8000-00000000F001}"));
    assert.ok(!registry.exists(`HKCR\\Interface\\{${IID_IShape}}`));
    await assert.rejects(
      async () => registry.edit((editor) => unregisterTypeLib(editor, library)),
      hasCode(TypeLibStatus.REGISTRYACCESS),
    );
  });
});

describe("the interfaces of a type library", () => {
  const libraries = new TypeLibraries();
  const scope = libraries.add(readTypeLibrary(sample));

  it("lead from one type to others and back, always to the same objects", async () => {
    using library = libraries.typeLib(scope);
    using shape = await library.GetTypeInfoOfGuid(IID_IShape);
    assert.ok(shape);
    const { ppTLib, pIndex } = await shape.GetContainingTypeLib();
    assert.ok(ppTLib);
    assert.ok(isSameObject(ppTLib, library));
    using again = await library.GetTypeInfo(pIndex);
    assert.ok(again);
    assert.ok(isSameObject(again, shape));
    using partner = await shape.GetRefTypeInfo(await shape.GetRefTypeOfImplType(-1));
    assert.ok(partner);
    assert.ok(!isSameObject(partner, shape));
    using back = await partner.GetRefTypeInfo(await partner.GetRefTypeOfImplType(0xffffffff));
    assert.ok(back);
    assert.ok(isSameObject(back, shape));
    ppTLib.Release();
  });

  it("show functions of a dispinterface as IDispatch calls them, those of its bases first", async () => {
    const info = libraries.infoOf(scope.typeOfGuid(IID_IShape) ?? assert.fail());
    const index = info.GetFuncIndexOfMemId(2, 1);
    assert.equal(index, 7 + 2);
    const { ppFuncDesc } = info.GetFuncDesc(index);
    assert.equal(ppFuncDesc.cParams, 3);
    assert.equal(ppFuncDesc.elemdescFunc.tdesc.vt, 11);
    assert.deepEqual(info.names(2), ["Move", "dx", "dy", "note"]);
    assert.deepEqual(info.idsOfNames(["MOVE", "note", "nothing"]), [2, 2, -1]);
    assert.deepEqual(info.idsOfNames(["invoke"]), [0x60010003]);
    assert.throws(() => info.GetFuncDesc(99), hasCode(TypeLibStatus.ELEMENTNOTFOUND));
    assert.throws(() => info.GetNames(0x7777, 1), hasCode(TypeLibStatus.ELEMENTNOTFOUND));
    assert.throws(() => info.GetDllEntry(2, 1, 7), hasCode(TypeLibStatus.BADMODULEKIND));
    assert.equal(info.GetMops(2), null);
    assert.throws(() => info.GetImplTypeCustData(9, IID_IShape), hasCode(TypeLibStatus.ELEMENTNOTFOUND));
    assert.throws(() => info.GetAllImplTypeCustData(9), hasCode(TypeLibStatus.ELEMENTNOTFOUND));
  });

  it("give only the documentation that is asked for", () => {
    const info = libraries.infoOf(scope.typeOfGuid(IID_IShape) ?? assert.fail());
    const nothing = info.GetDocumentation(-1, 0);
    assert.deepEqual(Object.values(nothing), [null, null, 0, null]);
    assert.deepEqual(Object.values(info.GetDocumentation(-1, ALL)), [
      "IShape",
      "A shape",
      0x20,
      "sample.hlp",
    ]);
    assert.equal(info.GetDocumentation2(-1, 0, 1).pbstrHelpString, "A shape");
  });

  it("find names for compilers", async () => {
    using library = libraries.typeLib(scope);
    assert.deepEqual(await library.IsName("SHAPEEVENTS", 0), { pfName: 1, pBstrLibName: "ShapeEvents" });
    assert.equal((await library.IsName("nowhere", 0)).pfName, 0);
    const found = await library.FindName("corner", 0, 5);
    assert.equal(found.pcFound, 1);
    assert.deepEqual([...found.rgMemId], [10]);
    for (const info of found.ppTInfo) info?.Release();
    using comp = await library.GetTypeComp();
    assert.ok(comp);
    const red = await comp.Bind("red", 0, 0);
    assert.equal(red.pDescKind, 2);
    assert.equal(red.ppVarDesc?.memid, 0x40000000);
    red.ppTInfo?.Release();
    const colour = await comp.Bind("Colour", 0, 0);
    assert.equal(colour.pDescKind, 3);
    colour.ppTypeComp?.Release();
    // A member of the application object's default interface.
    const move = await comp.Bind("Move", 0, 0);
    assert.equal(move.pDescKind, 4);
    move.ppTInfo?.Release();
    move.ppTypeComp?.Release();
    assert.equal((await comp.Bind("nowhere", 0, 0)).pDescKind, 0);
    using type = await comp.BindType("shape", 0);
    assert.equal((await type?.GetTypeAttr())?.ppTypeAttr?.typekind, TYPEKIND.TKIND_COCLASS);
    using shape = await library.GetTypeInfoOfGuid(IID_IShape);
    using members = await shape?.GetTypeComp();
    assert.equal((await members?.Bind("name", 0, 4))?.ppFuncDesc?.invkind, 4);
    await assert.rejects(async () => members?.Bind("Move", 0, 2), hasCode(TypeLibStatus.TYPEMISMATCH));
  });

  it("name accessors as MIDL does: the one that reads speaks for a property, and a value that is set has no name", () => {
    const builder = new LibraryBuilder({ name: "Names", guid: guid("c0a17b1e-0009-4000-8000-00000000f002") });
    const made = builder.addType("IProperty", 3, { guid: guid("c0a17b1e-0009-4000-8000-00000000f003") });
    const long = { vt: 3 };
    const result = { vt: 25 };
    const params = [
      { name: "index", type: long },
      { name: "given", type: long },
    ];
    made.addFunction({ name: "Item", memid: 1, invoke: 4, result, params });
    made.addFunction({ name: "Item", memid: 1, invoke: 2, result, params });
    made.addFunction({ name: "Other", memid: 2, invoke: 4, result, params });
    const own = new TypeLibraries();
    const other = own.add(builder.build());
    const info = own.infoOf(other.typeOfName("IProperty") ?? assert.fail());
    assert.deepEqual(info.names(1), ["Item", "index", "given"]);
    assert.deepEqual(info.names(2), ["Other", "index"]);
  });

  it("find a type and the members of others by one name", async () => {
    const builder = new LibraryBuilder({ name: "Find", guid: guid("c0a17b1e-0009-4000-8000-00000000f004") });
    builder.addType("Red", 0).addVariable({ name: "RED", type: { vt: 22 }, value: new Variant(3, 1) });
    builder.addType("Blue", 0).addVariable({ name: "blue2", type: { vt: 22 }, value: new Variant(3, 2) });
    const own = new TypeLibraries();
    using found = own.typeLib(own.add(builder.build()));
    const both = await found.FindName("red", 0, 10);
    assert.deepEqual([...both.rgMemId], [-1, 0x40000000]);
    const one = await found.FindName("red", 0, 1);
    assert.deepEqual([...one.rgMemId], [-1]);
    const none = await found.FindName("green", 0, 10);
    assert.deepEqual([none.pcFound, none.pBstrLibName], [0, null]);
    for (const info of [...both.ppTInfo, ...one.ppTInfo]) info?.Release();
  });

  it("make objects of coclasses when the set can", async () => {
    const asked: string[] = [];
    const able = new TypeLibraries({
      createInstance: (clsid, iid) => {
        asked.push(clsid, iid);
        return Promise.reject(new Error("none here"));
      },
    });
    const own = able.add(readTypeLibrary(sample));
    const info = able.infoOf(own.typeOfName("Shape") ?? assert.fail());
    await assert.rejects(async () => info.CreateInstance(IID_IShape), /none here/);
    assert.deepEqual(asked, ["c0a17b1e-0008-4000-8000-00000000f001", IID_IShape]);
    const interfaceInfo = able.infoOf(own.typeOfGuid(IID_IShape) ?? assert.fail());
    await assert.rejects(
      async () => interfaceInfo.CreateInstance(IID_IShape),
      hasCode(TypeLibStatus.BADMODULEKIND),
    );
  });

  it("find what they refer to in other libraries, or say what is missing", async () => {
    const dispatch = libraries.typeInfo(scope.typeOfGuid(IID_IShape)?.bases[1] ?? assert.fail());
    assert.equal((await dispatch.GetDocumentation(-1, 1)).pBstrName, "IDispatch");
    const { ppTLib } = await dispatch.GetContainingTypeLib();
    assert.equal((await ppTLib?.GetLibAttr())?.ppTLibAttr?.guid, LIBID_stdole);
    ppTLib?.Release();
    dispatch.Release();
    const library = readTypeLibrary(sample);
    const foreign = guid("c0a17b1e-ffff-4000-8000-00000000f001");
    const lost = libraries.add({
      ...library,
      imports: library.imports.map((one) => ({ ...one, guid: foreign, fileName: "../lost.tlb" })),
    });
    const shape = lost.typeOfName("IShape") ?? assert.fail();
    assert.throws(() => shape.bases, /lost\.tlb .* is not found/);
    assert.equal(ITypeLib2.base?.iid, "00020402-0000-0000-c000-000000000046");
    assert.equal(ITypeInfo2.base?.iid, "00020401-0000-0000-c000-000000000046");
  });
});

describe("a type library printed as IDL", () => {
  it("has every declaration of the IDL it was compiled from", () => {
    const libraries = new TypeLibraries();
    const text = printIdl(libraries.add(readTypeLibrary(sample)));
    assert.equal(text, textFixture("typelib-printed.idl"));
  });

  it("prints stdole without anything else", () => {
    const text = printIdl(new TypeLibraries().standard);
    assert.ok(text.startsWith(`[uuid(${LIBID_stdole}), version(2.0), helpstring("OLE Automation")]`));
    assert.match(text, /interface IDispatch : IUnknown\n/);
  });
});
