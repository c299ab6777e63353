import { ComError, GUID_NULL, type Guid, HResult } from "../../../base/index.ts";
import {
  type CUSTDATA,
  type DESCKIND,
  type FUNCDESC,
  type INVOKEKIND,
  type ITypeComp,
  ITypeInfo2,
  type ITypeInfo,
  type ITypeLib,
  type TYPEATTR,
  type TYPEKIND,
  type VARDESC,
} from "../../gen/oaidl.ts";
import type { IUnknown } from "../../../com/index.ts";
import { Variant } from "../../variant.ts";
import { TypeLibStatus, notFound } from "../errors.ts";
import { pointerSizeOf } from "../pointer-size.ts";
import type { CustomData, Documentation, FunctionDesc, VariableDesc } from "../model.ts";
import type { TypeView, ViewFunction } from "../scope.ts";
import { custDataOf, emptyType, funcDescOf, typeDescOf, varDescOf } from "./descriptions.ts";
import type { TypeLibObject } from "./type-lib.ts";
import { TypeCompObject } from "./type-comp.ts";
import { HREF_DISPATCH, HREF_PARTNER, hrefOf, parseHref, vtableHref } from "./references.ts";

const TKIND_MODULE = 2;
const TKIND_INTERFACE = 3;
const TKIND_DISPATCH = 4;
const TKIND_COCLASS = 5;
const TYPEFLAG_FOLEAUTOMATION = 0x100;
const FUNC_DISPATCH = 4;
/** Methods of IDispatch and IUnknown together. */
const DISPATCH_METHODS = 7;
const MEMBERID_NIL = -1;
/** Stands for the application object itself. ([MS-OAUT] 2.2.35.1) */
const MEMBERID_DEFAULTINST = -2;
const TYPEFLAG_FAPPOBJECT = 1;
const INVOKE_PROPERTYGET = 2;
const INVOKE_PROPERTYPUTS = 4 | 8;

/** What GetDocumentation is asked for. ([MS-OAUT] 3.7.4.8) */
const DocFlag = { name: 1, docString: 2, helpContext: 4, helpFile: 8 } as const;

/** What is known of a member: where it was declared and how it is described. */
interface Found {
  readonly view: TypeView;
  readonly name: string;
  readonly doc: Documentation;
}

/**
 * One type of a library behind ITypeInfo2; the two sides of a dual interface are two objects. Made by a TypeLibObject, which keeps one for each type.
 * ([MS-OAUT] 3.7, 3.9)
 */
export class TypeInfoObject {
  static readonly interfaces: readonly [typeof ITypeInfo2] = [ITypeInfo2];
  readonly view: TypeView;
  readonly #library: TypeLibObject;
  #comp: TypeCompObject | undefined;

  constructor(library: TypeLibObject, view: TypeView) {
    this.#library = library;
    this.view = view;
  }

  GetTypeAttr(): { ppTypeAttr: TYPEATTR; pDummy: number } {
    const { type, kind } = this.view;
    const { library } = this.#library.scope;
    const dispatch = kind === TKIND_DISPATCH;
    const pointer = pointerSizeOf(library.sysKind);
    return {
      ppTypeAttr: {
        guid: type.guid ?? GUID_NULL,
        lcid: library.lcid,
        dwReserved1: 0,
        dwReserved2: 0xffffffff,
        dwReserved3: 0xffffffff,
        lpstrReserved4: null,
        cbSizeInstance: type.size,
        typekind: kind,
        cFuncs: this.view.functions.length,
        cVars: type.variables.length,
        cImplTypes: dispatch ? 1 : type.implTypes.length,
        cbSizeVft: dispatch ? DISPATCH_METHODS * pointer : type.vtableSize,
        cbAlignment: type.alignment,
        wTypeFlags: this.GetTypeFlags(),
        wMajorVerNum: type.version.major,
        wMinorVerNum: type.version.minor,
        tdescAlias: type.alias === undefined ? emptyType : typeDescOf(type.alias, 0),
        dwReserved5: 0,
        wReserved6: 0,
      },
      pDummy: 0,
    };
  }

  GetTypeComp(): ITypeComp {
    return this.comp as unknown as ITypeComp;
  }

  get comp(): TypeCompObject {
    return (this.#comp ??= new TypeCompObject(this.#library, this));
  }

  GetFuncDesc(index: number): { ppFuncDesc: FUNCDESC; pDummy: number } {
    const found = this.view.functions[index];
    if (found === undefined) throw notFound(`${this.view.type.name} has no function ${index}`);
    return { ppFuncDesc: this.funcDesc(found), pDummy: 0 };
  }

  funcDesc({ desc, base, owner }: ViewFunction): FUNCDESC {
    return funcDescOf(desc, base, this.view.kind === TKIND_DISPATCH, this.#offsetOf(desc, owner));
  }

  /** A function's place in the vtable, in pointers as wide as this library has them, whatever its base's library has. */
  #offsetOf(desc: FunctionDesc, owner: TypeView): number {
    if (desc.kind === FUNC_DISPATCH) return 0;
    const there = pointerSizeOf(owner.scope.library.sysKind);
    return (desc.vtableOffset / there) * pointerSizeOf(this.#library.scope.library.sysKind);
  }

  GetVarDesc(index: number): { ppVarDesc: VARDESC; pDummy: number } {
    return { ppVarDesc: varDescOf(this.#variable(index)), pDummy: 0 };
  }

  /** The member's name and those of its parameters. */
  GetNames(memid: number, cMaxNames: number): { rgBstrNames: readonly string[]; pcNames: number } {
    const rgBstrNames = this.names(memid).slice(0, cMaxNames);
    return { rgBstrNames, pcNames: rgBstrNames.length };
  }

  /** Of a property with several accessors it is the one that reads; the value that one is set to has no name. ([MS-OAUT] 3.7.4.5) */
  names(memid: number): string[] {
    const { type, kind } = this.view;
    const isApplication = kind === TKIND_COCLASS && (type.flags & TYPEFLAG_FAPPOBJECT) !== 0;
    if (isApplication && memid === MEMBERID_DEFAULTINST) return [type.name];
    const first = this.#function(memid);
    if (first === undefined) return [this.#member(memid).name];
    const reads = first.owner.type.functions.find(
      (one) => one.memid === memid && one.invoke === INVOKE_PROPERTYGET,
    );
    const found = reads === undefined ? first : { ...first, desc: reads };
    const { desc } = found;
    const shown =
      this.view.kind === TKIND_DISPATCH
        ? (this.funcDesc(found).lprgelemdescParam?.length ?? 0)
        : desc.params.length;
    const named = Math.min(shown, desc.params.length - (desc.invoke & INVOKE_PROPERTYPUTS ? 1 : 0));
    const params = desc.params.slice(0, named).map((param) => param.name);
    const end = params.indexOf(undefined);
    return [desc.name, ...(end < 0 ? params : params.slice(0, end)).map((name) => name ?? "")];
  }

  GetRefTypeOfImplType(index: number): number {
    const { view } = this;
    if (index >>> 0 === 0xffffffff && view.isDual) return HREF_PARTNER;
    if (index === 0 && view.kind === TKIND_DISPATCH) return this.#hrefOfDispatch();
    const impl = view.type.implTypes[index];
    if (impl === undefined) throw notFound(`${view.type.name} has no interface ${index | 0}`);
    return view.kind === TKIND_INTERFACE ? vtableHref(impl.reference) : hrefOf(impl.reference);
  }

  #hrefOfDispatch(): number {
    const reference = this.#library.dispatchReference;
    return reference === undefined ? HREF_DISPATCH : hrefOf(reference);
  }

  GetImplTypeFlags(index: number): number {
    const { type, kind } = this.view;
    if (index === 0 && kind === TKIND_DISPATCH) return 0;
    const impl = type.implTypes[index];
    if (impl === undefined) throw notFound(`${type.name} has no interface ${index}`);
    return impl.flags;
  }

  /** The name and its parameters as DISPIDs: what GetIDsOfNames answers in the same process. -1 stands for an unknown name. */
  idsOfNames(names: readonly string[]): number[] {
    const [first = "", ...others] = names.map((name) => name.toLowerCase());
    for (const view of [this.view, ...this.view.bases.toReversed()]) {
      const desc = view.type.functions.find((one) => one.name.toLowerCase() === first);
      if (desc !== undefined) {
        const params = desc.params.map((param) => param.name?.toLowerCase());
        return [desc.memid, ...others.map((name) => params.indexOf(name))];
      }
      const variable = view.type.variables.find((one) => one.name.toLowerCase() === first);
      if (variable !== undefined) return [variable.memid, ...others.map(() => MEMBERID_NIL)];
    }
    return names.map(() => MEMBERID_NIL);
  }

  GetDocumentation(
    memid: number,
    refPtrFlags: number,
  ): {
    pBstrName: string | null;
    pBstrDocString: string | null;
    pdwHelpContext: number;
    pBstrHelpFile: string | null;
  } {
    const { name, doc, view } = this.#documented(memid);
    const wants = (flag: number): boolean => (refPtrFlags & flag) !== 0;
    return {
      pBstrName: wants(DocFlag.name) ? name : null,
      pBstrDocString: wants(DocFlag.docString) ? (doc.docString ?? null) : null,
      pdwHelpContext: wants(DocFlag.helpContext) ? doc.helpContext : 0,
      pBstrHelpFile: wants(DocFlag.helpFile) ? (view.scope.library.helpFile ?? null) : null,
    };
  }

  GetDllEntry(
    memid: number,
    invKind: INVOKEKIND,
    refPtrFlags: number,
  ): { pBstrDllName: string | null; pBstrName: string | null; pwOrdinal: number } {
    const { type } = this.view;
    if (type.kind !== TKIND_MODULE) {
      throw new ComError(TypeLibStatus.BADMODULEKIND, `${type.name} is not a module`);
    }
    const desc = type.functions.find(
      (one) => one.memid === memid && ((invKind as number) === 0 || one.invoke === invKind),
    );
    if (desc === undefined) throw notFound(`the module ${type.name} has no function ${memid}`);
    return {
      pBstrDllName: refPtrFlags & 1 ? (type.dllName ?? null) : null,
      pBstrName: refPtrFlags & 2 && typeof desc.entry === "string" ? desc.entry : null,
      pwOrdinal: refPtrFlags & 4 && typeof desc.entry === "number" ? desc.entry : 0,
    };
  }

  GetRefTypeInfo(hRefType: number): ITypeInfo {
    return this.referenced(hRefType) as unknown as ITypeInfo;
  }

  referenced(hRefType: number): TypeInfoObject {
    const href = hRefType >>> 0;
    if (href === HREF_PARTNER) {
      const { partner } = this.view;
      if (partner === undefined) throw notFound(`${this.view.type.name} is not dual`);
      return this.#library.infoOf(partner);
    }
    if (href === HREF_DISPATCH) return this.#library.dispatchInfo();
    const { reference, vtable, base } = parseHref(href);
    const from = base === 0 ? this.view : this.view.bases[base - 1];
    if (from === undefined) throw notFound(`${this.view.type.name} has no reference ${href}`);
    const view = from.scope.resolve(reference);
    return this.#library.infoOf(vtable ? view.vtableSide : view);
  }

  /** An object of the coclass. Needs a library set that can create objects. */
  async CreateInstance(riid: Guid): Promise<IUnknown> {
    const { type, kind } = this.view;
    if (kind !== TKIND_COCLASS || type.guid === undefined) {
      throw new ComError(TypeLibStatus.BADMODULEKIND, `${type.name} is not a coclass`);
    }
    return this.#library.createInstance(type.guid, riid);
  }

  /** Marshaling strings have no effect between processes. ([MS-OAUT] 3.7.4.12) */
  GetMops(_memid: number): null {
    return null;
  }

  GetContainingTypeLib(): { ppTLib: ITypeLib; pIndex: number } {
    return { ppTLib: this.#library as unknown as ITypeLib, pIndex: this.view.index };
  }

  GetTypeKind(): TYPEKIND {
    return this.view.kind;
  }

  GetTypeFlags(): number {
    const { type, kind } = this.view;
    return kind === TKIND_DISPATCH ? type.flags & ~TYPEFLAG_FOLEAUTOMATION : type.flags;
  }

  /** `invKind` 0 finds the first function of the member. */
  GetFuncIndexOfMemId(memid: number, invKind: INVOKEKIND | 0): number {
    const index = this.view.functions.findIndex(
      ({ desc }) => desc.memid === memid && ((invKind as number) === 0 || (desc.invoke & invKind) !== 0),
    );
    if (index < 0) throw notFound(`${this.view.type.name} has no function ${memid} of that kind`);
    return index;
  }

  GetVarIndexOfMemId(memid: number): number {
    const index = this.view.type.variables.findIndex((one) => one.memid === memid);
    if (index < 0) throw notFound(`${this.view.type.name} has no variable ${memid}`);
    return index;
  }

  GetCustData(guid: Guid): Variant {
    return custom(this.view.type.customData, guid);
  }

  GetFuncCustData(index: number, guid: Guid): Variant {
    return custom(this.#functionAt(index).customData, guid);
  }

  GetParamCustData(indexFunc: number, indexParam: number, guid: Guid): Variant {
    return custom(this.#paramCustData(indexFunc, indexParam), guid);
  }

  GetVarCustData(index: number, guid: Guid): Variant {
    return custom(this.#variable(index).customData, guid);
  }

  GetImplTypeCustData(index: number, guid: Guid): Variant {
    return custom(this.#implCustData(index), guid);
  }

  GetDocumentation2(
    memid: number,
    _lcid: number,
    refPtrFlags: number,
  ): {
    pbstrHelpString: string | null;
    pdwHelpStringContext: number;
    pbstrHelpStringDll: string | null;
  } {
    const { doc, view } = this.#documented(memid);
    return {
      pbstrHelpString: refPtrFlags & 1 ? (doc.docString ?? null) : null,
      pdwHelpStringContext: refPtrFlags & 2 ? doc.helpStringContext : 0,
      pbstrHelpStringDll: refPtrFlags & 4 ? (view.scope.library.helpStringDll ?? null) : null,
    };
  }

  GetAllCustData(): CUSTDATA {
    return custDataOf(this.view.type.customData);
  }

  GetAllFuncCustData(index: number): CUSTDATA {
    return custDataOf(this.#functionAt(index).customData);
  }

  GetAllParamCustData(indexFunc: number, indexParam: number): CUSTDATA {
    return custDataOf(this.#paramCustData(indexFunc, indexParam));
  }

  GetAllVarCustData(index: number): CUSTDATA {
    return custDataOf(this.#variable(index).customData);
  }

  GetAllImplTypeCustData(index: number): CUSTDATA {
    return custDataOf(this.#implCustData(index));
  }

  // These never travel; in the same process there is nothing to release.
  ReleaseTypeAttr(): void {}
  ReleaseFuncDesc(): void {}
  ReleaseVarDesc(): void {}

  AddressOfMember(): never {
    throw new ComError(HResult.E_NOTIMPL, "functions of modules have no address here");
  }

  /** Travels on the opnum of a local method, which nobody calls; see {@link idsOfNames}. */
  GetIDsOfNames(): never {
    throw new ComError(HResult.E_NOTIMPL);
  }

  Invoke(): never {
    throw new ComError(HResult.E_NOTIMPL);
  }

  /** A member by name for ITypeComp: its function when the flags allow it, or its variable, searched in the bases too. */
  bind(name: string, flags: number): { kind: DESCKIND; info: TypeInfoObject; member?: FUNCDESC | VARDESC } {
    const wanted = name.toLowerCase();
    for (const view of [this.view, ...this.view.bases.toReversed()]) {
      const named = view.type.functions.filter((one) => one.name.toLowerCase() === wanted);
      const desc = named.find((one) => flags === 0 || (one.invoke & flags) !== 0);
      const info = view === this.view ? this : this.#library.infoOf(view);
      if (desc !== undefined) {
        return { kind: 1, info, member: this.funcDesc({ desc, base: 0, owner: view }) };
      }
      if (named.length > 0) {
        throw new ComError(TypeLibStatus.TYPEMISMATCH, `${name} cannot be invoked that way`);
      }
      const variable = view.type.variables.find((one) => one.name.toLowerCase() === wanted);
      if (variable !== undefined) return { kind: 2, info, member: varDescOf(variable) };
    }
    return { kind: 0, info: this };
  }

  #function(memid: number): ViewFunction | undefined {
    for (const owner of [this.view, ...this.view.bases.toReversed()]) {
      // Of several accessors of one property the first one speaks for them.
      const desc = owner.type.functions.find((one) => one.memid === memid);
      if (desc !== undefined) return { desc, owner, base: 0 };
    }
    return undefined;
  }

  #functionAt(index: number): FunctionDesc {
    const found = this.view.functions[index];
    if (found === undefined) throw notFound(`${this.view.type.name} has no function ${index}`);
    return found.desc;
  }

  #paramCustData(indexFunc: number, indexParam: number): readonly CustomData[] {
    const param = this.#functionAt(indexFunc).params[indexParam];
    if (param === undefined) throw notFound(`function ${indexFunc} has no parameter ${indexParam}`);
    return param.customData;
  }

  #implCustData(index: number): readonly CustomData[] {
    const impl = this.view.type.implTypes[index];
    if (impl === undefined) throw notFound(`${this.view.type.name} has no interface ${index}`);
    return impl.customData;
  }

  #variable(index: number): VariableDesc {
    const variable = this.view.type.variables[index];
    if (variable === undefined) throw notFound(`${this.view.type.name} has no variable ${index}`);
    return variable;
  }

  #documented(memid: number): Found {
    if (memid === MEMBERID_NIL) {
      return { view: this.view, name: this.view.type.name, doc: this.view.type };
    }
    return this.#member(memid);
  }

  #member(memid: number): Found {
    const found = this.#function(memid);
    if (found !== undefined) return { view: found.owner, name: found.desc.name, doc: found.desc };
    for (const view of [this.view, ...this.view.bases.toReversed()]) {
      const variable = view.type.variables.find((one) => one.memid === memid);
      if (variable !== undefined) return { view, name: variable.name, doc: variable };
    }
    throw notFound(`${this.view.type.name} has no member ${memid}`);
  }
}

function custom(list: readonly CustomData[], guid: Guid): Variant {
  return list.find((one) => one.guid === guid)?.value ?? Variant.empty;
}
