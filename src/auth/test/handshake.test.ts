import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock, toHex } from "../../base/index.ts";
import {
  type AccountStore,
  type AuthenticationLevel,
  type ClientMechanism,
  type ServerMechanism,
  ntHash,
  ntlmClient,
  ntlmServer,
  spnegoClient,
  spnegoServer,
} from "../index.ts";
import { accountsOf, exchange, logon, refused, serverOf } from "./support.ts";

const credentials = { user: "user", password: "Password", domain: "Domain" };
const levels: readonly AuthenticationLevel[] = [2, 3, 4, 5, 6];

type Wrap = readonly [
  string,
  (c: ClientMechanism) => ClientMechanism,
  (s: ServerMechanism) => ServerMechanism,
];
const wraps: readonly Wrap[] = [
  ["raw NTLM", (c) => c, (s) => s],
  ["NTLM in SPNEGO", (c) => spnegoClient([c]), (s) => spnegoServer([s])],
  ["raw NTLM to a SPNEGO server", (c) => c, (s) => spnegoServer([s])],
];

/** The same accounts, but told a little later. */
const late = (accounts: AccountStore): AccountStore => ({
  lookup: async (domain, user) => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    return accounts.lookup(domain, user);
  },
});

for (const [name, wrapClient, wrapServer] of wraps) {
  test(`${name}: a logon at every level, then messages both ways`, async () => {
    for (const level of levels) {
      for (const accounts of [accountsOf({ User: "Password" }), late(accountsOf({ User: "Password" }))]) {
        const server = serverOf({ accounts, requireMic: true });
        const pair = await logon(wrapClient(ntlmClient(credentials)), wrapServer(server), level);
        const { client: c, server: s } = pair;
        assert.equal(toHex(c.sessionKey as Uint8Array), toHex(s.sessionKey as Uint8Array));
        assert.deepEqual(s.identity, {
          account: "User",
          domain: "Domain",
          anonymous: false,
          service: 10,
          impersonation: 3,
        });
        assert.equal(c.identity, undefined);
        if (level < 3) continue;
        for (let i = 0; i < 3; i++) {
          exchange(c, s, level);
          exchange(s, c, level, 17);
        }
      }
    }
  });

  test(`${name}: wrong password, unknown user and malformed hash are the same to the peer`, async () => {
    for (const accounts of [accountsOf({ User: "Password" }), late(accountsOf({ User: "Password" }))]) {
      const run = (user: string, password: string): Promise<unknown> =>
        logon(wrapClient(ntlmClient({ user, password })), wrapServer(serverOf({ accounts })), 5);
      const wrong = await refused(
        () => run("User", "password"),
        "logon",
        /unknown user name or wrong/,
        0x8007052e,
      );
      const unknown = await refused(() => run("Nobody", "Password"), "logon", /unknown user name or wrong/);
      assert.equal(wrong.message, unknown.message);
    }
  });

  test(`${name}: truncated tokens end in a clear error at every length and step`, async () => {
    const good = await logon(wrapClient(ntlmClient(credentials)), wrapServer(serverOf()), 5);
    for (const [turn, token] of good.tokens.entries()) {
      for (let length = 0; length < token.length; length += 3) {
        const cut = (sent: Uint8Array, n: number): Uint8Array =>
          n === turn ? sent.subarray(0, length) : sent;
        await assert.rejects(
          logon(wrapClient(ntlmClient(credentials)), wrapServer(serverOf()), 5, { change: cut }),
          (error: Error) => error.name === "ComError",
        );
      }
    }
  });

  test(`${name}: a message of one logon is worth nothing in another`, async () => {
    const good = await logon(wrapClient(ntlmClient(credentials)), wrapServer(serverOf()), 5);
    const last = good.tokens[2] as Uint8Array;
    const replay = (sent: Uint8Array, n: number): Uint8Array => (n === 2 ? last : sent);
    await refused(
      () => logon(wrapClient(ntlmClient(credentials)), wrapServer(serverOf()), 5, { change: replay }),
      "logon",
      /unknown user name or wrong password/,
    );
    await refused(() => good.server.step(last), undefined, /after the (logon|negotiation) was complete/);
  });
}

test("the integrity code notices a change in any of the three messages", async () => {
  // Places that do not matter otherwise: the version in each message, and the code itself.
  for (const [turn, at] of [
    [0, 33],
    [1, 49],
    [2, 65],
    [2, 80],
  ] as const) {
    const change = (token: Uint8Array, n: number): Uint8Array => {
      if (n === turn) token[at] = (token[at] as number) ^ 1;
      return token;
    };
    const message = /messages of the logon were changed/;
    await refused(
      () => logon(ntlmClient(credentials), serverOf(), 5, { change }),
      "logon",
      message,
      0x8009030f,
    );
  }
});

test("taking the flag of encryption out of the messages is noticed", async () => {
  const weaken = (token: Uint8Array, n: number): Uint8Array => {
    if (n === 1) token[20] = (token[20] as number) & ~0x20;
    return token;
  };
  const message = /encryption was not agreed on/;
  await refused(
    () => logon(ntlmClient(credentials), serverOf(), 6, { change: weaken }),
    "negotiation",
    message,
  );
});

test("an NT hash does in place of a password; passwords may hold any character", async () => {
  const hash = toHex(ntHash("Password"));
  await logon(ntlmClient({ user: "User", ntHash: hash }), serverOf(), 6);
  await logon(ntlmClient({ user: "User", ntHash: ntHash("Password") }), serverOf(), 6);
  const password = "пароль 🔑 ß";
  const accounts = accountsOf({ Jürgen: password });
  await logon(ntlmClient({ user: "JÜRGEN", password, domain: "Köln" }), serverOf({ accounts }), 6);
  assert.throws(() => ntlmClient({ user: "User" }), /password or an NT hash/);
  assert.throws(() => ntlmClient({ user: "User", ntHash: "abcd" }), /16 bytes/);
  assert.throws(() => ntHash("x".repeat(257)), /longer than 256/);
});

test("a lookup that fails is an error, not a logon", async () => {
  const accounts: AccountStore = { lookup: () => Promise.reject(new Error("the disk is gone")) };
  await assert.rejects(logon(ntlmClient(credentials), serverOf({ accounts }), 5), /disk is gone/);
});

test("two answers to one challenge are refused while the first is looked up", async () => {
  let answer: ((account: undefined) => void) | undefined;
  const accounts: AccountStore = { lookup: () => new Promise((resolve) => (answer = resolve)) };
  const c = ntlmClient(credentials).createContext({ level: 5 });
  const s = serverOf({ accounts }).createContext({ level: 5 });
  const challenge = (await s.step(await c.step())) as Uint8Array;
  const token = (await c.step(challenge)) as Uint8Array;
  const first = s.step(token);
  await refused(() => s.step(token), undefined, /second answer/);
  answer?.(undefined);
  await refused(() => first, "logon", /wrong password/);
});

test("identity tells account, domain and SID as the store has them", async () => {
  const accounts = accountsOf({ User: "Password" }, { sid: "S-1-5-21-1-2-3-1000", domain: "SERVER" });
  const client = ntlmClient(credentials, { workstation: "CLIENT" });
  const { server } = await logon(
    client,
    ntlmServer({ accounts, machineName: "SERVER", domainName: "CORP" }),
    5,
  );
  assert.deepEqual(server.identity, {
    account: "User",
    domain: "SERVER",
    sid: "S-1-5-21-1-2-3-1000",
    workstation: "CLIENT",
    anonymous: false,
    service: 10,
    impersonation: 3,
  });
});

test("how far the client lets the server act for it: identify, or more; NTLM tells no finer", async () => {
  for (const [impersonation, told] of [
    [1, 2],
    [2, 2],
    [3, 3],
    [4, 3],
    [undefined, 3],
  ] as const) {
    const { server } = await logon(ntlmClient(credentials), serverOf(), 5, { impersonation });
    assert.equal(server.identity?.impersonation, told);
  }
});

test("contexts refuse to work before they are complete, and tokens out of turn", async () => {
  const clock = new ManualClock(1_000_000);
  const c = ntlmClient(credentials, { clock }).createContext({ level: 5 });
  const s = serverOf({ clock }).createContext({ level: 5 });
  await refused(() => c.protect(new Uint8Array(32), 0, 16, 0, 0, 16, 5), undefined, /not complete/);
  await refused(() => s.step(), undefined, /waits for the client/);
  await refused(() => s.step(), undefined, /failed before/);
  await refused(() => c.step(new Uint8Array(10)), undefined, /speaks first/);
  const other = ntlmClient(credentials).createContext({ level: 5 });
  const negotiate = other.step() as Uint8Array;
  await refused(() => other.step(negotiate), undefined, /CHALLENGE message: message type 1 where 2 was due/);
});
