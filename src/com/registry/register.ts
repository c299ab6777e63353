import { type Guid, formatGuid, parseGuid } from "../../base/index.ts";
import { type InterfaceDescriptor, allMethods } from "../../ndr/index.ts";
import type { ClassDefinition } from "../class.ts";
import type { RegistryEditor } from "./registry.ts";
import { latestVersion } from "./versions.ts";

/** The proxy and stub of every interface that comes from descriptors: PSOAInterface where the type library marshaler would do, ours else. */
const CLSID_UniversalMarshaler: Guid = parseGuid("00020424-0000-0000-c000-000000000046");

/** How a class's server is found. */
export type ServerPlace =
  /** An ES module, loaded into the caller's process or a surrogate. */
  | { readonly kind: "inproc"; readonly path: string }
  /** An ES module whose objects stand in front of those of the class when they are elsewhere (InprocHandler32). */
  | { readonly kind: "handler"; readonly path: string }
  /** A program; `-Embedding` is added to the command line. */
  | { readonly kind: "local"; readonly command: string };

export interface RegistrationOptions {
  /** `machine` (HKEY_LOCAL_MACHINE, the default) or `user` (HKEY_CURRENT_USER, which wins over the machine's). */
  readonly scope?: "machine" | "user";
  /** Lets in-process classes run in the default surrogate, each AppID in a process of its own. */
  readonly surrogate?: boolean;
}

const scopes = {
  machine: "HKLM\\SOFTWARE\\Classes",
  user: "HKCU\\Software\\Classes",
} as const;

/** Writes all keys of a class (what DllRegisterServer and -RegServer do): CLSID, ProgIDs, AppID, interfaces. */
export function registerClass(
  editor: RegistryEditor,
  definition: ClassDefinition,
  place: ServerPlace,
  options: RegistrationOptions = {},
): void {
  const root = scopes[options.scope ?? "machine"];
  const key = `${root}\\CLSID\\${formatGuid(definition.clsid)}`;
  editor.set(key, "", definition.name);
  writeServer(editor, key, definition, place);
  writeProgIds(editor, root, key, definition);
  writeAppId(editor, root, key, definition, options);
  const { typeLibrary, version, categories } = definition.options;
  if (typeLibrary !== undefined) editor.set(`${key}\\TypeLib`, "", formatGuid(parseGuid(typeLibrary)));
  if (version !== undefined) editor.set(`${key}\\Version`, "", version);
  for (const category of categories ?? []) {
    editor.create(`${key}\\Implemented Categories\\${formatGuid(parseGuid(category))}`);
  }
  for (const descriptor of [...definition.interfaces, ...definition.sources]) {
    registerInterface(editor, descriptor, options);
  }
}

function writeServer(
  editor: RegistryEditor,
  key: string,
  definition: ClassDefinition,
  place: ServerPlace,
): void {
  if (place.kind === "local") {
    editor.set(`${key}\\LocalServer32`, "", place.command);
    return;
  }
  if (place.kind === "handler") {
    editor.set(`${key}\\InprocHandler32`, "", place.path);
    return;
  }
  editor.set(`${key}\\InprocServer32`, "", place.path);
  const threading = definition.options.threading ?? "Both";
  if (threading === "Main") editor.unset(`${key}\\InprocServer32`, "ThreadingModel");
  else editor.set(`${key}\\InprocServer32`, "ThreadingModel", threading);
}

function writeProgIds(editor: RegistryEditor, root: string, key: string, definition: ClassDefinition): void {
  const { progId, versionIndependentProgId: independent, name } = definition;
  const clsid = formatGuid(definition.clsid);
  if (progId !== undefined) {
    editor.set(`${key}\\ProgID`, "", progId);
    editor.set(`${root}\\${progId}`, "", name);
    editor.set(`${root}\\${progId}\\CLSID`, "", clsid);
  }
  if (independent !== undefined && independent !== progId) {
    editor.set(`${key}\\VersionIndependentProgID`, "", independent);
    editor.set(`${root}\\${independent}`, "", name);
    editor.set(`${root}\\${independent}\\CLSID`, "", clsid);
    if (progId !== undefined) editor.set(`${root}\\${independent}\\CurVer`, "", progId);
  }
}

function writeAppId(
  editor: RegistryEditor,
  root: string,
  key: string,
  definition: ClassDefinition,
  options: RegistrationOptions,
): void {
  const given = definition.options.appId;
  if (given === undefined && options.surrogate !== true) return;
  // As many tools do: a class that needs an AppID and names none gets its own CLSID.
  const appId = formatGuid(given === undefined ? definition.clsid : parseGuid(given));
  editor.set(key, "AppID", appId);
  editor.set(`${root}\\AppID\\${appId}`, "", definition.name);
  if (options.surrogate === true) editor.set(`${root}\\AppID\\${appId}`, "DllSurrogate", "");
}

/** Writes an interface's keys, so that tools can name it. */
export function registerInterface(
  editor: RegistryEditor,
  descriptor: InterfaceDescriptor,
  options: RegistrationOptions = {},
): void {
  const key = `${scopes[options.scope ?? "machine"]}\\Interface\\${formatGuid(descriptor.iid)}`;
  editor.set(key, "", descriptor.name);
  editor.set(`${key}\\NumMethods`, "", String(allMethods(descriptor).length));
  editor.set(`${key}\\ProxyStubClsid32`, "", formatGuid(CLSID_UniversalMarshaler));
  if (descriptor.base !== undefined) editor.set(`${key}\\BaseInterface`, "", formatGuid(descriptor.base.iid));
}

/**
 * Removes a class's keys: CLSID, its ProgIDs where they still lead to it, its AppID when it is the class's own. Interfaces stay, because others may
 * use them.
 */
export function unregisterClass(
  editor: RegistryEditor,
  definition: ClassDefinition,
  options: RegistrationOptions = {},
): void {
  const root = scopes[options.scope ?? "machine"];
  const clsid = formatGuid(definition.clsid);
  editor.deleteTree(`${root}\\CLSID\\${clsid}`);
  for (const progId of [definition.progId, definition.versionIndependentProgId]) {
    if (progId === undefined) continue;
    const leadsTo = editor.text(`${root}\\${progId}\\CLSID`);
    if (leadsTo?.toUpperCase() === clsid) editor.deleteTree(`${root}\\${progId}`);
  }
  const { versionIndependentProgId: independent } = definition;
  if (independent !== undefined && !editor.exists(`${root}\\${independent}`))
    fallBack(editor, root, independent);
  if (definition.options.appId === undefined) editor.deleteTree(`${root}\\AppID\\${clsid}`);
}

/** The name without a version leads to the highest version that is left. */
function fallBack(editor: RegistryEditor, root: string, independent: string): void {
  const latest = latestVersion(editor, root, independent);
  if (latest === undefined) return;
  const name = editor.text(`${root}\\${latest.progId}`);
  if (name !== undefined) editor.set(`${root}\\${independent}`, "", name);
  editor.set(`${root}\\${independent}\\CLSID`, "", latest.clsid);
  editor.set(`${root}\\${independent}\\CurVer`, "", latest.progId);
}
