// The everyday names. Everything else stands in its layer: comity/com, comity/dcom, comity/automation, comity/rpc, ...
export { Runtime, createObject, getObject, runLocalServer } from "./runtime/index.ts";
export type { OpenOptions } from "./runtime/index.ts";
export {
  ClassContext,
  type ClassDefinition,
  type ClassOptions,
  type CreateOptions,
  type CreationContext,
  type Credentials,
  IClassFactory,
  IUnknown,
  type Implements,
  type ServerInfo,
  defineClass,
  defineModule,
  getCallContext,
  implement,
  isSameObject,
  withStatus,
} from "./com/index.ts";
export {
  IDispatch,
  LateBound,
  type LateObject,
  SafeArray,
  type Subscription,
  VT,
  Variant,
  advise,
  ask,
  events,
  fire,
  fromOleDate,
  lateBound,
  named,
  on,
  put,
  toOleDate,
  withEvents,
} from "./automation/index.ts";
export { AuthnLevel, ImpersonationLevel } from "./auth/index.ts";
export {
  ComError,
  type Guid,
  HResult,
  formatGuid,
  guid,
  makeHResult,
  newGuid,
  parseGuid,
} from "./base/index.ts";
export type { CallOptions, ClassDescriptor, Interface } from "./ndr/index.ts";
