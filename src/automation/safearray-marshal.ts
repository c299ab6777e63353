import { ComError, HResult } from "../base/index.ts";
import type { UserMarshal } from "../ndr/index.ts";
import { SafeArray, type SafeArrayBound, type SafeArrayData, elementSize } from "./safearray.ts";
import { VT, vtName } from "./vt.ts";

/** SF_TYPE ([MS-OAUT] 2.2.10) and FADF_* ([MS-OAUT] 2.2.9). */
const SF = {
  I1: 16,
  I2: 2,
  I4: 3,
  I8: 20,
  BSTR: 8,
  UNKNOWN: 13,
  DISPATCH: 9,
  VARIANT: 12,
  ERROR: 10,
  RECORD: 36,
  HAVEIID: 0x800d,
};
const FADF = {
  HAVEIID: 0x40,
  HAVEVARTYPE: 0x80,
  BSTR: 0x100,
  UNKNOWN: 0x200,
  DISPATCH: 0x400,
  VARIANT: 0x800,
};

interface WireBound {
  readonly cElements: number;
  readonly lLbound: number;
}

interface WireSafeArray {
  readonly cDims: number;
  readonly fFeatures: number;
  readonly cbElements: number;
  readonly cLocks: number;
  readonly uArrayStructs: { readonly tag: number; readonly [arm: string]: unknown };
  /** Rightmost dimension first. */
  readonly rgsabound: readonly WireBound[];
}

type NumberArray = Exclude<SafeArrayData, readonly unknown[]>;
type NumberArrayClass = new (buffer: ArrayBufferLike, offset: number, length: number) => NumberArray;

/** How the elements of a type stand on the wire: which arm of the union, which typed array. */
interface Shape {
  readonly sf: number;
  readonly arm: string;
  readonly size: string;
  readonly data: string;
  readonly features: number;
  /** What the program sees of numbers. */
  readonly view?: NumberArrayClass;
}

const numbers = (sf: number, arm: string, view: NumberArrayClass): Shape => ({
  sf,
  arm,
  size: "clSize",
  data: "pData",
  features: FADF.HAVEVARTYPE,
  view,
});

const shapes: Readonly<Record<number, Shape>> = {
  [VT.I1]: numbers(SF.I1, "ByteStr", Int8Array),
  [VT.UI1]: numbers(SF.I1, "ByteStr", Uint8Array),
  [VT.I2]: numbers(SF.I2, "WordStr", Int16Array),
  [VT.UI2]: numbers(SF.I2, "WordStr", Uint16Array),
  [VT.BOOL]: numbers(SF.I2, "WordStr", Uint16Array),
  [VT.I4]: numbers(SF.I4, "LongStr", Int32Array),
  [VT.INT]: numbers(SF.I4, "LongStr", Int32Array),
  [VT.UI4]: numbers(SF.I4, "LongStr", Uint32Array),
  [VT.UINT]: numbers(SF.I4, "LongStr", Uint32Array),
  [VT.ERROR]: numbers(SF.I4, "LongStr", Uint32Array),
  [VT.R4]: numbers(SF.I4, "LongStr", Float32Array),
  [VT.I8]: numbers(SF.I8, "HyperStr", BigInt64Array),
  [VT.UI8]: numbers(SF.I8, "HyperStr", BigUint64Array),
  [VT.CY]: numbers(SF.I8, "HyperStr", BigInt64Array),
  [VT.R8]: numbers(SF.I8, "HyperStr", Float64Array),
  [VT.DATE]: numbers(SF.I8, "HyperStr", Float64Array),
  [VT.BSTR]: {
    sf: SF.BSTR,
    arm: "BstrStr",
    size: "Size",
    data: "aBstr",
    features: FADF.BSTR | FADF.HAVEVARTYPE,
  },
  [VT.VARIANT]: {
    sf: SF.VARIANT,
    arm: "VariantStr",
    size: "Size",
    data: "aVariant",
    features: FADF.VARIANT | FADF.HAVEVARTYPE,
  },
  [VT.UNKNOWN]: {
    sf: SF.UNKNOWN,
    arm: "UnknownStr",
    size: "Size",
    data: "apUnknown",
    features: FADF.UNKNOWN | FADF.HAVEVARTYPE,
  },
  [VT.DISPATCH]: {
    sf: SF.DISPATCH,
    arm: "DispatchStr",
    size: "Size",
    data: "apDispatch",
    features: FADF.DISPATCH | FADF.HAVEVARTYPE,
  },
};

/** What an array is when nothing says it (no FADF_HAVEVARTYPE), by the union's discriminant. */
const plainTypes: Readonly<Record<number, number>> = {
  [SF.I1]: VT.UI1,
  [SF.I2]: VT.I2,
  [SF.I4]: VT.I4,
  [SF.I8]: VT.I8,
  [SF.BSTR]: VT.BSTR,
  [SF.VARIANT]: VT.VARIANT,
  [SF.UNKNOWN]: VT.UNKNOWN,
  [SF.DISPATCH]: VT.DISPATCH,
  [SF.HAVEIID]: VT.UNKNOWN,
};

/** SAFEARRAY. ([MS-OAUT] 2.2.30.10) */
export const SAFEARRAY_UserMarshal: UserMarshal<SafeArray | null, WireSafeArray | null> = {
  toWire(value) {
    if (value === null || value === undefined) return null;
    const shape = shapes[value.vt];
    if (shape === undefined)
      throw new ComError(HResult.DISP_E_BADVARTYPE, `an array of ${vtName(value.vt)} does not travel`);
    const data = shape.view === undefined ? value.data : wordsOf(value.data, value.vt);
    return {
      cDims: value.bounds.length,
      fFeatures: shape.features,
      cbElements: elementSize[value.vt] ?? 0,
      cLocks: value.vt << 16,
      uArrayStructs: { tag: shape.sf, [shape.arm]: { [shape.size]: data.length, [shape.data]: data } },
      rgsabound: value.bounds.map(({ lower, count }) => ({ cElements: count, lLbound: lower })).toReversed(),
    };
  },
  fromWire(wire) {
    if (wire === null) return null;
    const { tag } = wire.uArrayStructs;
    const vt = wire.fFeatures & FADF.HAVEVARTYPE ? wire.cLocks >>> 16 : plainTypes[tag];
    const shape = vt === undefined ? undefined : shapes[vt];
    if (vt === undefined || shape === undefined) {
      throw new ComError(
        HResult.DISP_E_BADVARTYPE,
        `an array of ${vt === undefined ? `kind ${tag}` : vtName(vt)} is not understood`,
      );
    }
    const armName = tag === SF.HAVEIID ? "HaveIidStr" : shape.arm;
    if (tag !== shape.sf && tag !== SF.HAVEIID) {
      throw new ComError(
        HResult.RPC_X_BAD_STUB_DATA,
        `an array of ${vtName(vt)} with the elements of kind ${tag}`,
      );
    }
    const arm = wire.uArrayStructs[armName] as Readonly<Record<string, unknown>>;
    const raw = arm[shape.data] as SafeArrayData;
    const bounds: readonly SafeArrayBound[] = wire.rgsabound
      .map(({ cElements, lLbound }) => ({ lower: lLbound, count: cElements }))
      .toReversed();
    return new SafeArray(vt, fromWords(raw, vt, shape), bounds);
  },
};

/** The typed array of the arm (u8, u16, u32, i64 by element size) over the same bytes. */
function wordsOf(data: SafeArrayData, vt: number): SafeArrayData {
  if (vt === VT.BOOL) return Uint16Array.from(data as readonly boolean[], (value) => (value ? 0xffff : 0));
  const numeric = ArrayBuffer.isView(data) ? data : numbersOf(data, vt);
  const { buffer, byteOffset, length } = numeric;
  switch (numeric.BYTES_PER_ELEMENT) {
    case 1:
      return new Uint8Array(buffer, byteOffset, length);
    case 2:
      return new Uint16Array(buffer, byteOffset, length);
    case 4:
      return new Uint32Array(buffer, byteOffset, length);
    default:
      return new BigInt64Array(buffer, byteOffset, length);
  }
}

/** A plain array of numbers as the typed array of its type. */
function numbersOf(data: readonly unknown[], vt: number): NumberArray {
  const view = shapes[vt]?.view as unknown as { from(values: readonly unknown[]): NumberArray };
  return view.from(data);
}

function fromWords(raw: SafeArrayData, vt: number, shape: Shape): SafeArrayData {
  if (vt === VT.BOOL) return Array.from(raw as Uint16Array, (value) => value !== 0);
  if (shape.view === undefined) return raw;
  const words = raw as NumberArray;
  return new shape.view(words.buffer, words.byteOffset, words.length);
}
