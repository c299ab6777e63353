/**
 * The syntax tree: what the text says, before names are looked up. It is never changed after the parser made it, so the
 * tree of an imported file is shared by every compilation that imports it.
 */

/** A run of comment text: places of its first and behind its last character; 0 for none. */
export interface DocRange {
  readonly from: number;
  readonly to: number;
}

/** The places of one body of a namespace, and its full name with dots. */
export interface NamespaceRange {
  readonly from: number;
  readonly to: number;
  readonly name: string;
}

export type Expr =
  | {
      readonly kind: "number";
      readonly place: number;
      readonly value: number | bigint;
      readonly text: string;
    }
  | { readonly kind: "float"; readonly place: number; readonly value: number }
  | { readonly kind: "string"; readonly place: number; readonly value: string; readonly wide: boolean }
  | { readonly kind: "character"; readonly place: number; readonly value: number }
  | { readonly kind: "name"; readonly place: number; readonly name: string }
  | { readonly kind: "unary"; readonly place: number; readonly operator: string; readonly operand: Expr }
  | {
      readonly kind: "binary";
      readonly place: number;
      /** Token kind of the operator. */
      readonly operator: number;
      readonly left: Expr;
      readonly right: Expr;
    }
  | {
      readonly kind: "conditional";
      readonly place: number;
      readonly test: Expr;
      readonly yes: Expr;
      readonly no: Expr;
    }
  | { readonly kind: "cast"; readonly place: number; readonly type: TypeUse; readonly operand: Expr }
  | { readonly kind: "sizeof"; readonly place: number; readonly type: TypeUse }
  | { readonly kind: "member"; readonly place: number; readonly object: Expr; readonly name: string }
  | { readonly kind: "index"; readonly place: number; readonly object: Expr; readonly index: Expr }
  /** Only in attributes: a type, a GUID or version as written, an empty slot. */
  | { readonly kind: "type"; readonly place: number; readonly type: TypeUse }
  | { readonly kind: "raw"; readonly place: number; readonly text: string }
  | { readonly kind: "empty"; readonly place: number };

export interface Attribute {
  readonly name: string;
  readonly place: number;
  /** Undefined when there were no parentheses. */
  readonly args: readonly Expr[] | undefined;
}

export type BaseName =
  | "void"
  | "boolean"
  | "byte"
  | "char"
  | "int8"
  | "uint8"
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "int64"
  | "uint64"
  | "int3264"
  | "uint3264"
  | "int"
  | "uint"
  | "float"
  | "double"
  | "wchar"
  | "handle"
  | "error_status"
  | "int128";

/** A type specifier: what stands before the declarators. */
export type TypeSpec =
  | { readonly kind: "base"; readonly place: number; readonly name: BaseName }
  /** A name; `word` when `struct`, `union`, `enum` or `interface` stood before it. */
  | {
      readonly kind: "reference";
      readonly place: number;
      readonly name: string;
      readonly word: "struct" | "union" | "enum" | "interface" | undefined;
    }
  | StructSpec
  | UnionSpec
  | EnumSpec
  | { readonly kind: "safearray"; readonly place: number; readonly element: TypeUse }
  | { readonly kind: "pipe"; readonly place: number; readonly element: TypeUse };

export interface StructSpec {
  readonly kind: "struct";
  readonly place: number;
  readonly tag: string | undefined;
  readonly attributes: readonly Attribute[];
  readonly fields: readonly Field[];
  readonly pack: number;
  readonly doc: DocRange | undefined;
}

export interface UnionSpec {
  readonly kind: "union";
  readonly place: number;
  readonly tag: string | undefined;
  readonly attributes: readonly Attribute[];
  /** For `union switch (type name) member { … }`. */
  readonly encapsulated:
    | { readonly type: TypeSpec; readonly name: string; readonly member: string | undefined }
    | undefined;
  readonly arms: readonly UnionArm[];
  readonly pack: number;
  readonly doc: DocRange | undefined;
}

export interface UnionArm {
  readonly place: number;
  /** `case` labels in front of the arm (also written as attribute). */
  readonly cases: readonly Expr[];
  readonly isDefault: boolean;
  /** Undefined for an empty arm. */
  readonly field: Field | undefined;
}

export interface EnumSpec {
  readonly kind: "enum";
  readonly place: number;
  readonly tag: string | undefined;
  readonly attributes: readonly Attribute[];
  readonly members: readonly EnumMember[];
  readonly doc: DocRange | undefined;
}

export interface EnumMember {
  readonly place: number;
  readonly name: string;
  readonly value: Expr | undefined;
  readonly attributes: readonly Attribute[];
  readonly doc: DocRange | undefined;
}

/** A specifier and an abstract or named declarator. */
export interface TypeUse {
  readonly spec: TypeSpec;
  readonly declarator: Declarator;
}

/** What is written around a declared name, from the name outward: `*a[3]` is an array, then a pointer. */
export interface Declarator {
  readonly name: string | undefined;
  readonly place: number;
  readonly layers: readonly Layer[];
  readonly bits: Expr | undefined;
}

export type Layer =
  | { readonly kind: "pointer"; readonly attributes: readonly Attribute[] | undefined }
  | {
      readonly kind: "array";
      readonly place: number;
      /** Undefined for `[]` and `[*]`. */
      readonly size: Expr | undefined;
      /** For `[low..high]`. */
      readonly low: Expr | undefined;
    }
  | {
      readonly kind: "function";
      readonly parameters: readonly Parameter[];
      /** CALLCONV, where one is written. */
      readonly convention: number | undefined;
    };

export interface Field {
  readonly attributes: readonly Attribute[];
  readonly spec: TypeSpec;
  readonly declarators: readonly Declarator[];
  readonly place: number;
  readonly doc: DocRange | undefined;
}

export interface Parameter {
  readonly attributes: readonly Attribute[];
  readonly spec: TypeSpec;
  readonly declarator: Declarator;
  readonly place: number;
  readonly initial: Expr | undefined;
}

export type Decl =
  | { readonly kind: "import"; readonly place: number; readonly files: readonly ImportFile[] }
  | { readonly kind: "importlib"; readonly place: number; readonly file: string }
  | { readonly kind: "cpp_quote"; readonly place: number; readonly text: string }
  | TypedefDecl
  | {
      readonly kind: "type";
      readonly place: number;
      readonly attributes: readonly Attribute[];
      readonly spec: TypeSpec;
    }
  | ConstDecl
  | FunctionDecl
  | InterfaceDecl
  | DispinterfaceDecl
  | CoclassDecl
  | {
      readonly kind: "library";
      readonly place: number;
      readonly name: string;
      readonly attributes: readonly Attribute[];
      readonly body: readonly Decl[];
      readonly doc: DocRange | undefined;
    }
  | {
      readonly kind: "module";
      readonly place: number;
      readonly name: string;
      readonly attributes: readonly Attribute[];
      readonly body: readonly Decl[];
      readonly doc: DocRange | undefined;
    }
  | {
      readonly kind: "forward";
      readonly place: number;
      readonly word: "interface" | "dispinterface" | "coclass" | "module";
      readonly name: string;
      readonly attributes: readonly Attribute[];
    };

/** `unit` is filled in by the loader, once, when the file has been found. */
export interface ImportFile {
  readonly name: string;
  readonly place: number;
}

export interface TypedefDecl {
  readonly kind: "typedef";
  readonly place: number;
  readonly attributes: readonly Attribute[];
  readonly spec: TypeSpec;
  readonly declarators: readonly Declarator[];
  readonly doc: DocRange | undefined;
}

export interface ConstDecl {
  readonly kind: "const";
  readonly place: number;
  readonly attributes: readonly Attribute[];
  readonly type: TypeUse;
  readonly name: string;
  readonly value: Expr | undefined;
  readonly doc: DocRange | undefined;
}

export interface FunctionDecl {
  readonly kind: "function";
  readonly place: number;
  readonly name: string;
  readonly attributes: readonly Attribute[];
  /** The result: the specifier and the pointers before the name. */
  readonly result: TypeUse;
  readonly parameters: readonly Parameter[];
  /** CALLCONV, where one is written. */
  readonly convention?: number | undefined;
  readonly doc: DocRange | undefined;
}

export interface InterfaceDecl {
  readonly kind: "interface";
  readonly place: number;
  readonly name: string;
  readonly attributes: readonly Attribute[];
  readonly bases: readonly { readonly name: string; readonly place: number }[];
  readonly body: readonly Decl[];
  readonly doc: DocRange | undefined;
}

export interface DispinterfaceDecl {
  readonly kind: "dispinterface";
  readonly place: number;
  readonly name: string;
  readonly attributes: readonly Attribute[];
  /** For `dispinterface D { interface I; }`. */
  readonly of: { readonly name: string; readonly place: number } | undefined;
  readonly properties: readonly Field[];
  readonly methods: readonly FunctionDecl[];
  readonly doc: DocRange | undefined;
}

export interface CoclassDecl {
  readonly kind: "coclass";
  readonly place: number;
  readonly name: string;
  readonly attributes: readonly Attribute[];
  readonly members: readonly CoclassMember[];
  readonly doc: DocRange | undefined;
}

export interface CoclassMember {
  readonly name: string;
  readonly place: number;
  readonly attributes: readonly Attribute[];
}

/** One file after parsing. */
export interface Unit {
  readonly path: string;
  readonly decls: readonly Decl[];
  /** In the order they end: inner ones before outer ones. */
  readonly namespaces: readonly NamespaceRange[];
}
