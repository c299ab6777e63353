export { IID_IUnknown, IUnknown, type Implements } from "./unknown.ts";
export { identityOf, isPointer, isSameObject, pointerTo, remoteObjectOf } from "./pointers.ts";
export { implement } from "./interfaces.ts";
export { type Facet, Identity, type IdentityHost } from "./identity.ts";
export { proxyPointer } from "./pointer/proxy.ts";
export { StatusResult, splitStatus, withStatus } from "./status.ts";
export { type CallContext, getCallContext, runInCall } from "./call-context.ts";
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
