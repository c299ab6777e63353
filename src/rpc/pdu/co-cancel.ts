import { PacketType } from "./packet-type.ts";

/** Cancels the call of the header's call id, once more each time ([C706] 12.6.4.6). A header and no more. */
export interface CoCancelBody {
  readonly type: typeof PacketType.coCancel;
}

export function encodeCoCancel(): void {}

export function decodeCoCancel(): CoCancelBody {
  return { type: PacketType.coCancel };
}
