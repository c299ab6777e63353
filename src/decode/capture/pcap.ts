import type { DecodeLimits } from "../limits.ts";
import type { Notes } from "../notes.ts";
import type { Packet } from "./packet.ts";
import type { ByteSource } from "./source.ts";

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
export function* readPcap(source: ByteSource, limits: DecodeLimits, notes: Notes): Generator<Packet> {
  const header = source.take(GLOBAL_HEADER);
  const format = formatOf(header);
  if (format === undefined) return;
  // The upper bits say how long the frame check sequence is; the type is the lower 16.
  const linkType = viewOf(header).getUint32(20, format.littleEndian) & 0xffff;
  for (let frame = 1; source.peek(1).length > 0; frame++) {
    const packet = readRecord(source, format, { frame, linkType }, limits);
    if (typeof packet === "string") {
      notes.add(frame, packet);
      return;
    }
    yield packet;
  }
}

/** One record; a text when the file ends or is damaged here. */
function readRecord(
  source: ByteSource,
  format: PcapFormat,
  place: Pick<Packet, "frame" | "linkType">,
  limits: DecodeLimits,
): Packet | string {
  const { littleEndian, nanosPerTick, recordHeader } = format;
  const record = source.take(recordHeader);
  if (record.length < recordHeader) return CUT_SHORT;
  const view = viewOf(record);
  const captured = view.getUint32(8, littleEndian);
  if (captured > limits.maxPacketBytes) {
    return `packet of ${captured} bytes: the file is damaged here, the rest is not read`;
  }
  const data = source.take(captured);
  if (data.length < captured) return CUT_SHORT;
  const seconds = BigInt(view.getUint32(0, littleEndian));
  const ticks = BigInt(view.getUint32(4, littleEndian));
  const time = seconds * 1_000_000_000n + ticks * nanosPerTick;
  return { ...place, time, data, length: view.getUint32(12, littleEndian) };
}

const CUT_SHORT = "the file is cut short in the middle of this packet";

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
