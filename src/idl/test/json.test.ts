import assert from "node:assert/strict";
import { test } from "node:test";
import { compileText } from "./support.ts";

test("the bound model as plain data", () => {
  const text = `typedef long HRESULT;
[object, uuid(00000000-0000-0000-C000-000000000046)] interface IUnknown { HRESULT QueryInterface(); long AddRef(); long Release(); }
typedef enum E { A, B = 4 } E;
typedef struct S { E e; [size_is(n)] byte *p; long n; } S;
[object, uuid(5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e01), helpstring("x")] interface I : IUnknown {
  [propget, id(3)] HRESULT P([out, retval] long *v);
  HRESULT F([in, size_is(n * 2)] S *s, [in] long n);
}`;
  const json = JSON.parse(JSON.stringify(compileText(text).json())) as Record<
    string,
    Record<string, unknown>[]
  >;
  const it = json["interfaces"]?.[1];
  assert.deepEqual(
    { name: it?.["name"], iid: it?.["iid"], base: it?.["base"], attributes: it?.["attributes"] },
    {
      name: "I",
      iid: "5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e01",
      base: "IUnknown",
      attributes: ["object", "uuid(5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e01)", 'helpstring("x")'],
    },
  );
  const methods = it?.["methods"] as Record<string, unknown>[];
  assert.deepEqual(
    methods.map((method) => [method["name"], method["opnum"], method["id"]]),
    [
      ["get_P", 3, 3],
      ["F", 4, null],
    ],
  );
  assert.deepEqual(methods[1]?.["params"], [
    { name: "s", attributes: ["in", "size_is(n * 2)"], type: "S *", in: true, out: false, retval: false },
    { name: "n", attributes: ["in"], type: "int32", in: true, out: false, retval: false },
  ]);
  assert.deepEqual(json["enums"]?.[0]?.["values"], { A: 0, B: 4 });
});
