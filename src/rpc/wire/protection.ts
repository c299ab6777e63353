import { type AuthenticationLevel, AuthnLevel, type SecurityContext } from "../../auth/index.ts";
import { type ByteWriter, ComError, HResult } from "../../base/index.ts";
import { TRAILER_BYTES } from "../pdu/verifier.ts";
import { At } from "./fields.ts";

/** Stub and padding of a protected packet have a multiple of this many bytes, as Windows sends them. */
const PAD = 16;

/** A complete security context as a connection uses it for calls. */
export interface Protection {
  readonly context: SecurityContext;
  readonly level: AuthenticationLevel;
  /** auth_context_id: names the context on the connection. */
  readonly contextId: number;
}

/** True for levels at which each packet carries a signature. On connections, call means packet ([MS-RPCE] 3.3.1.5.2.1). */
export function protectsPackets(level: AuthenticationLevel): boolean {
  return level > AuthnLevel.connect;
}

/** The most stub bytes that fit into one fragment. */
function roomFor(maxFragment: number, header: number, trailer: number): number {
  const room = maxFragment - header - trailer;
  return trailer === 0 ? room & ~7 : room & ~(PAD - 1);
}

/**
 * Turns the message that lies at [start, writer.pos) (a header of `header` bytes with flags first and last, then the whole stub) into
 * one or more fragments in place, protected if asked for. Lengths, hints and flags are filled in; call id and the rest of the
 * header must be there. The writer ends behind the last fragment.
 */
export function finishMessage(
  writer: ByteWriter,
  start: number,
  header: number,
  maxFragment: number,
  protection: Protection | undefined,
): void {
  const stubLength = writer.pos - start - header;
  if (protection === undefined && header + stubLength <= maxFragment) {
    const { view } = writer;
    view.setUint32(start + At.fragLength, header + stubLength, true);
    view.setUint32(start + At.allocHint, stubLength, true);
    return;
  }
  const trailer = protection === undefined ? 0 : TRAILER_BYTES + protection.context.signatureLength;
  const room = roomFor(maxFragment, header, trailer);
  const count = stubLength === 0 ? 1 : Math.ceil(stubLength / room);
  spread(writer, start, header, trailer, room, count);
  finishFragments(writer, start, stubLength, { header, trailer, room, count }, protection);
}

/** Moves the parts of the stub apart, the last one first, and repeats the header before each. */
function spread(
  writer: ByteWriter,
  start: number,
  header: number,
  trailer: number,
  room: number,
  count: number,
): void {
  const end = writer.pos;
  writer.reserve(count * (header + trailer) + PAD);
  const { bytes } = writer;
  const step = header + room + trailer;
  for (let i = count - 1; i > 0; i--) {
    const from = start + header + i * room;
    const to = start + i * step + header;
    bytes.copyWithin(to, from, Math.min(from + room, end));
    bytes.copyWithin(to - header, start, start + header);
  }
}

interface Layout {
  readonly header: number;
  readonly trailer: number;
  readonly room: number;
  readonly count: number;
}

function finishFragments(
  writer: ByteWriter,
  start: number,
  stubLength: number,
  layout: Layout,
  protection: Protection | undefined,
): void {
  const { view } = writer;
  const { header, trailer, room, count } = layout;
  const flags = view.getUint8(start + At.flags);
  let at = start;
  let left = stubLength;
  for (let i = 0; i < count; i++) {
    const part = Math.min(left, room);
    const pad = protection === undefined ? 0 : -part & (PAD - 1);
    const length = header + part + pad + trailer;
    view.setUint8(at + At.flags, (flags & ~3) | (i === 0 ? 1 : 0) | (i === count - 1 ? 2 : 0));
    view.setUint16(at + At.fragLength, length, true);
    view.setUint16(at + At.authLength, trailer === 0 ? 0 : trailer - TRAILER_BYTES, true);
    view.setUint32(at + At.allocHint, left, true);
    if (protection !== undefined) protectFragment(writer, at, header, header + part, pad, protection);
    at += length;
    left -= part;
  }
  writer.pos = at;
}

function protectFragment(
  writer: ByteWriter,
  at: number,
  header: number,
  stubEnd: number,
  pad: number,
  protection: Protection,
): void {
  const { bytes, view } = writer;
  const { context, level, contextId } = protection;
  const trailerAt = at + stubEnd + pad;
  bytes.fill(0, at + stubEnd, trailerAt);
  bytes[trailerAt] = context.service;
  bytes[trailerAt + 1] = level;
  bytes[trailerAt + 2] = pad;
  bytes[trailerAt + 3] = 0;
  view.setUint32(trailerAt + 4, contextId, true);
  const signatureAt = trailerAt + TRAILER_BYTES;
  context.protect(bytes, at, signatureAt, at + header, trailerAt, signatureAt, level);
}

/** A received packet's verifier, found in place. */
export interface Trailer {
  service: number;
  level: number;
  contextId: number;
  /** Where the stub ends, the padding cut off. */
  stubEnd: number;
  trailerAt: number;
  tokenAt: number;
}

/** Finds the verifier of the packet at [start, start + length); throws RPC_S_PROTOCOL_ERROR when its lengths do not fit. */
export function readTrailer(
  view: DataView,
  start: number,
  length: number,
  authLength: number,
  bodyAt: number,
  littleEndian: boolean,
): Trailer {
  const trailerAt = start + length - authLength - TRAILER_BYTES;
  const stubEnd = trailerAt - (trailerAt < bodyAt ? 0 : view.getUint8(trailerAt + 2));
  if (trailerAt < bodyAt || stubEnd < bodyAt) {
    throw new ComError(HResult.RPC_S_PROTOCOL_ERROR, "the authentication verifier does not fit its packet");
  }
  return {
    service: view.getUint8(trailerAt),
    level: view.getUint8(trailerAt + 1),
    contextId: view.getUint32(trailerAt + 4, littleEndian),
    stubEnd,
    trailerAt,
    tokenAt: trailerAt + TRAILER_BYTES,
  };
}

/** Checks, and at privacy decrypts, a received packet in place. Throws SEC_E_MESSAGE_ALTERED. */
export function unprotectFragment(
  bytes: Uint8Array,
  start: number,
  bodyAt: number,
  trailer: Trailer,
  authLength: number,
  protection: Protection,
): void {
  const { context, level } = protection;
  if (authLength !== context.signatureLength) {
    throw new ComError(HResult.RPC_S_PROTOCOL_ERROR, `a signature of ${authLength} bytes`, {
      gate: "message signature",
    });
  }
  context.unprotect(bytes, start, trailer.tokenAt, bodyAt, trailer.trailerAt, trailer.tokenAt, level);
}
