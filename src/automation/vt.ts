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

const names = new Map<number, string>(Object.entries(VT).map(([name, value]) => [value, name]));

/** "VT_I4", "VT_ARRAY|VT_BSTR", "VT_BYREF|VT_VARIANT". */
export function vtName(vt: number): string {
  const base = `VT_${names.get(vt & VT.TYPEMASK) ?? `0x${(vt & VT.TYPEMASK).toString(16)}`}`;
  const flags = `${vt & VT.BYREF ? "VT_BYREF|" : ""}${vt & VT.ARRAY ? "VT_ARRAY|" : ""}`;
  return flags + base;
}
