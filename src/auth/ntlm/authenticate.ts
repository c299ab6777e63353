import { ByteReader } from "../../base/index.ts";
import { decoding } from "../failure.ts";
import {
  MessageType,
  MessageWriter,
  decodeField,
  decodeHeader,
  encodeText,
  payload,
  payloadText,
} from "./fields.ts";
import { NtlmFlag, has } from "./flags.ts";
import { type NtlmVersion, decodeVersion, encodeVersion } from "./version.ts";

/** AUTHENTICATE_MESSAGE ([MS-NLMP] 2.2.1.3): who the client is, and the proof. */
export interface AuthenticateMessage {
  readonly flags: number;
  readonly lmResponse: Uint8Array;
  readonly ntResponse: Uint8Array;
  readonly domain: string;
  readonly user: string;
  readonly workstation: string;
  /** The session key encrypted under the key exchange key; empty without key exchange. */
  readonly encryptedSessionKey: Uint8Array;
  readonly version?: NtlmVersion | undefined;
  /** Absent when the payload starts where it would stand. */
  readonly mic?: Uint8Array | undefined;
}

/** Where the message integrity code stands, and how long it is. */
export const micOffset = 72;
export const micLength = 16;

/** Bytes before the version: what every message has. */
const fixedLength = 64;

/** Encodes in the order Windows does; a message without `mic` gets room for one, filled with zeros. */
export function encodeAuthenticate(message: AuthenticateMessage): Uint8Array {
  const { flags } = message;
  const w = new MessageWriter(MessageType.authenticate);
  w.field(message.lmResponse, 3);
  w.field(message.ntResponse, 4);
  w.field(encodeText(message.domain, flags), 0);
  w.field(encodeText(message.user, flags), 1);
  w.field(encodeText(message.workstation, flags), 2);
  w.field(message.encryptedSessionKey, 5);
  w.out.u32(flags);
  encodeVersion(w.out, message.version);
  w.out.raw(message.mic ?? new Uint8Array(micLength));
  return w.finish();
}

export function decodeAuthenticate(bytes: Uint8Array): AuthenticateMessage {
  return decoding("NTLM AUTHENTICATE message", () => {
    const r = new ByteReader(bytes);
    decodeHeader(r, MessageType.authenticate);
    const [lm, nt, domain, user, workstation, key] = [
      decodeField(r),
      decodeField(r),
      decodeField(r),
      decodeField(r),
      decodeField(r),
      decodeField(r),
    ] as const;
    // Clients from before Windows 2000 leave out the key and the flags.
    const flags = r.remaining >= 4 ? r.u32() : NtlmFlag.unicode;
    const fields = [lm, nt, domain, user, workstation, key].filter((field) => field.length > 0);
    const payloadStart = Math.min(bytes.length, ...fields.map((field) => field.offset));
    const withVersion = has(flags, NtlmFlag.version) && payloadStart >= micOffset && r.pos === fixedLength;
    return {
      flags,
      lmResponse: payload(r, lm, "LM response"),
      ntResponse: payload(r, nt, "NT response"),
      domain: payloadText(r, domain, "domain", flags),
      user: payloadText(r, user, "user", flags),
      workstation: payloadText(r, workstation, "workstation", flags),
      encryptedSessionKey: payload(r, key, "session key"),
      version: withVersion ? decodeVersion(r) : undefined,
      mic:
        payloadStart >= micOffset + micLength ? bytes.subarray(micOffset, micOffset + micLength) : undefined,
    };
  });
}
