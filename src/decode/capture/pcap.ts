import type { DecodeLimits } from "../limits.ts";
import type { Notes } from "../notes.ts";
import type { Packet } from "./packet.ts";

/** What the magic number of a pcap file says about the rest. */
interface PcapFormat {
  readonly littleEndian: boolean;
  readonly nanosPerTick: bigint;
  readonly recordHeader: number;
}

const GLOBAL_HEADER = 24;

/** Formats by the magic number as its bytes stand in the file. The third is Kuznetzov's, with longer record headers. */
const formats: Readonly<Record<number, PcapFormat>> = {
  0xa1b2c3d4: { littleEndian: false, nanosPerTick: 1000n, recordHeader: 16 },
  0xd4c3b2a1: { littleEndian: true, nanosPerTick: 1000n, recordHeader: 16 },
  0xa1b23c4d: { littleEndian: false, nanosPerTick: 1n, recordHeader: 16 },
  0x4d3cb2a1: { littleEndian: true, nanosPerTick: 1n, recordHeader: 16 },
  0xa1b2cd34: { littleEndian: false, nanosPerTick: 1000n, recordHeader: 24 },
  0x34cdb2a1: { littleEndian: true, nanosPerTick: 1000n, recordHeader: 24 },
};

function formatOf(bytes: Uint8Array): PcapFormat | undefined {
  if (bytes.length < GLOBAL_HEADER) return undefined;
  return formats[new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, false)];
}

export function isPcap(bytes: Uint8Array): boolean {
  return formatOf(bytes) !== undefined;
}

/** The packets of a pcap file (draft-ietf-opsawg-pcap). A file cut short yields what is whole, with a note. */
export function* readPcap(bytes: Uint8Array, limits: DecodeLimits, notes: Notes): Generator<Packet> {
  const format = formatOf(bytes);
  if (format === undefined) return;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { littleEndian } = format;
  // The upper bits say how long the frame check sequence is; the type is the lower 16.
  const linkType = view.getUint32(20, littleEndian) & 0xffff;
  let at = GLOBAL_HEADER;
  for (let frame = 1; at < bytes.length; frame++) {
    const start = at + format.recordHeader;
    const captured = start <= bytes.length ? view.getUint32(at + 8, littleEndian) : Infinity;
    if (captured > limits.maxPacketBytes && captured !== Infinity) {
      notes.add(frame, `packet of ${captured} bytes: the file is damaged here, the rest is not read`);
      return;
    }
    if (start + captured > bytes.length) {
      notes.add(frame, "the file is cut short in the middle of this packet");
      return;
    }
    const seconds = BigInt(view.getUint32(at, littleEndian));
    const ticks = BigInt(view.getUint32(at + 4, littleEndian));
    yield {
      frame,
      time: seconds * 1_000_000_000n + ticks * format.nanosPerTick,
      linkType,
      data: bytes.subarray(start, start + captured),
      length: view.getUint32(at + 12, littleEndian),
    };
    at = start + captured;
  }
}
