import {
  IEnumSTATPROPSETSTG,
  IPropertySetStorage,
  IPropertyStorage,
  type STATPROPSETSTG,
} from "../../automation/gen/propidlbase.ts";
import { ComError, GUID_NULL, type Guid } from "../../base/index.ts";
import type { IStorage, STATSTG } from "../../com/gen/objidl.ts";
import { type Implements, pointerTo } from "../../com/index.ts";
import type { Interface } from "../../ndr/index.ts";
import { Stgty } from "../stat.ts";
import { StgStatus } from "../status.ts";
import { Mode, Stgm } from "../stgm.ts";
import { EnumList } from "./enum-list.ts";
import { type SetHolder, type SetHost, createHolder, given, isMissing, openHolder } from "./holder.ts";
import { Fmtid, formatOfName, propertySetName } from "./names.ts";
import { PropSetFlag, PropertyStorage } from "./property-storage.ts";
import { PropertySet } from "./property-set.ts";
import type { PropertySection } from "./section.ts";
import { PropType, PropertyId, codePageUnicode } from "./types.ts";

const ansi = 1252;

/** Creates the properties of a format in a storage, for IPropertySetStorage::Create. */
export async function createPropertySet(
  host: SetHost,
  fmtid: Guid,
  clsid: Guid | null,
  flags: number,
  bits: number,
): Promise<IPropertyStorage> {
  if ((flags & ~0xf) !== 0)
    throw new ComError(StgStatus.INVALIDFLAG, "the flags of the property set have no meaning");
  const mode = new Mode(bits);
  const unbuffered = (flags & PropSetFlag.UNBUFFERED) !== 0;
  if (fmtid === Fmtid.UserDefinedProperties) return createUserDefined(host, flags, bits);
  const holder = await createHolder(host, fmtid, bits, (flags & PropSetFlag.NONSIMPLE) === 0);
  const set = new PropertySet();
  set.clsid = clsid ?? GUID_NULL;
  begin(set, fmtid, flags);
  return finish(holder, set, fmtid, mode, unbuffered);
}

function begin(set: PropertySet, fmtid: Guid, flags: number): PropertySection {
  const section = set.add(fmtid);
  section.codePage = (flags & PropSetFlag.ANSI) === 0 ? codePageUnicode : ansi;
  if ((flags & PropSetFlag.CASE_SENSITIVE) !== 0) {
    set.version = 1;
    section.set(PropertyId.BEHAVIOR, { vt: PropType.UI4, value: 1 });
  }
  return section;
}

/** A set that is there is a set: it is written before anybody sees it. */
async function finish(
  holder: SetHolder,
  set: PropertySet,
  fmtid: Guid,
  mode: Mode,
  unbuffered: boolean,
): Promise<IPropertyStorage> {
  try {
    await holder.save(set);
    return pointerTo(new PropertyStorage(holder, set, fmtid, mode, unbuffered), IPropertyStorage);
  } catch (error) {
    holder.release();
    throw error;
  }
}

/** User-defined properties are the second section of the document's summary. ([MS-OLEPS] 3.1.4) */
async function createUserDefined(host: SetHost, flags: number, bits: number): Promise<IPropertyStorage> {
  const fmtid = Fmtid.UserDefinedProperties;
  const mode = bits & ~Stgm.CREATE;
  const { holder, set } = await openDocument(host, mode, flags);
  const before = set.section(fmtid);
  if (before !== undefined && (bits & Stgm.CREATE) === 0) {
    holder.release();
    throw new ComError(StgStatus.FILEALREADYEXISTS, "there are user-defined properties already");
  }
  if (before !== undefined) set.sections.splice(set.sections.indexOf(before), 1);
  begin(set, fmtid, flags);
  return finish(holder, set, fmtid, new Mode(bits), (flags & PropSetFlag.UNBUFFERED) !== 0);
}

async function openDocument(
  host: SetHost,
  mode: number,
  flags: number,
): Promise<{ readonly holder: SetHolder; readonly set: PropertySet }> {
  const fmtid = Fmtid.DocSummaryInformation;
  try {
    return await load(await openHolder(host, fmtid, mode));
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  const set = new PropertySet();
  begin(set, fmtid, flags);
  return { holder: await createHolder(host, fmtid, mode, true), set };
}

async function load(holder: SetHolder): Promise<{ readonly holder: SetHolder; readonly set: PropertySet }> {
  try {
    return { holder, set: await holder.load() };
  } catch (error) {
    holder.release();
    throw error;
  }
}

/** Opens the properties of a format, for IPropertySetStorage::Open; STG_E_FILENOTFOUND when there are none. */
export async function openPropertySet(host: SetHost, fmtid: Guid, bits: number): Promise<IPropertyStorage> {
  const { holder, set } = await load(await openHolder(host, fmtid, bits));
  // Some write a first section with a format of their own; it is the stream's all the same.
  const section = set.section(fmtid) ?? (fmtid === Fmtid.UserDefinedProperties ? undefined : set.sections[0]);
  if (section === undefined) {
    holder.release();
    throw new ComError(StgStatus.FILENOTFOUND, "there are no properties of this format");
  }
  return pointerTo(new PropertyStorage(holder, set, section.fmtid, new Mode(bits), false), IPropertyStorage);
}

/** Deletes the properties of a format; of a document's user-defined ones their section alone. */
export async function deletePropertySet(host: SetHost, fmtid: Guid): Promise<void> {
  if (fmtid !== Fmtid.UserDefinedProperties) {
    await host.DestroyElement(propertySetName(fmtid));
    return;
  }
  const { holder, set } = await load(await openHolder(host, fmtid, Stgm.READWRITE | Stgm.SHARE_EXCLUSIVE));
  try {
    const section = set.section(fmtid);
    if (section === undefined)
      throw new ComError(StgStatus.FILENOTFOUND, "there are no user-defined properties");
    set.sections.splice(set.sections.indexOf(section), 1);
    await holder.save(set);
  } finally {
    holder.release();
  }
}

/** The property sets of a storage; user-defined ones are part of a document's summary and not told of. */
export async function enumPropertySets(host: SetHost): Promise<IEnumSTATPROPSETSTG> {
  using elements = given(await host.EnumElements(0, 0, null, 0));
  const list: STATPROPSETSTG[] = [];
  for (;;) {
    const { rgelt, pceltFetched } = await elements.Next(256);
    if (pceltFetched === 0) break;
    for (const stat of rgelt) if (stat.pwcsName?.startsWith("\u0005") === true) addFormat(list, stat);
  }
  return pointerTo(new EnumList(list, IEnumSTATPROPSETSTG), IEnumSTATPROPSETSTG);
}

function addFormat(list: STATPROPSETSTG[], stat: STATSTG): void {
  let fmtid: Guid;
  try {
    fmtid = formatOfName(stat.pwcsName ?? "");
  } catch {
    return;
  }
  const grfFlags = stat.type === Stgty.STORAGE ? PropSetFlag.NONSIMPLE : 0;
  const { clsid, mtime, ctime, atime } = stat;
  list.push({ fmtid, clsid, grfFlags, mtime, ctime, atime, dwOSVersion: 0 });
}

/** Property sets over any storage, wherever it is (IPropertySetStorage). */
class PropertySetStorage implements Implements<IPropertySetStorage> {
  static readonly interfaces: readonly Interface<unknown>[] = [IPropertySetStorage];
  readonly #storage: IStorage;

  constructor(storage: IStorage) {
    this.#storage = storage;
  }

  Create(rfmtid: Guid, pclsid: Guid | null, grfFlags: number, grfMode: number): Promise<IPropertyStorage> {
    return createPropertySet(this.#storage, rfmtid, pclsid, grfFlags, grfMode);
  }

  Open(rfmtid: Guid, grfMode: number): Promise<IPropertyStorage> {
    return openPropertySet(this.#storage, rfmtid, grfMode);
  }

  Delete(rfmtid: Guid): Promise<void> {
    return deletePropertySet(this.#storage, rfmtid);
  }

  Enum(): Promise<IEnumSTATPROPSETSTG> {
    return enumPropertySets(this.#storage);
  }

  finalRelease(): void {
    this.#storage.Release();
  }
}

/** Property sets in a storage of any kind (StgCreatePropSetStg). The caller owns them; they keep a reference to the storage, the caller keeps his. */
export function createPropertySetStorage(storage: IStorage): IPropertySetStorage {
  storage.AddRef();
  return pointerTo(new PropertySetStorage(storage), IPropertySetStorage);
}
