import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex, toHex } from "../../base/index.ts";
import {
  AvId,
  type AvPair,
  decodeChallenge,
  decodeClientChallenge,
  encodeAuthenticate,
  encodeChallenge,
  ntHash,
  ntlmClient,
} from "../index.ts";
import { rc4 } from "../crypto/rc4.ts";
import { textPair } from "../ntlm/av-pair.ts";
import { utf16Bytes } from "../ntlm/fields.ts";
import { NtlmFlag } from "../ntlm/flags.ts";
import { ntlmV2Hash, upperCase } from "../ntlm/hash.ts";
import { type Direction, sealingKey, signingKey } from "../ntlm/keys.ts";
import { createSession } from "../ntlm/session.ts";
import { respondV1, respondV1Extended } from "../ntlm/v1.ts";
import { encodeClientChallenge, respondLmV2, respondV2 } from "../ntlm/v2.ts";
import { scripted } from "./support.ts";

// The worked examples of [MS-NLMP] 4.2: user "User", domain "Domain", password "Password", server "Server".
const serverChallenge = fromHex("0123456789abcdef");
const clientNonce = fromHex("aaaaaaaaaaaaaaaa");
const randomSessionKey = new Uint8Array(16).fill(0x55);
const hash = ntHash("Password");
const plaintext = utf16Bytes("Plaintext");

const flagsV1 = 0xe2028233;
const flagsV1Extended = 0x820a8233;
const flagsV2 = 0xe28a8233;

/** Seals the plaintext as the first message of a client; answers it with its signature. */
function seal(flags: number, key: Uint8Array): { data: string; signature: string } {
  const bytes = new Uint8Array(plaintext.length + 16);
  bytes.set(plaintext);
  const end = plaintext.length;
  const range = { start: 0, end, sealStart: 0, sealEnd: end, signatureAt: end };
  createSession("client", flags, key).protect(bytes, range, true);
  return { data: toHex(bytes.subarray(0, end)), signature: toHex(bytes.subarray(end)) };
}

test("4.2.2 NTLMv1", () => {
  assert.equal(toHex(hash), "a4f49c406510bdcab6824ee7c30fd852");
  const { ntResponse, keyExchangeKey } = respondV1(hash, serverChallenge);
  assert.equal(toHex(ntResponse), "67c43011f30298a2ad35ece64f16331c44bdbed927841f94");
  assert.equal(toHex(keyExchangeKey), "d87262b0cde4b1cb7499becccdf10784");
  assert.equal(toHex(rc4(keyExchangeKey, randomSessionKey)), "518822b1b3f350c8958682ecbb3e3cb7");
  const sealed = seal(flagsV1, randomSessionKey);
  assert.equal(sealed.data, "56fe04d861f9319af0d7238a2e3b4d457fb8");
  // The page shows the pad it drew at random in bytes 4 to 7; ours is zero, as the text has it.
  assert.equal(sealed.signature, "010000000000000009dcd1df2e459d36");
});

test("4.2.3 NTLMv1 with extended session security", () => {
  const { ntResponse, lmResponse, keyExchangeKey } = respondV1Extended(hash, serverChallenge, clientNonce);
  assert.equal(toHex(lmResponse), `aaaaaaaaaaaaaaaa${"00".repeat(16)}`);
  assert.equal(toHex(ntResponse), "7537f803ae367128ca458204bde7caf81e97ed2683267232");
  assert.equal(toHex(keyExchangeKey), "eb93429a8bd952f8b89c55b87f475edc");
  assert.deepEqual(seal(flagsV1Extended, keyExchangeKey), {
    data: "a02372f6530273f3aa1eb90190ce5200c99d",
    signature: "01000000ff2aeb52f681793a00000000",
  });
});

const targetInfo: readonly AvPair[] = [
  textPair(AvId.nbDomainName, "Domain"),
  textPair(AvId.nbComputerName, "Server"),
];

test("4.2.4 NTLMv2: responses and keys", () => {
  const key = ntlmV2Hash(hash, "User", "Domain");
  assert.equal(toHex(key), "0c868a403bfd7a93a3001ef22ef02e3f");
  const challenge = { timestamp: 0n, nonce: clientNonce, pairs: targetInfo };
  const temp = encodeClientChallenge(challenge);
  assert.equal(
    toHex(temp),
    "01010000000000000000000000000000aaaaaaaaaaaaaaaa0000000002000c0044006f006d00610069006e00" +
      "01000c005300650072007600650072000000000000000000",
  );
  assert.deepEqual(decodeClientChallenge(temp), challenge);
  const { response, sessionBaseKey } = respondV2(key, serverChallenge, challenge);
  assert.equal(toHex(response), `68cd0ab851e51c96aabc927bebef6a1c${toHex(temp)}`);
  assert.equal(toHex(sessionBaseKey), "8de40ccadbc14a82f15cb0ad0de95ca3");
  assert.equal(
    toHex(respondLmV2(key, serverChallenge, clientNonce).response),
    "86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa",
  );
  assert.equal(toHex(rc4(sessionBaseKey, randomSessionKey)), "c5dad2544fc9799094ce1ce90bc9d03e");
});

test("4.2.4.4 NTLMv2: session security", () => {
  assert.equal(toHex(signingKey(randomSessionKey, "client-to-server")), "4788dc861b4782f35d43fd98fe1a2d39");
  assert.equal(toHex(signingKey(randomSessionKey, "server-to-client")), "d04d6f10741041d1d246d64188d7a8ad");
  // The 128-bit client key is the page's; the others were computed by pyspnego's tests from the same session key.
  const keys: readonly (readonly [number, Direction, string])[] = [
    [NtlmFlag.key128, "client-to-server", "59f600973cc4960a25480a7c196e4c58"],
    [NtlmFlag.key128, "server-to-client", "9355f3a957c1583d25c4c2f11e40390e"],
    [NtlmFlag.key56, "client-to-server", "a5f7253c1065e8d3d68642040e71cfe0"],
    [NtlmFlag.key56, "server-to-client", "583e2f98959b385cd158f3734b5f5d3f"],
    [0, "client-to-server", "42f964a471091a02ff4a77455366e4e5"],
    [0, "server-to-client", "c5d3853b406b7c1241c595f0ce0750e2"],
  ];
  for (const [flags, direction, key] of keys)
    assert.equal(toHex(sealingKey(randomSessionKey, direction, flags)), key);
  assert.deepEqual(seal(flagsV2, randomSessionKey), {
    data: "54e50165bf1936dc996020c1811b0f06fb5f",
    signature: "010000007fb38ec5c55d497600000000",
  });
  assert.deepEqual(seal((flagsV2 & ~NtlmFlag.keyExchange) >>> 0, randomSessionKey), {
    data: "54e50165bf1936dc996020c1811b0f06fb5f",
    signature: "0100000070352851f256430900000000",
  });
});

test("4.2.4.3 the messages: our client answers the page's challenge with the page's values", async () => {
  const page = fromHex(
    "4e544c4d53535000020000000c000c003800000033828ae20123456789abcdef000000000000000024002400440000000600701700" +
      "00000f53006500720076006500720002000c0044006f006d00610069006e0001000c0053006500720076006500720000000000",
  );
  const challenge = decodeChallenge(page);
  assert.equal(challenge.targetName, "Server");
  assert.equal(challenge.flags, flagsV2);
  assert.deepEqual(challenge.version, { major: 6, minor: 0, build: 6000, revision: 15 });
  assert.deepEqual(challenge.targetInfo, targetInfo);
  assert.equal(toHex(encodeChallenge(challenge)), toHex(page));
  const context = ntlmClient(
    { user: "User", domain: "Domain", password: "Password" },
    {
      workstation: "COMPUTER",
      random: scripted("aaaaaaaaaaaaaaaa", "55".repeat(16)),
      clock: { now: () => -11_644_473_600_000, monotonic: () => 0, after: never, every: never },
    },
  ).createContext({ level: 6 });
  await context.step();
  const token = toHex((await context.step(page)) as Uint8Array);
  // The server told no time: an LMv2 response, and no integrity code.
  assert.ok(token.includes("86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa"));
  assert.equal(toHex(context.sessionKey as Uint8Array), "55".repeat(16));
});

test("4.2.4.3 the page's AUTHENTICATE message is ours, but for the integrity code's place", () => {
  const temp = encodeClientChallenge({ timestamp: 0n, nonce: clientNonce, pairs: targetInfo });
  const ours = encodeAuthenticate({
    flags: 0xe2888235,
    lmResponse: fromHex("86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa"),
    ntResponse: fromHex(`68cd0ab851e51c96aabc927bebef6a1c${toHex(temp)}`),
    domain: "Domain",
    user: "User",
    workstation: "COMPUTER",
    encryptedSessionKey: fromHex("c5dad2544fc9799094ce1ce90bc9d03e"),
    version: { major: 5, minor: 1, build: 2600, revision: 15 },
  });
  const payloadOfPage =
    "44006f006d00610069006e00550073006500720043004f004d005000550054004500520086c35097ac9cec102554764a57cccc19" +
    "aaaaaaaaaaaaaaaa68cd0ab851e51c96aabc927bebef6a1c01010000000000000000000000000000aaaaaaaaaaaaaaaa0000000002" +
    "000c0044006f006d00610069006e0001000c005300650072007600650072000000000000000000c5dad2544fc9799094ce1ce90bc9d03e";
  assert.equal(toHex(ours.subarray(88)), payloadOfPage);
  assert.equal(toHex(ours.subarray(60, 72)), "358288e20501280a0000000f");
});

test("upper case goes by single letters", () => {
  assert.equal(upperCase("straße"), "STRAßE");
  assert.equal(upperCase("Käthe"), "KÄTHE");
});

function never(): never {
  throw new Error("no timers here");
}
