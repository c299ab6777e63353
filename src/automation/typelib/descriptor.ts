import { ComError, GUID_NULL } from "../../base/index.ts";
import { IUnknown } from "../../com/index.ts";
import { BSTR, CY, DECIMAL } from "../../com/gen/wtypes.ts";
import {
  type Awaitable,
  type Interface,
  type InterfaceDescriptor,
  type MethodDescriptor,
  type NdrType,
  type ParamDescriptor,
  defineInterface,
  knownInterface,
} from "../../ndr/index.ts";
import {
  array,
  char,
  enumeration,
  f32,
  f64,
  field,
  hresult,
  i16,
  i32,
  i64,
  int3264,
  interfacePointer,
  ref,
  string,
  struct,
  u16,
  u32,
  u64,
  u8,
  uint3264,
  unique,
  userType,
  variantBool,
  voidType,
} from "../../ndr/codegen/v1.ts";
import { IDispatch, INVOKEKIND, LPSAFEARRAY, TYPEKIND, VARIANT } from "../gen/oaidl.ts";
import { type RecordInfo, defineRecord } from "../record/info.ts";
import type { Variant } from "../variant.ts";
import { dispatchForm } from "./dispatch-form.ts";
import { TypeLibStatus } from "./errors.ts";
import type { FunctionDesc, ParameterDesc, TypeDesc, VariableDesc } from "./model.ts";
import { pointerSizeOf } from "./pointer-size.ts";
import { IID_IDispatch, IID_IUnknown } from "./roots.ts";
import type { TypeView } from "./scope.ts";
import { TypeCode } from "./type-code.ts";

/*
 * From a type library to descriptors: what the type library marshaler (PSOAInterface) does for every interface of Automation. The same descriptors
 * come out as the IDL compiler prints.
 */

const ParamFlag = { in: 1, out: 2, lcid: 4, retval: 8, optional: 0x10 } as const;
const FUNCFLAG_FRESTRICTED = 1;
const VARFLAG_FREADONLY = 1;
const TYPEFLAG_FOLEAUTOMATION = 0x100;
const VAR_DISPATCH = 3;
const IMPLTYPEFLAG_FDEFAULT = 1;
const IMPLTYPEFLAG_FSOURCE = 2;

/** Types that need no more than their number. */
const simpleTypes: ReadonlyMap<number, NdrType> = new Map<number, NdrType>([
  [TypeCode.I1, char],
  [TypeCode.UI1, u8],
  [TypeCode.I2, i16],
  [TypeCode.UI2, u16],
  [TypeCode.I4, i32],
  [TypeCode.UI4, u32],
  [TypeCode.INT, i32],
  [TypeCode.UINT, u32],
  [TypeCode.I8, i64],
  [TypeCode.UI8, u64],
  [TypeCode.R4, f32],
  [TypeCode.R8, f64],
  [TypeCode.DATE, f64],
  [TypeCode.CY, CY],
  [TypeCode.BOOL, variantBool],
  [TypeCode.ERROR, hresult],
  [TypeCode.HRESULT, hresult],
  [TypeCode.BSTR, BSTR],
  [TypeCode.VARIANT, VARIANT],
  [TypeCode.DECIMAL, DECIMAL],
  [TypeCode.INT_PTR, int3264],
  [TypeCode.UINT_PTR, uint3264],
  [TypeCode.LPSTR, unique(string("char"))],
  [TypeCode.LPWSTR, unique(string("wchar"))],
  [TypeCode.SAFEARRAY, LPSAFEARRAY],
  [TypeCode.UNKNOWN, interfacePointer("IUnknown", IID_IUnknown)],
  [TypeCode.DISPATCH, interfacePointer("IDispatch", IID_IDispatch)],
]);

/**
 * The contract of an interface or dispinterface as a type library describes it, so that proxies, stubs and IDispatch need no generated code. The one
 * this program holds already, when it does. Throws TYPE_E_WRONGTYPEKIND for other types, TYPE_E_CIRCULARTYPE, TYPE_E_CANTLOADLIBRARY for a base that is
 * not there; TYPE_E_TYPEMISMATCH, at the first call, for a type that does not travel.
 */
export function interfaceFromTypeInfo<T extends IUnknown = DescribedMethods>(view: TypeView): Interface<T> {
  const known = view.type.guid === undefined ? undefined : knownInterface(view.type.guid);
  return known ?? describeInterface(view);
}

/** The methods of an interface that TypeScript knows nothing of, by name: `get_Count`, `Add`, … */
export type DescribedMethods = IUnknown &
  Readonly<Record<string, (...args: readonly unknown[]) => Awaitable<unknown>>>;

const described = new WeakMap<object, Interface<unknown>>();

/** As {@link interfaceFromTypeInfo}, always out of the library. */
export function describeInterface(view: TypeView): Interface<unknown> {
  const known = described.get(view.type);
  if (known !== undefined) return known;
  const { guid, name, flags } = view.type;
  const side = view.vtableSide;
  const dispatch = side.kind === TYPEKIND.TKIND_DISPATCH;
  if (guid === undefined || !(dispatch || side.kind === TYPEKIND.TKIND_INTERFACE)) {
    throw new ComError(TypeLibStatus.WRONGTYPEKIND, `${name} is not an interface`);
  }
  // Asked for now: a chain of bases without an end, or one that leads out of what is there, makes no contract.
  void side.bases;
  const made = defineInterface<unknown>({
    name,
    iid: guid,
    kind: dispatch ? "dispatch" : "object",
    dual: view.isDual,
    oleautomation: dispatch || view.isDual || (flags & TYPEFLAG_FOLEAUTOMATION) !== 0,
    base: () => (dispatch ? IDispatch : baseOf(side)),
    methods: () => (dispatch ? dispatchMethods(side) : vtableMethods(side)),
  });
  described.set(view.type, made);
  return made;
}

function baseOf(view: TypeView): InterfaceDescriptor {
  const { base } = view;
  switch (base?.type.guid) {
    case undefined:
    case IID_IUnknown:
      return IUnknown;
    case IID_IDispatch:
      return IDispatch;
    default:
      return interfaceFromTypeInfo(base as TypeView);
  }
}

function vtableMethods(view: TypeView): MethodDescriptor[] {
  const slot = pointerSizeOf(view.scope.library.sysKind);
  const late = view.bases.some((base) => base.type.guid === IID_IDispatch);
  return view.type.functions.map((desc) => methodOf(view, desc, desc.vtableOffset / slot, late));
}

/** A dispinterface's functions and properties; none has a place in a vtable. */
function dispatchMethods(view: TypeView): MethodDescriptor[] {
  const roots = new Set<string | undefined>([IID_IUnknown, IID_IDispatch]);
  return [
    ...view.type.variables.flatMap((variable) => propertyMethods(view, variable)),
    ...view.functions
      .filter(({ owner }) => !roots.has(owner.type.guid))
      .map(({ desc, owner }) => methodOf(owner, dispatchForm(desc), -1, true)),
  ];
}

function propertyMethods(view: TypeView, variable: VariableDesc): MethodDescriptor[] {
  if (variable.kind !== VAR_DISPATCH) return [];
  const { name, memid, flags } = variable;
  const type = ndrType(variable.type, view, false);
  const get: MethodDescriptor = {
    name: `get_${name}`,
    opnum: -1,
    params: [],
    returns: type,
    dispId: memid,
    invoke: "get",
  };
  if ((flags & VARFLAG_FREADONLY) !== 0) return [get];
  const value = { name: "value", type, in: true, out: false };
  const put = { ...get, name: `put_${name}`, params: [value], returns: voidType, invoke: "put" } as const;
  return [get, put];
}

const invokes = {
  [INVOKEKIND.INVOKE_FUNC]: ["method", ""],
  [INVOKEKIND.INVOKE_PROPERTYGET]: ["get", "get_"],
  [INVOKEKIND.INVOKE_PROPERTYPUT]: ["put", "put_"],
  [INVOKEKIND.INVOKE_PROPERTYPUTREF]: ["putref", "putref_"],
} as const;

function methodOf(view: TypeView, desc: FunctionDesc, opnum: number, late: boolean): MethodDescriptor {
  const [invoke, prefix] = invokes[desc.invoke];
  return {
    name: prefix + desc.name,
    opnum,
    params: desc.params.map((param, i) => paramOf(view, param, i)),
    returns: desc.result.vt === TypeCode.VOID ? voidType : ndrType(desc.result, view, false),
    ...(late ? { dispId: desc.memid, invoke } : {}),
    ...(desc.flags & FUNCFLAG_FRESTRICTED ? { restricted: true } : {}),
    ...(desc.optionalCount < 0 ? { vararg: true } : {}),
  };
}

function paramOf(view: TypeView, param: ParameterDesc, index: number): ParamDescriptor {
  const { flags, defaultValue } = param;
  const out = (flags & ParamFlag.out) !== 0;
  const value = constantOf(defaultValue);
  return {
    name: param.name ?? (index === 0 ? "value" : `value${index}`),
    type: ndrType(param.type, view, true),
    // What says nothing goes in.
    in: (flags & ParamFlag.in) !== 0 || !out,
    out,
    ...(flags & ParamFlag.retval ? { retval: true } : {}),
    ...(flags & ParamFlag.optional ? { optional: true } : {}),
    ...(flags & ParamFlag.lcid ? { lcid: true } : {}),
    ...(value === undefined ? {} : { defaultValue: value }),
  };
}

function constantOf(value: Variant | undefined): number | string | boolean | null | undefined {
  const constant: unknown = value?.value;
  return typeof constant === "number" || typeof constant === "string" || typeof constant === "boolean"
    ? constant
    : constant === null
      ? null
      : undefined;
}

/** The wire form of a type; a parameter's own pointer is a reference, others may be null. */
function ndrType(type: TypeDesc, view: TypeView, parameter: boolean): NdrType {
  try {
    return wireType(type, view, parameter);
  } catch (error) {
    return unfitType(view, ComError.from(error).message);
  }
}

function wireType(type: TypeDesc, view: TypeView, parameter: boolean): NdrType {
  switch (type.vt) {
    case TypeCode.PTR:
      return pointerType(type.element ?? { vt: TypeCode.VOID }, view, parameter);
    case TypeCode.CARRAY:
      return array(
        ndrType(type.element ?? { vt: TypeCode.VOID }, view, false),
        ...(type.bounds ?? []).map(({ count }) => ({ fixed: count })),
      );
    case TypeCode.USERDEFINED:
      return userDefined(type, view);
    default: {
      const simple = simpleTypes.get(type.vt);
      return simple ?? unfitType(view, `a value of the type ${type.vt}`);
    }
  }
}

function pointerType(to: TypeDesc, view: TypeView, parameter: boolean): NdrType {
  const target = targetOf(to, view);
  const pointer = target === undefined ? undefined : interfaceType(target);
  if (pointer !== undefined) return pointer;
  const inner = ndrType(to, view, false);
  return parameter ? ref(inner) : unique(inner);
}

/** The type a reference leads to, through aliases of references. */
function targetOf(type: TypeDesc, view: TypeView): TypeView | undefined {
  if (type.reference === undefined) return undefined;
  const target = view.scope.resolve(type.reference);
  const { alias } = target.type;
  return alias?.reference === undefined ? target : targetOf(alias, target);
}

function interfaceType(target: TypeView): NdrType | undefined {
  const { type, kind } = target;
  if (kind === TYPEKIND.TKIND_COCLASS) {
    const own = type.implTypes.filter((impl) => (impl.flags & IMPLTYPEFLAG_FSOURCE) === 0);
    const main = own.find((impl) => (impl.flags & IMPLTYPEFLAG_FDEFAULT) !== 0) ?? own[0];
    return main === undefined ? undefined : interfaceType(target.scope.resolve(main.reference));
  }
  return (kind === TYPEKIND.TKIND_INTERFACE || kind === TYPEKIND.TKIND_DISPATCH) && type.guid !== undefined
    ? interfacePointer(type.name, type.guid)
    : undefined;
}

const structures = new WeakMap<object, NdrType>();

function userDefined(reference: TypeDesc, view: TypeView): NdrType {
  const target = targetOf(reference, view);
  switch (target?.type.kind) {
    case TYPEKIND.TKIND_ALIAS:
      return ndrType(target.type.alias ?? { vt: TypeCode.VOID }, target, false);
    case TYPEKIND.TKIND_ENUM:
      return enumerationOf(target);
    case TYPEKIND.TKIND_RECORD:
      return structureOf(target);
    default:
      return unfitType(view, target?.type.name ?? "an unknown type");
  }
}

/** Enumerations of Automation are 32 bits on the wire, like the VT_I4 that they are in a VARIANT. */
function enumerationOf(view: TypeView): NdrType {
  const values = view.type.variables.map(({ name, value }) => [name, Number(value?.value ?? 0)] as const);
  return enumeration(view.type.name, Object.fromEntries(values), true);
}

function structureOf(view: TypeView): NdrType {
  let made = structures.get(view.type);
  if (made === undefined) {
    const fields = (): ReturnType<typeof field>[] =>
      view.type.variables.map(({ name, type }) => field(name, ndrType(type, view, false)));
    structures.set(view.type, (made = struct(view.type.name, fields)));
    makeKnown(view, made);
  }
  return made;
}

/** A structure with a GUID may be a value of its own. */
function makeKnown(view: TypeView, type: NdrType): RecordInfo | undefined {
  const { guid } = view.type;
  const { guid: libid, version, lcid } = view.scope.library;
  if (guid === undefined || libid === GUID_NULL) return undefined;
  return defineRecord({ guid, libid, version: [version.major, version.minor], lcid, type });
}

/**
 * The record that a structure of a library is: VARIANTs with such records are understood from then on (GetRecordInfoFromTypeInfo). Throws
 * TYPE_E_WRONGTYPEKIND for other types, and for a structure without a GUID.
 */
export function recordFromTypeInfo(view: TypeView): RecordInfo {
  const made = view.type.kind === TYPEKIND.TKIND_RECORD ? makeKnown(view, structureOf(view)) : undefined;
  if (made !== undefined) return made;
  throw new ComError(TypeLibStatus.WRONGTYPEKIND, `${view.type.name} is no structure with a GUID`);
}

/** A type that does not travel: the methods that use it fail when they are called, the others do not. */
function unfitType(view: TypeView, what: string): NdrType {
  const refuse = (): never => {
    throw new ComError(
      TypeLibStatus.TYPEMISMATCH,
      `${what} in ${view.type.name} is no type of Automation and does not travel`,
    );
  };
  return userType(what, refuse, refuse);
}
