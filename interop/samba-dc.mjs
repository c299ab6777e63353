/*
 * Our RPC client against the domain controller of Samba: endpoint mapper, security contexts, fragments both ways, cancellation,
 * many calls at once, with the SAM's own interface.
 *
 *   node interop/samba-dc.mjs
 */
import { AuthnLevel, ntlmClient, spnegoClient } from "../dist/auth/index.js";
import { GUID_NULL, HResult } from "../dist/base/index.js";
import {
  Association,
  EndpointMapperClient,
  FaultStatus,
  PacketType,
  PfcFlag,
  bindInterface,
  epm,
  formatEndpoint,
  hresultOfFault,
  mgmt,
  tcpTransport,
} from "../dist/rpc/index.js";
import { contract } from "./support/contract.mjs";
import { expect, main, prove, rejection } from "./support/prove.mjs";
import { NtStatus, Sam, textOf } from "./support/sam.mjs";
import { startSamba } from "./support/samba.mjs";
import { Tap } from "./support/tap.mjs";

const USERS = 300;
const plain = { user: "plain", password: "Passw0rd!Plain1" };

const { samr } = await prove(
  "samr.idl compiles with our compiler, and what it becomes with TypeScript's",
  () => contract("samr"),
);
const samrSyntax = { uuid: samr.iid, version: samr.version };
const mechanisms = {
  "raw NTLM": (credentials) => ntlmClient(credentials),
  "NTLM in SPNEGO": (credentials) => spnegoClient([ntlmClient(credentials)]),
};

await main(async () => {
  const dc = await prove("a Samba domain controller starts", () => startSamba());
  dc.addUser(plain.user, plain.password);
  const endpoint = await endpointMapper(dc);
  const server = { ...dc, endpoint, admin: { user: dc.user, password: dc.password, domain: dc.domain } };
  await everyProtection(server);
  await largeMessages(server);
  await manyContexts(server);
  await wrongPasswords(server);
  await cancellation(server);
  await manyCalls(server);
});

function connect(server, options = {}) {
  return Association.connect(server.endpoint, {
    transports: [tcpTransport],
    callTimeout: 30_000,
    ...options,
  });
}

/** A SAM client over a connection of its own; `tap` shows its packets. */
async function open(server, { credentials = server.admin, kind = "raw NTLM", level = AuthnLevel.privacy }) {
  const tap = new Tap();
  const association = await connect(server, { transports: [tap.over(tcpTransport)] });
  const mechanism = mechanisms[kind](credentials);
  const binding = await association.bind(samrSyntax, { mechanism, level });
  return { tap, association, sam: new Sam(bindInterface(samr, binding)), close: () => association.close() };
}

/** Answers where SAMR is served. */
async function endpointMapper({ address }) {
  const server = { endpoint: { protseq: "ncacn_ip_tcp", host: address, endpoint: "135" } };
  const association = await connect(server);
  const mapper = new EndpointMapperClient(association);
  let all;
  await prove("ept_lookup gives every entry", async () => {
    all = await mapper.lookup();
    expect(
      all.some((entry) => entry.tower.syntax.uuid === samr.iid),
      "SAMR is not among them",
    );
    return `${all.length} endpoints of ${new Set(all.map((entry) => entry.tower.syntax.uuid)).size} interfaces`;
  });
  await prove("ept_lookup in several calls with a handle gives as many", async () => {
    const methods = bindInterface(epm, await association.bind({ uuid: epm.iid, version: epm.version }));
    let handle = { attributes: 0, uuid: GUID_NULL };
    let calls = 0;
    let entries = 0;
    do {
      const part = await methods.ept_lookup(0, null, null, 1, handle, 20);
      calls++;
      entries += part.entries.length;
      handle = part.entry_handle;
    } while (handle.uuid !== GUID_NULL);
    expect(calls > 2, `only ${calls} calls`);
    expect(entries >= all.length, `${entries} entries here, ${all.length} before`);
    return `${entries} entries in ${calls} calls`;
  });
  let endpoint;
  await prove("ept_map finds SAMR over ncacn_ip_tcp", async () => {
    const found = await mapper.map(samrSyntax);
    expect(found.length > 0, "nothing");
    endpoint = { ...found[0], host: address };
    return formatEndpoint(found[0]);
  });
  association.close();
  return endpoint;
}

/** The whole way through the SAM, protected in each way. */
async function everyProtection(server) {
  for (const kind of Object.keys(mechanisms)) {
    for (const [name, level] of [
      ["packet", AuthnLevel.packet],
      ["integrity", AuthnLevel.integrity],
      ["privacy", AuthnLevel.privacy],
    ]) {
      await prove(`SAMR with ${kind} at ${name}`, () => tour(server, { kind, level }));
    }
  }
}

async function tour(server, how) {
  const { tap, sam, close } = await open(server, how);
  const old = await sam.connect2();
  await sam.close(old);
  const handle = await sam.connect();
  const domains = await sam.domains(handle);
  expect(
    domains.includes("ADTEST") && domains.some((name) => /^builtin$/i.test(name)),
    `domains: ${domains.join(", ")}`,
  );
  const sid = await sam.lookupDomain(handle, "ADTEST");
  const domain = await sam.openDomain(handle, sid);
  const users = await sam.users(domain);
  const administrator = users.find((user) => user.name === "Administrator");
  expect(administrator?.rid === 500, "Administrator is not number 500");
  const user = await sam.openUser(domain, 500);
  const names = await sam.queryUser(user, 6);
  expect(textOf(names.Name.UserName) === "Administrator", "a wrong name");
  const general = await sam.queryUser(user, 1);
  expect(textOf(general.General.AdminComment).startsWith("Built-in account"), "a wrong comment");
  expect(((await sam.queryUser(user, 16)).Control.UserAccountControl & 0x10) !== 0, "not a normal account");
  for (const open of [user, domain, handle]) await sam.close(open);
  close();
  protectedAsAsked(tap, how);
  return `${domains.join(" and ")}, ${users.length} users; header signing and a verification trailer`;
}

/** What the bytes say: header signing agreed, and every call signed by the right mechanism at the right level. */
function protectedAsAsked(tap, { kind, level }) {
  const service = kind === "raw NTLM" ? 10 : 9;
  const flags = tap.acknowledged[0]?.flags ?? 0;
  expect((flags & PfcFlag.supportHeaderSign) !== 0, "no header signing");
  const calls = [...tap.sent, ...tap.received].filter(
    (packet) => packet.type === PacketType.request || packet.type === PacketType.response,
  );
  expect(calls.length >= 20, `only ${calls.length} packets`);
  for (const { auth } of calls) {
    expect(auth?.service === service && auth.level === level, `a packet has ${JSON.stringify(auth)}`);
  }
}

async function largeMessages(server) {
  for (const kind of Object.keys(mechanisms)) {
    const prefix = kind === "raw NTLM" ? "raw" : "neg";
    await prove(`${USERS / 2} users are created, 32 calls at a time (${kind}, privacy)`, () =>
      createUsers(server, kind, prefix),
    );
  }
  for (const kind of Object.keys(mechanisms)) {
    for (const level of [AuthnLevel.integrity, AuthnLevel.privacy]) {
      await prove(`messages of many fragments both ways (${kind}, level ${level})`, () =>
        fragments(server, { kind, level }),
      );
    }
  }
}

function nameOf(prefix, number) {
  return `${prefix}-user-with-a-name-${String(number).padStart(4, "0")}`;
}

async function createUsers(server, kind, prefix) {
  const { sam, close } = await open(server, { kind });
  const domain = await sam.openAccounts();
  const numbers = Array.from({ length: USERS / 2 }, (_, i) => i);
  const rids = new Set();
  await inTurns(numbers, 32, async (number) => {
    const { handle, rid } = await sam.createUser(domain, nameOf(prefix, number));
    rids.add(rid);
    await sam.close(handle);
  });
  expect(rids.size === numbers.length, `only ${rids.size} different RIDs`);
  close();
}

async function fragments(server, how) {
  const { tap, sam, close } = await open(server, how);
  const domain = await sam.openAccounts();
  tap.forget();
  const users = await sam.users(domain);
  const shown = await sam.displayUsers(domain);
  const ours = (list) => list.filter((user) => user.name.includes("-user-with-a-name-")).length;
  expect(ours(users) === USERS && ours(shown) === USERS, `${ours(users)} and ${ours(shown)} users`);
  const answers = Tap.fragments(tap.received, PacketType.response);
  expect(Math.max(...answers) > 3, `answers of ${answers.join(", ")} fragments`);

  const known = Array.from({ length: USERS / 2 }, (_, i) => nameOf("raw", i));
  const unknown = Array.from({ length: 1000 - known.length }, (_, i) => `nobody-${i}-${"x".repeat(100)}`);
  tap.forget();
  const { status, rids } = await sam.lookupNames(domain, [...unknown, ...known]);
  expect(status === NtStatus.someNotMapped, `status ${status.toString(16)}`);
  const expected = new Map(users.map((user) => [user.name, user.rid]));
  expect(rids.length === 1000, `${rids.length} RIDs`);
  expect(
    rids.every((rid, i) => rid === (expected.get(known[i - unknown.length]) ?? 0)),
    "wrong RIDs",
  );
  const [request] = Tap.fragments(tap.sent, PacketType.request);
  expect(request > 30, `the request had ${request} fragments`);
  close();
  return `a request of ${request} fragments, an answer of ${Math.max(...answers)}`;
}

/** One connection, three logons, two interfaces. */
async function manyContexts(server) {
  const tap = new Tap();
  const association = await connect(server, { transports: [tap.over(tcpTransport)] });
  const admin = mechanisms["raw NTLM"](server.admin);
  const user = mechanisms["NTLM in SPNEGO"]({ ...plain, domain: server.domain });
  const bind = (mechanism, level) => association.bind(samrSyntax, { mechanism, level });
  const bindings = await prove("three logons on one connection, by alter_context", async () => {
    const made = [
      await bind(admin, AuthnLevel.privacy),
      await bind(user, AuthnLevel.integrity),
      await bind(admin, AuthnLevel.integrity),
    ];
    const ids = new Set(made.map((binding) => binding.security.contextId));
    expect(ids.size === 3, `contexts ${[...ids].join(", ")}`);
    expect(association.multiplexesSecurity, "the server does not multiplex security contexts");
    return made;
  });
  const [sealed, restricted, signed] = bindings.map((binding) => new Sam(bindInterface(samr, binding)));
  await prove("each call is made by the account of its context", async () => {
    const [mine, theirs] = await Promise.all([sealed.openAccounts(), restricted.openAccounts()]);
    const [made, error] = await Promise.all([
      sealed.createUser(mine, "made-by-the-administrator"),
      rejection(restricted.createUser(theirs, "not-for-plain-users")),
    ]);
    expect(error.status === NtStatus.accessDenied, error.message);
    await sealed.deleteUser(made.handle);
    await Promise.all([sealed.close(mine), restricted.close(theirs)]);
    return "the administrator creates a user, the plain user may not (STATUS_ACCESS_DENIED)";
  });
  await prove("a context handle of one account is nothing to another", async () => {
    const mine = await sealed.connect();
    const error = await rejection(restricted.close(mine));
    expect(error.code === hresultOfFault(FaultStatus.contextMismatch) && error.remote, error.message);
    await sealed.close(mine);
    return error.message;
  });
  await prove("calls of all three contexts at once", async () => {
    tap.forget();
    await Promise.all(
      Array.from({ length: 60 }, async (_, i) => {
        const sam = [sealed, restricted, signed][i % 3];
        const handle = await sam.connect();
        expect((await sam.domains(handle)).length === 2, "a wrong answer");
        await sam.close(handle);
      }),
    );
    const used = new Set(tap.received.map((packet) => `${packet.auth.contextId} at ${packet.auth.level}`));
    expect(used.size === 3, [...used].join(", "));
  });
  await prove("another interface on the same connection, by alter_context", async () => {
    const binding = await association.bind({ uuid: mgmt.iid, version: mgmt.version });
    const { if_id_vector } = await bindInterface(mgmt, binding).rpc__mgmt_inq_if_ids();
    expect(
      if_id_vector.if_id.some((id) => id.uuid === samr.iid),
      "SAMR is not listed",
    );
    return `management lists ${if_id_vector.count} interfaces`;
  });
  association.close();
}

async function wrongPasswords(server) {
  for (const kind of Object.keys(mechanisms)) {
    await prove(`a wrong password is refused (${kind})`, async () => {
      const credentials = { ...server.admin, password: "not the password" };
      const error = await rejection(open(server, { credentials, kind }).then(({ sam }) => sam.connect()));
      expect(error.gate?.startsWith("logon"), `gate ${error.gate}: ${error.message}`);
      expect(error.code === HResult.E_ACCESSDENIED && error.remote, error.message);
      return error.message;
    });
  }
}

async function cancellation(server) {
  const tap = new Tap();
  const association = await connect(server, { transports: [tap.over(tcpTransport)], orphanAfter: 50 });
  const mechanism = mechanisms["raw NTLM"](server.admin);
  const binding = await association.bind(samrSyntax, { mechanism, level: AuthnLevel.privacy });
  const sam = new Sam(bindInterface(samr, binding));
  const domain = await sam.openAccounts();
  const sent = (type) => tap.sent.filter((packet) => packet.type === type).length;
  await prove("a cancelled call ends at once, the server is told, the connection lives on", async () => {
    const cancel = new AbortController();
    const slow = sam.displayUsers(domain, { signal: cancel.signal });
    setImmediate(() => cancel.abort());
    const error = await rejection(slow);
    expect(sent(PacketType.coCancel) === 1, `${sent(PacketType.coCancel)} co_cancel packets`);
    expect((await sam.displayUsers(domain)).length >= USERS, "later calls fail");
    expect(association.outstanding === 0, `${association.outstanding} calls are left`);
    return error.message;
  });
  await prove("a call without an answer in time, too", async () => {
    const slow = Array.from({ length: 20 }, () => sam.displayUsers(domain));
    const error = await rejection(sam.displayUsers(domain, { timeout: 5 }));
    await Promise.all(slow);
    expect((await sam.displayUsers(domain)).length >= USERS, "later calls fail");
    expect(association.outstanding === 0, `${association.outstanding} calls are left`);
    return error.message;
  });
  association.close();
}

async function manyCalls(server) {
  await prove("1,000 calls at once on one connection", async () => {
    const { sam, association, close } = await open(server, {});
    const domain = await sam.openAccounts();
    const names = Array.from({ length: 1000 }, (_, i) => nameOf("raw", i % (USERS / 2)));
    const answers = names.map((name) => sam.lookupNames(domain, [name]));
    const most = association.outstanding;
    const rids = (await Promise.all(answers)).map((answer) => answer.rids[0]);
    expect(
      rids.every((rid, i) => rid > 1000 && rid === rids[i % (USERS / 2)]),
      "answers are mixed up",
    );
    close();
    return `${most} outstanding`;
  });
  await prove("20 connections with 20 calls each at once", async () => {
    const clients = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        open(server, {
          kind: Object.keys(mechanisms)[i % 2],
          level: i % 4 < 2 ? AuthnLevel.integrity : AuthnLevel.privacy,
        }),
      ),
    );
    const calls = clients.flatMap(({ sam }) => Array.from({ length: 20 }, () => sam.connect()));
    const handles = new Set((await Promise.all(calls)).map((handle) => handle.uuid));
    expect(handles.size === 400, `${handles.size} handles`);
    for (const client of clients) client.close();
  });
}

/** `work` on every item, `width` at a time. */
async function inTurns(items, width, work) {
  const rest = items.values();
  const lane = async () => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: width }, lane));
}
