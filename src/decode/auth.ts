/** What this layer takes from the auth layer, in one place. */
export {
  AvId,
  NtlmFlag,
  Rc4,
  type AuthenticateMessage,
  type AvPair,
  type Credentials,
  type NtlmSession,
  createSession,
  decodeAuthenticate,
  decodeAvPairs,
  decodeChallenge,
  decodeNegotiate,
  exchangesKey,
  hashOfCredentials,
  responseKind,
  verifyResponse,
} from "../auth/index.ts";
