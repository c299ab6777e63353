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
export { ResolverStatus, missedPeriods } from "./ping/status.ts";
// For those who read other people's traffic: the activation properties as they are on the wire.
export { type ActivationBlob, decodeActivationBlob, encodeActivationBlob } from "./activation/blob.ts";
export { ActivationClsid } from "./activation/clsids.ts";
