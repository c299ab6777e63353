// Runtimes, classes, modules, servers.
export { Runtime } from "./runtime.ts";
export type {
  ClassName,
  ClassRegistration,
  CreateOptions,
  InterfaceResult,
  InterfaceResults,
  RegisterOptions,
  RuntimeOptions,
} from "./runtime-options.ts";
export { ClassContext } from "./context.ts";
export {
  type ClassDefinition,
  type ClassIdentity,
  type ClassOptions,
  type CreationContext,
  type Implementation,
  type LicenseHooks,
  type ThreadingModel,
  defineClass,
} from "./class.ts";
export { type ComModule, type DefinedModule, defineModule } from "./module.ts";
export { type LocalServerOptions, type ServeOptions, runLocalServer, serveModule } from "./local-server.ts";
export type { ServerLocks } from "./locks.ts";
// Interface pointers and the objects behind them.
export { IID_IUnknown, IUnknown, type Given, type Implements } from "./unknown.ts";
export {
  type AggregatingFactory,
  type IdentityBreach,
  aggregate,
  controllingIdentity,
  innerUnknown,
  tearOff,
  verifyIdentity,
} from "./aggregation.ts";
export { implement } from "./interfaces.ts";
export { declareSources, sourcesOf } from "./sources.ts";
export { SnapshotEnumerator } from "./snapshot-enumerator.ts";
export {
  type Delivery,
  type SinkCall,
  SinkConnection,
  type SinkHost,
  type SinkSettings,
  type SinkSource,
  defaultSinkSettings,
  heldSink,
} from "./sinks/connection.ts";
export { isGone } from "./gone.ts";
export { CookieTable } from "./sinks/cookies.ts";
// Uniform data transfer.
export {
  type AdviseHolderOptions,
  DataAdviseHolder,
  OleAdviseHolder,
  type DataProvider,
  createDataAdviseHolder,
  createOleAdviseHolder,
} from "./data/advise-holder.ts";
export {
  type DataContent,
  DataObject,
  type DataObjectOptions,
  type DataSource,
  createDataObject,
} from "./data/data-object.ts";
export { DataCache, type DataCacheOptions, UpdateCacheFlag, createDataCache } from "./data/data-cache.ts";
export { oleIsRunning, oleLockRunning, oleRun, oleSetContainedObject } from "./data/running.ts";
export { EnumFormatEtc, formatEtc } from "./data/format-etc.ts";
export { Aspect, ClipFormat, type ClipboardFormat, DataStatus, isSameFormat } from "./data/formats.ts";
export {
  type FlagStgMedium,
  type GlobalMemory,
  type StgMedium,
  Tymed,
  releaseMedium,
} from "./data/medium.ts";
export { bytesOfMedium, getBytes, getText, readStream } from "./data/transfer.ts";
export {
  CLIPFORMAT_UserMarshal,
  FLAG_STGMEDIUM_UserMarshal,
  HGLOBAL_UserMarshal,
  STGMEDIUM_UserMarshal,
} from "./data/user-marshal.ts";
export { IAdviseSink, IDataObject } from "./gen/dataobj.ts";
export { duplicate, isPointer, isSameObject, pointerTo } from "./pointers.ts";
export { type Leak, LeakDetector } from "./leaks.ts";
export { withStatus } from "./status.ts";
export { type CallContext, getCallContext } from "./call-context.ts";
export type { Credentials, ServerInfo } from "./remoting.ts";
export {
  ActivationContext,
  type ManifestClass,
  type ManifestInterface,
  type ManifestTypeLibrary,
} from "./activation-context.ts";
export type { InterfaceProvider } from "./provider.ts";
// The well-known interfaces a program meets first; the rest are in comity/interfaces/*.
export { IClassFactory } from "./gen/unknwnbase.ts";
export { IClassFactory2, type LICINFO } from "./gen/license.ts";
export { IErrorInfo, ISupportErrorInfo } from "./gen/errorinfo.ts";
// Who may what: security descriptors, and checking them.
export {
  type Caller,
  type GenericMapping,
  StandardRights,
  grantedRights,
  machineOwner,
} from "./security/access-check.ts";
export {
  type Ace,
  AceFlag,
  AceType,
  DescriptorControl,
  type SecurityDescriptor,
  decodeSecurityDescriptor,
  deniesConditionally,
  encodeSecurityDescriptor,
} from "./security/security-descriptor.ts";
export { formatSddl, parseSddl } from "./security/sddl.ts";
export { WellKnownSid } from "./security/sid.ts";
export { type ImpersonatedClient, impersonatedClient } from "./security/acting.ts";
// The registry.
export {
  type KeyInfo,
  KeyRights,
  type KeySecurity,
  type RegFile,
  type RegOperation,
  type RegWarning,
  Registry,
  type RegistryData,
  type RegistryEditor,
  type RegistryLimits,
  type RegistryOptions,
  RegistryType,
  type RegistryValue,
  type RegistryView,
  applyOperations,
  bytesOf,
  dataOf,
  parseRegFile,
  printRegFile,
} from "./registry/index.ts";
export { RegisteredClasses } from "./registry/classes.ts";
export {
  type RegistrationOptions,
  type ServerPlace,
  registerClass,
  registerInterface,
  unregisterClass,
} from "./registry/register.ts";
export { CLSID_ComponentCategoriesManager, ComponentCategories } from "./registry/categories.ts";
export { setAutoTreatAs, treatAsClass } from "./registry/versions.ts";
export { systemClass } from "./system-classes.ts";
export { RegistryMemory } from "./registry/memory.ts";
export { homeFolder } from "./home.ts";
// Apartments and threads.
export {
  type ApartmentModel,
  assertModel,
  initializeThread,
  registerMessageFilter,
} from "./apartment/initialize.ts";
export {
  CallType,
  type InterfaceInfo,
  type MessageFilter,
  PendingMessage,
  PendingType,
  ServerCall,
} from "./apartment/message-filter.ts";
export { SingleApartment, type SingleApartmentOptions } from "./apartment/single-apartment.ts";
export { ApartmentType, ApartmentTypeQualifier, getApartmentType } from "./apartment/threading-info.ts";
export { makeAgile } from "./apartment/agile.ts";
export { getObjectContext } from "./apartment/object-context.ts";
export { IAgileObject, INoMarshal } from "./gen/objidl.ts";
export { IAgileReference, IComThreadingInfo } from "./gen/objidlbase.ts";
export {
  AgileReference,
  getInterfaceAndReleaseStream,
  marshalInterThreadInterfaceInStream,
  getAgileReference,
} from "./between-threads/inter-thread.ts";
export {
  CLSID_StdGlobalInterfaceTable,
  GlobalInterfaceTable,
  IGlobalInterfaceTable,
} from "./between-threads/global-interface-table.ts";
export { type Synchronous, synchronously } from "./pointer/synchronous.ts";
// Marshaling of one's own, and what stands around a call.
export {
  CATID_Marshaler,
  CLSID_StdMarshal,
  MarshalDestination,
  StdMarshal,
  flagsOf,
  optionsOf,
} from "./marshal/flags.ts";
export { MemoryStream } from "./marshal/memory-stream.ts";
export { ProxyManager, StandardHandler, findProxyManager, proxyManagerOf } from "./marshal/proxy-manager.ts";
export { ProxyStubs, type RpcMessage } from "./marshal/proxy-stub.ts";
export { LayeredProxyStub, type MessageLayer } from "./marshal/layers.ts";
export { copyProxy, queryProxyBlanket, setProxyBlanket } from "./blanket.ts";
export { createCall } from "./call/call-object.ts";
export {
  cancelCall,
  disableCallCancellation,
  enableCallCancellation,
  getCancelObject,
  setCancelObject,
  testCancel,
} from "./call/cancel.ts";
export { getServerSecurity, impersonateClient } from "./call/server-security.ts";
export { Synchronize } from "./call/synchronize.ts";
export {
  CLSID_ManualResetEvent,
  CLSID_StdEvent,
  CLSID_SynchronizeContainer,
  SynchronizeContainer,
} from "./call/synchronize-container.ts";
export { type InstanceSource, defaultFileMode, loadInstance, machineOfPath } from "./instance-source.ts";
export { type DirectCall, type DirectWatcher, watchDirectCalls } from "./pointer/watch-direct.ts";
// For the layers above: marshaling, stubs, late binding, the SCM.
export type {
  ActivationRequest,
  ActivationResult,
  ActivationTarget,
  Activator,
  Apartment,
  ApartmentPlacer,
  Channel,
  ClassObjectUse,
  InterfaceStub,
  MarshalOptions,
  Marshaler,
  ObjectIdentity,
  ProxySettings,
  ProxyTarget,
  RemoteObject,
  SecurityBlanket,
  SecurityWish,
  Remoting,
  RunningEntry,
  RunningName,
  RunningObjects,
  RunningRegistration,
} from "./remoting.ts";
export { Identity, type IdentityHost, nameOf } from "./identity.ts";
export { type ContractSource, contractOf, interfacesOf } from "./interfaces.ts";
export { identityOf, releaseResult, remoteObjectOf } from "./pointers.ts";
export { mapPointers } from "./pointer/mapper.ts";
export { proxyPointer } from "./pointer/proxy.ts";
export { DeferredObject, deferredPointer } from "./pointer/deferred.ts";
export { withoutReferences } from "./marshal/without-references.ts";
export type { ReferenceClasses } from "./marshal/reference-classes.ts";
export { splitStatus } from "./status.ts";
export { enterCall, leaveCall } from "./call-context.ts";
export {
  type Causality,
  beganHere,
  causalityGuid,
  currentCausality,
  enterCausality,
  lasting as lastingCausality,
  leaveCausality,
  newCausality,
  withLastingCausality,
  writeCausality,
} from "./call/causality.ts";
export {
  type ActingBefore,
  actingCaller,
  asSelf,
  endActing,
  enterSelf,
  leaveSelf,
} from "./security/acting.ts";
export { currentApartment, neutralApartment } from "./apartment.ts";
export type { SharedReferences } from "./between-threads/shared-references.ts";
export { BSTR_UserMarshal } from "./bstr.ts";
export {
  type AppIdEntry,
  type ClassEntryInfo,
  type ClassKeys,
  appIdKey,
  followTreatAs,
  readAppId,
  readClass,
} from "./registry/class-keys.ts";
