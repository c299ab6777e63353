import { ByteReader, ComError } from "../../base/index.ts";
import { type Pdu, decodePdu, PacketType } from "../rpc.ts";
import { readCommonHeader } from "../traffic/header.ts";

/** A PDU as far as it could be read: all of it, or the fields at fixed places and why there is no more. */
export interface ReadPdu {
  readonly bytes: Uint8Array;
  readonly type: number;
  readonly flags: number;
  readonly callId: number;
  readonly littleEndian: boolean;
  readonly fragLength: number;
  readonly pdu?: Pdu | undefined;
  /** Of a request, response or fault that could not be read whole. */
  readonly contextId?: number | undefined;
  readonly opnum?: number | undefined;
  readonly error?: string | undefined;
}

/** Reads a PDU's bytes, which begin with a plausible header; never throws. */
export function readPdu(bytes: Uint8Array, missing: number): ReadPdu {
  const header = readCommonHeader(bytes);
  if (header === undefined) {
    const { length } = bytes;
    const nothing = { type: -1, flags: 0, callId: 0, littleEndian: true, fragLength: length };
    return { bytes, ...nothing, error: "not a PDU" };
  }
  const reader = new ByteReader(bytes, 12, bytes.length, header.littleEndian);
  const { type, flags, littleEndian, fragLength } = header;
  const common = { bytes, type, flags, littleEndian, fragLength, callId: reader.u32() };
  if (missing > 0)
    return { ...common, ...fixedFields(type, reader), error: `${missing} bytes were not captured` };
  try {
    return { ...common, pdu: decodePdu(bytes) };
  } catch (error) {
    return { ...common, ...fixedFields(type, reader), error: ComError.from(error).message };
  }
}

/** The context of requests, responses and faults stands at offset 20, the operation number of requests at 22. */
function fixedFields(type: number, reader: ByteReader): { contextId?: number; opnum?: number } {
  const hasContext = type === PacketType.request || type === PacketType.response || type === PacketType.fault;
  if (!hasContext || reader.remaining < 8) return {};
  reader.skip(4);
  const contextId = reader.u16();
  return type === PacketType.request ? { contextId, opnum: reader.u16() } : { contextId };
}

/** PDUs a client sends; all others come from the server. */
const fromClient = new Set<number>([
  PacketType.request,
  PacketType.bind,
  PacketType.alterContext,
  PacketType.auth3,
  PacketType.coCancel,
  PacketType.orphaned,
]);
export function isFromClient(type: number): boolean {
  return fromClient.has(type);
}
