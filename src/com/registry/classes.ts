import { type Guid, formatGuid, tryParseGuid } from "../../base/index.ts";
import type { ClassCatalog } from "../activation.ts";
import {
  type AppIdEntry,
  type ClassEntryInfo,
  classKey,
  followTreatAs,
  guidAt,
  notEmpty,
  readAppId,
  readClass,
} from "./class-keys.ts";
import { RegistryMemory } from "./memory.ts";
import type { Registry, RegistryView } from "./registry.ts";

/** The registry as the place where classes are found. */
export class RegisteredClasses implements ClassCatalog {
  readonly #view: RegistryView;
  readonly #memory: RegistryMemory;

  constructor(registry: Registry) {
    this.#view = registry;
    this.#memory = new RegistryMemory(() => (registry.caller.local ? registry.stamp : undefined));
  }

  /** CLSIDFromProgID: through CurVer when the name has no CLSID of its own. */
  clsidFromProgId(progId: string): Guid | undefined {
    if (progId === "" || progId.length > 255 || progId.includes("\\")) return undefined;
    const direct = guidAt(this.#view, `HKCR\\${progId}\\CLSID`);
    if (direct !== undefined) return direct;
    const current = this.#view.text(`HKCR\\${progId}\\CurVer`);
    return current === undefined || current === progId
      ? undefined
      : guidAt(this.#view, `HKCR\\${current}\\CLSID`);
  }

  /** ProgIDFromCLSID. */
  progIdFromClsid(clsid: Guid): string | undefined {
    return this.#view.text(`${classKey(clsid)}\\ProgID`);
  }

  treatAs(clsid: Guid): Guid {
    return this.#memory.remember("treatAs", clsid, () => followTreatAs(this.#view, clsid)) ?? clsid;
  }

  inprocServer(clsid: Guid): string | undefined {
    return this.#memory.remember("inproc", clsid, () =>
      notEmpty(this.#view.text(`${classKey(clsid)}\\InprocServer32`)),
    );
  }

  inprocHandler(clsid: Guid): string | undefined {
    return this.#memory.remember("handler", clsid, () =>
      notEmpty(this.#view.text(`${classKey(clsid)}\\InprocHandler32`)),
    );
  }

  threadingModel(clsid: Guid): string | undefined {
    return this.#memory.remember("threading", clsid, () =>
      notEmpty(this.#view.text(`${classKey(clsid)}\\InprocServer32`, "ThreadingModel")),
    );
  }

  /** The class of an interface's proxies and stubs (CoGetPSClsid). */
  proxyStubClsid(iid: Guid): Guid | undefined {
    return this.#memory.remember("proxy", iid, () =>
      guidAt(this.#view, `HKCR\\Interface\\${formatGuid(iid)}\\ProxyStubClsid32`),
    );
  }

  /** All of a class; undefined when it is not registered. */
  find(clsid: Guid): ClassEntryInfo | undefined {
    return readClass(this.#view, clsid);
  }

  appId(appId: Guid): AppIdEntry | undefined {
    return readAppId(this.#view, appId);
  }

  /** Whether objects of the class are made on the machine that has their file (ActivateAtStorage of the AppID). */
  activatesAtStorage(clsid: Guid): boolean {
    const appId = this.find(clsid)?.appId;
    return appId !== undefined && this.appId(appId)?.activateAtStorage === true;
  }

  /** The CLSIDs of all registered classes. */
  list(): Guid[] {
    return this.#view
      .subkeys("HKCR\\CLSID")
      .map((name) => tryParseGuid(name))
      .filter((clsid) => clsid !== undefined);
  }
}
