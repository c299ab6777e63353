import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ComError, toHex } from "../../base/index.ts";
import { type DecodedPdu, defaultDecodeLimits, explain, type Explained, findPdus, Notes } from "../index.ts";
import { readCapture } from "./captures.ts";

const A1 = "A1_mmc20_idispatch_itypeinfo_integrity.pcap";

/** The PDUs of one TCP stream of A1. */
function stream(number: number): Uint8Array[] {
  const all = findPdus(readCapture(A1), defaultDecodeLimits, new Notes(1));
  return [...all].filter((pdu) => pdu.channel.stream === number).map((pdu) => pdu.bytes);
}

function pdusOf(explained: Explained): DecodedPdu[] {
  assert.equal(explained.kind, "pdus");
  return explained.kind === "pdus" ? [...explained.pdus] : [];
}

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

test("a capture", () => {
  assert.equal(pdusOf(explain(readCapture(A1))).length, 493);
});

test("PDUs as they are, one behind the other, answers explained by what came before", () => {
  const pdus = pdusOf(explain(new Uint8Array(Buffer.concat(stream(0)))));
  assert.deepEqual(
    pdus.map((pdu) => [pdu.type, pdu.method]),
    [
      ["bind", undefined],
      ["bind_ack", undefined],
      ["request", "ServerAlive2"],
      ["response", "ServerAlive2"],
    ],
  );
});

test("hex dumps in the usual forms", () => {
  const [bind] = stream(0) as [Uint8Array];
  const pairs = [...bind].map((byte) => byte.toString(16).padStart(2, "0"));
  const lines = Array.from({ length: Math.ceil(bind.length / 16) }, (_, i) =>
    pairs.slice(i * 16, i * 16 + 16),
  );
  const offset = (i: number, width: number): string => (i * 16).toString(16).padStart(width, "0");
  const end = bind.length.toString(16).padStart(8, "0");
  const two = (line: string[]): string => (line.join("").match(/..../g) ?? []).join(" ");
  const forms: Record<string, string> = {
    digits: toHex(bind),
    pairs: pairs.join(" "),
    "C array": pairs.map((pair) => `0x${pair}`).join(", "),
    "hexdump -C": `${lines.map((l, i) => `${offset(i, 8)}  ${l.slice(0, 8).join(" ")}  ${l.slice(8).join(" ")}  |................|`).join("\n")}\n${end}\n`,
    xxd: lines.map((l, i) => `${offset(i, 8)}: ${two(l)}  ................`).join("\n"),
    Wireshark: lines.map((l, i) => `${offset(i, 4)}   ${l.join(" ")}   ................`).join("\r\n"),
    commented: `# a bind\n${pairs.join(" ")} # its end\n`,
  };
  for (const [name, text] of Object.entries(forms)) {
    const [pdu] = pdusOf(explain(ascii(text)));
    assert.equal(pdu?.type, "bind", name);
    assert.equal(pdu?.length, bind.length, name);
    assert.equal(pdu?.error, undefined, name);
  }
});

test("a PDU cut short says so", () => {
  const [bind] = stream(0) as [Uint8Array];
  const [pdu] = pdusOf(explain(bind.subarray(0, 100)));
  assert.deepEqual([pdu?.type, pdu?.missing], ["bind", 16]);
});

/** Where "MEOW" or "NTLMSSP" stands in the PDUs of a stream. */
function cut(number: number, mark: string): Uint8Array {
  for (const pdu of stream(number)) {
    const at = Buffer.from(pdu).indexOf(mark);
    if (at > 0) return pdu.subarray(at);
  }
  throw new Error(`no ${mark}`);
}

test("an OBJREF alone", () => {
  // The response of frame 70: CreateInstance gives out a standard reference.
  const explained = explain(ascii(toHex(cut(2, "MEOW"))));
  assert.equal(explained.kind, "value");
  assert.match(JSON.stringify(explained), /"objref":"standard".*"publicRefs":5,"oxid":"0xb5c018689dc8086e"/);
});

test("activation properties in an OBJREF", () => {
  const text = JSON.stringify(explain(cut(1, "MEOW")));
  assert.match(text, /"class":"ActivationPropertiesIn"/);
  assert.match(text, /"classId":"49b2791a-b1ae-4c90-9b8e-e860ba07f889"/);
  assert.match(text, /"pwszName":"192\.168\.56\.101"/);
});

test("an NTLM message alone", () => {
  const explained = explain(cut(1, "NTLMSSP"));
  assert.match(JSON.stringify(explained), /"ntlm":"NEGOTIATE"/);
});

test("a VARIANT alone, as Windows marshals it", () => {
  // The first argument of the Invoke in frame 516 of A1: BSTR "7".
  const bytes = "05000000 00000000 08000000 00000000 08000000 b94b9cc4 01000000 02000000 01000000 37000000";
  const expected = { kind: "value", name: "VARIANT", value: { vt: "VT_BSTR", value: "7" } };
  assert.deepEqual(explain(ascii(bytes)), expected);
  assert.deepEqual(explain(ascii(`55736572 00000000 ${bytes}`)), expected);
});

test("what is none of them is refused", () => {
  for (const bytes of [ascii("hello world, this is no dump"), new Uint8Array(), Uint8Array.of(1, 2, 3)]) {
    assert.throws(() => explain(bytes), /neither a capture/);
  }
});

test("hostile: any bytes behind a right beginning end in an answer or a ComError, at once", () => {
  const heads = [
    "05000b0310000000",
    "0500000310000000",
    "0500020310000000",
    "4d454f5701000000",
    "4d454f5704000000",
  ];
  heads.push("4e544c4d53535000020000", "4e544c4d5353500003000000", "6082", "a182", "04000000100000");
  const begin = performance.now();
  fc.assert(
    fc.property(fc.constantFrom(...heads), fc.uint8Array({ maxLength: 300 }), (head, tail) => {
      try {
        const explained = explain(new Uint8Array([...Buffer.from(head, "hex"), ...tail]));
        if (explained.kind === "pdus") JSON.stringify([...explained.pdus]);
      } catch (error) {
        assert.ok(error instanceof ComError, String(error));
      }
    }),
    { numRuns: 2000 },
  );
  assert.ok(performance.now() - begin < 20_000);
});

test("hostile: PDUs of the captures with changed bytes", () => {
  const bytes = new Uint8Array(Buffer.concat([...stream(1), ...stream(2)].slice(0, 60)));
  const edits = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(edits, (changes) => {
      const copy = Uint8Array.from(bytes);
      for (const [at, value] of changes) copy[at] = value;
      try {
        const explained = explain(copy);
        if (explained.kind === "pdus") JSON.stringify([...explained.pdus]);
      } catch (error) {
        assert.ok(error instanceof ComError, String(error));
      }
    }),
    { numRuns: 200 },
  );
});
