import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { ChunkSource, formatTime, openCapture, type Packet } from "../index.ts";
import { defaultDecodeLimits } from "../limits.ts";
import { Notes } from "../notes.ts";
import { captureFiles, readCapture } from "./captures.ts";
import { be16, be32, concat, le16, le32, pcap } from "./build.ts";

const one = Uint8Array.of(1, 2, 3, 4);

function read(bytes: Uint8Array): { packets: Packet[]; notes: Notes } {
  const notes = new Notes(100);
  return { packets: [...openCapture(bytes, defaultDecodeLimits, notes)], notes };
}

test("pcap: both byte orders, micro- and nanoseconds", () => {
  for (const bigEndian of [false, true]) {
    for (const nanos of [false, true]) {
      const file = pcap([{ data: one, seconds: 7, ticks: 5, length: 90 }], {
        bigEndian,
        nanos,
        linkType: 113,
      });
      const { packets, notes } = read(file);
      const time = 7_000_000_000n + (nanos ? 5n : 5000n);
      assert.deepEqual(packets, [{ frame: 1, time, linkType: 113, data: one, length: 90 }]);
      assert.equal(notes.list.length, 0);
    }
  }
});

test("pcap: a file cut short gives what is whole, and a note", () => {
  const file = pcap([{ data: one }, { data: one }]);
  for (let cut = 1; cut < 20; cut++) {
    const { packets, notes } = read(file.subarray(0, file.length - cut));
    assert.equal(packets.length, 1);
    assert.match(notes.list[0]?.text ?? "", /cut short/);
  }
});

test("pcap in gzip", () => {
  assert.equal(read(new Uint8Array(gzipSync(pcap([{ data: one }])))).packets.length, 1);
});

test("what is no capture is refused", () => {
  assert.throws(
    () => read(new TextEncoder().encode("hello, this is a text file, not a capture")),
    /not a capture/,
  );
  assert.throws(() => read(new Uint8Array()), /not a capture/);
});

test("pcapng: two sections of different byte order, all packet blocks, time resolutions", () => {
  const file = concat(section(false), section(true));
  const { packets, notes } = read(file);
  assert.deepEqual(notes.list, []);
  assert.deepEqual(
    packets.map((p) => [p.frame, p.time, p.linkType, p.length, p.data.length]),
    [
      [1, 0x1_0000_0002n * 1000n, 1, 9, 4],
      [2, 0x1_0000_0002n + 3_000_000_000n, 101, 4, 4],
      [3, 0n, 1, 6, 4],
      [4, 0x1_0000_0002n * 1000n, 1, 4, 4],
      [5, 0x1_0000_0002n * 1000n, 1, 9, 4],
      [6, 0x1_0000_0002n + 3_000_000_000n, 101, 4, 4],
      [7, 0n, 1, 6, 4],
      [8, 0x1_0000_0002n * 1000n, 1, 4, 4],
    ],
  );
});

/** Section header, two interfaces (the second in nanoseconds, three seconds late), and one of every packet block. */
function section(bigEndian: boolean): Uint8Array {
  const u16 = bigEndian ? be16 : le16;
  const u32 = bigEndian ? be32 : le32;
  const block = (type: number, ...parts: Uint8Array[]): Uint8Array => {
    const body = concat(...parts);
    return concat(u32(type), u32(body.length + 12), body, u32(body.length + 12));
  };
  const offset = bigEndian ? concat(u32(0), u32(3)) : concat(u32(3), u32(0));
  const options = concat(
    concat(u16(2), u16(3), Uint8Array.of(101, 116, 104, 0)),
    concat(u16(9), u16(1), Uint8Array.of(9, 0, 0, 0)),
    concat(u16(14), u16(8), offset),
    u32(0),
  );
  const time = [u32(1), u32(2)];
  return concat(
    block(0x0a0d0d0a, u32(0x1a2b3c4d), u16(1), u16(0), u32(0xffffffff), u32(0xffffffff)),
    block(1, u16(1), u16(0), u32(4)),
    block(1, u16(101), u16(0), u32(0), options),
    block(6, u32(0), ...time, u32(4), u32(9), one),
    block(5, u32(0), u32(0), u32(0)),
    block(6, u32(1), ...time, u32(4), u32(4), one, u32(0)),
    block(3, u32(6), one),
    block(2, u16(0), u16(0), ...time, u32(4), u32(4), one),
  );
}

test("times are printed in UTC with what precision they have", () => {
  assert.equal(formatTime(1_600_000_000_123_456_000n), "2020-09-13T12:26:40.123456Z");
  assert.equal(formatTime(1_600_000_000_123_456_789n), "2020-09-13T12:26:40.123456789Z");
});

test("a capture read piece by piece has the packets it has as a whole", () => {
  for (const name of captureFiles()) {
    const bytes = readCapture(name);
    for (const piece of [1, 1000, 70_000]) {
      // A thousand reads are enough of single bytes.
      const file = piece === 1 ? bytes.subarray(0, 2000) : bytes;
      let at = 0;
      const source = new ChunkSource((target) => {
        const part = file.subarray(at, at + Math.min(piece, target.length));
        target.set(part);
        at += part.length;
        return part.length;
      });
      const notes = new Notes(10);
      assert.deepEqual([...openCapture(source, defaultDecodeLimits, notes)], read(file).packets, name);
    }
  }
});
