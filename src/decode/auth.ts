/** What this layer takes from the auth layer, in one place. */
export { type NegotiateMessage, decodeNegotiate } from "../auth/ntlm/negotiate.ts";
export { type ChallengeMessage, decodeChallenge } from "../auth/ntlm/challenge.ts";
export { type AuthenticateMessage, decodeAuthenticate } from "../auth/ntlm/authenticate.ts";
export { type AvPair, AvId, decodeAvPairs } from "../auth/ntlm/av-pair.ts";
export { NtlmFlag } from "../auth/ntlm/flags.ts";
