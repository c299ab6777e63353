import { type ByteReader, ByteWriter, ComError, HResult } from "../../base/index.ts";

/** Bytes of the header that all connection-oriented packets share. */
export const HEADER_BYTES = 16;

/** Little-endian integers, ASCII characters, IEEE floating point ([C706] 14.1). */
export const DREP_LITTLE_ENDIAN = 0x00000010;

/** The common header ([C706] 12.6.3.1). */
export interface PduHeader {
  readonly minorVersion: number;
  readonly type: number;
  readonly flags: number;
  /** The four bytes of the data representation, the integer format in the lowest one. */
  readonly drep: number;
  readonly fragLength: number;
  readonly authLength: number;
  readonly callId: number;
}

export function encodeHeader(writer: ByteWriter, header: PduHeader): void {
  writer.u8(5);
  writer.u8(header.minorVersion);
  writer.u8(header.type);
  writer.u8(header.flags);
  writer.u32(header.drep);
  writer.u16(header.fragLength);
  writer.u16(header.authLength);
  writer.u32(header.callId);
}

/** Reads the header and leaves the reader set to the sender's byte order. */
export function decodeHeader(reader: ByteReader): PduHeader {
  const version = reader.u8();
  if (version !== 5) throw new ComError(HResult.RPC_S_PROTOCOL_ERROR, `RPC version ${version}, not 5`);
  const minorVersion = reader.u8();
  const type = reader.u8();
  const flags = reader.u8();
  reader.littleEndian = true;
  const drep = reader.u32();
  reader.littleEndian = isLittleEndian(drep);
  return {
    minorVersion,
    type,
    flags,
    drep,
    fragLength: reader.u16(),
    authLength: reader.u16(),
    callId: reader.u32(),
  };
}

function isLittleEndian(drep: number): boolean {
  return (drep & 0xf0) === 0x10;
}
