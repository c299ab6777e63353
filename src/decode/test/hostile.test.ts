import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { decodeCapture, defaultDecodeLimits, findPdus, Notes } from "../index.ts";
import { be32, concat, ipv4Packet, pcap, requestPdu, tcpPacket } from "./build.ts";
import { captureFiles, readCapture } from "./captures.ts";

const small = { ...defaultDecodeLimits, maxConnections: 100, maxFragmentedDatagrams: 10, maxNotes: 5 };

test("a record length past the packet limit stops the reading with a note", () => {
  const file = concat(pcap([{ data: new Uint8Array(10) }]), new Uint8Array(8), be32(0xffffff7f), be32(0));
  const notes = new Notes(10);
  assert.deepEqual([...findPdus(file, defaultDecodeLimits, notes)], []);
  assert.match(notes.list[0]?.text ?? "", /damaged/);
});

test("a gzip bomb stops at the limit", () => {
  const bomb = new Uint8Array(gzipSync(new Uint8Array(20_000_000)));
  const limits = { ...defaultDecodeLimits, maxCaptureBytes: 1_000_000 };
  assert.throws(() => [...findPdus(bomb, limits, new Notes(1))], /unpacks to more/);
});

test("a gzip file cut short gives the packets that are there", () => {
  const packets = Array.from({ length: 2000 }, (_, i) => ({
    data: tcpPacket({ seq: 1 + i * 40, data: requestPdu(i) }),
  }));
  const zipped = new Uint8Array(gzipSync(pcap(packets)));
  const notes = new Notes(5);
  const found = [...findPdus(zipped.subarray(0, zipped.length - 40), defaultDecodeLimits, notes)];
  assert.ok(found.length > 1000 && found.length <= 2000, String(found.length));
  assert.match(notes.list[0]?.text ?? "", /gzip file is cut short/);
});

test("a flood of connections keeps the table small, and the newest still works", () => {
  const packets = [];
  for (let port = 1024; port < 11_024; port++) {
    packets.push({ data: tcpPacket({ seq: 1, flags: { syn: true }, clientPort: port }) });
  }
  packets.push({ data: tcpPacket({ seq: 2, data: requestPdu(7), clientPort: 11_023 }) });
  const [pdu] = [...findPdus(pcap(packets), small, new Notes(5))];
  assert.equal(pdu?.channel.stream, 9999);
});

test("a flood of first fragments keeps the table small", () => {
  const packets = [];
  for (let id = 0; id < 10_000; id++) {
    packets.push({ data: ipv4Packet(6, new Uint8Array(16), { id, more: true }) });
  }
  assert.deepEqual([...findPdus(pcap(packets), small, new Notes(5))], []);
});

test("notes are bounded", () => {
  const notes = new Notes(5);
  const noise = new Uint8Array(30).fill(0x41);
  const packets = [];
  let seq = 1;
  for (let i = 0; i < 100; i++) {
    for (const data of [requestPdu(i), noise]) {
      packets.push({ data: tcpPacket({ seq, data }) });
      seq += data.length;
    }
  }
  assert.equal([...findPdus(pcap(packets), small, notes)].length, 100);
  assert.equal(notes.list.length, 5);
  assert.equal(notes.dropped, 95);
});

test("captures with changed bytes: no exception, no hang, no more PDUs than bytes allow", () => {
  const files = captureFiles()
    .map((name) => readCapture(name))
    .filter((file) => file.length < 30_000);
  const changes = fc.array(fc.tuple(fc.nat(29_999), fc.nat(255)), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(fc.nat(files.length - 1), changes, (which, edits) => {
      const file = Uint8Array.from(files[which] as Uint8Array);
      // The file header stays: what is no capture is refused elsewhere.
      for (const [at, value] of edits) if (at >= 24) file[at % file.length] = value;
      let count = 0;
      try {
        for (const pdu of findPdus(file, defaultDecodeLimits, new Notes(100)))
          count += pdu.bytes.length > 0 ? 1 : 0;
      } catch (error) {
        assert.match(String(error), /not a capture/);
      }
      assert.ok(count <= file.length / 16);
    }),
    { numRuns: 300 },
  );
});

test("captures cut anywhere", () => {
  const file = readCapture("C2_zeek_dce_rpc_ntlm.pcapng");
  for (let length = 28; length < file.length; length += 7) {
    const pdus = [...findPdus(file.subarray(0, length), defaultDecodeLimits, new Notes(100))];
    assert.ok(pdus.length <= 5);
  }
});

test("captures with flipped bits, and cut, are explained to the end or refused", () => {
  const files = captureFiles()
    .map((name) => readCapture(name))
    .filter((file) => file.length < 30_000);
  const flips = fc.array(fc.tuple(fc.nat(29_999), fc.nat(7)), { maxLength: 60 });
  fc.assert(
    fc.property(fc.nat(files.length - 1), flips, fc.nat(29_999), (which, edits, cut) => {
      const whole = files[which] as Uint8Array;
      const file = Uint8Array.from(whole.subarray(0, cut % 3 === 0 ? whole.length : 24 + cut));
      for (const [at, bit] of edits)
        if (at >= 24 && at < file.length) file[at] = (file[at] as number) ^ (1 << bit);
      try {
        for (const pdu of decodeCapture(file, { notes: new Notes(100) })) JSON.stringify(pdu);
      } catch (error) {
        assert.match(String(error), /not a capture/);
      }
    }),
    { numRuns: 300 },
  );
});
