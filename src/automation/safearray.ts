import { ComError, HResult } from "../base/index.ts";
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

/** An array as Automation has it: one element type, any number of dimensions with lower bounds. ([MS-OAUT] 2.2.30) */
export class SafeArray {
  /** Element type, a VT without flags. */
  readonly vt: number;
  /** Leftmost dimension first. */
  readonly bounds: readonly SafeArrayBound[];
  readonly data: SafeArrayData;

  constructor(
    vt: number,
    data: SafeArrayData,
    bounds: readonly SafeArrayBound[] = [{ lower: 0, count: data.length }],
  ) {
    if (!(vt in elementSize))
      throw new ComError(HResult.DISP_E_BADVARTYPE, `${vtName(vt)} is no element type of an array`);
    const total = bounds.reduce((product, bound) => product * bound.count, bounds.length === 0 ? 0 : 1);
    if (total !== data.length) {
      throw new ComError(
        HResult.DISP_E_BADINDEX,
        `the bounds hold ${total} elements, the data ${data.length}`,
      );
    }
    this.vt = vt;
    this.bounds = bounds;
    this.data = data;
  }

  /** The element at the given indexes, one for each dimension, counted from its lower bound. */
  at(...indexes: readonly number[]): unknown {
    if (indexes.length !== this.bounds.length) throw new ComError(HResult.DISP_E_BADINDEX);
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
    return this.data[offset];
  }
}

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
};
