import {
  IEnumSTATPROPSTG,
  IPropertyStorage,
  type PROPSPEC,
  type PROPVARIANT,
  type STATPROPSETSTG,
} from "../../automation/gen/propidlbase.ts";
import { ComError, type Guid, HResult } from "../../base/index.ts";
import type { FILETIME } from "../../com/gen/wtypesbase.ts";
import { type Implements, pointerTo, withStatus } from "../../com/index.ts";
import type { Awaitable, Interface } from "../../ndr/index.ts";
import { StgStatus, accessDenied } from "../status.ts";
import type { Mode } from "../stgm.ts";
import { EnumList } from "./enum-list.ts";
import type { SetHolder } from "./holder.ts";
import { isIndirect, loadIndirect, storeIndirect } from "./indirect.ts";
import type { PropertySet } from "./property-set.ts";
import { fromPropVariant, toPropVariant } from "./propvariant.ts";
import type { PropertySection } from "./section.ts";
import { PropType, PropertyId, codePageUnicode } from "./types.ts";

/** Kinds of property sets (PROPSETFLAG). */
export const PropSetFlag = { DEFAULT: 0, NONSIMPLE: 1, ANSI: 2, UNBUFFERED: 4, CASE_SENSITIVE: 8 } as const;

/** The properties of one format (IPropertyStorage). Changes are written at `Commit`, at the last release, and at once when the set is unbuffered. */
export class PropertyStorage implements Implements<IPropertyStorage> {
  static readonly interfaces: readonly Interface<unknown>[] = [IPropertyStorage];
  readonly #holder: SetHolder;
  readonly #mode: Mode;
  readonly #fmtid: Guid;
  readonly #unbuffered: boolean;
  #set: PropertySet;
  #dirty = false;

  /** Takes the holder over. */
  constructor(holder: SetHolder, set: PropertySet, fmtid: Guid, mode: Mode, unbuffered: boolean) {
    this.#holder = holder;
    this.#set = set;
    this.#fmtid = fmtid;
    this.#mode = mode;
    this.#unbuffered = unbuffered;
  }

  get #section(): PropertySection {
    const section = this.#set.section(this.#fmtid);
    if (section === undefined) throw new ComError(StgStatus.FILENOTFOUND, "the properties were deleted");
    return section;
  }

  #needWrite(): PropertySection {
    if (!this.#mode.writes) throw accessDenied("the property set was not opened for writing");
    return this.#section;
  }

  #idOf(spec: PROPSPEC): number | undefined {
    const { DUMMYUNIONNAME: u } = spec;
    if ("propid" in u) return u.propid;
    if ("lpwstr" in u && u.lpwstr !== null) return this.#section.idOf(u.lpwstr);
    throw new ComError(StgStatus.INVALIDPARAMETER, "a property is named by number or by name");
  }

  /** What is not there is VT_EMPTY; when nothing is, S_FALSE. */
  async ReadMultiple(_cpspec: number, rgpspec: readonly PROPSPEC[]): Promise<readonly PROPVARIANT[]> {
    const section = this.#section;
    const found: PROPVARIANT[] = [];
    let some = false;
    for (const spec of rgpspec) {
      const id = this.#idOf(spec);
      const property = id === undefined ? undefined : section.get(id);
      if (property !== undefined) some = true;
      found.push(toPropVariant(await this.#load(id, property ?? { vt: PropType.EMPTY, value: undefined })));
    }
    return some ? found : withStatus(HResult.S_FALSE, found);
  }

  async #load(
    id: number | undefined,
    property: { vt: number; value: unknown },
  ): Promise<{ vt: number; value: unknown }> {
    const { folder } = this.#holder;
    if (!isIndirect(property.vt) || folder === undefined || id === undefined) return property;
    return { vt: property.vt, value: await loadIndirect(folder, property, this.#mode) };
  }

  /** A name that is new gets the first free number from `propidNameFirst` on. */
  async WriteMultiple(
    _cpspec: number,
    rgpspec: readonly PROPSPEC[],
    rgpropvar: readonly PROPVARIANT[],
    propidNameFirst: number,
  ): Promise<void> {
    const section = this.#needWrite();
    for (const [i, spec] of rgpspec.entries()) {
      const id = this.#idOf(spec) ?? this.#newId(spec, propidNameFirst);
      const variant = rgpropvar[i];
      if (variant === undefined) throw new ComError(StgStatus.INVALIDPARAMETER, "a property lacks its value");
      await this.#write(section, id, variant);
    }
    await this.#changed();
  }

  #newId(spec: PROPSPEC, first: number): number {
    const section = this.#section;
    const { DUMMYUNIONNAME: u } = spec;
    const name = "lpwstr" in u ? u.lpwstr : null;
    if (first < PropertyId.FIRST_USABLE || first >= PropertyId.LOCALE) {
      throw new ComError(StgStatus.INVALIDPARAMETER, `${first} cannot be a property's number`);
    }
    const taken = new Set([...section.ids, ...section.names.keys()]);
    let id = first;
    while (taken.has(id)) id++;
    section.setName(id, name ?? "");
    return id;
  }

  async #write(section: PropertySection, id: number, variant: PROPVARIANT): Promise<void> {
    const value = fromPropVariant(variant);
    if (id === PropertyId.DICTIONARY)
      throw new ComError(StgStatus.INVALIDPARAMETER, "the dictionary is written name by name");
    if (id === PropertyId.CODEPAGE) {
      const others = section.ids.filter((other) => other !== PropertyId.CODEPAGE);
      if (others.length > 0)
        throw new ComError(StgStatus.INVALIDPARAMETER, "the code page is set before anything else");
    }
    // Numbers in this range are ours to set, except for the two a caller may. ([MS-OLEPS] 2.18)
    if (id > PropertyId.BEHAVIOR && id < 0xc0000000) return;
    if (isIndirect(value.vt)) {
      const name = await storeIndirect(this.#holder.folder, id, value);
      section.set(id, { vt: value.vt, value: name });
      return;
    }
    if (this.#set.version === 0 && needsVersion1(value.vt)) this.#set.version = 1;
    section.set(id, value);
  }

  async #changed(): Promise<void> {
    this.#dirty = true;
    if (this.#unbuffered) await this.#save();
  }

  #save(): Awaitable<void> {
    if (!this.#dirty) return;
    const saved = this.#holder.save(this.#set);
    if (!(saved instanceof Promise)) this.#dirty = false;
    else return saved.then(() => void (this.#dirty = false));
  }

  async DeleteMultiple(_cpspec: number, rgpspec: readonly PROPSPEC[]): Promise<void> {
    const section = this.#needWrite();
    for (const spec of rgpspec) {
      const id = this.#idOf(spec);
      if (id === undefined || id < PropertyId.FIRST_USABLE) continue;
      const before = section.get(id);
      if (before !== undefined && isIndirect(before.vt))
        await this.#holder.folder?.DestroyElement(String(before.value));
      section.delete(id);
    }
    await this.#changed();
  }

  /** S_FALSE when none of them has a name. */
  ReadPropertyNames(_cpropid: number, rgpropid: Uint32Array): readonly (string | null)[] {
    const { names } = this.#section;
    const found = Array.from(rgpropid, (id) => names.get(id) ?? null);
    return found.some((name) => name !== null) ? found : withStatus(HResult.S_FALSE, found);
  }

  async WritePropertyNames(
    _cpropid: number,
    rgpropid: Uint32Array,
    rglpwstrName: readonly (string | null)[],
  ): Promise<void> {
    const section = this.#needWrite();
    for (const [i, id] of rgpropid.entries()) section.setName(id, rglpwstrName[i] ?? undefined);
    await this.#changed();
  }

  async DeletePropertyNames(_cpropid: number, rgpropid: Uint32Array): Promise<void> {
    const section = this.#needWrite();
    for (const id of rgpropid) section.setName(id, undefined);
    await this.#changed();
  }

  async Commit(_grfCommitFlags: number): Promise<void> {
    await this.#save();
    await this.#holder.folder?.Commit(0);
  }

  async Revert(): Promise<void> {
    if (!this.#dirty) return;
    this.#set = await this.#holder.load();
    this.#dirty = false;
  }

  Enum(): IEnumSTATPROPSTG {
    const section = this.#section;
    const list = section.ids
      .filter((id) => id >= PropertyId.FIRST_USABLE && id < PropertyId.LOCALE)
      .map((propid) => ({
        lpwstrName: section.names.get(propid) ?? null,
        propid,
        vt: section.get(propid)?.vt ?? 0,
      }));
    return pointerTo(new EnumList(list, IEnumSTATPROPSTG), IEnumSTATPROPSTG);
  }

  /** Only a set that is not simple has times: its storage's. */
  async SetTimes(pctime: FILETIME, patime: FILETIME, pmtime: FILETIME): Promise<void> {
    this.#needWrite();
    await this.#holder.folder?.SetElementTimes(null, pctime, patime, pmtime);
  }

  async SetClass(clsid: Guid): Promise<void> {
    this.#needWrite();
    this.#set.clsid = clsid;
    await this.#holder.folder?.SetClass(clsid);
    await this.#changed();
  }

  async Stat(): Promise<STATPROPSETSTG> {
    const section = this.#section;
    const { folder } = this.#holder;
    const zero = { dwLowDateTime: 0, dwHighDateTime: 0 };
    const times = folder === undefined ? { mtime: zero, ctime: zero, atime: zero } : await folder.Stat(1);
    return {
      fmtid: section.fmtid,
      clsid: this.#set.clsid,
      grfFlags:
        (folder === undefined ? 0 : PropSetFlag.NONSIMPLE) |
        (section.codePage === codePageUnicode ? 0 : PropSetFlag.ANSI) |
        (section.caseSensitive ? PropSetFlag.CASE_SENSITIVE : 0),
      mtime: times.mtime,
      ctime: times.ctime,
      atime: times.atime,
      dwOSVersion: this.#set.systemId,
    };
  }

  /** The last reference is gone: what was changed is written. */
  finalRelease(): Awaitable<void> {
    let saved: Awaitable<void> = undefined;
    try {
      if (this.#mode.writes) saved = this.#save();
    } catch (error) {
      this.#holder.release();
      throw error;
    }
    if (saved instanceof Promise) return saved.finally(() => this.#holder.release());
    this.#holder.release();
  }
}

/** Types that version 0 of the format does not have. ([MS-OLEPS] 2.2) */
function needsVersion1(vt: number): boolean {
  const type = vt & PropType.TYPEMASK;
  return (
    (vt & PropType.ARRAY) !== 0 ||
    type === PropType.DECIMAL ||
    type === PropType.I1 ||
    type === PropType.INT ||
    type === PropType.UINT ||
    type === PropType.VERSIONED_STREAM
  );
}
