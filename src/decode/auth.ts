/** What this layer takes from the auth layer, in one place. */
export { type NegotiateMessage, decodeNegotiate } from "../auth/ntlm/negotiate.ts";
export { type ChallengeMessage, decodeChallenge } from "../auth/ntlm/challenge.ts";
export { type AuthenticateMessage, decodeAuthenticate } from "../auth/ntlm/authenticate.ts";
export { type AvPair, AvId, decodeAvPairs } from "../auth/ntlm/av-pair.ts";
export { NtlmFlag } from "../auth/ntlm/flags.ts";
export { exchangesKey } from "../auth/ntlm/flow.ts";
export { hashOfCredentials } from "../auth/ntlm/hash.ts";
export { createSession, type NtlmSession } from "../auth/ntlm/session.ts";
export { responseKind, verifyResponse } from "../auth/ntlm/verify.ts";
export { Rc4 } from "../auth/crypto/rc4.ts";
export type { Credentials } from "../auth/mechanism.ts";
