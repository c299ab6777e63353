import { toHex } from "../../base/index.ts";
import { Asn1Reader, contextTag, Tag } from "../../asn1/index.ts";
import type { Json } from "../session/decoded.ts";
import { mechanismName } from "./oids.ts";
import { explainToken } from "./token.ts";

const NEG_TOKEN_INIT = contextTag(0);
const NEG_TOKEN_RESP = contextTag(1);
const states: readonly string[] = ["accept-completed", "accept-incomplete", "reject", "request-mic"];
/** The name Windows puts where a MIC would stand in its hints ([MS-SPNG] 2.2.1). */
const HINTS = 0x30;

/** True when a token begins as a choice of NegotiationToken without the GSS frame (RFC 4178 4.2). */
export function isNegotiation(token: Uint8Array): boolean {
  return token[0] === NEG_TOKEN_INIT || token[0] === NEG_TOKEN_RESP;
}

/** A NegotiationToken in words, and what is inside it. */
export function explainNegotiation(token: Uint8Array): Json {
  const reader = new Asn1Reader(token);
  const isInit = reader.at(NEG_TOKEN_INIT);
  reader.open(isInit ? NEG_TOKEN_INIT : NEG_TOKEN_RESP);
  reader.open(Tag.sequence);
  return isInit
    ? { spnego: "negTokenInit", ...init(reader) }
    : { spnego: "negTokenResp", ...response(reader) };
}

/** NegTokenInit (RFC 4178 4.2.1). */
function init(reader: Asn1Reader): Record<string, Json> {
  const out: Record<string, Json> = {};
  while (!reader.done) {
    const tag = reader.peek();
    const outer = reader.open(tag);
    if (tag === contextTag(0)) out["mechTypes"] = mechanisms(reader);
    else if (tag === contextTag(2)) out["mechToken"] = explainToken(reader.octetString());
    else if (tag === contextTag(3) && !reader.at(HINTS)) out["mechListMIC"] = toHex(reader.octetString());
    reader.leave(outer);
  }
  return out;
}

/** NegTokenResp (RFC 4178 4.2.2). */
function response(reader: Asn1Reader): Record<string, Json> {
  const out: Record<string, Json> = {};
  while (!reader.done) {
    const tag = reader.peek();
    const outer = reader.open(tag);
    if (tag === contextTag(0)) out["negState"] = stateName(reader.enumerated());
    else if (tag === contextTag(1)) out["supportedMech"] = mechanismName(reader.oid());
    else if (tag === contextTag(2)) out["responseToken"] = explainToken(reader.octetString());
    else if (tag === contextTag(3)) out["mechListMIC"] = toHex(reader.octetString());
    reader.leave(outer);
  }
  return out;
}

function stateName(state: number): string {
  return states[state] ?? `state ${state}`;
}

function mechanisms(reader: Asn1Reader): Json {
  const list: Json[] = [];
  const outer = reader.open(Tag.sequence);
  while (!reader.done) list.push(mechanismName(reader.oid()));
  reader.leave(outer);
  return list;
}
