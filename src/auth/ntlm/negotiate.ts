import { ByteReader } from "../../base/index.ts";
import { decoding } from "../failure.ts";
import { MessageType, MessageWriter, decodeField, decodeHeader, oemText, payload } from "./fields.ts";
import { NtlmFlag, has } from "./flags.ts";
import { type NtlmVersion, decodeVersion, encodeVersion, versionLength } from "./version.ts";

/** NEGOTIATE_MESSAGE ([MS-NLMP] 2.2.1.1): what the client can do. */
export interface NegotiateMessage {
  readonly flags: number;
  /** Names in the OEM code page, when the flags say they are there. */
  readonly domain?: string | undefined;
  readonly workstation?: string | undefined;
  readonly version?: NtlmVersion | undefined;
}

const none = new Uint8Array(0);

function oemBytes(text: string | undefined): Uint8Array {
  return text === undefined ? none : new Uint8Array(Buffer.from(text, "latin1"));
}

export function encodeNegotiate(message: NegotiateMessage): Uint8Array {
  const w = new MessageWriter(MessageType.negotiate);
  w.out.u32(message.flags);
  w.field(oemBytes(message.domain), 1);
  w.field(oemBytes(message.workstation), 0);
  encodeVersion(w.out, message.version);
  const bytes = w.finish();
  // Windows leaves the offsets of absent names zero.
  if (message.domain === undefined) bytes.fill(0, 16, 24);
  if (message.workstation === undefined) bytes.fill(0, 24, 32);
  return bytes;
}

export function decodeNegotiate(bytes: Uint8Array): NegotiateMessage {
  return decoding("NTLM NEGOTIATE message", () => {
    const r = new ByteReader(bytes);
    decodeHeader(r, MessageType.negotiate);
    const flags = r.u32();
    // The oldest clients end here.
    if (r.remaining < 16) return { flags };
    const domain = decodeField(r);
    const workstation = decodeField(r);
    const withVersion = has(flags, NtlmFlag.version) && r.remaining >= versionLength;
    return {
      flags,
      domain: has(flags, NtlmFlag.domainSupplied) ? oemText(payload(r, domain, "domain")) : undefined,
      workstation: has(flags, NtlmFlag.workstationSupplied)
        ? oemText(payload(r, workstation, "workstation"))
        : undefined,
      version: withVersion ? decodeVersion(r) : undefined,
    };
  });
}
