import type { TypeDesc } from "./model.ts";
import { TypeCode } from "./type-code.ts";

export interface TypeSize {
  readonly size: number;
  readonly alignment: number;
}

/** Bytes by type; those not here are pointers. */
const sizes: ReadonlyMap<number, number> = new Map([
  [TypeCode.VOID, 0],
  [TypeCode.I1, 1],
  [TypeCode.UI1, 1],
  [TypeCode.I2, 2],
  [TypeCode.UI2, 2],
  [TypeCode.BOOL, 2],
  [TypeCode.I4, 4],
  [TypeCode.UI4, 4],
  [TypeCode.INT, 4],
  [TypeCode.UINT, 4],
  [TypeCode.R4, 4],
  [TypeCode.ERROR, 4],
  [TypeCode.HRESULT, 4],
  [TypeCode.I8, 8],
  [TypeCode.UI8, 8],
  [TypeCode.R8, 8],
  [TypeCode.CY, 8],
  [TypeCode.DATE, 8],
]);

/** What a value of a type takes in memory, where pointers have `pointer` bytes; `userDefined` knows the types of libraries. */
export function sizeOfType(
  type: TypeDesc,
  pointer: number,
  userDefined: (type: TypeDesc) => TypeSize,
): TypeSize {
  switch (type.vt) {
    case TypeCode.VARIANT:
      return { size: pointer === 8 ? 24 : 16, alignment: 8 };
    case TypeCode.DECIMAL:
      return { size: 16, alignment: 8 };
    case TypeCode.USERDEFINED:
      return userDefined(type);
    case TypeCode.CARRAY: {
      const element = sizeOfType(type.element ?? { vt: TypeCode.VOID }, pointer, userDefined);
      const count = (type.bounds ?? []).reduce((product, bound) => product * bound.count, 1);
      return { size: element.size * count, alignment: element.alignment };
    }
    default: {
      const size = sizes.get(type.vt) ?? pointer;
      return { size, alignment: Math.max(1, size) };
    }
  }
}

export function alignUp(offset: number, alignment: number): number {
  return Math.ceil(offset / alignment) * alignment;
}
