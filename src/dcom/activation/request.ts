import { ComError, GUID_NULL, type Guid, HResult } from "../../base/index.ts";
import type { ComVersion } from "../com-version.ts";
import { TowerId } from "../dual-string-array.ts";
import { type ActivationBlob, differentMachine } from "./blob.ts";
import { encodeClientContext } from "./context.ts";
import { encodePickle } from "../../ndr/index.ts";
import type { ActivationProperty, PropertyName, PropertyValues } from "./properties.ts";
import { InstantiationInfoData, type MInterfacePointer } from "../gen/dcom.ts";

/** What a client asks of the activator of a machine, free of its wire form. */
export interface WireActivation {
  readonly clsid: Guid;
  readonly iids: readonly Guid[];
  /** CLSCTX bits as the caller gave them; servers ignore them. */
  readonly context: number;
  /** The client's version. */
  readonly version: ComVersion;
  /** Tower identifiers of the protocols the client can speak; 7 is TCP. */
  readonly protocols: readonly number[];
  /** The authentication level the client will use with the object. */
  readonly authenticationLevel: number;
  readonly impersonationLevel: number;
  /** The machine as the client calls it. */
  readonly machine?: string;
  /** A file to initialize the new object from (CoGetInstanceFromFile). */
  readonly file?: { readonly name: string; readonly mode: number };
  /** A marshaled storage to initialize the new object from (CoGetInstanceFromIStorage). */
  readonly storage?: Uint8Array;
}

/** Most interfaces asked for at once that are passed on; the wire allows 32,768. Stops an activation that makes a server ask thousands of times. */
const maxInterfaces = 4096;

/** The properties of a request, in the order of Windows ([MS-DCOM] 3.2.4.1.1.2). */
export function buildRequest(request: WireActivation): ActivationBlob {
  const properties: ActivationProperty[] = [
    { name: "SpecialSystemProperties", value: special(request) },
    { name: "InstantiationInfo", value: instantiation(request) },
    { name: "ActivationContextInfo", value: clientContext() },
    { name: "SecurityInfo", value: security(request.machine) },
    {
      name: "ServerLocationInfo",
      value: { machineName: null, processId: 0, apartmentId: 0, contextId: 0 },
    },
    { name: "ScmRequestInfo", value: scmRequest(request) },
  ];
  if (request.file !== undefined || request.storage !== undefined) properties.splice(3, 0, instance(request));
  return { direction: "in", destination: differentMachine, properties };
}

function special(request: WireActivation): PropertyValues["SpecialSystemProperties"] {
  return {
    dwSessionId: 0xffffffff, // any session will do
    fRemoteThisSessionId: 0,
    fClientImpersonating: 0,
    fPartitionIDPresent: 0,
    dwDefaultAuthnLvl: request.authenticationLevel,
    guidPartition: GUID_NULL,
    dwPRTFlags: 0,
    dwOrigClsctx: request.context,
    dwFlags: 2, // as Windows sends it; servers ignore the bit
    Reserved1: 0,
    Reserved2: 0n,
    Reserved3: new Uint32Array(5),
  };
}

function instantiation(request: WireActivation): PropertyValues["InstantiationInfo"] {
  const value = {
    classId: request.clsid,
    classCtx: request.context,
    actvflags: 0,
    fIsSurrogate: 0,
    cIID: request.iids.length,
    instFlag: 0,
    pIID: request.iids,
    thisSize: 0,
    clientCOMVersion: { MajorVersion: request.version.major, MinorVersion: request.version.minor },
  };
  return { ...value, thisSize: encodePickle(InstantiationInfoData, value).length };
}

function clientContext(): PropertyValues["ActivationContextInfo"] {
  return {
    clientOK: 0,
    bReserved1: 0,
    dwReserved1: 0,
    dwReserved2: 0,
    pIFDClientCtx: pointer(encodeClientContext()),
    pIFDPrototypeCtx: null,
  };
}

function security(machine: string | undefined): PropertyValues["SecurityInfo"] {
  const pServerInfo =
    machine === undefined ? null : { dwReserved1: 0, pwszName: machine, pdwReserved: null, dwReserved2: 0 };
  return { dwAuthnFlags: 0, pServerInfo, pdwReserved: null };
}

function scmRequest(request: WireActivation): PropertyValues["ScmRequestInfo"] {
  return {
    pdwReserved: null,
    remoteRequest: {
      ClientImpLevel: request.impersonationLevel,
      cRequestedProtseqs: request.protocols.length,
      pRequestedProtseqs: Uint16Array.from(request.protocols),
    },
  };
}

function instance(request: WireActivation): ActivationProperty {
  const { file, storage } = request;
  return {
    name: "InstanceInfo",
    value: {
      fileName: file?.name ?? null,
      mode: file?.mode ?? 0,
      ifdROT: null,
      ifdStg: storage === undefined ? null : pointer(storage),
    },
  };
}

/** An OBJREF as a member of a structure. */
export function pointer(objref: Uint8Array): MInterfacePointer {
  return { ulCntData: objref.length, abData: objref };
}

/** What a request asks for. Throws E_INVALIDARG when what is needed is missing ([MS-DCOM] 3.1.2.5.2.3.3). */
export function readRequest(blob: ActivationBlob): WireActivation {
  const info = propertyOf(blob, "InstantiationInfo");
  const iids = info?.pIID ?? [];
  if (info === undefined || iids.length === 0) {
    throw new ComError(HResult.E_INVALIDARG, "an activation without a class or an interface");
  }
  if (iids.length > maxInterfaces) {
    throw new ComError(
      HResult.E_INVALIDARG,
      `an activation for ${iids.length} interfaces, ${maxInterfaces} are served`,
    );
  }
  const { MajorVersion, MinorVersion } = info.clientCOMVersion;
  const remote = propertyOf(blob, "ScmRequestInfo")?.remoteRequest;
  const instanceInfo = propertyOf(blob, "InstanceInfo");
  const storage = instanceInfo?.ifdStg?.abData;
  return {
    clsid: info.classId,
    iids,
    context: info.classCtx,
    version: { major: MajorVersion, minor: MinorVersion },
    protocols: [...(remote?.pRequestedProtseqs ?? [TowerId.tcp])],
    impersonationLevel: remote?.ClientImpLevel ?? 0,
    authenticationLevel: propertyOf(blob, "SpecialSystemProperties")?.dwDefaultAuthnLvl ?? 0,
    ...(instanceInfo?.fileName && { file: { name: instanceInfo.fileName, mode: instanceInfo.mode } }),
    ...(storage && { storage }),
  };
}

/** The value of a property, if the BLOB has it. */
export function propertyOf<N extends PropertyName>(
  blob: ActivationBlob,
  name: N,
): PropertyValues[N] | undefined {
  const named = (property: ActivationProperty): property is ActivationProperty & { readonly name: N } =>
    property.name === name;
  return blob.properties.find(named)?.value as PropertyValues[N] | undefined;
}
