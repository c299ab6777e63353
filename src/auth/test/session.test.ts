import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ntlmClient } from "../index.ts";
import { NtlmFlag } from "../ntlm/flags.ts";
import { createSession } from "../ntlm/session.ts";
import { exchange, logon, refused, serverOf } from "./support.ts";

const client = ntlmClient({ user: "User", password: "Password" });
const altered = /signature does not match/;

test("any changed byte of message or signature is noticed", async () => {
  for (const level of [5, 6] as const) {
    for (const at of [5, 40, 104, 105, 108, 109, 116, 117, 120]) {
      const { client: c, server: s } = await logon(client, serverOf(), level);
      exchange(c, s, level);
      const flip = (pdu: Uint8Array): void => void (pdu[at] = (pdu[at] as number) ^ 0x10);
      await refused(() => exchange(c, s, level, 100, flip), "message signature", altered, 0x8009030f);
    }
  }
});

test("repeated, reordered and left out messages are noticed, also across directions", async () => {
  const fresh = async (): Promise<{
    first: Uint8Array;
    second: Uint8Array;
    open: (pdu: Uint8Array) => void;
    back: (pdu: Uint8Array) => void;
  }> => {
    const { client: c, server: s } = await logon(client, serverOf(), 5);
    const make = (fill: number): Uint8Array => {
      const pdu = new Uint8Array(80).fill(fill);
      c.protect(pdu, 0, 64, 0, 0, 64, 5);
      return pdu;
    };
    return {
      first: make(1),
      second: make(2),
      open: (pdu) => s.unprotect(pdu, 0, 64, 0, 0, 64, 5),
      back: (pdu) => c.unprotect(pdu, 0, 64, 0, 0, 64, 5),
    };
  };
  const repeated = await fresh();
  repeated.open(repeated.first.slice());
  await refused(() => repeated.open(repeated.first), "message signature", altered);
  const leftOut = await fresh();
  await refused(() => leftOut.open(leftOut.second), "message signature", altered);
  const reflected = await fresh();
  await refused(() => reflected.back(reflected.first), "message signature", altered);
});

test("property: messages of any size arrive in both directions, interleaved, at every key length", () => {
  const flags = NtlmFlag.extendedSessionSecurity;
  fc.assert(
    fc.property(
      fc.array(fc.record({ up: fc.boolean(), seal: fc.boolean(), data: fc.uint8Array({ maxLength: 300 }) }), {
        maxLength: 12,
      }),
      fc.constantFrom(NtlmFlag.key128, NtlmFlag.key56, 0),
      fc.constantFrom(NtlmFlag.keyExchange, 0),
      fc.boolean(),
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      (messages, bits, exchangeFlag, extended, key) => {
        const agreed = ((extended ? flags : 0) | bits | exchangeFlag) >>> 0;
        const sides = [createSession("client", agreed, key), createSession("server", agreed, key)] as const;
        for (const { up, seal, data } of messages) {
          const [from, to] = up ? sides : ([sides[1], sides[0]] as const);
          const bytes = new Uint8Array(data.length + 16);
          bytes.set(data);
          const end = data.length;
          const range = { start: 0, end, sealStart: end >> 2, sealEnd: end - (end >> 3), signatureAt: end };
          from.protect(bytes, range, seal);
          // Before Windows 2000 both directions share one key stream: the other side's must keep up.
          assert.ok(to.unprotect(bytes, range, seal));
          assert.deepEqual(bytes.subarray(0, end), data);
        }
      },
    ),
  );
});

test("offsets that do not fit are refused before anything is touched", async () => {
  const { client: c } = await logon(client, serverOf(), 6);
  const pdu = new Uint8Array(100);
  const bad: readonly (readonly [number, number, number, number, number])[] = [
    [0, 90, 0, 90, 90],
    [0, 84, 10, 90, 84],
    [0, 84, 20, 10, 84],
    [10, 84, 5, 80, 84],
    [0, 84, 0, 84, 70],
    [0, 120, 0, 100, 84],
    [-1, 84, 0, 84, 84],
    [20, 84, 20, 84, 10],
  ];
  for (const [start, end, sealStart, sealEnd, at] of bad) {
    await refused(
      () => c.protect(pdu, start, end, sealStart, sealEnd, at, 6),
      undefined,
      /offsets/,
      0x80070057,
    );
    await refused(() => c.unprotect(pdu, start, end, sealStart, sealEnd, at, 6), undefined, /offsets/);
  }
  await refused(() => c.protect(pdu, 0, 84, 0, 84, 84, 2), undefined, /level 2 does not protect/);
  assert.ok(pdu.every((byte) => byte === 0));
});

test("large messages take the platform's HMAC and small ones ours: they agree", async () => {
  const { client: c, server: s } = await logon(client, serverOf(), 6);
  for (const length of [8000, 8191, 8192, 20_000, 100]) {
    exchange(c, s, 6, length);
    exchange(s, c, 6, length);
  }
});
