import { ComError, type Guid } from "../../base/index.ts";
import { TypeLibStatus, notFound } from "./errors.ts";
import type { FunctionDesc, ImportedLibrary, TypeInfo, TypeLibrary, TypeReference } from "./model.ts";

const TKIND_INTERFACE = 3;
const TKIND_DISPATCH = 4;
const TYPEFLAG_FDUAL = 0x40;
const MAX_BASES = 64;

/** Finds a library that another one refers to; undefined when there is none. */
export type FindLibrary = (imported: ImportedLibrary, importer: TypeLibrary) => LibraryScope | undefined;

/** A library together with the way to the libraries it refers to. */
export class LibraryScope {
  readonly library: TypeLibrary;
  readonly #find: FindLibrary;
  readonly #views = new Map<number, TypeView>();

  constructor(library: TypeLibrary, find: FindLibrary = () => undefined) {
    this.library = library;
    this.#find = find;
  }

  /** A type as the library lists it: a dual interface is seen as a dispinterface. Throws TYPE_E_ELEMENTNOTFOUND. */
  type(index: number): TypeView {
    let view = this.#views.get(index);
    if (view === undefined) {
      const type = this.library.types[index];
      if (type === undefined) throw notFound(`the library ${this.library.name} has no type ${index}`);
      this.#views.set(index, (view = new TypeView(this, index, type, false)));
    }
    return view;
  }

  typeOfGuid(guid: Guid): TypeView | undefined {
    const index = this.library.types.findIndex((type) => type.guid === guid);
    return index < 0 ? undefined : this.type(index);
  }

  /** A type by name, in any letter case. */
  typeOfName(name: string): TypeView | undefined {
    const wanted = name.toLowerCase();
    const index = this.library.types.findIndex((type) => type.name.toLowerCase() === wanted);
    return index < 0 ? undefined : this.type(index);
  }

  /** A library this one imports, by its position in `imports`; undefined when it is not found. */
  imported(position: number): LibraryScope | undefined {
    const from = this.library.imports[position];
    return from === undefined ? undefined : this.#find(from, this.library);
  }

  /** The type a reference of this library leads to. Throws TYPE_E_CANTLOADLIBRARY when its library is not found. */
  resolve(reference: TypeReference): TypeView {
    if ("local" in reference) return this.type(reference.local);
    const imported = this.library.importedTypes[reference.imported];
    const from = imported && this.library.imports[imported.library];
    if (imported === undefined || from === undefined) {
      throw notFound(`the library ${this.library.name} imports no type ${reference.imported}`);
    }
    const scope = this.#find(from, this.library);
    if (scope === undefined) {
      throw new ComError(
        TypeLibStatus.CANTLOADLIBRARY,
        `the library ${from.fileName} {${from.guid}} ${from.version.major}.${from.version.minor}, which ${this.library.name} uses, is not found`,
      );
    }
    if (imported.guid === undefined) return scope.type(imported.index ?? -1);
    const view = scope.typeOfGuid(imported.guid);
    if (view === undefined) throw notFound(`the library ${from.fileName} has no type {${imported.guid}}`);
    return view;
  }
}

/** A function of a view, and which base it came from: 1 for the root, 0 for the type itself. */
export interface ViewFunction {
  readonly desc: FunctionDesc;
  readonly owner: TypeView;
  readonly base: number;
}

/** A type as one looks at it: dual interfaces have two sides, a dispinterface and the interface with the vtable. */
export class TypeView {
  readonly scope: LibraryScope;
  readonly index: number;
  readonly type: TypeInfo;
  /** True for the interface side of a dual interface. */
  readonly vtable: boolean;
  #partner: TypeView | undefined;
  #functions: readonly ViewFunction[] | undefined;

  constructor(scope: LibraryScope, index: number, type: TypeInfo, vtable: boolean) {
    this.scope = scope;
    this.index = index;
    this.type = type;
    this.vtable = vtable;
  }

  get isDual(): boolean {
    const { kind, flags } = this.type;
    return (flags & TYPEFLAG_FDUAL) !== 0 && (kind === TKIND_DISPATCH || kind === TKIND_INTERFACE);
  }

  get kind(): TypeInfo["kind"] {
    return this.isDual ? (this.vtable ? TKIND_INTERFACE : TKIND_DISPATCH) : this.type.kind;
  }

  /** The other side of a dual interface. */
  get partner(): TypeView | undefined {
    if (!this.isDual) return undefined;
    if (this.#partner === undefined) {
      this.#partner = new TypeView(this.scope, this.index, this.type, !this.vtable);
      this.#partner.#partner = this;
    }
    return this.#partner;
  }

  /** The side with the vtable, where there are two. */
  get vtableSide(): TypeView {
    return this.isDual && !this.vtable ? (this.partner ?? this) : this;
  }

  /** What an interface derives from, or a dispinterface stands over. */
  get base(): TypeView | undefined {
    const kind = this.kind;
    const [first] = this.type.implTypes;
    if (first === undefined || (kind !== TKIND_INTERFACE && kind !== TKIND_DISPATCH)) return undefined;
    return this.scope.resolve(first.reference).vtableSide;
  }

  /** All bases, the root first. Throws TYPE_E_CIRCULARTYPE. */
  get bases(): readonly TypeView[] {
    const list: TypeView[] = [];
    for (let at = this.base; at !== undefined; at = at.base) {
      if (list.length >= MAX_BASES) {
        throw new ComError(TypeLibStatus.CIRCULARTYPE, `${this.type.name} derives from itself`);
      }
      list.unshift(at);
    }
    return list;
  }

  /** What GetFuncDesc counts: of an interface its own functions, of a dispinterface those of its bases before them. */
  get functions(): readonly ViewFunction[] {
    return (this.#functions ??= this.#listFunctions());
  }

  #listFunctions(): ViewFunction[] {
    const inherited =
      this.kind === TKIND_DISPATCH
        ? this.bases.flatMap((base, i) =>
            base.type.functions.map((desc) => ({ desc, owner: base, base: i + 1 })),
          )
        : [];
    return [...inherited, ...this.type.functions.map((desc) => ({ desc, owner: this, base: 0 }))];
  }
}
