import type { ByteReader, ByteWriter } from "../../base/index.ts";
import { PacketType } from "./packet-type.ts";

/** p_reject_reason_t ([C706] 12.6.3.1; the last two: [MS-RPCE] 2.2.2.5). */
export const BindNakReason = {
  notSpecified: 0,
  temporaryCongestion: 1,
  localLimitExceeded: 2,
  calledPaddrUnknown: 3,
  protocolVersionNotSupported: 4,
  defaultContextNotSupported: 5,
  userDataNotReadable: 6,
  noPsapAvailable: 7,
  authenticationTypeNotRecognized: 8,
  invalidChecksum: 9,
} as const;

/** Refuses a bind (rpcconn_bind_nak_hdr_t, [C706] 12.6.4.5). */
export interface BindNakBody {
  readonly type: typeof PacketType.bindNak;
  readonly reason: number;
  readonly versions: readonly (readonly [major: number, minor: number])[];
}

export function encodeBindNak(writer: ByteWriter, body: Omit<BindNakBody, "type">): void {
  writer.u16(body.reason);
  writer.u8(body.versions.length);
  for (const [major, minor] of body.versions) {
    writer.u8(major);
    writer.u8(minor);
  }
}

export function decodeBindNak(reader: ByteReader): BindNakBody {
  const reason = reader.u16();
  const count = reader.remaining > 0 ? reader.u8() : 0;
  const versions: [number, number][] = [];
  for (let i = 0; i < count; i++) versions.push([reader.u8(), reader.u8()]);
  return { type: PacketType.bindNak, reason, versions };
}
