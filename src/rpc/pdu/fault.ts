import type { ByteReader, ByteWriter } from "../../base/index.ts";
import { PacketType } from "./packet-type.ts";

/** Bytes of a fault without extended error information. */
export const FAULT_BYTES = 32;

/** A call that failed outside its method's results (rpcconn_fault_hdr_t, [C706] 12.6.4.7). */
export interface FaultBody {
  readonly type: typeof PacketType.fault;
  readonly allocHint: number;
  readonly contextId: number;
  readonly cancelCount: number;
  /** Bit 0: extended error information follows ([MS-RPCE] 2.2.2.8). */
  readonly faultFlags: number;
  readonly status: number;
  readonly reserved: number;
  readonly stub: Uint8Array;
}

export function encodeFault(writer: ByteWriter, body: Omit<FaultBody, "type">): void {
  writer.u32(body.allocHint);
  writer.u16(body.contextId);
  writer.u8(body.cancelCount);
  writer.u8(body.faultFlags);
  writer.u32(body.status);
  writer.u32(body.reserved);
  writer.raw(body.stub);
}

export function decodeFault(reader: ByteReader): FaultBody {
  return {
    type: PacketType.fault,
    allocHint: reader.u32(),
    contextId: reader.u16(),
    cancelCount: reader.u8(),
    faultFlags: reader.u8(),
    status: reader.u32(),
    // Some senders leave the reserved word out.
    reserved: reader.remaining >= 4 ? reader.u32() : 0,
    stub: reader.raw(reader.remaining).slice(),
  };
}
