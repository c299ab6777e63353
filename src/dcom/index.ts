// Remoting for a runtime: calls to other processes and machines, and theirs here.
export { type DcomRemoting, type RemotingOptions, createRemoting } from "./remoting.ts";
export { type CallSecurity, unprotected } from "./client/security.ts";
export { limited } from "./client/limited.ts";
export type { CustomMarshal, CustomUnmarshal } from "./marshaler.ts";
export type { ChannelHook, HookCall } from "./orpc/hooks.ts";
export {
  type Causality,
  beganHere,
  causalityGuid,
  currentCausality,
  lastingCausality,
} from "../com/index.ts";
export type { AccessGate, AccessRequest } from "./exporter/dispatcher.ts";
export { accessGate } from "./scm/access-gate.ts";
export {
  type AccessEntry,
  type AccessList,
  formatAccessList,
  parseAccessList,
  permits,
} from "./scm/access.ts";
export { getSystemSecurityPermissions } from "./scm/system-permissions.ts";
// The service control manager of a machine, and this process's way to it.
export { Scm, type ScmOptions } from "./scm/scm.ts";
export { LocalMachine, type LocalMachineOptions } from "./scm/local-machine.ts";
export { type ScmSettings, defaultScmSettings } from "./scm/settings.ts";
export type { ClassCatalog, ServerClass } from "./scm/catalog.ts";
export { registryCatalog } from "./scm/registry-catalog.ts";
export { formatCommandLine, parseCommandLine } from "./scm/command-line.ts";
export type { ClassSnapshot, MachineSnapshot, PingSnapshot, ProcessSnapshot } from "./scm/snapshot.ts";
export type {
  ActivatedInterface,
  ExporterActivated,
  ExporterStatus,
  Oid,
  Oxid,
} from "./resolver-contract.ts";
export type { Launch, LaunchExit, LaunchSpec, Launched } from "./scm/launcher.ts";
// Server processes and surrogates.
export { type ServerProcessOptions, untilIdle } from "./scm/server-process.ts";
export {
  type SurrogateArguments,
  type SurrogateOptions,
  parseSurrogateArguments,
  runSurrogate,
} from "./scm/surrogate.ts";
export type { LoadClass } from "./scm/class-server.ts";
// The object side alone, for those who bring a resolver of their own.
export { ObjectSide, type ObjectSideOptions } from "./object-side.ts";
export type { ListedRunning } from "./scm/local/running-messages.ts";
export type { MachineResolver, ResolvedOxid } from "./resolver-contract.ts";
export type { Neighbours } from "./client/importer.ts";
// For those who read other people's traffic: references, heads and activation properties as they are on the wire.
export {
  type CustomObjref,
  type ExtendedObjref,
  type HandlerObjref,
  type Objref,
  type StandardObjref,
  decodeObjref,
  encodeObjref,
} from "./objref.ts";
export type { StdObjref } from "./std-objref.ts";
export { type DualStringArray, TowerId, readUnits } from "./dual-string-array.ts";
export { type ComVersion, comVersion } from "./com-version.ts";
export type { OrpcExtent } from "./orpc/extent.ts";
export { type OrpcThis, readOrpcThis } from "./orpc/orpc-this.ts";
export { readOrpcThat } from "./orpc/orpc-that.ts";
export { CLSID_ErrorExtension, readErrorExtent } from "./orpc/error-info.ts";
export { CLSID_ContextExtension, type ContextExtension, readContextExtent } from "./orpc/context-extent.ts";
export { type ActivationBlob, decodeActivationBlob, encodeActivationBlob } from "./activation/blob.ts";
export { ActivationClsid } from "./activation/clsids.ts";
// Watching calls.
export type { CallObserver, IncomingCall, ObservedCall } from "./observe/observer.ts";
export { EventTrace, type TraceEvent, type TraceRequest } from "./observe/event-trace.ts";
