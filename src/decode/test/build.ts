import { ByteWriter } from "../../base/index.ts";

/** Builders of captures and packets for tests: plain, obvious, slow. */

export interface PcapOptions {
  readonly linkType?: number;
  readonly bigEndian?: boolean;
  readonly nanos?: boolean;
}

export interface TestPacket {
  readonly data: Uint8Array;
  /** Length on the wire when the capture cut it. */
  readonly length?: number;
  readonly seconds?: number;
  /** Microseconds, or nanoseconds. */
  readonly ticks?: number;
}

export function pcap(packets: readonly TestPacket[], options: PcapOptions = {}): Uint8Array {
  const u32 = options.bigEndian ? be32 : le32;
  const u16 = options.bigEndian ? be16 : le16;
  const magic = options.nanos ? 0xa1b23c4d : 0xa1b2c3d4;
  const parts = [u32(magic), u16(2), u16(4), u32(0), u32(0), u32(262_144), u32(options.linkType ?? 101)];
  for (const packet of packets) {
    parts.push(u32(packet.seconds ?? 1), u32(packet.ticks ?? 0));
    parts.push(u32(packet.data.length), u32(packet.length ?? packet.data.length), packet.data);
  }
  return concat(...parts);
}

export function le16(value: number): Uint8Array {
  return be16(value).toReversed();
}

export function le32(value: number): Uint8Array {
  return be32(value).toReversed();
}

export function be16(value: number): Uint8Array {
  return Uint8Array.of((value >>> 8) & 255, value & 255);
}

export function be32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

export interface SegmentOptions {
  readonly from?: "client" | "server";
  readonly seq: number;
  readonly ack?: number;
  readonly data?: Uint8Array;
  readonly flags?: { readonly syn?: boolean; readonly fin?: boolean; readonly rst?: boolean };
  readonly clientPort?: number;
  readonly serverPort?: number;
}

/** An IPv4 packet with a TCP segment between 10.0.0.1 (client) and 10.0.0.2 (server). */
export function tcpPacket(options: SegmentOptions): Uint8Array {
  const fromClient = options.from !== "server";
  const ports = [options.clientPort ?? 50_000, options.serverPort ?? 135];
  const [source, destination] = fromClient ? ports : ports.toReversed();
  const { syn, fin, rst } = options.flags ?? {};
  const flags = (fin ? 1 : 0) | (syn ? 2 : 0) | (rst ? 4 : 0) | (options.ack === undefined ? 0 : 16);
  const segment = concat(
    be16(source as number),
    be16(destination as number),
    be32(options.seq),
    be32(options.ack ?? 0),
    Uint8Array.of(0x50, flags, 0xff, 0xff, 0, 0, 0, 0),
    options.data ?? new Uint8Array(),
  );
  return ipv4Packet(6, segment, { fromClient });
}

export interface Ipv4Options {
  readonly fromClient?: boolean;
  readonly id?: number;
  readonly offset?: number;
  readonly more?: boolean;
}

export function ipv4Packet(protocol: number, payload: Uint8Array, options: Ipv4Options = {}): Uint8Array {
  const client = Uint8Array.of(10, 0, 0, 1);
  const server = Uint8Array.of(10, 0, 0, 2);
  const pair = (options.fromClient ?? true) ? [client, server] : [server, client];
  return concat(
    Uint8Array.of(0x45, 0),
    be16(20 + payload.length),
    be16(options.id ?? 0),
    be16(((options.offset ?? 0) >> 3) | (options.more ? 0x2000 : 0)),
    Uint8Array.of(64, protocol, 0, 0),
    ...pair,
    payload,
  );
}

/** A request PDU of `length` bytes: little endian, call id and opnum as given, the stub counting up. */
export function requestPdu(callId: number, opnum = 0, length = 40): Uint8Array {
  const writer = new ByteWriter();
  writer.raw(Uint8Array.of(5, 0, 0, 3, 0x10, 0, 0, 0));
  writer.u16(length);
  writer.u16(0);
  writer.u32(callId);
  writer.u32(length - 24);
  writer.u16(0);
  writer.u16(opnum);
  // 0xa0 and up: no stub byte looks like the beginning of a PDU.
  for (let i = 24; i < length; i++) writer.u8(0xa0 + (i % 64));
  return writer.finish();
}
