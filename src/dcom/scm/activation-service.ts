import { hostname, userInfo } from "node:os";
import { type Clock, ComError, type Guid, HResult, type Logger, formatGuid } from "../../base/index.ts";
import type { ActivationSource, ExporterActivated, ExporterActivation } from "../resolver-contract.ts";
import type { ClassCatalog, ServerClass } from "./catalog.ts";
import type { ClassTable } from "./class-table.ts";
import { formatCommandLine, parseCommandLine } from "./command-line.ts";
import type { ActivationGates, ActivationOrigin } from "./gates.ts";
import type { Launches } from "./launches.ts";
import { type LaunchExit, type LaunchSpec, activationCrash } from "./launcher.ts";
import type { MachineProcess } from "./processes.ts";
import type { ScmSettings } from "./settings.ts";

/** An activation as it reaches the SCM, from the wire or from a process of the machine. */
export interface ScmActivation {
  readonly clsid: Guid;
  readonly iids: readonly Guid[];
  /** True: the class object; false: a new instance. */
  readonly classObject: boolean;
  readonly destination: "local" | "machine";
  readonly origin: ActivationOrigin;
  /** The caller wants another machine (CLSCTX_REMOTE_SERVER alone) if the class names one. */
  readonly remoteOnly?: boolean;
  /** What the new instance is loaded from. */
  readonly source?: ActivationSource;
}

/** What came of it: the interfaces, and the process they live in; or the machine to ask instead (RemoteServerName). */
export type ScmActivated =
  | ({ readonly process: MachineProcess } & ExporterActivated)
  | { readonly machine: string };

export interface ActivationParts {
  readonly catalog: ClassCatalog;
  readonly classes: ClassTable<MachineProcess>;
  readonly processes: () => readonly MachineProcess[];
  readonly launches: Launches;
  readonly gates: ActivationGates;
  readonly settings: () => ScmSettings;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The words that start the default surrogate, before its own arguments (`comity host`). */
  readonly surrogateCommand: readonly string[];
}

/** Times a server that is just ending is replaced before the activation gives up. */
const maxAttempts = 8;
/** Times a server that crashes under the activation is. Stops one activation from killing server after server. */
const maxCrashes = 2;

/**
 * Turns an activation into a class object or an instance: finds the class, a server that runs or can be launched for it, and passes the
 * activation on ([MS-DCOM] 3.1.2.5.2.3).
 */
export class ActivationService {
  readonly #parts: ActivationParts;
  /** Classes whose servers serve one client: each activation launches its own. */
  readonly #singleUse = new Set<Guid>();

  constructor(parts: ActivationParts) {
    this.#parts = parts;
  }

  async activate(request: ScmActivation): Promise<ScmActivated> {
    const { gates, catalog, classes } = this.#parts;
    gates.enter(request.origin);
    const server = catalog.find(request.clsid) ?? this.#registeredOnly(request.clsid);
    gates.useClass(server, request.origin);
    const elsewhere = server.remoteServerName;
    if (elsewhere !== undefined && (request.remoteOnly === true || !runsHere(server)))
      return { machine: elsewhere };

    let crashes = 0;
    for (let attempt = 1; ; attempt++) {
      const registered = classes.take(server.clsid);
      if (registered?.uses === "single") this.#singleUse.add(server.clsid);
      const process = registered?.owner ?? this.#surrogateOf(server);
      if (process === undefined) {
        if (attempt > maxAttempts) throw stopping(server);
        await this.#launch(server);
        continue;
      }
      try {
        const { interfaces, activator } = await this.#ask(process, server.clsid, request);
        // A class of single use serves nobody twice, and who asked for another class (TreatAs) asks again.
        const once = registered?.uses === "single" || server.clsid !== request.clsid;
        return { process, interfaces, ...(activator && !once && { activator }) };
      } catch (error) {
        if (attempt >= maxAttempts || !this.#isGone(process, error)) throw error;
        const crash = process.alive ? undefined : await this.#crashOf(process);
        if (crash !== undefined && ++crashes === maxCrashes) throw activationCrash(server.name, crash);
        if (registered !== undefined) classes.remove(process, registered.cookie);
        process.surrogateFor = undefined;
        this.#parts.logger.debug(
          { clsid: server.clsid },
          `the server of ${server.name} was just ending; trying again`,
        );
      }
    }
  }

  /** A class that a running process serves needs no registry entry. */
  #registeredOnly(clsid: Guid): ServerClass {
    if (!this.#parts.classes.has(clsid)) throw unregistered(clsid);
    return { ...unknownClass, clsid, name: formatGuid(clsid) };
  }

  /** A class table entry became visible: remembers its kind for the next launches. */
  registered(clsid: Guid, uses: string): void {
    if (uses === "single") this.#singleUse.add(clsid);
    else this.#singleUse.delete(clsid);
  }

  async #ask(process: MachineProcess, clsid: Guid, request: ScmActivation): Promise<ExporterActivated> {
    const { account, authenticationLevel, pid } = request.origin;
    const activation: ExporterActivation = {
      clsid,
      iids: request.iids,
      classObject: request.classObject,
      destination: request.destination,
      caller: { account, authenticationLevel, ...(pid === undefined ? {} : { pid }) },
      ...(request.source && { source: request.source }),
    };
    const { activationTimeout } = this.#parts.settings();
    return this.#inTime(process.exporter.activate(activation), activationTimeout, process);
  }

  #inTime<T>(work: Promise<T>, milliseconds: number, process: MachineProcess): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const timer = this.#parts.clock.after(milliseconds, () => {
        const { name, pid } = process.registration;
        const message = `${name} (process ${pid}) did not answer the activation within ${milliseconds} ms`;
        reject(new ComError(HResult.RPC_E_TIMEOUT, message));
      });
      work.then(resolve, reject).finally(() => timer[Symbol.dispose]());
    });
  }

  #crashOf({ registration }: MachineProcess): Promise<LaunchExit | undefined> {
    return this.#parts.launches.crashOf(registration.launchToken);
  }

  /** The server ended, or is about to: the activation goes to another one. */
  #isGone(process: MachineProcess, error: unknown): boolean {
    if (!process.alive) return true;
    const { code } = ComError.from(error);
    return code === HResult.CO_E_SERVER_STOPPING || code === HResult.RPC_E_CONNECTION_TERMINATED;
  }

  #surrogateOf(server: ServerClass): MachineProcess | undefined {
    const key = surrogateKey(server);
    if (key === undefined || server.localServer !== undefined) return undefined;
    return this.#parts.processes().find((process) => process.alive && process.surrogateFor === key);
  }

  #launch(server: ServerClass): Promise<void> {
    checkRunAs(server);
    const share = !this.#singleUse.has(server.clsid);
    if (server.localServer !== undefined) {
      const line = [server.localServer, server.serviceParameters ?? ""].join(" ").trim();
      return this.#start(`program ${line}`, server, [...parseCommandLine(line), "-Embedding"], share);
    }
    const key = surrogateKey(server);
    if (key === undefined) throw noServer(server);
    const custom = server.surrogate === undefined || server.surrogate === "" ? undefined : server.surrogate;
    const program = custom === undefined ? this.#parts.surrogateCommand : parseCommandLine(custom);
    if (program.length === 0) throw noServer(server);
    return this.#start(
      key,
      server,
      [...program, "/processid:", key, "/clsid:", server.clsid, "-Embedding"],
      true,
    );
  }

  #start(key: string, server: ServerClass, command: readonly string[], share: boolean): Promise<void> {
    const environment: Record<string, string> = { COMITY_CLSID: server.clsid };
    if (server.appId !== undefined) environment["COMITY_APPID"] = server.appId;
    const level = server.authenticationLevel;
    if (level !== undefined) environment["COMITY_AUTHENTICATION_LEVEL"] = String(level);
    const spec: LaunchSpec = { name: server.name, command, environment };
    this.#parts.logger.debug(
      { command: formatCommandLine(command) },
      `starting the server of ${server.name}`,
    );
    return this.#parts.launches.start(key, server.clsid, spec, share);
  }
}

/**
 * What classes share a surrogate by: their AppID, or a class without one stands for itself. Undefined when no surrogate can load the class.
 * A module without DllSurrogate is loaded too: that is how a class registered for in-process use alone serves another machine.
 */
export function surrogateKey(server: ServerClass): string | undefined {
  if (server.inprocServer === undefined) return undefined;
  return server.appId ?? server.clsid;
}

/** The class has a program or a surrogate here: RemoteServerName is only for those who ask for another machine. */
function runsHere(server: ServerClass): boolean {
  return server.localServer !== undefined || server.surrogate !== undefined;
}

const unknownClass: Omit<ServerClass, "clsid" | "name"> = {
  appId: undefined,
  localServer: undefined,
  inprocServer: undefined,
  surrogate: undefined,
  remoteServerName: undefined,
  serviceParameters: undefined,
  runAs: undefined,
  authenticationLevel: undefined,
  launchPermission: undefined,
  accessPermission: undefined,
};

function unregistered(clsid: Guid): ComError {
  return new ComError(
    HResult.REGDB_E_CLASSNOTREG,
    `class ${formatGuid(clsid)} is not registered on this machine`,
  );
}

function noServer(server: ServerClass): ComError {
  const message = `${server.name} has neither LocalServer32 nor InprocServer32 that could be started`;
  return new ComError(HResult.REGDB_E_CLASSNOTREG, message);
}

function stopping(server: ServerClass): ComError {
  return new ComError(
    HResult.CO_E_SERVER_STOPPING,
    `each server of ${server.name} ended as soon as it had started`,
  );
}

/** Only our own account can be run as without privileges: anything else is refused, not silently ignored. */
function checkRunAs(server: ServerClass): void {
  const runAs = server.runAs?.toLowerCase();
  if (runAs === undefined || runAs === "" || isOurs(runAs)) return;
  const message = `${server.name} is to run as ${server.runAs}; this machine's servers run as the user who started it`;
  throw new ComError(0x80004017, message, { gate: "RunAs" }); // CO_E_RUNAS_CREATEPROCESS_FAILURE
}

/** Names of the account the SCM itself runs as. */
function isOurs(runAs: string): boolean {
  if (runAs === "interactive user" || runAs === "launching user") return true;
  const [domain, user] = runAs.includes("\\") ? runAs.split("\\", 2) : [".", runAs];
  return (
    user === userInfo().username.toLowerCase() && (domain === "." || domain === hostname().toLowerCase())
  );
}
