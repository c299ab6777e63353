import { desl } from "../crypto/des.ts";
import { hmacMd5, md5 } from "../crypto/hmac-md5.ts";
import { md4 } from "../crypto/md4.ts";

/** The responses and the key exchange key of NTLMv1, which only an explicit policy lets in. */
export interface V1Responses {
  readonly ntResponse: Uint8Array;
  readonly lmResponse: Uint8Array;
  readonly keyExchangeKey: Uint8Array;
}

/**
 * NTLMv1 ([MS-NLMP] 3.3.1 with NoLMResponseNTLMv1): the same DES-encrypted challenge in both places. There is no LM
 * response from an LM hash here, ever.
 */
export function respondV1(hash: Uint8Array, serverChallenge: Uint8Array): V1Responses {
  const ntResponse = desl(hash, serverChallenge);
  return { ntResponse, lmResponse: ntResponse, keyExchangeKey: md4(hash) };
}

/** NTLMv1 with extended session security, also called NTLM2 session: the client's nonce goes in ([MS-NLMP] 3.3.1). */
export function respondV1Extended(
  hash: Uint8Array,
  serverChallenge: Uint8Array,
  nonce: Uint8Array,
): V1Responses {
  const lmResponse = new Uint8Array(24);
  lmResponse.set(nonce);
  const mixed = md5(serverChallenge, nonce).subarray(0, 8);
  const keyExchangeKey = hmacMd5(md4(hash), serverChallenge, nonce);
  return { ntResponse: desl(hash, mixed), lmResponse, keyExchangeKey };
}
