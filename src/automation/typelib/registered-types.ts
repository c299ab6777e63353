import { ComError, type Guid, formatGuid, tryParseGuid } from "../../base/index.ts";
import type { RegistryView } from "../../com/index.ts";
import type { TypeLibraries } from "./libraries.ts";
import type { TypeView } from "./scope.ts";

/**
 * The type the registry leads to from an interface or a class: the library its key `TypeLib` names, in the version that stands below an interface's
 * key and beside a class's. Undefined when no key leads anywhere: then there is no type information.
 */
export function registeredType(
  libraries: TypeLibraries,
  registry: RegistryView,
  guid: Guid,
  key: "Interface" | "CLSID",
): TypeView | undefined {
  const at = `HKCR\\${key}\\${formatGuid(guid)}`;
  const version = registry.text(`${at}\\TypeLib`, "Version") ?? registry.text(`${at}\\Version`);
  return typeOfLibrary(libraries, guid, registry.text(`${at}\\TypeLib`), version);
}

/** A type of a registered library; versions are written in hexadecimal. Undefined when there is no such library or type. */
export function typeOfLibrary(
  libraries: TypeLibraries,
  guid: Guid,
  library: string | undefined,
  version = "1.0",
): TypeView | undefined {
  const libid = tryParseGuid(library ?? "");
  const parts = /^([0-9a-f]{1,4})\.([0-9a-f]{1,4})$/i.exec(version);
  if (libid === undefined || parts === null) return undefined;
  const [major = 1, minor = 0] = [parts[1], parts[2]].map((part) => Number.parseInt(part ?? "0", 16));
  try {
    return libraries.loadRegistered({ guid: libid, version: { major, minor } }).typeOfGuid(guid);
  } catch (error) {
    ComError.from(error);
    return undefined;
  }
}
