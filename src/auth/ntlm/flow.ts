import { randomBytes } from "node:crypto";
import { notNegotiated } from "../failure.ts";
import { type AuthenticationLevel, AuthnLevel } from "../mechanism.ts";
import { NtlmFlag, has, keyBits } from "./flags.ts";

export type RandomSource = (length: number) => Uint8Array;

export const systemRandom: RandomSource = (length) => new Uint8Array(randomBytes(length));

/** What both sides ask of the flags they agreed on, before anything is protected with them. */
export function requireStrength(
  flags: number,
  level: AuthenticationLevel,
  minimumKeyBits: number,
  ntlm1: boolean,
): void {
  if (!has(flags, NtlmFlag.extendedSessionSecurity) && !ntlm1) {
    throw notNegotiated("the peer does not offer extended session security (NTLMv1 is not allowed here)");
  }
  if (level < AuthnLevel.call) return;
  if (!has(flags, NtlmFlag.sign)) {
    throw notNegotiated(`signing was not agreed on, which level ${level} needs`);
  }
  if (level === AuthnLevel.privacy && !has(flags, NtlmFlag.seal)) {
    throw notNegotiated("encryption was not agreed on, which level 6 (privacy) needs");
  }
  if (keyBits(flags) < minimumKeyBits) {
    throw notNegotiated(`keys of ${keyBits(flags)} bits were offered, ${minimumKeyBits} are the least`);
  }
}

/** True when a session key of its own is sent ([MS-NLMP] 3.1.5.1.2). */
export function exchangesKey(flags: number): boolean {
  return has(flags, NtlmFlag.keyExchange) && (flags & (NtlmFlag.sign | NtlmFlag.seal)) !== 0;
}
