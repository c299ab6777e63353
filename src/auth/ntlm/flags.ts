/** NegotiateFlags ([MS-NLMP] 2.2.2.5). */
export const NtlmFlag = {
  unicode: 0x00000001,
  oem: 0x00000002,
  requestTarget: 0x00000004,
  sign: 0x00000010,
  seal: 0x00000020,
  datagram: 0x00000040,
  lmKey: 0x00000080,
  ntlm: 0x00000200,
  anonymous: 0x00000800,
  domainSupplied: 0x00001000,
  workstationSupplied: 0x00002000,
  localCall: 0x00004000,
  alwaysSign: 0x00008000,
  targetTypeDomain: 0x00010000,
  targetTypeServer: 0x00020000,
  extendedSessionSecurity: 0x00080000,
  identify: 0x00100000,
  nonNtSessionKey: 0x00400000,
  targetInfo: 0x00800000,
  version: 0x02000000,
  key128: 0x20000000,
  keyExchange: 0x40000000,
  key56: 0x80000000,
} as const;

/** True when all bits of `wanted` are set. */
export function has(flags: number, wanted: number): boolean {
  return ((flags & wanted) | 0) === (wanted | 0);
}

/** How many bits of the session key protect messages (NTLMSSP_NEGOTIATE_128 and _56; [MS-NLMP] 3.4.5.3). */
export function keyBits(flags: number): 128 | 56 | 40 {
  if (has(flags, NtlmFlag.key128)) return 128;
  return has(flags, NtlmFlag.key56) ? 56 : 40;
}
