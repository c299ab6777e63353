import { ComError, type Guid, HResult, formatGuid, tryParseGuid } from "../../base/index.ts";
import type { FORMATETC } from "../../com/gen/dataobj.ts";
import { IEnumOLEVERB, type OLEVERB } from "../../com/gen/oleidl.ts";
import type { IStorage } from "../../com/gen/objidl.ts";
import {
  EnumFormatEtc,
  type RegistryEditor,
  type RegistryView,
  formatEtc,
  pointerTo,
} from "../../com/index.ts";
import { readClassStg, writeClassStg } from "../persist/class.ts";
import { EnumList } from "../propset/enum-list.ts";
import { readFmtUserTypeStg, setConvertStg, writeFmtUserTypeStg } from "./functions.ts";

/** The class has no verbs (OLEOBJ_E_NOVERBS). */
const noVerbs = 0x80040180;

/** Forms of a class's name for people (USERCLASSTYPE). */
export const UserClassType = { FULL: 1, SHORT: 2, APPNAME: 3 } as const;

/** The key of a class. Throws REGDB_E_CLASSNOTREG. */
function keyOf(registry: RegistryView, clsid: Guid): string {
  const key = `HKCR\\CLSID\\${formatGuid(clsid)}`;
  if (registry.exists(key)) return key;
  throw new ComError(HResult.REGDB_E_CLASSNOTREG, `class ${formatGuid(clsid)} is not registered`);
}

/** What a class is called for people: the full name, a short one, or the application's; the full one where those are missing (OleRegGetUserType). */
export function oleRegGetUserType(
  registry: RegistryView,
  clsid: Guid,
  form: number = UserClassType.FULL,
): string {
  const key = keyOf(registry, clsid);
  const other = form === UserClassType.FULL ? undefined : registry.text(`${key}\\AuxUserType\\${form}`);
  return other ?? registry.text(key) ?? "";
}

/** The OLEMISC bits of a class's objects for an aspect (OleRegGetMiscStatus); 0 where nobody said. */
export function oleRegGetMiscStatus(registry: RegistryView, clsid: Guid, aspect: number): number {
  const key = `${keyOf(registry, clsid)}\\MiscStatus`;
  return wholeNumber(registry.text(`${key}\\${aspect}`) ?? registry.text(key));
}

function wholeNumber(text: string | undefined): number {
  const number = Number.parseInt(text ?? "", 10);
  return Number.isNaN(number) ? 0 : number;
}

/** What a user may do with a class's objects (OleRegEnumVerbs); the caller owns it. Throws OLEOBJ_E_NOVERBS. */
export function oleRegEnumVerbs(registry: RegistryView, clsid: Guid): IEnumOLEVERB {
  const key = `${keyOf(registry, clsid)}\\Verb`;
  const verbs = registry
    .subkeys(key)
    .filter((name) => /^-?\d+$/.test(name))
    .map((name): OLEVERB => {
      const [verb = "", flags, attributes] = (registry.text(`${key}\\${name}`) ?? "").split(",");
      return {
        lVerb: Number(name),
        lpszVerbName: verb.trim(),
        fuFlags: wholeNumber(flags),
        grfAttribs: wholeNumber(attributes),
      };
    });
  if (verbs.length === 0) throw new ComError(noVerbs, "the class has no verbs");
  return pointerTo(new EnumList(verbs, IEnumOLEVERB), IEnumOLEVERB);
}

/** The formats in which a class's objects give data (`direction` 1) or take it (2), as far as registered (OleRegEnumFormatEtc). */
export function oleRegEnumFormatEtc(registry: RegistryView, clsid: Guid, direction: number): EnumFormatEtc {
  const key = `${keyOf(registry, clsid)}\\DataFormats\\GetSet`;
  const formats = registry
    .subkeys(key)
    .map((name) => (registry.text(`${key}\\${name}`) ?? "").split(","))
    .filter(([, , , directions]) => (wholeNumber(directions) & direction) !== 0);
  return new EnumFormatEtc(formats.map(formatOf));
}

/** A format's number or name, its aspects and its media; -1 is all. */
function formatOf([format = "", aspect, medium]: readonly string[]): FORMATETC {
  const name = format.trim();
  return formatEtc(/^-?\d+$/.test(name) ? Number(name) : name, {
    dwAspect: wholeNumber(aspect) >>> 0,
    tymed: wholeNumber(medium) >>> 0,
  });
}

/** The class that objects of this one become whenever they are opened (OleGetAutoConvert). */
export function oleGetAutoConvert(registry: RegistryView, clsid: Guid): Guid | undefined {
  const text = registry.text(`${keyOf(registry, clsid)}\\AutoConvertTo`);
  return text === undefined ? undefined : tryParseGuid(text);
}

/** Says which class objects of this one become whenever they are opened, or that they stay what they are (OleSetAutoConvert). */
export function oleSetAutoConvert(editor: RegistryEditor, clsid: Guid, target: Guid | undefined): void {
  const key = `${keyOf(editor, clsid)}\\AutoConvertTo`;
  if (target === undefined) editor.deleteTree(key);
  else editor.set(key, "", formatGuid(target));
}

/**
 * Makes the object in a storage one of the class its own is to become: class, name for people and the wish to be converted; its data is converted by
 * the new class when it loads (OleDoAutoConvert). Answers the class the storage has now.
 */
export async function oleDoAutoConvert(registry: RegistryView, storage: IStorage): Promise<Guid> {
  const before = await readClassStg(storage);
  const target = oleGetAutoConvert(registry, before);
  if (target === undefined) return before;
  const { format } = await readFmtUserTypeStg(storage);
  const userType = oleRegGetUserType(registry, target);
  await writeClassStg(storage, target);
  await writeFmtUserTypeStg(storage, format, userType);
  await setConvertStg(storage, true);
  return target;
}
