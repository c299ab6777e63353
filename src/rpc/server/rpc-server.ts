import { hostname, userInfo } from "node:os";
import { AuthnLevel, AuthnService, type Identity } from "../../auth/index.ts";
import {
  ComError,
  HResult,
  defaultLimits,
  quietLogger,
  silentLogger,
  systemClock,
} from "../../base/index.ts";
import type { RpcEndpoint } from "../endpoint.ts";
import { type SyntaxId, formatSyntax } from "../pdu/syntax.ts";
import type { Connection, Listener, Transport } from "../transport/transport.ts";
import { AssociationGroups } from "./association-groups.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { RpcServerOptions, ServerSettings } from "./options.ts";
import { ServerConnection } from "./server-connection.ts";
import { Watch } from "./watch.ts";

/** What a connection needs of its server. */
export interface ServerHost {
  readonly settings: ServerSettings;
  readonly groups: AssociationGroups;
  callsServed: number;
  dispatcherFor(syntax: SyntaxId): Dispatcher | undefined;
  closed(connection: ServerConnection): void;
}

/** Serves interfaces on any number of endpoints. */
export class RpcServer implements ServerHost {
  readonly settings: ServerSettings;
  readonly groups: AssociationGroups = new AssociationGroups();
  callsServed = 0;
  readonly #interfaces = new Map<string, { readonly syntax: SyntaxId; readonly dispatcher: Dispatcher }[]>();
  readonly #fallbacks: ((syntax: SyntaxId) => Dispatcher | undefined)[] = [];
  readonly #listeners = new Set<Listener>();
  readonly #connections = new Set<ServerConnection>();
  readonly #watch: Watch;
  #closed = false;

  constructor(options: RpcServerOptions = {}) {
    this.settings = settingsOf(options);
    this.#watch = new Watch(this.settings, this.#connections);
  }

  /** Connections at this moment. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Where it listens. */
  get endpoints(): RpcEndpoint[] {
    return [...this.#listeners].map((listener) => listener.endpoint);
  }

  /** Interfaces that were registered. */
  get interfaces(): SyntaxId[] {
    return [...this.#interfaces.values()].flat().map((entry) => entry.syntax);
  }

  /**
   * Serves an interface (RpcServerRegisterIf). Clients that ask for the same major and the same or a lower minor version
   * reach it. Dispose to take it back; connections bound to it keep it.
   */
  register(syntax: SyntaxId, dispatcher: Dispatcher): Disposable {
    const list = this.#interfaces.get(syntax.uuid) ?? [];
    if (list.some((entry) => entry.syntax.version[0] === syntax.version[0])) {
      throw new ComError(
        HResult.ERROR_ALREADY_EXISTS,
        `interface ${formatSyntax(syntax)} is registered already`,
      );
    }
    const entry = { syntax, dispatcher };
    this.#interfaces.set(syntax.uuid, [...list, entry]);
    return { [Symbol.dispose]: () => this.#unregister(entry) };
  }

  #unregister(entry: { readonly syntax: SyntaxId; readonly dispatcher: Dispatcher }): void {
    const list = (this.#interfaces.get(entry.syntax.uuid) ?? []).filter((other) => other !== entry);
    if (list.length === 0) this.#interfaces.delete(entry.syntax.uuid);
    else this.#interfaces.set(entry.syntax.uuid, list);
  }

  /** Asks `find` about interfaces that are not registered (ORPC: any interface of any object). */
  registerFallback(find: (syntax: SyntaxId) => Dispatcher | undefined): Disposable {
    this.#fallbacks.push(find);
    return { [Symbol.dispose]: () => void this.#fallbacks.splice(this.#fallbacks.indexOf(find), 1) };
  }

  dispatcherFor(syntax: SyntaxId): Dispatcher | undefined {
    const [major, minor] = syntax.version;
    const entry = this.#interfaces
      .get(syntax.uuid)
      ?.find(({ syntax: { version } }) => version[0] === major && version[1] >= minor);
    if (entry !== undefined) return entry.dispatcher;
    for (const find of this.#fallbacks) {
      const dispatcher = find(syntax);
      if (dispatcher !== undefined) return dispatcher;
    }
    return undefined;
  }

  /** Listens; answers where in fact. An empty `endpoint` means any free port, path or name. */
  async listen(
    transport: Transport,
    address: { readonly host?: string; readonly endpoint?: string } = {},
  ): Promise<RpcEndpoint> {
    const wanted: RpcEndpoint = {
      protseq: transport.protseq,
      ...(address.host === undefined ? {} : { host: address.host }),
      endpoint: address.endpoint ?? "",
    };
    const holder: { endpoint: string } = { endpoint: wanted.endpoint };
    const listener = await transport.listen(wanted, (connection) =>
      this.#accept(connection, holder.endpoint),
    );
    holder.endpoint = listener.endpoint.endpoint;
    if (this.#closed) {
      await listener.close();
      throw new ComError(HResult.RPC_S_SERVER_UNAVAILABLE, "the server was closed");
    }
    this.#listeners.add(listener);
    return listener.endpoint;
  }

  #accept(connection: Connection, address: string): void {
    const full = this.#connections.size >= this.settings.limits.maxConnections;
    // Strangers who hold connections and say nothing do not keep others out.
    const given = full ? this.#watch.expendable() : undefined;
    given?.destroy();
    if (this.#closed || (full && given === undefined)) {
      this.settings.logger.warn(
        { remote: connection.remote, connections: this.#connections.size, gate: "connection" },
        "connection refused: there are too many",
      );
      connection.destroy();
      return;
    }
    const served = new ServerConnection(this, connection, address);
    this.#connections.add(served);
    this.#watch.start();
    connection.start(served);
  }

  closed(connection: ServerConnection): void {
    this.#connections.delete(connection);
    if (this.#connections.size === 0) this.#watch.stop();
  }

  /**
   * Stops listening, tells clients to go (shutdown), and closes the connections; calls under way get up to `grace` milliseconds.
   */
  async close(grace = 0): Promise<void> {
    this.#closed = true;
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    await Promise.all(listeners.map((listener) => listener.close()));
    for (const connection of this.#connections) connection.shutdown();
    const until = this.settings.clock.monotonic() + grace;
    while (this.#busy() && this.settings.clock.monotonic() < until) await this.#pause(10);
    for (const connection of this.#connections) connection.destroy();
    while (this.#connections.size > 0) await new Promise((resolve) => setImmediate(resolve));
    this.#watch.stop();
  }

  #busy(): boolean {
    for (const connection of this.#connections) if (connection.activeCalls > 0) return true;
    return false;
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.settings.clock.after(milliseconds, resolve));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function settingsOf(options: RpcServerOptions): ServerSettings {
  const clock = options.clock ?? systemClock;
  return {
    mechanisms: new Map((options.mechanisms ?? []).map((mechanism) => [mechanism.service, mechanism])),
    minimumLevel: options.minimumLevel ?? AuthnLevel.integrity,
    localIdentity: options.localIdentity ?? processIdentity(),
    limits: options.limits ?? defaultLimits,
    clock,
    // Refusals are caused by strangers: they must not fill the disk.
    logger: quietLogger(options.logger ?? silentLogger, clock),
    maxFragment: options.maxFragment ?? 65_528,
    maxQueuedBytes: options.maxQueuedBytes ?? 4 * 1024 * 1024,
    idleTimeout: options.idleTimeout ?? Number.POSITIVE_INFINITY,
  };
}

function processIdentity(): Identity {
  const domain = hostname();
  try {
    return { account: userInfo().username, domain, anonymous: false, service: AuthnService.none };
  } catch {
    return { account: "", domain, anonymous: false, service: AuthnService.none }; // a user id without an entry
  }
}
