import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  type AuthenticationLevel,
  ntHash,
  ntlmClient,
  ntlmServer,
  spnegoClient,
  spnegoServer,
} from "../../auth/index.ts";
import { ComError, HResult, defaultLimits, newGuid, silentLogger, systemClock } from "../../base/index.ts";
import { plainContext } from "../../ndr/index.ts";
import { Association, tcpTransport } from "../../rpc/index.ts";
import { RemoteActivationClient } from "../activation/client.ts";
import { Connections } from "../client/connections.ts";
import { methodByName } from "../client/known-method.ts";
import { ResolverClient } from "../client/resolver-client.ts";
import type { CallSecurity } from "../client/security.ts";
import type { DualStringArray } from "../dual-string-array.ts";
import { IRemoteSCMActivator } from "../gen/dcom.ts";
import { parseAccessList } from "../scm/access.ts";
import { connectScm } from "../scm/connect.ts";
import { Scm } from "../scm/scm.ts";
import { A1, objrefsOf } from "./captures.ts";
import { catalogOf, exporterStub, registration, serverClass, testClsid, testIid } from "./scm-support.ts";

const clsid = testClsid;
const iid = testIid;
const closed = newGuid();
const elsewhere = newGuid();
const account = { name: "ann", ntHash: ntHash("Secret1!") };
const ntlm = ntlmServer({
  accounts: { lookup: (_domain, user) => (user.toLowerCase() === "ann" ? account : undefined) },
  machineName: "TEST",
});
const home = mkdtempSync(join(tmpdir(), "comity-wire-"));
const warnings: string[] = [];
let scm: Scm;
let connections: Connections;

before(async () => {
  scm = await Scm.open({
    home,
    port: 0,
    mechanisms: [spnegoServer([ntlm]), ntlm],
    logger: { ...silentLogger, warn: (_fields, message) => void warnings.push(message) },
    catalog: catalogOf([
      serverClass(),
      serverClass({ clsid: closed, name: "Closed.Class", launchPermission: parseAccessList(["allow bob"]) }),
      serverClass({ clsid: elsewhere, remoteServerName: "plc-7" }),
    ]),
  });
  connections = new Connections({
    transports: [tcpTransport],
    limits: defaultLimits,
    clock: systemClock,
    logger: silentLogger,
    connectTimeout: 5000,
    linger: 100,
  });
});

after(async () => {
  await connections[Symbol.asyncDispose]();
  await scm.close();
  rmSync(home, { recursive: true });
});

const there = (): DualStringArray => ({
  strings: [{ tower: 7, address: `127.0.0.1[${scm.port}]` }],
  security: [],
});
const ask = { clsid, iids: [iid], classObject: false, context: 0x10 };
const activator = (): RemoteActivationClient =>
  new RemoteActivationClient(connections, new ResolverClient(connections));
const security = (level: AuthenticationLevel, password = "Secret1!"): CallSecurity => ({
  mechanism: ntlmClient({ user: "ann", password, domain: "DOM" }),
  level,
});
const refuses = (code: number, gate?: RegExp) => (error: unknown) =>
  error instanceof ComError && error.code === code && (gate === undefined || gate.test(error.gate ?? ""));

test("ServerAlive2 and pings are answered to anybody", async () => {
  const resolver = new ResolverClient(connections);
  const alive = await resolver.serverAlive2(there(), {});
  assert.deepEqual(alive.version, { major: 5, minor: 7 });
  assert.deepEqual(alive.bindings.strings, there().strings);
  assert.deepEqual(
    alive.bindings.security.map(({ service }) => service),
    [9, 10],
  );
  assert.equal(await resolver.simplePing(there(), 1n), 1912);
  const { setId, status } = await resolver.complexPing(there(), 0n, 1, [99n], []);
  assert.equal(status, 1911);
  assert.notEqual(setId, 0n);
  assert.equal(await resolver.simplePing(there(), setId), 0);
});

test("an OXID of the machine resolves, with its network bindings only; another does not", async () => {
  const bindings = {
    strings: [
      { tower: 7, address: "127.0.0.1[4711]" },
      { tower: 0x10, address: "[/tmp/secret.sock]" },
    ],
    security: [{ service: 10, principal: "", reserved: 0xffff }],
  };
  const client = await connectScm(home);
  const session = await client.join(registration("server", { bindings }), exporterStub());
  const resolver = new ResolverClient(connections);
  const found = await resolver.resolve(there(), session.oxid, {});
  assert.deepEqual(found.bindings.strings, [bindings.strings[0]]);
  assert.equal(found.authenticationHint, 6);
  await client[Symbol.asyncDispose]();
  while (scm.machine.processes.size > 0) await new Promise((resolve) => setTimeout(resolve, 2));
  await assert.rejects(resolver.resolve(there(), session.oxid, {}), /OR_INVALID_OXID/);
});

test("activation from afar: levels, logons and permissions each have their gate", async () => {
  await using client = await connectScm(home);
  const session = await client.join(registration("server"), exporterStub());
  await session.registerClass({ clsid, uses: "multiple", suspended: false });
  const machine = `127.0.0.1[${scm.port}]`;

  for (const level of [5, 6] as const) {
    const activated = await activator().activate(machine, ask, security(level));
    assert.equal(activated.oxid, session.oxid);
    assert.deepEqual([...(activated.interfaces[0]?.objref ?? [])], [1, 2, 3]);
    const classObject = await activator().activate(machine, { ...ask, classObject: true }, security(level));
    assert.equal(classObject.exporter.authenticationHint, 6);
  }
  const inSpnego: CallSecurity = {
    mechanism: spnegoClient([ntlmClient({ user: "ann", password: "Secret1!" })]),
    level: 6,
  };
  assert.equal((await activator().activate(machine, ask, inSpnego)).oxid, session.oxid);

  warnings.length = 0;
  await assert.rejects(activator().activate(machine, ask, security(2)), refuses(HResult.E_ACCESSDENIED));
  assert.match(warnings.join("\n"), /activation needs integrity or better, it came in with connect/);
  await assert.rejects(activator().activate(machine, ask, { level: 1 }), refuses(HResult.E_ACCESSDENIED));
  await assert.rejects(activator().activate(machine, ask, security(6, "wrong")), (error) => {
    assert.ok(error instanceof ComError);
    assert.equal(error.code, HResult.E_ACCESSDENIED, String(error));
    return true;
  });
  await assert.rejects(
    activator().activate(machine, { ...ask, clsid: closed }, security(6)),
    refuses(HResult.E_ACCESSDENIED, /launch or access permission/),
  );
  await assert.rejects(
    activator().activate(machine, { ...ask, clsid: newGuid() }, security(6)),
    refuses(HResult.REGDB_E_CLASSNOTREG),
  );
  await assert.rejects(
    activator().activate(machine, { ...ask, clsid: elsewhere }, security(6)),
    refuses(HResult.CO_E_APPNOTFOUND),
  );
  assert.match(warnings.at(-1) ?? "", /the class runs on plc-7; activate it there/);
});

test("garbage on the port ends that connection only; others are served meanwhile", async () => {
  const resolver = new ResolverClient(connections);
  for (let seed = 0; seed < 30; seed++) {
    const socket = createConnection(scm.port ?? 0, "127.0.0.1");
    socket.on("error", () => undefined);
    const junk = Buffer.from(Array.from({ length: 80 }, (_, i) => (seed * 37 + i * 11) & 0xff));
    if (seed % 2 === 0) junk.set([5, 0, seed % 20, 3, 0x10, 0, 0, 0, 80, 0, 0, 0]);
    socket.write(junk);
    await resolver.serverAlive2(there(), {});
    socket.destroy();
  }
});

test("a port that is taken is an error, or a machine that only serves itself", async () => {
  const options = { home: `${home}/second`, port: scm.port ?? 0, catalog: catalogOf([]) };
  await assert.rejects(Scm.open(options), refuses(HResult.RPC_S_SERVER_UNAVAILABLE, /connection/));
  await using alone = await Scm.open({ ...options, requireNetwork: false });
  assert.equal(alone.port, undefined);
  await using client = await connectScm(options.home);
  assert.equal((await client.snapshot()).processes.length, 0);
});

test("activation requests with anything changed are answered, and a valid caller is served meanwhile", async () => {
  await using client = await connectScm(home);
  const session = await client.join(registration("server"), exporterStub());
  await session.registerClass({ clsid, uses: "multiple", suspended: false });
  const [windows] = objrefsOf(A1).filter((bytes) => bytes[24] === 0x38);
  assert.ok(windows);
  const association = await Association.connect(
    { protseq: "ncacn_ip_tcp", host: "127.0.0.1", endpoint: String(scm.port) },
    { transports: [tcpTransport] },
  );
  const mechanism = ntlmClient({ user: "ann", password: "Secret1!" });
  const syntax = { uuid: IRemoteSCMActivator.iid, version: IRemoteSCMActivator.version };
  const binding = await association.bind(syntax, { mechanism, level: 5 });
  const { opnum, codec } = methodByName(IRemoteSCMActivator, "RemoteCreateInstance");
  const orpcthis = {
    version: { MajorVersion: 5, MinorVersion: 7 },
    flags: 1,
    reserved1: 0,
    cid: newGuid(),
    extensions: null,
  };
  const send = (abData: Uint8Array): Promise<number> => {
    const args = [orpcthis, null, { ulCntData: abData.length, abData }];
    const status = { code: 0 };
    return binding.call(
      opnum,
      undefined,
      (writer) => codec.encodeRequest(writer, args, plainContext),
      (reader) => {
        codec.decodeResponse(reader, args, plainContext, status);
        return status.code;
      },
      { timeout: 5000 },
    );
  };
  for (let at = 0; at < windows.length; at += 5) {
    const changed = windows.slice();
    changed[at] = (changed[at] ?? 0) ^ 0xff;
    const answer = await send(changed).catch((error: unknown) => ComError.from(error).code);
    assert.notEqual(answer, 0, "the class that Windows asked for is not registered here");
    assert.notEqual(answer, HResult.RPC_E_TIMEOUT);
  }
  assert.equal(association.state, "open");
  const activated = await activator().activate(`127.0.0.1[${scm.port}]`, ask, security(6));
  assert.equal(activated.oxid, session.oxid);
  association.close();
});
