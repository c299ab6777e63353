import type { ByteReader, ByteWriter } from "../../base/index.ts";
import { PacketType } from "./packet-type.ts";

/** The result of a call, or one fragment of it (rpcconn_response_hdr_t, [C706] 12.6.4.10). */
export interface ResponseBody {
  readonly type: typeof PacketType.response;
  readonly allocHint: number;
  readonly contextId: number;
  readonly cancelCount: number;
  readonly reserved: number;
  readonly stub: Uint8Array;
}

export function encodeResponse(writer: ByteWriter, body: ResponseBody): void {
  writer.u32(body.allocHint);
  writer.u16(body.contextId);
  writer.u8(body.cancelCount);
  writer.u8(body.reserved);
  writer.raw(body.stub);
}

export function decodeResponse(reader: ByteReader): ResponseBody {
  return {
    type: PacketType.response,
    allocHint: reader.u32(),
    contextId: reader.u16(),
    cancelCount: reader.u8(),
    reserved: reader.u8(),
    stub: reader.raw(reader.remaining).slice(),
  };
}
