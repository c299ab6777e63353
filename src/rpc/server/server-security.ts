import {
  type AuthenticationLevel,
  AuthnLevel,
  type SecurityContext,
  type ServerMechanism,
} from "../../auth/index.ts";
import { ComError, HResult } from "../../base/index.ts";
import type { AuthVerifier } from "../pdu/verifier.ts";
import { type Protection, protectsPackets } from "../wire/protection.ts";

/**
 * A security context of a connection. Its states: `started` (tokens are being exchanged), `complete`, `failed` (calls that name it
 * are refused).
 */
export class ServerSecurity {
  readonly contextId: number;
  readonly service: number;
  readonly level: AuthenticationLevel;
  readonly context: SecurityContext;
  protection: Protection | undefined = undefined;
  state: "started" | "complete" | "failed" = "started";

  constructor(mechanism: ServerMechanism, verifier: AuthVerifier, remote: string) {
    this.contextId = verifier.contextId;
    this.service = verifier.service;
    this.level = verifier.level as AuthenticationLevel;
    this.context = mechanism.createContext({ level: this.level, remote });
  }

  /** What the level means for calls: on a connection, call is the same as packet. */
  get effectiveLevel(): AuthenticationLevel {
    return this.level === AuthnLevel.call ? AuthnLevel.packet : this.level;
  }

  /** Feeds a token; answers the reply. Fails the context when it is refused. */
  step(token: Uint8Array): Uint8Array | undefined | Promise<Uint8Array | undefined> {
    try {
      const reply = this.context.step(token);
      if (reply instanceof Promise)
        return reply.then(
          (r) => this.#stepped(r),
          (e) => this.#refused(e),
        );
      return this.#stepped(reply);
    } catch (error) {
      return this.#refused(error);
    }
  }

  #stepped(reply: Uint8Array | undefined): Uint8Array | undefined {
    if (!this.context.complete) return reply;
    this.state = "complete";
    if (protectsPackets(this.level)) {
      this.protection = { context: this.context, level: this.level, contextId: this.contextId };
    }
    return reply;
  }

  #refused(error: unknown): never {
    this.state = "failed";
    throw ComError.from(error, HResult.E_ACCESSDENIED);
  }
}

/** The security contexts of one connection, by auth_context_id. */
export class ServerSecurities {
  readonly #mechanisms: ReadonlyMap<number, ServerMechanism>;
  readonly #most: number;
  readonly #remote: string;
  readonly #contexts = new Map<number, ServerSecurity>();
  /** The context of calls without verifier: the one at level connect. */
  connectLevel: ServerSecurity | undefined;

  /** `remote`: the client's address. */
  constructor(mechanisms: ReadonlyMap<number, ServerMechanism>, most: number, remote: string) {
    this.#mechanisms = mechanisms;
    this.#most = most;
    this.#remote = remote.replace(/:\d+$/, "");
  }

  get size(): number {
    return this.#contexts.size;
  }

  get anyComplete(): boolean {
    for (const { state } of this.#contexts.values()) if (state === "complete") return true;
    return false;
  }

  get(contextId: number): ServerSecurity | undefined {
    return this.#contexts.get(contextId);
  }

  /** True when a context for this verifier could be made. */
  accepts(verifier: AuthVerifier): boolean {
    const { service, level } = verifier;
    return this.#mechanisms.has(service) && level >= AuthnLevel.connect && level <= AuthnLevel.privacy;
  }

  /** The context a token is for: a new one, or one whose exchange goes on. `undefined`: the token is out of place. */
  contextFor(verifier: AuthVerifier): ServerSecurity | undefined {
    const known = this.#contexts.get(verifier.contextId);
    if (known !== undefined) return fits(known, verifier) ? known : undefined;
    const mechanism = this.#mechanisms.get(verifier.service);
    if (mechanism === undefined || !this.accepts(verifier) || this.#contexts.size >= this.#most) {
      return undefined;
    }
    const made = new ServerSecurity(mechanism, verifier, this.#remote);
    this.#contexts.set(made.contextId, made);
    if (made.level === AuthnLevel.connect) this.connectLevel = made;
    return made;
  }

  /** After an error that ends the connection no context is of use. */
  invalidate(): void {
    for (const context of this.#contexts.values()) context.state = "failed";
  }
}

function fits(known: ServerSecurity, verifier: AuthVerifier): boolean {
  return known.state === "started" && known.service === verifier.service && known.level === verifier.level;
}
