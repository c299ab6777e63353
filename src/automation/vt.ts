import { ComError, HResult } from "../base/index.ts";

/** VARENUM: the types of a VARIANT. ([MS-OAUT] 2.2.7) */
export const VT = {
  EMPTY: 0,
  NULL: 1,
  I2: 2,
  I4: 3,
  R4: 4,
  R8: 5,
  CY: 6,
  DATE: 7,
  BSTR: 8,
  DISPATCH: 9,
  ERROR: 10,
  BOOL: 11,
  VARIANT: 12,
  UNKNOWN: 13,
  DECIMAL: 14,
  I1: 16,
  UI1: 17,
  UI2: 18,
  UI4: 19,
  I8: 20,
  UI8: 21,
  INT: 22,
  UINT: 23,
  VOID: 24,
  HRESULT: 25,
  RECORD: 36,
  ARRAY: 0x2000,
  BYREF: 0x4000,
  TYPEMASK: 0xfff,
} as const;

/** Types of type descriptions and property sets: known by name, never in a VARIANT. */
const elsewhere: readonly (readonly [number, string])[] = [
  [26, "PTR"],
  [27, "SAFEARRAY"],
  [28, "CARRAY"],
  [29, "USERDEFINED"],
  [30, "LPSTR"],
  [31, "LPWSTR"],
  [37, "INT_PTR"],
  [38, "UINT_PTR"],
  [64, "FILETIME"],
  [65, "BLOB"],
  [72, "CLSID"],
];

const names = new Map<number, string>([
  ...Object.entries(VT).map(([name, value]): readonly [number, string] => [value, name]),
  ...elsewhere,
]);

/** "VT_I4", "VT_ARRAY|VT_BSTR", "VT_BYREF|VT_VARIANT". */
export function vtName(vt: number): string {
  const base = `VT_${names.get(vt & VT.TYPEMASK) ?? `0x${(vt & VT.TYPEMASK).toString(16)}`}`;
  const flags = `${vt & VT.BYREF ? "VT_BYREF|" : ""}${vt & VT.ARRAY ? "VT_ARRAY|" : ""}`;
  return flags + base;
}

/**
 * Throws DISP_E_BADVARTYPE unless a VARIANT may be of this type: VOID, HRESULT and what else stands only in type descriptions are refused, and EMPTY
 * and NULL by reference or in arrays.
 */
export function validateVarType(vt: number): void {
  const type = vt & VT.TYPEMASK;
  const known = (type <= VT.UINT && type !== 15) || type === VT.RECORD;
  const bare = type === VT.EMPTY || type === VT.NULL;
  const flags = vt & ~VT.TYPEMASK;
  if (known && !(bare && flags !== 0) && (flags & ~(VT.ARRAY | VT.BYREF)) === 0) return;
  throw new ComError(HResult.DISP_E_BADVARTYPE, `a VARIANT cannot be of the type ${vtName(vt)}`);
}
