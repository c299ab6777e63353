import type { Guid } from "../../base/index.ts";
import {
  type Interface,
  type MethodDescriptor,
  type NdrType,
  type ParamDescriptor,
  type StructType,
  defineInterface,
} from "../../ndr/index.ts";
import {
  array,
  field,
  guidType,
  hresult,
  ref,
  string,
  struct,
  u16,
  u32,
  u64,
  u8,
  unique,
} from "../../ndr/codegen/v1.ts";
import { COMVERSION, DUALSTRINGARRAY, MInterfacePointer } from "./structures.ts";

/*
 * IRemoteSCMActivator and IActivation ([MS-DCOM] 3.1.2.5.2): plain RPC interfaces that carry ORPC heads as ordinary parameters.
 */

/** [MS-DCOM] 2.2.21.2 */
export interface ORPC_EXTENT {
  readonly id: Guid;
  readonly size: number;
  readonly data: Uint8Array;
}

const ORPC_EXTENT: StructType = struct("ORPC_EXTENT", () => [
  field("id", guidType),
  field("size", u32),
  field(
    "data",
    array(u8, {
      size: { op: "&", left: { op: "+", left: "size", right: 7 }, right: { op: "complement", of: 7 } },
    }),
  ),
]);

/** [MS-DCOM] 2.2.21.3 */
export interface ORPC_EXTENT_ARRAY {
  readonly size: number;
  readonly reserved: number;
  readonly extent: readonly (ORPC_EXTENT | null)[] | null;
}

const ORPC_EXTENT_ARRAY: StructType = struct("ORPC_EXTENT_ARRAY", () => [
  field("size", u32),
  field("reserved", u32),
  field(
    "extent",
    unique(
      array(unique(ORPC_EXTENT), {
        size: { op: "&", left: { op: "+", left: "size", right: 1 }, right: { op: "complement", of: 1 } },
      }),
    ),
  ),
]);

/** [MS-DCOM] 2.2.13.3 */
export interface ORPCTHIS {
  readonly version: COMVERSION;
  readonly flags: number;
  readonly reserved1: number;
  readonly cid: Guid;
  readonly extensions: ORPC_EXTENT_ARRAY | null;
}

export const ORPCTHIS: StructType = struct("ORPCTHIS", () => [
  field("version", COMVERSION),
  field("flags", u32),
  field("reserved1", u32),
  field("cid", guidType),
  field("extensions", unique(ORPC_EXTENT_ARRAY)),
]);

/** [MS-DCOM] 2.2.13.4 */
export interface ORPCTHAT {
  readonly flags: number;
  readonly extensions: ORPC_EXTENT_ARRAY | null;
}

export const ORPCTHAT: StructType = struct("ORPCTHAT", () => [
  field("flags", u32),
  field("extensions", unique(ORPC_EXTENT_ARRAY)),
]);

export interface ScmReply {
  readonly orpcthat: ORPCTHAT;
  readonly ppActProperties: MInterfacePointer | null;
}

/** The activator of machines since Windows XP. */
export interface IRemoteSCMActivator {
  RemoteGetClassObject(orpcthis: ORPCTHIS, pActProperties: MInterfacePointer | null): ScmReply;
  RemoteCreateInstance(
    orpcthis: ORPCTHIS,
    pUnkOuter: MInterfacePointer | null,
    pActProperties: MInterfacePointer | null,
  ): ScmReply;
}

export interface RemoteActivationReply {
  readonly ORPCthat: ORPCTHAT;
  readonly pOxid: bigint;
  readonly ppdsaOxidBindings: DUALSTRINGARRAY | null;
  readonly pipidRemUnknown: Guid;
  readonly pAuthnHint: number;
  readonly pServerVersion: COMVERSION;
  readonly phr: number;
  readonly ppInterfaceData: readonly (MInterfacePointer | null)[];
  readonly pResults: Uint32Array;
  readonly returnValue: number;
}

/** The activator of older machines ([MS-DCOM] 3.1.2.5.2.3.1). */
export interface IActivation {
  RemoteActivation(
    ORPCthis: ORPCTHIS,
    Clsid: Guid,
    pwszObjectName: string | null,
    pObjectStorage: MInterfacePointer | null,
    ClientImpLevel: number,
    Mode: number,
    Interfaces: number,
    pIIDs: readonly Guid[] | null,
    cRequestedProtseqs: number,
    aRequestedProtseqs: Uint16Array,
  ): RemoteActivationReply;
}

const into = (name: string, type: NdrType, range?: readonly [number, number]): ParamDescriptor => {
  const param = { name, type, in: true, out: false };
  return range === undefined ? param : { ...param, range };
};
const from = (name: string, type: NdrType): ParamDescriptor => ({ name, type, in: false, out: true });
const method = (
  name: string,
  opnum: number,
  returns: NdrType,
  ...params: ParamDescriptor[]
): MethodDescriptor => {
  return { name, opnum, params, returns };
};

export const IRemoteSCMActivator: Interface<IRemoteSCMActivator> = defineInterface({
  name: "IRemoteSCMActivator",
  iid: "000001a0-0000-0000-c000-000000000046",
  kind: "rpc",
  methods: () => [
    method(
      "RemoteGetClassObject",
      3,
      hresult,
      into("orpcthis", ref(ORPCTHIS)),
      from("orpcthat", ref(ORPCTHAT)),
      into("pActProperties", unique(MInterfacePointer)),
      from("ppActProperties", ref(unique(MInterfacePointer))),
    ),
    method(
      "RemoteCreateInstance",
      4,
      hresult,
      into("orpcthis", ref(ORPCTHIS)),
      from("orpcthat", ref(ORPCTHAT)),
      into("pUnkOuter", unique(MInterfacePointer)),
      into("pActProperties", unique(MInterfacePointer)),
      from("ppActProperties", ref(unique(MInterfacePointer))),
    ),
  ],
});

export const IActivation: Interface<IActivation> = defineInterface({
  name: "IActivation",
  iid: "4d9f4ab8-7d1c-11cf-861e-0020af6e7c57",
  kind: "rpc",
  methods: () => [
    method(
      "RemoteActivation",
      0,
      u32,
      into("ORPCthis", ref(ORPCTHIS)),
      from("ORPCthat", ref(ORPCTHAT)),
      into("Clsid", ref(guidType)),
      into("pwszObjectName", unique(string("wchar"))),
      into("pObjectStorage", unique(MInterfacePointer)),
      into("ClientImpLevel", u32),
      into("Mode", u32),
      into("Interfaces", u32, [1, 0x8000]),
      into("pIIDs", unique(array(guidType, { size: "Interfaces" }))),
      into("cRequestedProtseqs", u16, [0, 0x8000]),
      into("aRequestedProtseqs", array(u16, { size: "cRequestedProtseqs" })),
      from("pOxid", ref(u64)),
      from("ppdsaOxidBindings", ref(unique(DUALSTRINGARRAY))),
      from("pipidRemUnknown", ref(guidType)),
      from("pAuthnHint", ref(u32)),
      from("pServerVersion", ref(COMVERSION)),
      from("phr", ref(hresult)),
      from("ppInterfaceData", array(unique(MInterfacePointer), { size: "Interfaces" })),
      from("pResults", array(hresult, { size: "Interfaces" })),
    ),
  ],
});
