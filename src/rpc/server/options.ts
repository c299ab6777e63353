import type { AuthenticationLevel, Identity, ServerMechanism } from "../../auth/index.ts";
import type { Clock, Limits, Logger } from "../../base/index.ts";

/** Options of an {@link RpcServer}; all have defaults. */
export interface RpcServerOptions {
  /** How clients can prove who they are. Default: not at all. */
  readonly mechanisms?: readonly ServerMechanism[];
  /** Least level of calls to interfaces that do not say otherwise. Default: packet integrity. */
  readonly minimumLevel?: AuthenticationLevel;
  /** Who calls without authentication over a private connection (ncalrpc). Default: this process's user. */
  readonly localIdentity?: Identity;
  readonly limits?: Limits;
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** Largest fragment sent or taken; clients that offer less get less. Default 65,528. */
  readonly maxFragment?: number;
  /** Bytes of answers that may wait for a slow reader before nothing more is read from it. Default 4 MiB. */
  readonly maxQueuedBytes?: number;
  /** Milliseconds after which a connection without traffic and without calls is closed. Default: never. */
  readonly idleTimeout?: number;
}

/** The options with their defaults. */
export interface ServerSettings {
  readonly mechanisms: ReadonlyMap<number, ServerMechanism>;
  readonly minimumLevel: AuthenticationLevel;
  readonly localIdentity: Identity;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly maxFragment: number;
  readonly maxQueuedBytes: number;
  readonly idleTimeout: number;
}
