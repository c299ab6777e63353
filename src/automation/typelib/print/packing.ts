import { ComError } from "../../../base/index.ts";
import { TYPEKIND } from "../../gen/oaidl.ts";
import type { TypeInfo, TypeReference } from "../model.ts";
import { pointerSizeOf } from "../pointer-size.ts";
import type { LibraryScope } from "../scope.ts";
import { type TypeSize, alignUp, sizeOfType } from "../type-size.ts";

const packings = [8, 4, 2, 1] as const;

/** What `#pragma pack` a record was compiled under, told by its size and its members' places; undefined for the usual one, and where none fits. */
export function packingOf(scope: LibraryScope, type: TypeInfo): number | undefined {
  if (type.kind !== TYPEKIND.TKIND_RECORD) return undefined;
  const pointer = pointerSizeOf(scope.library.sysKind);
  const members = type.variables.map((one) => ({
    ...sizeOfType(one.type, pointer, ({ reference }) => sizeOfReference(scope, reference)),
    offset: one.offset,
  }));
  const fits = packings.find((packing) => {
    if (packing < type.alignment) return false;
    let end = 0;
    let most = 1;
    for (const { size, alignment, offset } of members) {
      const step = Math.min(alignment, packing);
      if (alignUp(end, step) !== offset) return false;
      end = offset + size;
      most = Math.max(most, step);
    }
    return alignUp(end, most) === type.size;
  });
  return fits === packings[0] ? undefined : fits;
}

function sizeOfReference(scope: LibraryScope, reference: TypeReference | undefined): TypeSize {
  if (reference === undefined) return { size: 0, alignment: 1 };
  try {
    const { size, alignment } = scope.resolve(reference).type;
    return { size, alignment: Math.max(1, alignment) };
  } catch (error) {
    ComError.from(error);
    return { size: 0, alignment: 1 };
  }
}
