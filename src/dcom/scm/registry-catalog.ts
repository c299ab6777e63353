import {
  ComError,
  type Guid,
  HResult,
  type Logger,
  decodeUtf16,
  formatGuid,
  silentLogger,
} from "../../base/index.ts";
import {
  type ClassKeys,
  RegistryMemory,
  appIdKey,
  followTreatAs,
  readAppId,
  readClass,
  systemClass,
} from "../../com/index.ts";
import { type AccessList, parseAccessList } from "./access.ts";
import type { ClassCatalog, ServerClass } from "./catalog.ts";
import { readSecurityDescriptor } from "./security-descriptor.ts";
import type { ScmSettings } from "./settings.ts";

/** Where the settings of COM itself stand. */
export const ole = "HKLM\\SOFTWARE\\Microsoft\\Ole";
const services = "HKLM\\SYSTEM\\CurrentControlSet\\Services";
const MULTI_SZ = 7;

/** Nobody but the machine's owner: what holds when a permission cannot be read. */
const nobody: AccessList = { entries: [] };

/** Keys that tell whether anything changed since a moment before. */
interface StampedKeys extends ClassKeys {
  readonly stamp?: bigint;
}

/**
 * The classes, AppIDs and settings of a machine, straight from its registry: a change counts from the next activation on. What was read is remembered
 * as long as the registry's stamp stands.
 */
export function registryCatalog(registry: StampedKeys, logger: Logger = silentLogger): ClassCatalog {
  const memory = new RegistryMemory(() => registry.stamp);
  return {
    find: (clsid) => memory.remember("class", clsid, () => findClass(registry, clsid, logger)),
    access: (appId) =>
      memory.remember("access", appId, () =>
        permission(registry, appIdKey(appId), "AccessPermission", logger),
      ),
    defaults: () =>
      memory.remember("defaults", "", () => ({
        launch: permission(registry, ole, "DefaultLaunchPermission", logger),
        access: permission(registry, ole, "DefaultAccessPermission", logger),
      })),
    settings: () => memory.remember("settings", "", () => readSettings(registry)),
  };
}

function findClass(registry: ClassKeys, asked: Guid, logger: Logger): ServerClass | undefined {
  const clsid = followTreatAs(registry, asked);
  if (clsid === undefined) throw circle(asked);
  const entry = readClass(registry, clsid);
  if (entry === undefined) return undefined;
  const { appId } = entry;
  const app = appId === undefined ? undefined : readAppId(registry, appId);
  const service = serviceCommand(registry, app?.localService);
  const permissionOf = (name: string): AccessList | undefined =>
    app === undefined ? undefined : permission(registry, appIdKey(app.appId), name, logger);
  return {
    clsid,
    name: entry.progId ?? entry.name ?? formatGuid(clsid),
    appId,
    localServer: entry.localServer ?? service,
    inprocServer: entry.inprocServer ?? systemModule(clsid, app?.dllSurrogate),
    surrogate: app?.dllSurrogate,
    remoteServerName: app?.remoteServerName,
    serviceParameters: service === undefined ? undefined : app?.serviceParameters,
    runAs: app?.runAs,
    rotFlags: app?.rotFlags,
    authenticationLevel: app?.authenticationLevel,
    launchPermission: permissionOf("LaunchPermission"),
    accessPermission: permissionOf("AccessPermission"),
  };
}

/** A class that every runtime has is served by a surrogate where its AppID asks for one: it has no module of its own to name. */
function systemModule(clsid: Guid, surrogate: string | undefined): string | undefined {
  return surrogate === undefined ? undefined : systemClass(clsid)?.name;
}

function circle(clsid: Guid): ComError {
  return new ComError(HResult.REGDB_E_CLASSNOTREG, `TreatAs of class ${formatGuid(clsid)} leads in a circle`);
}

/** LocalService: the program that the services database names. */
function serviceCommand(registry: ClassKeys, name: string | undefined): string | undefined {
  if (name === undefined || name.includes("\\")) return undefined;
  return registry.text(`${services}\\${name}`, "ImagePath");
}

/** A permission: a list of lines (MULTI_SZ), or a security descriptor (BINARY) as Windows writes it. One that cannot be read allows nobody. */
function permission(registry: ClassKeys, key: string, name: string, logger: Logger): AccessList | undefined {
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

/** The lines of a MULTI_SZ. */
export function linesOf(data: Uint8Array): string[] {
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
  MaxRunningPerProcess: "maxRunningPerProcess",
};

function readSettings(registry: ClassKeys): Partial<ScmSettings> {
  const settings: Record<string, number | boolean> = {};
  const enable = registry.text(ole, "EnableDCOM");
  if (enable !== undefined) settings["enableDcom"] = enable.toUpperCase() === "Y";
  for (const [name, setting] of Object.entries(numbers)) {
    const value = registry.number(ole, name);
    if (value !== undefined && value > 0) settings[setting] = value;
  }
  return settings;
}
