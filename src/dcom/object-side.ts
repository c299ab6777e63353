import { type AuthenticationLevel, AuthnLevel, type ServerMechanism } from "../auth/index.ts";
import {
  type Clock,
  type Limits,
  type Logger,
  defaultLimits,
  silentLogger,
  systemClock,
} from "../base/index.ts";
import type { ContractSource, LeakDetector, ReferenceClasses } from "../com/index.ts";
import {
  ENCODINGS,
  type RpcEndpoint,
  RpcServer,
  type SyntaxId,
  type Transport,
  localTransport,
  tcpTransport,
} from "../rpc/index.ts";
import { Connections } from "./client/connections.ts";
import type { AddressChoice } from "./client/endpoints.ts";
import { Importer, type Neighbours } from "./client/importer.ts";
import { ResolverClient } from "./client/resolver-client.ts";
import { type CallSecurity, unprotected } from "./client/security.ts";
import { type DualStringArray, type StringBinding, TowerId } from "./dual-string-array.ts";
import type { AccessGate } from "./exporter/dispatcher.ts";
import { ObjectExporter } from "./exporter/exporter.ts";
import { type CustomMarshal, type CustomUnmarshal, ObjectMarshaler } from "./marshaler.ts";
import { TraceSwitch } from "./observe/event-trace.ts";
import type { CallObserver } from "./observe/observer.ts";
import type { ChannelHook } from "./orpc/hooks.ts";
import type {
  ExporterActivated,
  ExporterActivation,
  MachineResolver,
  Oxid,
  RunningWhat,
} from "./resolver-contract.ts";
import type { Guid } from "../base/index.ts";

/** How a process takes part in DCOM; all but `resolver` have defaults. */
export interface ObjectSideOptions {
  /** The SCM of this machine. */
  readonly resolver: MachineResolver;
  /** What a person calls this process. Default: the script's name. */
  readonly name?: string;
  /** Where calls are taken. Default: a Unix socket, and a free TCP port on 127.0.0.1. */
  readonly listen?: readonly Pick<RpcEndpoint, "protseq" | "host" | "endpoint">[];
  /** Host names or addresses to name in string bindings in place of the one listened on (which may be 0.0.0.0). */
  readonly advertise?: readonly string[];
  readonly transports?: readonly Transport[];
  /** How callers may prove who they are. Default: nobody can, so only this machine's user may call. */
  readonly mechanisms?: readonly ServerMechanism[];
  /** Least level of calls from the network. Default: packet integrity. */
  readonly minimumLevel?: AuthenticationLevel;
  /** The level told to callers (authnHint). Default: privacy. */
  readonly authenticationHint?: AuthenticationLevel;
  readonly accessGate?: AccessGate;
  /** As whom and how objects elsewhere are called when a reference does not come from a call with its own security. Default: unprotected. */
  readonly security?: CallSecurity;
  readonly choice?: AddressChoice;
  /** As whom resolvers are asked and pinged. Default: nobody. */
  readonly resolverSecurity?: CallSecurity;
  readonly hooks?: readonly ChannelHook[];
  /** Watch every call of the process, the innermost first. */
  readonly observers?: readonly CallObserver[];
  /** Keeps the last so many events from the start on (`comity trace`). Default: none until somebody asks. */
  readonly trace?: number;
  readonly customMarshal?: CustomMarshal;
  readonly customUnmarshal?: ReadonlyMap<Guid, CustomUnmarshal>;
  /** Finds the classes that custom and handler references name, and proxies and stubs. Default: only the standard ones. */
  readonly classes?: ReferenceClasses;
  /** The other threads of this process. Default: none has objects. */
  readonly neighbours?: Neighbours;
  readonly launchToken?: string;
  readonly activate?: (request: ExporterActivation) => Promise<ExporterActivated>;
  readonly shutdown?: (milliseconds: number) => void;
  /** The process of this machine that has an OXID. Default: nobody knows. */
  readonly processOf?: (oxid: Oxid) => Promise<number | undefined>;
  /** What stands behind a line of the Running Object Table. */
  readonly running?: (line: number, what: RunningWhat) => Promise<Uint8Array>;
  /**
   * Encodings of calls in both directions, the preferred one first: what this process insists on as a client when the server knows it, and takes as a
   * server when the client offers several. Leave one out to refuse it. Default: NDR 2.0, NDR64.
   */
  readonly transferSyntaxes?: readonly SyntaxId[];
  /** Milliseconds to connect to one address; default 10,000. */
  readonly connectTimeout?: number;
  /** Milliseconds for a call without a timeout of its own; default: none. */
  readonly callTimeout?: number;
  /** Milliseconds an unused connection is kept; default 5,000. */
  readonly linger?: number;
  readonly clock?: Clock;
  readonly limits?: Limits;
  readonly logger?: Logger;
  readonly leaks?: LeakDetector;
  /** Contracts the program has no generated code for. */
  readonly contracts?: Pick<ContractSource, "contractOf">;
}

/**
 * One process's part in DCOM: its objects that others call, and the objects of others it calls. Several may live in one process (tests use two as two
 * processes).
 */
export class ObjectSide implements AsyncDisposable {
  readonly server: RpcServer;
  readonly marshaler: ObjectMarshaler;
  readonly exporter: ObjectExporter;
  readonly importer: Importer;
  readonly connections: Connections;
  readonly resolverClient: ResolverClient;

  private constructor(
    server: RpcServer,
    marshaler: ObjectMarshaler,
    exporter: ObjectExporter,
    importer: Importer,
    connections: Connections,
    resolverClient: ResolverClient,
  ) {
    this.server = server;
    this.marshaler = marshaler;
    this.exporter = exporter;
    this.importer = importer;
    this.connections = connections;
    this.resolverClient = resolverClient;
  }

  /** Listens and joins the machine. Rejects when an endpoint is taken or no SCM answers; nothing is left open then. */
  static async open(options: ObjectSideOptions): Promise<ObjectSide> {
    const { clock = systemClock, limits = defaultLimits, logger = silentLogger } = options;
    const transferSyntaxes = options.transferSyntaxes ?? ENCODINGS;
    const transports = options.transports ?? [localTransport, tcpTransport];
    const server = new RpcServer({
      mechanisms: options.mechanisms ?? [],
      minimumLevel: options.minimumLevel ?? AuthnLevel.integrity,
      clock,
      limits,
      logger,
    });
    try {
      const endpoints = await listenAll(server, transports, options);
      const connections = new Connections({
        transports,
        limits,
        clock,
        logger,
        connectTimeout: options.connectTimeout ?? 10_000,
        callTimeout: options.callTimeout,
        linger: options.linger ?? 5_000,
        transferSyntaxes,
      });
      const resolverClient = new ResolverClient(connections, options.resolverSecurity ?? unprotected);
      const marshaler = new ObjectMarshaler({
        origin: { security: options.security ?? unprotected, choice: options.choice ?? {} },
        hooks: options.hooks ?? [],
        observers: options.observers,
        customMarshal: options.customMarshal,
        customUnmarshal: options.customUnmarshal,
        classes: options.classes,
        leaks: options.leaks,
        contracts: options.contracts,
        processOf: options.processOf,
      });
      const exporter: ObjectExporter = await ObjectExporter.open(
        {
          resolver: options.resolver,
          server,
          bindings: bindingsOf(endpoints, options),
          clock,
          logger,
          limits,
          name: options.name ?? process.argv[1] ?? "node",
          authenticationHint: options.authenticationHint ?? AuthnLevel.privacy,
          launchToken: options.launchToken,
          accessGate: options.accessGate,
          transferSyntaxes,
          trace: new TraceSwitch(marshaler.observers, clock, options.trace),
          activate: options.activate,
          shutdown: options.shutdown,
          running: options.running,
          rejoined: () => importer.holdings.reportAll(),
          describing: () => importer.holdings.flush(),
        },
        marshaler,
      );
      const { link } = exporter;
      const importer: Importer = new Importer(
        {
          connections,
          resolverClient,
          machine: link,
          clock,
          limits,
          report: (resolver, added, dropped) => link.references(resolver, added, dropped),
          neighbours: options.neighbours,
        },
        marshaler,
      );
      marshaler.connect(exporter, importer);
      return new ObjectSide(server, marshaler, exporter, importer, connections, resolverClient);
    } catch (error) {
      await server.close();
      throw error;
    }
  }

  /** Gives back what is held elsewhere, cuts what others hold here, and closes every connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.importer[Symbol.asyncDispose]();
    await this.exporter[Symbol.asyncDispose]();
    await this.connections[Symbol.asyncDispose]();
    await this.server.close();
  }
}

async function listenAll(
  server: RpcServer,
  transports: readonly Transport[],
  options: ObjectSideOptions,
): Promise<RpcEndpoint[]> {
  const wanted = options.listen ?? [
    { protseq: localTransport.protseq, endpoint: "" },
    { protseq: tcpTransport.protseq, host: "127.0.0.1", endpoint: "" },
  ];
  const endpoints: RpcEndpoint[] = [];
  for (const { protseq, ...address } of wanted) {
    const transport = transports.find((one) => one.protseq === protseq);
    if (transport !== undefined) endpoints.push(await server.listen(transport, address));
  }
  return endpoints;
}

/** String bindings with endpoints, TCP ones once per advertised host; security bindings of the mechanisms, as Windows lists them. */
function bindingsOf(endpoints: readonly RpcEndpoint[], options: ObjectSideOptions): DualStringArray {
  const strings: StringBinding[] = [];
  for (const { protseq, host, endpoint } of endpoints) {
    if (protseq === localTransport.protseq) {
      strings.push({ tower: TowerId.local, address: `[${endpoint}]` });
    } else if (protseq === tcpTransport.protseq) {
      for (const name of options.advertise ?? [host ?? "127.0.0.1"]) {
        strings.push({ tower: TowerId.tcp, address: `${name}[${endpoint}]` });
      }
    }
  }
  const security = (options.mechanisms ?? []).map(({ service }) => ({ service, principal: "" }));
  return { strings, security };
}
