import { ComError, HResult } from "../../base/index.ts";
import { SequencedHmacMd5 } from "../crypto/hmac-md5.ts";
import { Rc4 } from "../crypto/rc4.ts";
import { SecStatus } from "../status.ts";
import { NtlmFlag, has } from "./flags.ts";
import { type Direction, sealingKey, signingKey } from "./keys.ts";
import { LegacySession } from "./legacy-session.ts";

/** Length of NTLMSSP_MESSAGE_SIGNATURE, bytes. */
export const signatureLength = 16;

/** Protects messages of one context, both directions, in place ([MS-NLMP] 3.4). */
export interface NtlmSession {
  /** Signs [start, end), encrypts [sealStart, sealEnd) if `seal`, writes the signature. */
  protect(bytes: Uint8Array, range: MessageRange, seal: boolean): void;
  /** The reverse; answers whether the signature was right. */
  unprotect(bytes: Uint8Array, range: MessageRange, seal: boolean): boolean;
  /** Starts the key streams anew; sequence numbers go on. */
  reset(): void;
}

/** Offsets within one buffer. The context keeps one and fills it for each message, so that none is allocated. */
export interface MessageRange {
  start: number;
  end: number;
  sealStart: number;
  sealEnd: number;
  signatureAt: number;
}

/** Makes the session of a completed logon. Extended session security unless the flags (and a policy before) say otherwise. */
export function createSession(role: "client" | "server", flags: number, key: Uint8Array): NtlmSession {
  if (!has(flags, NtlmFlag.extendedSessionSecurity)) return new LegacySession(key);
  const [sending, receiving]: Direction[] =
    role === "client" ? ["client-to-server", "server-to-client"] : ["server-to-client", "client-to-server"];
  return new ExtendedSession(
    new Stream(key, sending as Direction, flags),
    new Stream(key, receiving as Direction, flags),
    has(flags, NtlmFlag.keyExchange),
  );
}

/** Keys, key stream and sequence number of one direction. */
class Stream {
  readonly mac: SequencedHmacMd5;
  readonly cipher: Rc4;
  sequence = 0;

  constructor(key: Uint8Array, direction: Direction, flags: number) {
    this.mac = new SequencedHmacMd5(signingKey(key, direction));
    this.cipher = new Rc4(sealingKey(key, direction, flags));
  }
}

/** Extended session security ([MS-NLMP] 3.4.4.2): HMAC-MD5 over sequence number and message, encrypted after the message. */
class ExtendedSession implements NtlmSession {
  readonly #send: Stream;
  readonly #receive: Stream;
  readonly #encryptChecksum: boolean;

  constructor(send: Stream, receive: Stream, encryptChecksum: boolean) {
    this.#send = send;
    this.#receive = receive;
    this.#encryptChecksum = encryptChecksum;
  }

  protect(bytes: Uint8Array, range: MessageRange, seal: boolean): void {
    const stream = this.#send;
    const at = range.signatureAt;
    const sequence = stream.sequence;
    stream.mac.compute(sequence, bytes, range.start, range.end);
    if (seal) stream.cipher.apply(bytes, range.sealStart, range.sealEnd);
    bytes[at] = 1;
    bytes[at + 1] = bytes[at + 2] = bytes[at + 3] = 0;
    const { checksum } = stream.mac;
    for (let i = 0; i < 8; i++) bytes[at + 4 + i] = checksum[i] as number;
    if (this.#encryptChecksum) stream.cipher.apply(bytes, at + 4, at + 12);
    bytes[at + 12] = sequence;
    bytes[at + 13] = sequence >>> 8;
    bytes[at + 14] = sequence >>> 16;
    bytes[at + 15] = sequence >>> 24;
    stream.sequence = (sequence + 1) >>> 0;
  }

  unprotect(bytes: Uint8Array, range: MessageRange, seal: boolean): boolean {
    const stream = this.#receive;
    const at = range.signatureAt;
    const sequence = stream.sequence;
    if (seal) stream.cipher.apply(bytes, range.sealStart, range.sealEnd);
    stream.mac.compute(sequence, bytes, range.start, range.end);
    const { checksum } = stream.mac;
    if (this.#encryptChecksum) stream.cipher.apply(checksum, 0, 8);
    stream.sequence = (sequence + 1) >>> 0;
    // All bytes are looked at, whatever the first ones say: the time tells nothing.
    let difference = (bytes[at] as number) ^ 1;
    difference |= (bytes[at + 1] as number) | (bytes[at + 2] as number) | (bytes[at + 3] as number);
    for (let i = 0; i < 8; i++) difference |= (bytes[at + 4 + i] as number) ^ (checksum[i] as number);
    for (let i = 0; i < 4; i++) difference |= (bytes[at + 12 + i] as number) ^ ((sequence >>> (8 * i)) & 255);
    return difference === 0;
  }

  reset(): void {
    this.#send.cipher.reset();
    this.#receive.cipher.reset();
  }
}

/** Throws E_INVALIDARG when the offsets do not describe a message with its signature behind (or before) it. */
export function checkRange(bytes: Uint8Array, range: MessageRange): void {
  const { start, end, sealStart, sealEnd, signatureAt } = range;
  const nested = 0 <= start && start <= sealStart && sealStart <= sealEnd && sealEnd <= end;
  const apart = signatureAt >= end || (signatureAt >= 0 && signatureAt + signatureLength <= start);
  if (nested && apart && end <= bytes.length && signatureAt + signatureLength <= bytes.length) return;
  throw new ComError(HResult.E_INVALIDARG, "the offsets of a protected message do not fit its buffer");
}

export function messageAltered(gate: string): ComError {
  return new ComError(
    SecStatus.SEC_E_MESSAGE_ALTERED,
    "the signature does not match: the message was changed, repeated, left out, or made with another key",
    { gate },
  );
}
