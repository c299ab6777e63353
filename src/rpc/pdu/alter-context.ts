import type { ByteReader, ByteWriter } from "../../base/index.ts";
import { type BindBody, decodeBind, encodeBind } from "./bind.ts";
import { PacketType } from "./packet-type.ts";

/** Adds interfaces, or goes on with an authentication, on an open association ([C706] 12.6.4.1). */
export interface AlterContextBody extends Omit<BindBody, "type"> {
  readonly type: typeof PacketType.alterContext;
}

export function encodeAlterContext(writer: ByteWriter, body: AlterContextBody): void {
  encodeBind(writer, body);
}

export function decodeAlterContext(reader: ByteReader): AlterContextBody {
  return { ...decodeBind(reader), type: PacketType.alterContext };
}
