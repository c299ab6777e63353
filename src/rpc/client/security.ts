import {
  type AuthenticationLevel,
  AuthnLevel,
  type ClientMechanism,
  type ImpersonationLevelValue,
  type SecurityContext,
} from "../../auth/index.ts";
import type { AuthVerifier } from "../pdu/verifier.ts";
import { type Protection, protectsPackets } from "../wire/protection.ts";

/** How a binding proves its caller and protects its calls. */
export interface BindingSecurity {
  /** Makes the tokens, for one identity. Bindings with the same mechanism object, level and target share one logon. */
  readonly mechanism: ClientMechanism;
  readonly level: AuthenticationLevel;
  /** Service principal name. */
  readonly target?: string;
  readonly impersonation?: ImpersonationLevelValue;
}

/**
 * A security context on one connection. It can be given to further `bind`s of the same association in place of
 * {@link BindingSecurity}.
 */
export class SecurityHandle {
  /** What was asked for. */
  readonly wanted: BindingSecurity;
  /** The level on the wire: on connections call becomes packet ([MS-RPCE] 3.3.1.5.2.1). */
  readonly level: AuthenticationLevel;
  /** auth_context_id. */
  readonly contextId: number;
  readonly context: SecurityContext;
  /** Set once the exchange of tokens is over, for levels that protect packets. */
  protection: Protection | undefined;
  established = false;
  /** Something has come from the server since our last token, so it took the logon; an auth3 has no answer of its own. */
  proven = false;

  constructor(wanted: BindingSecurity, contextId: number) {
    this.wanted = wanted;
    this.contextId = contextId;
    this.level = wanted.level === AuthnLevel.call ? AuthnLevel.packet : wanted.level;
    this.context = wanted.mechanism.createContext({
      level: this.level,
      ...(wanted.target === undefined ? {} : { target: wanted.target }),
      ...(wanted.impersonation === undefined ? {} : { impersonation: wanted.impersonation }),
    });
  }

  /** True when `security` would lead to a context like this one. */
  serves(security: BindingSecurity): boolean {
    const { wanted } = this;
    return (
      wanted.mechanism === security.mechanism &&
      wanted.level === security.level &&
      wanted.target === security.target &&
      wanted.impersonation === security.impersonation
    );
  }

  verifier(token: Uint8Array): AuthVerifier {
    return {
      service: this.context.service,
      level: this.level,
      padLength: 0,
      contextId: this.contextId,
      value: token,
    };
  }

  establish(): void {
    this.established = true;
    if (!protectsPackets(this.level)) return;
    this.protection = { context: this.context, level: this.level, contextId: this.contextId };
  }
}
