import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ComError, fromHex, toHex } from "../../base/index.ts";
import {
  type ClientMechanism,
  NegState,
  type NegTokenResp,
  type SecurityContext,
  decodeSpnego,
  encodeNegTokenInit,
  encodeNegTokenResp,
  kerberosOid,
  microsoftKerberosOid,
  ntlmClient,
  ntlmOid,
  spnegoClient,
  spnegoServer,
} from "../index.ts";
import { exchange, logon, refused, serverOf } from "./support.ts";
import { a4 } from "./vectors/windows.ts";

const ntlm = ntlmClient({ user: "User", password: "Password" });
const server = spnegoServer([serverOf()]);

/** A mechanism the server does not have: it sends a token and never completes. */
const kerberosLike: ClientMechanism = {
  service: 16,
  oids: [microsoftKerberosOid, kerberosOid],
  createContext: (): SecurityContext => {
    const unused = (): never => assert.fail("not used");
    return {
      service: 16,
      complete: false,
      step: () => Uint8Array.of(0x60, 0),
      signatureLength: 0,
      protect: unused,
      unprotect: unused,
      identity: undefined,
      sessionKey: undefined,
    };
  },
};

test("the tokens of a logon are as Windows sends them", async () => {
  const { tokens } = await logon(spnegoClient([ntlm]), server, 5);
  assert.equal(tokens.length, 4);
  const [init, challenge, authenticate, completed] = tokens.map(decodeSpnego);
  assert.ok(init?.kind === "init" && challenge?.kind === "resp");
  assert.ok(authenticate?.kind === "resp" && completed?.kind === "resp");
  assert.deepEqual(init.init.mechTypes, [ntlmOid]);
  assert.equal(challenge.resp.negState, NegState.acceptIncomplete);
  assert.equal(challenge.resp.supportedMech, ntlmOid);
  assert.equal(authenticate.resp.mechListMic?.length, 16);
  assert.equal(completed.resp.negState, NegState.acceptCompleted);
  assert.equal(completed.resp.mechListMic?.length, 16);
});

test("a client that prefers Kerberos falls back to NTLM, and the list must then be signed", async () => {
  const client = spnegoClient([kerberosLike, ntlm]);
  const pair = await logon(client, server, 6);
  const [, selection] = pair.tokens.map(decodeSpnego);
  assert.ok(selection?.kind === "resp");
  assert.equal(selection.resp.negState, NegState.requestMic);
  assert.equal(pair.tokens.length, 6);
  exchange(pair.client, pair.server, 6);
  exchange(pair.server, pair.client, 6);
  // Frame 224 of A4 is the same answer.
  assert.equal(toHex(pair.tokens[1] as Uint8Array), a4.spnegoIntegrity.selection);
  await refused(
    () => logon(client, server, 6, { change: dropSignature(4) }),
    "negotiation",
    /signature does not match/,
  );
});

/** Takes the signature of the list out of one token. */
function dropSignature(turn: number): (token: Uint8Array, n: number) => Uint8Array {
  return editResp(turn, (resp) => ({ ...resp, mechListMic: undefined }));
}

function editResp(
  turn: number,
  edit: (resp: NegTokenResp) => NegTokenResp,
): (token: Uint8Array, n: number) => Uint8Array {
  return (token, n) => {
    if (n !== turn) return token;
    const decoded = decodeSpnego(token);
    assert.ok(decoded.kind === "resp");
    return encodeNegTokenResp(edit(decoded.resp));
  };
}

test("changes to the negotiation are noticed", async () => {
  const client = spnegoClient([kerberosLike, ntlm]);
  const drop = (token: Uint8Array, n: number): Uint8Array => {
    const decoded = decodeSpnego(token);
    if (n !== 0 || decoded.kind !== "init") return token;
    return encodeNegTokenInit({ ...decoded.init, mechTypes: [...decoded.init.mechTypes, "1.2.3.4"] });
  };
  await refused(() => logon(client, server, 5, { change: drop }), "negotiation", /signature does not match/);
  const flip = editResp(3, (resp) => {
    const mic = resp.mechListMic?.slice() ?? new Uint8Array(16);
    mic[5] = (mic[5] as number) ^ 1;
    return { ...resp, mechListMic: mic };
  });
  await refused(
    () => logon(spnegoClient([ntlm]), server, 5, { change: flip }),
    "negotiation",
    /does not match/,
  );
  const short = editResp(3, (resp) => ({ ...resp, mechListMic: new Uint8Array(3) }));
  await refused(
    () => logon(spnegoClient([ntlm]), server, 5, { change: short }),
    "negotiation",
    /does not match/,
  );
  await refused(
    () => logon(spnegoClient([ntlm]), server, 5, { change: dropSignature(3) }),
    "negotiation",
    /does not match/,
  );
  const other = editResp(1, (resp) => ({ ...resp, supportedMech: kerberosOid }));
  await refused(
    () => logon(spnegoClient([ntlm]), server, 5, { change: other }),
    undefined,
    /was not offered/,
  );
  const reject = editResp(1, () => ({ negState: NegState.reject }));
  await refused(
    () => logon(spnegoClient([ntlm]), server, 5, { change: reject }),
    "logon",
    /rejected/,
    0x80070005,
  );
});

test("a client whose preference is taken may leave its signature out, as impacket does", async () => {
  const c = spnegoClient([ntlm]).createContext({ level: 5 });
  const s = server.createContext({ level: 5 });
  const token = await c.step(await s.step(await c.step()));
  const answer = await s.step(dropSignature(0)(token as Uint8Array, 0));
  assert.ok(s.complete);
  const decoded = decodeSpnego(answer as Uint8Array);
  assert.ok(decoded.kind === "resp" && decoded.resp.mechListMic === undefined);
});

test("without a mechanism in common the server says what was offered", async () => {
  await refused(
    () => logon(spnegoClient([kerberosLike]), server, 5),
    "negotiation",
    /none of our mechanisms: 1\.2\.840\.48018\.1\.2\.2, 1\.2\.840\.113554\.1\.2\.2/,
  );
  assert.throws(() => spnegoClient([]), ComError);
  assert.throws(
    () => spnegoServer([{ service: 68, createContext: () => assert.fail("not used") }]),
    ComError,
  );
});

test("a server that speaks first sends NegTokenInit2 with the hint everyone sends", async () => {
  const s = server.createContext({ level: 5 });
  const greeting = (await s.step()) as Uint8Array;
  const decoded = decodeSpnego(greeting);
  assert.ok(decoded.kind === "init");
  assert.equal(decoded.init.hintName, "not_defined_in_RFC4178@please_ignore");
  assert.deepEqual(decoded.init.mechTypes, [ntlmOid]);
  const { mechTypesRaw: _raw, ...init } = decoded.init;
  assert.equal(toHex(encodeNegTokenInit(init)), toHex(greeting));
});

test("tokens out of turn and malformed ones", async () => {
  const s = server.createContext({ level: 5 });
  await refused(() => s.step(encodeNegTokenResp({})), undefined, /NegTokenResp where NegTokenInit was due/);
  await refused(() => s.step(encodeNegTokenResp({})), undefined, /failed before/);
  const bad: readonly (readonly [string, RegExp])[] = [
    ["60", /SPNEGO token: .*ends within/],
    ["ff00", /SPNEGO token: \[application 0\] wanted/],
    ["600b06092a864886f712010202", /of mechanism 1\.2\.840\.113554\.1\.2\.2, not SPNEGO/],
    ["a1053003a0010a", /SPNEGO token/],
    ["a1803000", /indefinite length/],
  ];
  for (const [hex, message] of bad)
    await refused(() => decodeSpnego(fromHex(hex)), undefined, message, 0x80090308);
  const many = encodeNegTokenInit({ mechTypes: Array.from({ length: 33 }, (_, i) => `1.3.${i}`) });
  await refused(() => decodeSpnego(many), undefined, /more than 32 mechanisms/);
  await refused(() => decodeSpnego(new Uint8Array(65_536)), undefined, /longer than 65535 bytes/);
  const c = spnegoClient([ntlm]).createContext({ level: 5 });
  await c.step();
  await refused(() => c.step(), undefined, /server's SPNEGO token is missing/);
});

test("property: tokens survive the way there and back", () => {
  const octets = fc.option(fc.uint8Array({ maxLength: 300 }), { nil: undefined });
  const oid = fc.array(fc.nat(100_000), { maxLength: 8 }).map((arcs) => ["1", "3", ...arcs].join("."));
  fc.assert(
    fc.property(
      fc.option(fc.nat(3), { nil: undefined }),
      fc.option(oid, { nil: undefined }),
      octets,
      octets,
      (negState, supportedMech, responseToken, mechListMic) => {
        const resp = { negState, supportedMech, responseToken, mechListMic };
        assert.deepEqual(decodeSpnego(encodeNegTokenResp(resp)), { kind: "resp", resp });
      },
    ),
  );
  const hint = fc.option(fc.stringMatching(/^[ -~]{0,40}$/), { nil: undefined });
  fc.assert(
    fc.property(
      fc.array(oid, { maxLength: 6 }),
      octets,
      octets,
      hint,
      (mechTypes, mechToken, mechListMic, hintName) => {
        const decoded = decodeSpnego(encodeNegTokenInit({ mechTypes, mechToken, mechListMic, hintName }));
        assert.ok(decoded.kind === "init");
        const { mechTypesRaw: _raw, ...init } = decoded.init;
        assert.deepEqual(init, { mechTypes, mechToken, mechListMic, hintName });
      },
    ),
  );
});
