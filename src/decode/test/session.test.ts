import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex } from "../../base/index.ts";
import { decodePdu, encodePdu } from "../../rpc/index.ts";
import { type DecodedPdu, decodeCapture, defaultDecodeLimits, findPdus, formatPdu, Notes } from "../index.ts";
import { Association } from "../session/association.ts";
import { readPdu } from "../session/read-pdu.ts";
import { StubAssembly } from "../session/calls.ts";
import { defaultLimits } from "../../base/index.ts";
import { requestPdu } from "./build.ts";
import { captureFiles, readCapture } from "./captures.ts";

const A1 = "A1_mmc20_idispatch_itypeinfo_integrity.pcap";

function frameOf(pdus: Iterable<DecodedPdu>, frame: number): DecodedPdu {
  for (const pdu of pdus) if (pdu.frame === frame) return pdu;
  throw new Error(`no PDU in frame ${frame}`);
}

test("a bind lists what it offers; its answer says what became of it", () => {
  const pdus = [...decodeCapture(readCapture(A1))];
  const bind = frameOf(pdus, 4);
  assert.equal(bind.type, "bind");
  assert.equal(bind.direction, "toServer");
  assert.equal(bind.time, "2023-09-12T07:38:14.756299Z");
  assert.deepEqual(bind.interface, {
    uuid: "99fcfec4-5260-101b-bbcb-00aa0021347a",
    version: "0.0",
    name: "IObjectExporter",
  });
  const answer = JSON.parse(JSON.stringify(frameOf(pdus, 5).body)) as {
    endpoint: string;
    results: unknown[];
  };
  assert.equal(answer.endpoint, "135");
  assert.deepEqual(answer.results, [
    {
      contextId: 0,
      result: "acceptance",
      transferSyntax: { uuid: "8a885d04-1ceb-11c9-9fe8-08002b104860", version: "2.0", name: "NDR" },
    },
    {
      contextId: 1,
      result: "negotiate_ack",
      features: ["security context multiplexing", "keep connection on orphan"],
    },
  ]);
});

test("a response has interface, method and object of its request", () => {
  const pdus = [...decodeCapture(readCapture(A1))];
  const [request, response] = [frameOf(pdus, 63), frameOf(pdus, 64)];
  for (const pdu of [request, response]) {
    assert.equal(pdu.interface?.name, "IRemUnknown2");
    assert.equal(pdu.method, "RemQueryInterface");
    assert.equal(pdu.opnum, 3);
    assert.equal(pdu.object, "0000f800-0668-04ec-225c-99ce1c620266");
    assert.deepEqual([pdu.auth?.type, pdu.auth?.level, pdu.auth?.levelName], [9, 5, "integrity"]);
  }
  assert.equal(response.direction, "toClient");
});

test("a context rejected for NDR and offered again later keeps its interface", () => {
  // Frames 65 to 70: context 2 with NDR is rejected beside NDR64, then offered again and accepted.
  const pdus = [...decodeCapture(readCapture(A1))];
  assert.equal(frameOf(pdus, 69).interface?.name, "IClassFactory");
  assert.equal(frameOf(pdus, 69).method, "CreateInstance");
});

test("fragments are told apart, and sealed stubs said to be sealed", () => {
  const pdus = [...decodeCapture(readCapture("B3_wmi_execmethod_sealed.cap"))];
  const pieces = [59, 65, 71, 74].map((frame) => frameOf(pdus, frame));
  assert.deepEqual(
    pieces.map((pdu) => pdu.fragment),
    ["first", "middle", "middle", "last"],
  );
  assert.ok(pieces.every((pdu) => pdu.method === "GetObject"));
  assert.deepEqual(pieces[0]?.body, { sealed: true, stubBytes: 5728 });
});

test("a fault has its status by name", () => {
  const pdus = [...decodeCapture(readCapture("A5_suricata_gap_handling.pcap"))];
  const fault = frameOf(pdus, 12);
  assert.equal(fault.type, "fault");
  assert.equal(fault.status?.code, 0x00000721);
  assert.equal(fault.status?.name, "RPC_S_SEC_PKG_ERROR");
});

test("a connectionless PDU says interface and method by itself", () => {
  const [pdu] = [...decodeCapture(readCapture("D3_ndpi_dcerpc.pcap"))];
  assert.equal(pdu?.carrier, "udp");
  assert.equal(pdu?.interface?.name, "PNIO-Device");
  assert.equal(pdu?.method, "Connect");
  assert.equal(pdu?.object, "dea00000-6c97-11d1-8271-00010101014d");
  assert.deepEqual(pdu?.flags, ["idempotent"]);
});

test("over SMB the pipe is named", () => {
  const pdus = [...decodeCapture(readCapture(A1))];
  const pdu = frameOf(pdus, 580);
  assert.deepEqual(
    [pdu.carrier, pdu.pipe, pdu.interface?.name, pdu.method],
    ["smb", "samr", "samr", "SamrConnect5"],
  );
});

test("every call of a whole DCOM session is decoded to its arguments and results, with nothing left over", () => {
  let calls = 0;
  for (const pdu of decodeCapture(readCapture(A1))) {
    if (pdu.carrier !== "tcp" || (pdu.type !== "request" && pdu.type !== "response")) continue;
    const body = JSON.stringify(pdu.body);
    assert.match(body, pdu.type === "request" ? /"arguments":/ : /"results":/, `frame ${pdu.frame}`);
    assert.doesNotMatch(body, /"error":|"unreadBytes":/, `frame ${pdu.frame}`);
    calls++;
  }
  assert.equal(calls, 430);
});

test("the arguments of a late-bound call, as Windows sent them", () => {
  // ExecuteShellCommand("cmd", "", "/c hostname", "7") of MMC20.Application: arguments stand in reverse order.
  const pdus = [...decodeCapture(readCapture(A1))];
  const body = JSON.parse(JSON.stringify(frameOf(pdus, 516).body)) as {
    arguments: { dispIdMember: number; pDispParams: { rgvarg: unknown } };
  };
  assert.equal(body.arguments.dispIdMember, 54);
  assert.deepEqual(
    body.arguments.pDispParams.rgvarg,
    ["7", "/c hostname", "", "cmd"].map((value) => ({ vt: "VT_BSTR", value })),
  );
  assert.equal(frameOf(pdus, 517).status?.name, "S_OK");
});

test("endpoint map entries are read floor by floor, in NDR64 too", () => {
  const pdus = [...decodeCapture(readCapture("A4_ie_dllhijack_dcom_ntlm_krb_integrity.cap"))];
  const { results } = JSON.parse(JSON.stringify(frameOf(pdus, 148).body)) as {
    results: { towers: string[][] };
  };
  assert.deepEqual(results.towers[0], [
    "netlogon 1.0",
    "NDR 2.0",
    "connection-oriented",
    "tcp [49674]",
    "ip 172.18.38.5",
  ]);
});

test("encoding what was decoded gives the same bytes, for every PDU of the captures", () => {
  let count = 0;
  for (const name of captureFiles()) {
    for (const { bytes, channel, frame } of findPdus(readCapture(name), defaultDecodeLimits, new Notes(9))) {
      if (channel.carrier === "udp") continue;
      count++;
      assert.deepEqual(encodePdu(decodePdu(bytes)), bytes, `${name} frame ${frame}`);
    }
  }
  assert.ok(count > 600);
});

test("a PDU that cannot be read still says what it is", () => {
  const association = new Association(defaultLimits);
  const pdu = requestPdu(9, 7, 60);
  const cut = readPdu(pdu.subarray(0, 30), 30);
  assert.match(cut.error ?? "", /30 bytes were not captured/);
  assert.deepEqual([association.explain(cut).opnum, association.explain(cut).contextId], [7, 0]);
  // An authentication length longer than the PDU.
  const broken = pdu.slice();
  broken[10] = 200;
  const read = readPdu(broken, 0);
  assert.equal(read.type, 0);
  assert.equal(read.opnum, 7);
  assert.notEqual(read.error, undefined);
});

test("stubs of fragments are joined; missing beginnings and too much are not", () => {
  const part = Uint8Array.of(1, 2);
  const assembly = new StubAssembly(5);
  assert.equal(assembly.add(part, true, false), undefined);
  assert.deepEqual(assembly.add(part, false, true), Uint8Array.of(1, 2, 1, 2));
  assert.equal(assembly.add(part, false, true), undefined, "no first fragment");
  assembly.add(part, true, false);
  assembly.add(part, false, false);
  assert.equal(assembly.add(part, false, true), undefined, "past the limit");
  assert.deepEqual(assembly.add(part, true, true), part, "a new call begins anew");
});

test("the line of a PDU", () => {
  const pdu = frameOf(decodeCapture(readCapture(A1)), 63);
  assert.equal(
    formatPdu(pdu),
    "    63  2  192.168.56.102:49727 > 192.168.56.101:49724  request  call 2  IRemUnknown2.RemQueryInterface  " +
      "SPNEGO integrity  object 0000f800-0668-04ec-225c-99ce1c620266",
  );
  const lines = formatPdu(pdu, { verbose: true }).split("\n");
  assert.equal(lines[1], "        time: 2023-09-12T07:38:14.937673Z");
  assert.ok(lines.some((line) => line.includes("causality: 93db879a-5aeb-4f84-97be-637a19b65b22")));
});

test("everything decoded can be printed as JSON", () => {
  for (const name of captureFiles()) {
    for (const pdu of decodeCapture(readCapture(name))) assert.doesNotThrow(() => JSON.stringify(pdu));
  }
  assert.ok(fromHex("00").length === 1);
});
