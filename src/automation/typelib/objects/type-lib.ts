import { ComError, type Guid, HResult } from "../../../base/index.ts";
import type { IUnknown } from "../../../com/index.ts";
import {
  type CUSTDATA,
  type ITypeComp,
  type ITypeInfo,
  ITypeLib2,
  type TLIBATTR,
  type TYPEKIND,
} from "../../gen/oaidl.ts";
import { Variant } from "../../variant.ts";
import { notFound } from "../errors.ts";
import type { TypeLibrary, TypeReference } from "../model.ts";
import { IID_IDispatch, guidOfImported } from "../roots.ts";
import type { LibraryScope, TypeView } from "../scope.ts";
import { custDataOf } from "./descriptions.ts";
import { TypeCompObject } from "./type-comp.ts";
import { TypeInfoObject } from "./type-info.ts";

const IMPLTYPEFLAG_FDEFAULT = 1;
const IMPLTYPEFLAG_FSOURCE = 2;
const MEMBERID_NIL = -1;

/** What the objects of a library ask of the set they belong to. */
export interface LibraryHost {
  /** The object of a library, the same one each time. */
  libraryOf(scope: LibraryScope): TypeLibObject;
  /** stdole, where IDispatch is described. */
  readonly standard: LibraryScope;
  createInstance(clsid: Guid, iid: Guid): Promise<IUnknown>;
}

/** A library behind ITypeLib2. Made by a set of libraries (`TypeLibraries`). ([MS-OAUT] 3.11, 3.13) */
export class TypeLibObject {
  static readonly interfaces: readonly [typeof ITypeLib2] = [ITypeLib2];
  readonly scope: LibraryScope;
  readonly #host: LibraryHost;
  readonly #infos = new Map<TypeView, TypeInfoObject>();
  #comp: TypeCompObject | undefined;

  constructor(scope: LibraryScope, host: LibraryHost) {
    this.scope = scope;
    this.#host = host;
  }

  get #library(): TypeLibrary {
    return this.scope.library;
  }

  GetTypeInfoCount(): number {
    return this.#library.types.length;
  }

  GetTypeInfo(index: number): ITypeInfo {
    return this.infoAt(index) as unknown as ITypeInfo;
  }

  GetTypeInfoType(index: number): TYPEKIND {
    return this.scope.type(index).kind;
  }

  GetTypeInfoOfGuid(guid: Guid): ITypeInfo {
    const view = this.scope.typeOfGuid(guid);
    if (view === undefined) throw notFound(`the library ${this.#library.name} has no type {${guid}}`);
    return this.infoOf(view) as unknown as ITypeInfo;
  }

  GetLibAttr(): { ppTLibAttr: TLIBATTR; pDummy: number } {
    const { guid, lcid, sysKind, version, flags } = this.#library;
    return {
      ppTLibAttr: {
        guid,
        lcid,
        syskind: sysKind,
        wMajorVerNum: version.major,
        wMinorVerNum: version.minor,
        wLibFlags: flags,
      },
      pDummy: 0,
    };
  }

  GetTypeComp(): ITypeComp {
    return (this.#comp ??= new TypeCompObject(this, undefined)) as unknown as ITypeComp;
  }

  GetDocumentation(
    index: number,
    refPtrFlags: number,
  ): {
    pBstrName: string | null;
    pBstrDocString: string | null;
    pdwHelpContext: number;
    pBstrHelpFile: string | null;
  } {
    if (index >= 0) return this.infoAt(index).GetDocumentation(MEMBERID_NIL, refPtrFlags);
    const library = this.#library;
    return {
      pBstrName: refPtrFlags & 1 ? library.name : null,
      pBstrDocString: refPtrFlags & 2 ? (library.docString ?? null) : null,
      pdwHelpContext: refPtrFlags & 4 ? library.helpContext : 0,
      pBstrHelpFile: refPtrFlags & 8 ? (library.helpFile ?? null) : null,
    };
  }

  /** Whether a name, in any letter case, is that of a type, a member or a parameter; and how the library writes it. */
  IsName(szNameBuf: string, _lHashVal: number): { pfName: number; pBstrLibName: string | null } {
    const known = this.#names().get(szNameBuf.toLowerCase());
    return { pfName: known === undefined ? 0 : 1, pBstrLibName: known ?? null };
  }

  /** Types that are called so and members of types that are, at most `pcFound` of them. ([MS-OAUT] 3.11.4.10) */
  FindName(
    szNameBuf: string,
    _lHashVal: number,
    pcFound: number,
  ): {
    ppTInfo: readonly ITypeInfo[];
    rgMemId: Int32Array;
    pcFound: number;
    pBstrLibName: string | null;
  } {
    const wanted = szNameBuf.toLowerCase();
    const found: { info: ITypeInfo; memid: number }[] = [];
    for (const [index, type] of this.#library.types.entries()) {
      const members = [...type.functions, ...type.variables].filter(
        (one) => one.name.toLowerCase() === wanted,
      );
      const memids = new Set(members.map((one) => one.memid));
      if (type.name.toLowerCase() === wanted)
        found.push({ info: this.GetTypeInfo(index), memid: MEMBERID_NIL });
      for (const memid of memids) found.push({ info: this.GetTypeInfo(index), memid });
      if (found.length >= pcFound) break;
    }
    found.length = Math.min(found.length, pcFound);
    return {
      ppTInfo: found.map(({ info }) => info),
      rgMemId: Int32Array.from(found, ({ memid }) => memid),
      pcFound: found.length,
      pBstrLibName: found.length === 0 ? null : (this.#names().get(wanted) ?? null),
    };
  }

  ReleaseTLibAttr(): void {}

  GetCustData(guid: Guid): Variant {
    return this.#library.customData.find((one) => one.guid === guid)?.value ?? Variant.empty;
  }

  GetLibStatistics(): { pcUniqueNames: number; pcchUniqueNames: number } {
    const names = [...this.#names().values()];
    return {
      pcUniqueNames: names.length,
      pcchUniqueNames: names.reduce((sum, name) => sum + name.length, 0),
    };
  }

  GetDocumentation2(
    index: number,
    lcid: number,
    refPtrFlags: number,
  ): {
    pbstrHelpString: string | null;
    pdwHelpStringContext: number;
    pbstrHelpStringDll: string | null;
  } {
    if (index >= 0) return this.infoAt(index).GetDocumentation2(MEMBERID_NIL, lcid, refPtrFlags);
    const library = this.#library;
    return {
      pbstrHelpString: refPtrFlags & 1 ? (library.docString ?? null) : null,
      pdwHelpStringContext: refPtrFlags & 2 ? library.helpStringContext : 0,
      pbstrHelpStringDll: refPtrFlags & 4 ? (library.helpStringDll ?? null) : null,
    };
  }

  GetAllCustData(): CUSTDATA {
    return custDataOf(this.#library.customData);
  }

  /** The object of a type as the library lists it. */
  infoAt(index: number): TypeInfoObject {
    return this.infoOf(this.scope.type(index));
  }

  /** The object of a view, of this library or another one; the same one each time. */
  infoOf(view: TypeView): TypeInfoObject {
    if (view.scope !== this.scope) return this.#host.libraryOf(view.scope).infoOf(view);
    let info = this.#infos.get(view);
    if (info === undefined) this.#infos.set(view, (info = new TypeInfoObject(this, view)));
    return info;
  }

  /** Where this library has IDispatch: as a type of its own or of another library. */
  get dispatchReference(): TypeReference | undefined {
    const local = this.#library.types.findIndex((type) => type.guid === IID_IDispatch);
    if (local >= 0) return { local };
    const imported = this.#library.importedTypes.findIndex(
      (type) => guidOfImported(this.#library, type) === IID_IDispatch,
    );
    return imported >= 0 ? { imported } : undefined;
  }

  /** IDispatch as stdole describes it. */
  dispatchInfo(): TypeInfoObject {
    const view = this.#host.standard.typeOfGuid(IID_IDispatch);
    if (view === undefined) throw notFound("IDispatch is not described");
    return this.infoOf(view);
  }

  /** The interface a coclass is used through. */
  defaultInterface(coclass: TypeView): TypeInfoObject | undefined {
    const own = coclass.type.implTypes.filter((one) => (one.flags & IMPLTYPEFLAG_FSOURCE) === 0);
    const main = own.find((one) => (one.flags & IMPLTYPEFLAG_FDEFAULT) !== 0) ?? own[0];
    return main === undefined ? undefined : this.infoOf(coclass.scope.resolve(main.reference));
  }

  async createInstance(clsid: Guid, iid: Guid): Promise<IUnknown> {
    return this.#host.createInstance(clsid, iid);
  }

  #nameTable: Map<string, string> | undefined;

  /** Every name of the library as it writes it, by its lower case. */
  #names(): Map<string, string> {
    if (this.#nameTable !== undefined) return this.#nameTable;
    const table = new Map<string, string>();
    const add = (name: string | undefined): void => {
      if (name === undefined || name === "") return;
      const key = name.toLowerCase();
      if (!table.has(key)) table.set(key, name);
    };
    add(this.#library.name);
    for (const type of this.#library.types) {
      add(type.name);
      for (const desc of type.functions) {
        add(desc.name);
        for (const param of desc.params) add(param.name);
      }
      for (const variable of type.variables) add(variable.name);
    }
    return (this.#nameTable = table);
  }
}

/** A host without classes. */
export function cannotCreate(): Promise<never> {
  return Promise.reject(new ComError(HResult.E_NOTIMPL, "this set of libraries creates no objects"));
}
