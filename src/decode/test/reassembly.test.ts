import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { defaultDecodeLimits } from "../limits.ts";
import { TcpReassembler } from "../net/reassembly.ts";
import { concat } from "./build.ts";

/** Records what a direction delivers: bytes, and gaps as [length]. */
class Recorder {
  parts: Uint8Array[] = [];
  frames: number[] = [];
  gaps: number[] = [];
  ended = false;

  data(chunk: { bytes: Uint8Array; frame: number }): void {
    this.parts.push(chunk.bytes);
    for (let i = 0; i < chunk.bytes.length; i++) this.frames.push(chunk.frame);
  }

  gap(length: number): void {
    this.gaps.push(length);
  }

  end(): void {
    this.ended = true;
  }

  get bytes(): Uint8Array {
    return concat(...this.parts);
  }
}

interface Piece {
  readonly seq: number;
  readonly data?: Uint8Array;
  readonly syn?: boolean;
  readonly lost?: number;
}

function start(limits = defaultDecodeLimits): {
  sink: Recorder;
  tcp: TcpReassembler;
  add: (...p: Piece[]) => void;
} {
  const sink = new Recorder();
  const tcp = new TcpReassembler(sink, limits);
  let frame = 0;
  const add = (...pieces: Piece[]): void => {
    for (const { seq, data = new Uint8Array(), syn = false, lost = 0 } of pieces) {
      const ports = { sourcePort: 1, destinationPort: 2, ack: undefined, fin: false, rst: false };
      tcp.add({ ...ports, seq: seq >>> 0, data, syn, lost }, ++frame, 0n);
    }
  };
  return { sink, tcp, add };
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

test("in order, with the frame of every byte", () => {
  const { sink, add } = start();
  add({ seq: 99, syn: true }, { seq: 100, data: text("abc") }, { seq: 103, data: text("de") });
  assert.deepEqual(sink.bytes, text("abcde"));
  assert.deepEqual(sink.frames, [2, 2, 2, 3, 3]);
});

test("retransmissions are dropped, the first copy stands, new bytes behind old ones count", () => {
  const { sink, add } = start();
  add({ seq: 100, data: text("abcd") }, { seq: 100, data: text("abcd") }, { seq: 102, data: text("XXef") });
  assert.deepEqual(sink.bytes, text("abcdef"));
  assert.deepEqual(sink.gaps, []);
});

test("a keep-alive probe repeats the last byte and adds nothing", () => {
  const { sink, add } = start();
  add({ seq: 100, data: text("ab") }, { seq: 101, data: text("\0") }, { seq: 102, data: text("c") });
  assert.deepEqual(sink.bytes, text("abc"));
});

test("a segment lost for good: known by the acknowledgement", () => {
  const { sink, tcp, add } = start();
  add({ seq: 100, data: text("ab") }, { seq: 105, data: text("fg") });
  assert.deepEqual(sink.gaps, []);
  tcp.acknowledge(104, 3);
  assert.deepEqual(sink.gaps, [], "bytes of the hole alone are acknowledged");
  tcp.acknowledge(107, 4);
  assert.deepEqual(sink.gaps, [3]);
  assert.deepEqual(sink.bytes, text("abfg"));
});

test("acknowledged before the segment after the hole is seen", () => {
  const { sink, tcp, add } = start();
  add({ seq: 100, data: text("ab") });
  tcp.acknowledge(110, 2);
  add({ seq: 110, data: text("k") });
  assert.deepEqual(sink.gaps, [8]);
  assert.deepEqual(sink.bytes, text("abk"));
});

test("at the end what waits is delivered with its gaps", () => {
  const { sink, tcp, add } = start();
  add({ seq: 100, data: text("a") }, { seq: 110, data: text("c") }, { seq: 105, data: text("b") });
  tcp.end(9);
  assert.deepEqual(sink.gaps, [4, 4]);
  assert.deepEqual(sink.bytes, text("abc"));
  assert.ok(sink.ended);
});

test("a packet cut short by the capture leaves a gap at once", () => {
  const { sink, add } = start();
  add({ seq: 100, data: text("ab"), lost: 3 }, { seq: 105, data: text("f") });
  assert.deepEqual(sink.gaps, [3]);
  assert.deepEqual(sink.bytes, text("abf"));
});

test("sequence numbers wrap", () => {
  const { sink, add } = start();
  add({ seq: 0xfffffffd, syn: true });
  add({ seq: 1, data: text("de") }, { seq: 0xfffffffe, data: text("abc") });
  assert.deepEqual(sink.bytes, text("abcde"));
});

test("any order, cutting and repetition of segments gives the stream (property)", () => {
  const model = fc.record({
    initial: fc.integer({ min: 0, max: 0xffffffff }),
    stream: fc.uint8Array({ minLength: 1, maxLength: 60 }),
    cuts: fc.array(fc.tuple(fc.nat(59), fc.integer({ min: 1, max: 60 })), { maxLength: 30 }),
    seed: fc.infiniteStream(fc.nat(1000)),
  });
  fc.assert(
    fc.property(model, ({ initial, stream, cuts, seed }) => {
      const whole = Array.from({ length: Math.ceil(stream.length / 7) }, (_, i): [number, number] => [
        i * 7,
        7,
      ]);
      const order = [...cuts, ...whole].map((cut) => ({ cut, key: seed.next().value as number }));
      order.sort((a, b) => a.key - b.key);
      const { sink, tcp, add } = start();
      add({ seq: initial, syn: true });
      for (const { cut } of order) {
        const [from, length] = cut;
        add({ seq: initial + 1 + from, data: stream.subarray(from, from + length) });
      }
      tcp.end(0);
      assert.deepEqual(sink.bytes, stream);
      assert.deepEqual(sink.gaps, []);
    }),
    { numRuns: 300 },
  );
});

test("hostile: what waits behind a hole is bounded in bytes and in number", () => {
  const limits = { ...defaultDecodeLimits, maxPendingBytes: 100, maxPendingSegments: 10 };
  const { sink, add } = start(limits);
  add({ seq: 0, data: text("a") });
  add({ seq: 1000, data: new Uint8Array(101) });
  assert.deepEqual(sink.gaps, [999], "bytes");
  for (let i = 0; i < 11; i++) add({ seq: 10_000 - i * 2, data: text("x") });
  assert.equal(sink.gaps.length, 2, "the eleventh segment gives up the first hole");
});
