import assert from "node:assert/strict";
import { test } from "node:test";
import { type DecodedPdu, decodeCapture } from "../index.ts";
import { readCapture } from "./captures.ts";

const A4 = "A4_ie_dllhijack_dcom_ntlm_krb_integrity.cap";
/** Published with the data set. */
const account = { user: "pgustavo", domain: "THESHIRE", password: "W1n1!2019" };

const verdicts = (pdus: Iterable<DecodedPdu>): (readonly [number, boolean])[] =>
  Array.from(pdus).flatMap((pdu) =>
    pdu.auth?.verified === undefined ? [] : [[pdu.frame, pdu.auth.verified]],
  );

test("with the password every signature of the NTLM logons verifies: SPNEGO's lists and the calls", () => {
  const frames = [168, 171, 227, 230, 231, 232, 233, 234, 235, 236];
  assert.deepEqual(
    verdicts(decodeCapture(readCapture(A4), { passwords: [account] })),
    frames.map((frame) => [frame, true]),
  );
});

test("a changed byte is noticed, in the PDU it stands in and there alone", () => {
  const file = readCapture(A4);
  // Any byte of the stub of frame 233 will do: find its causality id, which no other frame but its neighbours has.
  const intact = [...decodeCapture(file, { passwords: [account] })];
  const pdu = intact.find((one) => one.frame === 233) as DecodedPdu;
  const object = Buffer.from(file).lastIndexOf(Buffer.from("cfef2103fc63101b", "hex"));
  assert.ok(object > 0 && pdu.auth?.verified === true);
  const changed = flipInFrame(file, 233);
  const wrong = verdicts(decodeCapture(changed, { passwords: [account] })).filter(([, right]) => !right);
  assert.deepEqual(wrong, [[233, false]]);
});

/** Flips a bit of the last but 40th byte of a frame: stub data of a call. */
function flipInFrame(file: Uint8Array, frame: number): Uint8Array {
  const copy = Uint8Array.from(file);
  const view = new DataView(copy.buffer);
  let at = 24;
  for (let n = 1; n < frame; n++) at += 16 + view.getUint32(at + 8, true);
  const place = at + 16 + view.getUint32(at + 8, true) - 40;
  copy[place] = (copy[place] as number) ^ 1;
  return copy;
}

test("a wrong password, another user, or none: nothing is said about signatures", () => {
  const others = [
    [{ ...account, password: "wrong" }],
    [{ ...account, user: "somebody" }],
    [{ ...account, domain: "ELSEWHERE" }],
    [],
  ];
  for (const passwords of others)
    assert.deepEqual(verdicts(decodeCapture(readCapture(A4), { passwords })), []);
  const any = verdicts(
    decodeCapture(readCapture(A4), { passwords: [{ user: "", password: account.password }] }),
  );
  assert.equal(any.length, 10, "an empty user fits all");
});

/** Of the domain controller recorded in S1 and S2. */
const administrator = { user: "administrator", password: "Passw0rd!Ad1" };

test("sealed calls of raw NTLM and SPNEGO, over TCP and in pipes, are opened", () => {
  const pdus = [...decodeCapture(readCapture("S1_samba_ntlm_sealed.pcap"), { passwords: [administrator] })];
  const sealedCalls = pdus.filter((pdu) => pdu.auth?.level === 6 && /request|response/.test(pdu.type));
  assert.ok(sealedCalls.length >= 60, `${sealedCalls.length}`);
  for (const pdu of sealedCalls) {
    assert.equal(pdu.auth?.verified, true, `frame ${pdu.frame}`);
    assert.doesNotMatch(JSON.stringify(pdu.body), /sealed/);
  }
  assert.ok(sealedCalls.some((pdu) => pdu.carrier === "smb"));
  assert.ok(
    sealedCalls.some((pdu) => pdu.auth?.type === 9) && sealedCalls.some((pdu) => pdu.auth?.type === 10),
  );
});

test("every fragment of a sealed response verifies", () => {
  const name = "S2_samba_ntlm_sealed_fragments.pcap";
  const pdus = [...decodeCapture(readCapture(name), { passwords: [administrator] })];
  const fragments = pdus.filter((pdu) => pdu.fragment !== undefined);
  assert.ok(fragments.length >= 12, `${fragments.length}`);
  assert.ok(fragments.every((pdu) => pdu.auth?.verified === true));
  assert.equal(fragments[0]?.method, "IDL_DRSGetNCChanges");
});

test("what NTLM and SPNEGO messages say", () => {
  const pdus = [...decodeCapture(readCapture(A4))];
  const token = (frame: number): string =>
    JSON.stringify(pdus.find((pdu) => pdu.frame === frame)?.auth?.token);
  assert.match(token(164), /"negTokenInit".*"Kerberos".*"NEGOEX","NTLM"/);
  assert.match(token(138), /"CHALLENGE".*"dnsComputerName":"WORKSTATION6\.theshire\.local"/);
  assert.match(
    token(227),
    /"AUTHENTICATE".*"domain":"THESHIRE","user":"pgustavo","workstation":"WORKSTATION5"/,
  );
  assert.doesNotMatch(token(227), /W1n1/);
});

test("malformed NTLM messages are said to be malformed, and the PDU is decoded all the same", () => {
  for (const name of ["C9_zeek_ntlm_empty_av.pcap", "C10_zeek_ntlm_unterminated_av.pcap"]) {
    const pdus = [...decodeCapture(readCapture(name), { passwords: [account] })];
    assert.deepEqual(
      pdus.map((pdu) => pdu.type),
      ["bind", "bind_ack"],
    );
    assert.match(JSON.stringify(pdus[1]?.auth?.token), /"error":.*target information/);
  }
});
