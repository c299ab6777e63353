import { PacketType } from "./packet-type.ts";

/** The server asks the client to close the connection when it can ([C706] 12.6.4.11). A header and no more. */
export interface ShutdownBody {
  readonly type: typeof PacketType.shutdown;
}

export function encodeShutdown(): void {}

export function decodeShutdown(): ShutdownBody {
  return { type: PacketType.shutdown };
}
