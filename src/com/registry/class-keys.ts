import { type Guid, formatGuid, tryParseGuid } from "../../base/index.ts";

/** What is asked of a registry to find classes. Paths begin with a root key; the default value has no name. */
export interface ClassKeys {
  exists(path: string): boolean;
  text(path: string, name?: string): string | undefined;
  number(path: string, name?: string): number | undefined;
  value(path: string, name?: string): { readonly type: number; readonly data: Uint8Array } | undefined;
}

/** What an AppID says of the classes that belong to it. Values that are not there are undefined. */
export interface AppIdEntry {
  readonly appId: Guid;
  readonly name: string | undefined;
  readonly dllSurrogate: string | undefined;
  readonly remoteServerName: string | undefined;
  readonly runAs: string | undefined;
  readonly localService: string | undefined;
  readonly serviceParameters: string | undefined;
  readonly activateAtStorage: boolean;
  readonly authenticationLevel: number | undefined;
  readonly rotFlags: number | undefined;
  /** Self-relative security descriptors. */
  readonly launchPermission: Uint8Array | undefined;
  readonly accessPermission: Uint8Array | undefined;
}

/** What a class's keys say. */
export interface ClassEntryInfo {
  readonly clsid: Guid;
  readonly name: string | undefined;
  readonly progId: string | undefined;
  readonly versionIndependentProgId: string | undefined;
  readonly appId: Guid | undefined;
  readonly typeLibrary: Guid | undefined;
  readonly inprocServer: string | undefined;
  readonly inprocHandler: string | undefined;
  readonly threadingModel: string | undefined;
  readonly localServer: string | undefined;
}

/** TreatAs leads from class to class; more steps than this are a circle. */
const maxTreatAs = 16;

export function classKey(clsid: Guid): string {
  return `HKCR\\CLSID\\${formatGuid(clsid)}`;
}

export function appIdKey(appId: Guid): string {
  return `HKCR\\AppID\\${formatGuid(appId)}`;
}

/** A GUID written as the text of a value. */
export function guidAt(keys: ClassKeys, key: string, name?: string): Guid | undefined {
  const text = keys.text(key, name);
  return text === undefined ? undefined : tryParseGuid(text);
}

/** The class that TreatAs puts in this one's place, step by step; the class itself when there is none, undefined when the steps go in a circle. */
export function followTreatAs(keys: ClassKeys, clsid: Guid): Guid | undefined {
  let at = clsid;
  for (let step = 0; step < maxTreatAs; step++) {
    const next = guidAt(keys, `${classKey(at)}\\TreatAs`);
    if (next === undefined || next === at) return at;
    at = next;
  }
  return undefined;
}

/** All of a class; undefined when it is not registered. TreatAs is not followed. */
export function readClass(keys: ClassKeys, clsid: Guid): ClassEntryInfo | undefined {
  const key = classKey(clsid);
  if (!keys.exists(key)) return undefined;
  return {
    clsid,
    name: keys.text(key),
    progId: keys.text(`${key}\\ProgID`),
    versionIndependentProgId: keys.text(`${key}\\VersionIndependentProgID`),
    appId: guidAt(keys, key, "AppID"),
    typeLibrary: guidAt(keys, `${key}\\TypeLib`),
    inprocServer: notEmpty(keys.text(`${key}\\InprocServer32`)),
    inprocHandler: notEmpty(keys.text(`${key}\\InprocHandler32`)),
    threadingModel: keys.text(`${key}\\InprocServer32`, "ThreadingModel"),
    localServer: notEmpty(keys.text(`${key}\\LocalServer32`)),
  };
}

/** All of an AppID; undefined when it is not registered. */
export function readAppId(keys: ClassKeys, appId: Guid): AppIdEntry | undefined {
  const key = appIdKey(appId);
  if (!keys.exists(key)) return undefined;
  return {
    appId,
    name: keys.text(key),
    dllSurrogate: keys.text(key, "DllSurrogate"),
    remoteServerName: notEmpty(keys.text(key, "RemoteServerName")),
    runAs: notEmpty(keys.text(key, "RunAs")),
    localService: notEmpty(keys.text(key, "LocalService")),
    serviceParameters: keys.text(key, "ServiceParameters"),
    activateAtStorage: keys.text(key, "ActivateAtStorage")?.toUpperCase() === "Y",
    authenticationLevel: keys.number(key, "AuthenticationLevel"),
    rotFlags: keys.number(key, "ROTFlags"),
    launchPermission: keys.value(key, "LaunchPermission")?.data,
    accessPermission: keys.value(key, "AccessPermission")?.data,
  };
}

export function notEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}
