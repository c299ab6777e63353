import { resolve } from "node:path";
import { automationProviders } from "../automation/index.ts";
import { ComError, HResult, silentLogger } from "../base/index.ts";
import {
  type ApartmentModel,
  type Credentials,
  type Leak,
  Runtime,
  type RuntimeOptions,
  homeFolder,
  initializeThread,
  machineOwner,
} from "../com/index.ts";
import { localTransport, tcpTransport } from "../rpc/index.ts";
import { Hub } from "./apartments/hub.ts";
import type { ThreadInvitation } from "./apartments/contract.ts";
import { joinThreads } from "./apartments/distant-hub.ts";
import { type PostedOptions, postedOptions } from "./apartments/posted-options.ts";
import type { ThreadSide } from "./apartments/thread-side.ts";
import {
  type DcomRemoting,
  LocalMachine,
  type RemotingOptions,
  accessGate,
  beganHere,
  createRemoting,
  lastingCausality,
  registryCatalog,
} from "../dcom/index.ts";
import { openMachine, serverMechanisms } from "./machine.ts";
import { namingOf, registerMonikerClasses } from "../naming/index.ts";
import { storageFiles } from "./files.ts";
import { listenWhereTheMachineDoes } from "./hosts.ts";
import { typesOfRuntime } from "./types.ts";
import { valueMarshaling } from "./values.ts";

export interface OpenOptions extends Omit<RuntimeOptions, "remoting"> {
  /** Who this process is when it calls other machines, unless an activation says otherwise. */
  readonly credentials?: Credentials;
  /**
   * What this thread becomes: a single-threaded apartment, or part of the multithreaded one; then ThreadingModel decides where in-process classes live, on
   * threads of their own where that is asked for. Default: neither, one apartment for everything, entered at once by every call.
   */
  readonly apartment?: ApartmentModel;
  /** Most worker threads of the multithreaded apartment. Default: as many as there are processors. */
  readonly threads?: number;
  /** Calls that may wait for a single-threaded apartment. Default 1,024. */
  readonly queuedCalls?: number;
  /**
   * Calls that a method makes after an `await` carry the causality of the call it serves, so that they count as parts of it everywhere. Always so from Node 24 on,
   * and in processes with apartments or threads; before, it doubles the price of every `await` of the program, and has to be asked for.
   */
  readonly lastingCausality?: boolean;
  /**
   * A module whose default export has the options that cannot be posted to other threads (functions, objects with methods), or is a function that answers them
   * and is given the thread's name. Threads have everything else of these options, but listen where they like. Without it a thread that is started although there
   * are such options is E_INVALIDARG, which names the option.
   */
  readonly threadOptions?: string | URL;
  /** Takes the place that was made by `inviteThread` for a thread that the program started itself. `home` is then that of the one who invited. */
  readonly thread?: ThreadInvitation;
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
  const { thread, ...others } = options;
  if (thread !== undefined) return openInvited(thread, others);
  const { threads, leaks, logger = silentLogger } = options;
  const manifests = options.manifests?.map((path) => resolve(path)); // as seen from here and now
  const leaked = (leak: Leak): void => (typeof leaks === "function" ? leaks(leak) : undefined);
  const posted = (): PostedOptions => postedOptions(options, manifests);
  const hub = new Hub({ home: homeFolder(options.home), logger, threads, options: posted, leaked });
  const opened = await openSide(hub.side, options);
  hubs.set(opened.runtime, hub);
  return opened;
}

function openInvited(invitation: ThreadInvitation, options: OpenOptions): Promise<OpenedRuntime> {
  if (typeof invitation.home !== "string")
    throw new ComError(HResult.E_INVALIDARG, "that is no invitation of inviteThread");
  if (options.home !== undefined && homeFolder(options.home) !== invitation.home)
    throw new ComError(HResult.E_INVALIDARG, `the thread was invited to the home ${invitation.home}`);
  const { name, home } = invitation;
  return joinThreads(invitation, (side) => {
    lastingCausality.wanted = true;
    return openSide(side, { ...options, home, remoting: { name, ...options.remoting } });
  });
}

/** The hub of a runtime that was opened in the thread where it lives. */
export function hubOf(runtime: Runtime): Hub {
  const hub = hubs.get(runtime);
  if (hub !== undefined) return hub;
  throw new ComError(HResult.E_NOTIMPL, "only the thread where the program began starts others");
}

const hubs = new WeakMap<Runtime, Hub>();

/** Starts COM in a thread that has its part in the process. */
export async function openSide(side: ThreadSide, options: OpenOptions): Promise<OpenedRuntime> {
  const { apartment, queuedCalls, threads: _, threadOptions: __, thread: ___, ...others } = options;
  const { lastingCausality: asked, ...rest } = others;
  if (asked !== undefined) lastingCausality.whereAsync = asked;
  const entered =
    apartment === undefined
      ? undefined
      : initializeThread(apartment, { beganHere, ...(queuedCalls === undefined ? {} : { queuedCalls }) });
  if (apartment !== undefined) lastingCausality.wanted = true;
  side.onClosed = () => entered?.[Symbol.dispose]();
  let opened: OpenedRuntime | undefined;
  try {
    opened = await openWith(side, rest);
    side.opened(opened.runtime, opened.remoting);
    sides.set(opened.runtime, side);
    return opened;
  } catch (error) {
    await opened?.runtime.close();
    entered?.[Symbol.dispose]();
    throw error;
  }
}

/** A runtime's part in its process. */
export function sideOf(runtime: Runtime): ThreadSide {
  const side = sides.get(runtime);
  if (side !== undefined) return side;
  throw new ComError(HResult.CO_E_NOTINITIALIZED, "this runtime was opened without a way to other threads");
}

const sides = new WeakMap<Runtime, ThreadSide>();

async function openWith(side: ThreadSide, options: OpenOptions): Promise<OpenedRuntime> {
  const { credentials, remoting: wanted = {}, providers = [], ...rest } = options;
  let opened: DcomRemoting | undefined;
  const types = typesOfRuntime(() => runtime);
  const runtime: Runtime = await Runtime.open({
    ...rest,
    contracts: types,
    providers: [...automationProviders(types), ...providers],
    remoting: async (made) => (opened = await remotingOf(made, side, credentials, wanted)),
  });
  namingOf(runtime).files = storageFiles;
  try {
    await registerMonikerClasses(runtime);
  } catch (error) {
    await runtime.close();
    throw error;
  }
  return { runtime, remoting: opened as DcomRemoting };
}

async function remotingOf(
  runtime: Runtime,
  side: ThreadSide,
  credentials: Credentials | undefined,
  wanted: Partial<RemotingOptions>,
): Promise<DcomRemoting> {
  const { home, logger, clock, registry } = runtime;
  const machine = new LocalMachine({
    home,
    logger,
    // An SCM held inside a program takes any free port: 135 belongs to `comity scm`.
    ...(side.inWorker
      ? {}
      : {
          hold: () =>
            openMachine({ home, logger, clock, registry, port: 0, requireNetwork: false, givesWay: true }),
        }),
  });
  const network = await listenWhereTheMachineDoes(machine);
  try {
    return await createRemoting({
      ...network,
      neighbours: side,
      placer: side,
      sharedReferences: side,
      mechanisms: serverMechanisms(home, logger),
      accessGate: accessGate(registryCatalog(registry.as(machineOwner), logger), undefined, {
        logger,
        clock,
      }),
      ...valueMarshaling(runtime),
      logger,
      clock,
      ...wanted,
      // Whatever else is wanted, the other threads are reached by their ports.
      listen: [...(wanted.listen ?? network.listen ?? []), { protseq: side.transport.protseq, endpoint: "" }],
      transports: [side.transport, ...(wanted.transports ?? [localTransport, tcpTransport])],
      ...(credentials === undefined ? {} : { credentials }),
      runtime,
      machine,
    });
  } catch (error) {
    await machine[Symbol.asyncDispose]();
    throw error;
  }
}
