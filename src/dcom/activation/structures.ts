import type { Guid } from "../../base/index.ts";
import type { StructType } from "../../ndr/index.ts";
import {
  array,
  field,
  guidType,
  hresult,
  i32,
  string,
  struct,
  u16,
  u32,
  u64,
  u8,
  unique,
} from "../../ndr/codegen/v1.ts";

/*
 * The structures of the activation properties BLOB ([MS-DCOM] 2.2.22), members in wire order under their specified names.
 */

/** An OBJREF with its length ([MS-DCOM] 2.2.14). */
export interface MInterfacePointer {
  readonly ulCntData: number;
  readonly abData: Uint8Array;
}

export const MInterfacePointer: StructType = struct("MInterfacePointer", () => [
  field("ulCntData", u32),
  field("abData", array(u8, { size: "ulCntData" })),
]);

/** A DUALSTRINGARRAY as NDR has it: the two counts, then the units ([MS-DCOM] 2.2.19.1). */
export interface DUALSTRINGARRAY {
  readonly wNumEntries: number;
  readonly wSecurityOffset: number;
  readonly aStringArray: Uint16Array;
}

export const DUALSTRINGARRAY: StructType = struct("DUALSTRINGARRAY", () => [
  field("wNumEntries", u16),
  field("wSecurityOffset", u16),
  field("aStringArray", array(u16, { size: "wNumEntries" })),
]);

export interface COMVERSION {
  readonly MajorVersion: number;
  readonly MinorVersion: number;
}

export const COMVERSION: StructType = struct("COMVERSION", () => [
  field("MajorVersion", u16),
  field("MinorVersion", u16),
]);

/** What stands in the BLOB, and how long each is ([MS-DCOM] 2.2.22.1). */
export interface CustomHeader {
  readonly totalSize: number;
  readonly headerSize: number;
  readonly dwReserved: number;
  /** MSHCTX: 2 is another machine. */
  readonly destCtx: number;
  readonly cIfs: number;
  readonly classInfoClsid: Guid;
  readonly pclsid: readonly Guid[] | null;
  readonly pSizes: Uint32Array | null;
  readonly pdwReserved: number | null;
}

export const CustomHeader: StructType = struct("CustomHeader", () => [
  field("totalSize", u32),
  field("headerSize", u32),
  field("dwReserved", u32),
  field("destCtx", u32),
  field("cIfs", u32, { range: [1, 10] }),
  field("classInfoClsid", guidType),
  field("pclsid", unique(array(guidType, { size: "cIfs" }))),
  field("pSizes", unique(array(u32, { size: "cIfs" }))),
  field("pdwReserved", unique(u32)),
]);

/** What is to be activated ([MS-DCOM] 2.2.22.2.1). */
export interface InstantiationInfoData {
  readonly classId: Guid;
  readonly classCtx: number;
  readonly actvflags: number;
  readonly fIsSurrogate: number;
  readonly cIID: number;
  readonly instFlag: number;
  readonly pIID: readonly Guid[] | null;
  readonly thisSize: number;
  readonly clientCOMVersion: COMVERSION;
}

export const InstantiationInfoData: StructType = struct("InstantiationInfoData", () => [
  field("classId", guidType),
  field("classCtx", u32),
  field("actvflags", u32),
  field("fIsSurrogate", i32),
  field("cIID", u32, { range: [1, 0x8000] }),
  field("instFlag", u32),
  field("pIID", unique(array(guidType, { size: "cIID" }))),
  field("thisSize", u32),
  field("clientCOMVersion", COMVERSION),
]);

/** Sessions, partitions and other things of Windows ([MS-DCOM] 2.2.22.2.2). */
export interface SpecialPropertiesData {
  readonly dwSessionId: number;
  readonly fRemoteThisSessionId: number;
  readonly fClientImpersonating: number;
  readonly fPartitionIDPresent: number;
  readonly dwDefaultAuthnLvl: number;
  readonly guidPartition: Guid;
  readonly dwPRTFlags: number;
  readonly dwOrigClsctx: number;
  readonly dwFlags: number;
  readonly Reserved1: number;
  readonly Reserved2: bigint;
  readonly Reserved3: Uint32Array;
}

const specialHead = () => [
  field("dwSessionId", u32),
  field("fRemoteThisSessionId", i32),
  field("fClientImpersonating", i32),
  field("fPartitionIDPresent", i32),
  field("dwDefaultAuthnLvl", u32),
  field("guidPartition", guidType),
  field("dwPRTFlags", u32),
  field("dwOrigClsctx", u32),
  field("dwFlags", u32),
];

export const SpecialPropertiesData: StructType = struct("SpecialPropertiesData", () => [
  ...specialHead(),
  field("Reserved1", u32),
  field("Reserved2", u64),
  field("Reserved3", array(u32, { fixed: 5 })),
]);

/** The older form of SpecialPropertiesData: eight reserved numbers at the end. */
export const SpecialPropertiesData_Alternate: StructType = struct("SpecialPropertiesData_Alternate", () => [
  ...specialHead(),
  field("Reserved3", array(u32, { fixed: 8 })),
]);

/** State for a persistent activation ([MS-DCOM] 2.2.22.2.3). */
export interface InstanceInfoData {
  readonly fileName: string | null;
  readonly mode: number;
  readonly ifdROT: MInterfacePointer | null;
  readonly ifdStg: MInterfacePointer | null;
}

export const InstanceInfoData: StructType = struct("InstanceInfoData", () => [
  field("fileName", unique(string("wchar"))),
  field("mode", u32),
  field("ifdROT", unique(MInterfacePointer)),
  field("ifdStg", unique(MInterfacePointer)),
]);

/** Which protocol sequences the client can be answered on ([MS-DCOM] 2.2.22.2.4.1). */
export interface customREMOTE_REQUEST_SCM_INFO {
  readonly ClientImpLevel: number;
  readonly cRequestedProtseqs: number;
  readonly pRequestedProtseqs: Uint16Array | null;
}

const customREMOTE_REQUEST_SCM_INFO: StructType = struct("customREMOTE_REQUEST_SCM_INFO", () => [
  field("ClientImpLevel", u32),
  field("cRequestedProtseqs", u16, { range: [0, 0x8000] }),
  field("pRequestedProtseqs", unique(array(u16, { size: "cRequestedProtseqs" }))),
]);

/** [MS-DCOM] 2.2.22.2.4 */
export interface ScmRequestInfoData {
  readonly pdwReserved: number | null;
  readonly remoteRequest: customREMOTE_REQUEST_SCM_INFO | null;
}

export const ScmRequestInfoData: StructType = struct("ScmRequestInfoData", () => [
  field("pdwReserved", unique(u32)),
  field("remoteRequest", unique(customREMOTE_REQUEST_SCM_INFO)),
]);

/** The client's context ([MS-DCOM] 2.2.22.2.5). */
export interface ActivationContextInfoData {
  readonly clientOK: number;
  readonly bReserved1: number;
  readonly dwReserved1: number;
  readonly dwReserved2: number;
  readonly pIFDClientCtx: MInterfacePointer | null;
  readonly pIFDPrototypeCtx: MInterfacePointer | null;
}

export const ActivationContextInfoData: StructType = struct("ActivationContextInfoData", () => [
  field("clientOK", i32),
  field("bReserved1", i32),
  field("dwReserved1", u32),
  field("dwReserved2", u32),
  field("pIFDClientCtx", unique(MInterfacePointer)),
  field("pIFDPrototypeCtx", unique(MInterfacePointer)),
]);

/** [MS-DCOM] 2.2.22.2.6 */
export interface LocationInfoData {
  readonly machineName: string | null;
  readonly processId: number;
  readonly apartmentId: number;
  readonly contextId: number;
}

export const LocationInfoData: StructType = struct("LocationInfoData", () => [
  field("machineName", unique(string("wchar"))),
  field("processId", u32),
  field("apartmentId", u32),
  field("contextId", u32),
]);

/** [MS-DCOM] 2.2.22.2.7.1 */
export interface COSERVERINFO {
  readonly dwReserved1: number;
  readonly pwszName: string | null;
  readonly pdwReserved: number | null;
  readonly dwReserved2: number;
}

const COSERVERINFO: StructType = struct("COSERVERINFO", () => [
  field("dwReserved1", u32),
  field("pwszName", unique(string("wchar"))),
  field("pdwReserved", unique(u32)),
  field("dwReserved2", u32),
]);

/** The machine as the client calls it ([MS-DCOM] 2.2.22.2.7). */
export interface SecurityInfoData {
  readonly dwAuthnFlags: number;
  readonly pServerInfo: COSERVERINFO | null;
  readonly pdwReserved: number | null;
}

export const SecurityInfoData: StructType = struct("SecurityInfoData", () => [
  field("dwAuthnFlags", u32),
  field("pServerInfo", unique(COSERVERINFO)),
  field("pdwReserved", unique(u32)),
]);

/** Where the object's exporter is ([MS-DCOM] 2.2.22.2.8.1). */
export interface customREMOTE_REPLY_SCM_INFO {
  readonly Oxid: bigint;
  readonly pdsaOxidBindings: DUALSTRINGARRAY | null;
  readonly ipidRemUnknown: Guid;
  readonly authnHint: number;
  readonly serverVersion: COMVERSION;
}

const customREMOTE_REPLY_SCM_INFO: StructType = struct("customREMOTE_REPLY_SCM_INFO", () => [
  field("Oxid", u64),
  field("pdsaOxidBindings", unique(DUALSTRINGARRAY)),
  field("ipidRemUnknown", guidType),
  field("authnHint", u32),
  field("serverVersion", COMVERSION),
]);

/** [MS-DCOM] 2.2.22.2.8 */
export interface ScmReplyInfoData {
  readonly pdwReserved: number | null;
  readonly remoteReply: customREMOTE_REPLY_SCM_INFO | null;
}

export const ScmReplyInfoData: StructType = struct("ScmReplyInfoData", () => [
  field("pdwReserved", unique(u32)),
  field("remoteReply", unique(customREMOTE_REPLY_SCM_INFO)),
]);

/** The interfaces of the new object ([MS-DCOM] 2.2.22.2.9). */
export interface PropsOutInfo {
  readonly cIfs: number;
  readonly piid: readonly Guid[] | null;
  readonly phresults: Uint32Array | null;
  readonly ppIntfData: readonly (MInterfacePointer | null)[] | null;
}

export const PropsOutInfo: StructType = struct("PropsOutInfo", () => [
  field("cIfs", u32, { range: [1, 0x8000] }),
  field("piid", unique(array(guidType, { size: "cIfs" }))),
  field("phresults", unique(array(hresult, { size: "cIfs" }))),
  field("ppIntfData", unique(array(unique(MInterfacePointer), { size: "cIfs" }))),
]);
