import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteReader, ByteWriter, fromHex, toHex } from "../../base/index.ts";
import {
  array,
  arm,
  boolean,
  contextHandle,
  enumeration,
  field,
  i32,
  ref,
  string,
  struct,
  u16,
  u32,
  u64,
  u8,
  union,
  unique,
  voidType,
} from "../codegen/v1.ts";
import { type MethodDescriptor, type NdrType, methodCodec, ndr20, ndr64, plainContext } from "../index.ts";
import { samba, type Vector } from "./samba-vectors.ts";

type Direction = "in" | "out" | "inout";

function method(
  name: string,
  ...params: [name: string, direction: Direction, type: NdrType, extra?: object][]
): MethodDescriptor {
  return {
    name,
    opnum: 0,
    returns: u32,
    params: params.map(([param, direction, type, extra]) => ({
      name: param,
      in: direction !== "out",
      out: direction !== "in",
      type,
      ...extra,
    })),
  };
}

function vector(name: string): Vector {
  const found = samba[name];
  assert.ok(found, name);
  return found;
}

/** The arguments in all three forms, encoded and decoded. */
function request(name: string, of: MethodDescriptor, args: readonly unknown[], ndr64Too = true): void {
  const { le, be, ndr64: wide } = vector(`${name}.in`);
  for (const [syntax, text] of ndr64Too
    ? ([
        [ndr20, le],
        [ndr64, wide],
      ] as const)
    : ([[ndr20, le]] as const)) {
    const codec = methodCodec(of, syntax);
    const writer = new ByteWriter();
    codec.encodeRequest(writer, args, plainContext);
    assert.equal(toHex(writer.finish()), text, `${name}, ${syntax.name}`);
    assert.deepEqual(codec.decodeRequest(new ByteReader(fromHex(text)), plainContext), args);
  }
  const big = new ByteReader(fromHex(be), 0, be.length / 2, false);
  assert.deepEqual(methodCodec(of).decodeRequest(big, plainContext), args, `${name}, big-endian`);
}

function response(name: string, of: MethodDescriptor, args: readonly unknown[], result: unknown): void {
  const { le, be, ndr64: wide } = vector(`${name}.out`);
  for (const [syntax, text] of [
    [ndr20, le],
    [ndr64, wide],
  ] as const) {
    const codec = methodCodec(of, syntax);
    const writer = new ByteWriter();
    codec.encodeResponse(writer, args, result, 0, plainContext);
    assert.equal(toHex(writer.finish()), text, `${name}, ${syntax.name}`);
    const back = codec.decodeResponse(new ByteReader(fromHex(text)), args, plainContext, { code: 1 });
    assert.deepEqual(back, result);
  }
  const big = new ByteReader(fromHex(be), 0, be.length / 2, false);
  assert.deepEqual(
    methodCodec(of).decodeResponse(big, args, plainContext, { code: 1 }),
    result,
    `${name}, big-endian`,
  );
}

const text = unique(string("wchar"));
const handle = { attributes: 0, uuid: "12345678-1234-abcd-ef00-0123456789ab" };

test("echo: strings, unions of every alignment, enumerations, a conformant structure", () => {
  request("AddOne", method("AddOne", ["in_data", "in", u32], ["out_data", "out", ref(u32)]), [41]);
  const call = {
    ...method("TestCall", ["s1", "in", ref(string("wchar"))], ["s2", "out", ref(text)]),
    returns: voidType,
  };
  request("TestCall", call, ["input string"]);
  response("TestCall", call, ["input string"], "out");

  const info = (name: string, ...fields: [string, NdrType][]): NdrType =>
    struct(name, () => fields.map(([member, type]) => field(member, type)));
  const info1 = info("info1", ["v", u8]);
  const info4 = info("info4", ["v", u64]);
  const all = union("echo_Info", u16, () => [
    arm([1], "info1", info1),
    arm([2], "info2", info("info2", ["v", u16])),
    arm([3], "info3", info("info3", ["v", u32])),
    arm([4], "info4", info4),
    arm([5], "info5", info("info5", ["v1", u8], ["v2", u64])),
    arm([6], "info6", info("info6", ["v1", u8], ["info1", info1])),
    arm([7], "info7", info("info7", ["v1", u8], ["info4", info4])),
  ]);
  const call2 = method("TestCall2", ["level", "in", u16], ["info", "out", ref(all), { switchIs: "level" }]);
  const results: Record<number, object> = {
    1: { info1: { v: 10 } },
    2: { info2: { v: 20 } },
    3: { info3: { v: 30 } },
    5: { info5: { v1: 50, v2: 60n } },
    6: { info6: { v1: 70, info1: { v: 80 } } },
    7: { info7: { v1: 80, info4: { v: 12345n } } },
  };
  for (const [level, value] of Object.entries(results)) {
    const tag = Number(level);
    response(`TestCall2.${level}`, call2, [tag], { info: { tag, ...value }, returnValue: 0 });
  }

  const enum1 = enumeration("Enum1", { ECHO_ENUM1: 1, ECHO_ENUM2: 2 });
  const wide = enumeration("Enum1_32", { ECHO_ENUM1_32: 1, ECHO_ENUM2_32: 2 }, true);
  const enum2 = struct("Enum2", () => [field("e1", enum1), field("e2", wide)]);
  const enum3 = union("Enum3", u16, () => [arm([1], "e1", enum1), arm([2], "e2", enum2)]);
  request(
    "TestEnum",
    method(
      "TestEnum",
      ["foo1", "inout", ref(enum1)],
      ["foo2", "inout", ref(enum2)],
      ["foo3", "inout", ref(enum3), { switchIs: "foo1" }],
    ),
    [1, { e1: 1, e2: 2 }, { tag: 1, e1: 1 }],
  );

  const surrounding = struct("Surrounding", () => [
    field("x", u32),
    field("surrounding", array(u16, { size: "x" })),
  ]);
  const around = method("TestSurrounding", ["data", "inout", ref(surrounding)]);
  const value = { x: 3, surrounding: new Uint16Array([7, 8, 9]) };
  request("TestSurrounding", around, [value]);
});

test("srvsvc: a union of pointers to arrays of structures with strings", () => {
  const share = struct("NetShareInfo1", () => [
    field("name", text),
    field("type", u32),
    field("comment", text),
  ]);
  const counted = struct("NetShareCtr1", () => [
    field("count", u32),
    field("array", unique(array(share, { size: "count" }))),
  ]);
  const ctr = union("NetShareCtr", u32, () => [arm([1], "ctr1", unique(counted)), arm([], "", null)]);
  const infoCtr = struct("NetShareInfoCtr", () => [
    field("level", u32),
    field("ctr", ctr, { switchIs: "level" }),
  ]);
  const call = method(
    "NetShareEnumAll",
    ["server_unc", "in", text],
    ["info_ctr", "inout", ref(infoCtr)],
    ["max_buffer", "in", u32],
    ["totalentries", "out", ref(u32)],
    ["resume_handle", "inout", unique(u32)],
  );
  const shares = {
    level: 1,
    ctr: {
      tag: 1,
      ctr1: {
        count: 3,
        array: [
          { name: "IPC$", type: 3, comment: "Remote IPC" },
          { name: "data", type: 0, comment: null },
          { name: "prnt", type: 1, comment: "" },
        ],
      },
    },
  };
  request("NetShareEnumAll", call, ["\\\\SERVER", shares, 0xffffffff, 5]);
  response("NetShareEnumAll", call, ["\\\\SERVER", shares, 0xffffffff, 5], {
    info_ctr: shares,
    totalentries: 3,
    resume_handle: null,
    returnValue: 0,
  });
});

const sid = struct("dom_sid2", () => [
  field("sid_rev_num", u8),
  field("num_auths", u8),
  field("id_auth", array(u8, { fixed: 6 })),
  field("sub_auths", array(u32, { size: "num_auths" })),
]);
const sidValue = (authority: number, ...parts: number[]): object => ({
  sid_rev_num: 1,
  num_auths: parts.length,
  id_auth: new Uint8Array([0, 0, 0, 0, 0, authority]),
  sub_auths: new Uint32Array(parts),
});
const half = (name: string) => ({ op: "/", left: name, right: 2 }) as const;
const countedString = struct("lsa_String", () => [
  field("length", u16),
  field("size", u16),
  field("string", unique(array(u16, { size: half("size"), length: half("length") }))),
]);
const counted = (content: string, extra = 0): object => ({
  length: content.length * 2,
  size: content.length * 2 + extra,
  string: Uint16Array.from(content, (char) => char.charCodeAt(0)),
});
const transSids = struct("TransSidArray", () => [
  field("count", u32),
  field(
    "sids",
    unique(
      array(
        struct("TranslatedSid", () => [
          field("sid_type", enumeration("SidType", { USER: 1 })),
          field("rid", u32),
          field("sid_index", u32),
        ]),
        { size: "count" },
      ),
    ),
  ),
]);

test("lsa: conformant structures behind arrays of pointers, counted strings", () => {
  const sidPtr = struct("SidPtr", () => [field("sid", unique(sid))]);
  const sidArray = struct("SidArray", () => [
    field("num_sids", u32, { range: [0, 20480] }),
    field("sids", unique(array(sidPtr, { size: "num_sids" }))),
  ]);
  const names = struct("TransNameArray", () => [
    field("count", u32),
    field("names", unique(array(u32, { size: "count" }))),
  ]);
  const level = enumeration("Level", { ALL: 1 });
  request(
    "LookupSids",
    method(
      "LookupSids",
      ["handle", "in", ref(contextHandle)],
      ["sids", "in", ref(sidArray)],
      ["names", "inout", ref(names)],
      ["level", "in", level],
      ["count", "inout", ref(u32)],
    ),
    [
      handle,
      { num_sids: 2, sids: [{ sid: sidValue(5, 18) }, { sid: sidValue(5, 21, 1, 2, 3, 500) }] },
      { count: 0, names: null },
      1,
      0,
    ],
  );

  const domain = struct("DomainInfo", () => [field("name", countedString), field("sid", unique(sid))]);
  const domains = struct("RefDomainList", () => [
    field("count", u32),
    field("domains", unique(array(domain, { size: "count" }))),
    field("max_size", u32),
  ]);
  const lookup = method(
    "LookupNames",
    ["handle", "in", ref(contextHandle)],
    ["num_names", "in", u32, { range: [0, 1000] }],
    ["names", "in", array(countedString, { size: "num_names" })],
    ["domains", "out", ref(unique(domains))],
    ["sids", "inout", ref(transSids)],
    ["level", "in", level],
    ["count", "inout", ref(u32)],
  );
  const args = [handle, 2, [counted("alice"), counted("bob")], { count: 0, sids: null }, 1, 0];
  request("LookupNames", lookup, args);
  response("LookupNames", lookup, args, {
    domains: {
      count: 2,
      domains: [
        { name: counted("DOM", 2), sid: sidValue(5, 21, 9, 8, 7) },
        { name: counted("OTHER", 2), sid: null },
      ],
      max_size: 32,
    },
    sids: { count: 1, sids: [{ sid_type: 1, rid: 500, sid_index: 0 }] },
    count: 1,
    returnValue: 0,
  });
});

test("winreg: unique pointers to conformant varying arrays sized by parameters that come later", () => {
  const name = struct("winreg_String", () => [
    field("name_len", u16),
    field("name_size", u16),
    field("name", unique(string("wchar"))),
  ]);
  request(
    "QueryValue",
    method(
      "QueryValue",
      ["handle", "in", ref(contextHandle)],
      ["value_name", "in", ref(name)],
      ["type", "inout", unique(enumeration("Type", { SZ: 1 }, true))],
      ["data", "inout", unique(array(u8, { size: "data_size", length: "data_length" }))],
      ["data_size", "inout", unique(u32)],
      ["data_length", "inout", unique(u32)],
    ),
    [handle, { name_len: 24, name_size: 24, name: "ProductName" }, 1, new Uint8Array([1, 2, 3]), 16, 3],
  );
});

test("a value is not a boolean by accident", () => {
  const codec = methodCodec(method("Flag", ["flag", "in", boolean], ["next", "in", i32]));
  const writer = new ByteWriter();
  codec.encodeRequest(writer, [true, -1], plainContext);
  assert.equal(toHex(writer.finish()), "01000000ffffffff");
});
