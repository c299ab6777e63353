export { type ComVersion, accepts, comVersion, lowestMinor, negotiate } from "./com-version.ts";
export {
  type DualStringArray,
  type SecurityBinding,
  type StringBinding,
  TowerId,
  bindingsKey,
  noBindings,
  readDualStringArray,
  readUnits,
  sameBindings,
  writeDualStringArray,
  writeUnits,
} from "./dual-string-array.ts";
export type {
  ActivatedInterface,
  ActivationCaller,
  ClassRegistration,
  ExportedObject,
  ExporterActivated,
  ExporterActivation,
  ExporterCalls,
  ExporterRegistration,
  ExporterSession,
  ExporterStatus,
  MachineResolver,
  Oid,
  Oxid,
  ResolvedOxid,
} from "./resolver-contract.ts";
export {
  type CustomObjref,
  type DataElement,
  type ExtendedObjref,
  type HandlerObjref,
  type Objref,
  type StandardObjref,
  decodeObjref,
  encodeObjref,
  readObjref,
  writeObjref,
} from "./objref.ts";
export { SORF_NOPING, type StdObjref, readStdObjref, writeStdObjref } from "./std-objref.ts";
export { type Causality, causalityGuid, currentCausality } from "./orpc/causality.ts";
export { type OrpcExtent, readExtents, writeExtents } from "./orpc/extent.ts";
export { type OrpcThis, orpcThisSize, readOrpcThis, writeOrpcThis } from "./orpc/orpc-this.ts";
export { readOrpcThat, writeOrpcThat } from "./orpc/orpc-that.ts";
export { CLSID_ErrorExtension, CLSID_ErrorObject, errorExtent, readErrorExtent } from "./orpc/error-info.ts";
export {
  CLSID_ContextExtension,
  type ContextEntry,
  type ContextExtension,
  contextExtent,
  readContextExtent,
} from "./orpc/context-extent.ts";
export {
  type ComplexPingResult,
  type LocalPingSet,
  PingTable,
  type PingTableOptions,
} from "./ping/ping-table.ts";
export { PingClient, type PingClientOptions, type PingTransport } from "./ping/ping-client.ts";
export { NetChanges } from "./ping/net-changes.ts";
// The objects of this process for others, and those of others here.
export { ObjectSide, type ObjectSideOptions } from "./object-side.ts";
export { type CustomMarshal, type CustomUnmarshal, ObjectMarshaler } from "./marshaler.ts";
export type { ChannelHook, HookCall } from "./orpc/hooks.ts";
export type { AccessGate, AccessRequest } from "./exporter/dispatcher.ts";
export { type CallSecurity, unprotected } from "./client/security.ts";
export type { AddressChoice } from "./client/endpoints.ts";
export { ResolverClient, type ResolverInfo } from "./client/resolver-client.ts";
export { ResolverStatus, missedPeriods } from "./ping/status.ts";
// For those who read other people's traffic: the activation properties as they are on the wire.
export { type ActivationBlob, decodeActivationBlob, encodeActivationBlob } from "./activation/blob.ts";
export { ActivationClsid } from "./activation/clsids.ts";
// The service control manager of a machine, and this process's way to it and out of it.
export { type DcomRemoting, type RemotingOptions, createRemoting } from "./remoting.ts";
export { Scm, type ScmOptions } from "./scm/scm.ts";
export { LocalMachine, type LocalMachineOptions } from "./scm/local-machine.ts";
export { type ConnectScmOptions, connectScm } from "./scm/connect.ts";
export type { ScmClient } from "./scm/local/client.ts";
export { type ScmSettings, defaultScmSettings } from "./scm/settings.ts";
export type { ClassCatalog, ServerClass } from "./scm/catalog.ts";
export { registryCatalog } from "./scm/registry-catalog.ts";
export {
  type AccessEntry,
  type AccessList,
  type Caller,
  formatAccessList,
  parseAccessList,
  permits,
} from "./scm/access.ts";
export { accessGate } from "./scm/access-gate.ts";
export { formatCommandLine, parseCommandLine } from "./scm/command-line.ts";
export type { ClassSnapshot, MachineSnapshot, PingSnapshot, ProcessSnapshot } from "./scm/snapshot.ts";
export type { Launch, LaunchExit, LaunchSpec, Launched } from "./scm/launcher.ts";
export { type ServerProcessOptions, untilIdle } from "./scm/server-process.ts";
export {
  type SurrogateArguments,
  type SurrogateOptions,
  parseSurrogateArguments,
  runSurrogate,
} from "./scm/surrogate.ts";
export type { LoadClass } from "./scm/class-server.ts";
export {
  RemoteActivationClient,
  type RemoteActivated,
  type RemoteActivationRequest,
} from "./activation/client.ts";
