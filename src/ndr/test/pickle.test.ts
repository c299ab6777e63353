import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex, toHex } from "../../base/index.ts";
import {
  array,
  arm,
  enumeration,
  field,
  guidType,
  hresult,
  i32,
  i64,
  string,
  struct,
  u16,
  u32,
  u64,
  u8,
  union,
  unique,
} from "../codegen/v1.ts";
import { decodePickle, encodePickle, type NdrType, pickleLength } from "../index.ts";
import { activation, claimsFourNumbers, claimsThreeEntries, claimsTwoEntries } from "./pickle-vectors.ts";
import { BAD_STUB_DATA, refused } from "./support.ts";

const text = unique(string("wchar"));

// [MS-ADTS] 2.2.18: claims.
const claimType = enumeration("CLAIM_TYPE", { INT64: 1, UINT64: 2, STRING: 3, BOOLEAN: 6 });
const values = (name: string, of: NdrType): NdrType =>
  struct(name, () => [field("ValueCount", u32), field("Values", unique(array(of, { size: "ValueCount" })))]);
const claimValues = union("CLAIM_VALUES", claimType, () => [
  arm([1], "Int64", values("INT64_VALUES", i64)),
  arm([2], "Uint64", values("UINT64_VALUES", u64)),
  arm([3], "String", values("STRING_VALUES", text)),
  arm([6], "Boolean", values("BOOLEAN_VALUES", u64)),
  arm([], "", null),
]);
const claimEntry = struct("CLAIM_ENTRY", () => [
  field("Id", text),
  field("Type", claimType),
  field("Values", claimValues, { switchIs: "Type" }),
]);
const claimsArray = struct("CLAIMS_ARRAY", () => [
  field("usClaimsSourceType", u16),
  field("ulClaimsCount", u32),
  field("ClaimEntries", unique(array(claimEntry, { size: "ulClaimsCount" }))),
]);
const claimsSet = unique(
  struct("CLAIMS_SET", () => [
    field("ulClaimsArrayCount", u32),
    field("ClaimsArrays", unique(array(claimsArray, { size: "ulClaimsArrayCount" }))),
    field("usReservedType", u16),
    field("ulReservedFieldSize", u32),
    field("ReservedField", unique(array(u8, { size: "ulReservedFieldSize" }))),
  ]),
);

interface Claims {
  readonly ClaimsArrays: readonly {
    readonly ClaimEntries: readonly { readonly Id: string; readonly Values: unknown }[];
  }[];
}

test("claims of a Windows domain controller are read, and written byte for byte", () => {
  for (const blob of [claimsTwoEntries, claimsFourNumbers, claimsThreeEntries]) {
    const wire = fromHex(blob);
    assert.equal(pickleLength(wire), wire.length);
    assert.equal(toHex(encodePickle(claimsSet, decodePickle(claimsSet, wire))), blob);
  }
  const set = decodePickle<Claims>(claimsSet, fromHex(claimsThreeEntries));
  assert.deepEqual(
    set.ClaimsArrays[0]?.ClaimEntries.map((entry) => [entry.Id, entry.Values]),
    [
      ["720fd3c3_9", { tag: 6, Boolean: { ValueCount: 1, Values: new BigUint64Array([1n]) } }],
      ["720fd3c3_7", { tag: 3, String: { ValueCount: 3, Values: ["foo", "bar", "baz"] } }],
      [
        "720fd3c3_8",
        { tag: 2, Uint64: { ValueCount: 4, Values: new BigUint64Array([655369n, 65543n, 65542n, 65536n]) } },
      ],
    ],
  );
});

// [MS-DCOM] 2.2.22: activation properties.
const mInterfacePointer = struct("MInterfacePointer", () => [
  field("ulCntData", u32),
  field("abData", array(u8, { size: "ulCntData" })),
]);
const comVersion = struct("COMVERSION", () => [field("MajorVersion", u16), field("MinorVersion", u16)]);
const properties = {
  customHeader: struct("CustomHeader", () => [
    field("totalSize", u32),
    field("headerSize", u32),
    field("dwReserved", u32),
    field("destCtx", u32),
    field("cIfs", u32),
    field("classInfoClsid", guidType),
    field("pclsid", unique(array(guidType, { size: "cIfs" }))),
    field("pSizes", unique(array(u32, { size: "cIfs" }))),
    field("pdwReserved", unique(u32)),
  ]),
  instantiationInfo: struct("InstantiationInfoData", () => [
    field("classId", guidType),
    field("classCtx", u32),
    field("actvflags", u32),
    field("fIsSurrogate", i32),
    field("cIID", u32),
    field("instFlag", u32),
    field("pIID", unique(array(guidType, { size: "cIID" }))),
    field("thisSize", u32),
    field("clientCOMVersion", comVersion),
  ]),
  activationContextInfo: struct("ActivationContextInfoData", () => [
    field("clientOK", i32),
    field("bReserved1", i32),
    field("dwReserved1", u32),
    field("dwReserved2", u32),
    field("pIFDClientCtx", unique(mInterfacePointer)),
    field("pIFDPrototypeCtx", unique(mInterfacePointer)),
  ]),
  securityInfo: struct("SecurityInfoData", () => [
    field("dwAuthnFlags", u32),
    field(
      "pServerInfo",
      unique(
        struct("COSERVERINFO", () => [
          field("dwReserved1", u32),
          field("pwszName", text),
          field("pdwReserved", unique(u32)),
          field("dwReserved2", u32),
        ]),
      ),
    ),
    field("pdwReserved", unique(u32)),
  ]),
  scmRequestInfo: struct("ScmRequestInfoData", () => [
    field("pdwReserved", unique(u32)),
    field(
      "remoteRequest",
      unique(
        struct("customREMOTE_REQUEST_SCM_INFO", () => [
          field("ClientImpLevel", u32),
          field("cRequestedProtseqs", u16),
          field("pRequestedProtseqs", unique(array(u16, { size: "cRequestedProtseqs" }))),
        ]),
      ),
    ),
  ]),
  propsOutInfo: propsOutInfo(),
  propsOutInfoB3: propsOutInfo(),
} as const;

function propsOutInfo(): NdrType {
  return struct("PropsOutInfo", () => [
    field("cIfs", u32),
    field("piid", unique(array(guidType, { size: "cIfs" }))),
    field("phresults", unique(array(hresult, { size: "cIfs" }))),
    field("ppIntfData", unique(array(unique(mInterfacePointer), { size: "cIfs" }))),
  ]);
}

test("activation properties of Windows are read, and written byte for byte", () => {
  for (const name of Object.keys(properties) as (keyof typeof properties)[]) {
    const wire = fromHex(activation[name]);
    const value = decodePickle(properties[name], wire);
    assert.equal(toHex(encodePickle(properties[name], value)), activation[name], name);
  }
  assert.deepEqual(decodePickle(properties.instantiationInfo, fromHex(activation.instantiationInfo)), {
    classId: "49b2791a-b1ae-4c90-9b8e-e860ba07f889",
    classCtx: 16,
    actvflags: 0,
    fIsSurrogate: 0,
    cIID: 1,
    instFlag: 0,
    pIID: ["00000001-0000-0000-c000-000000000046"],
    thisSize: 88,
    clientCOMVersion: { MajorVersion: 5, MinorVersion: 7 },
  });
});

test("headers that are not a serialized type's are refused", () => {
  const good = activation.scmRequestInfo;
  for (const bad of [
    good.slice(0, 30),
    `02${good.slice(2)}`,
    `${good.slice(0, 2)}20${good.slice(4)}`,
    `${good.slice(0, 4)}0900${good.slice(8)}`,
    `${good.slice(0, 16)}ffffffff${good.slice(24)}`,
  ]) {
    refused(() => decodePickle(properties.scmRequestInfo, fromHex(bad)), BAD_STUB_DATA);
  }
});
