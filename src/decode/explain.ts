import { ComError, defaultLimits, fromHex, HResult } from "../base/index.ts";
import { explainObjref } from "./body/objref.ts";
import { explainVariant } from "./body/variant.ts";
import { isCapture } from "./capture/open.ts";
import { decodeCapture, type DecodeOptions, explainPdu } from "./decode-capture.ts";
import { Association } from "./session/association.ts";
import type { DecodedPdu, Json } from "./session/decoded.ts";
import { explainToken } from "./tokens/token.ts";
import { isNtlm } from "./tokens/ntlm.ts";
import { isNegotiation } from "./tokens/spnego.ts";
import { isDatagramPdu, readCommonHeader } from "./traffic/header.ts";

/** What a file or a hex dump turned out to be. */
export type Explained =
  | { readonly kind: "pdus"; readonly pdus: Iterable<DecodedPdu> }
  | { readonly kind: "value"; readonly name: string; readonly value: Json };

/** The longest text taken for a hex dump, bytes. */
const MAX_TEXT = 64 * 1024 * 1024;

/**
 * Explains bytes of a kind not told: a capture file, a hex dump (text) of one of the following, or these bytes themselves: PDUs
 * one behind the other, an OBJREF, an NTLM or SPNEGO message, a VARIANT.
 * @throws ComError E_INVALIDARG when it is none of them.
 */
export function explain(bytes: Uint8Array, options: DecodeOptions = {}): Explained {
  if (isCapture(bytes)) return { kind: "pdus", pdus: decodeCapture(bytes, options) };
  return explainBytes(bytes, options) ?? explainBytes(hexDump(bytes), options) ?? unknown();
}

function unknown(): never {
  throw new ComError(
    HResult.E_INVALIDARG,
    "neither a capture nor PDUs, an OBJREF, an NTLM or a SPNEGO message or a VARIANT, as bytes or as a hex dump",
  );
}

function explainBytes(bytes: Uint8Array | undefined, options: DecodeOptions): Explained | undefined {
  if (bytes === undefined) return undefined;
  const header = readCommonHeader(bytes);
  // A VARIANT of five quadwords begins like a big-endian PDU, one that would be cut short.
  const variant = (header?.fragLength ?? Infinity) > bytes.length ? explainVariant(bytes) : undefined;
  if (variant !== undefined) return { kind: "value", name: "VARIANT", value: variant };
  if (header !== undefined) return { kind: "pdus", pdus: explainPdus(bytes, options) };
  if (isDatagramPdu(bytes)) return { kind: "pdus", pdus: [single(bytes, 0, "udp", options)] };
  if (isObjref(bytes)) return { kind: "value", name: "OBJREF", value: explainObjref(bytes) };
  if (isNtlm(bytes) || isNegotiation(bytes) || bytes[0] === 0x60) {
    return { kind: "value", name: "security token", value: explainToken(bytes) };
  }
  return undefined;
}

/** PDUs one behind the other, as they would stand in a stream; what is left over at the end is one cut short. */
function* explainPdus(bytes: Uint8Array, options: DecodeOptions): Generator<DecodedPdu> {
  const association = new Association(options.limits ?? defaultLimits, options.passwords);
  for (let at = 0, frame = 1; at < bytes.length; frame++) {
    const header = readCommonHeader(bytes, at);
    if (header === undefined) return;
    const end = Math.min(at + header.fragLength, bytes.length);
    yield single(bytes.subarray(at, end), at + header.fragLength - end, "tcp", options, association, frame);
    at = end;
  }
}

function single(
  bytes: Uint8Array,
  missing: number,
  carrier: "tcp" | "udp",
  options: DecodeOptions,
  association: Association = new Association(options.limits ?? defaultLimits, options.passwords),
  frame = 1,
): DecodedPdu {
  const nowhere = { address: "-", port: 0 };
  const channel = { carrier, stream: 0 };
  return explainPdu(
    { frame, time: 0n, channel, source: nowhere, destination: nowhere, bytes, missing },
    association,
  );
}

/** "MEOW". */
function isObjref(bytes: Uint8Array): boolean {
  return (
    bytes.length >= 24 && bytes[0] === 0x4d && bytes[1] === 0x45 && bytes[2] === 0x4f && bytes[3] === 0x57
  );
}

/**
 * The bytes of a hex dump: digits in pairs with or without white space, commas or 0x between; or the lines of hexdump -C, xxd
 * and Wireshark, whose offsets and characters at the sides are left out.
 */
function hexDump(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes.length > MAX_TEXT) return undefined;
  const text = new TextDecoder("latin1").decode(bytes);
  if (/[^\t\n\r\x20-\x7e]/.test(text)) return undefined;
  const digits = text
    .split(/\r?\n/)
    .map((line) => hexOfLine(line))
    .join("");
  return digits.length >= 32 && digits.length % 2 === 0 && /^[0-9a-f]+$/i.test(digits)
    ? fromHex(digits)
    : undefined;
}

/** Offset (with a colon, or at least four digits before two spaces), then the bytes, then characters after two spaces or a bar. */
function hexOfLine(line: string): string {
  const withoutComment = line.replace(/#.*$/, "");
  const dumped =
    /^\s*(?:0x)?[0-9a-f]{4,16}(?::\s*|\s{2,})((?:[0-9a-f]{2,4}[\s,-]{1,2})*[0-9a-f]{2,4})(?:\s{2,}.*|\s*\|.*)?$/i;
  const match = dumped.exec(withoutComment);
  const part =
    match?.[1] ?? (/^\s*[0-9a-f]{4,16}\s*$/i.test(line) && isEndOfDump(line) ? "" : withoutComment);
  return part.replaceAll(/0x|[\s,:-]/gi, "");
}

/** The last line of hexdump -C is an offset alone. */
function isEndOfDump(line: string): boolean {
  return /^[0-9a-f]{8}\s*$/i.test(line) && line.startsWith("0000");
}
