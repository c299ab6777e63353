import { ByteReader, ByteWriter } from "../../base/index.ts";
import { hmacMd5 } from "../crypto/hmac-md5.ts";
import { badToken, decoding } from "../failure.ts";
import { type AvPair, decodeAvPairs, encodeAvPairs } from "./av-pair.ts";

/** A response and the session base key that comes with it. */
export interface ComputedResponse {
  readonly response: Uint8Array;
  readonly sessionBaseKey: Uint8Array;
}

/** NTLMv2_CLIENT_CHALLENGE ([MS-NLMP] 2.2.2.7): what the client adds to the server's challenge. */
export interface ClientChallenge {
  /** FILETIME. */
  readonly timestamp: bigint;
  /** Eight random bytes. */
  readonly nonce: Uint8Array;
  readonly pairs: readonly AvPair[];
}

const proofLength = 16;

export function encodeClientChallenge(challenge: ClientChallenge): Uint8Array {
  const out = new ByteWriter(256);
  out.u8(1); // RespType
  out.u8(1); // HiRespType
  out.zeros(6);
  out.u64(challenge.timestamp);
  out.raw(challenge.nonce);
  out.zeros(4);
  out.raw(encodeAvPairs(challenge.pairs));
  out.zeros(4);
  return out.finish();
}

export function decodeClientChallenge(bytes: Uint8Array): ClientChallenge {
  return decoding("NTLMv2 client challenge", () => {
    const r = new ByteReader(bytes);
    const version = r.u16();
    if (version !== 0x0101) throw badToken(`response version 0x${version.toString(16)}`);
    r.skip(6);
    const timestamp = r.u64();
    const nonce = r.raw(8);
    r.skip(4);
    return { timestamp, nonce, pairs: decodeAvPairs(r.raw(r.remaining)) };
  });
}

/** An NTLMv2_RESPONSE ([MS-NLMP] 2.2.2.8) in its two parts; anything of 24 bytes or less is an older response. */
export function splitV2Response(response: Uint8Array): { proof: Uint8Array; challenge: Uint8Array } {
  return { proof: response.subarray(0, proofLength), challenge: response.subarray(proofLength) };
}

/** NTProofStr and the session base key ([MS-NLMP] 3.3.2). `key` is NTOWFv2. */
export function proveV2(
  key: Uint8Array,
  serverChallenge: Uint8Array,
  challenge: Uint8Array,
): { proof: Uint8Array; sessionBaseKey: Uint8Array } {
  const proof = hmacMd5(key, serverChallenge, challenge);
  return { proof, sessionBaseKey: hmacMd5(key, proof) };
}

/** The NT response to a challenge. */
export function respondV2(
  key: Uint8Array,
  serverChallenge: Uint8Array,
  challenge: ClientChallenge,
): ComputedResponse {
  const blob = encodeClientChallenge(challenge);
  const { proof, sessionBaseKey } = proveV2(key, serverChallenge, blob);
  const response = new Uint8Array(proof.length + blob.length);
  response.set(proof);
  response.set(blob, proof.length);
  return { response, sessionBaseKey };
}

/** LMv2_RESPONSE ([MS-NLMP] 2.2.2.4): for servers that give no time, and as a fallback of old clients. */
export function respondLmV2(
  key: Uint8Array,
  serverChallenge: Uint8Array,
  nonce: Uint8Array,
): ComputedResponse {
  const proof = hmacMd5(key, serverChallenge, nonce);
  const response = new Uint8Array(24);
  response.set(proof);
  response.set(nonce, proofLength);
  return { response, sessionBaseKey: hmacMd5(key, proof) };
}
