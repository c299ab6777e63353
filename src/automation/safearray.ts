import { ComError, type Guid, HResult } from "../base/index.ts";
import type { RecordInfo } from "./record/info.ts";
import { VT, vtName } from "./vt.ts";

export interface SafeArrayBound {
  readonly lower: number;
  readonly count: number;
}

/** Elements: a typed array for numbers, else an array. The first dimension varies fastest, as in memory. */
export type SafeArrayData =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array
  | readonly unknown[];

/** What some element types need beside their type. */
export interface SafeArrayExtras {
  /** The interface of the elements of an array of UNKNOWN or DISPATCH; default: IUnknown or IDispatch. */
  readonly iid?: Guid | undefined;
  /** The type of the elements of an array of RECORD. */
  readonly record?: RecordInfo | undefined;
}

/** More dimensions than a SAFEARRAY can count. */
const maxDimensions = 65_535;

/**
 * An array as Automation has it: one element type, any number of dimensions with lower bounds. ([MS-OAUT] 2.2.30)
 *
 * ```ts
 * const grid = SafeArray.create(VT.R8, [{ lower: 1, count: 2 }, { lower: 1, count: 3 }]);
 * grid.put([1, 3], 2.5);
 * grid.at(1, 3); // 2.5
 * SafeArray.of(VT.BSTR, [["a", "b"], ["c", "d"]]).at(1, 0); // "c"
 * ```
 */
export class SafeArray {
  /** Element type, a VT without flags. */
  readonly vt: number;
  /** Leftmost dimension first. */
  readonly bounds: readonly SafeArrayBound[];
  readonly data: SafeArrayData;
  readonly iid: Guid | undefined;
  readonly record: RecordInfo | undefined;

  /** Takes the elements as they are, the first index varying fastest. Throws DISP_E_BADVARTYPE, DISP_E_BADINDEX. */
  constructor(
    vt: number,
    data: SafeArrayData,
    bounds: readonly SafeArrayBound[] = [{ lower: 0, count: data.length }],
    extras: SafeArrayExtras = {},
  ) {
    if (!(vt in elementSize))
      throw new ComError(HResult.DISP_E_BADVARTYPE, `${vtName(vt)} is no element type of an array`);
    const total = countOf(bounds);
    if (total !== data.length) {
      throw new ComError(
        HResult.DISP_E_BADINDEX,
        `the bounds hold ${total} elements, the data ${data.length}`,
      );
    }
    this.vt = vt;
    this.bounds = bounds;
    this.data = data;
    this.iid = extras.iid;
    this.record = extras.record;
  }

  /** An array of zeros (null, "", false, EMPTY: what the type starts with) to be filled with `put` (SafeArrayCreate). */
  static create(vt: number, bounds: readonly SafeArrayBound[], extras?: SafeArrayExtras): SafeArray {
    const count = countOf(bounds);
    if (count > maxCreated)
      throw new ComError(HResult.E_OUTOFMEMORY, `${count} elements are more than the ${maxCreated} allowed`);
    const view = numberArrays[vt];
    const data = view === undefined ? Array.from({ length: count }, () => zeroElement(vt)) : new view(count);
    return new SafeArray(vt, data, bounds, extras);
  }

  /** An array of the elements of nested arrays, the first index outermost. Lower bounds are 0 unless given. Throws DISP_E_BADINDEX for ragged ones. */
  static of(
    vt: number,
    nested: readonly unknown[],
    lower: readonly number[] = [],
    extras?: SafeArrayExtras,
  ): SafeArray {
    const counts: number[] = [];
    for (let at: unknown = nested; Array.isArray(at); at = at[0] as unknown) counts.push(at.length);
    const bounds = counts.map((count, i) => ({ lower: lower[i] ?? 0, count }));
    const array = SafeArray.create(vt, bounds, extras);
    const fill = (part: readonly unknown[], prefix: readonly number[]): void => {
      if (part.length !== counts[prefix.length])
        throw new ComError(HResult.DISP_E_BADINDEX, "the rows differ in length");
      for (const [i, element] of part.entries()) {
        const place = [...prefix, i];
        if (place.length === counts.length)
          array.put(
            place.map((at, d) => at + (bounds[d]?.lower ?? 0)),
            element,
          );
        else if (Array.isArray(element)) fill(element, place);
        else throw new ComError(HResult.DISP_E_BADINDEX, "the rows differ in depth");
      }
    };
    if (array.data.length > 0) fill(nested, []);
    return array;
  }

  /** The element at the given indexes, one for each dimension, counted from its lower bound. Throws DISP_E_BADINDEX. */
  at(...indexes: readonly number[]): unknown {
    return this.data[this.#offset(indexes)];
  }

  /** Replaces an element (SafeArrayPutElement). Throws DISP_E_BADINDEX. */
  put(indexes: readonly number[], value: unknown): void {
    (this.data as unknown[])[this.#offset(indexes)] = value;
  }

  /** How many elements there are in all dimensions. */
  get length(): number {
    return this.data.length;
  }

  /** Bytes of an element in memory, where pointers have four (SafeArrayGetElemsize). */
  get elementSize(): number {
    return elementSize[this.vt] ?? 0;
  }

  /** An array with the same elements (SafeArrayCopy). Interface pointers in it are the same ones, not counted. */
  copy(): SafeArray {
    return new SafeArray(this.vt, this.data.slice(), this.bounds, this.#extras);
  }

  /** The array with another last dimension, as ReDim Preserve has it (SafeArrayRedim): elements are cut off, or zeros follow. Throws DISP_E_BADINDEX. */
  resized(last: SafeArrayBound): SafeArray {
    const bounds = [...this.bounds.slice(0, -1), last];
    const made = SafeArray.create(this.vt, bounds, this.#extras);
    const data = made.data as unknown[];
    for (let i = 0; i < Math.min(data.length, this.data.length); i++) data[i] = this.data[i];
    return made;
  }

  get #extras(): SafeArrayExtras {
    return { iid: this.iid, record: this.record };
  }

  #offset(indexes: readonly number[]): number {
    if (indexes.length !== this.bounds.length)
      throw new ComError(
        HResult.DISP_E_BADINDEX,
        `${indexes.length} indexes for ${this.bounds.length} dimensions`,
      );
    let offset = 0;
    let stride = 1;
    for (const [i, bound] of this.bounds.entries()) {
      const index = (indexes[i] ?? 0) - bound.lower;
      if (!Number.isInteger(index) || index < 0 || index >= bound.count) {
        throw new ComError(HResult.DISP_E_BADINDEX, `index ${indexes[i]} lies outside dimension ${i}`);
      }
      offset += index * stride;
      stride *= bound.count;
    }
    return offset;
  }
}

/** The most elements an array is made with before there is data. */
const maxCreated = 64 * 1024 * 1024;

function countOf(bounds: readonly SafeArrayBound[]): number {
  const odd = bounds.find(
    ({ lower, count }) =>
      (lower | 0) !== lower || !Number.isInteger(count) || count < 0 || count > 0xffffffff,
  );
  if (odd !== undefined || bounds.length === 0 || bounds.length > maxDimensions)
    throw new ComError(HResult.DISP_E_BADINDEX, "an array has 1 to 65,535 dimensions of 32-bit bounds");
  return bounds.reduce((product, bound) => product * bound.count, 1);
}

function zeroElement(vt: number): unknown {
  switch (vt) {
    case VT.BOOL:
      return false;
    case VT.DECIMAL:
      return { negative: false, scale: 0, value: 0n };
    case VT.VARIANT:
      return undefined;
    default:
      return null;
  }
}

type NumberArray = Exclude<SafeArrayData, readonly unknown[]>;

/** The typed array a program sees of numbers. */
export const numberArrays: Readonly<
  Record<
    number,
    (new (length: number) => NumberArray) &
      (new (buffer: ArrayBufferLike, offset: number, length: number) => NumberArray)
  >
> = {
  [VT.I1]: Int8Array,
  [VT.UI1]: Uint8Array,
  [VT.I2]: Int16Array,
  [VT.UI2]: Uint16Array,
  [VT.I4]: Int32Array,
  [VT.INT]: Int32Array,
  [VT.UI4]: Uint32Array,
  [VT.UINT]: Uint32Array,
  [VT.ERROR]: Uint32Array,
  [VT.R4]: Float32Array,
  [VT.I8]: BigInt64Array,
  [VT.UI8]: BigUint64Array,
  [VT.CY]: BigInt64Array,
  [VT.R8]: Float64Array,
  [VT.DATE]: Float64Array,
};

/** Bytes of an element in memory (cbElements), on a 32-bit pointer layout for references as the wire has it. */
export const elementSize: Readonly<Record<number, number>> = {
  [VT.I2]: 2,
  [VT.I4]: 4,
  [VT.R4]: 4,
  [VT.R8]: 8,
  [VT.CY]: 8,
  [VT.DATE]: 8,
  [VT.BSTR]: 4,
  [VT.DISPATCH]: 4,
  [VT.ERROR]: 4,
  [VT.BOOL]: 2,
  [VT.VARIANT]: 16,
  [VT.UNKNOWN]: 4,
  [VT.DECIMAL]: 16,
  [VT.I1]: 1,
  [VT.UI1]: 1,
  [VT.UI2]: 2,
  [VT.UI4]: 4,
  [VT.I8]: 8,
  [VT.UI8]: 8,
  [VT.INT]: 4,
  [VT.UINT]: 4,
  [VT.RECORD]: 4,
};
