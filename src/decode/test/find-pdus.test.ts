import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultDecodeLimits, findPdus, Notes, type RawPdu } from "../index.ts";
import { fromHex } from "../../base/index.ts";
import { be16, concat, ipv4Packet, pcap, requestPdu, tcpPacket, type SegmentOptions } from "./build.ts";
import { readCapture } from "./captures.ts";

function find(...segments: SegmentOptions[]): RawPdu[] {
  const file = pcap(segments.map((segment) => ({ data: tcpPacket(segment) })));
  return [...findPdus(file, defaultDecodeLimits, new Notes(100))];
}

const summary = (pdus: readonly RawPdu[]): string[] =>
  pdus.map((pdu) => `frame ${pdu.frame} stream ${pdu.channel.stream} call ${pdu.bytes[12]}`);

test("a connection without SYN is followed from its first PDU on", () => {
  const pdu = requestPdu(1);
  const found = find(
    { seq: 900, data: new Uint8Array(30).fill(7) },
    { seq: 930, data: pdu },
    { from: "server", seq: 5, ack: 970, data: requestPdu(2) },
  );
  assert.deepEqual(summary(found), ["frame 2 stream 0 call 1", "frame 3 stream 0 call 2"]);
  assert.equal(found[0]?.channel, found[1]?.channel, "both directions share their channel");
  assert.deepEqual(found[1]?.source, { address: "10.0.0.2", port: 135 });
});

test("what only begins like RPC does not make a connection one", () => {
  const rest = "x".repeat(60);
  const others: [string, Uint8Array][] = [
    ["a SOCKS answer, its port where the length is", fromHex(`050000010000000000504854${"54".repeat(60)}`)],
    ["a request of Cassandra", fromHex(`0500000101000000005300${"03".repeat(60)}`)],
    ["a length no request can have", fromHex("05000003100000001200000001000000")],
    ["a verifier longer than the PDU", fromHex(`0500000310000000280030${"00".repeat(60)}`)],
    ["a PDU with something else behind it", concat(requestPdu(1), new TextEncoder().encode(rest))],
  ];
  for (const [name, data] of others) assert.deepEqual(find({ seq: 1, data }), [], name);
});

test("a datagram whose body would be longer than itself is none", () => {
  const name = concat(fromHex("04000000"), new Uint8Array(100).fill(0x61));
  const real = fromHex(`0400000010000000${"00".repeat(72)}`);
  const file = (data: Uint8Array): Uint8Array =>
    pcap([{ data: ipv4Packet(17, concat(be16(5000), be16(53), be16(8 + data.length), be16(0), data)) }]);
  assert.equal([...findPdus(file(name), defaultDecodeLimits, new Notes(5))].length, 0);
  assert.equal([...findPdus(file(real), defaultDecodeLimits, new Notes(5))].length, 1);
});

test("connections on the same ports one after the other are told apart by their SYN", () => {
  const syn = { syn: true };
  const found = find(
    { seq: 100, flags: syn },
    { seq: 101, data: requestPdu(1) },
    { seq: 100, flags: syn },
    { seq: 5000, flags: syn },
    { from: "server", seq: 9, ack: 5001, flags: syn },
    { seq: 5001, ack: 10, data: requestPdu(2) },
  );
  assert.deepEqual(summary(found), ["frame 2 stream 0 call 1", "frame 6 stream 1 call 2"]);
  assert.notEqual(found[0]?.channel, found[1]?.channel);
});

test("a closed connection is listened to for a while, then let go", () => {
  const fin = { fin: true };
  const close: SegmentOptions[] = [
    { seq: 1, data: requestPdu(1) },
    { seq: 41, flags: fin },
    { from: "server", seq: 1, ack: 42, flags: fin },
  ];
  const others = Array.from({ length: 5000 }, (_, i): SegmentOptions => ({ seq: i, clientPort: 999 }));
  const late: SegmentOptions = { seq: 41, data: requestPdu(2) };
  assert.equal(find(...close, late).length, 2, "captured a little too late");
  assert.equal(find(...close, ...others, late).length, 1, "long after the end");
});

test("a header that comes in pieces smaller than itself is recognised", () => {
  const pdu = requestPdu(1);
  const found = find(
    { seq: 1, data: pdu.subarray(0, 3) },
    { seq: 4, data: pdu.subarray(3, 9) },
    { seq: 10, data: pdu.subarray(9) },
  );
  assert.deepEqual(summary(found), ["frame 3 stream 0 call 1"]);
});

test("a lost segment that the server received: later PDUs are found", () => {
  const long = requestPdu(1, 0, 400);
  const found = find(
    { seq: 1, data: long.subarray(0, 100) },
    { seq: 301, data: concat(long.subarray(300), requestPdu(2)) },
    { from: "server", seq: 1, ack: 441, data: requestPdu(3) },
  );
  assert.deepEqual(summary(found), [
    "frame 1 stream 0 call 1",
    "frame 2 stream 0 call 2",
    "frame 3 stream 0 call 3",
  ]);
  assert.equal(found[0]?.missing, 300);
});

test("packets cut short by the capture still show their PDU headers", () => {
  const data = tcpPacket({ seq: 1, data: requestPdu(1, 5, 200) });
  const next = tcpPacket({ seq: 201, data: requestPdu(2, 5, 200) });
  const file = pcap([data, next].map((packet) => ({ data: packet.subarray(0, 96), length: packet.length })));
  const found = [...findPdus(file, defaultDecodeLimits, new Notes(100))];
  assert.deepEqual(summary(found), ["frame 1 stream 0 call 1", "frame 2 stream 0 call 2"]);
  assert.equal(found[0]?.missing, 144);
});

test("other protocols give nothing", () => {
  const text = new TextEncoder().encode("GET / HTTP/1.1\r\nHost: example\r\n\r\n");
  assert.deepEqual(
    find({ seq: 1, data: text }, { from: "server", seq: 1, data: new Uint8Array(200).fill(5) }),
    [],
  );
});

/** Numbers of PDUs counted with tshark 4.0.17 (-Y dcerpc, dcerpc.pkt_type occurrences). */
const counts: Readonly<Record<string, number>> = {
  "A1_mmc20_idispatch_itypeinfo_integrity.pcap": 493,
  "A4_ie_dllhijack_dcom_ntlm_krb_integrity.cap": 49,
  "A5_suricata_gap_handling.pcap": 6,
  "B3_wmi_execmethod_sealed.cap": 55,
  "C11_zeek_raw_ntlm_in_smb1.pcap": 14,
  "C12_zeek_smb1_transact_dssetup.cap": 4,
  "C13_zeek_smb2_ioctl.pcapng": 20,
  "D3_ndpi_dcerpc.pcap": 16,
};

test("every PDU of the captures is found", () => {
  for (const [name, count] of Object.entries(counts)) {
    const found = [...findPdus(readCapture(name), defaultDecodeLimits, new Notes(100))];
    assert.equal(found.length, count, name);
    assert.ok(
      found.every((pdu) => pdu.missing === 0),
      name,
    );
  }
});

test("pipes of SMB 1 and 2 have their names", () => {
  const pipes = (name: string): string[] => {
    const found = [...findPdus(readCapture(name), defaultDecodeLimits, new Notes(100))];
    return [
      ...new Set(found.filter((pdu) => pdu.channel.carrier === "smb").map((pdu) => pdu.channel.pipe ?? "?")),
    ];
  };
  assert.deepEqual(pipes("A1_mmc20_idispatch_itypeinfo_integrity.pcap"), ["samr"]);
  assert.deepEqual(pipes("C11_zeek_raw_ntlm_in_smb1.pcap"), ["srvsvc", "lsarpc"]);
  assert.deepEqual(pipes("C12_zeek_smb1_transact_dssetup.cap"), ["lsarpc"]);
});
