export {
  type AuthenticationLevel,
  AuthnLevel,
  AuthnService,
  type ClientContextOptions,
  type ClientMechanism,
  type Credentials,
  type Identity,
  ImpersonationLevel,
  type ImpersonationLevelValue,
  type NegotiationSupport,
  type SecurityContext,
  type ServerContextOptions,
  type ServerMechanism,
  authnLevelName,
} from "./mechanism.ts";
export { SecStatus } from "./status.ts";
export { type NtlmClientOptions, ntlmClient } from "./ntlm/client.ts";
export { type NtlmServerOptions, ntlmServer } from "./ntlm/server.ts";
export { spnegoClient } from "./spnego/client.ts";
export { spnegoServer } from "./spnego/server.ts";
export type { Account, AccountStore } from "./accounts/account.ts";
export { type AccountInfo, type AccountOptions, FileAccountStore } from "./accounts/file-store.ts";
export type { GuessLimits } from "./ntlm/guess-limit.ts";
export { ntHash } from "./ntlm/hash.ts";
export { channelBindingHash } from "./ntlm/channel-bindings.ts";
// For those who read other people's traffic: the messages as they are on the wire.
export { type NegotiateMessage, decodeNegotiate, encodeNegotiate } from "./ntlm/negotiate.ts";
export { type ChallengeMessage, decodeChallenge, encodeChallenge } from "./ntlm/challenge.ts";
export { type AuthenticateMessage, decodeAuthenticate, encodeAuthenticate } from "./ntlm/authenticate.ts";
export { type ClientChallenge, decodeClientChallenge, splitV2Response } from "./ntlm/v2.ts";
export { AvFlag, AvId, type AvPair, avText, decodeAvPairs } from "./ntlm/av-pair.ts";
export { NtlmFlag } from "./ntlm/flags.ts";
export type { NtlmVersion } from "./ntlm/version.ts";
export { MessageType, isNtlm } from "./ntlm/fields.ts";
export {
  NegState,
  type NegTokenInit,
  type NegTokenResp,
  type SpnegoToken,
  decodeSpnego,
  encodeNegTokenInit,
  encodeNegTokenResp,
} from "./spnego/token.ts";
export { kerberosOid, microsoftKerberosOid, ntlmOid, spnegoOid } from "./spnego/oids.ts";
export { type AuthLimits, defaultAuthLimits } from "./limits.ts";
// For those who open other people's traffic with a password they know (the decoder).
export { Rc4 } from "./crypto/rc4.ts";
export { exchangesKey } from "./ntlm/flow.ts";
export { hashOfCredentials } from "./ntlm/hash.ts";
export { type MessageRange, type NtlmSession, createSession } from "./ntlm/session.ts";
export { type Proof, type ResponseKind, responseKind, verifyResponse } from "./ntlm/verify.ts";
