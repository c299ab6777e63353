import {
  AuthnLevel,
  type AuthenticationLevel,
  type ClientMechanism,
  type ImpersonationLevelValue,
} from "../../auth/index.ts";
import type { BindingSecurity } from "../../rpc/index.ts";

/**
 * As whom and how well protected objects are called (the security blanket of a proxy). Compared by identity: references that share one share connections and
 * logons.
 */
export interface CallSecurity {
  /** Proves who calls; absent for level none. */
  readonly mechanism?: ClientMechanism;
  readonly level: AuthenticationLevel;
  readonly impersonation?: ImpersonationLevelValue;
}

/** Nobody asks, nothing is protected: what a local socket that only its owner can open needs. */
export const unprotected: CallSecurity = { level: AuthnLevel.none };

/** What a binding needs; undefined for no security. `target`: the service principal name the peer goes by. */
export function bindingSecurity(
  security: CallSecurity,
  target: string | undefined,
): BindingSecurity | undefined {
  const { mechanism, level, impersonation } = security;
  if (mechanism === undefined || level === AuthnLevel.none) return undefined;
  return {
    mechanism,
    level,
    ...(target === undefined ? {} : { target }),
    ...(impersonation === undefined ? {} : { impersonation }),
  };
}
