import { toHex } from "../../base/index.ts";
import { applicationTag } from "../../asn1/index.ts";
import type { Json } from "../session/decoded.ts";
import { openGssFrame } from "./gss-frame.ts";
import { mechanismName, SPNEGO_OID } from "./oids.ts";
import { explainNegotiation } from "./spnego.ts";

/** Kerberos messages by their application tag (RFC 4120 5.10), as they stand in raw tokens. */
const kerberosMessages: Readonly<Record<number, string>> = {
  [applicationTag(14)]: "AP-REQ",
  [applicationTag(15)]: "AP-REP",
  [applicationTag(30)]: "KRB-ERROR",
};
/** Token identifiers inside the GSS frame of Kerberos (RFC 4121 4.1, draft-swift-win2k-krb-user2user). */
const kerberosTokens: Readonly<Record<number, string>> = {
  0x0100: "AP-REQ",
  0x0200: "AP-REP",
  0x0300: "KRB-ERROR",
  0x0400: "TGT-REQ",
  0x0401: "TGT-REP",
};
/** Bytes of an unknown token that are shown. */
const SHOWN = 32;

/** A GSS-API initial token, a bare Kerberos message, or bytes nobody knows. */
export function explainGss(token: Uint8Array): Json {
  const message = kerberosMessages[token[0] as number];
  if (message !== undefined) return { kerberos: message, bytes: token.length };
  const frame = openGssFrame(token);
  if (frame === undefined) return { bytes: token.length, data: toHex(token.subarray(0, SHOWN)) };
  const { oid, inner } = frame;
  if (oid === SPNEGO_OID) return explainNegotiation(inner);
  const id = ((inner[0] ?? 0) << 8) | (inner[1] ?? 0);
  return { gss: mechanismName(oid), message: kerberosTokens[id], bytes: token.length };
}
