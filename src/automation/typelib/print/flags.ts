/*
 * Flags of types, members and parameters as IDL attributes.
 */

type FlagTable = readonly (readonly [bit: number, attribute: string])[];

export const libraryFlags: FlagTable = [
  [1, "restricted"],
  [2, "control"],
  [4, "hidden"],
];

/** Without appobject, dual and oleautomation, which depend on the kind of the type. */
export const typeFlags: FlagTable = [
  [0x04, "licensed"],
  [0x10, "hidden"],
  [0x20, "control"],
  [0x80, "nonextensible"],
  [0x200, "restricted"],
  [0x400, "aggregatable"],
  [0x800, "replaceable"],
  [0x4000, "proxy"],
];

export const functionFlags: FlagTable = [
  [0x01, "restricted"],
  [0x02, "source"],
  [0x04, "bindable"],
  [0x08, "requestedit"],
  [0x10, "displaybind"],
  [0x20, "defaultbind"],
  [0x40, "hidden"],
  [0x80, "usesgetlasterror"],
  [0x100, "defaultcollelem"],
  [0x200, "uidefault"],
  [0x400, "nonbrowsable"],
  [0x800, "replaceable"],
  [0x1000, "immediatebind"],
];

export const variableFlags: FlagTable = [
  [0x01, "readonly"],
  [0x02, "source"],
  [0x04, "bindable"],
  [0x08, "requestedit"],
  [0x10, "displaybind"],
  [0x20, "defaultbind"],
  [0x40, "hidden"],
  [0x80, "restricted"],
  ...functionFlags.slice(8),
];

export const implFlags: FlagTable = [
  [1, "default"],
  [2, "source"],
  [4, "restricted"],
  [8, "defaultvtable"],
];

export const parameterFlags: FlagTable = [
  [1, "in"],
  [2, "out"],
  [4, "lcid"],
  [0x10, "optional"],
  [8, "retval"],
];

export function attributesOf(flags: number, table: FlagTable): string[] {
  return table.filter(([bit]) => (flags & bit) !== 0).map(([, attribute]) => attribute);
}
