import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ByteWriter, GUID_NULL, HResult, guid } from "../../base/index.ts";
import { type IUnknown, defineClass, implement, pointerTo } from "../../com/index.ts";
import { Loopback } from "../../com/test/loopback.ts";
import {
  type Interface,
  type InterfaceDescriptor,
  type MethodDescriptor,
  type NdrType,
  defineInterface,
  methodCodec,
  ndr20,
  ndr64,
  plainContext,
} from "../../ndr/index.ts";
import { DispatchStub } from "../dispatch-server.ts";
import { ArgumentError } from "../invoke/arguments.ts";
import { createStdDispatch, dispGetParam, dispIdsOfNames } from "../std-dispatch.ts";
import { DispatchFlag } from "../member.ts";
import { ITypeInfo, TYPEKIND } from "../gen/oaidl.ts";
import { describeInterface } from "../typelib/descriptor.ts";
import { LibraryBuilder, type TypeBuilder } from "../typelib/builder.ts";
import type { TypeDesc, TypeLibrary } from "../typelib/model.ts";
import { stdole } from "../typelib/stdole.ts";
import { TypeCode } from "../typelib/type-code.ts";
import { SafeArray } from "../safearray.ts";
import { libraryFromDescriptors } from "../typelib/from-descriptor.ts";
import { writeMsft } from "../typelib/msft/write.ts";
import type { TypeInfoObject } from "../typelib/objects/type-info.ts";
import { typeInfoSource } from "../typelib/type-info-source.ts";
import { TypeLibStatus } from "../typelib/errors.ts";
import { TypeLibraries } from "../typelib/libraries.ts";
import { readTypeLibrary } from "../typelib/load.ts";
import type { LibraryScope, TypeView } from "../typelib/scope.ts";
import { Variant } from "../variant.ts";
import { VT } from "../vt.ts";
import { IPlain, IShape, IShape2, Shape, ShapeEvents } from "./gen/typelib-sample.ts";
import { hasCode, hexFixture } from "./typelib-support.ts";

function load(): LibraryScope {
  return new TypeLibraries().add(readTypeLibrary(hexFixture("typelib-sample32.hex")));
}

function typeOf(scope: LibraryScope, name: string): TypeView {
  const view = scope.typeOfName(name);
  assert.ok(view, name);
  return view;
}

/**
 * A descriptor without functions in it, for comparison. Enumerations of type libraries are always wide, and a name has the letter case of its first use
 * in the library.
 */
function flat(descriptor: InterfaceDescriptor): unknown {
  return {
    name: descriptor.name,
    iid: descriptor.iid,
    kind: descriptor.kind,
    dual: descriptor.dual,
    oleautomation: descriptor.oleautomation,
    base: descriptor.base?.iid,
    methods: descriptor.methods.map((method) => ({
      ...method,
      name: method.name.toLowerCase(),
      returns: flatType(method.returns),
      params: method.params.map((param) => ({
        ...param,
        name: param.name.toLowerCase(),
        type: flatType(param.type),
      })),
    })),
  };
}

function flatType(type: NdrType): unknown {
  switch (type.kind) {
    case "struct":
      return {
        ...type,
        fields: type.fields().map((field) => ({ ...field, type: flatType(field.type) })),
      };
    case "pointer":
      return { ...type, to: flatType(type.to) };
    case "array":
      return { ...type, of: flatType(type.of) };
    case "enum":
      return { ...type, wide: true };
    case "user":
      return type.name;
    default:
      return type;
  }
}

/** widl gives a property set no name for its value, and the compiler does. */
function withValueNames(descriptor: InterfaceDescriptor): InterfaceDescriptor {
  const { asyncIid: _, ...rest } = descriptor;
  return defineInterface({
    ...rest,
    base: () => descriptor.base as InterfaceDescriptor,
    methods: () =>
      descriptor.methods.map((method) =>
        method.invoke === "put" || method.invoke === "putref"
          ? {
              ...method,
              params: method.params.map((param, i) =>
                i === method.params.length - 1 ? { ...param, name: "value" } : param,
              ),
            }
          : method,
      ),
  });
}

describe("interfaces from a type library", () => {
  it("are what the IDL compiler prints for the same IDL", () => {
    const scope = load();
    for (const generated of [IShape, IShape2, IPlain]) {
      const made = describeInterface(typeOf(scope, generated.name));
      assert.deepEqual(flat(made), flat(withValueNames(generated)), generated.name);
    }
  });

  it("have the bytes of the generated codecs, in both forms of NDR", () => {
    const scope = load();
    const decimal = { wReserved: 0, scale: 28, sign: 0x80, Hi32: 1, Lo64: 5n };
    const names = new SafeArray(VT.BSTR, ["a", ""], [{ count: 2, lower: -3 }]);
    const corner = { x: 1, y: 2, z: Int16Array.of(1, 2, 3), label: "odd" };
    const calls: readonly [InterfaceDescriptor, string, readonly unknown[], unknown][] = [
      [IShape, "get_Name", [], "name"],
      [IShape, "put_Name", ["a\u0000b"], undefined],
      [IShape, "Move", [1.5, -2, new Variant(VT.CY, 12345n)], true],
      [
        IShape,
        "Data",
        [SafeArray.of(VT.I4, [1, 2, 3]), names, { int64: -1n }, -0.75, 2n ** 63n - 1n],
        { names, result: Variant.from([1, "two", null]) },
      ],
      [IShape, "Bytes", [1, 2, 3, 0.5, -5, 6, 0x80004005, 2n ** 64n - 1n, decimal, 65], undefined],
      [IShape, "Unnumbered", [1, 2], 3],
      [IShape2, "Corner", [7], corner],
      [IPlain, "Second", ["text"], 4],
    ];
    for (const [generated, name, args, result] of calls) {
      const made = describeInterface(typeOf(scope, generated.name));
      const [a, b] = [generated, made].map((one) =>
        one.methods.find((method) => method.name.toLowerCase() === name.toLowerCase()),
      );
      assert.ok(a && b, name);
      for (const syntax of [ndr20, ndr64]) {
        const bytes = (method: MethodDescriptor): string[] => {
          const codec = methodCodec(method, syntax);
          const [request, response] = [new ByteWriter(), new ByteWriter()];
          codec.encodeRequest(request, args, plainContext);
          codec.encodeResponse(response, args, result, 0, plainContext);
          return [request, response].map((writer) => Buffer.from(writer.finish()).toString("hex"));
        };
        assert.deepEqual(bytes(b), bytes(a), `${name} in ${syntax.name}`);
      }
    }
  });

  it("lose only the methods that cannot travel", async () => {
    const builder = new LibraryBuilder({ name: "Partly", guid: GUID_NULL });
    const either = builder.addType("Either", TYPEKIND.TKIND_UNION);
    either.addVariable({ name: "number", type: { vt: VT.I4 } });
    const holder = builder.addType("Holder", TYPEKIND.TKIND_RECORD);
    holder.addVariable({
      name: "either",
      type: { vt: TypeCode.USERDEFINED, reference: either.reference },
    });
    const type = builder.addType("IPartly", TYPEKIND.TKIND_DISPATCH, {
      guid: guid("c0a17b1e-0000-4000-8000-00000000f0aa"),
      flags: 0x140,
    });
    type.addImplType(builder.importType(stdole(), 4, "stdole2.tlb"));
    const method = (name: string, of: TypeDesc): void => {
      const pointer = { vt: TypeCode.PTR, element: of };
      type.addFunction({
        name,
        result: { vt: TypeCode.HRESULT },
        params: [{ name: "it", type: pointer, flags: 1 }],
      });
    };
    method("Bad", { vt: TypeCode.VOID });
    method("Worse", { vt: TypeCode.USERDEFINED, reference: holder.reference });
    method("Good", { vt: VT.I4 });
    const scope = new TypeLibraries().add(builder.build());
    const contract = describeInterface(typeOf(scope, "IPartly")) as Interface<
      IUnknown & Record<"Bad" | "Worse" | "Good", (it: unknown) => Promise<unknown>>
    >;
    const seen: unknown[] = [];
    const object = {
      Bad: (it: unknown) => seen.push(it),
      Worse: (it: unknown) => seen.push(it),
      Good: (it: unknown) => seen.push(it),
    };
    implement(object, contract);
    {
      using near = pointerTo(object, contract);
      await near.Bad(1);
    }
    const wire = new Loopback();
    using far = wire.proxy(object, contract);
    await far.Good(2);
    await assert.rejects(far.Bad(3), hasCode(TypeLibStatus.TYPEMISMATCH));
    await assert.rejects(far.Worse({ either: {} }), hasCode(TypeLibStatus.TYPEMISMATCH));
    assert.deepEqual(seen, [1, 2]);
    const stub = new DispatchStub(object, contract);
    const invoke = (name: string): Promise<unknown> =>
      stub.Invoke(
        stub.GetIDsOfNames(GUID_NULL, [name], 1, 0)[0] ?? -1,
        GUID_NULL,
        0,
        DispatchFlag.METHOD,
        { rgvarg: [new Variant(VT.I4, 4)], rgdispidNamedArgs: [], cArgs: 1, cNamedArgs: 0 },
        0,
        [],
        [],
      );
    await invoke("Good");
    await assert.rejects(invoke("Bad"), hasCode(HResult.DISP_E_BADVARTYPE));
    await assert.rejects(invoke("Worse"), /Worse cannot be called through IDispatch/);
    assert.deepEqual(seen, [1, 2, 4]);
  });

  it("end where a library leads in a circle, or out of what is there", () => {
    const builder = new LibraryBuilder({ name: "Loop", guid: guid("c0a17b1e-0000-4000-8000-00000000f0ab") });
    const add = (name: string, iid: string): TypeBuilder =>
      builder.addType(name, TYPEKIND.TKIND_INTERFACE, { guid: guid(iid), flags: 0x100 });
    const [first, second, stray] = [
      add("IFirst", "c0a17b1e-0001-4000-8000-00000000f0ab"),
      add("ISecond", "c0a17b1e-0002-4000-8000-00000000f0ab"),
      add("IStray", "c0a17b1e-0003-4000-8000-00000000f0ab"),
    ];
    first.addImplType(second.reference);
    second.addImplType(builder.importType(stdole(), 3, "stdole2.tlb"));
    stray.addImplType(second.reference);
    const library = builder.build();
    // As no compiler writes it: the base of the base is the first one again, and the third one's is in no library.
    const [a, b, c] = library.types;
    const hostile = {
      ...library,
      imports: [
        {
          guid: guid("c0a17b1e-0009-4000-8000-00000000f0ab"),
          version: { major: 1, minor: 0 },
          lcid: 0,
          fileName: "none.tlb",
        },
      ],
      types: [
        a,
        { ...b, implTypes: [{ reference: { local: 0 }, flags: 0, customData: [] }] },
        { ...c, implTypes: [{ reference: { imported: 0 }, flags: 0, customData: [] }] },
      ],
    } as TypeLibrary;
    const scope = new TypeLibraries().add(hostile);
    assert.throws(() => describeInterface(typeOf(scope, "IFirst")), hasCode(TypeLibStatus.CIRCULARTYPE));
    assert.throws(() => describeInterface(typeOf(scope, "IStray")), hasCode(TypeLibStatus.CANTLOADLIBRARY));
  });

  it("have dispinterfaces as the compiler prints them, apart from the order of methods", () => {
    const made = describeInterface(typeOf(load(), "ShapeEvents"));
    const byName = (descriptor: InterfaceDescriptor): unknown =>
      [...descriptor.methods]
        .map((method) => ({
          name: method.name.toLowerCase(),
          dispId: method.dispId,
          invoke: method.invoke,
          opnum: method.opnum,
        }))
        .toSorted((a, b) => a.name.localeCompare(b.name));
    assert.deepEqual(byName(made), byName(ShapeEvents));
  });

  it("are only made of interfaces, and refuse what does not travel", () => {
    const scope = load();
    assert.throws(() => describeInterface(typeOf(scope, "Colour")), hasCode(TypeLibStatus.WRONGTYPEKIND));
  });

  it("carry calls without generated code on either side", async () => {
    const scope = load();
    const contract = describeInterface(typeOf(scope, "IShape2")) as Interface<IShape2 & IUnknown>;
    const object = {
      Move: (dx: number, dy: number, note: Variant) => dx === 1.5 && dy === 2 && note.value === "far",
      get_Name: () => "circle",
      Corner: (index: number) => ({
        x: index,
        y: 0.25,
        z: Int16Array.of(1, -2, 3),
        label: "corner",
      }),
    };
    implement(object, contract);
    const wire = new Loopback();
    {
      using shape = wire.proxy(object, contract);
      assert.equal(await shape.Move(1.5, 2, new Variant(VT.BSTR, "far")), true);
      assert.equal(await shape.get_Name(), "circle");
      assert.deepEqual(await shape.Corner(-7), object.Corner(-7));
    }
    assert.equal(wire.held, 0);
  });

  it("give IDispatch its members", async () => {
    const object = {
      Move: (dx: number, dy: number) => dx > dy,
      name: "old",
      put_Name(value: string) {
        this.name = value;
      },
      get_Name() {
        return this.name;
      },
    };
    const stub = new DispatchStub(object, describeInterface(typeOf(load(), "IShape")));
    const ids = stub.GetIDsOfNames(GUID_NULL, ["move", "DY"], 2, 0);
    assert.deepEqual([...ids], [2, 1]);
    const call = (dispId: number, flags: number, args: readonly Variant[], named: readonly number[] = []) =>
      stub.Invoke(
        dispId,
        GUID_NULL,
        0,
        flags,
        { rgvarg: args, rgdispidNamedArgs: named, cArgs: args.length, cNamedArgs: named.length },
        0,
        [],
        [],
      );
    // dy is left out and has the default 2.
    const moved = await call(2, DispatchFlag.METHOD, [new Variant(VT.I4, 3)]);
    assert.deepEqual([moved.pVarResult.vt, moved.pVarResult.value], [VT.BOOL, true]);
    await call(1, DispatchFlag.PROPERTYPUT, [new Variant(VT.BSTR, "new")], [-3]);
    assert.equal((await call(1, DispatchFlag.PROPERTYGET, [])).pVarResult.value, "new");
    await assert.rejects(async () => call(99, 1, []), hasCode(HResult.DISP_E_MEMBERNOTFOUND));
  });
});

describe("the standard dispatch", () => {
  it("answers as the library says", async () => {
    const shape = typeOf(load(), "IShape");
    assert.deepEqual([...dispIdsOfNames(shape, ["Move", "dy", "note"])], [2, 1, 2]);
    assert.throws(() => dispIdsOfNames(shape, ["Move", "dz"]), hasCode(HResult.DISP_E_UNKNOWNNAME));
    const stub = createStdDispatch({ Move: (dx: number, dy: number) => dx === 1 && dy === 2 }, shape);
    const params = {
      rgvarg: [new Variant(VT.BSTR, "1")],
      rgdispidNamedArgs: null,
      cArgs: 1,
      cNamedArgs: 0,
    };
    const { pVarResult } = await stub.Invoke(2, GUID_NULL, 0, DispatchFlag.METHOD, params, 0, [], []);
    assert.equal(pVarResult.value, true);
  });

  it("finds arguments by position, by name, and the one a property is set to", () => {
    const i4 = (value: number): Variant => new Variant(VT.I4, value);
    // Named arguments stand first, the others behind them from right to left.
    const params = {
      rgvarg: [i4(9), i4(30), i4(20), Variant.byRef(VT.BSTR, { value: "10" })],
      rgdispidNamedArgs: new Int32Array([-3, 2]),
      cArgs: 4,
      cNamedArgs: 2,
    };
    assert.equal(dispGetParam(params, 0, VT.I4).value, 10);
    assert.equal(dispGetParam(params, 1, VT.BSTR).value, "20");
    assert.equal(dispGetParam(params, 2, VT.R8).value, 30);
    assert.equal(dispGetParam(params, -3, VT.I2).value, 9);
    assert.throws(() => dispGetParam(params, 3, VT.I4), hasCode(HResult.DISP_E_PARAMNOTFOUND));
    assert.throws(
      () => dispGetParam(params, 1, VT.DISPATCH),
      (error) => error instanceof ArgumentError && error.place === 2,
    );
  });
});

describe("a type library from interfaces", () => {
  it("describes them so that the same interfaces come out", () => {
    const library = libraryFromDescriptors({
      name: "Made",
      guid: guid("c0a17b1e-0000-4000-8000-00000000f004"),
      interfaces: [IShape2, IPlain, ShapeEvents],
    });
    const scope = new TypeLibraries().add(readTypeLibrary(writeMsft(library)));
    for (const generated of [IShape, IShape2, IPlain, ShapeEvents]) {
      const made = describeInterface(typeOf(scope, generated.name));
      assert.deepEqual(flat(made), flat(withValueNames(generated)), generated.name);
    }
  });

  it("tells callers the type of an object without a library", async () => {
    const libraries = new TypeLibraries();
    const types = typeInfoSource(libraries);
    const stub = new DispatchStub({}, IShape, { typeInfo: () => types.dispatchType(IShape, undefined, 0) });
    assert.equal(stub.GetTypeInfoCount(), 1);
    const wire = new Loopback();
    {
      using info = wire.proxy(stub.GetTypeInfo(0, 0), ITypeInfo);
      const { ppTypeAttr } = await info.GetTypeAttr();
      assert.equal(ppTypeAttr?.guid, IShape.iid);
      assert.equal(ppTypeAttr?.typekind, TYPEKIND.TKIND_DISPATCH);
      assert.equal(ppTypeAttr?.cFuncs, 17);
      assert.deepEqual((await info.GetNames(2, 10)).rgBstrNames, ["Move", "dx", "dy", "note"]);
    }
    assert.equal(wire.held, 0);
    assert.equal(types.dispatchType(IShape, undefined, 0), types.dispatchType(IShape, undefined, 0));
    assert.equal(types.dispatchType(undefined, undefined, 0), undefined);
  });

  it("tells the coclass of an object", () => {
    const libraries = new TypeLibraries();
    class Drawn {
      readonly sides = 4;
    }
    const definition = defineClass(Shape, Drawn);
    const info = typeInfoSource(libraries).classType(definition) as TypeInfoObject;
    const { ppTypeAttr } = info.GetTypeAttr();
    assert.deepEqual([ppTypeAttr.typekind, ppTypeAttr.cImplTypes], [TYPEKIND.TKIND_COCLASS, 3]);
    assert.deepEqual(
      [0, 1, 2].map((i) => info.GetImplTypeFlags(i)),
      [1, 0, 3],
    );
    assert.equal(info.referenced(info.GetRefTypeOfImplType(2)).view.type.name, "ShapeEvents");
  });

  it("prefers the library that describes the interface", () => {
    const libraries = new TypeLibraries();
    const scope = libraries.add(readTypeLibrary(hexFixture("typelib-sample32.hex")));
    const info = typeInfoSource(libraries).dispatchType(IShape, undefined, 0) as TypeInfoObject;
    assert.equal(info.view.scope, scope);
  });
});
