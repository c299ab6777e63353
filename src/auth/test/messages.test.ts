import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ComError, fromHex, toHex } from "../../base/index.ts";
import {
  type AvPair,
  decodeAuthenticate,
  decodeAvPairs,
  decodeChallenge,
  decodeClientChallenge,
  decodeNegotiate,
  encodeAuthenticate,
  encodeChallenge,
  encodeNegotiate,
} from "../index.ts";
import { avFlags, avTimestamp, encodeAvPairs } from "../ntlm/av-pair.ts";
import { NtlmFlag } from "../ntlm/flags.ts";
import { encodeClientChallenge } from "../ntlm/v2.ts";
import { refused } from "./support.ts";

const plainObject = { noNullPrototype: true } as const;
const version = fc.record(
  { major: fc.nat(255), minor: fc.nat(255), build: fc.nat(65_535), revision: fc.nat(255) },
  plainObject,
);
const name = fc.string({ unit: "binary", maxLength: 30 });
const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
const pairs: fc.Arbitrary<AvPair[]> = fc.array(
  fc.record(
    { id: fc.integer({ min: 1, max: 65_535 }), value: fc.uint8Array({ maxLength: 40 }) },
    plainObject,
  ),
  { maxLength: 12 },
);

test("property: messages survive the way there and back", () => {
  const unicode = (NtlmFlag.unicode | NtlmFlag.targetInfo | NtlmFlag.version) >>> 0;
  fc.assert(
    fc.property(name, bytes(8), pairs, version, (targetName, serverChallenge, targetInfo, v) => {
      const message = { flags: unicode, targetName, serverChallenge, targetInfo, version: v };
      assert.deepEqual(decodeChallenge(encodeChallenge(message)), message);
    }),
  );
  const fields = fc.record({
    lmResponse: fc.uint8Array({ maxLength: 24 }),
    ntResponse: fc.uint8Array({ maxLength: 300 }),
    domain: name,
    user: name,
    workstation: name,
    encryptedSessionKey: fc.uint8Array({ maxLength: 16 }),
    version,
    mic: bytes(16),
  });
  fc.assert(
    fc.property(fields, (parts) => {
      const message = { flags: unicode, ...parts };
      assert.deepEqual(decodeAuthenticate(encodeAuthenticate(message)), message);
    }),
  );
  const plain = fc.stringMatching(/^[A-Z0-9-]{0,15}$/);
  fc.assert(
    fc.property(plain, plain, version, (domain, workstation, v) => {
      const flags = (NtlmFlag.domainSupplied | NtlmFlag.workstationSupplied | NtlmFlag.version) >>> 0;
      const message = { flags, domain, workstation, version: v };
      assert.deepEqual(decodeNegotiate(encodeNegotiate(message)), message);
    }),
  );
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 63n }), bytes(8), pairs, (timestamp, nonce, list) => {
      const challenge = { timestamp, nonce, pairs: list };
      assert.deepEqual(decodeClientChallenge(encodeClientChallenge(challenge)), challenge);
    }),
  );
});

test("AV_PAIR lists: limits and what is wrong with them", async () => {
  assert.deepEqual(decodeAvPairs(fromHex("00000000")), []);
  assert.deepEqual(decodeAvPairs(fromHex("00000000ffffffff")), []);
  await refused(() => decodeAvPairs(new Uint8Array(0)), undefined, /ends without MsvAvEOL/, 0x80090308);
  await refused(() => decodeAvPairs(fromHex("01000400aabb")), undefined, /4 bytes wanted/, 0x80090308);
  const many = encodeAvPairs(Array.from({ length: 65 }, () => ({ id: 1, value: new Uint8Array(0) })));
  await refused(() => decodeAvPairs(many), undefined, /more than 64 pairs/);
  await refused(() => avFlags([{ id: 6, value: new Uint8Array(3) }]), undefined, /MsvAvFlags of 3 bytes/);
  await refused(
    () => avTimestamp([{ id: 7, value: new Uint8Array(9) }]),
    undefined,
    /MsvAvTimestamp of 9 bytes/,
  );
});

test("fields that point outside, odd names, wrong types, oversize", async () => {
  const good = encodeChallenge({
    flags: 0x00800001,
    targetName: "SERVER",
    serverChallenge: new Uint8Array(8),
    targetInfo: [],
  });
  const at = (offset: number, ...values: number[]): Uint8Array => {
    const copy = good.slice();
    copy.set(values, offset);
    return copy;
  };
  await refused(
    () => decodeChallenge(at(16, 0xff, 0xff, 0xff, 0xff)),
    undefined,
    /target name .*lies outside/,
  );
  await refused(() => decodeChallenge(at(12, 0xff, 0xff)), undefined, /target name \(65535 bytes/);
  await refused(() => decodeChallenge(at(12, 11, 0)), undefined, /odd number of bytes/);
  await refused(() => decodeChallenge(at(40, 0, 0)), undefined, /announces target information and has none/);
  await refused(() => decodeNegotiate(good), undefined, /NEGOTIATE message: message type 2 where 1 was due/);
  const huge = new Uint8Array(65_536);
  huge.set(good);
  await refused(() => decodeChallenge(huge), undefined, /longer than 65535 bytes/);
  for (let length = 0; length < good.length; length++) {
    assert.throws(() => decodeChallenge(good.subarray(0, length)), ComError);
  }
});

test("short messages of old peers are read", () => {
  assert.deepEqual(decodeNegotiate(fromHex("4e544c4d5353500001000000010203a0")), { flags: 0xa0030201 });
  const nt4 = decodeChallenge(
    fromHex("4e544c4d5353500002000000000000002000000001020000112233445566778800000000".slice(0, 64)),
  );
  assert.equal(toHex(nt4.serverChallenge), "1122334455667788");
  assert.equal(nt4.targetInfo, undefined);
});
