import { openCapture } from "../capture/open.ts";
import type { Packet } from "../capture/packet.ts";
import type { CaptureInput } from "../capture/source.ts";
import { setBounded } from "../bounded-map.ts";
import type { DecodeLimits } from "../limits.ts";
import { ConnectionTable, endpointText } from "../net/connections.ts";
import { FragmentTable } from "../net/fragments.ts";
import { type IpPayload, readIp } from "../net/ip.ts";
import { ipOfPacket, knowsLinkType } from "../net/link.ts";
import { tunnelled } from "../net/tunnel.ts";
import { readTcp, readUdp } from "../net/transport.ts";
import type { Notes } from "../notes.ts";
import { isDatagramPdu } from "./header.ts";
import type { Channel, RawPdu } from "./pdu.ts";
import { TcpStream } from "./tcp-stream.ts";

const PROTOCOL_TCP = 6;
const PROTOCOL_UDP = 17;
/** More tunnels in tunnels than any network uses. */
const MAX_TUNNELS = 4;

/**
 * Every MS-RPC PDU of a capture file, in the order in which they became complete: over TCP, in UDP datagrams, in named
 * pipes of SMB 1 and 2. What was lost or malformed is told in `notes`.
 * @throws ComError E_INVALIDARG when the bytes are no capture file.
 */
export function* findPdus(capture: CaptureInput, limits: DecodeLimits, notes: Notes): Generator<RawPdu> {
  const finder = new PduFinder(limits, notes);
  for (const packet of openCapture(capture, limits, notes)) yield* finder.packet(packet);
  yield* finder.end();
}

class PduFinder {
  readonly #notes: Notes;
  readonly #limits: DecodeLimits;
  readonly #fragments: FragmentTable;
  readonly #connections: ConnectionTable;
  readonly #udpChannels = new Map<string, Channel>();
  readonly #unknownLinks = new Set<number>();
  #udpStreams = 0;
  #found: RawPdu[] = [];
  #frame = 0;

  constructor(limits: DecodeLimits, notes: Notes) {
    this.#limits = limits;
    this.#notes = notes;
    this.#fragments = new FragmentTable(limits.maxFragmentedDatagrams);
    const emit = (pdu: RawPdu): void => void this.#found.push(pdu);
    this.#connections = new ConnectionTable(limits, (info) => new TcpStream(info, limits, notes, emit).sinks);
  }

  /** The PDUs this packet completes. */
  packet(packet: Packet): readonly RawPdu[] {
    this.#frame = packet.frame;
    this.#checkLink(packet);
    const datagram = ipOfPacket(packet.linkType, packet.data);
    let whole = datagram === undefined ? undefined : this.#whole(datagram);
    for (let depth = 0; whole !== undefined && depth < MAX_TUNNELS; depth++) {
      const inside = tunnelled(whole.protocol, whole.data);
      if (inside === undefined) break;
      whole = this.#whole(inside);
    }
    if (whole?.protocol === PROTOCOL_TCP) this.#tcp(whole, packet);
    else if (whole?.protocol === PROTOCOL_UDP) this.#udp(whole, packet);
    return this.#take();
  }

  /** The datagram, once all its fragments are there. */
  #whole(datagram: Uint8Array): IpPayload | undefined {
    const piece = readIp(datagram);
    return piece === undefined ? undefined : this.#fragments.add(piece);
  }

  end(): readonly RawPdu[] {
    this.#connections.end(this.#frame);
    return this.#take();
  }

  #take(): readonly RawPdu[] {
    const found = this.#found;
    if (found.length > 0) this.#found = [];
    return found;
  }

  #checkLink(packet: Packet): void {
    const { linkType } = packet;
    if (knowsLinkType(linkType) || this.#unknownLinks.has(linkType)) return;
    this.#unknownLinks.add(linkType);
    this.#notes.add(packet.frame, `packets of link type ${linkType} are not read`);
  }

  #tcp(ip: IpPayload, packet: Packet): void {
    const segment = readTcp(ip.data, ip.length);
    if (segment === undefined) return;
    this.#connections.add(ip.source, ip.destination, segment, packet.frame, packet.time);
  }

  #udp(ip: IpPayload, packet: Packet): void {
    const datagram = readUdp(ip.data);
    if (datagram === undefined) return;
    const source = { address: ip.source, port: datagram.sourcePort };
    const destination = { address: ip.destination, port: datagram.destinationPort };
    const channel = this.#udpChannel(endpointText(source), endpointText(destination));
    if (!isDatagramPdu(datagram.data, datagram.length)) return;
    const { frame, time } = packet;
    this.#found.push({
      frame,
      time,
      channel,
      source,
      destination,
      bytes: datagram.data,
      missing: datagram.length - datagram.data.length,
    });
  }

  #udpChannel(source: string, destination: string): Channel {
    const key = source < destination ? `${source} ${destination}` : `${destination} ${source}`;
    const known = this.#udpChannels.get(key);
    if (known !== undefined) return known;
    const channel: Channel = { carrier: "udp", stream: this.#udpStreams++ };
    setBounded(this.#udpChannels, key, channel, this.#limits.maxConnections);
    return channel;
  }
}
