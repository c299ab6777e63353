import type { TypeDesc, TypeReference } from "../model.ts";
import { TypeCode } from "../type-code.ts";

/** What IDL calls the types that need no description. */
const names: ReadonlyMap<number, string> = new Map([
  [TypeCode.I1, "char"],
  [TypeCode.UI1, "unsigned char"],
  [TypeCode.I2, "short"],
  [TypeCode.UI2, "unsigned short"],
  [TypeCode.I4, "long"],
  [TypeCode.UI4, "unsigned long"],
  [TypeCode.I8, "hyper"],
  [TypeCode.UI8, "unsigned hyper"],
  [TypeCode.INT, "int"],
  [TypeCode.UINT, "unsigned int"],
  [TypeCode.R4, "float"],
  [TypeCode.R8, "double"],
  [TypeCode.CY, "CURRENCY"],
  [TypeCode.DATE, "DATE"],
  [TypeCode.BSTR, "BSTR"],
  [TypeCode.DISPATCH, "IDispatch*"],
  [TypeCode.UNKNOWN, "IUnknown*"],
  [TypeCode.ERROR, "SCODE"],
  [TypeCode.BOOL, "VARIANT_BOOL"],
  [TypeCode.VARIANT, "VARIANT"],
  [TypeCode.DECIMAL, "DECIMAL"],
  [TypeCode.VOID, "void"],
  [TypeCode.EMPTY, "void"],
  [TypeCode.HRESULT, "HRESULT"],
  [TypeCode.LPSTR, "LPSTR"],
  [TypeCode.LPWSTR, "LPWSTR"],
  [TypeCode.INT_PTR, "INT_PTR"],
  [TypeCode.UINT_PTR, "UINT_PTR"],
]);

export type NameOf = (reference: TypeReference) => string;

/** A type without a name: "long*", "SAFEARRAY(BSTR)". */
export function typeText(type: TypeDesc, nameOf: NameOf): string {
  switch (type.vt) {
    case TypeCode.PTR:
      return `${typeText(type.element ?? { vt: TypeCode.VOID }, nameOf)}*`;
    case TypeCode.SAFEARRAY:
      return `SAFEARRAY(${typeText(type.element ?? { vt: TypeCode.VARIANT }, nameOf)})`;
    case TypeCode.CARRAY:
      return typeText(type.element ?? { vt: TypeCode.VOID }, nameOf);
    case TypeCode.USERDEFINED:
      return type.reference === undefined ? "void" : nameOf(type.reference);
    default:
      return names.get(type.vt) ?? `/* type ${type.vt} */ long`;
  }
}

/** A type with a name: "long a[4]", "BSTR* b". */
export function declare(type: TypeDesc, name: string, nameOf: NameOf): string {
  let dimensions = "";
  let inner = type;
  while (inner.vt === TypeCode.CARRAY) {
    dimensions += (inner.bounds ?? []).map(({ count }) => `[${count}]`).join("");
    inner = inner.element ?? { vt: TypeCode.VOID };
  }
  return `${typeText(inner, nameOf)} ${name}${dimensions}`;
}

/** Every reference within a type. */
export function referencesOf(type: TypeDesc): TypeReference[] {
  const own = type.reference === undefined ? [] : [type.reference];
  return type.element === undefined ? own : [...own, ...referencesOf(type.element)];
}
