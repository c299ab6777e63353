export { IID_IUnknown, IUnknown, type Implements } from "./unknown.ts";
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
