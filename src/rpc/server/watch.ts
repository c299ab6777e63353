import type { ServerSettings } from "./options.ts";
import type { ServerConnection } from "./server-connection.ts";

interface Seen {
  progress: number;
  since: number;
}

/**
 * One timer for all connections of a server. It closes those that do not bind in time, that stop in the middle of a packet (slow
 * loris), and, when wanted, those that are idle.
 */
export class Watch {
  readonly #settings: ServerSettings;
  readonly #connections: ReadonlySet<ServerConnection>;
  readonly #seen = new WeakMap<ServerConnection, Seen>();
  #timer: Disposable | undefined;

  constructor(settings: ServerSettings, connections: ReadonlySet<ServerConnection>) {
    this.#settings = settings;
    this.#connections = connections;
  }

  start(): void {
    const { clock, limits, idleTimeout } = this.#settings;
    const period = Math.max(10, Math.min(limits.handshakeTimeout, idleTimeout) / 4);
    this.#timer ??= clock.every(period, () => this.#look());
  }

  stop(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }

  /** The connection to give up for a new one when there are too many: it has proven nothing, and nothing has come from it for long. */
  expendable(): ServerConnection | undefined {
    const { clock, limits } = this.#settings;
    const since = clock.monotonic() - limits.handshakeTimeout;
    for (const connection of this.#connections) {
      const seen = this.#seen.get(connection);
      const silent = seen?.progress === connection.progress && seen.since <= since;
      if (silent && !connection.isTrusted && connection.activeCalls === 0) return connection;
    }
    return undefined;
  }

  #look(): void {
    const now = this.#settings.clock.monotonic();
    for (const connection of this.#connections) this.#lookAt(connection, now);
  }

  /** Trickling bytes are no progress: a packet must be complete, or the bind done, in time. */
  #lookAt(connection: ServerConnection, now: number): void {
    const { limits, idleTimeout, logger } = this.#settings;
    const seen = this.#seen.get(connection);
    const mark = connection.progress;
    if (seen === undefined || seen.progress !== mark) {
      this.#seen.set(connection, { progress: mark, since: now });
      return;
    }
    const silent = now - seen.since;
    const unfinished = connection.isFresh || connection.isStuck;
    const limit = unfinished ? limits.handshakeTimeout : idleTimeout;
    if (silent < limit || (!unfinished && connection.activeCalls > 0)) return;
    logger.warn(
      { remote: connection.connection.remote, unfinished },
      "connection closed: nothing comes from it",
    );
    connection.destroy();
  }
}
