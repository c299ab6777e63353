import { GUID_NULL, type Guid } from "../../base/index.ts";
import {
  type EnumType,
  type InterfaceDescriptor,
  type InterfacePointerType,
  type MethodDescriptor,
  type NdrType,
  type ParamDescriptor,
  type StructType,
  allMethods,
  knownInterface,
} from "../../ndr/index.ts";
import { IDispatch, INVOKEKIND, TYPEKIND } from "../gen/oaidl.ts";
import { Variant } from "../variant.ts";
import { LibraryBuilder, type ParameterOptions, type TypeBuilder } from "./builder.ts";
import type { TypeDesc, TypeLibrary, TypeVersion } from "./model.ts";
import { IID_IDispatch, IID_IUnknown } from "./roots.ts";
import { STDOLE_FILE, stdole } from "./stdole.ts";
import { TypeCode } from "./type-code.ts";

const TYPEFLAG_FCANCREATE = 2;
const TYPEFLAG_FDUAL = 0x40;
const TYPEFLAG_FOLEAUTOMATION = 0x100;
const FUNCFLAG_FRESTRICTED = 1;
const IMPLTYPEFLAG_FDEFAULT = 1;
const IMPLTYPEFLAG_FSOURCE = 2;
const ParamFlag = { in: 1, out: 2, lcid: 4, retval: 8, optional: 0x10, hasDefault: 0x20 } as const;
const stdolePosition = { guid: 0, unknown: 3, dispatch: 4 } as const;

/** A class to be described: as generated from IDL or as defined in the program. */
export interface DescribedClass {
  readonly name: string;
  readonly clsid: Guid;
  readonly interfaces: readonly InterfaceDescriptor[];
  readonly sources: readonly InterfaceDescriptor[];
}

export interface DescribedLibrary {
  readonly name: string;
  readonly guid?: Guid;
  readonly version?: TypeVersion;
  readonly docString?: string;
  readonly interfaces?: readonly InterfaceDescriptor[];
  readonly classes?: readonly DescribedClass[];
}

/**
 * A type library of what the program has as descriptors, with all that their methods use: so objects can tell their types (IDispatch::GetTypeInfo)
 * without a library on disk, and a library can be written for others. What Automation has no type for shows as a pointer to void.
 */
export function libraryFromDescriptors(described: DescribedLibrary): TypeLibrary {
  const from = new DescriptorLibrary(described);
  for (const descriptor of described.interfaces ?? []) from.interface(descriptor);
  for (const one of described.classes ?? []) from.coclass(one);
  return from.builder.build();
}

class DescriptorLibrary {
  readonly builder: LibraryBuilder;
  readonly #types = new Map<object | string, TypeBuilder>();

  constructor({ name, guid, version, docString }: DescribedLibrary) {
    this.builder = new LibraryBuilder({
      name,
      guid: guid ?? GUID_NULL,
      docString,
      ...(version === undefined ? {} : { version }),
    });
  }

  coclass(one: DescribedClass): void {
    const type = this.builder.addType(this.#freeName(one.name), TYPEKIND.TKIND_COCLASS, {
      guid: one.clsid,
      flags: TYPEFLAG_FCANCREATE,
    });
    const add = (list: readonly InterfaceDescriptor[], flags: number): void => {
      for (const [i, descriptor] of list.entries()) {
        const made = this.interface(descriptor);
        type.addImplType(made.reference, flags | (i === 0 ? IMPLTYPEFLAG_FDEFAULT : 0));
      }
    };
    add(one.interfaces, 0);
    add(one.sources, IMPLTYPEFLAG_FSOURCE);
  }

  interface(descriptor: InterfaceDescriptor): TypeBuilder {
    const known = this.#types.get(descriptor.iid);
    if (known !== undefined) return known;
    const late = descriptor.kind === "dispatch";
    const type = this.builder.addType(
      this.#freeName(descriptor.name),
      late || descriptor.dual ? TYPEKIND.TKIND_DISPATCH : TYPEKIND.TKIND_INTERFACE,
      { guid: descriptor.iid, flags: flagsOf(descriptor) },
    );
    // Known before its methods are looked at: they may refer to it.
    this.#types.set(descriptor.iid, type);
    if (late) this.#root(stdolePosition.dispatch);
    else this.#addBase(type, descriptor.base);
    const numbers = dispIdsOf(descriptor);
    for (const method of descriptor.methods) this.#method(type, method, numbers);
    return type;
  }

  #addBase(type: TypeBuilder, base: InterfaceDescriptor | undefined): void {
    switch (base?.iid) {
      case undefined:
      case IID_IUnknown:
        type.addImplType(this.#root(stdolePosition.unknown));
        return;
      case IID_IDispatch:
        type.addImplType(this.#root(stdolePosition.dispatch));
        return;
      default:
        type.addImplType(this.interface(base as InterfaceDescriptor).reference);
    }
  }

  #root(position: number): ReturnType<LibraryBuilder["importType"]> {
    return this.builder.importType(stdole(), position, STDOLE_FILE);
  }

  #method(type: TypeBuilder, method: MethodDescriptor, numbers: ReadonlyMap<string, number>): void {
    const { kind } = invokes[method.invoke ?? "method"];
    const name = memberName(method);
    type.addFunction({
      name,
      memid: method.dispId ?? numbers.get(name),
      invoke: kind,
      flags: method.restricted === true ? FUNCFLAG_FRESTRICTED : 0,
      result: this.#typeOf(method.returns),
      params: method.params.map((param) => this.#param(param)),
      vararg: method.vararg === true,
    });
  }

  #param(param: ParamDescriptor): ParameterOptions {
    const { defaultValue } = param;
    const optional = param.optional === true || defaultValue !== undefined;
    return {
      name: param.name,
      type: this.#typeOf(param.type),
      flags:
        (param.in ? ParamFlag.in : 0) |
        (param.out ? ParamFlag.out : 0) |
        (param.lcid === true ? ParamFlag.lcid : 0) |
        (param.retval === true ? ParamFlag.retval : 0) |
        (optional ? ParamFlag.optional : 0) |
        (defaultValue === undefined ? 0 : ParamFlag.hasDefault),
      defaultValue: defaultValue === undefined ? undefined : Variant.from(defaultValue),
    };
  }

  #typeOf(type: NdrType): TypeDesc {
    switch (type.kind) {
      case "base":
        return type.name === "guid"
          ? { vt: TypeCode.USERDEFINED, reference: this.#root(stdolePosition.guid) }
          : { vt: baseTypes[type.name] ?? TypeCode.VOID };
      case "enum":
        return this.#named(type, () => this.#enumeration(type));
      case "struct":
        return structVt(type) ?? this.#named(type, () => this.#record(type));
      case "pointer":
        return { vt: TypeCode.PTR, element: this.#typeOf(type.to) };
      case "interface":
        return this.#pointerTo(type);
      case "string":
        return { vt: type.char === "wchar" ? TypeCode.LPWSTR : TypeCode.LPSTR };
      case "array":
        return this.#arrayOf(type.of, type.dims);
      case "user":
        return userTypes[type.name] ?? voidPointer;
      default:
        return voidPointer;
    }
  }

  #arrayOf(of: NdrType, dims: readonly { readonly fixed?: number }[]): TypeDesc {
    const element = this.#typeOf(of);
    const fixed = dims.every((dim) => dim.fixed !== undefined);
    if (!fixed) return element;
    return {
      vt: TypeCode.CARRAY,
      element,
      bounds: dims.map(({ fixed: count }) => ({ count: count ?? 0, lower: 0 })),
    };
  }

  #pointerTo(type: InterfacePointerType): TypeDesc {
    if (type.iid === IID_IDispatch) return { vt: TypeCode.DISPATCH };
    const known = type.iid === undefined ? undefined : knownInterface(type.iid as Guid);
    if (known === undefined || known.iid === IID_IUnknown) return { vt: TypeCode.UNKNOWN };
    const target = { vt: TypeCode.USERDEFINED, reference: this.interface(known).reference };
    return { vt: TypeCode.PTR, element: target };
  }

  #named(type: EnumType | StructType, make: () => TypeBuilder): TypeDesc {
    const made = this.#types.get(type) ?? make();
    return { vt: TypeCode.USERDEFINED, reference: made.reference };
  }

  #enumeration(type: EnumType): TypeBuilder {
    const made = this.builder.addType(this.#freeName(type.name), TYPEKIND.TKIND_ENUM);
    this.#types.set(type, made);
    for (const [name, value] of Object.entries(type.values)) {
      made.addVariable({ name, type: { vt: TypeCode.INT }, value: new Variant(TypeCode.I4, value) });
    }
    return made;
  }

  #record(type: StructType): TypeBuilder {
    const made = this.builder.addType(this.#freeName(type.name), TYPEKIND.TKIND_RECORD);
    this.#types.set(type, made);
    for (const field of type.fields()) {
      made.addVariable({ name: field.name, type: this.#typeOf(field.type) });
    }
    return made;
  }

  /** The name, or with a number behind it when another type has it already. */
  #freeName(name: string): string {
    let free = name;
    for (let i = 2; this.builder.typeOfName(free) !== undefined; i++) free = `${name}${i}`;
    return free;
  }
}

const voidPointer: TypeDesc = { vt: TypeCode.PTR, element: { vt: TypeCode.VOID } };

const baseTypes: Readonly<Record<string, number>> = {
  void: TypeCode.VOID,
  boolean: TypeCode.UI1,
  variantBool: TypeCode.BOOL,
  i8: TypeCode.I1,
  u8: TypeCode.UI1,
  char: TypeCode.I1,
  wchar: TypeCode.UI2,
  i16: TypeCode.I2,
  u16: TypeCode.UI2,
  i32: TypeCode.I4,
  u32: TypeCode.UI4,
  hresult: TypeCode.HRESULT,
  i64: TypeCode.I8,
  u64: TypeCode.UI8,
  int3264: TypeCode.INT_PTR,
  uint3264: TypeCode.UINT_PTR,
  f32: TypeCode.R4,
  f64: TypeCode.R8,
};

const userTypes: Readonly<Record<string, TypeDesc>> = {
  BSTR: { vt: TypeCode.BSTR },
  VARIANT: { vt: TypeCode.VARIANT },
  // What the elements are, only the value tells.
  LPSAFEARRAY: { vt: TypeCode.SAFEARRAY, element: { vt: TypeCode.VARIANT } },
};

function structVt(type: StructType): TypeDesc | undefined {
  switch (type.name) {
    case "CY":
      return { vt: TypeCode.CY };
    case "DECIMAL":
      return { vt: TypeCode.DECIMAL };
    default:
      return undefined;
  }
}

const invokes = {
  method: { kind: INVOKEKIND.INVOKE_FUNC, prefix: "" },
  get: { kind: INVOKEKIND.INVOKE_PROPERTYGET, prefix: "get_" },
  put: { kind: INVOKEKIND.INVOKE_PROPERTYPUT, prefix: "put_" },
  putref: { kind: INVOKEKIND.INVOKE_PROPERTYPUTREF, prefix: "putref_" },
} as const;

function flagsOf(descriptor: InterfaceDescriptor): number {
  if (descriptor.dual) return TYPEFLAG_FDUAL | TYPEFLAG_FOLEAUTOMATION;
  return descriptor.oleautomation && descriptor.kind !== "dispatch" ? TYPEFLAG_FOLEAUTOMATION : 0;
}

/**
 * The numbers IDispatch gives to members that have none of their own: those after the highest, in the order of the vtable. None for interfaces that
 * scripts cannot use.
 */
function dispIdsOf(descriptor: InterfaceDescriptor): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  if (!descriptor.dual && descriptor.kind !== "dispatch") return numbers;
  const roots = new Set(allMethods(IDispatch));
  const methods = allMethods(descriptor).filter((method) => !roots.has(method));
  let next = methods.reduce((high, method) => Math.max(high, method.dispId ?? 0), 0) + 1;
  for (const method of methods) {
    const name = memberName(method);
    if (!numbers.has(name)) numbers.set(name, method.dispId ?? next++);
  }
  return numbers;
}

function memberName(method: MethodDescriptor): string {
  const { prefix } = invokes[method.invoke ?? "method"];
  return method.name.startsWith(prefix) ? method.name.slice(prefix.length) : method.name;
}
