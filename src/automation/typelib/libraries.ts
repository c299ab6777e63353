import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { ComError, GUID_NULL, type Guid } from "../../base/index.ts";
import { type IUnknown, type RegistryView, pointerTo } from "../../com/index.ts";
import { ITypeInfo2, ITypeLib2 } from "../gen/oaidl.ts";
import { TypeLibStatus } from "./errors.ts";
import { type TypeLibLimits, typeLibLimits } from "./limits.ts";
import { readTypeLibraryFile } from "./load.ts";
import type { ImportedLibrary, TypeLibrary } from "./model.ts";
import type { TypeInfoObject } from "./objects/type-info.ts";
import { TypeLibObject, cannotCreate } from "./objects/type-lib.ts";
import { type TypeLibIdentity, queryPathOfRegTypeLib } from "./registration.ts";
import { LibraryScope, type TypeView } from "./scope.ts";
import { LIBID_stdole } from "./roots.ts";
import { STDOLE_FILE, stdole } from "./stdole.ts";

export interface TypeLibrariesOptions {
  /** Where registered libraries are found. */
  readonly registry?: RegistryView;
  /** Folders where imported libraries are looked for by file name, after the registry and the importer's own folder. */
  readonly folders?: readonly string[];
  readonly limits?: TypeLibLimits;
  /** Makes objects for ITypeInfo::CreateInstance. */
  readonly createInstance?: (clsid: Guid, iid: Guid) => Promise<IUnknown>;
}

/**
 * A set of loaded libraries that find each other: a library is read once, and what it imports is found among those loaded, in the registry, beside its
 * own file and in the folders; stdole is always at hand.
 */
export class TypeLibraries {
  readonly #options: TypeLibrariesOptions;
  readonly #limits: TypeLibLimits;
  readonly #scopes = new Map<TypeLibrary, LibraryScope>();
  readonly #byPath = new Map<string, LibraryScope>();
  readonly #byId = new Map<string, LibraryScope>();
  readonly #folders = new Map<TypeLibrary, string>();
  readonly #objects = new Map<LibraryScope, TypeLibObject>();
  /** stdole. */
  readonly standard: LibraryScope;

  constructor(options: TypeLibrariesOptions = {}) {
    this.#options = options;
    this.#limits = options.limits ?? typeLibLimits;
    this.standard = new LibraryScope(stdole(), (imported, importer) => this.#find(imported, importer));
    this.#scopes.set(this.standard.library, this.standard);
  }

  /** Loads a library from a file (LoadTypeLib): `.tlb`, or a program; `file.dll\2` names the second one in it. Throws TYPE_E_CANTLOADLIBRARY. */
  load(path: string): LibraryScope {
    let scope = this.#byPath.get(path);
    if (scope === undefined) {
      const library = readTypeLibraryFile(path, this.#limits);
      this.#folders.set(library, dirname(path));
      scope = this.add(library);
      this.#byPath.set(path, scope);
    }
    return scope;
  }

  /** Loads a registered library (LoadRegTypeLib). Throws TYPE_E_LIBNOTREGISTERED. */
  loadRegistered(identity: TypeLibIdentity): LibraryScope {
    const known = this.#byId.get(keyOf(identity));
    if (known !== undefined) return known;
    const { registry } = this.#options;
    if (registry === undefined) {
      throw new ComError(TypeLibStatus.LIBNOTREGISTERED, "there is no registry to find the library in");
    }
    return this.load(queryPathOfRegTypeLib(registry, identity));
  }

  /** Takes in a library made or read elsewhere; others that import it will find it. */
  add(library: TypeLibrary): LibraryScope {
    let scope = this.#scopes.get(library);
    if (scope === undefined) {
      scope = new LibraryScope(library, (imported, importer) => this.#find(imported, importer));
      this.#scopes.set(library, scope);
      // Without a GUID nobody can ask for it.
      if (library.guid !== GUID_NULL) this.#byId.set(keyOf(library), scope);
    }
    return scope;
  }

  /** The object of a library as it stands while it is made: it finds what it imports, and nobody finds it. */
  objectOf(library: TypeLibrary): TypeLibObject {
    return new TypeLibObject(
      new LibraryScope(library, (imported, importer) => this.#find(imported, importer)),
      this,
    );
  }

  /** A pointer to the library's ITypeLib2; the caller owns it. */
  typeLib(scope: LibraryScope): ITypeLib2 {
    return pointerTo(this.libraryOf(scope), ITypeLib2);
  }

  /** A pointer to a type's ITypeInfo2; the caller owns it. */
  typeInfo(view: TypeView): ITypeInfo2 {
    return pointerTo(this.infoOf(view), ITypeInfo2);
  }

  /** The object behind ITypeLib2, for those who implement something with it. */
  libraryOf(scope: LibraryScope): TypeLibObject {
    let object = this.#objects.get(scope);
    if (object === undefined) this.#objects.set(scope, (object = new TypeLibObject(scope, this)));
    return object;
  }

  infoOf(view: TypeView): TypeInfoObject {
    return this.libraryOf(view.scope).infoOf(view);
  }

  /** The type with a GUID, in any library of the set. */
  typeOfGuid(guid: Guid): TypeView | undefined {
    for (const scope of this.#scopes.values()) {
      const view = scope.typeOfGuid(guid);
      if (view !== undefined) return view;
    }
    return undefined;
  }

  createInstance(clsid: Guid, iid: Guid): Promise<IUnknown> {
    return (this.#options.createInstance ?? cannotCreate)(clsid, iid);
  }

  #find(imported: ImportedLibrary, importer: TypeLibrary): LibraryScope | undefined {
    if (imported.guid === importer.guid) return this.#scopes.get(importer);
    const known = this.#byId.get(keyOf(imported));
    if (known !== undefined) return known;
    const found = this.#findRegistered(imported) ?? this.#findFile(imported, importer);
    if (found !== undefined) this.#byId.set(keyOf(imported), found);
    if (found !== undefined) return found;
    return imported.guid === LIBID_stdole ? this.standard : undefined;
  }

  #findRegistered(imported: ImportedLibrary): LibraryScope | undefined {
    const { registry } = this.#options;
    if (registry === undefined) return undefined;
    try {
      return this.load(queryPathOfRegTypeLib(registry, imported));
    } catch (error) {
      const { code } = ComError.from(error);
      if (code === TypeLibStatus.LIBNOTREGISTERED || code === TypeLibStatus.CANTLOADLIBRARY) return undefined;
      throw error;
    }
  }

  /** Beside the importer, or in one of the folders. Names from a file lead nowhere else. */
  #findFile(imported: ImportedLibrary, importer: TypeLibrary): LibraryScope | undefined {
    const name = imported.fileName.split(/[\\/]/).pop() ?? "";
    if (/^\.*$/.test(name) || (name === STDOLE_FILE && imported.guid === LIBID_stdole)) return undefined;
    const own = this.#folders.get(importer);
    for (const folder of [...(own === undefined ? [] : [own]), ...(this.#options.folders ?? [])]) {
      const path = join(folder, name);
      if (!existsSync(path)) continue;
      const scope = this.load(path);
      if (scope.library.guid === imported.guid) return scope;
    }
    return undefined;
  }
}

function keyOf({ guid, version }: TypeLibIdentity): string {
  return `${guid} ${version.major}.${version.minor}`;
}
