import { toHex } from "../../base/index.ts";
import { Asn1Reader, contextTag, Tag } from "../../asn1/index.ts";
import type { Json } from "../session/decoded.ts";
import { mechanismName } from "./oids.ts";
import { explainToken } from "./token.ts";

const NEG_TOKEN_INIT = contextTag(0);
const NEG_TOKEN_RESP = contextTag(1);
const states: readonly string[] = ["accept-completed", "accept-incomplete", "reject", "request-mic"];

/** A NegotiationToken taken apart (RFC 4178 4.2). */
export interface Negotiation {
  readonly isInit: boolean;
  /** The mechanisms offered, as object identifiers. */
  readonly mechanisms?: readonly string[] | undefined;
  /** Their DER encoding: what the MICs are computed over. */
  readonly mechanismList?: Uint8Array | undefined;
  readonly state?: number | undefined;
  readonly supported?: string | undefined;
  /** The token of the mechanism inside. */
  readonly token?: Uint8Array | undefined;
  readonly mic?: Uint8Array | undefined;
}

/** True when a token begins as a choice of NegotiationToken without the GSS frame. */
export function isNegotiation(token: Uint8Array): boolean {
  return token[0] === NEG_TOKEN_INIT || token[0] === NEG_TOKEN_RESP;
}

/** @throws ComError when it is no well-formed NegotiationToken. */
export function parseNegotiation(token: Uint8Array): Negotiation {
  const reader = new Asn1Reader(token);
  const isInit = reader.at(NEG_TOKEN_INIT);
  reader.open(isInit ? NEG_TOKEN_INIT : NEG_TOKEN_RESP);
  reader.open(Tag.sequence);
  let parsed: Negotiation = { isInit };
  while (!reader.done) {
    const tag = reader.peek();
    const outer = reader.open(tag);
    parsed = { ...parsed, ...(isInit ? initField(tag, reader) : responseField(tag, reader)) };
    reader.leave(outer);
  }
  return parsed;
}

/** NegTokenInit (RFC 4178 4.2.1). Where a MIC would stand, Windows may put a name instead ([MS-SPNG] 2.2.1). */
function initField(tag: number, reader: Asn1Reader): Partial<Negotiation> {
  if (tag === contextTag(0)) return mechanisms(reader);
  if (tag === contextTag(2)) return { token: reader.octetString() };
  return tag === contextTag(3) && reader.at(Tag.octetString) ? { mic: reader.octetString() } : {};
}

/** NegTokenResp (RFC 4178 4.2.2). */
function responseField(tag: number, reader: Asn1Reader): Partial<Negotiation> {
  if (tag === contextTag(0)) return { state: reader.enumerated() };
  if (tag === contextTag(1)) return { supported: reader.oid() };
  if (tag === contextTag(2)) return { token: reader.octetString() };
  return tag === contextTag(3) ? { mic: reader.octetString() } : {};
}

function mechanisms(reader: Asn1Reader): Partial<Negotiation> {
  const start = reader.pos;
  const list: string[] = [];
  const outer = reader.open(Tag.sequence);
  while (!reader.done) list.push(reader.oid());
  reader.leave(outer);
  return { mechanisms: list, mechanismList: reader.bytes.subarray(start, reader.pos) };
}

/** A NegotiationToken in words, and what is inside it. */
export function explainNegotiation(token: Uint8Array): Json {
  const parsed = parseNegotiation(token);
  const { state, supported, mic } = parsed;
  return {
    spnego: parsed.isInit ? "negTokenInit" : "negTokenResp",
    mechanisms: parsed.mechanisms?.map(mechanismName),
    state: state === undefined ? undefined : (states[state] ?? `state ${state}`),
    supportedMechanism: supported === undefined ? undefined : mechanismName(supported),
    token: parsed.token === undefined ? undefined : explainToken(parsed.token),
    mechListMIC: mic === undefined ? undefined : toHex(mic),
  };
}
