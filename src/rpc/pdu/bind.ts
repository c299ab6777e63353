import type { ByteReader, ByteWriter } from "../../base/index.ts";
import { PacketType } from "./packet-type.ts";
import { type PresentationContext, decodeContexts, encodeContexts } from "./presentation.ts";

/** Opens an association: limits, group, interfaces (rpcconn_bind_hdr_t, [C706] 12.6.4.3). */
export interface BindBody {
  readonly type: typeof PacketType.bind;
  readonly maxTransmit: number;
  readonly maxReceive: number;
  /** Association group to join; 0 asks for a new one. */
  readonly associationGroup: number;
  readonly contexts: readonly PresentationContext[];
}

export function encodeBind(writer: ByteWriter, body: Omit<BindBody, "type">): void {
  writer.u16(body.maxTransmit);
  writer.u16(body.maxReceive);
  writer.u32(body.associationGroup);
  encodeContexts(writer, body.contexts);
}

export function decodeBind(reader: ByteReader): BindBody {
  return {
    type: PacketType.bind,
    maxTransmit: reader.u16(),
    maxReceive: reader.u16(),
    associationGroup: reader.u32(),
    contexts: decodeContexts(reader),
  };
}
