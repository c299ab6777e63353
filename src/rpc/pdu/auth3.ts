import type { ByteReader, ByteWriter } from "../../base/index.ts";
import { PacketType } from "./packet-type.ts";

/** The third leg of an authentication; never answered ([MS-RPCE] 2.2.2.10). Four bytes without meaning stand before the verifier. */
export interface Auth3Body {
  readonly type: typeof PacketType.auth3;
  readonly pad: Uint8Array;
}

export function encodeAuth3(writer: ByteWriter, body: Omit<Auth3Body, "type">): void {
  writer.raw(body.pad);
}

export function decodeAuth3(reader: ByteReader): Auth3Body {
  return { type: PacketType.auth3, pad: reader.raw(Math.min(4, reader.remaining)).slice() };
}
