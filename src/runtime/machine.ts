import { hostname } from "node:os";
import {
  FileAccountStore,
  type GuessLimits,
  type ServerMechanism,
  ntlmServer,
  spnegoServer,
} from "../auth/index.ts";
import { type Clock, type Logger, silentLogger } from "../base/index.ts";
import { Registry, homeFolder, machineOwner } from "../com/index.ts";
import { Scm, type ScmSettings, registryCatalog } from "../dcom/index.ts";
import { openStore } from "../store/index.ts";
import { join } from "node:path";
import { listenAddresses, listenPort } from "./machine-settings.ts";

/** How callers from the network prove who they are to a machine: NTLM, alone and inside SPNEGO, with the machine's accounts. */
export function serverMechanisms(
  home: string,
  logger: Logger = silentLogger,
  guessLimits?: GuessLimits,
): readonly ServerMechanism[] {
  const machineName = hostname().split(".")[0] ?? "COMITY";
  const accounts = new FileAccountStore(home, machineName);
  const limits = guessLimits === undefined ? {} : { guessLimits };
  const ntlm = ntlmServer({ accounts, machineName, logger, ...limits });
  return [ntlm, spnegoServer([ntlm])];
}

export interface MachineOptions {
  /** Default: COMITY_HOME, else the user's data folder. */
  readonly home?: string;
  /** Override the registry (HKLM\SOFTWARE\Comity). */
  readonly addresses?: readonly string[];
  readonly port?: number;
  /** An SCM whose port is taken serves this machine alone. Default: that is an error. */
  readonly requireNetwork?: boolean;
  /** True: ends when `comity scm` is started for the home. Default false. */
  readonly givesWay?: boolean;
  readonly settings?: Partial<ScmSettings>;
  /** How many wrong passwords are listened to. */
  readonly guessLimits?: GuessLimits;
  readonly surrogateCommand?: readonly string[];
  readonly logger?: Logger;
  readonly clock?: Clock;
  /** The machine's registry when it is open already; stays open. */
  readonly registry?: Registry;
}

/** A machine: its service control manager with registry and accounts. One per home; closing it leaves its processes running. */
export interface Machine extends AsyncDisposable {
  readonly scm: Scm;
  readonly registry: Registry;
}

/**
 * Opens the service control manager of a home in this process (what `comity scm` runs). Throws ERROR_ALREADY_EXISTS when the home has one.
 */
export async function openMachine(options: MachineOptions = {}): Promise<Machine> {
  const home = homeFolder(options.home);
  const { logger = silentLogger, clock, settings, requireNetwork, givesWay } = options;
  const store = options.registry === undefined ? await openStore({ path: join(home, "store") }) : undefined;
  const registry = (options.registry ?? new Registry(store as NonNullable<typeof store>)).as(machineOwner);
  try {
    const scm = await Scm.open({
      home,
      catalog: registryCatalog(registry, logger),
      addresses: options.addresses ?? listenAddresses(registry),
      port: options.port ?? listenPort(registry) ?? 135,
      mechanisms: serverMechanisms(home, logger, options.guessLimits),
      surrogateCommand: options.surrogateCommand ?? surrogateCommand(),
      logger,
      ...(requireNetwork === undefined ? {} : { requireNetwork }),
      ...(givesWay === undefined ? {} : { givesWay }),
      ...(clock === undefined ? {} : { clock }),
      ...(settings === undefined ? {} : { settings }),
    });
    return {
      scm,
      registry,
      async [Symbol.asyncDispose]() {
        await scm.close();
        await store?.close();
      },
    };
  } catch (error) {
    await store?.close();
    throw error;
  }
}

/** The words that start the default surrogate: this Node, our own command. */
function surrogateCommand(): readonly string[] {
  return [process.execPath, new URL("../cli/main.js", import.meta.url).pathname, "host"];
}
