import { ComError, type Guid, HResult } from "../../base/index.ts";
import { CALLCONV, FUNCKIND, INVOKEKIND, SYSKIND, TYPEKIND, VARKIND } from "../gen/oaidl.ts";
import type { Variant } from "../variant.ts";
import { TypeCode } from "./type-code.ts";
import { TypeLibStatus } from "./errors.ts";
import { IID_IDispatch } from "./roots.ts";
import { Layout } from "./layout.ts";
import { renumbered } from "./renumber.ts";
import type {
  CustomData,
  FunctionDesc,
  ImplType,
  ImportedLibrary,
  ImportedType,
  ParameterDesc,
  TypeDesc,
  TypeInfo,
  TypeLibrary,
  TypeReference,
  TypeVersion,
  VariableDesc,
} from "./model.ts";

const LCID_EN_US = 0x409;

/** What people read; all of it may be left out. */
interface DocumentationOptions {
  readonly docString?: string | undefined;
  readonly helpContext?: number;
  readonly helpStringContext?: number;
  readonly customData?: readonly CustomData[];
}

export interface LibraryOptions extends DocumentationOptions {
  readonly name: string;
  readonly guid: Guid;
  readonly version?: TypeVersion;
  /** Default 0, neutral; names are then hashed as US English. */
  readonly lcid?: number;
  /** Default SYS_WIN32. */
  readonly sysKind?: SYSKIND;
  /** LIBFLAGS. */
  readonly flags?: number;
  readonly helpFile?: string | undefined;
  readonly helpStringDll?: string | undefined;
}

export interface TypeOptions extends DocumentationOptions {
  readonly guid?: Guid | undefined;
  readonly version?: TypeVersion;
  /** TYPEFLAGS. */
  readonly flags?: number;
  /** Of an alias. */
  readonly alias?: TypeDesc;
  /** Of a module. */
  readonly dllName?: string | undefined;
}

export interface ParameterOptions {
  readonly name?: string | undefined;
  readonly type: TypeDesc;
  /** PARAMFLAGS. */
  readonly flags?: number;
  readonly defaultValue?: Variant | undefined;
  readonly customData?: readonly CustomData[];
}

export interface FunctionOptions extends DocumentationOptions {
  readonly name: string;
  /** Default: that of an earlier accessor of the same name, else the number MIDL gives. */
  readonly memid?: number | undefined;
  readonly invoke?: INVOKEKIND;
  readonly callConv?: CALLCONV;
  /** FUNCFLAGS. */
  readonly flags?: number;
  readonly result: TypeDesc;
  readonly params?: readonly ParameterOptions[];
  /** The last parameter takes any number of arguments. */
  readonly vararg?: boolean;
  /** Of a module's function. */
  readonly entry?: string | number | undefined;
}

export interface VariableOptions extends DocumentationOptions {
  readonly name: string;
  readonly type: TypeDesc;
  /** Default: 0x40000000 and up. */
  readonly memid?: number | undefined;
  /** VARFLAGS. */
  readonly flags?: number;
  /** Makes it a constant. */
  readonly value?: Variant | undefined;
}

/**
 * Makes a library step by step (ICreateTypeLib2): types are added, then what is in them, and `build` numbers the members and lays out vtables and
 * records. Types may refer to types added later.
 */
export class LibraryBuilder {
  #options: LibraryOptions;
  readonly #types: TypeBuilder[] = [];
  readonly #removed = new Set<TypeBuilder>();
  readonly #imports: ImportedLibrary[] = [];
  readonly #importedFrom: TypeLibrary[] = [];
  readonly #importedTypes: ImportedType[] = [];

  constructor(options: LibraryOptions) {
    this.#options = options;
  }

  /** Adds a type (CreateTypeInfo). Throws TYPE_E_NAMECONFLICT when the name is taken. */
  addType(name: string, kind: TYPEKIND, options: TypeOptions = {}): TypeBuilder {
    if (this.typeOfName(name) !== undefined) {
      throw new ComError(TypeLibStatus.NAMECONFLICT, `the library has a type ${name} already`);
    }
    const builder = new TypeBuilder(this.#types.length, name, kind, options);
    this.#types.push(builder);
    return builder;
  }

  typeOfName(name: string): TypeBuilder | undefined {
    const wanted = name.toLowerCase();
    return this.#types.find((type) => type.name.toLowerCase() === wanted && !this.#removed.has(type));
  }

  /** Changes what the library says of itself. */
  change(options: Partial<LibraryOptions>): void {
    this.#options = { ...this.#options, ...options };
  }

  /** What the library says of itself. */
  get options(): LibraryOptions {
    return this.#options;
  }

  /** The types that will be built, in their order. */
  get types(): readonly TypeBuilder[] {
    return this.#types.filter((type) => !this.#removed.has(type));
  }

  /** Gives a type another name. Throws TYPE_E_NAMECONFLICT when the name is taken. */
  renameType(type: TypeBuilder, name: string): void {
    const taken = this.typeOfName(name);
    if (taken !== undefined && taken !== type) {
      throw new ComError(TypeLibStatus.NAMECONFLICT, `the library has a type ${name} already`);
    }
    type.draft.name = name;
  }

  /** Leaves a type out; those behind it move up when the library is built. Throws TYPE_E_INVALIDSTATE at the build when others still use it. */
  removeType(type: TypeBuilder): void {
    this.#removed.add(type);
  }

  /**
   * A reference to a type of another library (AddRefTypeInfo), which is remembered by the file name it is known under. Throws TYPE_E_ELEMENTNOTFOUND
   * when that library has no such type.
   */
  importType(library: TypeLibrary, index: number, fileName: string): TypeReference {
    const type = library.types[index];
    if (type === undefined) {
      throw new ComError(TypeLibStatus.ELEMENTNOTFOUND, `the library ${library.name} has no type ${index}`);
    }
    const from = this.#importLibrary(library, fileName);
    const known = this.#importedTypes.findIndex(
      (one) =>
        one.library === from && (type.guid === undefined ? one.index === index : one.guid === type.guid),
    );
    if (known >= 0) return { imported: known };
    this.#importedTypes.push({
      library: from,
      // A dual interface is referred to by the side that has the vtable.
      kind: isDual(type) ? TYPEKIND.TKIND_INTERFACE : type.kind,
      guid: type.guid,
      index: type.guid === undefined ? index : undefined,
    });
    return { imported: this.#importedTypes.length - 1 };
  }

  #importLibrary(library: TypeLibrary, fileName: string): number {
    const known = this.#importedFrom.indexOf(library);
    if (known >= 0) return known;
    const { guid, version, lcid } = library;
    this.#imports.push({ guid, version, lcid, fileName });
    return this.#importedFrom.push(library) - 1;
  }

  /** The library as it stands. Throws TYPE_E_CIRCULARTYPE when an interface derives from itself or a record holds itself. */
  build(): TypeLibrary {
    const options = this.#options;
    const drafts = renumbered(
      this.#types.map((type) => type.draft),
      new Set([...this.#removed].map((type) => type.index)),
    );
    const layout = new Layout(
      drafts,
      this.#importedTypes,
      this.#importedFrom,
      (options.sysKind ?? SYSKIND.SYS_WIN32) === SYSKIND.SYS_WIN64 ? 8 : 4,
    );
    const lcid = options.lcid ?? 0;
    return {
      name: options.name,
      guid: options.guid,
      version: options.version ?? { major: 0, minor: 0 },
      lcid,
      nameLcid: lcid === 0 ? LCID_EN_US : lcid,
      sysKind: options.sysKind ?? SYSKIND.SYS_WIN32,
      flags: (options.flags ?? 0) | 8,
      helpFile: options.helpFile,
      helpStringDll: options.helpStringDll,
      ...documentation(options),
      imports: [...this.#imports],
      importedTypes: [...this.#importedTypes],
      types: drafts.map((_, index) => layout.type(index)),
    };
  }

  /** True when some type is a dispinterface, and so IDispatch must be at hand. */
  get needsDispatch(): boolean {
    return this.#types.some((type) => type.draft.kind === TYPEKIND.TKIND_DISPATCH);
  }

  /** True when IDispatch is a type of this library or was imported. */
  get hasDispatch(): boolean {
    return (
      this.#types.some((type) => type.draft.guid === IID_IDispatch) ||
      this.#importedTypes.some((type) => type.guid === IID_IDispatch)
    );
  }
}

const TYPEFLAG_FDUAL = 0x40;

function isDual(type: TypeInfo): boolean {
  return (type.flags & TYPEFLAG_FDUAL) !== 0;
}

function documentation(options: DocumentationOptions): {
  docString: string | undefined;
  helpContext: number;
  helpStringContext: number;
  customData: readonly CustomData[];
} {
  return {
    docString: options.docString,
    helpContext: options.helpContext ?? 0,
    helpStringContext: options.helpStringContext ?? 0,
    customData: options.customData ?? [],
  };
}

/** A type before its layout: members without their places. */
export type TypeDraft = {
  -readonly [K in keyof TypeInfo]: TypeInfo[K];
} & {
  /** Most bytes that fields are aligned to (SetAlignment); none when it is 0. */
  packing?: number;
  functions: FunctionDesc[];
  variables: VariableDesc[];
  implTypes: ImplType[];
};

/** No member identifier was given; the layout finds one. */
export const UNNUMBERED: number = Number.NaN;

/** Makes one type (ICreateTypeInfo2). */
export class TypeBuilder {
  readonly index: number;
  readonly draft: TypeDraft;

  constructor(index: number, name: string, kind: TYPEKIND, options: TypeOptions) {
    this.index = index;
    this.draft = {
      kind,
      name,
      guid: options.guid,
      version: options.version ?? { major: 0, minor: 0 },
      flags: options.flags ?? 0,
      size: 0,
      alignment: 0,
      vtableSize: 0,
      functions: [],
      variables: [],
      implTypes: [],
      alias: options.alias,
      dllName: options.dllName,
      ...documentation(options),
    };
  }

  get name(): string {
    return this.draft.name;
  }

  /** How others of the same library refer to this type. */
  get reference(): TypeReference {
    return { local: this.index };
  }

  setFlags(flags: number): void {
    this.draft.flags = flags;
  }

  setAlias(alias: TypeDesc): void {
    this.draft.alias = alias;
  }

  /** Adds a function behind the others (AddFuncDesc, SetFuncAndParamNames, DefineFuncAsDllEntry). */
  addFunction(options: FunctionOptions): void {
    const { kind } = this.draft;
    const params = (options.params ?? []).map(parameter);
    const invoke = options.invoke ?? INVOKEKIND.INVOKE_FUNC;
    this.draft.functions.push({
      name: options.name,
      memid: options.memid ?? UNNUMBERED,
      kind: functionKind(kind, this.draft.flags),
      invoke,
      callConv: options.callConv ?? CALLCONV.CC_STDCALL,
      flags: options.flags ?? 0,
      result: options.result,
      params: invoke >= INVOKEKIND.INVOKE_PROPERTYPUT ? withoutValueName(params) : params,
      optionalCount: options.vararg === true ? -1 : countOptional(params),
      vtableOffset: 0,
      entry: options.entry,
      ...documentation(options),
    });
  }

  /** Adds a field, an enumerator, a constant or a property (AddVarDesc, SetVarName). */
  addVariable(options: VariableOptions): void {
    this.draft.variables.push({
      name: options.name,
      memid: options.memid ?? UNNUMBERED,
      kind: variableKind(this.draft.kind, options),
      flags: options.flags ?? 0,
      type: options.type,
      offset: 0,
      value: options.value,
      ...documentation(options),
    });
  }

  /** Adds a base of an interface, or an interface of a coclass (AddImplType, SetImplTypeFlags). */
  addImplType(reference: TypeReference, flags = 0, customData: readonly CustomData[] = []): void {
    const single =
      this.draft.kind === TYPEKIND.TKIND_INTERFACE || this.draft.kind === TYPEKIND.TKIND_DISPATCH;
    if (single && this.draft.implTypes.length > 0) {
      throw new ComError(HResult.E_INVALIDARG, `${this.name} has a base already`);
    }
    this.draft.implTypes.push({ reference, flags, customData });
  }
}

function parameter(options: ParameterOptions): ParameterDesc {
  return {
    name: options.name,
    type: options.type,
    flags: options.flags ?? 0,
    defaultValue: options.defaultValue,
    customData: options.customData ?? [],
  };
}

/** The format keeps no name for what a property is set to. */
function withoutValueName(params: readonly ParameterDesc[]): ParameterDesc[] {
  return params.map((param, i) => (i === params.length - 1 ? { ...param, name: undefined } : param));
}

const PARAMFLAG_FOPT = 0x10;
const PARAMFLAG_FHASDEFAULT = 0x20;

/** Parameters that may be left out: VARIANTs, which can say so; those that have a default value do not count. */
function countOptional(params: readonly ParameterDesc[]): number {
  return params.filter(
    ({ flags, type }) =>
      (flags & PARAMFLAG_FOPT) !== 0 &&
      (flags & PARAMFLAG_FHASDEFAULT) === 0 &&
      (type.vt === TypeCode.VARIANT || type.element?.vt === TypeCode.VARIANT),
  ).length;
}

function functionKind(kind: TYPEKIND, flags: number): FUNCKIND {
  if (kind === TYPEKIND.TKIND_MODULE) return FUNCKIND.FUNC_STATIC;
  return kind === TYPEKIND.TKIND_DISPATCH && (flags & TYPEFLAG_FDUAL) === 0
    ? FUNCKIND.FUNC_DISPATCH
    : FUNCKIND.FUNC_PUREVIRTUAL;
}

function variableKind(kind: TYPEKIND, options: VariableOptions): VARKIND {
  if (options.value !== undefined) return VARKIND.VAR_CONST;
  return kind === TYPEKIND.TKIND_DISPATCH ? VARKIND.VAR_DISPATCH : VARKIND.VAR_PERINSTANCE;
}
