import type { Attribute, BaseName, DocRange, Expr } from "./syntax/ast.ts";

/*
 * The bound model: every name looked up, methods numbered. The binder fills it, the checker reads it, the printers print it.
 */

/** A constant's value after evaluation. */
export type ConstantValue = number | bigint | string | boolean | null;

/** What every named thing has. */
export interface Named {
  readonly name: string;
  readonly attributes: readonly Attribute[];
  readonly doc: DocRange | undefined;
  readonly place: number;
  /** Path of the file it stands in (an `#include`d file counts as itself). */
  readonly file: string;
}

export type Type =
  | { readonly kind: "base"; readonly name: BaseName }
  | { readonly kind: "pointer"; readonly to: Type; readonly attributes: readonly Attribute[] | undefined }
  | ArrayModel
  | { readonly kind: "function"; readonly returns: Type; readonly params: readonly Param[] }
  | { readonly kind: "safearray"; readonly of: Type }
  | { readonly kind: "pipe"; readonly of: Type }
  /** A name that nothing declares; reported once. */
  | { readonly kind: "unknown"; readonly name: string }
  | Alias
  | Struct
  | Union
  | Enum
  | Interface
  | Dispinterface
  | Coclass;

export interface ArrayModel {
  readonly kind: "array";
  readonly of: Type;
  /** Number of elements; undefined for `[]` and for a size that is a parameter. */
  readonly size: number | undefined;
  readonly sizeExpr: Expr | undefined;
  readonly low: number;
}

export type PointerClass = "ref" | "unique" | "ptr";

/** A typedef. */
export interface Alias extends Named {
  readonly kind: "alias";
  /** What a plain pointer within is, by the `[pointer_default]` around it. */
  readonly pointerDefault: PointerClass;
  readonly type: Type;
}

export interface Field {
  readonly name: string;
  readonly type: Type;
  readonly attributes: readonly Attribute[];
  readonly doc: DocRange | undefined;
  readonly place: number;
  readonly bits: number | undefined;
}

export interface Struct extends Named {
  readonly kind: "struct";
  readonly tag: string | undefined;
  readonly pointerDefault: PointerClass;
  readonly fields: readonly Field[];
  readonly pack: number;
}

export interface Arm {
  /** Empty for the default arm alone. */
  readonly cases: readonly number[];
  readonly isDefault: boolean;
  readonly field: Field | undefined;
  readonly place: number;
}

export interface Union extends Named {
  readonly kind: "union";
  readonly tag: string | undefined;
  readonly pointerDefault: PointerClass;
  /** Type of the discriminant: of `switch (…)`, or `[switch_type]`; undefined when neither is given. */
  readonly switchType: Type | undefined;
  /** For `union switch (…)`: the names of the discriminant and of the union within. */
  readonly encapsulated: { readonly name: string; readonly member: string } | undefined;
  readonly arms: readonly Arm[];
}

export interface EnumValue {
  readonly name: string;
  readonly value: number;
  readonly attributes: readonly Attribute[];
  readonly doc: DocRange | undefined;
}

export interface Enum extends Named {
  readonly kind: "enum";
  readonly tag: string | undefined;
  readonly values: readonly EnumValue[];
}

export interface Param {
  readonly name: string;
  readonly type: Type;
  readonly attributes: readonly Attribute[];
  readonly in: boolean;
  readonly out: boolean;
  readonly retval: boolean;
  readonly place: number;
}

export type InvokeKind = "method" | "get" | "put" | "putref";

export interface Method {
  /** With its prefix: `get_Count`. */
  readonly name: string;
  /** As in the IDL: `Count`. */
  readonly idlName: string;
  /** Place in the vtable; -1 for one that has none. */
  readonly opnum: number;
  readonly params: readonly Param[];
  readonly returns: Type;
  readonly attributes: readonly Attribute[];
  readonly invoke: InvokeKind;
  /** DISPID, given or by rule. */
  readonly dispId: number | undefined;
  readonly local: boolean;
  readonly callback: boolean;
  /** For a `[call_as]` method: the local method whose slot it has. */
  readonly callAs: string | undefined;
  /** For a local method: the method that travels in its place. */
  readonly wire: string | undefined;
  /** CALLCONV, where one is written. */
  readonly convention?: number | undefined;
  readonly doc: DocRange | undefined;
  readonly place: number;
}

export interface Interface extends Named {
  readonly kind: "interface";
  /** Canonical GUID; undefined when none is given. */
  readonly iid: string | undefined;
  readonly version: readonly [number, number];
  readonly object: boolean;
  readonly local: boolean;
  readonly dual: boolean;
  readonly oleautomation: boolean;
  readonly base: Interface | undefined;
  /** Own methods in vtable order; a `[call_as]` method stands behind the one it replaces on the wire. */
  readonly methods: readonly Method[];
  /** Slots of the base interfaces. */
  readonly baseSlots: number;
  /** Slots with the own methods. */
  readonly slots: number;
  readonly asyncIid: string | undefined;
  readonly pointerDefault: PointerClass;
  readonly library: string | undefined;
  /** Of an instance of a generic interface: its name in the Windows Runtime, `Windows.Foundation.IReference<Int32>`. */
  readonly instance?: string;
  /** Only its name is known: it is declared nowhere. */
  readonly missing: boolean;
}

export interface Dispinterface extends Named {
  readonly kind: "dispinterface";
  readonly iid: string | undefined;
  readonly version: readonly [number, number];
  /** For `dispinterface D { interface I; }`. */
  readonly of: Interface | undefined;
  readonly properties: readonly (Field & { readonly dispId: number | undefined })[];
  readonly methods: readonly Method[];
  readonly library: string | undefined;
}

export interface CoclassInterface {
  readonly interface: Interface | Dispinterface;
  readonly default: boolean;
  readonly source: boolean;
  readonly restricted: boolean;
  readonly attributes: readonly Attribute[];
}

export interface Coclass extends Named {
  readonly kind: "coclass";
  readonly clsid: string | undefined;
  readonly version: readonly [number, number];
  readonly interfaces: readonly CoclassInterface[];
  readonly library: string | undefined;
}

export interface Constant extends Named {
  readonly kind: "constant";
  readonly type: Type;
  readonly value: ConstantValue | undefined;
}

export interface Module extends Named {
  readonly kind: "module";
  readonly uuid: string | undefined;
  readonly methods: readonly Method[];
  readonly constants: readonly Constant[];
  readonly library: string | undefined;
}

export interface Library extends Named {
  readonly kind: "library";
  readonly libid: string | undefined;
  readonly version: readonly [number, number];
  readonly lcid: number;
  /** Type libraries named in `importlib`. */
  readonly imports: readonly string[];
  /** Everything declared in the library's body, in order. */
  readonly members: readonly Entity[];
  /** Names of what is declared outside and mentioned inside. */
  readonly references: readonly string[];
}

/** Anything a file declares. */
export type Entity =
  | Alias
  | Struct
  | Union
  | Enum
  | Interface
  | Dispinterface
  | Coclass
  | Constant
  | Module
  | Library;

/** The declarations of one file and of what it includes. */
export interface Model {
  readonly path: string;
  readonly entities: readonly Entity[];
  /** Paths of imported files, in the order written. */
  readonly imports: readonly string[];
  /** Files to import or include that were not found, by this file or by those it imports. */
  readonly missing: readonly string[];
  /** Texts of `cpp_quote`. */
  readonly quotes: readonly string[];
}

/** The attribute of a name, or undefined. */
export function attributeOf(attributes: readonly Attribute[], name: string): Attribute | undefined {
  for (const attribute of attributes) if (attribute.name === name) return attribute;
  return undefined;
}

export function hasAttribute(attributes: readonly Attribute[], name: string): boolean {
  return attributeOf(attributes, name) !== undefined;
}

const replacing = ["wire_marshal", "transmit_as"];

/**
 * The attribute that gives a type another form on the wire: its argument is the type that travels. (`user_marshal` and
 * `represent_as` say the reverse: what travels is the type they stand at, their argument is a type of the C program.)
 */
export function wireAttribute(attributes: readonly Attribute[]): Attribute | undefined {
  return attributes.find((it) => replacing.includes(it.name));
}

/** The first argument's text: of a string, of a raw text, or a name. */
export function textArgument(attributes: readonly Attribute[], name: string): string | undefined {
  const arg = attributeOf(attributes, name)?.args?.[0];
  switch (arg?.kind) {
    case "string":
      return arg.value;
    case "raw":
      return arg.text;
    case "name":
      return arg.name;
    case "number":
      return arg.text;
    default:
      return undefined;
  }
}

/** Looks through typedefs. */
export function unalias(type: Type): Exclude<Type, Alias> {
  let at = type;
  for (let i = 0; at.kind === "alias" && i < 1000; i++) at = at.type;
  return at.kind === "alias" ? { kind: "unknown", name: at.name } : at;
}
