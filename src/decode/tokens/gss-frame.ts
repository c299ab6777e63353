import { applicationTag, Asn1Reader, Tag } from "../../asn1/index.ts";

/** The mechanism and the token inside a GSS-API initial token (RFC 2743 3.1); undefined for other bytes. */
export function openGssFrame(token: Uint8Array): { oid: string; inner: Uint8Array } | undefined {
  if (token[0] !== applicationTag(0)) return undefined;
  const reader = new Asn1Reader(token);
  reader.open(applicationTag(0));
  const oid = reader.oid(Tag.oid);
  return { oid, inner: token.subarray(reader.pos, reader.end) };
}
