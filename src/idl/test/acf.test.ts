import assert from "node:assert/strict";
import { test } from "node:test";
import type { Idl } from "../index.ts";
import { compileText, errorsOf, textsOf } from "./support.ts";

const idl = `
[uuid(5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e01), version(1.0)]
interface files {
  typedef struct NAME { long length; [size_is(length)] wchar_t *text; } NAME;
  typedef [context_handle] void *FILE_HANDLE;
  error_status_t Open([in] NAME *name, [out] FILE_HANDLE *file);
  void Read([in] FILE_HANDLE file, [in] long size, [out, size_is(size)] byte *data);
  void Close([in, out] FILE_HANDLE *file);
}`;

const acf = `
/* one program's view */
#define ALSO , optimize("s")
include "program.h";
[implicit_handle(handle_t hFiles), strict_context_handle ALSO]
interface files {
  include "more.h";
  typedef [encode, decode, user_marshal(PROGRAM_NAME)] NAME;
  [comm_status, fault_status, nocode] Open();
  [enable_allocate] Read([byte_count(size)] data, [comm_status, fault_status] status), Close([allocate(all_nodes, dont_free)] file);
}`;

type Named = { readonly name: string; readonly attributes: readonly string[] };
type Json = { interfaces: (Named & { methods: (Named & { params: Named[] })[] })[]; structs: Named[] };

const attributesOf = (list: readonly Named[] | undefined, name: string): readonly string[] | undefined =>
  list?.find((it) => it.name === name)?.attributes;

test("an .acf file beside the IDL adds its attributes to interfaces, types, procedures and parameters", () => {
  const result = compileText({ "Files.idl": idl, "files.ACF": acf });
  assert.deepEqual(textsOf(result), []);
  const { interfaces, structs } = result.json() as Json;
  const [files] = interfaces;
  assert.deepEqual(files?.attributes.slice(-3), [
    "implicit_handle(handle_t hFiles)",
    "strict_context_handle",
    'optimize("s")',
  ]);
  assert.deepEqual(attributesOf(files?.methods, "Open"), ["comm_status", "fault_status", "nocode"]);
  assert.deepEqual(attributesOf(files?.methods, "Read"), [
    "enable_allocate",
    "comm_status(status)",
    "fault_status(status)",
  ]);
  const params = (name: string): Named[] | undefined => files?.methods.find((it) => it.name === name)?.params;
  assert.deepEqual(attributesOf(params("Read"), "data"), ["out", "size_is(size)", "byte_count(size)"]);
  assert.deepEqual(attributesOf(params("Close"), "file"), ["in", "out", "allocate(all_nodes, dont_free)"]);
  assert.equal(params("Read")?.length, 3);
  assert.deepEqual(attributesOf(structs, "NAME"), ["encode", "decode", "user_marshal(PROGRAM_NAME)"]);
});

test("what travels is what the IDL says: user_marshal changes no type", () => {
  const plain = compileText({ "a.idl": idl });
  const configured = compileText({ "a.idl": idl, "a.acf": acf });
  assert.deepEqual(errorsOf(configured), []);
  assert.equal(configured.typescript(), plain.typescript());
});

test("--acf names another file, and one that is not there is an error", () => {
  const attributes = (result: { model: Idl.Model | undefined }): string[] | undefined =>
    result.model?.entities.find((it) => it.kind === "interface")?.attributes.map((it) => it.name);
  const given = compileText(
    { "a.idl": idl, "a.acf": acf, "server.acf": "[explicit_handle] interface files {}" },
    { acf: "server.acf" },
  );
  assert.deepEqual(textsOf(given), []);
  assert.deepEqual(attributes(given), ["uuid", "version", "explicit_handle"]);
  assert.match(
    textsOf(compileText({ "a.idl": idl }, { acf: "none.acf" })).join(),
    /cannot read the file "none\.acf"/,
  );
});

test("an .acf file that names what the IDL has not is warned of, and read on after an error", () => {
  const result = compileText({
    "a.idl": idl,
    "a.acf": `interface files {
  [nocode] Opne();
  typedef [encode] NOTHING;
  [nocode] Read([byte_count(n)] dta);
  [nocode Close();
  [code] Open();
}
interface others { }`,
  });
  assert.deepEqual(
    textsOf(result).map((it) => it.split("\n")[0]),
    [
      'a.acf:5:18: error: expected an attribute, found ";"',
      "a.acf:4:33: warning: Read has no parameter dta",
      "a.acf:2:12: warning: interface files has no procedure Opne",
      "a.acf:3:20: warning: interface files has no typedef NOTHING",
      "a.acf:8:11: warning: the IDL has no interface others",
    ],
  );
  const files = (result.json() as Json).interfaces[0];
  assert.deepEqual(attributesOf(files?.methods, "Open"), ["code"]);
});
