import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock, fromHex, silentLogger, toHex } from "../../base/index.ts";
import {
  type ClientMechanism,
  channelBindingHash,
  decodeAuthenticate,
  decodeNegotiate,
  encodeAuthenticate,
  encodeNegotiate,
  ntlmClient,
  spnegoClient,
  spnegoServer,
} from "../index.ts";
import { decodeChallenge, encodeChallenge } from "../ntlm/challenge.ts";
import { NtlmFlag } from "../ntlm/flags.ts";
import { accountsOf, exchange, listener, logon, refused, serverOf } from "./support.ts";

const credentials = { user: "User", password: "Password" };
const client = ntlmClient(credentials);

/** A client that leaves these flags out of its offer. */
function without(flags: number): (token: Uint8Array, n: number) => Uint8Array {
  return (token, n) => {
    if (n !== 0) return token;
    const message = decodeNegotiate(token);
    return encodeNegotiate({ ...message, flags: (message.flags & ~flags) >>> 0 });
  };
}

test("NTLMv1 is refused unless allowed, with and without extended session security", async () => {
  const old = ntlmClient(credentials, { useNtlm1: true });
  await refused(() => logon(old, serverOf(), 5), "logon", /NTLMv1 responses are not allowed/);
  for (const level of [5, 6] as const) {
    const pair = await logon(old, serverOf({ allowNtlm1: true }), level);
    exchange(pair.client, pair.server, level);
    exchange(pair.server, pair.client, level);
    const change = without(NtlmFlag.extendedSessionSecurity);
    const bare = await logon(old, serverOf({ allowNtlm1: true }), level, { change });
    exchange(bare.client, bare.server, level);
    exchange(bare.server, bare.client, level);
    await refused(() => logon(client, serverOf(), level, { change }), "negotiation", /NTLMv1 is not allowed/);
  }
  const wrong = ntlmClient({ user: "User", password: "password" }, { useNtlm1: true });
  await refused(() => logon(wrong, serverOf({ allowNtlm1: true }), 5), "logon", /wrong password/);
});

test("anonymous clients are refused unless allowed", async () => {
  const anonymous = ntlmClient({ user: "" });
  await refused(
    () => logon(anonymous, serverOf(), 5),
    "logon",
    /anonymous logons are not allowed/,
    0x80070005,
  );
  for (const [c, s] of [
    [anonymous, serverOf({ allowAnonymous: true })],
    [spnegoClient([anonymous]), spnegoServer([serverOf({ allowAnonymous: true })])],
  ] as const) {
    const pair = await logon(c, s, 5);
    assert.deepEqual(pair.server.identity, { account: "", domain: "", anonymous: true, service: 10 });
    exchange(pair.client, pair.server, 5);
  }
  // An empty user name with a proof behind it is a user nobody knows, not anonymous.
  const empty = ntlmClient({ user: "", password: "" });
  await refused(
    () => logon(empty, serverOf({ allowAnonymous: true }), 5),
    "logon",
    /unknown user name or wrong/,
  );
});

test("a lone LMv2 response is refused unless allowed", async () => {
  // The server's time is taken out, so that the client sends LMv2; then the NT response is.
  const strip = (token: Uint8Array, n: number): Uint8Array => {
    if (n === 1) {
      const message = decodeChallenge(token);
      return encodeChallenge({
        ...message,
        targetInfo: (message.targetInfo ?? []).filter(({ id }) => id !== 7),
      });
    }
    if (n !== 2) return token;
    const message = decodeAuthenticate(token);
    return encodeAuthenticate({ ...message, ntResponse: new Uint8Array(0) });
  };
  await refused(
    () => logon(client, serverOf(), 2, { change: strip }),
    "logon",
    /LMv2 responses are not allowed/,
  );
  // The session key would come from another proof than the client's, so the keys part; the logon itself is right.
  const pair = await logon(client, serverOf({ allowLm2: true }), 2, { change: strip });
  assert.equal(pair.server.identity?.account, "User");
  const wrong = ntlmClient({ user: "User", password: "x" });
  await refused(
    () => logon(wrong, serverOf({ allowLm2: true }), 2, { change: strip }),
    "logon",
    /wrong password/,
  );
});

test("key lengths below the least are refused on both sides; allowed ones work", async () => {
  const short = without(NtlmFlag.key128);
  await refused(
    () => logon(client, serverOf(), 5, { change: short }),
    "negotiation",
    /56 bits.*128 are the least/,
  );
  const lenient = serverOf({ minimumKeyBits: 40 });
  await refused(() => logon(client, lenient, 5, { change: short }), "negotiation", /56 bits/);
  const soft = ntlmClient(credentials, { minimumKeyBits: 40 });
  // The integrity code covers the offer as the server saw it, so the change must be the client's own: at 128 bits it is.
  const pair = await logon(soft, lenient, 6);
  exchange(pair.client, pair.server, 6);
  await refused(() => logon(soft, lenient, 6, { change: short }), "logon", /changed on the way/);
});

test("signing and encryption must be agreed on for the levels that need them", async () => {
  const noSign = without(NtlmFlag.sign);
  await refused(
    () => logon(client, serverOf(), 5, { change: noSign }),
    "negotiation",
    /signing was not agreed on/,
  );
  const noSeal = without(NtlmFlag.seal);
  await refused(
    () => logon(client, serverOf(), 6, { change: noSeal }),
    "negotiation",
    /encryption was not agreed/,
  );
});

test("without key exchange the key is the proof's own", async () => {
  const change = (token: Uint8Array, n: number): Uint8Array => {
    if (n !== 1) return token;
    const message = decodeChallenge(token);
    return encodeChallenge({ ...message, flags: (message.flags & ~NtlmFlag.keyExchange) >>> 0 });
  };
  // The server granted it, the client saw it ungranted: flags are what both stand by, the code tells of the change.
  await refused(() => logon(client, serverOf(), 5, { change }), "logon", /changed on the way/);
});

test("an integrity code can be demanded", async () => {
  const noTime = (token: Uint8Array, n: number): Uint8Array => {
    if (n !== 1) return token;
    const message = decodeChallenge(token);
    return encodeChallenge({
      ...message,
      targetInfo: (message.targetInfo ?? []).filter(({ id }) => id !== 7),
    });
  };
  const pair = await logon(client, serverOf(), 5, { change: noTime });
  exchange(pair.client, pair.server, 5);
  await refused(
    () => logon(client, serverOf({ requireMic: true }), 5, { change: noTime }),
    "logon",
    /no integrity code/,
  );
});

test("a client whose time is far off is refused", async () => {
  const noTime = (token: Uint8Array, n: number): Uint8Array => {
    if (n !== 1) return token;
    const message = decodeChallenge(token);
    return encodeChallenge({
      ...message,
      targetInfo: (message.targetInfo ?? []).filter(({ id }) => id !== 7),
    });
  };
  const now = Date.UTC(2026, 5, 1);
  const run = (skew: number, maxTimeSkew?: number): Promise<unknown> =>
    logon(
      ntlmClient(credentials, { clock: new ManualClock(now + skew) }),
      serverOf({ clock: new ManualClock(now), ...(maxTimeSkew === undefined ? {} : { maxTimeSkew }) }),
      5,
      { change: noTime },
    );
  const hour = 3_600_000;
  await run(35 * hour);
  await run(-35 * hour);
  await refused(() => run(37 * hour), "logon", /time is too far/);
  await refused(() => run(-37 * hour), "logon", /time is too far/);
  await refused(() => run(60_001, 60_000), "logon", /time is too far/);
});

test("channel bindings must agree when both sides name them", async () => {
  const ours = channelBindingHash(new TextEncoder().encode("tls-server-end-point:one"));
  const bound = { bindings: ours };
  await logon(client, serverOf(), 5, bound);
  const run =
    (mine: Uint8Array | undefined, requireChannelBindings: boolean): (() => Promise<unknown>) =>
    async () => {
      const c = client.createContext({ level: 5, ...(mine === undefined ? {} : { channelBindings: mine }) });
      const s = serverOf({ requireChannelBindings }).createContext({ level: 5, channelBindings: ours });
      await s.step(await c.step(await s.step(await c.step())));
    };
  await run(undefined, false)();
  await refused(run(undefined, true), "logon", /channel bindings are not ours/, 0x80090346);
  const other = channelBindingHash(new TextEncoder().encode("tls-server-end-point:two"));
  await refused(run(other, false), "logon", /channel bindings are not ours/);
});

test("channel bindings hash: a published certificate hash", () => {
  // Certificate hash and result as in the tests of jborean93/ntlm-auth (tests/test_gss_channel_bindings.py).
  const prefix = new TextEncoder().encode("tls-server-end-point:");
  const hash = fromHex("e3ca49271e5089cc48ce82109f1324f41dbeddc29a777410c738f7868c4ff405");
  const bindings = channelBindingHash(new Uint8Array([...prefix, ...hash]));
  assert.equal(toHex(bindings), "6ea19df066da4622051f9c4f92c6df74");
});

test("a server can ask to be meant", async () => {
  const asked: string[] = [];
  const server = serverOf({ acceptTarget: (target) => asked.push(target) > 0 && target.endsWith("/server") });
  await logon(client, server, 5, { target: "RPCSS/server" });
  await logon(client, server, 5);
  await refused(() => logon(client, server, 5, { target: "RPCSS/other" }), "logon", /another service/);
  assert.deepEqual(asked, ["RPCSS/server", "RPCSS/other"]);
});

test("disabled accounts, and what the log says but the wire does not", async () => {
  const logger = listener();
  const disabled = serverOf({ accounts: accountsOf({ User: "Password" }, { disabled: true }), logger });
  await refused(() => logon(client, disabled, 5), "logon", /disabled/);
  const wrong = ntlmClient({ user: "User", password: "guess", domain: "Dom" });
  await refused(() => logon(wrong, serverOf({ logger }), 5), "logon", /unknown user name or wrong/);
  await refused(
    () => logon(wrong, serverOf({ logger, accounts: accountsOf({}) }), 5),
    "logon",
    /unknown user name or wrong/,
  );
  assert.equal(logger.lines.length, 3);
  assert.match(logger.lines[0] ?? "", /disabled/);
  assert.match(logger.lines[1] ?? "", /password is wrong/);
  assert.match(logger.lines[2] ?? "", /no such account/);
  assert.ok(!logger.lines.join("").includes("guess"));
});

test("identify is asked for by its flag alone", () => {
  const flags = (mechanism: ClientMechanism, impersonation?: 1 | 2 | 3 | 4): number => {
    const context = mechanism.createContext({
      level: 5,
      ...(impersonation === undefined ? {} : { impersonation }),
    });
    return decodeNegotiate(context.step() as Uint8Array).flags & NtlmFlag.identify;
  };
  assert.equal(flags(client), 0);
  assert.equal(flags(client, 3), 0);
  assert.notEqual(flags(client, 2), 0);
});

test("passwords are not to be guessed: after some wrong ones nothing is looked at for a while, the right one neither", async () => {
  const clock = new ManualClock();
  const lines: Record<string, unknown>[] = [];
  const warn = (fields: object): void => void lines.push(fields as Record<string, unknown>);
  const accounts = accountsOf({ User: "Password", Other: "Password" });
  const guessLimits = { perAccount: 3, perAddress: 6, window: 60_000 };
  const server = serverOf({ accounts, clock, guessLimits, logger: { ...silentLogger, warn } });
  const at = (remote: string): typeof server => ({
    ...server,
    createContext: (options) => server.createContext({ ...options, remote }),
  });
  const attempt = (user: string, password: string, remote: string): Promise<unknown> =>
    logon(ntlmClient({ user, password }), at(remote), 5);
  const wrong = (user: string, remote: string, n: number): Promise<unknown> =>
    refused(() => attempt(user, `guess ${n}`, remote), "logon", /wrong password/);
  const locked = (user: string, remote: string): Promise<unknown> =>
    refused(() => attempt(user, "Password", remote), "logon", /too many wrong passwords/);

  await wrong("User", "10.0.0.1", 1);
  await wrong("USER", "10.0.0.1", 2);
  await attempt("User", "Password", "10.0.0.1");
  for (let n = 0; n < 3; n++) await wrong("user", "10.0.0.1", n);
  await locked("User", "10.0.0.1");
  assert.match(String(lines.at(-1)?.["reason"]), /too many wrong passwords; no logon is looked at for 60 s/);
  assert.deepEqual([lines.at(-1)?.["gate"], lines.at(-1)?.["remote"]], ["logon", "10.0.0.1"]);
  // Neither others at that address nor the account elsewhere suffer, until the address has tried too much.
  await attempt("User", "Password", "10.0.0.2");
  await attempt("Other", "Password", "10.0.0.1");
  await wrong("nobody", "10.0.0.1", 1);
  await locked("Other", "10.0.0.1");
  clock.advance(60_000);
  await attempt("Other", "Password", "10.0.0.1");
  await attempt("User", "Password", "10.0.0.1");
});
