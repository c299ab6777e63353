import { ComError, type Guid, HResult, formatGuid, guid, tryParseGuid } from "../../base/index.ts";
import {
  type CATEGORYINFO,
  ICatInformation,
  ICatRegister,
  IEnumCATEGORYINFO,
  IEnumGUID,
} from "../gen/comcat.ts";
import { type ClassDefinition, type CreationContext, defineClass } from "../class.ts";
import { implement } from "../interfaces.ts";
import { SnapshotEnumerator } from "../snapshot-enumerator.ts";
import { withStatus } from "../status.ts";
import { classKey } from "./class-keys.ts";
import type { Registry, RegistryEditor, RegistryView } from "./registry.ts";

/** CLSID_StdComponentCategoriesMgr. */
export const CLSID_ComponentCategoriesManager: Guid = guid("0002e005-0000-0000-c000-000000000046");

const categories = "HKCR\\Component Categories";
/** Where a class lists its categories: those it has, and those it needs its client to have. */
const implemented = "Implemented Categories";
const required = "Required Categories";

/** ULONG -1 in a count of ICatInformation: whatever the class says about this. */
const any = 0xffffffff;

/** The language of a description given without one. */
const neutral = 0;

/** Characters of a description, the closing NUL included. */
const descriptionLength = 128;

/** The categories of a registry and the classes in them, without COM's forms around it. */
export class ComponentCategories {
  readonly #registry: Registry;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** Writes a category's description in a language (an LCID; 0 for all of them). */
  async register(catid: Guid, description: string, lcid: number = neutral): Promise<void> {
    await this.#registry.edit((editor) => describe(editor, catid, lcid, description));
  }

  /** All categories, with the description nearest to a language. */
  list(
    lcid: number = neutral,
  ): { readonly catid: Guid; readonly lcid: number; readonly description: string }[] {
    return this.#registry.read((view) =>
      guidsOf(view, categories).flatMap((catid) => {
        const found = descriptionOf(view, catid, lcid);
        return found === undefined ? [] : [{ catid, ...found }];
      }),
    );
  }

  /** The classes that have at least one of `has` (any class without it) and need no category beyond `needs` (whatever they need without it). */
  classes(has?: readonly Guid[], needs?: readonly Guid[]): Guid[] {
    return this.#registry.read((view) =>
      guidsOf(view, "HKCR\\CLSID").filter((clsid) => belongs(view, clsid, has, needs)),
    );
  }

  /** Whether a class would be among {@link classes}. */
  isClassOf(clsid: Guid, has?: readonly Guid[], needs?: readonly Guid[]): boolean {
    return this.#registry.read((view) => belongs(view, clsid, has, needs));
  }

  /** The categories a class has. */
  implementedBy(clsid: Guid): Guid[] {
    return guidsOf(this.#registry, `${classKey(clsid)}\\${implemented}`);
  }

  /** The categories a class needs its client to have. */
  requiredBy(clsid: Guid): Guid[] {
    return guidsOf(this.#registry, `${classKey(clsid)}\\${required}`);
  }
}

function describe(editor: RegistryEditor, catid: Guid, lcid: number, description: string): void {
  editor.set(`${categories}\\${formatGuid(catid)}`, lcid.toString(16), description);
}

function guidsOf(view: RegistryView, key: string): Guid[] {
  return view.subkeys(key).flatMap((name) => tryParseGuid(name) ?? []);
}

function descriptionOf(
  view: RegistryView,
  catid: Guid,
  lcid: number,
): { readonly lcid: number; readonly description: string } | undefined {
  const key = `${categories}\\${formatGuid(catid)}`;
  // The language itself, its main language, none in particular, then whatever there is.
  for (const one of [lcid, (lcid & 0x3ff) | 0x400, lcid & 0x3ff, neutral]) {
    const description = view.text(key, one.toString(16));
    if (description !== undefined) return { lcid: one, description };
  }
  for (const { name } of view.values(key)) {
    const description = /^[0-9a-f]{1,8}$/i.test(name) ? view.text(key, name) : undefined;
    if (description !== undefined) return { lcid: Number.parseInt(name, 16), description };
  }
  return undefined;
}

function belongs(
  view: RegistryView,
  clsid: Guid,
  has: readonly Guid[] | undefined,
  needs: readonly Guid[] | undefined,
): boolean {
  const key = classKey(clsid);
  if (!view.exists(key)) return false;
  if (has !== undefined && !has.some((catid) => view.exists(`${key}\\${implemented}\\${formatGuid(catid)}`)))
    return false;
  return needs === undefined || guidsOf(view, `${key}\\${required}`).every((catid) => needs.includes(catid));
}

/** ICatRegister and ICatInformation over the machine's registry. */
class CategoriesManager {
  readonly #registry: Registry;
  readonly #categories: ComponentCategories;

  constructor({ runtime }: CreationContext) {
    this.#registry = runtime.registry;
    this.#categories = new ComponentCategories(runtime.registry);
  }

  RegisterCategories(count: number, infos: readonly CATEGORYINFO[]): Promise<void> {
    return this.#edit((editor) => {
      for (const { catid, lcid, szDescription } of infos.slice(0, count))
        describe(editor, catid, lcid, textOf(szDescription));
    });
  }

  UnRegisterCategories(count: number, catids: readonly Guid[]): Promise<void> {
    return this.#edit((editor) => {
      for (const catid of catids.slice(0, count)) editor.deleteTree(`${categories}\\${formatGuid(catid)}`);
    });
  }

  RegisterClassImplCategories(clsid: Guid, count: number, catids: readonly Guid[]): Promise<void> {
    return this.#link(clsid, implemented, catids.slice(0, count));
  }

  UnRegisterClassImplCategories(clsid: Guid, count: number, catids: readonly Guid[]): Promise<void> {
    return this.#unlink(clsid, implemented, catids.slice(0, count));
  }

  RegisterClassReqCategories(clsid: Guid, count: number, catids: readonly Guid[]): Promise<void> {
    return this.#link(clsid, required, catids.slice(0, count));
  }

  UnRegisterClassReqCategories(clsid: Guid, count: number, catids: readonly Guid[]): Promise<void> {
    return this.#unlink(clsid, required, catids.slice(0, count));
  }

  EnumCategories(lcid: number): EnumCategoryInfo {
    const items = this.#categories.list(lcid).map((one): CATEGORYINFO => {
      return { catid: one.catid, lcid: one.lcid, szDescription: unitsOf(one.description) };
    });
    return new EnumCategoryInfo(items);
  }

  GetCategoryDesc(catid: Guid, lcid: number): string {
    const key = `${categories}\\${formatGuid(catid)}`;
    if (!this.#registry.exists(key))
      throw new ComError(HResult.CAT_E_CATIDNOEXIST, `there is no category ${formatGuid(catid)}`);
    const found = this.#registry.read((view) => descriptionOf(view, catid, lcid));
    if (found === undefined)
      throw new ComError(HResult.CAT_E_NODESCRIPTION, `category ${formatGuid(catid)} has no description`);
    return found.description;
  }

  EnumClassesOfCategories(
    implementedCount: number,
    implementedIds: readonly Guid[] | null,
    requiredCount: number,
    requiredIds: readonly Guid[] | null,
  ): EnumGuid {
    const has = listOf(implementedCount, implementedIds);
    const needs = listOf(requiredCount, requiredIds);
    return new EnumGuid(this.#categories.classes(has, needs));
  }

  IsClassOfCategories(
    clsid: Guid,
    implementedCount: number,
    implementedIds: readonly Guid[] | null,
    requiredCount: number,
    requiredIds: readonly Guid[] | null,
  ): void {
    const has = listOf(implementedCount, implementedIds);
    const needs = listOf(requiredCount, requiredIds);
    if (!this.#categories.isClassOf(clsid, has, needs)) return withStatus(HResult.S_FALSE, undefined);
  }

  EnumImplCategoriesOfClass(clsid: Guid): EnumGuid {
    return new EnumGuid(this.#categories.implementedBy(clsid));
  }

  EnumReqCategoriesOfClass(clsid: Guid): EnumGuid {
    return new EnumGuid(this.#categories.requiredBy(clsid));
  }

  async #edit(work: (editor: RegistryEditor) => void): Promise<void> {
    await this.#registry.edit(work);
  }

  #link(clsid: Guid, list: string, catids: readonly Guid[]): Promise<void> {
    return this.#edit((editor) => {
      for (const catid of catids) editor.create(`${classKey(clsid)}\\${list}\\${formatGuid(catid)}`);
    });
  }

  #unlink(clsid: Guid, list: string, catids: readonly Guid[]): Promise<void> {
    return this.#edit((editor) => {
      const key = `${classKey(clsid)}\\${list}`;
      for (const catid of catids) editor.deleteTree(`${key}\\${formatGuid(catid)}`);
      if (editor.exists(key) && editor.subkeys(key).length === 0) editor.delete(key);
    });
  }
}

implement(CategoriesManager, ICatRegister, ICatInformation);

function listOf(count: number, ids: readonly Guid[] | null): readonly Guid[] | undefined {
  return count >>> 0 === any ? undefined : (ids ?? []).slice(0, count);
}

function textOf(units: Uint16Array): string {
  const end = units.indexOf(0);
  return String.fromCharCode(...units.subarray(0, end < 0 ? units.length : end));
}

function unitsOf(text: string): Uint16Array {
  const units = new Uint16Array(descriptionLength);
  for (let i = 0; i < Math.min(text.length, descriptionLength - 1); i++) units[i] = text.charCodeAt(i);
  return units;
}

class EnumGuid extends SnapshotEnumerator<Guid> {
  Next(count: number): { rgelt: readonly Guid[]; pceltFetched: number } {
    return this.next(count, (rgelt) => ({ rgelt, pceltFetched: rgelt.length }));
  }
  Clone(): EnumGuid {
    return new EnumGuid(this.items, this.at);
  }
}
implement(EnumGuid, IEnumGUID);

class EnumCategoryInfo extends SnapshotEnumerator<CATEGORYINFO> {
  Next(count: number): { rgelt: readonly CATEGORYINFO[]; pceltFetched: number } {
    return this.next(count, (rgelt) => ({ rgelt, pceltFetched: rgelt.length }));
  }
  Clone(): EnumCategoryInfo {
    return new EnumCategoryInfo(this.items, this.at);
  }
}
implement(EnumCategoryInfo, IEnumCATEGORYINFO);

/** The component categories manager as a class every runtime has. */
export const categoriesManager: ClassDefinition = defineClass(
  {
    clsid: CLSID_ComponentCategoriesManager,
    name: "Component Categories Manager",
    interfaces: [ICatRegister, ICatInformation],
  },
  CategoriesManager,
);
