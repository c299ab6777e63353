import { type TypeDesc, type TypeReference, TypeCode } from "../../automation/index.ts";
import type { Alias, ArrayModel, Type } from "../model.ts";
import { hasAttribute, wireAttribute } from "../model.ts";
import type { BaseName } from "../syntax/ast.ts";

/** Where names of types come from: the library being made, or one it imports. */
export interface TypeScope {
  /** A type that libraries describe; undefined for one that no library holds. */
  referenceTo(type: Type): TypeReference | undefined;
  /** What travels in place of a type with `[wire_marshal]`. */
  wireType(alias: Alias): Type;
}

const bases: Readonly<Record<BaseName, number>> = {
  void: TypeCode.VOID,
  boolean: TypeCode.UI1,
  byte: TypeCode.UI1,
  char: TypeCode.I1,
  int8: TypeCode.I1,
  uint8: TypeCode.UI1,
  int16: TypeCode.I2,
  uint16: TypeCode.UI2,
  int32: TypeCode.I4,
  uint32: TypeCode.UI4,
  int64: TypeCode.I8,
  uint64: TypeCode.UI8,
  // As wide as a pointer, and a library is for one width: 32 bits.
  int3264: TypeCode.I4,
  uint3264: TypeCode.UI4,
  int: TypeCode.INT,
  uint: TypeCode.UINT,
  float: TypeCode.R4,
  double: TypeCode.R8,
  wchar: TypeCode.UI2,
  handle: TypeCode.VOID,
  error_status: TypeCode.UI4,
  int128: TypeCode.DECIMAL,
};

/** Names that Automation has types of its own for, whatever they are declared as. */
const special: Readonly<Record<string, number>> = {
  BSTR: TypeCode.BSTR,
  VARIANT: TypeCode.VARIANT,
  VARIANTARG: TypeCode.VARIANT,
  VARIANT_BOOL: TypeCode.BOOL,
  _VARIANT_BOOL: TypeCode.BOOL,
  DATE: TypeCode.DATE,
  CY: TypeCode.CY,
  CURRENCY: TypeCode.CY,
  DECIMAL: TypeCode.DECIMAL,
  SCODE: TypeCode.ERROR,
  HRESULT: TypeCode.HRESULT,
  LPSTR: TypeCode.LPSTR,
  LPCSTR: TypeCode.LPSTR,
  LPWSTR: TypeCode.LPWSTR,
  LPCWSTR: TypeCode.LPWSTR,
  LPOLESTR: TypeCode.LPWSTR,
  LPCOLESTR: TypeCode.LPWSTR,
  LPTSTR: TypeCode.LPWSTR,
  LPCTSTR: TypeCode.LPWSTR,
};

const pointer = (element: TypeDesc): TypeDesc => ({ vt: TypeCode.PTR, element });

/** Deepest chain of pointers and arrays; types of hostile files are deeper. */
const maxDepth = 100;

/** A type of the model as type libraries say it. ([MS-OAUT] 2.2.37) */
export function describe(type: Type, scope: TypeScope, depth = 0): TypeDesc {
  if (depth > maxDepth) return pointer({ vt: TypeCode.VOID });
  const inner = (of: Type): TypeDesc => describe(of, scope, depth + 1);
  switch (type.kind) {
    case "base":
      return { vt: bases[type.name] };
    case "alias":
      return describeAlias(type, scope, inner);
    case "pointer":
      return describePointer(type.to, inner);
    case "array":
      return describeArray(type, inner);
    case "safearray":
      return { vt: TypeCode.SAFEARRAY, element: inner(type.of) };
    case "struct":
    case "union":
      return Object.hasOwn(special, type.name) ? { vt: special[type.name] ?? 0 } : named(type, scope);
    case "enum":
    case "interface":
    case "dispinterface":
    case "coclass":
    case "unknown":
      return named(type, scope);
    case "function":
    case "pipe":
      return { vt: TypeCode.VOID };
    default:
      return type satisfies never;
  }
}

function named(type: Type, scope: TypeScope): TypeDesc {
  const reference = scope.referenceTo(type);
  return reference === undefined ? { vt: TypeCode.VOID } : { vt: TypeCode.USERDEFINED, reference };
}

function describeAlias(type: Alias, scope: TypeScope, inner: (of: Type) => TypeDesc): TypeDesc {
  if (Object.hasOwn(special, type.name)) return { vt: special[type.name] ?? 0 };
  if (wireAttribute(type.attributes) !== undefined) return inner(scope.wireType(type));
  // A typedef is described by itself when it says so, or when an imported library has it.
  const reference = scope.referenceTo(type);
  if (reference !== undefined) return { vt: TypeCode.USERDEFINED, reference };
  if (hasAttribute(type.attributes, "string") && type.type.kind === "pointer") {
    const { to } = type.type;
    const wide = to.kind === "alias" || (to.kind === "base" && to.name === "wchar");
    return { vt: wide ? TypeCode.LPWSTR : TypeCode.LPSTR };
  }
  return inner(type.type);
}

function describePointer(to: Type, inner: (of: Type) => TypeDesc): TypeDesc {
  if (to.kind === "interface" && to.name === "IUnknown") return { vt: TypeCode.UNKNOWN };
  if (to.kind === "interface" && to.name === "IDispatch") return { vt: TypeCode.DISPATCH };
  if (to.kind === "struct" && /^(?:tag)?SAFEARRAY$/.test(to.name)) {
    return { vt: TypeCode.SAFEARRAY, element: { vt: TypeCode.VARIANT } };
  }
  return pointer(inner(to));
}

function describeArray(type: ArrayModel, inner: (of: Type) => TypeDesc): TypeDesc {
  const bounds: { count: number; lower: number }[] = [];
  let at: Type = type;
  for (; at.kind === "array" && at.size !== undefined; at = at.of) {
    bounds.push({ count: at.size, lower: 0 });
  }
  if (bounds.length === 0) return pointer(inner(type.of));
  return { vt: TypeCode.CARRAY, element: inner(at), bounds };
}
