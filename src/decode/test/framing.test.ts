import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { StreamSink } from "../stream/chunk.ts";
import { type FramedPdu, PduFramer } from "../traffic/pdu-framer.ts";
import { concat, requestPdu } from "./build.ts";

function start(): {
  framer: StreamSink;
  pdus: FramedPdu[];
  notes: string[];
  feed: (bytes: Uint8Array) => void;
} {
  const pdus: FramedPdu[] = [];
  const notes: string[] = [];
  const framer = new PduFramer({ pdu: (pdu) => pdus.push(pdu), note: (_, text) => notes.push(text) });
  let frame = 0;
  const feed = (bytes: Uint8Array): void => framer.data({ bytes, frame: ++frame, time: 0n });
  return { framer, pdus, notes, feed };
}

const callIds = (pdus: readonly FramedPdu[]): number[] => pdus.map((pdu) => pdu.bytes[12] as number);

test("several PDUs in one frame, one PDU over several frames: the frame in which each completes", () => {
  const { pdus, feed } = start();
  const bytes = concat(requestPdu(1), requestPdu(2), requestPdu(3, 0, 100));
  feed(bytes.subarray(0, 85));
  feed(bytes.subarray(85, 90));
  feed(bytes.subarray(90));
  assert.deepEqual(
    pdus.map((pdu) => [pdu.bytes.length, pdu.frame]),
    [
      [40, 1],
      [40, 1],
      [100, 3],
    ],
  );
});

test("any cutting of the stream gives the same PDUs (property)", () => {
  const sizes = fc.array(fc.integer({ min: 24, max: 300 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(sizes, fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }), (lengths, cuts) => {
      const { pdus, feed } = start();
      const bytes = concat(...lengths.map((length, i) => requestPdu(i, 0, length)));
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const step = cuts[i % cuts.length] as number;
        feed(bytes.subarray(at, at + step));
        at += step;
      }
      assert.deepEqual(concat(...pdus.map((pdu) => pdu.bytes)), bytes);
      assert.equal(pdus.length, lengths.length);
    }),
    { numRuns: 200 },
  );
});

test("a gap within one PDU: the rest is stepped over exactly", () => {
  const { framer, pdus, feed } = start();
  const first = requestPdu(1, 0, 200);
  feed(first.subarray(0, 60));
  framer.gap(100, 2);
  feed(concat(first.subarray(160), requestPdu(2)));
  assert.deepEqual(callIds(pdus), [1, 2]);
  assert.deepEqual(
    pdus.map((pdu) => pdu.missing),
    [140, 0],
  );
});

test("a gap past the end of a PDU: the next header is found, even inside a segment", () => {
  const { framer, pdus, feed } = start();
  feed(requestPdu(1, 0, 200).subarray(0, 60));
  framer.gap(1000, 2);
  feed(concat(requestPdu(9, 0, 90).subarray(30), requestPdu(2), requestPdu(3)));
  assert.deepEqual(callIds(pdus), [1, 2, 3]);
});

test("a gap between PDUs: the stream goes on with the next", () => {
  const { framer, pdus, feed } = start();
  feed(requestPdu(1));
  framer.gap(40, 2);
  feed(requestPdu(3));
  assert.deepEqual(callIds(pdus), [1, 3]);
});

test("bytes that are no PDU are noted once and passed over", () => {
  const { pdus, notes, feed } = start();
  feed(concat(requestPdu(1), new Uint8Array(50).fill(0x41), requestPdu(2)));
  assert.deepEqual(callIds(pdus), [1, 2]);
  assert.equal(notes.length, 1);
});

test("hostile: a stream of headers that promise nothing takes linear time", () => {
  const { framer, feed } = start();
  framer.gap(Infinity, 0);
  const noise = new Uint8Array(100_000).fill(5);
  const begin = performance.now();
  for (let i = 0; i < 50; i++) feed(noise);
  assert.ok(performance.now() - begin < 5000);
});
