/** The parts of a TCP segment that matter here (RFC 9293 3.1). */
export interface TcpSegment {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly seq: number;
  readonly ack: number | undefined;
  readonly syn: boolean;
  readonly fin: boolean;
  readonly rst: boolean;
  readonly data: Uint8Array;
  /** Bytes of the segment on the wire that the capture left out at its end. */
  readonly lost: number;
}

export interface UdpDatagram {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly data: Uint8Array;
  /** Length of the data on the wire; more than `data.length` when the capture cut the packet short. */
  readonly length: number;
}

const FIN = 1;
const SYN = 2;
const RST = 4;
const ACK = 16;

/** @param length of the segment on the wire, with its header. */
export function readTcp(data: Uint8Array, length: number): TcpSegment | undefined {
  if (data.length < 20) return undefined;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const header = ((data[12] as number) >> 4) * 4;
  if (header < 20 || header > length) return undefined;
  const flags = data[13] as number;
  return {
    sourcePort: view.getUint16(0),
    destinationPort: view.getUint16(2),
    seq: view.getUint32(4),
    ack: flags & ACK ? view.getUint32(8) : undefined,
    syn: (flags & SYN) !== 0,
    fin: (flags & FIN) !== 0,
    rst: (flags & RST) !== 0,
    data: data.subarray(Math.min(header, data.length)),
    lost: length - Math.max(header, data.length),
  };
}

/** RFC 768. */
export function readUdp(data: Uint8Array): UdpDatagram | undefined {
  if (data.length < 8) return undefined;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const length = view.getUint16(4) || data.length;
  if (length < 8) return undefined;
  return {
    sourcePort: view.getUint16(0),
    destinationPort: view.getUint16(2),
    data: data.subarray(8, length),
    length: length - 8,
  };
}
