import { ComError, GUID_NULL, HResult } from "../../../base/index.ts";
import { identityOf, isPointer, remoteObjectOf } from "../../../com/index.ts";
import { type ITypeInfo, type TYPEATTR, TYPEKIND } from "../../gen/oaidl.ts";
import type { ImplType, TypeInfo, TypeLibrary, TypeReference } from "../model.ts";
import { TypeInfoObject } from "../objects/type-info.ts";
import { LIBID_stdole } from "../roots.ts";
import { STDOLE_FILE } from "../stdole.ts";
import type { CreateTypeLibObject } from "./type-lib.ts";

const MAX_BASES = 64;
const NIL = -1;

/** The object a pointer of this process leads to; undefined when it is elsewhere. */
export function objectBehind(pointer: object): object | undefined {
  if (!isPointer(pointer)) return pointer;
  return remoteObjectOf(pointer) === undefined ? identityOf(pointer).object : undefined;
}

/** A reference to a type of another library; one that is elsewhere is asked what it is. */
export async function importTypeInfo(
  target: CreateTypeLibObject,
  pointer: ITypeInfo,
  object: object | undefined,
): Promise<TypeReference> {
  if (object instanceof TypeInfoObject) {
    const { scope, index } = object.view;
    target.libraries.add(scope.library);
    return target.builder.importType(scope.library, index, fileNameOf(scope.library));
  }
  const library = await foreignLibrary(target, pointer);
  const place = await addType(pointer, library.types);
  // Its position there is not known, only its GUID is.
  if (library.types[place]?.guid === undefined)
    throw new ComError(
      HResult.E_INVALIDARG,
      "a type without a GUID, of a library elsewhere, has no name to refer to",
    );
  return target.builder.importType(library, place, fileNameOf(library));
}

/** A library elsewhere, as far as references to its types need it. */
interface ForeignLibrary extends TypeLibrary {
  readonly types: TypeInfo[];
}

/** The foreign libraries of a target: each is imported once. */
const foreignLibraries = new WeakMap<CreateTypeLibObject, ForeignLibrary[]>();

function fileNameOf({ guid, name }: TypeLibrary): string {
  return guid === LIBID_stdole ? STDOLE_FILE : `${name}.tlb`;
}

async function foreignLibrary(target: CreateTypeLibObject, info: ITypeInfo): Promise<ForeignLibrary> {
  const { ppTLib: pointer } = await info.GetContainingTypeLib();
  if (pointer === null) throw new ComError(HResult.E_INVALIDARG, "the type is in no library");
  using containing = pointer;
  const { ppTLibAttr: attr } = await containing.GetLibAttr();
  const { pBstrName: name } = await containing.GetDocumentation(NIL, 1);
  if (attr === null) throw new ComError(HResult.E_INVALIDARG, "the library says nothing of itself");
  const list = foreignLibraries.get(target) ?? [];
  foreignLibraries.set(target, list);
  const known = list.find((one) => one.guid === attr.guid && one.name === (name ?? ""));
  if (known !== undefined) return known;
  const made: ForeignLibrary = {
    name: name ?? "",
    guid: attr.guid,
    version: { major: attr.wMajorVerNum, minor: attr.wMinorVerNum },
    lcid: attr.lcid,
    nameLcid: attr.lcid === 0 ? 0x409 : attr.lcid,
    sysKind: attr.syskind,
    flags: attr.wLibFlags,
    helpFile: undefined,
    helpStringDll: undefined,
    docString: undefined,
    helpContext: 0,
    helpStringContext: 0,
    customData: [],
    imports: [],
    importedTypes: [],
    types: [],
  };
  list.push(made);
  return made;
}

/** The place of a type, with its bases behind it, each referring to the next. */
async function addType(info: ITypeInfo, types: TypeInfo[], depth = 0): Promise<number> {
  if (depth >= MAX_BASES) throw new ComError(HResult.E_INVALIDARG, "the type derives from itself");
  const { ppTypeAttr: attr } = await info.GetTypeAttr();
  const { pBstrName } = await info.GetDocumentation(NIL, 1);
  if (attr === null) throw new ComError(HResult.E_INVALIDARG, "the type says nothing of itself");
  const name = pBstrName ?? "";
  const known = types.findIndex((one) => one.guid === attr.guid && one.name === name);
  if (known >= 0) return known;
  const bases: ImplType[] = [];
  const place = types.push(typeOfAttr(attr, name, bases)) - 1;
  if (attr.typekind === TYPEKIND.TKIND_INTERFACE && attr.cImplTypes > 0) {
    using base = await info.GetRefTypeInfo(await info.GetRefTypeOfImplType(0));
    if (base !== null) {
      const reference = { local: await addType(base, types, depth + 1) };
      bases.push({ reference, flags: 0, customData: [] });
    }
  }
  return place;
}

function typeOfAttr(attr: TYPEATTR, name: string, implTypes: readonly ImplType[]): TypeInfo {
  return {
    kind: attr.typekind,
    name,
    guid: attr.guid === GUID_NULL ? undefined : attr.guid,
    version: { major: attr.wMajorVerNum, minor: attr.wMinorVerNum },
    flags: attr.wTypeFlags,
    size: attr.cbSizeInstance,
    alignment: attr.cbAlignment,
    vtableSize: attr.cbSizeVft,
    functions: [],
    variables: [],
    implTypes,
    alias: undefined,
    dllName: undefined,
    docString: undefined,
    helpContext: 0,
    helpStringContext: 0,
    customData: [],
  };
}
