import { ComError, HResult } from "../base/index.ts";
import { asn1Error } from "./error.ts";

/**
 * Object identifiers travel as base-128 numbers, the first two arcs in one (X.690 8.19); in the program they are their
 * dotted text. Arcs are limited to 2^53 - 1.
 */
export function decodeOid(bytes: Uint8Array, start: number, end: number): string {
  if (start === end) throw asn1Error("CRYPT_E_ASN1_CORRUPT", "an object identifier without arcs", start);
  let text = "";
  let arc = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (arc === 0 && byte === 0x80) throw asn1Error("CRYPT_E_ASN1_CORRUPT", "an arc with leading zeros", at);
    arc = arc * 128 + (byte & 0x7f);
    if (arc > Number.MAX_SAFE_INTEGER) throw asn1Error("CRYPT_E_ASN1_LARGE", "an arc is too large", at);
    if (byte & 0x80) continue;
    text += text === "" ? firstArcs(arc) : `.${arc}`;
    arc = 0;
  }
  if ((bytes[end - 1] as number) & 0x80)
    throw asn1Error("CRYPT_E_ASN1_CORRUPT", "an object identifier ends within an arc", end);
  return text;
}

function firstArcs(arc: number): string {
  const root = Math.min(2, Math.floor(arc / 40));
  return `${root}.${arc - root * 40}`;
}

/** The content bytes of a dotted object identifier; throws E_INVALIDARG when it is not one. */
export function encodeOid(oid: string): Uint8Array {
  const arcs = oid.split(".").map(Number);
  const [root, second] = arcs;
  const sound = /^[0-2](\.(0|[1-9]\d*))+$/.test(oid) && arcs.every(Number.isSafeInteger);
  if (!sound || root === undefined || second === undefined || (root < 2 && second > 39)) {
    throw new ComError(HResult.E_INVALIDARG, `not an object identifier: ${oid}`);
  }
  const out: number[] = [];
  for (const arc of [root * 40 + second, ...arcs.slice(2)]) pushArc(out, arc);
  return Uint8Array.from(out);
}

function pushArc(out: number[], arc: number): void {
  const septets = [arc % 128];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) septets.push(rest % 128);
  for (let i = septets.length - 1; i > 0; i--) out.push((septets[i] as number) | 0x80);
  out.push(septets[0] as number);
}
