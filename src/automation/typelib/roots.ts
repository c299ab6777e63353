import { type Guid, guid } from "../../base/index.ts";
import type { ImportedType, TypeLibrary } from "./model.ts";

export const IID_IUnknown: Guid = guid("00000000-0000-0000-c000-000000000046");
export const IID_IDispatch: Guid = guid("00020400-0000-0000-c000-000000000046");
export const LIBID_stdole: Guid = guid("00020430-0000-0000-c000-000000000046");

/** Where stdole has the roots; libraries may refer to them by position. */
const stdolePositions: Readonly<Record<number, Guid>> = { 3: IID_IUnknown, 4: IID_IDispatch };

/** The GUID of an imported type: the one that stands there, or that of a root in stdole known by its position. */
export function guidOfImported(library: TypeLibrary, imported: ImportedType | undefined): Guid | undefined {
  if (imported === undefined) return undefined;
  if (imported.guid !== undefined || imported.index === undefined) return imported.guid;
  return library.imports[imported.library]?.guid === LIBID_stdole
    ? stdolePositions[imported.index]
    : undefined;
}
