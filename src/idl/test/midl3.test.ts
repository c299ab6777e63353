import assert from "node:assert/strict";
import { test } from "node:test";
import type { CompileResult } from "../index.ts";
import { compileText, errorsOf, textsOf } from "./support.ts";
import { wellKnownFolder } from "../index.ts";
import { Compiler, memoryFileSystem, nodeFileSystem } from "../index.ts";

/** Compiles a text with the well-known files at hand. */
function compile(text: string): CompileResult {
  const own = memoryFileSystem({ "a.idl": text });
  const compiler = new Compiler({
    tolerant: true,
    fileSystem: {
      readFile: (path) =>
        own.readFile(path) ?? (path.startsWith(wellKnownFolder) ? nodeFileSystem.readFile(path) : undefined),
      readFolder: (path) =>
        path.startsWith(wellKnownFolder) ? nodeFileSystem.readFolder(path) : own.readFolder(path),
    },
  });
  return compiler.compile("a.idl");
}

function tables(result: CompileResult): Record<string, string[]> {
  const made: Record<string, string[]> = {};
  for (const it of result.model?.entities ?? [])
    if (it.kind === "interface")
      made[it.name] = [it.base?.name ?? "", ...it.methods.map((m) => `${m.opnum} ${m.name}`)];
  return made;
}

test("MIDL 3.0: properties, events and methods of an interface have their slots", () => {
  const result = compile(`namespace A.B {
    enum Mode { First, Second = 4 };
    struct Place { Int32 Row, Column; Mode Kind; };
    delegate void Changed(Object sender, Place place);
    [uuid(5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e01)]
    interface IView requires Windows.Foundation.IClosable {
      String Title { get; };
      Int32 Row;
      event Changed Moved;
      Boolean Find(String what, out Place found, UInt8[] mask);
      void Clear();
      [contract(X, 2)] { Double Zoom { get; set; }; }
    }
  }`);
  assert.deepEqual(errorsOf(result), []);
  assert.deepEqual(tables(result), {
    IChanged: ["IUnknown", "3 Invoke"],
    IView: [
      "IInspectable",
      "6 get_Title",
      "7 get_Row",
      "8 put_Row",
      "9 add_Moved",
      "10 remove_Moved",
      "11 Find",
      "12 Clear",
      "13 get_Zoom",
      "14 put_Zoom",
    ],
  });
  const view = result.model?.entities.find((it) => it.name === "IView");
  assert.ok(view?.kind === "interface");
  assert.equal(view.iid, "5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e01");
  const find = view.methods.find((it) => it.name === "Find");
  assert.deepEqual(
    find?.params.map((it) => [it.name, it.in, it.out, it.retval]),
    [
      ["what", true, false, false],
      ["found", false, true, false],
      ["__maskSize", true, false, false],
      ["mask", true, false, false],
      ["result", false, true, true],
    ],
  );
});

test("MIDL 3.0: the members of a class become its interfaces", () => {
  const result = compile(`namespace A {
    unsealed runtimeclass Tool : Base, ITool2 {
      Tool();
      Tool(String name);
      Tool(String name, Int32 size);
      static Tool Find(String name);
      static Int32 Count { get; };
      void Use();
      overridable void OnUse();
      protected String Secret;
    }
    static runtimeclass Helpers { static String Describe(Tool tool); }
    runtimeclass Plain : IPlain {}
    interface IPlain { void Run(); }
  }`);
  assert.deepEqual(errorsOf(result), []);
  assert.deepEqual(tables(result), {
    ITool: ["IInspectable", "6 Use"],
    IToolFactory: ["IInspectable", "6 CreateInstance", "7 CreateInstance2"],
    IToolStatics: ["IInspectable", "6 Find", "7 get_Count"],
    IToolOverrides: ["IInspectable", "6 OnUse"],
    IToolProtected: ["IInspectable", "6 get_Secret", "7 put_Secret"],
    IHelpersStatics: ["IInspectable", "6 Describe"],
    IPlain: ["IInspectable", "6 Run"],
  });
});

test("a member of MIDL 3.0 that cannot be read is named, and the others stay", () => {
  const result = compile("namespace A { interface I { void A(); Int32 ++; void B(); } }");
  assert.deepEqual(errorsOf(result), []);
  assert.deepEqual(tables(result), { I: ["IInspectable", "6 A", "7 B"] });
  assert.ok(textsOf(result).some((it) => /a\.idl:1:.*left out/.test(it)));
});

test("a comma of a macro's argument separates nothing in a macro within", () => {
  const result = compileText(`#define COMMA ,
#define INNER(type, name) type name;
#define OUTER(type, name) INNER(type, name)
#define CALL(args) INNER args
typedef long A;
[uuid(5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e01)] interface I {
  typedef struct S { OUTER(A x COMMA, y) CALL((A, z)) } S;
}`);
  assert.deepEqual(errorsOf(result), []);
  const s = result.model?.entities.find((it) => it.name === "S");
  assert.deepEqual(s?.kind === "struct" && s.fields.map((it) => it.name), ["x", "y", "z"]);
});

test("an unknown attribute may hold what is no expression", () => {
  const result = compileText(`typedef struct S {
  short kind;
  [layout([switch_is(kind)] union { [case(1)] long a; })] short size;
} S;`);
  assert.deepEqual(errorsOf(result), []);
});

// As MIDL made them up for the headers of the Windows SDK; "~" stands for "Windows.Foundation.".
const instances: readonly (readonly [name: string, iid: string])[] = [
  ["~Collections.IIterator<UInt8>", "40556131-a2a1-5fab-aaee-5f35268ca26b"],
  ["~Collections.IIterable<UInt8>", "88318266-f3fd-50fc-8f08-b823a41b60c1"],
  ["~Collections.IIterator<Double>", "638a2cf4-f474-5318-9055-141cb909ac4b"],
  ["~Collections.IIterator<Single>", "42614e61-b0aa-5e72-9354-2771db20b7a8"],
  ["~Collections.IIterator<Guid>", "d3d64048-82b3-53c7-9285-b0be18368482"],
  ["~Collections.IIterator<String>", "8c304ebb-6615-50a4-8829-879ecd443236"],
  ["~Collections.IIterator<Object>", "44a94f2d-04f8-5091-b336-be7892dd10be"],
  ["~Collections.IIterator<Int32>", "bfea7f78-50c2-5f1d-a6ea-9e978d2699ff"],
  ["~Collections.IIterator<UInt32>", "f06a2739-9443-5ef0-b284-dc5aff3e7d10"],
  ["~Collections.IIterator<~Point>", "c602b59e-0a8e-5e99-b478-2b564585278d"],
  ["~Collections.IIterator<~Collections.IIterable<~Point>>", "377f6162-6e4d-574e-bf01-77f4fd021d0e"],
  ["~Collections.IKeyValuePair<Guid, Object>", "3bda1540-d089-5a1a-8f0d-94eba8068e58"],
  [
    "~Collections.IIterator<~Collections.IKeyValuePair<Guid, Object>>",
    "4f25059a-0b9a-5f25-9b9e-4b9f1d22ff65",
  ],
  ["~Collections.IKeyValuePair<String, String>", "60310303-49c5-52e6-abc6-a9b36eccc716"],
  [
    "~Collections.IIterator<~Collections.IKeyValuePair<String, String>>",
    "05eb86f1-7140-5517-b88d-cbaebe57e6b1",
  ],
  ["~Collections.IKeyValuePair<String, Object>", "09335560-6c6b-5a26-9348-97b781132b20"],
  [
    "~Collections.IIterator<~Collections.IKeyValuePair<String, Object>>",
    "5db5fa32-707c-5849-a06b-91c8eb9d10e8",
  ],
  ["~Collections.IVectorView<String>", "2f13c006-a03a-5f69-b090-75a43e33423e"],
  [
    "~Collections.IKeyValuePair<String, ~Collections.IVectorView<String>>",
    "bcde03ad-ea71-5077-a961-1c0ecff57202",
  ],
  [
    "~Collections.IIterator<~Collections.IKeyValuePair<String, ~Collections.IVectorView<String>>>",
    "643b6d83-457e-5a43-800f-b0449f91d96b",
  ],
  ["~Collections.IVector<String>", "98b9acc1-4b56-532e-ac73-03d5291cca90"],
  [
    "~Collections.IKeyValuePair<String, ~Collections.IVector<String>>",
    "174f26c7-79ea-5f7c-bd70-ac4457f2cac8",
  ],
  [
    "~Collections.IIterator<~Collections.IKeyValuePair<String, ~Collections.IVector<String>>>",
    "a11824c9-e458-502a-afd8-ce3ce0abd6fe",
  ],
  ["~Collections.IKeyValuePair<Object, Object>", "59e7ae0c-c29d-5ad6-bef5-dedb52a198e1"],
  [
    "~Collections.IIterator<~Collections.IKeyValuePair<Object, Object>>",
    "31e55e8a-0f05-52fd-90d3-b04aa331aaa4",
  ],
  ["~Collections.IMapView<String, Object>", "bb78502a-f79d-54fa-92c9-90c5039fdf7e"],
  ["~Collections.IIterator<~Collections.IMapView<String, Object>>", "53a2e825-9bf1-5083-8a7b-9d94f312dade"],
  ["~Collections.IIterator<~DateTime>", "f56158df-8947-5480-96ed-36c1057877ea"],
  ["~Collections.IIterator<~Size>", "a3508ee0-3527-5144-894d-422eadef43d7"],
  ["~Collections.IIterator<~TimeSpan>", "67e9eadb-324b-5661-a405-ded8445b1eea"],
  ["~Collections.IIterator<~Uri>", "1c157d0f-5efe-5cec-bbd6-0c6ce9af07a5"],
  ["~Collections.IIterator<Boolean>", "740a0296-a535-572a-bf0b-17c18ff71fe6"],
  ["~Collections.IMapChangedEventArgs<String>", "60141efb-f2f9-5377-96fd-f8c60d9558b5"],
  ["~Collections.IMap<Guid, Object>", "5ee3189c-7dbf-5998-ad07-5414fb82567c"],
  ["~Collections.MapChangedEventHandler<String, String>", "e2663f37-2e1b-500c-ad68-c3ed7a8f74c8"],
  ["~Collections.IObservableMap<String, String>", "1e036276-2f60-55f6-b7f3-f86079e6900b"],
  ["~Collections.VectorChangedEventHandler<Object>", "b423a801-d35e-56b9-813b-00889536cb98"],
  ["~Collections.IObservableVector<Object>", "7b81c56a-0985-518d-baa9-0da9ae009f65"],
  ["~EventHandler<Object>", "c50898f6-c536-5f47-8583-8b2c2438a13b"],
  ["~AsyncActionProgressHandler<Double>", "44825c7c-0da9-5691-b2b4-914f231eeced"],
  ["~AsyncActionWithProgressCompletedHandler<Double>", "94d64ac6-4491-53ef-8be8-36481f3ff1e8"],
  ["~IAsyncActionWithProgress<Double>", "4f1430a6-a825-56ca-b047-1a9bad52ba67"],
  ["~AsyncActionProgressHandler<UInt64>", "55e233ca-f243-5ae2-853b-f9cc7c0ae0cf"],
  ["~AsyncOperationProgressHandler<String, UInt64>", "14da7de7-40df-5d4c-823f-cf310625ad39"],
  ["~AsyncOperationWithProgressCompletedHandler<String, UInt64>", "bd75eebe-e7b5-5af6-8415-a4b9c9045202"],
  ["~IAsyncOperationWithProgress<String, UInt64>", "c8bbcb29-6b64-5ce2-a831-038f6e02199e"],
  ["~AsyncOperationProgressHandler<UInt32, UInt32>", "ea0fe405-d432-5ac7-9ef8-5a65e1f97d7e"],
  ["~AsyncOperationProgressHandler<UInt64, UInt64>", "ffb2b65d-4120-5d13-826d-107851e6bb1c"],
  ["~AsyncOperationProgressHandler<Boolean, Double>", "cadf3784-1200-5633-8280-163849914ab3"],
  ["~AsyncOperationCompletedHandler<Guid>", "5233899b-ba7e-504f-bb83-ceebac62decf"],
  ["~IAsyncOperation<Guid>", "6607bc41-294b-5975-9c3f-4b49836d0916"],
  ["~AsyncOperationCompletedHandler<Int64>", "d3ef5872-7d4e-59bb-95ed-79fe0f0dbe89"],
  [
    "~AsyncOperationCompletedHandler<~Collections.IMap<String, String>>",
    "39bb624e-b5c6-5785-ba46-3f45aaf3ef35",
  ],
  [
    "~AsyncOperationCompletedHandler<~Collections.IMap<String, Object>>",
    "7344f356-8399-5756-a2f8-abd50c4146ff",
  ],
  [
    "~AsyncOperationCompletedHandler<~Collections.IVectorView<String>>",
    "7c7899be-5f2e-5bf3-ade5-ad98b772c7cd",
  ],
  [
    "~AsyncOperationCompletedHandler<~Collections.IVectorView<Object>>",
    "261a9d81-f58f-5283-9461-ca3e31c1123c",
  ],
  [
    "~AsyncOperationCompletedHandler<~Collections.IVectorView<UInt32>>",
    "55772f29-da64-5c87-871c-074337a84573",
  ],
  [
    "~AsyncOperationCompletedHandler<~Collections.IVectorView<~Collections.IMapView<String, Object>>>",
    "a782a13a-16a0-5326-b985-c4ca49e54e77",
  ],
  ["~AsyncOperationCompletedHandler<~Collections.IVector<String>>", "fae4b396-97c8-5cc3-bf88-ea3098edf6b2"],
  ["~IReference<~DateTime>", "5541d8a7-497c-5aa4-86fc-7713adbf2a2c"],
  ["~AsyncOperationCompletedHandler<~IReference<~DateTime>>", "c4225d5e-1b7c-571e-9b88-2ab2eefa8c8f"],
  ["~AsyncOperationCompletedHandler<~IReference<~TimeSpan>>", "e137b677-bfef-54b0-b200-95c5c2902a25"],
  ["~IReference<Int16>", "6ec9e41b-6709-5647-9918-a1270110fc4e"],
  ["~IReference<~Rect>", "80423f11-054f-5eac-afd3-63b6ce15e77b"],
  ["~TypedEventHandler<Object, Object>", "c7e65ce2-fad5-5e3b-9c58-186ca8c1dd57"],
];

test("instances of generic interfaces have the IIDs that everybody makes up for them", () => {
  const named = instances.map(([name]) => name.replaceAll("~", "Windows.Foundation."));
  const result = compile(`namespace Windows.Foundation {
    [uuid(9e365e57-48b2-4160-956f-c7385120bbfc)] interface IUriRuntimeClass { String Domain { get; }; }
    runtimeclass Uri { [default] interface IUriRuntimeClass; }
    declare { ${named.map((it) => `interface ${it};`).join(" ")} }
  }`);
  assert.deepEqual(errorsOf(result), []);
  const made = new Map<string, string | undefined>();
  for (const it of result.model?.entities ?? [])
    if (it.kind === "interface" && it.instance !== undefined) made.set(it.instance, it.iid);
  for (const [i, [, iid]] of instances.entries()) assert.equal(made.get(named[i] ?? ""), iid, named[i]);
});

test("an instance of a generic interface has its methods, with the arguments put in", () => {
  const result = compile(`namespace A {
    [flags] enum Mode { None = 0, Some = 1 };
    struct Place { Double Row; Mode Kind; };
    [uuid(5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e01)] interface ITool {
      Windows.Foundation.Collections.IMap<String, Place> Places { get; };
      Windows.Foundation.Collections.IVector<ITool> Tools { get; };
      event Windows.Foundation.TypedEventHandler<ITool, Windows.Foundation.IReference<Mode>> Changed;
      Windows.Foundation.IAsyncOperation<NoSuchThing> Lost();
    }
  }`);
  assert.deepEqual(errorsOf(result), []);
  const made = tables(result);
  assert.deepEqual(made["IMap_String_Place"], [
    "IInspectable",
    "6 Lookup",
    "7 get_Size",
    "8 HasKey",
    "9 GetView",
    "10 Insert",
    "11 Remove",
    "12 Clear",
  ]);
  assert.deepEqual(made["TypedEventHandler_ITool_IReference_Mode"], ["IUnknown", "3 Invoke"]);
  const tool = result.model?.entities.find((it) => it.name === "ITool");
  assert.ok(tool?.kind === "interface");
  const text = result.typescript();
  assert.match(text, /get_Places\(options\?: CallOptions\): Awaitable<IMap_String_Place \| null>/);
  assert.match(
    text,
    /Insert\(key: string \| null, value: Place, options\?: CallOptions\): Awaitable<boolean>/,
  );
  assert.match(
    text,
    /GetMany\(\s*startIndex: number,\s*__itemsSize: number,[^]*?items: readonly \(ITool \| null\)\[\]/,
  );
  // Of an argument that nothing declares nothing follows.
  assert.ok(textsOf(result).some((it) => /Lost cannot be called remotely/.test(it)));
});

test("arguments of generic interfaces within one another end", () => {
  const deep = `${"Windows.Foundation.IReference<".repeat(300)}Int32${">".repeat(300)}`;
  const result = compile(`namespace A { interface I { ${deep} Value { get; }; } }`);
  assert.deepEqual(tables(result)["I"], ["IInspectable", "6 get_Value"]);
});

test("MIDL 3.0: overloads are numbered, blocks share attributes in enumerations too, a class may derive from another", () => {
  const result = compile(`namespace A {
    enum State { Idle, [contract(C, 2)] { Busy, }, [contract(C, 3)] { Lost = 9, Found } };
    interface IPart : IInspectable requires IOther, IMore { Int32 Size; }
    runtimeclass Base { Base(); void Run(); }
    runtimeclass Tool : Base {
      static String Text(Double value);
      static String Text(Double value, Int32 digits);
      [method_name("TextOfNothing")] static String Text();
      static String Text(byte[] value);
      event Changed Moved; void Moved();
    }
  }`);
  assert.deepEqual(errorsOf(result), []);
  assert.deepEqual(tables(result), {
    IPart: ["IInspectable", "6 get_Size", "7 put_Size"],
    IBase: ["IInspectable", "6 Run"],
    ITool: ["IInspectable", "6 add_Moved", "7 remove_Moved", "8 Moved"],
    IToolStatics: ["IInspectable", "6 Text", "7 Text2", "8 TextOfNothing", "9 Text3"],
  });
  const state = result.model?.entities.find((it) => it.name === "State");
  assert.ok(state?.kind === "enum");
  assert.deepEqual(
    state.values.map((it) => [it.name, it.value]),
    [
      ["Idle", 0],
      ["Busy", 1],
      ["Lost", 9],
      ["Found", 10],
    ],
  );
  assert.deepEqual(
    textsOf(result).filter((it) => /left out|is not an interface|two methods|taken for/.test(it)),
    [],
  );
});

test("a file with HRESULTs is none of MIDL 3.0 because a method begins as a class does", () => {
  const result = compile(`import "inspectable.idl";
  namespace A {
    runtimeclass ContrastEffect;
    [uuid(5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e01), exclusiveto(ContrastEffect)] interface IContrastEffect : IInspectable {
      [propget] HRESULT Contrast([out, retval] float* value);
      HRESULT ContrastOf([in] Windows.Foundation.Rect* whole);
    }
    [version(1.0)] runtimeclass ContrastEffect { [default] interface IContrastEffect; }
  }`);
  assert.deepEqual(textsOf(result), []);
  assert.deepEqual(tables(result), { IContrastEffect: ["IInspectable", "6 get_Contrast", "7 ContrastOf"] });
});
