import type { Attribute } from "../syntax/ast.ts";

/** TYPEFLAGS by attribute. ([MS-OAUT] 2.2.16) */
const types: Readonly<Record<string, number>> = {
  // An application object is there by itself.
  appobject: 0x9,
  licensed: 0x4,
  predeclid: 0x8,
  hidden: 0x10,
  control: 0x20,
  dual: 0x140,
  nonextensible: 0x80,
  oleautomation: 0x100,
  restricted: 0x200,
  aggregatable: 0x400,
  replaceable: 0x800,
  proxy: 0x4000,
};

/** FUNCFLAGS by attribute. ([MS-OAUT] 2.2.13) */
const functions: Readonly<Record<string, number>> = {
  restricted: 0x1,
  source: 0x2,
  bindable: 0x4,
  requestedit: 0x8,
  displaybind: 0x10,
  defaultbind: 0x20,
  hidden: 0x40,
  usesgetlasterror: 0x80,
  defaultcollelem: 0x100,
  uidefault: 0x200,
  nonbrowsable: 0x400,
  replaceable: 0x800,
  immediatebind: 0x1000,
};

/** VARFLAGS by attribute. ([MS-OAUT] 2.2.18) */
const variables: Readonly<Record<string, number>> = {
  readonly: 0x1,
  source: 0x2,
  bindable: 0x4,
  requestedit: 0x8,
  displaybind: 0x10,
  defaultbind: 0x20,
  hidden: 0x40,
  restricted: 0x80,
  defaultcollelem: 0x100,
  uidefault: 0x200,
  nonbrowsable: 0x400,
  replaceable: 0x800,
  immediatebind: 0x1000,
};

/** LIBFLAGS by attribute. */
const libraries: Readonly<Record<string, number>> = { restricted: 0x1, control: 0x2, hidden: 0x4 };

/** PARAMFLAGS by attribute. ([MS-OAUT] 2.2.41) */
const parameters: Readonly<Record<string, number>> = {
  in: 0x1,
  out: 0x2,
  lcid: 0x4,
  retval: 0x8,
  optional: 0x10,
  defaultvalue: 0x30,
};

type Table = "types" | "functions" | "variables" | "libraries" | "parameters";

const tables: Readonly<Record<Table, Readonly<Record<string, number>>>> = {
  types,
  functions,
  variables,
  libraries,
  parameters,
};

/** All flags that a list of attributes gives. */
export function flagsOf(table: Table, attributes: readonly Attribute[]): number {
  const flags = tables[table];
  let value = 0;
  for (const { name } of attributes) if (Object.hasOwn(flags, name)) value |= flags[name] ?? 0;
  return value;
}

/** TYPEKIND. ([MS-OAUT] 2.2.17) */
export const Kind = {
  enum: 0,
  record: 1,
  module: 2,
  interface: 3,
  dispatch: 4,
  coclass: 5,
  alias: 6,
  union: 7,
} as const;

export const TypeFlag = { canCreate: 0x2, dual: 0x40 } as const;
export const ImplFlag = { default: 0x1, source: 0x2, restricted: 0x4, defaultVtable: 0x8 } as const;
