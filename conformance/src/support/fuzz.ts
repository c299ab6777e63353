import type { Connection, ConnectionSink, RpcEndpoint, Transport } from "comity/rpc";

/** Numbers that are the same for the same seed (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  bytes(length: number): Buffer {
    const made = Buffer.alloc(length);
    for (let i = 0; i < length; i++) made[i] = this.below(256);
    return made;
  }
}

/** What one client sent over one connection. */
export interface Session {
  readonly endpoint: RpcEndpoint;
  readonly writes: Buffer[];
}

/** A transport that notes what its clients send. */
export function recording(transport: Transport, sessions: Session[]): Transport {
  return wrapped(transport, (endpoint) => {
    const session: Session = { endpoint, writes: [] };
    sessions.push(session);
    return (bytes) => {
      session.writes.push(Buffer.from(bytes));
      return undefined;
    };
  });
}

/** A transport that goes mad now and then: one write in `rarity` is mutated, and one read in four times as many. */
export function mutating(transport: Transport, random: Random, rarity: number): Transport {
  return wrapped(
    transport,
    () => (bytes) => (random.below(rarity) === 0 ? mutate(bytes, random) : undefined),
    (bytes) => {
      if (random.below(rarity * 4) === 0) spoil(bytes, random);
    },
  );
}

type OnWrite = (bytes: Uint8Array) => Buffer | undefined;
/** May change the bytes in place. */
type OnRead = (bytes: Uint8Array) => void;

function wrapped(
  transport: Transport,
  open: (endpoint: RpcEndpoint) => OnWrite,
  onRead: OnRead = () => undefined,
): Transport {
  return {
    protseq: transport.protseq,
    fragmentBytes: transport.fragmentBytes,
    connect: async (endpoint, signal) =>
      new WatchedConnection(await transport.connect(endpoint, signal), open(endpoint), onRead),
    listen: (endpoint, accept) => transport.listen(endpoint, accept),
  };
}

class WatchedConnection implements Connection {
  readonly #inner: Connection;
  readonly #onWrite: OnWrite;
  readonly #onRead: OnRead;

  constructor(inner: Connection, onWrite: OnWrite, onRead: OnRead) {
    this.#inner = inner;
    this.#onWrite = onWrite;
    this.#onRead = onRead;
  }

  get protseq(): string {
    return this.#inner.protseq;
  }

  get remote(): string {
    return this.#inner.remote;
  }

  get local(): string {
    return this.#inner.local;
  }

  get isPrivate(): boolean {
    return this.#inner.isPrivate;
  }

  start(sink: ConnectionSink): void {
    const onRead = this.#onRead;
    this.#inner.start({
      received(buffer, start, end) {
        onRead(buffer.subarray(start, end));
        sink.received(buffer, start, end);
      },
      room: () => sink.room(),
      written: () => sink.written(),
      disconnected: (error) => sink.disconnected(error),
    });
  }

  write(bytes: Uint8Array, start: number, end: number): boolean {
    const other = this.#onWrite(bytes.subarray(start, end));
    return other === undefined
      ? this.#inner.write(bytes, start, end)
      : this.#inner.write(other, 0, other.length);
  }

  pause(): void {
    this.#inner.pause();
  }

  resume(): void {
    this.#inner.resume();
  }

  end(): void {
    this.#inner.end();
  }

  destroy(): void {
    this.#inner.destroy();
  }
}

const extremes = [
  0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
];

/**
 * Bytes with one to four things wrong. Network addresses within are left alone, and stay where they are: a server must not be made to talk to machines
 * outside of the test.
 */
export function mutate(bytes: Uint8Array, random: Random): Buffer {
  let mutant: Buffer = Buffer.from(bytes);
  const untouchable = addressRanges(mutant);
  for (let count = 1 + random.below(4); count > 0 && mutant.length > 0; count--) {
    const at = random.below(mutant.length);
    if (untouchable.some(([from, to]) => at + 4 > from && at < to)) continue;
    switch (random.below(untouchable.length === 0 ? 8 : 5)) {
      case 0:
      case 1:
        mutant[at] = (mutant[at] ?? 0) ^ (1 << random.below(8));
        break;
      case 2:
        mutant[at] = random.below(256);
        break;
      case 3:
        if (at + 4 <= mutant.length) mutant.writeUInt32LE(random.pick(extremes), at);
        break;
      case 4:
        if (at + 2 <= mutant.length) mutant.writeUInt16LE(random.pick(extremes) & 0xffff, at);
        break;
      case 5:
        mutant = mutant.subarray(0, at);
        break;
      case 6:
        mutant = Buffer.concat([
          mutant.subarray(0, at),
          random.bytes(1 + random.below(16)),
          mutant.subarray(at),
        ]);
        break;
      default:
        mutant = Buffer.concat([mutant.subarray(0, at), mutant.subarray(at + 1 + random.below(8))]);
    }
  }
  return mutant;
}

/** Flips a bit in place, outside of addresses. */
function spoil(bytes: Uint8Array, random: Random): void {
  if (bytes.length === 0) return;
  const at = random.below(bytes.length);
  if (addressRanges(Buffer.from(bytes)).some(([from, to]) => at >= from && at < to)) return;
  bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
}

/** Where bindings stand, as UTF-16 (with the counts before them) or as text. */
function addressRanges(bytes: Buffer): [from: number, to: number][] {
  const ranges: [number, number][] = [];
  for (const [pattern, before, after] of [
    [Buffer.from("127.", "utf16le"), 24, 48],
    [Buffer.from("127.", "latin1"), 0, 24],
  ] as const) {
    for (let at = bytes.indexOf(pattern); at >= 0; at = bytes.indexOf(pattern, at + 1))
      ranges.push([at - before, at + after]);
  }
  return ranges;
}

/** A packet with a sensible header of a random type, and nonsense in it. */
export function nonsensePacket(random: Random): Buffer {
  const body = random.bytes(random.below(200));
  const header = Buffer.alloc(16);
  header[0] = 5;
  header[2] = random.below(21);
  header[3] = random.pick([3, 0, 1, 2, 0x80, 0x83, random.below(256)]);
  header[4] = random.pick([0x10, 0x00]);
  header.writeUInt16LE(random.below(4) === 0 ? random.below(65_536) : 16 + body.length, 8);
  header.writeUInt16LE(random.below(3) === 0 ? random.below(65_536) : 0, 10);
  header.writeUInt32LE(random.below(8), 12);
  return Buffer.concat([header, body]);
}
