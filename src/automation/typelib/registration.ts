import { ComError, type Guid, HResult, formatGuid, guid } from "../../base/index.ts";
import type { RegistryEditor, RegistryView } from "../../com/index.ts";
import { SYSKIND, TYPEKIND } from "../gen/oaidl.ts";
import { TypeLibStatus } from "./errors.ts";
import type { TypeInfo, TypeLibrary, TypeVersion } from "./model.ts";

const scopes = {
  machine: "HKLM\\SOFTWARE\\Classes",
  user: "HKCU\\Software\\Classes",
} as const;

/** The proxy of dispinterfaces: they travel as IDispatch. */
export const CLSID_PSDispatch: Guid = guid("00020420-0000-0000-c000-000000000046");
/** The type library marshaler: what ProxyStubClsid32 names for interfaces that a type library describes. */
export const CLSID_PSOAInterface: Guid = guid("00020424-0000-0000-c000-000000000046");
const LIBFLAG_FHASDISKIMAGE = 8;
const TYPEFLAG_FDUAL = 0x40;
const TYPEFLAG_FOLEAUTOMATION = 0x100;

export interface TypeLibRegistration {
  /** `machine` (the default) or `user`, whose keys win over the machine's (RegisterTypeLibForUser). */
  readonly scope?: "machine" | "user";
  /** The folder of the help file; default none. */
  readonly helpFolder?: string;
}

/**
 * Writes the keys of a library (RegisterTypeLib): where its file is, by version, language and system, and for each of its interfaces that need no
 * proxy of their own that the library describes how they travel.
 */
export function registerTypeLib(
  editor: RegistryEditor,
  library: TypeLibrary,
  path: string,
  options: TypeLibRegistration = {},
): void {
  const root = scopes[options.scope ?? "machine"];
  const key = `${root}\\TypeLib\\${formatGuid(library.guid)}\\${versionKey(library.version)}`;
  editor.set(key, "", library.docString ?? library.name);
  editor.set(`${key}\\${library.lcid.toString(16)}\\${systemKey(library.sysKind)}`, "", path);
  editor.set(`${key}\\FLAGS`, "", String(library.flags & ~LIBFLAG_FHASDISKIMAGE));
  editor.set(`${key}\\HELPDIR`, "", options.helpFolder ?? "");
  for (const type of library.types) registerInterface(editor, root, library, type);
}

function registerInterface(editor: RegistryEditor, root: string, library: TypeLibrary, type: TypeInfo): void {
  const proxy = proxyOf(type);
  if (proxy === undefined || type.guid === undefined) return;
  const key = `${root}\\Interface\\${formatGuid(type.guid)}`;
  editor.set(key, "", type.name);
  editor.set(`${key}\\ProxyStubClsid32`, "", formatGuid(proxy).toUpperCase());
  editor.set(`${key}\\TypeLib`, "", formatGuid(library.guid));
  editor.set(`${key}\\TypeLib`, "Version", versionKey(library.version));
}

/** Interfaces of Automation travel as the library says; dispinterfaces as IDispatch. */
function proxyOf(type: TypeInfo): Guid | undefined {
  if ((type.flags & (TYPEFLAG_FDUAL | TYPEFLAG_FOLEAUTOMATION)) !== 0) {
    return type.kind === TYPEKIND.TKIND_INTERFACE || type.kind === TYPEKIND.TKIND_DISPATCH
      ? CLSID_PSOAInterface
      : undefined;
  }
  return type.kind === TYPEKIND.TKIND_DISPATCH ? CLSID_PSDispatch : undefined;
}

/** Which registered library is meant. */
export interface TypeLibIdentity {
  readonly guid: Guid;
  readonly version: TypeVersion;
  readonly lcid?: number;
  readonly sysKind?: SYSKIND;
}

/**
 * Removes the keys of a library for one language and system (UnRegisterTypeLib), the version when no other is left, and those of its interfaces that
 * still lead to it when the library itself is given. Throws TYPE_E_REGISTRYACCESS when it is not registered.
 */
export function unregisterTypeLib(
  editor: RegistryEditor,
  identity: TypeLibIdentity | TypeLibrary,
  options: TypeLibRegistration = {},
): void {
  const root = scopes[options.scope ?? "machine"];
  const top = `${root}\\TypeLib\\${formatGuid(identity.guid)}`;
  const key = `${top}\\${versionKey(identity.version)}`;
  const language = `${key}\\${(identity.lcid ?? 0).toString(16)}`;
  const system = `${language}\\${systemKey(identity.sysKind ?? SYSKIND.SYS_WIN32)}`;
  if (!editor.exists(system)) {
    throw new ComError(TypeLibStatus.REGISTRYACCESS, `${describe(identity)} is not registered`);
  }
  if ("types" in identity) removeInterfaces(editor, root, identity);
  editor.deleteTree(system);
  if (editor.subkeys(language).length === 0) editor.deleteTree(language);
  const others = editor.subkeys(key).filter((name) => /^[0-9a-f]+$/i.test(name));
  if (others.length === 0) editor.deleteTree(key);
  if (editor.subkeys(top).length === 0) editor.deleteTree(top);
}

function removeInterfaces(editor: RegistryEditor, root: string, library: TypeLibrary): void {
  const own = formatGuid(library.guid).toUpperCase();
  for (const type of library.types) {
    if (type.guid === undefined || proxyOf(type) === undefined) continue;
    const key = `${root}\\Interface\\${formatGuid(type.guid)}`;
    const leadsTo = editor.text(`${key}\\TypeLib`)?.toUpperCase();
    if (leadsTo === own && editor.text(`${key}\\TypeLib`, "Version") === versionKey(library.version)) {
      editor.deleteTree(key);
    }
  }
}

/**
 * The path of a registered library (QueryPathOfRegTypeLib): of the same major version the highest minor one that is at least what was asked for, in
 * the language asked for, its plain form or the neutral one. Throws TYPE_E_LIBNOTREGISTERED.
 */
export function queryPathOfRegTypeLib(view: RegistryView, identity: TypeLibIdentity): string {
  const top = `HKCR\\TypeLib\\${formatGuid(identity.guid)}`;
  const { major, minor } = identity.version;
  const candidates = view
    .subkeys(top)
    .map((name) => ({ name, version: parseVersion(name) }))
    .filter(({ version }) => version?.major === major && version.minor >= minor)
    .toSorted((a, b) => (b.version?.minor ?? 0) - (a.version?.minor ?? 0));
  // The exact version first: a library is made for the one it was compiled against.
  candidates.sort((a, b) => Number(b.version?.minor === minor) - Number(a.version?.minor === minor));
  for (const { name } of candidates) {
    for (const language of languagesOf(identity.lcid ?? 0)) {
      for (const system of systemsOf(identity.sysKind)) {
        const path = view.text(`${top}\\${name}\\${language.toString(16)}\\${system}`);
        if (path !== undefined && path !== "") return path;
      }
    }
  }
  throw new ComError(TypeLibStatus.LIBNOTREGISTERED, `${describe(identity)} is not registered`);
}

/** The language, its primary language, neutral. */
function languagesOf(lcid: number): number[] {
  return [...new Set([lcid, lcid & 0xffff, lcid & 0x3ff, 0])];
}

function systemsOf(sysKind: SYSKIND | undefined): string[] {
  const first = sysKind === undefined ? [] : [systemKey(sysKind)];
  return [...new Set([...first, "win32", "win64"])];
}

/** Registry keys have versions in hexadecimal. */
function versionKey({ major, minor }: TypeVersion): string {
  return `${major.toString(16)}.${minor.toString(16)}`;
}

function parseVersion(name: string): TypeVersion | undefined {
  const parts = /^([0-9a-f]{1,4})\.([0-9a-f]{1,4})$/i.exec(name);
  if (parts === null) return undefined;
  return { major: Number.parseInt(parts[1] ?? "", 16), minor: Number.parseInt(parts[2] ?? "", 16) };
}

function systemKey(sysKind: SYSKIND): string {
  switch (sysKind) {
    case SYSKIND.SYS_WIN16:
      return "win16";
    case SYSKIND.SYS_WIN32:
      return "win32";
    case SYSKIND.SYS_WIN64:
      return "win64";
    case SYSKIND.SYS_MAC:
      return "mac";
    default:
      throw new ComError(HResult.E_INVALIDARG, `${String(sysKind)} is no system of type libraries`);
  }
}

function describe({ guid, version }: TypeLibIdentity): string {
  return `the type library ${formatGuid(guid)} ${version.major}.${version.minor}`;
}
