import { ComError, HResult } from "../../base/index.ts";
import type { Guid } from "../../base/index.ts";
import {
  type InterfaceDescriptor,
  type InterfacePointerType,
  type MethodDescriptor,
  type NdrType,
  type ParamDescriptor,
  allMethods,
  derivesFrom,
  knownInterface,
} from "../../ndr/index.ts";
import { IDispatch } from "../gen/oaidl.ts";
import { type RecordInfo, recordOfType } from "../record/info.ts";
import type { InvokeKind, Member, MemberFunction, MemberParam } from "../member.ts";
import { VT } from "../vt.ts";

const runtimeInterfaces = new Set(["IUnknown", "IDispatch"]);

/** The members an interface publishes: its methods and properties with the DISPIDs of the IDL, or numbers after the highest of them. */
export function membersOfInterface(descriptor: InterfaceDescriptor): readonly Member[] {
  const own = allMethods(descriptor).filter((method) => !runtimeInterfaces.has(ownerOf(descriptor, method)));
  let next = own.reduce((high, method) => Math.max(high, method.dispId ?? 0), 0) + 1;
  const groups = new Map<string, { dispId: number; functions: MemberFunction[] }>();
  for (const method of own) {
    const kind = method.invoke ?? "method";
    const name = kind === "method" ? method.name : method.name.replace(/^(get|put|putref)_/, "");
    let group = groups.get(name);
    if (group === undefined) groups.set(name, (group = { dispId: method.dispId ?? next++, functions: [] }));
    group.functions.push(fittingFunctionOf(method, kind));
  }
  return [...groups].map(([name, group]) => ({ name, ...group }));
}

function ownerOf(descriptor: InterfaceDescriptor, method: MethodDescriptor): string {
  for (let at: InterfaceDescriptor | undefined = descriptor; at; at = at.base) {
    if (at.methods.includes(method)) return at.name;
  }
  return "";
}

/** One parameter that does not fit costs its method, not the whole interface. */
function fittingFunctionOf(method: MethodDescriptor, kind: InvokeKind): MemberFunction {
  try {
    return functionOf(method, kind);
  } catch (error) {
    const { info } = ComError.from(error);
    return {
      kind,
      functionName: method.name,
      params: [],
      resultVt: VT.EMPTY,
      unfit: new ComError(
        HResult.DISP_E_BADVARTYPE,
        `${method.name} cannot be called through IDispatch: ${info.description}`,
        { cause: error },
      ),
    };
  }
}

function functionOf(method: MethodDescriptor, kind: InvokeKind): MemberFunction {
  const { returns } = method;
  const plain = returns.kind === "base" && (returns.name === "hresult" || returns.name === "void");
  const retval = method.params.find((param) => param.retval);
  const outs = method.params.filter((param) => param.out).length + (plain ? 0 : 1);
  const inputs = method.params.filter((param) => param.in);
  const lcidAt = inputs.findIndex((param) => param.lcid);
  return {
    kind,
    functionName: method.name,
    params: method.params.filter((param) => param !== retval && !param.lcid).map((param) => paramOf(param)),
    vararg: method.vararg === true,
    lcidAt: lcidAt < 0 ? undefined : lcidAt,
    resultVt: plain ? (retval === undefined ? VT.EMPTY : vtOfType(retval.type)) : vtOfType(returns),
    resultRecord: recordIn(plain ? retval?.type : returns),
    resultName: outs > 1 ? (plain ? retval?.name : "returnValue") : undefined,
  };
}

function paramOf(param: ParamDescriptor): MemberParam {
  return {
    name: param.name,
    vt: vtOfType(param.type),
    in: param.in,
    out: param.out,
    optional: param.optional === true || param.defaultValue !== undefined,
    defaultValue: param.defaultValue,
    iid: interfaceOf(param.type)?.iid,
    record: recordIn(param.type),
  };
}

/** The record that a structure is, where it is one of a type library. */
function recordIn(type: NdrType | undefined): RecordInfo | undefined {
  if (type === undefined) return undefined;
  return type.kind === "pointer" ? recordIn(type.to) : recordOfType(type);
}

function interfaceOf(type: NdrType): InterfacePointerType | undefined {
  if (type.kind === "pointer") return interfaceOf(type.to);
  return type.kind === "interface" ? type : undefined;
}

const vtOfBase: Readonly<Record<string, number>> = {
  boolean: VT.UI1,
  variantBool: VT.BOOL,
  i8: VT.I1,
  u8: VT.UI1,
  char: VT.I1,
  wchar: VT.UI2,
  i16: VT.I2,
  u16: VT.UI2,
  i32: VT.I4,
  u32: VT.UI4,
  hresult: VT.ERROR,
  i64: VT.I8,
  u64: VT.UI8,
  int3264: VT.I4,
  uint3264: VT.UI4,
  f32: VT.R4,
  f64: VT.R8,
};

/** The Automation type an IDL type corresponds to; throws DISP_E_BADVARTYPE for one that does not fit in a VARIANT. */
export function vtOfType(type: NdrType): number {
  switch (type.kind) {
    case "base": {
      const vt = vtOfBase[type.name];
      if (vt !== undefined) return vt;
      break;
    }
    case "enum":
      return VT.I4;
    case "pointer":
      return vtOfType(type.to);
    case "interface":
      return vtOfInterface(type.iid);
    case "string":
      return VT.BSTR;
    case "struct": {
      const vt = { CY: VT.CY, CURRENCY: VT.CY, DECIMAL: VT.DECIMAL }[type.name.replace(/^tag/, "")];
      if (vt !== undefined) return vt;
      if (recordOfType(type) !== undefined) return VT.RECORD;
      break;
    }
    case "user": {
      const vt = { BSTR: VT.BSTR, VARIANT: VT.VARIANT, LPSAFEARRAY: VT.ARRAY | VT.VARIANT }[type.name];
      if (vt !== undefined) return vt;
      break;
    }
    case "array":
    case "union":
    case "pipe":
    case "contextHandle":
      break;
  }
  throw new ComError(
    HResult.DISP_E_BADVARTYPE,
    `${"name" in type && type.name !== "" ? type.name : `a type of the kind ${type.kind}`} does not fit in a VARIANT`,
  );
}

/** A script can call what derives from IDispatch, and what nobody knows may do so. */
function vtOfInterface(iid: string | undefined): number {
  const known = iid === undefined ? undefined : knownInterface(iid.toLowerCase() as Guid);
  return known === undefined || derivesFrom(known, IDispatch.iid) ? VT.DISPATCH : VT.UNKNOWN;
}
