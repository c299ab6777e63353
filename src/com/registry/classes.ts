import { type Guid, formatGuid, tryParseGuid } from "../../base/index.ts";
import type { ClassCatalog } from "../activation.ts";
import type { Registry, RegistryView } from "./registry.ts";

/** TreatAs leads from class to class; more steps than this are a circle. */
const MAX_TREAT_AS = 16;

/** Where a class's keys are. */
function classKey(clsid: Guid): string {
  return `HKCR\\CLSID\\${formatGuid(clsid)}`;
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

/** The registry as the place where classes are found. */
export class RegisteredClasses implements ClassCatalog {
  readonly #view: RegistryView;
  readonly #stamp: () => bigint;
  /** What was read of classes lately, good while the registry's stamp stands. */
  readonly #recent = new Map<string, string | undefined>();
  #recentStamp = -1n;

  constructor(registry: Registry) {
    this.#view = registry;
    this.#stamp = () => registry.stamp;
  }

  /** CLSIDFromProgID: through CurVer when the name has no CLSID of its own. */
  clsidFromProgId(progId: string): Guid | undefined {
    if (progId === "" || progId.length > 255 || progId.includes("\\")) return undefined;
    const direct = this.#guid(`HKCR\\${progId}\\CLSID`);
    if (direct !== undefined) return direct;
    const current = this.#view.text(`HKCR\\${progId}\\CurVer`);
    return current === undefined || current === progId ? undefined : this.#guid(`HKCR\\${current}\\CLSID`);
  }

  /** ProgIDFromCLSID. */
  progIdFromClsid(clsid: Guid): string | undefined {
    return this.#view.text(`${classKey(clsid)}\\ProgID`);
  }

  treatAs(clsid: Guid): Guid {
    return (this.#remember(`treatAs ${clsid}`, () => this.#treatAs(clsid)) ?? clsid) as Guid;
  }

  #treatAs(clsid: Guid): Guid {
    let at = clsid;
    for (let step = 0; step < MAX_TREAT_AS; step++) {
      const next = this.#guid(`${classKey(at)}\\TreatAs`);
      if (next === undefined || next === at) return at;
      at = next;
    }
    return clsid;
  }

  inprocServer(clsid: Guid): string | undefined {
    return this.#remember(`inproc ${clsid}`, () =>
      notEmpty(this.#view.text(`${classKey(clsid)}\\InprocServer32`)),
    );
  }

  inprocHandler(clsid: Guid): string | undefined {
    return this.#remember(`handler ${clsid}`, () =>
      notEmpty(this.#view.text(`${classKey(clsid)}\\InprocHandler32`)),
    );
  }

  /** All of a class; undefined when it is not registered. */
  find(clsid: Guid): ClassEntryInfo | undefined {
    const key = classKey(clsid);
    const view = this.#view;
    if (!view.exists(key)) return undefined;
    return {
      clsid,
      name: view.text(key),
      progId: view.text(`${key}\\ProgID`),
      versionIndependentProgId: view.text(`${key}\\VersionIndependentProgID`),
      appId: this.#guid(key, "AppID"),
      typeLibrary: this.#guid(`${key}\\TypeLib`),
      inprocServer: notEmpty(view.text(`${key}\\InprocServer32`)),
      inprocHandler: notEmpty(view.text(`${key}\\InprocHandler32`)),
      threadingModel: view.text(`${key}\\InprocServer32`, "ThreadingModel"),
      localServer: notEmpty(view.text(`${key}\\LocalServer32`)),
    };
  }

  appId(appId: Guid): AppIdEntry | undefined {
    const key = `HKCR\\AppID\\${formatGuid(appId)}`;
    const view = this.#view;
    if (!view.exists(key)) return undefined;
    return {
      appId,
      name: view.text(key),
      dllSurrogate: view.text(key, "DllSurrogate"),
      remoteServerName: notEmpty(view.text(key, "RemoteServerName")),
      runAs: notEmpty(view.text(key, "RunAs")),
      localService: notEmpty(view.text(key, "LocalService")),
      serviceParameters: view.text(key, "ServiceParameters"),
      activateAtStorage: view.text(key, "ActivateAtStorage")?.toUpperCase() === "Y",
      authenticationLevel: view.number(key, "AuthenticationLevel"),
      launchPermission: view.value(key, "LaunchPermission")?.data,
      accessPermission: view.value(key, "AccessPermission")?.data,
    };
  }

  /** The CLSIDs of all registered classes. */
  list(): Guid[] {
    return this.#view
      .subkeys("HKCR\\CLSID")
      .map((name) => tryParseGuid(name))
      .filter((clsid) => clsid !== undefined);
  }

  #remember(question: string, ask: () => string | undefined): string | undefined {
    const stamp = this.#stamp();
    if (stamp !== this.#recentStamp || this.#recent.size > 10_000) this.#recent.clear();
    this.#recentStamp = stamp;
    if (this.#recent.has(question)) return this.#recent.get(question);
    const answer = ask();
    this.#recent.set(question, answer);
    return answer;
  }

  #guid(key: string, name?: string): Guid | undefined {
    const text = this.#view.text(key, name);
    return text === undefined ? undefined : tryParseGuid(text);
  }
}

function notEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}
