export { Variant, type Decimal } from "./variant.ts";
export { VT, vtName } from "./vt.ts";
export { SafeArray, type SafeArrayBound, type SafeArrayData } from "./safearray.ts";
export { fromOleDate, toOleDate } from "./date.ts";
export { changeType } from "./convert.ts";
export { type DispatchMethods, LateBound, type LateBoundOptions } from "./dispatch-client.ts";
export { type DispParams, DispatchStub, type ExcepInfo, type InvokeResult } from "./dispatch-server.ts";
export { DispId, DispatchFlag, type InvokeKind, type Member } from "./member.ts";
export { dispatchProvider } from "./dispatch-provider.ts";
export {
  type ITypeComp,
  type ITypeInfo,
  type ITypeLib,
  IDispatch,
  IEnumVARIANT,
  IErrorInfo,
} from "./gen/oaidl.ts";
export { BSTR_UserMarshal, VARIANT_UserMarshal } from "./user-marshal.ts";
export { SAFEARRAY_UserMarshal } from "./safearray-marshal.ts";
