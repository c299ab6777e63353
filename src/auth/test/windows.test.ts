import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex, toHex } from "../../base/index.ts";
import {
  AvId,
  MessageType,
  NegState,
  avText,
  decodeAuthenticate,
  decodeAvPairs,
  decodeChallenge,
  decodeClientChallenge,
  decodeNegotiate,
  decodeSpnego,
  encodeAuthenticate,
  encodeChallenge,
  encodeNegTokenInit,
  encodeNegTokenResp,
  encodeNegotiate,
  isNtlm,
  kerberosOid,
  microsoftKerberosOid,
  ntHash,
  ntlmOid,
  splitV2Response,
} from "../index.ts";
import { rc4 } from "../crypto/rc4.ts";
import { messageIntegrityCode } from "../ntlm/keys.ts";
import { type NtlmSession, createSession } from "../ntlm/session.ts";
import { responseKind, verifyResponse } from "../ntlm/verify.ts";
import { encodeMechTypes } from "../spnego/token.ts";
import { a1, a4, c2 } from "./vectors/windows.ts";

/** The NTLM message inside a token, and the signature of the mechanism list beside it. */
function unwrap(token: string): { ntlm: Uint8Array; mic: Uint8Array | undefined } {
  const bytes = fromHex(token);
  if (isNtlm(bytes)) return { ntlm: bytes, mic: undefined };
  const decoded = decodeSpnego(bytes);
  assert.ok(decoded.kind === "resp" && decoded.resp.responseToken !== undefined);
  return { ntlm: decoded.resp.responseToken, mic: decoded.resp.mechListMic };
}

interface Logon {
  readonly negotiate: string;
  readonly challenge: string;
  readonly authenticate: string;
}

/** Recomputes a logon of A4 from the published password; answers its flags and exported session key. */
function recompute(logon: Logon): { flags: number; key: Uint8Array; mic: Uint8Array | undefined } {
  const [negotiate, challenge, authenticate] = [logon.negotiate, logon.challenge, logon.authenticate].map(
    unwrap,
  );
  assert.ok(negotiate !== undefined && challenge !== undefined && authenticate !== undefined);
  const { serverChallenge } = decodeChallenge(challenge.ntlm);
  const message = decodeAuthenticate(authenticate.ntlm);
  assert.deepEqual(
    [message.domain, message.user, message.workstation],
    ["THESHIRE", "pgustavo", "WORKSTATION5"],
  );
  const kind = responseKind(message);
  assert.equal(kind, "ntlmv1");
  assert.equal(verifyResponse(message, kind, serverChallenge, ntHash("another")), undefined);
  const proof = verifyResponse(message, kind, serverChallenge, ntHash("W1n1!2019"));
  assert.ok(proof !== undefined, "the published password opens the logon");
  const key = rc4(proof.keyExchangeKey, message.encryptedSessionKey);
  const blank = authenticate.ntlm.slice();
  blank.fill(0, 72, 88);
  const mic = messageIntegrityCode(key, negotiate.ntlm, challenge.ntlm, blank);
  assert.equal(toHex(mic), toHex(message.mic as Uint8Array));
  return { flags: message.flags, key, mic: authenticate.mic };
}

test("A4: responses, session keys and integrity codes follow from the published password", () => {
  recompute(a4.rawConnect);
  recompute(a4.spnegoConnect);
  recompute(a4.spnegoIntegrity);
});

/** Checks a signature over the mechanism list as the receiver. */
function listSignatureHolds(session: NtlmSession, list: Uint8Array, mic: Uint8Array): boolean {
  const bytes = new Uint8Array([...list, ...mic]);
  const end = list.length;
  return session.unprotect(bytes, { start: 0, end, sealStart: 0, sealEnd: 0, signatureAt: end }, false);
}

function completedMic(token: string): Uint8Array {
  const decoded = decodeSpnego(fromHex(token));
  assert.ok(decoded.kind === "resp" && decoded.resp.mechListMic !== undefined);
  assert.equal(decoded.resp.negState, NegState.acceptCompleted);
  return decoded.resp.mechListMic;
}

test("A4: the lists of mechanisms and all protected PDUs verify in both directions", () => {
  const { flags, key, mic } = recompute(a4.spnegoIntegrity);
  const init = decodeSpnego(fromHex(a4.spnegoIntegrity.init));
  assert.ok(init.kind === "init" && init.init.mechTypesRaw !== undefined && mic !== undefined);
  // Each role reads one direction, so both are played.
  const server = createSession("server", flags, key);
  const client = createSession("client", flags, key);
  assert.ok(listSignatureHolds(server, init.init.mechTypesRaw, mic));
  assert.ok(listSignatureHolds(client, init.init.mechTypesRaw, completedMic(a4.spnegoIntegrity.completed)));
  server.reset();
  client.reset();
  a4.signed.forEach((hex, i) => {
    const pdu = fromHex(hex);
    const end = pdu.length - 16;
    const range = { start: 0, end, sealStart: 24, sealEnd: end - 8, signatureAt: end };
    assert.equal(pdu[pdu.length - 4], 1 + (i >> 1), "the sequence went on after the list's signature");
    const reader = i % 2 === 0 ? server : client;
    assert.ok(reader.unprotect(pdu, range, false), `PDU ${i}`);
  });
});

test("A4: what our sessions write is what Windows wrote, to the byte", () => {
  const { flags, key, mic } = recompute(a4.spnegoIntegrity);
  const list = encodeMechTypes([microsoftKerberosOid, kerberosOid, "1.3.6.1.4.1.311.2.2.30", ntlmOid]);
  const client = createSession("client", flags, key);
  const bytes = new Uint8Array(list.length + 16);
  bytes.set(list);
  const end = list.length;
  client.protect(bytes, { start: 0, end, sealStart: 0, sealEnd: 0, signatureAt: end }, false);
  assert.equal(toHex(bytes.subarray(end)), toHex(mic as Uint8Array));
  client.reset();
  for (const hex of a4.signed.filter((_, i) => i % 2 === 0)) {
    const pdu = fromHex(hex);
    const at = pdu.length - 16;
    pdu.fill(0, at);
    client.protect(pdu, { start: 0, end: at, sealStart: 0, sealEnd: 0, signatureAt: at }, false);
    assert.equal(toHex(pdu), hex);
  }
});

/** Decodes an NTLM message and encodes it again. */
function again(bytes: Uint8Array): Uint8Array {
  switch (bytes[8]) {
    case MessageType.negotiate:
      return encodeNegotiate(decodeNegotiate(bytes));
    case MessageType.challenge:
      return encodeChallenge(decodeChallenge(bytes));
    default:
      return encodeAuthenticate(decodeAuthenticate(bytes));
  }
}

test("every token of A1, A4 and C2 is read, and written again to the same bytes", () => {
  const tokens = [a4.rawConnect, a4.spnegoConnect, a4.spnegoIntegrity, c2, a1].flatMap((set) =>
    Object.values(set),
  );
  let messages = 0;
  for (const hex of tokens) {
    const bytes = fromHex(hex);
    let ntlm: Uint8Array | undefined = bytes;
    if (!isNtlm(bytes)) {
      const token = decodeSpnego(bytes);
      const written = token.kind === "init" ? encodeNegTokenInit(token.init) : encodeNegTokenResp(token.resp);
      assert.equal(toHex(written), hex);
      ntlm = token.kind === "init" ? token.init.mechToken : token.resp.responseToken;
    }
    if (ntlm === undefined || !isNtlm(ntlm)) continue;
    assert.equal(toHex(again(ntlm)), toHex(ntlm));
    messages++;
  }
  assert.equal(messages, 18);
});

test("C2 and A1: NTLMv2 responses of Windows clients carry the pairs in the order we know", () => {
  const c2Message = decodeAuthenticate(unwrap(c2.authenticate).ntlm);
  assert.equal(c2Message.ntResponse.length, 380);
  assert.deepEqual([c2Message.user, c2Message.domain], ["Administrator", "BLACKCLOVER"]);
  assert.equal(responseKind(c2Message), "ntlmv2");
  const { pairs } = decodeClientChallenge(splitV2Response(c2Message.ntResponse).challenge);
  assert.deepEqual(
    pairs.map(({ id }) => id),
    [2, 1, 4, 3, 5, 7, 6, 8, 10, 9],
  );
  // A server under a user's account has no service principal name: the account's name stands in its place.
  assert.equal(avText(pairs, AvId.targetName), "BLACKCLOVER\\Administrator");
  const raw = decodeAuthenticate(fromHex(a1.rawAuthenticate));
  const blob = decodeClientChallenge(splitV2Response(raw.ntResponse).challenge);
  assert.match(avText(blob.pairs, AvId.targetName) ?? "", /^RPCSS\//);
  // What the client says of the server is what the server said of itself.
  const told = decodeChallenge(fromHex(a1.rawChallenge)).targetInfo ?? [];
  assert.deepEqual(blob.pairs.slice(0, told.length), told);
  assert.throws(() => decodeAvPairs(new Uint8Array(2)), /ends without/);
});
