import { type ByteReader, ByteWriter, decodeUtf16 } from "../../base/index.ts";
import { badToken } from "../failure.ts";
import { defaultAuthLimits } from "../limits.ts";
import { NtlmFlag, has } from "./flags.ts";

/** "NTLMSSP" and a zero: how every message begins ([MS-NLMP] 2.2.1). */
const signature = Uint8Array.of(0x4e, 0x54, 0x4c, 0x4d, 0x53, 0x53, 0x50, 0);

export const MessageType = { negotiate: 1, challenge: 2, authenticate: 3 } as const;

/** True when a token is a raw NTLM message. */
export function isNtlm(token: Uint8Array): boolean {
  return signature.every((byte, i) => token[i] === byte);
}

/** Reads the signature and the message type. */
export function decodeHeader(r: ByteReader, type: number): void {
  if (r.end - r.origin > defaultAuthLimits.maxTokenBytes) {
    throw badToken(`longer than ${defaultAuthLimits.maxTokenBytes} bytes`);
  }
  const found = r.raw(signature.length);
  if (!isNtlm(found)) throw badToken("does not begin with NTLMSSP");
  const actual = r.u32();
  if (actual !== type) throw badToken(`message type ${actual} where ${type} was due`);
}

/** Where a piece of payload lies: Len and Offset; MaxLen is ignored on receipt. */
export interface PayloadField {
  readonly length: number;
  readonly offset: number;
}

export function decodeField(r: ByteReader): PayloadField {
  const length = r.u16();
  r.u16();
  return { length, offset: r.u32() };
}

/** The bytes of a field as a view; the offset of an empty field may be anything. */
export function payload(r: ByteReader, field: PayloadField, name: string): Uint8Array {
  if (field.length === 0) return r.bytes.subarray(r.origin, r.origin);
  const start = r.origin + field.offset;
  if (start + field.length > r.end) {
    throw badToken(
      `${name} (${field.length} bytes at ${field.offset}) lies outside of ${r.end - r.origin} bytes`,
    );
  }
  return r.bytes.subarray(start, start + field.length);
}

/** A name in the encoding the flags say. */
export function payloadText(r: ByteReader, field: PayloadField, name: string, flags: number): string {
  const bytes = payload(r, field, name);
  return has(flags, NtlmFlag.unicode) ? utf16Text(bytes, name) : oemText(bytes);
}

export function utf16Text(bytes: Uint8Array, name: string): string {
  if (bytes.length % 2 !== 0) throw badToken(`${name} has an odd number of bytes (${bytes.length})`);
  return decodeUtf16(bytes, 0, bytes.length / 2);
}

/** The OEM code page is the sender's own and not told; Latin-1 serves plain names. */
export function oemText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

export function utf16Bytes(text: string): Uint8Array {
  const out = new ByteWriter(text.length * 2);
  out.utf16(text);
  return out.written();
}

export function encodeText(text: string, flags: number): Uint8Array {
  return has(flags, NtlmFlag.unicode) ? utf16Bytes(text) : new Uint8Array(Buffer.from(text, "latin1"));
}

/** Writes a message: the fixed part with fields that point into the payload behind it. */
export class MessageWriter {
  readonly out: ByteWriter = new ByteWriter(512);
  readonly #payloads: { readonly at: number; readonly bytes: Uint8Array; readonly order: number }[] = [];

  constructor(type: number) {
    this.out.raw(signature);
    this.out.u32(type);
  }

  /** Leaves room for a field; `order` says where its bytes stand in the payload. */
  field(bytes: Uint8Array, order: number): void {
    this.#payloads.push({ at: this.out.pos, bytes, order });
    this.out.zeros(8);
  }

  /** Puts the payload behind the fixed part and fills in the fields. */
  finish(): Uint8Array {
    const { out } = this;
    for (const { at, bytes } of this.#payloads.toSorted((a, b) => a.order - b.order)) {
      out.patchU16(at, bytes.length);
      out.patchU16(at + 2, bytes.length);
      out.patchU32(at + 4, out.pos);
      out.raw(bytes);
    }
    return out.finish();
  }
}
