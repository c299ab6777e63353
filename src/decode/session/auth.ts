import { levelName, serviceName } from "../names/words.ts";
import type { AuthVerifier } from "../rpc.ts";
import { explainToken } from "../tokens/token.ts";
import type { AuthSummary } from "./decoded.ts";

/** The verifier in words. `isToken` when its value belongs to a handshake rather than being a signature. */
export function authSummary(verifier: AuthVerifier, isToken: boolean, verified?: boolean): AuthSummary {
  return {
    type: verifier.service,
    typeName: serviceName(verifier.service),
    level: verifier.level,
    levelName: levelName(verifier.level),
    contextId: verifier.contextId,
    token: isToken ? explainToken(verifier.value) : undefined,
    verified,
  };
}
