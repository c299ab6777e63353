import assert from "node:assert/strict";
import { test } from "node:test";
import { FragmentTable } from "../net/fragments.ts";
import { type IpPayload, readIp } from "../net/ip.ts";
import { ipOfPacket } from "../net/link.ts";
import { tunnelled } from "../net/tunnel.ts";
import { fromHex } from "../../base/index.ts";
import { be16, be32, concat, ipv4Packet } from "./build.ts";

const ip = ipv4Packet(17, Uint8Array.of(1, 2, 3));
const macs = new Uint8Array(12);
const type = (value: number): Uint8Array => be16(value);

test("every link type leads to the same datagram", () => {
  const links: [string, number, Uint8Array][] = [
    ["Ethernet", 1, concat(macs, type(0x0800), ip)],
    ["Ethernet with a VLAN tag", 1, concat(macs, type(0x8100), type(7), type(0x0800), ip)],
    [
      "Ethernet with two tags",
      1,
      concat(macs, type(0x88a8), type(7), type(0x8100), type(8), type(0x0800), ip),
    ],
    ["PPPoE", 1, concat(macs, type(0x8864), fromHex("110000010015"), type(0x0021), ip)],
    ["PPPoE alone", 51, concat(fromHex("110000010015"), type(0x0021), ip)],
    ["PPP", 9, concat(type(0x0021), ip)],
    ["PPP with address and control", 50, concat(fromHex("ff030021"), ip)],
    ["MPLS", 1, concat(macs, type(0x8847), fromHex("0001e0ff000200ff000301ff"), ip)],
    ["LLC SNAP", 1, concat(macs, type(31), fromHex("aaaa03000000"), type(0x0800), ip)],
    ["raw", 101, ip],
    ["raw, BSD's number", 12, ip],
    ["IPv4", 228, ip],
    ["null", 0, concat(fromHex("02000000"), ip)],
    ["loopback", 108, concat(fromHex("00000002"), ip)],
    ["Linux cooked", 113, concat(fromHex("0000030400060000000000000000"), type(0x0800), ip)],
    ["Linux cooked 2", 276, concat(type(0x0800), new Uint8Array(18), ip)],
  ];
  for (const [name, linkType, packet] of links) {
    assert.deepEqual(ipOfPacket(linkType, packet), ip, name);
  }
  assert.equal(ipOfPacket(1, concat(macs, type(0x0806), ip)), undefined, "ARP is no IP");
  assert.equal(ipOfPacket(105, ip), undefined, "a link type we do not know");
});

test("a datagram in a tunnel is taken out of it", () => {
  const tunnels: [string, number, Uint8Array][] = [
    ["IPv4 in IPv4", 4, ip],
    ["IPv4 in IPv6", 41, ip],
    ["GRE", 47, concat(fromHex("00000800"), ip)],
    ["GRE with checksum, key and sequence number", 47, concat(fromHex("b0000800"), new Uint8Array(12), ip)],
    ["GRE of PPTP", 47, concat(fromHex("30810800"), new Uint8Array(12), ip)],
    ["WCCP", 47, concat(fromHex("0000883e"), ip)],
    ["WCCP with its own header", 47, concat(fromHex("0000883e"), fromHex("01020304"), ip)],
    ["Ethernet in GRE", 47, concat(fromHex("00006558"), macs, type(0x0800), ip)],
  ];
  for (const [name, protocol, data] of tunnels) assert.deepEqual(tunnelled(protocol, data), ip, name);
  assert.equal(tunnelled(17, ip), undefined, "UDP is no tunnel");
  assert.equal(tunnelled(47, concat(fromHex("00000806"), ip)), undefined, "ARP in GRE");
  for (let cut = 0; cut < 12; cut++) tunnelled(47, fromHex("b0000800").subarray(0, cut));
});

test("a packet cut anywhere in its headers is no packet, never an exception", () => {
  const packet = concat(macs, type(0x8100), type(7), type(0x0800), ip);
  for (let cut = 0; cut < packet.length - 3; cut++) {
    const inner = ipOfPacket(1, packet.subarray(0, cut));
    if (inner !== undefined) assert.ok((readIp(inner)?.data.length ?? 0) <= 3);
  }
});

test("IPv4: trailing bytes of the link are not payload; what the capture cut is counted", () => {
  const padded = readIp(concat(ip, new Uint8Array(20)));
  assert.deepEqual([padded?.source, padded?.destination], ["10.0.0.1", "10.0.0.2"]);
  assert.deepEqual(padded?.data, Uint8Array.of(1, 2, 3));
  const cut = readIp(ip.subarray(0, 22));
  assert.equal(cut?.data.length, 2);
  assert.equal(cut?.length, 3);
});

/** An IPv6 packet from 2001:db8::1 to fe80:0:0:1::2. */
function ipv6Packet(next: number, payload: Uint8Array): Uint8Array {
  const addresses = fromHex("20010db8000000000000000000000001 fe800000000000010000000000000002");
  return concat(be32(0x60000000), be16(payload.length), Uint8Array.of(next, 64), addresses, payload);
}

test("IPv6: extension headers are stepped over, addresses printed as RFC 5952 says", () => {
  const payload = Uint8Array.of(9, 9, 9, 9, 9, 9, 9, 9);
  const plain = readIp(ipv6Packet(6, payload));
  assert.equal(plain?.source, "2001:db8::1");
  assert.equal(plain?.destination, "fe80:0:0:1::2");
  const hopByHop = fromHex("3c00000000000000");
  const destination = fromHex("0601000000000000 0000000000000000");
  const extended = readIp(ipv6Packet(0, concat(hopByHop, destination, payload)));
  assert.equal(extended?.protocol, 6);
  assert.deepEqual(extended?.data, payload);
});

test("IPv6: fragments", () => {
  const payload = Uint8Array.from({ length: 24 }, (_, i) => i);
  const fragment = (offset: number, more: boolean, bytes: Uint8Array): Uint8Array =>
    ipv6Packet(44, concat(Uint8Array.of(17, 0), be16(offset | (more ? 1 : 0)), be32(77), bytes));
  const table = new FragmentTable(10);
  assert.equal(table.add(readIp(fragment(16, false, payload.subarray(16))) as IpPayload), undefined);
  const whole = table.add(readIp(fragment(0, true, payload.subarray(0, 16))) as IpPayload);
  assert.deepEqual(whole?.data, payload);
  assert.equal(whole?.protocol, 17);
});

test("IPv4: fragments in any order, repeated, overlapping; different datagrams are kept apart", () => {
  const payload = Uint8Array.from({ length: 40 }, (_, i) => i);
  const piece = (from: number, to: number, id = 1): IpPayload =>
    readIp(ipv4Packet(6, payload.subarray(from, to), { id, offset: from, more: to < 40 })) as IpPayload;
  const table = new FragmentTable(10);
  assert.equal(table.add(piece(24, 40)), undefined);
  assert.equal(table.add(piece(24, 40)), undefined);
  assert.equal(table.add(piece(0, 16, 2)), undefined, "the first piece of another datagram");
  assert.equal(table.add(piece(0, 16)), undefined);
  const whole = table.add(piece(8, 32));
  assert.deepEqual(whole?.data, payload);
  assert.equal(whole?.fragment, undefined);
});
