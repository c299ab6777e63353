import type { ByteReader, ByteWriter } from "../../base/index.ts";
import { PacketType } from "./packet-type.ts";
import { type PresentationResult, decodeResults, encodeResults } from "./presentation.ts";

/** Accepts a bind (rpcconn_bind_ack_hdr_t, [C706] 12.6.4.4). */
export interface BindAckBody {
  readonly type: typeof PacketType.bindAck;
  readonly maxTransmit: number;
  readonly maxReceive: number;
  readonly associationGroup: number;
  /** The endpoint for further associations of the group, with its terminator if it has one: port_any_t as it stands. */
  readonly secondaryAddress: string;
  /** What stands between the address and the next multiple of four; Windows leaves old bytes there. */
  readonly gap: Uint8Array;
  readonly results: readonly PresentationResult[];
}

export function encodeBindAck(writer: ByteWriter, body: Omit<BindAckBody, "type">): void {
  writer.u16(body.maxTransmit);
  writer.u16(body.maxReceive);
  writer.u32(body.associationGroup);
  writer.u16(body.secondaryAddress.length);
  for (let i = 0; i < body.secondaryAddress.length; i++) writer.u8(body.secondaryAddress.charCodeAt(i));
  writer.raw(body.gap);
  writer.align(4);
  encodeResults(writer, body.results);
}

export function decodeBindAck(reader: ByteReader): BindAckBody {
  const maxTransmit = reader.u16();
  const maxReceive = reader.u16();
  const associationGroup = reader.u32();
  const address = reader.raw(reader.u16());
  let secondaryAddress = "";
  for (const byte of address) secondaryAddress += String.fromCharCode(byte);
  const gap = reader.raw(-(reader.pos - reader.origin) & 3).slice();
  const results = decodeResults(reader);
  return {
    type: PacketType.bindAck,
    maxTransmit,
    maxReceive,
    associationGroup,
    secondaryAddress,
    gap,
    results,
  };
}
