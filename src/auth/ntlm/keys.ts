import { hmacMd5, md5 } from "../crypto/hmac-md5.ts";
import { keyBits } from "./flags.ts";

/** Which way messages go. */
export type Direction = "client-to-server" | "server-to-client";

const encoder = new TextEncoder();

function magic(direction: Direction, purpose: "signing" | "sealing"): Uint8Array {
  return encoder.encode(`session key to ${direction} ${purpose} key magic constant\0`);
}

/** SIGNKEY ([MS-NLMP] 3.4.5.2), with extended session security. */
export function signingKey(exportedSessionKey: Uint8Array, direction: Direction): Uint8Array {
  return md5(exportedSessionKey, magic(direction, "signing"));
}

/** SEALKEY ([MS-NLMP] 3.4.5.3), with extended session security: of 16, 7 or 5 bytes of the session key. */
export function sealingKey(exportedSessionKey: Uint8Array, direction: Direction, flags: number): Uint8Array {
  const used = keyBits(flags) === 128 ? 16 : keyBits(flags) / 8;
  return md5(exportedSessionKey.subarray(0, used), magic(direction, "sealing"));
}

/**
 * The message integrity code over the three messages of a logon ([MS-NLMP] 3.1.5.1.2); its own place in the last one
 * must hold zeros.
 */
export function messageIntegrityCode(
  exportedSessionKey: Uint8Array,
  negotiate: Uint8Array,
  challenge: Uint8Array,
  authenticate: Uint8Array,
): Uint8Array {
  return hmacMd5(exportedSessionKey, negotiate, challenge, authenticate);
}
