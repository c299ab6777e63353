import { ComError, type Guid, HResult } from "../../../base/index.ts";
import {
  type FUNCDESC,
  ICreateTypeInfo2,
  INVOKEKIND,
  type ITypeInfo,
  ITypeInfo2,
  type TYPEDESC,
  TYPEKIND,
  type VARDESC,
} from "../../gen/oaidl.ts";
import type { Variant } from "../../variant.ts";
import type { TypeBuilder } from "../builder.ts";
import { TypeLibStatus, notFound } from "../errors.ts";
import type { FunctionDesc, ParameterDesc, VariableDesc } from "../model.ts";
import { hrefOf, parseHref } from "../objects/references.ts";
import type { TypeInfoObject } from "../objects/type-info.ts";
import { withCustomData } from "./custom-data.ts";
import { functionOfDesc, typeOfDesc, variableOfDesc } from "./descriptions.ts";
import { importTypeInfo, objectBehind } from "./import.ts";
import { showSnapshot } from "./snapshot.ts";
import type { CreateTypeLibObject } from "./type-lib.ts";

const TYPEFLAG_FDUAL = 0x40;
const ALL_LAST = 0xffffffff;

/**
 * A type in the making, behind ICreateTypeInfo2 and, as it stands, ITypeInfo2. Members are named by their position. Names come after the descriptions:
 * SetFuncAndParamNames, SetVarName.
 */
export class CreateTypeInfoObject {
  static readonly interfaces: readonly [typeof ICreateTypeInfo2, typeof ITypeInfo2] = [
    ICreateTypeInfo2,
    ITypeInfo2,
  ];
  readonly type: TypeBuilder;
  readonly #library: CreateTypeLibObject;

  constructor(library: CreateTypeLibObject, type: TypeBuilder) {
    this.#library = library;
    this.type = type;
  }

  /** The library the type is made for. */
  get library(): CreateTypeLibObject {
    return this.#library;
  }

  SetGuid(guid: Guid): void {
    this.#change({ guid });
  }

  SetTypeFlags(uTypeFlags: number): void {
    this.#change({ flags: uTypeFlags });
  }

  SetDocString(pStrDoc: string): void {
    this.#change({ docString: pStrDoc });
  }

  SetHelpContext(dwHelpContext: number): void {
    this.#change({ helpContext: dwHelpContext });
  }

  SetVersion(major: number, minor: number): void {
    this.#change({ version: { major, minor } });
  }

  /** The number of another type, of this library or any other, for descriptions that use it. */
  async AddRefTypeInfo(pTInfo: ITypeInfo | null): Promise<number> {
    if (pTInfo === null) throw new ComError(HResult.E_INVALIDARG, "there is no type to refer to");
    const object = objectBehind(pTInfo);
    if (object instanceof CreateTypeInfoObject) {
      if (object.#library === this.#library) return hrefOf(object.type.reference);
      throw new ComError(HResult.E_INVALIDARG, "a type of another library that is not saved yet");
    }
    return hrefOf(await importTypeInfo(this.#library, pTInfo, object));
  }

  AddFuncDesc(index: number, pFuncDesc: FUNCDESC): void {
    const { draft } = this.type;
    const dual = (draft.flags & TYPEFLAG_FDUAL) !== 0;
    const made = functionOfDesc(pFuncDesc, draft.kind, dual);
    this.#library.spend(1 + made.params.length);
    insert(draft.functions, index, made);
    this.#library.changed();
  }

  /** An interface has one base, its number 0; a coclass any number of interfaces. */
  AddImplType(index: number, hRefType: number): void {
    const { draft } = this.type;
    const single = draft.kind === TYPEKIND.TKIND_INTERFACE || draft.kind === TYPEKIND.TKIND_DISPATCH;
    if (!single && draft.kind !== TYPEKIND.TKIND_COCLASS) throw wrongKind(draft.kind, "interfaces");
    if (single && (index !== 0 || draft.implTypes.length > 0))
      throw notFound(`${draft.name} has one base and no place ${index}`);
    this.#library.spend(1);
    insert(draft.implTypes, index, {
      reference: parseHref(hRefType >>> 0).reference,
      flags: 0,
      customData: [],
    });
    this.#library.changed();
  }

  SetImplTypeFlags(index: number, implTypeFlags: number): void {
    const { draft } = this.type;
    if (draft.kind !== TYPEKIND.TKIND_COCLASS) throw wrongKind(draft.kind, "flags of interfaces");
    this.#replace(draft.implTypes, index, { flags: implTypeFlags });
  }

  SetAlignment(cbAlignment: number): void {
    this.#change({ packing: cbAlignment });
  }

  SetSchema(): never {
    throw new ComError(HResult.E_NOTIMPL, "type libraries keep no schemas");
  }

  AddVarDesc(index: number, pVarDesc: VARDESC): void {
    const made = variableOfDesc(pVarDesc);
    this.#library.spend(1);
    insert(this.type.draft.variables, index, made);
    this.#library.changed();
  }

  /**
   * The function's name and those of its parameters, which may be fewer. Throws TYPE_E_AMBIGUOUSNAME for the name of another function that is no
   * accessor of the same property.
   */
  SetFuncAndParamNames(index: number, rgszNames: readonly (string | null)[], cNames: number): void {
    const desc = this.#function(index);
    const [name, ...others] = rgszNames.slice(0, cNames);
    if (name === undefined || name === null)
      throw new ComError(HResult.E_INVALIDARG, "a function needs a name");
    const unnamed = desc.invoke >= INVOKEKIND.INVOKE_PROPERTYPUT ? 1 : 0;
    if (others.length > desc.params.length) throw notFound(`${name} has ${desc.params.length} parameters`);
    this.#checkName(index, desc, name);
    const params = desc.params.map((param, i) => ({
      ...param,
      name: i < desc.params.length - unnamed ? (others[i] ?? param.name) : undefined,
    }));
    this.#replace(this.type.draft.functions, index, { name, params });
  }

  #checkName(index: number, desc: FunctionDesc, name: string): void {
    for (const [i, other] of this.type.draft.functions.entries()) {
      if (i === index || other.name.toLowerCase() !== name.toLowerCase()) continue;
      const accessors =
        desc.invoke !== INVOKEKIND.INVOKE_FUNC &&
        other.invoke !== INVOKEKIND.INVOKE_FUNC &&
        desc.invoke !== other.invoke;
      if (!accessors)
        throw new ComError(TypeLibStatus.AMBIGUOUSNAME, `${this.type.name} has ${name} already`);
    }
  }

  SetVarName(index: number, szName: string): void {
    this.#replace(this.type.draft.variables, index, { name: szName });
  }

  SetTypeDescAlias(pTDescAlias: TYPEDESC): void {
    if (this.type.draft.kind !== TYPEKIND.TKIND_ALIAS)
      throw wrongKind(this.type.draft.kind, "a type to stand for");
    this.#change({ alias: typeOfDesc(pTDescAlias) });
  }

  /** Where a module's function is found: by name, or by ordinal written `#7`. One module has one library. */
  DefineFuncAsDllEntry(index: number, szDllName: string, szProcName: string): void {
    const { draft } = this.type;
    if (draft.kind !== TYPEKIND.TKIND_MODULE) throw wrongKind(draft.kind, "entries of a library");
    const ordinal = /^#(\d{1,5})$/.exec(szProcName)?.[1];
    this.#replace(draft.functions, index, { entry: ordinal === undefined ? szProcName : Number(ordinal) });
    this.#change({ dllName: szDllName });
  }

  SetFuncDocString(index: number, szDocString: string): void {
    this.#replace(this.type.draft.functions, index, { docString: szDocString });
  }

  SetVarDocString(index: number, szDocString: string): void {
    this.#replace(this.type.draft.variables, index, { docString: szDocString });
  }

  SetFuncHelpContext(index: number, dwHelpContext: number): void {
    this.#replace(this.type.draft.functions, index, { helpContext: dwHelpContext });
  }

  SetVarHelpContext(index: number, dwHelpContext: number): void {
    this.#replace(this.type.draft.variables, index, { helpContext: dwHelpContext });
  }

  /** Marshaling strings: accepted, and without effect as everywhere. */
  SetMops(): void {}

  /** Marshaling attributes of a type: accepted, and without effect, as the format has no place for them. */
  SetTypeIdldesc(): void {}

  /** Numbers the members and lays them out, to see that it can be done. Throws what `LibraryBuilder.build` throws. */
  LayOut(): void {
    this.snapshot();
  }

  DeleteFuncDesc(index: number): void {
    this.#function(index);
    this.type.draft.functions.splice(index, 1);
    this.#library.changed();
  }

  DeleteFuncDescByMemId(memid: number, invKind: INVOKEKIND): void {
    const shown = this.snapshot().view.type.functions;
    const index = shown.findIndex((one) => one.memid === memid && one.invoke === invKind);
    if (index < 0) throw notFound(`${this.type.name} has no function ${memid} of that kind`);
    this.DeleteFuncDesc(index);
  }

  DeleteVarDesc(index: number): void {
    at(this.type.draft.variables, index, "variable");
    this.type.draft.variables.splice(index, 1);
    this.#library.changed();
  }

  DeleteVarDescByMemId(memid: number): void {
    const index = this.snapshot().view.type.variables.findIndex((one) => one.memid === memid);
    if (index < 0) throw notFound(`${this.type.name} has no variable ${memid}`);
    this.DeleteVarDesc(index);
  }

  DeleteImplType(index: number): void {
    at(this.type.draft.implTypes, index, "interface");
    this.type.draft.implTypes.splice(index, 1);
    this.#library.changed();
  }

  SetCustData(guid: Guid, pVarVal: Variant): void {
    this.#change({ customData: withCustomData(this.type.draft.customData, guid, pVarVal) });
  }

  SetFuncCustData(index: number, guid: Guid, pVarVal: Variant): void {
    const { customData } = this.#function(index);
    this.#replace(this.type.draft.functions, index, {
      customData: withCustomData(customData, guid, pVarVal),
    });
  }

  SetParamCustData(indexFunc: number, indexParam: number, guid: Guid, pVarVal: Variant): void {
    const params: ParameterDesc[] = [...this.#function(indexFunc).params];
    const { customData } = at(params, indexParam, "parameter");
    this.#replace(params, indexParam, { customData: withCustomData(customData, guid, pVarVal) });
    this.#replace(this.type.draft.functions, indexFunc, { params });
  }

  SetVarCustData(index: number, guid: Guid, pVarVal: Variant): void {
    const { customData } = at<VariableDesc>(this.type.draft.variables, index, "variable");
    this.#replace(this.type.draft.variables, index, {
      customData: withCustomData(customData, guid, pVarVal),
    });
  }

  SetImplTypeCustData(index: number, guid: Guid, pVarVal: Variant): void {
    const { customData } = at(this.type.draft.implTypes, index, "interface");
    this.#replace(this.type.draft.implTypes, index, {
      customData: withCustomData(customData, guid, pVarVal),
    });
  }

  SetHelpStringContext(dwHelpStringContext: number): void {
    this.#change({ helpStringContext: dwHelpStringContext });
  }

  SetFuncHelpStringContext(index: number, dwHelpStringContext: number): void {
    this.#replace(this.type.draft.functions, index, { helpStringContext: dwHelpStringContext });
  }

  SetVarHelpStringContext(index: number, dwHelpStringContext: number): void {
    this.#replace(this.type.draft.variables, index, { helpStringContext: dwHelpStringContext });
  }

  /** What was laid out is forgotten. */
  Invalidate(): void {
    this.#library.changed();
  }

  SetName(szName: string): void {
    this.#library.builder.renameType(this.type, szName);
    this.#library.changed();
  }

  /** The type as it stands, for those who read it. */
  snapshot(): TypeInfoObject {
    const place = this.#library.builder.types.indexOf(this.type);
    if (place < 0) throw notFound(`${this.type.name} was deleted`);
    return this.#library.snapshot().infoAt(place);
  }

  #function(index: number): FunctionDesc {
    return at<FunctionDesc>(this.type.draft.functions, index, "function");
  }

  #change(change: Partial<TypeBuilder["draft"]>): void {
    Object.assign(this.type.draft, change);
    this.#library.changed();
  }

  #replace<T extends object>(list: T[], index: number, change: Partial<T>): void {
    list[index] = { ...at<T>(list, index, "member"), ...change };
    this.#library.changed();
  }
}

showSnapshot(CreateTypeInfoObject, ITypeInfo2);

function at<T>(list: readonly T[], index: number, what: string): T {
  const found = list[index];
  if (found === undefined) throw notFound(`there is no ${what} ${index}`);
  return found;
}

/** Puts a member before the one at `index`; -1 is the end. */
function insert<T>(list: T[], index: number, item: T): void {
  const place = index >>> 0 === ALL_LAST ? list.length : index;
  if (place > list.length) throw notFound(`there is no place ${index} among ${list.length}`);
  list.splice(place, 0, item);
}

function wrongKind(kind: TYPEKIND, what: string): ComError {
  return new ComError(TypeLibStatus.BADMODULEKIND, `a type of the kind ${kind} has no ${what}`);
}
