import { VT } from "../vt.ts";

const descriptionOnly = {
  PTR: 26,
  SAFEARRAY: 27,
  CARRAY: 28,
  USERDEFINED: 29,
  LPSTR: 30,
  LPWSTR: 31,
  INT_PTR: 37,
  UINT_PTR: 38,
} as const;

/** The types of a TYPEDESC: those of a VARIANT, and the ones that only stand in type descriptions. ([MS-OAUT] 2.2.7) */
export const TypeCode: typeof VT & typeof descriptionOnly = { ...VT, ...descriptionOnly };
