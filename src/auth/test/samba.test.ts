import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock, fromHex, toHex } from "../../base/index.ts";
import {
  AvId,
  avText,
  decodeAuthenticate,
  decodeChallenge,
  decodeClientChallenge,
  decodeNegotiate,
  encodeChallenge,
  spnegoServer,
  splitV2Response,
} from "../index.ts";
import { accountsOf, refused, scripted, serverOf } from "./support.ts";
import { hostile, mthelena } from "./vectors/hostile.ts";
import { samba } from "./vectors/samba.ts";

const recorded = (password: string): ReturnType<typeof serverOf> =>
  serverOf({
    accounts: accountsOf({ User: password }),
    machineName: "SRV",
    dnsMachineName: "srv.example.test",
    requireMic: true,
    clock: new ManualClock(Date.UTC(2026, 0, 1)),
    random: scripted("0123456789abcdef"),
  });

test("Samba's client logs on to our server: NTLMv2, integrity code, list signature, sealed messages", async () => {
  const context = spnegoServer([recorded("Passw0rd")]).createContext({ level: 6 });
  assert.equal(toHex((await context.step(fromHex(samba.init))) as Uint8Array), samba.challenge);
  assert.equal(toHex((await context.step(fromHex(samba.authenticate))) as Uint8Array), samba.completed);
  assert.ok(context.complete);
  assert.equal(toHex(context.sessionKey as Uint8Array), samba.sessionKey);
  assert.equal(context.identity?.account, "User");
  assert.equal(context.identity?.workstation, "SAMBAWS");
  samba.messages.forEach(({ fromServer, fromClient }, i) => {
    const ours = new Uint8Array(56).fill(65 + i, 0, 40);
    context.protect(ours, 0, 40, 0, 40, 40, 6);
    assert.equal(toHex(ours), fromServer);
    const theirs = fromHex(fromClient);
    context.unprotect(theirs, 0, 30, 0, 30, 30, 6);
    assert.deepEqual(theirs.subarray(0, 30), new Uint8Array(30).fill(97 + i));
  });
});

test("the same logon against another password is refused", async () => {
  const context = spnegoServer([recorded("Passw0rd!")]).createContext({ level: 6 });
  await context.step(fromHex(samba.init));
  await refused(
    () => context.step(fromHex(samba.authenticate)),
    "logon",
    /unknown user name or wrong password/,
  );
  await refused(() => context.step(fromHex(samba.authenticate)), undefined, /failed before/);
  assert.equal(context.complete, false);
  assert.equal(context.identity, undefined);
});

test("messages of Samba's own tests are read field by field", () => {
  const negotiate = decodeNegotiate(fromHex(mthelena.negotiate));
  assert.equal(negotiate.flags, 0xe2088297);
  assert.deepEqual(negotiate.version, { major: 6, minor: 1, build: 7600, revision: 15 });
  const challenge = decodeChallenge(fromHex(mthelena.challenge));
  assert.equal(challenge.targetName, "SAMBA");
  assert.equal(toHex(challenge.serverChallenge), "edc82b7d2ed7d0d9");
  assert.deepEqual(
    challenge.targetInfo?.map(({ id }) => id),
    [2, 1, 4, 3],
  );
  assert.equal(avText(challenge.targetInfo ?? [], AvId.dnsComputerName), "mthelena.ber.redhat.com");
  assert.equal(toHex(encodeChallenge(challenge)), mthelena.challenge);
  const message = decodeAuthenticate(fromHex(mthelena.authenticate));
  assert.deepEqual(
    [message.domain, message.user, message.workstation],
    ["W2K8DOM", "Administrator", "W2K8R2"],
  );
  const blob = decodeClientChallenge(splitV2Response(message.ntResponse).challenge);
  assert.equal(toHex(blob.nonce), "3c210ae9de61c07e");
  assert.equal(avText(blob.pairs, AvId.targetName), "cifs/mthelena");
  assert.equal(toHex(message.mic as Uint8Array), "50e2b2a7f5833eda71a7e86e951e3a57");
});

test("malformed messages end in errors that say what is wrong", async () => {
  const bad: readonly (readonly [(bytes: Uint8Array) => unknown, string, RegExp])[] = [
    [
      decodeChallenge,
      hostile.emptyAvChallenge,
      /CHALLENGE message: target information .* lies outside of 60 bytes/,
    ],
    [
      decodeChallenge,
      hostile.unterminatedAvChallenge,
      /CHALLENGE message: target information .* outside of 92 bytes/,
    ],
    [decodeAuthenticate, hostile.fuzzedAuthenticate, /AUTHENTICATE message: does not begin with NTLMSSP/],
    [decodeChallenge, hostile.fuzzedChallenge, /CHALLENGE message: does not begin with NTLMSSP/],
  ];
  for (const [decode, hex, message] of bad)
    await refused(() => decode(fromHex(hex)), undefined, message, 0x80090308);
  assert.equal(decodeNegotiate(fromHex(hostile.emptyAvNegotiate)).domain, "CNAMIS");
});
