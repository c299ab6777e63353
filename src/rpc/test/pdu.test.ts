import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { dirname } from "node:path";
import { suite, test } from "node:test";
import { ComError, fromHex, guid, toHex } from "../../base/index.ts";
import fc from "fast-check";
import { PacketType, PfcFlag } from "../pdu/packet-type.ts";
import { type PduBody, decodePdu, encodePdu, makePdu } from "../pdu/pdu.ts";
import { NDR20, featureSyntax, featuresOf } from "../pdu/syntax.ts";
import { capturePath, pdusOf, tcpStreams } from "./capture-file.ts";

const folder = dirname(capturePath("A1_mmc20_idispatch_itypeinfo_integrity.pcap"));
const files = readdirSync(folder).filter((name) => /\.(pcap|pcapng|cap)$/.test(name));

suite("packets against captured traffic", () => {
  for (const file of files) {
    test(`what is decoded from ${file} encodes to the same bytes`, () => {
      let count = 0;
      for (const stream of tcpStreams(`${folder}/${file}`)) {
        for (const bytes of pdusOf(stream)) {
          const pdu = decodePdu(bytes);
          assert.equal(toHex(encodePdu(pdu)), toHex(bytes));
          count++;
        }
      }
      if (file.startsWith("A1")) assert.equal(count, 461);
      if (file.startsWith("A4")) assert.equal(count, 49);
    });
  }

  test("the first bind of A1 reads as Windows meant it", () => {
    const pdus = tcpStreams(`${folder}/A1_mmc20_idispatch_itypeinfo_integrity.pcap`).flatMap((stream) =>
      [...pdusOf(stream)].map((bytes) => decodePdu(bytes)),
    );
    const bind = pdus.find((pdu) => pdu.body.type === PacketType.bind)?.body;
    assert.ok(bind?.type === PacketType.bind);
    assert.equal(bind.maxTransmit, 5840);
    const features = bind.contexts.map((context) => featuresOf(context.transferSyntaxes[0] ?? NDR20));
    assert.ok(features.includes(3));
    const auth3 = pdus.find((pdu) => pdu.body.type === PacketType.auth3);
    assert.equal(auth3?.auth?.service, 10);
  });
});

suite("packets", () => {
  const object = guid("00112233-4455-6677-8899-aabbccddeeff");
  const samples: PduBody[] = [
    { type: PacketType.request, allocHint: 3, contextId: 1, opnum: 7, object, stub: fromHex("010203") },
    { type: PacketType.response, allocHint: 0, contextId: 1, cancelCount: 0, reserved: 0, stub: fromHex("") },
    {
      type: PacketType.fault,
      allocHint: 32,
      contextId: 0,
      cancelCount: 0,
      faultFlags: 0,
      status: 5,
      reserved: 0,
      stub: fromHex(""),
    },
    { type: PacketType.bindNak, reason: 4, versions: [[5, 0]] },
    { type: PacketType.shutdown },
    { type: PacketType.coCancel },
    { type: PacketType.orphaned },
  ];
  for (const body of samples) {
    test(`type ${body.type} goes there and back`, () => {
      const flags =
        PfcFlag.first | PfcFlag.last | (body.type === PacketType.request ? PfcFlag.objectUuid : 0);
      const pdu = decodePdu(encodePdu(makePdu(body, 77, flags)));
      assert.deepEqual(pdu.body, body);
      assert.equal(pdu.header.callId, 77);
    });
  }

  test("a big-endian bind", () => {
    const pdu = decodePdu(
      fromHex(
        `05000b03 00000000 0048 0000 00000001 16d0 16d0 00000000 01000000 0000 01 00
         000001a0 0000 0000 c000 000000000046 00000000 8a885d04 1ceb 11c9 9fe8 08002b104860 00000002`,
      ),
    );
    assert.ok(pdu.body.type === PacketType.bind);
    assert.equal(pdu.body.maxTransmit, 5840);
    assert.equal(pdu.body.contexts[0]?.abstractSyntax.uuid, "000001a0-0000-0000-c000-000000000046");
    assert.deepEqual(pdu.body.contexts[0]?.transferSyntaxes, [NDR20]);
  });

  test("bind-time features hide in a transfer syntax", () => {
    assert.equal(featureSyntax(3).uuid, "6cb71c2c-9812-4540-0300-000000000000");
    assert.equal(featuresOf(featureSyntax(3)), 3);
    assert.equal(featuresOf(NDR20), undefined);
  });

  test("hostile bytes give a ComError and nothing else", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 0, max: 20 }), (bytes, type) => {
        bytes[0] = 5;
        if (bytes.length > 9) {
          bytes[2] = type;
          bytes[8] = bytes.length;
          bytes[9] = 0;
        }
        try {
          decodePdu(bytes);
        } catch (error) {
          assert.ok(error instanceof ComError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
