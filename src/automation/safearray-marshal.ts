import { ComError, type Guid, HResult, guid } from "../base/index.ts";
import { type MarshalContext, type UserMarshal, plainContext } from "../ndr/index.ts";
import { type WireBrecord, fromWireRecords, toWireRecords } from "./record/wire.ts";
import type { RecordInfo } from "./record/info.ts";
import {
  SafeArray,
  type SafeArrayBound,
  type SafeArrayData,
  type SafeArrayExtras,
  elementSize,
  numberArrays,
} from "./safearray.ts";
import { FADF, SF, type Shape, plainTypes, shapeOf } from "./safearray-shapes.ts";
import { mapArrayPointers } from "./variant-pointers.ts";
import { VT, vtName } from "./vt.ts";

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

const interfaceIids: Readonly<Record<number, Guid>> = {
  [VT.UNKNOWN]: guid("00000000-0000-0000-c000-000000000046"),
  [VT.DISPATCH]: guid("00020400-0000-0000-c000-000000000046"),
};

/** SAFEARRAY. ([MS-OAUT] 2.2.30.10) */
export const SAFEARRAY_UserMarshal: UserMarshal<SafeArray | null, WireSafeArray | null> = {
  littleEndian: true,
  mapPointers: mapArrayPointers,
  toWire(value, context) {
    if (value === null || value === undefined) return null;
    const { fFeatures, union } = armOf(value, context);
    return {
      cDims: value.bounds.length,
      fFeatures,
      cbElements: elementSize[value.vt] ?? 0,
      cLocks: fFeatures & FADF.HAVEVARTYPE ? value.vt << 16 : 0,
      uArrayStructs: union,
      rgsabound: value.bounds.map(({ lower, count }) => ({ cElements: count, lLbound: lower })).toReversed(),
    };
  },
  fromWire(wire, context = plainContext) {
    if (wire === null) return null;
    const { tag } = wire.uArrayStructs;
    const vt = typeOf(wire);
    const shape = receivedShape(vt);
    if (tag !== shape.sf && !(tag === SF.HAVEIID && vt in interfaceIids))
      throw badData(`an array of ${vtName(vt)} with the elements of kind ${tag}`);
    const kinds = wire.fFeatures & FADF.kinds;
    if (kinds !== 0 && kinds !== (shape.features & FADF.kinds))
      throw badData(`an array of ${vtName(vt)} that calls itself of the kind 0x${kinds.toString(16)}`);
    const bounds = wire.rgsabound
      .map(({ cElements, lLbound }) => ({ lower: lLbound, count: cElements }))
      .toReversed();
    const { data, extras } = elementsOf(wire, vt, shape, bounds, context);
    try {
      const array = new SafeArray(vt, data, bounds, extras);
      if ((wire.fFeatures & FADF.HAVEVARTYPE) === 0 && plainTypes[tag] === vt) untyped.add(array);
      return array;
    } catch (error) {
      throw badData(ComError.from(error).info.description ?? "the bounds do not fit the elements", error);
    }
  },
};

/** Arrays that did not say what their elements are: the VARIANT around them may. */
const untyped = new WeakSet<SafeArray>();

/** The shape of the elements of an array that came: a type that no array may have is bad data. */
function receivedShape(vt: number): Shape {
  try {
    return shapeOf(vt);
  } catch (error) {
    throw badData(`an array of ${vtName(vt)} does not travel`, error);
  }
}

function badData(what: string, cause?: unknown): ComError {
  return new ComError(HResult.RPC_X_BAD_STUB_DATA, what, { cause });
}

/** The features and the union of an array. Windows sends arrays of pointers with their IID; an array without elements cannot. */
function armOf(
  array: SafeArray,
  context: MarshalContext,
): {
  readonly fFeatures: number;
  readonly union: WireSafeArray["uArrayStructs"];
} {
  const { vt, data } = array;
  const shape = shapeOf(vt);
  if (vt === VT.RECORD) {
    const aRecord = [toWireRecords(recordOf(array), Array.from<unknown>(data), context)];
    return { fFeatures: shape.features, union: { tag: shape.sf, [shape.arm]: { Size: 1, aRecord } } };
  }
  const iid = array.iid ?? interfaceIids[vt];
  if (iid !== undefined && data.length > 0) {
    const fFeatures = (shape.features & ~FADF.HAVEVARTYPE) | FADF.HAVEIID;
    return { fFeatures, union: { tag: SF.HAVEIID, HaveIidStr: { Size: data.length, apUnknown: data, iid } } };
  }
  const words = numberArrays[vt] === undefined && vt !== VT.BOOL ? data : wordsOf(data, vt);
  const union = { tag: shape.sf, [shape.arm]: { [shape.size]: data.length, [shape.data]: words } };
  return { fFeatures: shape.features, union };
}

function recordOf(array: SafeArray): RecordInfo {
  if (array.record !== undefined) return array.record;
  throw new ComError(HResult.E_INVALIDARG, "an array of records does not say of which type they are");
}

/** The element type: what the array says, else what the arm stands for. */
function typeOf(wire: WireSafeArray): number {
  const { tag } = wire.uArrayStructs;
  if (wire.fFeatures & FADF.HAVEVARTYPE) return wire.cLocks >>> 16;
  if (tag === SF.HAVEIID) return wire.fFeatures & FADF.DISPATCH ? VT.DISPATCH : VT.UNKNOWN;
  const vt = plainTypes[tag];
  if (vt === undefined) throw badData(`an array of kind ${tag} is not understood`);
  return vt;
}

function elementsOf(
  wire: WireSafeArray,
  vt: number,
  shape: Shape,
  bounds: readonly SafeArrayBound[],
  context: MarshalContext,
): { readonly data: SafeArrayData; readonly extras: SafeArrayExtras } {
  const { tag } = wire.uArrayStructs;
  const arm = wire.uArrayStructs[tag === SF.HAVEIID ? "HaveIidStr" : shape.arm] as Readonly<
    Record<string, unknown>
  >;
  // Nothing may be told by no pointer to it.
  const raw = (arm[shape.data] ?? []) as SafeArrayData;
  if (vt === VT.RECORD) {
    const [first = null] = raw as readonly (WireBrecord | null)[];
    const count = bounds.reduce((product, bound) => product * bound.count, 1);
    const { info, values } = fromWireRecords(first, count, context);
    return { data: values, extras: { record: info } };
  }
  if (tag === SF.HAVEIID) {
    const iid = arm["iid"] as Guid;
    return {
      data: (arm["apUnknown"] ?? []) as readonly unknown[],
      extras: iid === interfaceIids[vt] ? {} : { iid },
    };
  }
  return { data: fromWords(raw, vt), extras: {} };
}

/**
 * The array as one of another element type of the same width on the wire: what the VARIANT around it calls its elements. One that says itself that its
 * elements are others stays what it is, as Windows has it. Throws RPC_X_BAD_STUB_DATA when one that says nothing cannot be of this type.
 */
export function typedAs(array: SafeArray, vt: number): SafeArray {
  if (array.vt === vt) return array;
  const [mine, wanted] = [shapeOf(array.vt), receivedShape(vt)];
  if (mine.sf !== wanted.sf && !untyped.has(array)) return array;
  if (mine.sf !== wanted.sf)
    throw badData(`an array of ${vtName(array.vt)} in a VARIANT of ${vtName(VT.ARRAY | vt)}`);
  return new SafeArray(vt, fromWords(wordsOf(array.data, array.vt), vt), array.bounds);
}

/** The typed array of the arm (u8, u16, u32, i64 by element size) over the same bytes. */
function wordsOf(data: SafeArrayData, vt: number): NumberArray {
  if (vt === VT.BOOL && !ArrayBuffer.isView(data))
    return Uint16Array.from(data as readonly boolean[], (value) => (value ? 0xffff : 0));
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
  const view = numberArrays[vt] as unknown as { from(values: readonly unknown[]): NumberArray };
  return view.from(data);
}

function fromWords(raw: SafeArrayData, vt: number): SafeArrayData {
  if (vt === VT.BOOL) return Array.from(raw as Uint16Array, (value) => value !== 0);
  const view = numberArrays[vt];
  if (view === undefined) return raw;
  if (!ArrayBuffer.isView(raw)) return new view(0);
  return new view(raw.buffer, raw.byteOffset, raw.length);
}
