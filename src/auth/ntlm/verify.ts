import { timingSafeEqual } from "node:crypto";
import { type AvPair } from "./av-pair.ts";
import type { AuthenticateMessage } from "./authenticate.ts";
import { NtlmFlag, has } from "./flags.ts";
import { ntlmV2Hash } from "./hash.ts";
import { respondV1, respondV1Extended } from "./v1.ts";
import { decodeClientChallenge, proveV2, respondLmV2, splitV2Response } from "./v2.ts";

/** What a right response proves and brings along. */
export interface Proof {
  /** The key exchange key ([MS-NLMP] 3.4.5.1). */
  readonly keyExchangeKey: Uint8Array;
  /** What the client said inside an NTLMv2 response; it is covered by the proof. */
  readonly pairs?: readonly AvPair[];
  /** FILETIME the client put into an NTLMv2 response. */
  readonly timestamp?: bigint;
}

/** Which kind of response a message carries ([MS-NLMP] 3.2.5.1.2). */
export type ResponseKind = "anonymous" | "ntlmv2" | "lmv2" | "ntlmv1";

/** Tells by what is there; a short NT response is NTLMv1, a lone LM response LMv2. */
export function responseKind(message: AuthenticateMessage): ResponseKind {
  const nt = message.ntResponse.length;
  if (nt > 24) return "ntlmv2";
  if (nt > 0) return "ntlmv1";
  const lm = message.lmResponse;
  if (message.user === "" && lm.every((byte) => byte === 0)) return "anonymous";
  return lm.length === 24 ? "lmv2" : "ntlmv1";
}

/** Checks a response against an NT hash; undefined when it is wrong. Throws for a malformed NTLMv2 response. */
export function verifyResponse(
  message: AuthenticateMessage,
  kind: Exclude<ResponseKind, "anonymous">,
  serverChallenge: Uint8Array,
  hash: Uint8Array,
): Proof | undefined {
  return verifiers[kind](message, serverChallenge, hash);
}

type Verifier = (m: AuthenticateMessage, serverChallenge: Uint8Array, hash: Uint8Array) => Proof | undefined;

const verifiers = {
  ntlmv2: verifyV2,
  lmv2: verifyLmV2,
  ntlmv1: verifyV1,
} satisfies Record<Exclude<ResponseKind, "anonymous">, Verifier>;

function verifyV2(m: AuthenticateMessage, serverChallenge: Uint8Array, hash: Uint8Array): Proof | undefined {
  const { proof, challenge } = splitV2Response(m.ntResponse);
  const { pairs, timestamp } = decodeClientChallenge(challenge);
  const key = ntlmV2Hash(hash, m.user, m.domain);
  const expected = proveV2(key, serverChallenge, challenge);
  if (!equal(expected.proof, proof)) return undefined;
  return { keyExchangeKey: expected.sessionBaseKey, pairs, timestamp };
}

function verifyLmV2(
  m: AuthenticateMessage,
  serverChallenge: Uint8Array,
  hash: Uint8Array,
): Proof | undefined {
  const key = ntlmV2Hash(hash, m.user, m.domain);
  const expected = respondLmV2(key, serverChallenge, m.lmResponse.subarray(16, 24));
  return equal(expected.response, m.lmResponse) ? { keyExchangeKey: expected.sessionBaseKey } : undefined;
}

function verifyV1(m: AuthenticateMessage, serverChallenge: Uint8Array, hash: Uint8Array): Proof | undefined {
  const extended = has(m.flags, NtlmFlag.extendedSessionSecurity);
  if (extended && m.lmResponse.length < 8) return undefined;
  const expected = extended
    ? respondV1Extended(hash, serverChallenge, m.lmResponse.subarray(0, 8))
    : respondV1(hash, serverChallenge);
  return equal(expected.ntResponse, m.ntResponse) ? expected : undefined;
}

/** Equality in a time that does not depend on where the first difference is. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
