import { ComError, HResult } from "../base/index.ts";
import { VT, vtName } from "./vt.ts";

/** SF_TYPE ([MS-OAUT] 2.2.8). */
export const SF = {
  I1: 16,
  I2: 2,
  I4: 3,
  I8: 20,
  BSTR: 8,
  UNKNOWN: 13,
  DISPATCH: 9,
  VARIANT: 12,
  RECORD: 36,
  HAVEIID: 0x800d,
} as const;

/** FADF_* ([MS-OAUT] 2.2.9); `kinds` are those that say what the elements are. */
export const FADF = {
  RECORD: 0x20,
  HAVEIID: 0x40,
  HAVEVARTYPE: 0x80,
  BSTR: 0x100,
  UNKNOWN: 0x200,
  DISPATCH: 0x400,
  VARIANT: 0x800,
  kinds: 0x0f20,
} as const;

/** How the elements of a type stand on the wire: the arm of the union and its two members. */
export interface Shape {
  readonly sf: number;
  readonly arm: string;
  readonly size: string;
  readonly data: string;
  readonly features: number;
}

const numbers = (sf: number, arm: string): Shape => ({
  sf,
  arm,
  size: "clSize",
  data: "pData",
  features: FADF.HAVEVARTYPE,
});

const others = (sf: number, arm: string, data: string, features: number): Shape => ({
  sf,
  arm,
  size: "Size",
  data,
  features,
});

const bytes = numbers(SF.I1, "ByteStr");
const shorts = numbers(SF.I2, "WordStr");
const longs = numbers(SF.I4, "LongStr");
const hypers = numbers(SF.I8, "HyperStr");

const shapes: Readonly<Record<number, Shape>> = {
  [VT.I1]: bytes,
  [VT.UI1]: bytes,
  [VT.I2]: shorts,
  [VT.UI2]: shorts,
  [VT.BOOL]: shorts,
  [VT.I4]: longs,
  [VT.INT]: longs,
  [VT.UI4]: longs,
  [VT.UINT]: longs,
  [VT.ERROR]: longs,
  [VT.R4]: longs,
  [VT.I8]: hypers,
  [VT.UI8]: hypers,
  [VT.CY]: hypers,
  [VT.R8]: hypers,
  [VT.DATE]: hypers,
  [VT.BSTR]: others(SF.BSTR, "BstrStr", "aBstr", FADF.BSTR | FADF.HAVEVARTYPE),
  [VT.VARIANT]: others(SF.VARIANT, "VariantStr", "aVariant", FADF.VARIANT | FADF.HAVEVARTYPE),
  [VT.UNKNOWN]: others(SF.UNKNOWN, "UnknownStr", "apUnknown", FADF.UNKNOWN | FADF.HAVEVARTYPE),
  [VT.DISPATCH]: others(SF.DISPATCH, "DispatchStr", "apDispatch", FADF.DISPATCH | FADF.HAVEVARTYPE),
  [VT.RECORD]: others(SF.RECORD, "RecordStr", "aRecord", FADF.RECORD),
};

/** Throws DISP_E_BADVARTYPE for what does not travel in an array: DECIMAL, and what no array holds. */
export function shapeOf(vt: number): Shape {
  const shape = shapes[vt];
  if (shape !== undefined) return shape;
  throw new ComError(HResult.DISP_E_BADVARTYPE, `an array of ${vtName(vt)} does not travel`);
}

/** What an array is when nothing says it (no FADF_HAVEVARTYPE), by the union's discriminant. */
export const plainTypes: Readonly<Record<number, number>> = {
  [SF.I1]: VT.UI1,
  [SF.I2]: VT.I2,
  [SF.I4]: VT.I4,
  [SF.I8]: VT.I8,
  [SF.BSTR]: VT.BSTR,
  [SF.VARIANT]: VT.VARIANT,
  [SF.UNKNOWN]: VT.UNKNOWN,
  [SF.DISPATCH]: VT.DISPATCH,
  [SF.RECORD]: VT.RECORD,
};
