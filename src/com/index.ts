export {
  type ClassName,
  type ClassRegistration,
  type CreateOptions,
  type InterfaceResult,
  type InterfaceResults,
  type RegisterOptions,
  Runtime,
  type RuntimeOptions,
} from "./runtime.ts";
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
export { type LocalServerOptions, type ServeOptions, runLocalServer, serveModule } from "./local-server.ts";
export { type ComModule, type DefinedModule, defineModule } from "./module.ts";
export { IID_IUnknown, IUnknown, type Implements } from "./unknown.ts";
export { identityOf, isPointer, isSameObject, pointerTo, releaseResult, remoteObjectOf } from "./pointers.ts";
export { contractOf, implement, interfacesOf } from "./interfaces.ts";
export { type Facet, Identity, type IdentityHost } from "./identity.ts";
export { proxyPointer } from "./pointer/proxy.ts";
export { StatusResult, splitStatus, withStatus } from "./status.ts";
export { type CallContext, enterCall, getCallContext, leaveCall, runInCall } from "./call-context.ts";
export { currentApartment, mainApartment } from "./apartment.ts";
export { type Leak, LeakDetector } from "./leaks.ts";
export type {
  ActivationRequest,
  ActivationResult,
  Activator,
  Apartment,
  Channel,
  ClassObjectUse,
  Credentials,
  InterfaceStub,
  MarshalOptions,
  Marshaler,
  ObjectIdentity,
  RemoteObject,
  Remoting,
  ServerInfo,
} from "./remoting.ts";
export { IClassFactory } from "./gen/unknwnbase.ts";
export { IClassFactory2, type LICINFO } from "./gen/license.ts";
export { IErrorInfo, ISupportErrorInfo } from "./gen/errorinfo.ts";
export { BSTR_UserMarshal } from "./bstr.ts";
export { type ClassObject, makeClassObject } from "./class-object.ts";
export { ServerLocks } from "./locks.ts";
export { ClassContext } from "./context.ts";
export type { InterfaceProvider } from "./provider.ts";
export { homeFolder } from "./home.ts";
export {
  type KeyInfo,
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
  printValue,
  registryLimits,
} from "./registry/index.ts";
export { RegisteredClasses } from "./registry/classes.ts";
export {
  type AppIdEntry,
  type ClassEntryInfo,
  type ClassKeys,
  appIdKey,
  followTreatAs,
  readAppId,
  readClass,
} from "./registry/class-keys.ts";
export {
  type RegistrationOptions,
  type ServerPlace,
  registerClass,
  registerInterface,
  unregisterClass,
} from "./registry/register.ts";
export type { ClassCatalog } from "./activation.ts";
