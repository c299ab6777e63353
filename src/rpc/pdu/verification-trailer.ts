import { ByteReader, type ByteWriter, ComError, HResult } from "../../base/index.ts";
import { type SyntaxId, decodeSyntax, encodeSyntax, sameSyntax } from "./syntax.ts";

/** The eight bytes that start a verification trailer ([MS-RPCE] 2.2.2.13.1). */
const SIGNATURE: readonly number[] = [0x8a, 0xe3, 0x13, 0x71, 0x02, 0xf4, 0x36, 0x71];
const SIGNATURE_LOW = 0x7113e38a;
const SIGNATURE_HIGH = 0x7136f402;
/** How far from the end the trailer may start; a bound for the search. */
const SEARCH_BYTES = 1024;

const Command = { bitmask1: 1, pcontext: 2, header2: 3 } as const;
const COMMAND_MASK = 0x3fff;
const COMMAND_END = 0x4000;
const COMMAND_MUST_PROCESS = 0x8000;
const CLIENT_SUPPORTS_HEADER_SIGNING = 1;

/** What the trailer protects: fields of the request's header that a signature without header signing does not cover. */
export interface VerifiedHeader {
  readonly callId: number;
  readonly contextId: number;
  readonly opnum: number;
  readonly drep: number;
  readonly abstractSyntax: SyntaxId;
  readonly transferSyntax: SyntaxId;
  readonly headerSigning: boolean;
}

/** Appends a verification trailer to a stub that starts at the writer's origin: bitmask1, pcontext, header2. */
export function encodeVerificationTrailer(writer: ByteWriter, header: VerifiedHeader): void {
  writer.align(4);
  for (const byte of SIGNATURE) writer.u8(byte);
  writer.u16(Command.bitmask1);
  writer.u16(4);
  writer.u32(header.headerSigning ? CLIENT_SUPPORTS_HEADER_SIGNING : 0);
  writer.u16(Command.pcontext | COMMAND_MUST_PROCESS);
  writer.u16(40);
  encodeSyntax(writer, header.abstractSyntax);
  encodeSyntax(writer, header.transferSyntax);
  writer.u16(Command.header2 | COMMAND_MUST_PROCESS | COMMAND_END);
  writer.u16(16);
  writer.u32(0); // packet type 0 (request), reserved
  writer.u32(header.drep);
  writer.u32(header.callId);
  writer.u16(header.contextId);
  writer.u16(header.opnum);
}

/** Where a verification trailer starts within [start, end), or -1. Only the last 1024 bytes are searched, at multiples of four. */
export function findVerificationTrailer(view: DataView, start: number, end: number): number {
  let at = start + ((end - start - 8) & ~3);
  const stop = Math.max(start, end - SEARCH_BYTES);
  for (; at >= stop; at -= 4) {
    if (view.getUint32(at, true) === SIGNATURE_LOW && view.getUint32(at + 4, true) === SIGNATURE_HIGH)
      return at;
  }
  return -1;
}

/** Checks a trailer found at `start`; throws E_ACCESSDENIED when the request is not what its client sent. */
export function checkVerificationTrailer(
  bytes: Uint8Array,
  start: number,
  end: number,
  expected: VerifiedHeader,
): void {
  const reader = new ByteReader(bytes, start + SIGNATURE.length, end);
  for (;;) {
    const command = reader.u16();
    const length = reader.u16();
    const next = reader.pos + length;
    checkCommand(reader, command, expected);
    if ((command & COMMAND_END) !== 0) return;
    reader.skip(next - reader.pos);
  }
}

function checkCommand(reader: ByteReader, command: number, expected: VerifiedHeader): void {
  switch (command & COMMAND_MASK) {
    case Command.bitmask1:
      if ((reader.u32() & CLIENT_SUPPORTS_HEADER_SIGNING) !== 0 && !expected.headerSigning) {
        refuse("header signing was taken out of the bind");
      }
      return;
    case Command.pcontext:
      if (!sameSyntax(decodeSyntax(reader), expected.abstractSyntax)) refuse("another interface");
      if (!sameSyntax(decodeSyntax(reader), expected.transferSyntax)) refuse("another transfer syntax");
      return;
    case Command.header2:
      checkHeader(reader, expected);
      return;
    default:
      if ((command & COMMAND_MUST_PROCESS) !== 0) refuse(`command ${command & COMMAND_MASK} is not known`);
  }
}

function checkHeader(reader: ByteReader, expected: VerifiedHeader): void {
  if ((reader.u32() & 0xff) !== 0) refuse("another packet type");
  if (reader.u32() !== expected.drep) refuse("another data representation");
  if (reader.u32() !== expected.callId) refuse("another call id");
  if (reader.u16() !== expected.contextId) refuse("another presentation context");
  if (reader.u16() !== expected.opnum) refuse("another operation number");
}

function refuse(what: string): never {
  throw new ComError(HResult.E_ACCESSDENIED, `the verification trailer disagrees with the request: ${what}`, {
    gate: "verification trailer",
  });
}
