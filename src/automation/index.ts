export { Variant, type Decimal } from "./variant.ts";
export { VT, validateVarType, vtName } from "./vt.ts";
export { SafeArray, type SafeArrayBound, type SafeArrayData, type SafeArrayExtras } from "./safearray.ts";
export { type RecordDefinition, type RecordIdentity, RecordInfo, defineRecord } from "./record/info.ts";
export { RecordValue } from "./record/value.ts";
export {
  CLSID_RecordInfo,
  marshalRecordInfo,
  recordUnmarshaler,
  unmarshalRecordInfo,
} from "./record/marshal.ts";
export { fromOleDate, toOleDate } from "./date.ts";
export { type ChangeTypeOptions, VariantFlag, changeType } from "./convert.ts";
export { LCID_EN_US, LCID_INVARIANT } from "./convert/locale.ts";
export { type DispatchMethods, LateBound, type LateBoundOptions } from "./dispatch-client.ts";
export {
  type LateObject,
  type LateOptions,
  dispatchPointerOf,
  lateBound,
  member,
  put,
  release,
} from "./late/bound.ts";
export { type DispatchMembers, dispatchAs } from "./late/typed.ts";
export { NamedArguments, named } from "./late/named.ts";
export { coerce } from "./invoke/default-value.ts";
export { varAdd, varCat, varDiv, varIdiv, varMod, varMul, varPow, varSub } from "./arithmetic/arithmetic.ts";
export { varAbs, varFix, varInt, varNeg, varRound } from "./arithmetic/unary.ts";
export { varAnd, varEqv, varImp, varNot, varOr, varXor } from "./arithmetic/logic.ts";
export { VarCompare, varCmp } from "./arithmetic/compare.ts";
export {
  type DateFormat,
  type NumberFormat,
  formatCurrency,
  formatDateTime,
  formatNumber,
  formatPercent,
} from "./arithmetic/format.ts";
export { bstrFromVector, vectorFromBstr } from "./safearray-text.ts";
export { copyRecord, newRecord, recordField, withRecordField } from "./record/fields.ts";
export { NumberParse, type ParsedDigits, parseDigits } from "./convert/num-parse.ts";
export { numberFromDigits } from "./convert/number-from-digits.ts";
export {
  type CalendarRules,
  type FormatTokens,
  formatFromTokens,
  formatValue,
  tokenizeFormat,
} from "./arithmetic/pattern/format.ts";
export {
  type SystemTime,
  monthName,
  oleDateFromParts,
  partsOfOleDate,
  weekdayName,
} from "./arithmetic/calendar.ts";
export { EnumVariant } from "./collection.ts";
export { type DispatchSettings, makeDispatchable } from "./dispatchable.ts";
export { type DispatchStubOptions } from "./dispatch-server.ts";
export { createStdDispatch, dispGetParam, dispIdsOfNames } from "./std-dispatch.ts";
export { DispatchExStub } from "./dispatch-ex.ts";
export { type TypeInfoSource } from "./class-info.ts";
export { type DispParams, DispatchStub, type ExcepInfo, type InvokeResult } from "./dispatch-server.ts";
export { DispId, DispatchFlag, type InvokeKind, type Member } from "./member.ts";
export { automationProviders, dispatchProvider } from "./dispatch-provider.ts";
export { type ITypeComp, type ITypeInfo, type ITypeLib, IDispatch, IEnumVARIANT } from "./gen/oaidl.ts";
export { VARIANT_UserMarshal } from "./user-marshal.ts";
export { SAFEARRAY_UserMarshal } from "./safearray-marshal.ts";
// Events.
export { type AdviseOptions, type Sink, type Subscription, advise } from "./events/advise.ts";
export { connectionPointOf, connectionPointProvider } from "./events/connection-point.ts";
export {
  type EventOf,
  type EventStream,
  type EventStreamOptions,
  type LateEvent,
  events,
} from "./events/event-stream.ts";
export { type Ask, type Fire, ask, fire } from "./events/fire.ts";
export { type LateHandler, on, withEvents } from "./events/on.ts";
export { mayChange, notifyChanged } from "./events/property-notify.ts";
export type { EventSettings } from "./events/settings.ts";
export { ConnectStatus } from "./events/status.ts";
export { type CodePage, codePageByLabel } from "./typelib/code-page.ts";
// Type libraries.
export { TypeLibraries, type TypeLibrariesOptions } from "./typelib/libraries.ts";
export { readTypeLibrary, readTypeLibraryFile } from "./typelib/load.ts";
export { writeMsft as writeTypeLibrary } from "./typelib/msft/write.ts";
export {
  type TypeLibIdentity,
  type TypeLibRegistration,
  queryPathOfRegTypeLib,
  registerTypeLib,
  unregisterTypeLib,
} from "./typelib/registration.ts";
export { printExtras } from "./typelib/print/extras.ts";
export { type PrintIdlOptions, importedIdl, printIdl } from "./typelib/print-idl.ts";
export { type DescribedMethods, interfaceFromTypeInfo, recordFromTypeInfo } from "./typelib/descriptor.ts";
export {
  type DescribedClass,
  type DescribedLibrary,
  libraryFromDescriptors,
} from "./typelib/from-descriptor.ts";
export { contractsFromTypeLibraries, recordFinder } from "./typelib/contracts.ts";
export { typeInfoSource } from "./typelib/type-info-source.ts";
export {
  type FunctionOptions,
  LibraryBuilder,
  type LibraryOptions,
  type ParameterOptions,
  type TypeBuilder,
  type TypeOptions,
  type VariableOptions,
} from "./typelib/builder.ts";
export { CreateTypeLibObject, createTypeLib } from "./typelib/create/type-lib.ts";
export { LibraryScope, type TypeView } from "./typelib/scope.ts";
export { TypeCode } from "./typelib/type-code.ts";
export { TypeLibStatus } from "./typelib/errors.ts";
export { type TypeLibLimits, typeLibLimits } from "./typelib/limits.ts";
export { hashOfName } from "./typelib/name-hash.ts";
export { STDOLE_FILE, stdole } from "./typelib/stdole.ts";
export type {
  ArrayBound,
  CustomData,
  FunctionDesc,
  ImplType,
  ImportedLibrary,
  ImportedType,
  ParameterDesc,
  TypeDesc,
  TypeInfo,
  TypeLibrary,
  TypeReference,
  TypeVersion,
  VariableDesc,
} from "./typelib/model.ts";
