import { ComError, HResult } from "../base/index.ts";
import {
  type InterfaceDescriptor,
  type MethodDescriptor,
  type NdrType,
  type ParamDescriptor,
  allMethods,
} from "../ndr/index.ts";
import { VT } from "./vt.ts";

/** Well-known dispatch identifiers. ([MS-OAUT] 2.2.32) */
export const DispId = { VALUE: 0, UNKNOWN: -1, PROPERTYPUT: -3, NEWENUM: -4, EVALUATE: -5 } as const;

/** How a member is invoked; a combination for `Invoke`. ([MS-OAUT] 2.2.14) */
export const DispatchFlag = { METHOD: 1, PROPERTYGET: 2, PROPERTYPUT: 4, PROPERTYPUTREF: 8 } as const;

export type InvokeKind = "method" | "get" | "put" | "putref";

/** One way to invoke a member: the function that runs, what it takes and gives. */
export interface MemberFunction {
  readonly kind: InvokeKind;
  /** Name of the function on the object. */
  readonly functionName: string;
  /** What a caller passes, in order: [in] and [in, out] parameters without [lcid] and [retval]; undefined when the number is free. */
  readonly params: readonly MemberParam[] | undefined;
  /** Automation type of the result; VARIANT when only the value tells. */
  readonly resultVt: number;
}

export interface MemberParam {
  readonly name: string;
  readonly vt: number;
  readonly out: boolean;
  readonly optional: boolean;
  readonly defaultValue: unknown;
}

/** A name that scripts know, with its DISPID. */
export interface Member {
  readonly name: string;
  readonly dispId: number;
  readonly functions: readonly MemberFunction[];
}

/** The members of an object by name (in any letter case) and by DISPID. */
export class MemberTable {
  readonly #byName = new Map<string, Member>();
  readonly #byId = new Map<number, Member>();

  constructor(members: readonly Member[]) {
    for (const member of members) {
      this.#byName.set(member.name.toLowerCase(), member);
      this.#byId.set(member.dispId, member);
    }
  }

  byName(name: string): Member | undefined {
    return this.#byName.get(name.toLowerCase());
  }

  byId(dispId: number): Member | undefined {
    return this.#byId.get(dispId);
  }

  get members(): readonly Member[] {
    return [...this.#byId.values()];
  }
}

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
    group.functions.push(functionOf(method, kind));
  }
  return [...groups].map(([name, group]) => ({ name, ...group }));
}

function ownerOf(descriptor: InterfaceDescriptor, method: MethodDescriptor): string {
  for (let at: InterfaceDescriptor | undefined = descriptor; at; at = at.base) {
    if (at.methods.includes(method)) return at.name;
  }
  return "";
}

function functionOf(method: MethodDescriptor, kind: InvokeKind): MemberFunction {
  const retval = method.params.find((param) => param.retval) ?? onlyOut(method);
  const params = method.params.filter((param) => param !== retval && !param.lcid);
  return {
    kind,
    functionName: method.name,
    params: method.vararg ? undefined : params.map(paramOf),
    resultVt: retval ? vtOfType(retval.type) : VT.EMPTY,
  };
}

function onlyOut(method: MethodDescriptor): ParamDescriptor | undefined {
  const outs = method.params.filter((param) => param.out && !param.in);
  return outs.length === 1 ? outs[0] : undefined;
}

function paramOf(param: ParamDescriptor): MemberParam {
  return {
    name: param.name,
    vt: vtOfType(param.type),
    out: param.out,
    optional: param.optional === true || param.defaultValue !== undefined,
    defaultValue: param.defaultValue,
  };
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

/** The Automation type an IDL type corresponds to; throws for one that does not fit in a VARIANT. */
function vtOfType(type: NdrType): number {
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
      return type.name === "IUnknown" ? VT.UNKNOWN : VT.DISPATCH;
    case "string":
      return VT.BSTR;
    case "struct": {
      const vt = { CY: VT.CY, CURRENCY: VT.CY, DECIMAL: VT.DECIMAL }[type.name.replace(/^tag/, "")];
      if (vt !== undefined) return vt;
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
    `a ${type.kind} ${"name" in type ? type.name : ""} does not fit in a VARIANT`,
  );
}

/** The members of an object without a type: its public methods, and its accessors and fields as properties. Names that start with `_` or `#` are private. */
export function membersOfObject(object: object): readonly Member[] {
  const groups = new Map<string, MemberFunction[]>();
  const add = (name: string, kind: InvokeKind): void => {
    if (name.startsWith("_") || hidden.has(name)) return;
    const list = groups.get(name) ?? [];
    if (list.length === 0) groups.set(name, list);
    if (!list.some((existing) => existing.kind === kind)) {
      list.push({ kind, functionName: name, params: undefined, resultVt: VT.VARIANT });
    }
  };
  for (
    let at: object | null = object;
    at !== null && at !== Object.prototype;
    at = Object.getPrototypeOf(at) as object | null
  ) {
    for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      const accessor = /^(get|put|putref)_(.+)$/.exec(name);
      if (typeof property.value === "function") {
        if (accessor) addAccessor(groups, accessor[1] as InvokeKind, accessor[2] ?? "", name);
        else add(name, "method");
      } else {
        if (property.get !== undefined || "value" in property) add(name, "get");
        if (property.set !== undefined || property.writable === true) add(name, "put");
      }
    }
  }
  return [...groups.entries()].map(([name, functions], i) => ({ name, dispId: i + 1, functions }));
}

function addAccessor(
  groups: Map<string, MemberFunction[]>,
  kind: InvokeKind,
  name: string,
  functionName: string,
): void {
  const list = groups.get(name) ?? [];
  groups.set(name, list);
  if (!list.some((existing) => existing.kind === kind))
    list.push({ kind, functionName, params: undefined, resultVt: VT.VARIANT });
}

const hidden = new Set(["constructor", "finalRelease", "then"]);
