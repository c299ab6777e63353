import type { ByteReader, ByteWriter } from "../../base/index.ts";

/** VERSION ([MS-NLMP] 2.2.2.10): told for debugging, acted upon by nobody. */
export interface NtlmVersion {
  readonly major: number;
  readonly minor: number;
  readonly build: number;
  /** NTLMSSP_REVISION_W2K3 is 15. */
  readonly revision: number;
}

export const ourVersion: NtlmVersion = { major: 10, minor: 0, build: 0, revision: 15 };

export const versionLength = 8;

export function encodeVersion(out: ByteWriter, version: NtlmVersion | undefined): void {
  out.u8(version?.major ?? 0);
  out.u8(version?.minor ?? 0);
  out.u16(version?.build ?? 0);
  out.zeros(3);
  out.u8(version?.revision ?? 0);
}

export function decodeVersion(r: ByteReader): NtlmVersion {
  const major = r.u8();
  const minor = r.u8();
  const build = r.u16();
  r.skip(3);
  return { major, minor, build, revision: r.u8() };
}
