import type { Guid } from "../../base/index.ts";
import type { CALLCONV, FUNCKIND, INVOKEKIND, SYSKIND, TYPEKIND, VARKIND } from "../gen/oaidl.ts";
import type { Variant } from "../variant.ts";

/*
 * A type library in memory, whatever file format it came from. Positions count: `types[2]` is the type with index 2, `functions[0]` the function with
 * index 0, and references name types by position.
 */

export interface TypeVersion {
  readonly major: number;
  readonly minor: number;
}

/** Extra data under a GUID ([custom] of IDL). ([MS-OAUT] 2.2.47) */
export interface CustomData {
  readonly guid: Guid;
  readonly value: Variant;
}

/** What libraries, types and members say for people. */
export interface Documentation {
  readonly docString: string | undefined;
  readonly helpContext: number;
  readonly helpStringContext: number;
  readonly customData: readonly CustomData[];
}

/** A whole library. ([MS-OAUT] 2.2.45) */
export interface TypeLibrary extends Documentation {
  readonly name: string;
  readonly guid: Guid;
  readonly version: TypeVersion;
  /** The language of its texts, as GetLibAttr tells it; 0 is neutral. */
  readonly lcid: number;
  /** The language that names are hashed and encoded in; en-US where the library is neutral. */
  readonly nameLcid: number;
  readonly sysKind: SYSKIND;
  /** LIBFLAGS. */
  readonly flags: number;
  readonly helpFile: string | undefined;
  readonly helpStringDll: string | undefined;
  /** Libraries whose types this one uses. */
  readonly imports: readonly ImportedLibrary[];
  /** Types of those libraries, in the order references number them. */
  readonly importedTypes: readonly ImportedType[];
  readonly types: readonly TypeInfo[];
}

/** A library another one refers to (importlib). */
export interface ImportedLibrary {
  readonly guid: Guid;
  readonly version: TypeVersion;
  readonly lcid: number;
  /** The file it was compiled against, without a path. */
  readonly fileName: string;
}

/** A type of another library: known by GUID, or by its position there. */
export interface ImportedType {
  /** Position in `imports`. */
  readonly library: number;
  readonly kind: TYPEKIND | undefined;
  readonly guid: Guid | undefined;
  readonly index: number | undefined;
}

/** A type by position: in `types`, or in `importedTypes`. */
export type TypeReference = { readonly local: number } | { readonly imported: number };

export interface ArrayBound {
  readonly count: number;
  readonly lower: number;
}

/** What a value is made of. ([MS-OAUT] 2.2.37) */
export interface TypeDesc {
  /** A {@link TypeCode}. */
  readonly vt: number;
  /** Of PTR, SAFEARRAY and CARRAY: what it points to or holds. */
  readonly element?: TypeDesc;
  /** Of CARRAY, leftmost dimension first. */
  readonly bounds?: readonly ArrayBound[];
  /** Of USERDEFINED. */
  readonly reference?: TypeReference;
}

export interface TypeInfo extends Documentation {
  readonly kind: TYPEKIND;
  readonly name: string;
  readonly guid: Guid | undefined;
  readonly version: TypeVersion;
  /** TYPEFLAGS. A dual interface is a dispinterface (TKIND_DISPATCH) with TYPEFLAG_FDUAL whose functions are those of the vtable. */
  readonly flags: number;
  /** Bytes of a value (cbSizeInstance). */
  readonly size: number;
  readonly alignment: number;
  /** Bytes of the vtable with all that is inherited (cbSizeVft), pointers as wide as the library's system has them. */
  readonly vtableSize: number;
  readonly functions: readonly FunctionDesc[];
  readonly variables: readonly VariableDesc[];
  /** Of an interface its base; of a coclass its interfaces and sources; of a dispinterface over an interface that interface. */
  readonly implTypes: readonly ImplType[];
  /** Of TKIND_ALIAS: what it stands for. */
  readonly alias: TypeDesc | undefined;
  /** Of TKIND_MODULE: the library its entry points are in. */
  readonly dllName: string | undefined;
}

export interface ImplType {
  readonly reference: TypeReference;
  /** IMPLTYPEFLAGS. */
  readonly flags: number;
  readonly customData: readonly CustomData[];
}

/** A function. ([MS-OAUT] 2.2.42) */
export interface FunctionDesc extends Documentation {
  readonly name: string;
  readonly memid: number;
  readonly kind: FUNCKIND;
  readonly invoke: INVOKEKIND;
  readonly callConv: CALLCONV;
  /** FUNCFLAGS. */
  readonly flags: number;
  readonly result: TypeDesc;
  readonly params: readonly ParameterDesc[];
  /** How many of the last parameters may be left out; -1 when the last one takes any number of arguments (vararg). */
  readonly optionalCount: number;
  /** Bytes from the start of the vtable (oVft). */
  readonly vtableOffset: number;
  /** Of a module's function: its name or ordinal in the DLL. */
  readonly entry: string | number | undefined;
}

export interface ParameterDesc {
  /** Property puts leave the value's name out. */
  readonly name: string | undefined;
  readonly type: TypeDesc;
  /** PARAMFLAGS. */
  readonly flags: number;
  readonly defaultValue: Variant | undefined;
  readonly customData: readonly CustomData[];
}

/** A variable: field, constant, enumerator or property of a dispinterface. ([MS-OAUT] 2.2.43) */
export interface VariableDesc extends Documentation {
  readonly name: string;
  readonly memid: number;
  readonly kind: VARKIND;
  /** VARFLAGS. */
  readonly flags: number;
  readonly type: TypeDesc;
  /** Of a field: bytes from the start of the record. */
  readonly offset: number;
  /** Of a constant. */
  readonly value: Variant | undefined;
}
