import { defaultLimits, type Limits } from "../base/index.ts";
import type { Credentials } from "./auth.ts";
import { formatTime } from "./capture/packet.ts";
import type { CaptureInput } from "./capture/source.ts";
import { type DecodeLimits, defaultDecodeLimits } from "./limits.ts";
import { endpointText } from "./net/connections.ts";
import { Notes } from "./notes.ts";
import { packetTypeNames, PacketType } from "./rpc.ts";
import { Association } from "./session/association.ts";
import { explainDatagram } from "./session/datagram.ts";
import type { DecodedPdu } from "./session/decoded.ts";
import { flagNames } from "./session/fields.ts";
import { isFromClient, readPdu, type ReadPdu } from "./session/read-pdu.ts";
import { findPdus } from "./traffic/find-pdus.ts";
import type { Channel, RawPdu } from "./traffic/pdu.ts";

export interface DecodeOptions {
  /** Limits on what the capture may make us hold. */
  readonly captureLimits?: DecodeLimits | undefined;
  /** Limits on messages and what is in them. */
  readonly limits?: Limits | undefined;
  /** Receives remarks about lost bytes and malformed headers. */
  readonly notes?: Notes | undefined;
  /** Accounts whose NTLM logons may be opened: signatures are verified and sealed calls decrypted. An empty user fits all. */
  readonly passwords?: readonly Credentials[] | undefined;
}

/**
 * Explains every MS-RPC PDU of a capture file (pcap or pcapng, plain or in gzip; of a {@link ByteSource} only plain), in the order in which they became complete.
 * @throws ComError E_INVALIDARG when the bytes are no capture file.
 */
export function* decodeCapture(capture: CaptureInput, options: DecodeOptions = {}): Generator<DecodedPdu> {
  const captureLimits = options.captureLimits ?? defaultDecodeLimits;
  const notes = options.notes ?? new Notes(captureLimits.maxNotes);
  const associations = new WeakMap<Channel, Association>();
  for (const raw of findPdus(capture, captureLimits, notes)) {
    let association = associations.get(raw.channel);
    if (association === undefined) {
      association = new Association(options.limits ?? defaultLimits, options.passwords);
      associations.set(raw.channel, association);
    }
    yield explainPdu(raw, association);
  }
}

/** One PDU in the light of its association. */
export function explainPdu(raw: RawPdu, association: Association): DecodedPdu {
  const { channel } = raw;
  const place = {
    frame: raw.frame,
    stream: channel.stream,
    time: formatTime(raw.time),
    carrier: channel.carrier,
    pipe: channel.pipe,
    source: endpointText(raw.source),
    destination: endpointText(raw.destination),
  };
  if (channel.carrier === "udp") return { ...place, ...explainDatagram(raw.bytes) };
  const read = readPdu(raw.bytes, raw.missing);
  return {
    ...place,
    ...headerOf(read),
    ...association.explain(read),
    missing: raw.missing === 0 ? undefined : raw.missing,
    error: read.error,
  };
}

const RTS = 20;
/** PDUs in which a flag means header signing. */
const binds = new Set<number>([
  PacketType.bind,
  PacketType.bindAck,
  PacketType.alterContext,
  PacketType.alterContextResponse,
]);

function headerOf(read: ReadPdu): Pick<DecodedPdu, "direction" | "type" | "callId" | "flags" | "length"> {
  const { type, callId } = read;
  return {
    direction: isFromClient(type) ? "toServer" : "toClient",
    type: type === RTS ? "rts" : (packetTypeNames[type] ?? "unknown"),
    callId,
    flags: flagNames(read.flags, binds.has(type)),
    length: read.fragLength,
  };
}
