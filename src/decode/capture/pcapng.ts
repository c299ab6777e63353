import type { DecodeLimits } from "../limits.ts";
import type { Notes } from "../notes.ts";
import type { Packet } from "./packet.ts";
import type { ByteSource } from "./source.ts";

const BlockType = {
  interfaceDescription: 1,
  obsoletePacket: 2,
  simplePacket: 3,
  enhancedPacket: 6,
  sectionHeader: 0x0a0d0d0a,
} as const;

/** Type, length, and of a section header the byte-order magic. */
const BLOCK_HEADER = 12;
const CUT_SHORT = "the file is cut short in the middle of a block";
const OPTION_END = 0;
const OPTION_TSRESOL = 9;
const OPTION_TSOFFSET = 14;

/** What an interface description block says about the packets that name it. */
interface Interface {
  readonly linkType: number;
  readonly snapLength: number;
  /** Ticks per second of its time stamps. */
  readonly ticksPerSecond: bigint;
  /** Seconds to add to its time stamps. */
  readonly offset: bigint;
}

/** One block, its body's place in its bytes. */
interface Block {
  readonly type: number;
  readonly start: number;
  readonly end: number;
}

export function isPcapng(bytes: Uint8Array): boolean {
  if (bytes.length < 28) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.getUint32(0, true) === BlockType.sectionHeader && byteOrder(view, 8) !== undefined;
}

/** True for little endian, false for big endian, undefined when the byte-order magic is neither. */
function byteOrder(view: DataView, at: number): boolean | undefined {
  const magic = view.getUint32(at, false);
  if (magic === 0x1a2b3c4d) return false;
  return magic === 0x4d3c2b1a ? true : undefined;
}

/** The packets of a pcapng file (draft-ietf-opsawg-pcapng), all its sections. */
export function* readPcapng(source: ByteSource, limits: DecodeLimits, notes: Notes): Generator<Packet> {
  yield* new PcapngReader(source, limits, notes).packets();
}

class PcapngReader {
  readonly #source: ByteSource;
  /** The block being read. */
  #bytes: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(this.#bytes.buffer);
  readonly #limits: DecodeLimits;
  readonly #notes: Notes;
  #littleEndian = true;
  #interfaces: Interface[] = [];
  #frame = 0;

  constructor(source: ByteSource, limits: DecodeLimits, notes: Notes) {
    this.#source = source;
    this.#limits = limits;
    this.#notes = notes;
  }

  *packets(): Generator<Packet> {
    for (let block = this.#next(); block !== undefined; block = this.#next()) {
      const packet = this.#readBlock(block);
      if (packet !== undefined) yield packet;
    }
  }

  #next(): Block | undefined {
    this.#load(this.#source.peek(BLOCK_HEADER));
    const left = this.#bytes.length;
    if (left === 0) return undefined;
    if (left < BLOCK_HEADER) return this.#stop(CUT_SHORT);
    const type = this.#view.getUint32(0, this.#littleEndian);
    if (type === BlockType.sectionHeader && !this.#startSection()) {
      return this.#stop("a section header without a byte-order magic: the rest is not read");
    }
    const length = this.#view.getUint32(4, this.#littleEndian);
    if (length < 12 || length % 4 !== 0 || length > this.#limits.maxPacketBytes) {
      return this.#stop(`a block of ${length} bytes: the file is damaged here, the rest is not read`);
    }
    this.#load(this.#source.take(length));
    if (this.#bytes.length < length) return this.#stop(CUT_SHORT);
    return { type, start: 8, end: length - 4 };
  }

  #load(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #stop(text: string): undefined {
    this.#notes.add(this.#frame, text);
  }

  #startSection(): boolean {
    const order = byteOrder(this.#view, 8);
    if (order === undefined) return false;
    this.#littleEndian = order;
    this.#interfaces = [];
    return true;
  }

  #readBlock(block: Block): Packet | undefined {
    switch (block.type) {
      case BlockType.interfaceDescription:
        this.#readInterface(block);
        return undefined;
      case BlockType.enhancedPacket:
        return this.#readPacket(block, this.#u32(block, 0));
      case BlockType.obsoletePacket:
        return this.#readPacket(block, this.#u16(block, 0));
      case BlockType.simplePacket:
        return this.#readSimplePacket(block);
      default:
        return undefined;
    }
  }

  #u16(block: Block, offset: number): number {
    const at = block.start + offset;
    return at + 2 > block.end ? 0 : this.#view.getUint16(at, this.#littleEndian);
  }

  #u32(block: Block, offset: number): number {
    const at = block.start + offset;
    return at + 4 > block.end ? 0 : this.#view.getUint32(at, this.#littleEndian);
  }

  #readInterface(block: Block): void {
    if (this.#interfaces.length >= this.#limits.maxInterfaces) return;
    let ticksPerSecond = 1_000_000n;
    let offset = 0n;
    for (let at = 8; block.start + at + 4 <= block.end;) {
      const code = this.#u16(block, at);
      const length = this.#u16(block, at + 2);
      const value = block.start + at + 4;
      if (code === OPTION_END || value + length > block.end) break;
      if (code === OPTION_TSRESOL && length >= 1) ticksPerSecond = resolution(this.#bytes[value] as number);
      if (code === OPTION_TSOFFSET && length >= 8) offset = this.#view.getBigInt64(value, this.#littleEndian);
      at += 4 + ((length + 3) & ~3);
    }
    this.#interfaces.push({
      linkType: this.#u16(block, 0),
      snapLength: this.#u32(block, 4),
      ticksPerSecond,
      offset,
    });
  }

  #readPacket(block: Block, interfaceId: number): Packet | undefined {
    const frame = ++this.#frame;
    const captured = this.#u32(block, 12);
    const start = block.start + 20;
    const from = this.#interfaces[interfaceId];
    if (from === undefined || start + captured > block.end) {
      this.#notes.add(frame, "a damaged packet block");
      return undefined;
    }
    const ticks = (BigInt(this.#u32(block, 4)) << 32n) | BigInt(this.#u32(block, 8));
    return {
      frame,
      time: (ticks * 1_000_000_000n) / from.ticksPerSecond + from.offset * 1_000_000_000n,
      linkType: from.linkType,
      data: this.#bytes.subarray(start, start + captured),
      length: this.#u32(block, 16),
    };
  }

  /** A simple packet block has no time and belongs to the first interface. */
  #readSimplePacket(block: Block): Packet | undefined {
    const frame = ++this.#frame;
    const from = this.#interfaces[0];
    if (from === undefined) {
      this.#notes.add(frame, "a packet before any interface description");
      return undefined;
    }
    const length = this.#u32(block, 0);
    const room = block.end - block.start - 4;
    const snap = from.snapLength === 0 ? length : Math.min(length, from.snapLength);
    const start = block.start + 4;
    const data = this.#bytes.subarray(start, start + Math.max(0, Math.min(snap, room)));
    return { frame, time: 0n, linkType: from.linkType, data, length };
  }
}

/** if_tsresol: a power of ten, or of two when the top bit is set. */
function resolution(value: number): bigint {
  const exponent = BigInt(value & 0x7f);
  return value & 0x80 ? 2n ** exponent : 10n ** exponent;
}
