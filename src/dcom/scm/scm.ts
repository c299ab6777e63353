import { type ServerMechanism, authnLevelName } from "../../auth/index.ts";
import {
  type Clock,
  ComError,
  GUID_NULL,
  HResult,
  type Limits,
  type Logger,
  defaultLimits,
  quietLogger,
  silentLogger,
  systemClock,
} from "../../base/index.ts";
import type { InterfaceDescriptor } from "../../ndr/index.ts";
import {
  type EndpointEntry,
  EndpointMap,
  type RpcEndpoint,
  RpcServer,
  type SyntaxId,
  registerEndpointMapper,
  registerManagement,
  tcpTransport,
  towerOf,
} from "../../rpc/index.ts";
import { Connections } from "../client/connections.ts";
import { ResolverClient } from "../client/resolver-client.ts";
import { type DualStringArray, noBindings } from "../dual-string-array.ts";
import { IObjectExporter } from "../gen/dcom.ts";
import { IActivation, IRemoteSCMActivator } from "../gen/dcom.ts";
import type { PingTransport } from "../ping/ping-client.ts";
import { rememberPort, rememberedPort, resolverStrings, standardPort } from "./addresses.ts";
import type { ClassCatalog } from "./catalog.ts";
import { type Launch, processLauncher } from "./launcher.ts";
import { type LocalEndpoint, listenLocal } from "./local/listen.ts";
import { Machine } from "./machine.ts";
import { type ScmSettings, defaultScmSettings } from "./settings.ts";
import type { MachineSnapshot } from "./snapshot.ts";
import { activationDispatcher, scmActivatorDispatcher } from "./wire/activator.ts";
import { objectExporterDispatcher } from "./wire/object-exporter.ts";

export interface ScmOptions {
  /** The folder of the machine's state. */
  readonly home: string;
  /** The classes of the machine and its settings: the registry. */
  readonly catalog: ClassCatalog;
  /** Where to listen for other machines; default 127.0.0.1. An empty list: only for the processes of this machine. */
  readonly addresses?: readonly string[];
  /** Default 135; 0 takes the free port the home's last SCM had, or another: references that name it stay good. */
  readonly port?: number;
  /** False: an SCM whose port is taken or forbidden serves this machine alone (an SCM held inside another program). Default true. */
  readonly requireNetwork?: boolean;
  /**
   * An SCM held inside a program: it ends when one that stays (`comity scm`) is started for the home. The processes of the machine join that one.
   * Default false: this one stays, and takes over from one that does not.
   */
  readonly givesWay?: boolean;
  /** How other machines' users prove who they are. Without any, nobody there can activate. */
  readonly mechanisms?: readonly ServerMechanism[];
  /** Override the registry. */
  readonly settings?: Partial<ScmSettings>;
  /** The words that start the default surrogate. */
  readonly surrogateCommand?: readonly string[];
  readonly logger?: Logger;
  readonly clock?: Clock;
  readonly limits?: Limits;
  readonly launch?: Launch;
  /** Carries our pings to other machines; over TCP by default. */
  readonly pings?: PingTransport;
}

/** Bytes of the largest request to an SCM: a ComplexPing with 65,535 objects added and as many dropped has one MiB. */
const largestMessage = 2 * 1024 * 1024;

/**
 * The service control manager of one machine, open for business: for its processes over the local endpoint in the home, for other machines
 * over TCP. One per home.
 */
export class Scm implements AsyncDisposable {
  readonly home: string;
  readonly machine: Machine;
  readonly logger: Logger;
  readonly #options: ScmOptions;
  readonly #server: RpcServer;
  readonly #connections: Connections;
  /** What answers where, for ept_map and ept_lookup. */
  readonly endpointMap: EndpointMap = new EndpointMap();
  #local: LocalEndpoint | undefined;
  #bindings: DualStringArray = noBindings;
  #endpoints: readonly RpcEndpoint[] = [];

  private constructor(options: ScmOptions) {
    const { home, catalog, limits = defaultLimits, clock = systemClock } = options;
    // Who asks from the network decides how often there is something to refuse.
    const logger = quietLogger(options.logger ?? silentLogger, clock);
    this.home = home;
    this.logger = logger;
    this.#options = options;
    const settings = (): ScmSettings => ({
      ...defaultScmSettings,
      ...catalog.settings(),
      ...options.settings,
    });
    // A ping that is not answered is tried again well within its period, on a connection that may have come back.
    const patience = Math.min(10_000, Math.max(250, settings().pingPeriod / 2));
    this.#connections = new Connections({
      transports: [tcpTransport],
      limits,
      clock,
      logger,
      connectTimeout: patience,
      callTimeout: patience,
      linger: 1000,
    });
    this.machine = new Machine({
      home,
      catalog,
      clock,
      logger,
      settings,
      launch: options.launch ?? processLauncher(home),
      surrogateCommand: options.surrogateCommand ?? [],
      resolverBindings: () => this.#bindings,
      listening: () => this.#endpoints.map(({ host }) => host ?? ""),
      pings: options.pings ?? new ResolverClient(this.#connections),
      giveWay: options.givesWay === true ? () => this.#giveWay() : undefined,
    });
    this.#server = this.#makeServer(limits, clock, logger);
  }

  /**
   * Opens the SCM of a home. Throws ERROR_ALREADY_EXISTS when one runs already that does not give way, and with gate "connection" when the port is taken or
   * forbidden and `requireNetwork` holds.
   */
  static async open(options: ScmOptions): Promise<Scm> {
    const scm = new Scm(options);
    try {
      scm.#local = await listenLocal(scm.home, scm.machine, scm.logger, () => scm.#listen());
    } catch (error) {
      await scm.close();
      throw error;
    }
    scm.#warnOfWeakSettings();
    scm.logger.info({ home: scm.home, endpoints: scm.#endpoints }, "the service control manager is open");
    return scm;
  }

  /** Where it listens for other machines. */
  get endpoints(): readonly RpcEndpoint[] {
    return this.#endpoints;
  }

  /** The TCP port; undefined when it serves this machine alone. */
  get port(): number | undefined {
    const [first] = this.#endpoints;
    return first === undefined ? undefined : Number(first.endpoint);
  }

  /** How other machines reach the resolver. */
  get bindings(): DualStringArray {
    return this.#bindings;
  }

  snapshot(): Promise<MachineSnapshot> {
    return this.machine.snapshot();
  }

  /** Closes it; the processes of the machine go on and join the next one. */
  async close(): Promise<void> {
    await this.#local?.[Symbol.asyncDispose]();
    await this.#server.close();
    this.machine.close();
    await this.#connections[Symbol.asyncDispose]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The next SCM waits for the end of the local endpoint; the port must be free by then. */
  async #giveWay(): Promise<void> {
    await this.#server.close();
    await this.close();
  }

  #makeServer(limits: Limits, clock: Clock, logger: Logger): RpcServer {
    const { mechanisms = [] } = this.#options;
    // Anybody may call: what strangers make us put together is no larger than the largest ping.
    const maxMessageBytes = Math.min(limits.maxMessageBytes, largestMessage);
    const server = new RpcServer({ mechanisms, limits: { ...limits, maxMessageBytes }, clock, logger });
    const { machine } = this;
    server.register(idOf(IObjectExporter), objectExporterDispatcher(machine));
    server.register(idOf(IRemoteSCMActivator), scmActivatorDispatcher(machine));
    server.register(idOf(IActivation), activationDispatcher(machine));
    registerEndpointMapper(server, this.endpointMap);
    registerManagement(server);
    return server;
  }

  async #listen(): Promise<void> {
    const {
      addresses = ["127.0.0.1"],
      port = standardPort,
      requireNetwork = true,
      mechanisms = [],
    } = this.#options;
    let endpoints: readonly RpcEndpoint[] = [];
    try {
      const before = port === 0 ? rememberedPort(this.home) : undefined;
      endpoints = await this.#listenOn(addresses, before ?? port).catch((error: unknown) => {
        if (before === undefined) throw error;
        return this.#listenOn(addresses, 0);
      });
    } catch (error) {
      const reason = listenError(error, port);
      if (requireNetwork) throw reason;
      this.logger.warn(
        { code: reason.code },
        `${reason.message}; this machine can only be reached from itself`,
      );
    }
    this.#endpoints = endpoints;
    this.endpointMap.insert(endpoints.flatMap(mapped));
    const [first] = endpoints;
    if (first === undefined) return;
    if (port === 0) rememberPort(this.home, Number(first.endpoint));
    const hosts = endpoints.map(({ host }) => host ?? "");
    const security = mechanisms.map(({ service }) => ({ service, principal: "", reserved: 0xffff }));
    this.#bindings = { strings: resolverStrings(hosts, Number(first.endpoint)), security };
  }

  async #listenOn(addresses: readonly string[], port: number): Promise<RpcEndpoint[]> {
    const endpoints: RpcEndpoint[] = [];
    let chosen = port;
    for (const host of addresses) {
      const endpoint = await this.#server.listen(tcpTransport, { host, endpoint: String(chosen) });
      chosen = Number(endpoint.endpoint);
      endpoints.push(endpoint);
    }
    return endpoints;
  }

  #warnOfWeakSettings(): void {
    const { minimumActivationLevel: level } = this.machine.options.settings();
    if (level >= defaultScmSettings.minimumActivationLevel) return;
    this.logger.warn(
      { level },
      `activation is allowed at level ${authnLevelName(level)}: others can read or change what is sent`,
    );
  }
}

function idOf({ iid, version }: InterfaceDescriptor): SyntaxId {
  return { uuid: iid, version };
}

/** What the endpoint mapper says of one endpoint of the SCM. */
function mapped({ protseq, host, endpoint }: RpcEndpoint): EndpointEntry[] {
  return [IObjectExporter, IRemoteSCMActivator, IActivation].map((descriptor) => ({
    object: GUID_NULL,
    tower: towerOf(idOf(descriptor), protseq, endpoint, host),
    annotation: `Comity ${descriptor.name}`,
  }));
}

function listenError(error: unknown, port: number): ComError {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  const why =
    code === "EADDRINUSE"
      ? "is taken by another program"
      : code === "EACCES"
        ? "may only be opened with privileges (choose another, or allow it)"
        : `cannot be opened: ${String(error)}`;
  return new ComError(HResult.RPC_S_SERVER_UNAVAILABLE, `TCP port ${port} ${why}`, {
    gate: "connection",
    cause: error,
  });
}
