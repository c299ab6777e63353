import { automationProviders } from "../automation/index.ts";
import { type Credentials, Runtime, type RuntimeOptions } from "../com/index.ts";
import {
  type DcomRemoting,
  LocalMachine,
  type RemotingOptions,
  accessGate,
  createRemoting,
  registryCatalog,
} from "../dcom/index.ts";
import { openMachine, serverMechanisms } from "./machine.ts";
import { listenWhereTheMachineDoes } from "./hosts.ts";
import { typesOfRuntime } from "./types.ts";
import { valueMarshaling } from "./values.ts";

export interface OpenOptions extends Omit<RuntimeOptions, "remoting"> {
  /** Who this process is when it calls other machines, unless an activation says otherwise. */
  readonly credentials?: Credentials;
  /** Anything else about the way out of the process; see `RemotingOptions`. */
  readonly remoting?: Partial<Omit<RemotingOptions, "runtime" | "machine" | "credentials">>;
}

/** A runtime and its way out of the process. */
export interface OpenedRuntime {
  readonly runtime: Runtime;
  readonly remoting: DcomRemoting;
}

/**
 * Starts COM in this process (CoInitializeEx): the machine's registry, Automation for scripts, and DCOM to every other process and machine. Joins the
 * service control manager of its machine, or holds one inside itself when none runs. The caller closes it, best with `await using`.
 */
export async function openRuntime(options: OpenOptions = {}): Promise<Runtime> {
  return (await openRuntimeAndRemoting(options)).runtime;
}

/** As {@link openRuntime}, with the remoting for those who run server processes. */
export async function openRuntimeAndRemoting(options: OpenOptions = {}): Promise<OpenedRuntime> {
  const { credentials, remoting: wanted = {}, providers = [], ...rest } = options;
  let opened: DcomRemoting | undefined;
  const types = typesOfRuntime(() => runtime);
  const runtime: Runtime = await Runtime.open({
    ...rest,
    contracts: types,
    providers: [...automationProviders(types), ...providers],
    remoting: async (made) => (opened = await remotingOf(made, credentials, wanted)),
  });
  return { runtime, remoting: opened as DcomRemoting };
}

async function remotingOf(
  runtime: Runtime,
  credentials: Credentials | undefined,
  wanted: Partial<RemotingOptions>,
): Promise<DcomRemoting> {
  const { home, logger, clock, registry } = runtime;
  const machine = new LocalMachine({
    home,
    logger,
    // An SCM held inside a program takes any free port: 135 belongs to `comity scm`.
    hold: () =>
      openMachine({ home, logger, clock, registry, port: 0, requireNetwork: false, givesWay: true }),
  });
  try {
    return await createRemoting({
      ...(await listenWhereTheMachineDoes(machine)),
      mechanisms: serverMechanisms(home, logger),
      accessGate: accessGate(registryCatalog(registry, logger), undefined, { logger, clock }),
      ...valueMarshaling(runtime),
      logger,
      clock,
      ...wanted,
      ...(credentials === undefined ? {} : { credentials }),
      runtime,
      machine,
    });
  } catch (error) {
    await machine[Symbol.asyncDispose]();
    throw error;
  }
}
