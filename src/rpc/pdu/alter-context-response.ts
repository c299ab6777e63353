import type { ByteReader, ByteWriter } from "../../base/index.ts";
import { type BindAckBody, decodeBindAck, encodeBindAck } from "./bind-ack.ts";
import { PacketType } from "./packet-type.ts";

/** Answers an alter_context ([C706] 12.6.4.2). Its secondary address is empty. */
export interface AlterContextResponseBody extends Omit<BindAckBody, "type"> {
  readonly type: typeof PacketType.alterContextResponse;
}

export function encodeAlterContextResponse(writer: ByteWriter, body: AlterContextResponseBody): void {
  encodeBindAck(writer, body);
}

export function decodeAlterContextResponse(reader: ByteReader): AlterContextResponseBody {
  return { ...decodeBindAck(reader), type: PacketType.alterContextResponse };
}
