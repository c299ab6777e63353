import { PacketType } from "./packet-type.ts";

/** Gives up the call of the header's call id; its answer is not wanted ([C706] 12.6.4.8). A header and no more. */
export interface OrphanedBody {
  readonly type: typeof PacketType.orphaned;
}

export function encodeOrphaned(): void {}

export function decodeOrphaned(): OrphanedBody {
  return { type: PacketType.orphaned };
}
