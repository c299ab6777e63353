import type { ByteReader, ByteWriter } from "../../base/index.ts";

/** Bytes of the security trailer before the token or signature. */
export const TRAILER_BYTES = 8;

/** The authentication verifier at the end of a packet (auth_verifier_co_t, [C706] 13.2.6.1; sec_trailer, [MS-RPCE] 2.2.2.11). */
export interface AuthVerifier {
  /** Authentication service: 9 SPNEGO, 10 NTLM, 16 Kerberos, 68 Netlogon. */
  readonly service: number;
  /** Authentication level, 1 none to 6 privacy. */
  readonly level: number;
  /** Padding bytes between the stub and this trailer. */
  readonly padLength: number;
  /** Names the security context on its connection. */
  readonly contextId: number;
  /** Token or signature. */
  readonly value: Uint8Array;
}

export function encodeVerifier(writer: ByteWriter, verifier: AuthVerifier): void {
  writer.u8(verifier.service);
  writer.u8(verifier.level);
  writer.u8(verifier.padLength);
  writer.u8(0);
  writer.u32(verifier.contextId);
  writer.raw(verifier.value);
}

/** Reads a verifier whose token has `authLength` bytes; the token is copied. */
export function decodeVerifier(reader: ByteReader, authLength: number): AuthVerifier {
  const service = reader.u8();
  const level = reader.u8();
  const padLength = reader.u8();
  reader.skip(1);
  return { service, level, padLength, contextId: reader.u32(), value: reader.raw(authLength).slice() };
}
