import {
  ComError,
  type Guid,
  HResult,
  type Logger,
  decodeUtf16,
  formatGuid,
  silentLogger,
  tryParseGuid,
} from "../../base/index.ts";
import { type AccessList, parseAccessList } from "./access.ts";
import type { ClassCatalog, ServerClass } from "./catalog.ts";
import { readSecurityDescriptor } from "./security-descriptor.ts";
import type { ScmSettings } from "./settings.ts";

/** What the SCM reads of the registry. */
export interface RegistrySource {
  text(path: string, name?: string): string | undefined;
  number(path: string, name?: string): number | undefined;
  value(path: string, name?: string): { readonly type: number; readonly data: Uint8Array } | undefined;
  exists(path: string): boolean;
}

/** Where the settings of COM itself stand. */
const ole = "HKLM\\SOFTWARE\\Microsoft\\Ole";
const services = "HKLM\\SYSTEM\\CurrentControlSet\\Services";
const MULTI_SZ = 7;
const maxTreatAs = 8;

/** Nobody but the machine's owner: what holds when a permission cannot be read. */
const nobody: AccessList = { entries: [] };

/** The classes, AppIDs and settings of a machine, straight from its registry: a change counts from the next activation on. */
export function registryCatalog(registry: RegistrySource, logger: Logger = silentLogger): ClassCatalog {
  return {
    find: (clsid) => findClass(registry, clsid, logger),
    access: (appId) => permission(registry, appKey(appId), "AccessPermission", logger),
    defaults: () => ({
      launch: permission(registry, ole, "DefaultLaunchPermission", logger),
      access: permission(registry, ole, "DefaultAccessPermission", logger),
    }),
    settings: () => readSettings(registry),
  };
}

function findClass(registry: RegistrySource, asked: Guid, logger: Logger): ServerClass | undefined {
  const clsid = treatAs(registry, asked);
  const key = `HKCR\\CLSID\\${formatGuid(clsid)}`;
  if (!registry.exists(key)) return undefined;
  const appId = guidAt(registry, key, "AppID");
  const app = appId === undefined ? undefined : appKey(appId);
  const ofApp = (name: string): string | undefined =>
    app === undefined ? undefined : registry.text(app, name);
  const service = serviceCommand(registry, ofApp("LocalService"));
  return {
    clsid,
    name: registry.text(`${key}\\ProgID`) ?? registry.text(key) ?? formatGuid(clsid),
    appId,
    localServer: registry.text(`${key}\\LocalServer32`) ?? service,
    inprocServer: registry.text(`${key}\\InprocServer32`),
    surrogate: ofApp("DllSurrogate"),
    remoteServerName: nonEmpty(ofApp("RemoteServerName")),
    serviceParameters: service === undefined ? undefined : ofApp("ServiceParameters"),
    runAs: ofApp("RunAs"),
    authenticationLevel: app === undefined ? undefined : registry.number(app, "AuthenticationLevel"),
    launchPermission: app === undefined ? undefined : permission(registry, app, "LaunchPermission", logger),
    accessPermission: app === undefined ? undefined : permission(registry, app, "AccessPermission", logger),
  };
}

function appKey(appId: Guid): string {
  return `HKCR\\AppID\\${formatGuid(appId)}`;
}

/** Where TreatAs leads, a few steps at most: a circle must not keep an activation for ever. */
function treatAs(registry: RegistrySource, asked: Guid): Guid {
  let clsid = asked;
  for (let i = 0; i < maxTreatAs; i++) {
    const next = guidAt(registry, `HKCR\\CLSID\\${formatGuid(clsid)}\\TreatAs`, "");
    if (next === undefined) return clsid;
    clsid = next;
  }
  throw new ComError(HResult.REGDB_E_CLASSNOTREG, `TreatAs of class ${formatGuid(asked)} leads in a circle`);
}

function guidAt(registry: RegistrySource, key: string, name: string): Guid | undefined {
  const text = registry.text(key, name);
  return text === undefined ? undefined : tryParseGuid(text);
}

/** LocalService: the program that the services database names. */
function serviceCommand(registry: RegistrySource, name: string | undefined): string | undefined {
  const service = nonEmpty(name);
  if (service === undefined || service.includes("\\")) return undefined;
  return registry.text(`${services}\\${service}`, "ImagePath");
}

/** A permission: a list of lines (MULTI_SZ), or a security descriptor (BINARY) as Windows writes it. One that cannot be read allows nobody. */
function permission(
  registry: RegistrySource,
  key: string,
  name: string,
  logger: Logger,
): AccessList | undefined {
  const value = registry.value(key, name);
  if (value === undefined) return undefined;
  try {
    return value.type === MULTI_SZ
      ? parseAccessList(linesOf(value.data))
      : readSecurityDescriptor(value.data);
  } catch (error) {
    logger.error({ key, name, error }, `${name} cannot be read: nobody from outside is let in`);
    return nobody;
  }
}

function linesOf(data: Uint8Array): string[] {
  return decodeUtf16(data, 0, data.length >>> 1)
    .split("\0")
    .filter((line) => line !== "");
}

/** Names of the settings in the registry, and what they are here. */
const numbers: Readonly<Record<string, keyof ScmSettings>> = {
  LegacyAuthenticationLevel: "authenticationLevel",
  MinimumActivationLevel: "minimumActivationLevel",
  PingPeriod: "pingPeriod",
  LaunchTimeout: "launchTimeout",
  ActivationTimeout: "activationTimeout",
  CrashLimit: "crashLimit",
  CrashWindow: "crashWindow",
  MaxLaunches: "maxLaunches",
  MaxProcesses: "maxProcesses",
  MaxClassesPerProcess: "maxClassesPerProcess",
};

function readSettings(registry: RegistrySource): Partial<ScmSettings> {
  const settings: Record<string, number | boolean> = {};
  const enable = registry.text(ole, "EnableDCOM");
  if (enable !== undefined) settings["enableDcom"] = enable.toUpperCase() === "Y";
  for (const [name, setting] of Object.entries(numbers)) {
    const value = registry.number(ole, name);
    if (value !== undefined && value > 0) settings[setting] = value;
  }
  return settings;
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}
