import type { ByteReader, ByteWriter, Guid } from "../../base/index.ts";
import { PacketType, PfcFlag } from "./packet-type.ts";

/** Bytes before the stub of a request without object UUID, and of a response. */
export const CALL_HEADER_BYTES = 24;

/** A call, or one fragment of it (rpcconn_request_hdr_t, [C706] 12.6.4.9). */
export interface RequestBody {
  readonly type: typeof PacketType.request;
  /** Stub bytes from here to the end of the call; a hint only. */
  readonly allocHint: number;
  readonly contextId: number;
  readonly opnum: number;
  readonly object: Guid | undefined;
  readonly stub: Uint8Array;
}

export function encodeRequest(writer: ByteWriter, body: RequestBody): void {
  writer.u32(body.allocHint);
  writer.u16(body.contextId);
  writer.u16(body.opnum);
  if (body.object !== undefined) writer.guid(body.object);
  writer.raw(body.stub);
}

export function decodeRequest(reader: ByteReader, flags: number): RequestBody {
  return {
    type: PacketType.request,
    allocHint: reader.u32(),
    contextId: reader.u16(),
    opnum: reader.u16(),
    object: (flags & PfcFlag.objectUuid) === 0 ? undefined : reader.guid(),
    stub: reader.raw(reader.remaining).slice(),
  };
}
