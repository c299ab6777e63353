import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ComError, HResult, ManualClock, defaultLimits, guid, silentLogger } from "../../base/index.ts";
import type { IUnknown } from "../../com/index.ts";
import { pointerTo } from "../../com/index.ts";
import { type Dispatcher, RpcServer, type Transport, localTransport, tcpTransport } from "../../rpc/index.ts";
import { Connections } from "../client/connections.ts";
import { endpointsOf, splitAddress } from "../client/endpoints.ts";
import { unprotected } from "../client/security.ts";
import { type DualStringArray, TowerId } from "../dual-string-array.ts";
import { decodeObjref, encodeObjref } from "../objref.ts";
import { writeOrpcThat } from "../orpc/orpc-that.ts";
import { readOrpcThis } from "../orpc/orpc-this.ts";
import { INode, Node } from "./objects.ts";
import { World, hand, until } from "./world.ts";

const bindings = (...addresses: string[]): DualStringArray => ({
  strings: addresses.map((address) => ({ tower: TowerId.tcp, address })),
  security: [],
});

test("addresses: host, bracketed port, IPv6", () => {
  assert.deepEqual(splitAddress("plc-7"), { host: "plc-7", endpoint: undefined });
  assert.deepEqual(splitAddress("10.0.0.1[5000]"), { host: "10.0.0.1", endpoint: "5000" });
  assert.deepEqual(splitAddress("fe80::1[5000]"), { host: "fe80::1", endpoint: "5000" });
  assert.deepEqual(splitAddress("[fe80::1]"), { host: "fe80::1", endpoint: undefined });
  assert.deepEqual(splitAddress("[fe80::1][5000]"), { host: "fe80::1", endpoint: "5000" });
  assert.deepEqual(splitAddress("[/run/x]"), { host: "", endpoint: "/run/x" });
});

test("the host that is known to work comes first, then the others, then that host with their ports", () => {
  const list = (choice: Parameters<typeof endpointsOf>[1], port?: string): string[] =>
    endpointsOf(bindings("DC1", "10.0.0.1[5000]", "10.0.0.2[5000]"), choice, port).map(
      ({ host, endpoint }) => `${host}:${endpoint}`,
    );
  assert.deepEqual(list({}), ["10.0.0.1:5000", "10.0.0.2:5000"]);
  assert.deepEqual(list({ host: "10.0.0.2" }), ["10.0.0.2:5000", "10.0.0.1:5000"]);
  assert.deepEqual(list({ host: "nat" }), ["10.0.0.1:5000", "10.0.0.2:5000", "nat:5000"]);
  assert.deepEqual(list({ host: "nat", pin: true }), ["nat:5000"]);
  assert.deepEqual(list({}, "135"), ["DC1:135", "10.0.0.1:5000", "10.0.0.2:5000"]);
});

test("a Unix socket named by a stranger is never opened", () => {
  const array: DualStringArray = {
    strings: [{ tower: TowerId.local, address: "[/run/other.sock]" }],
    security: [],
  };
  assert.deepEqual(endpointsOf(array, {}), []);
  assert.equal(endpointsOf(array, { local: true }).length, 1);
});

/** A network in which some hosts answer, some refuse, and the others never say anything. */
function network(answering: ReadonlySet<string>, refusing: ReadonlySet<string>) {
  const attempts: string[] = [];
  const transport: Transport = {
    protseq: "ncacn_ip_tcp",
    fragmentBytes: 5840,
    async connect(endpoint, signal) {
      const host = endpoint.host ?? "";
      attempts.push(host);
      if (answering.has(host)) return tcpTransport.connect({ ...endpoint, host: "127.0.0.1" }, signal);
      if (refusing.has(host)) throw Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
      return new Promise((_, reject) =>
        signal?.addEventListener("abort", () => reject(signal.reason as Error), { once: true }),
      );
    },
    listen: (endpoint, accept) => tcpTransport.listen(endpoint, accept),
  };
  return { attempts, transport };
}

const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
};

function connectionsOver(transport: Transport, clock: ManualClock): Connections {
  return new Connections({
    transports: [transport],
    limits: defaultLimits,
    clock,
    logger: silentLogger,
    connectTimeout: 10_000,
    linger: 100,
  });
}

const tcpAt = (host: string, endpoint: string) => ({ protseq: "ncacn_ip_tcp", host, endpoint });

test("a silent address is overtaken by the next; a refusal goes on at once", async () => {
  await using server = new RpcServer();
  const { endpoint: port } = await server.listen(tcpTransport);
  const clock = new ManualClock();
  const { attempts, transport } = network(new Set(["good"]), new Set(["closed"]));
  await using connections = connectionsOver(transport, clock);
  const pending = connections.acquire(
    ["silent", "closed", "good"].map((host) => tcpAt(host, port)),
    unprotected,
  );
  await settle();
  assert.deepEqual(attempts, ["silent"]);
  clock.advance(1000);
  const line = await pending;
  assert.deepEqual(attempts, ["silent", "closed", "good"]);
  assert.equal(line.association.endpoint.host, "good");
  const again = await connections.acquire([tcpAt("good", port)], unprotected);
  assert.equal(again, line, "one connection for equal wishes");
  connections.release(line);
  connections.release(again);
  clock.advance(101);
  assert.equal(await line.association.closed, undefined);
  assert.equal(connections.size, 0);
  clock.advance(20_000);
});

test("a connection that comes about after the end is closed, and nobody gets it", async () => {
  await using server = new RpcServer();
  const { endpoint: port } = await server.listen(tcpTransport);
  const { transport } = network(new Set(["good"]), new Set());
  const connections = connectionsOver(transport, new ManualClock());
  const pending = connections.acquire([tcpAt("good", port)], unprotected);
  await connections[Symbol.asyncDispose]();
  await assert.rejects(pending, { code: HResult.CO_E_NOTINITIALIZED });
  assert.equal(connections.size, 0);
});

test("after a failure the next attempt waits, longer each time; calls meanwhile fail at once", async () => {
  const clock = new ManualClock();
  const { attempts, transport } = network(new Set(), new Set(["closed"]));
  await using connections = connectionsOver(transport, clock);
  const attempt = () => connections.acquire([tcpAt("closed", "1")], unprotected);
  await assert.rejects(attempt(), { code: HResult.RPC_S_SERVER_UNAVAILABLE, gate: "connection" });
  await assert.rejects(attempt());
  assert.equal(attempts.length, 1);
  clock.advance(100);
  await assert.rejects(attempt());
  clock.advance(100);
  await assert.rejects(attempt());
  assert.equal(attempts.length, 2, "200 ms now");
  clock.advance(100);
  await assert.rejects(attempt());
  assert.equal(attempts.length, 3);
});

/** An exporter that is not ours: answers every call as `answer` says. */
async function stranger(dispatcher: Dispatcher): Promise<{ server: RpcServer; address: string }> {
  const server = new RpcServer({ minimumLevel: 1 });
  server.registerFallback(() => dispatcher);
  const { endpoint } = await server.listen(tcpTransport);
  return { server, address: `127.0.0.1[${endpoint}]` };
}

/** A reference to an object of a stranger, whose place is known. */
async function strangersObject(world: World, dispatcher: Dispatcher) {
  const { server, address } = await stranger(dispatcher);
  const client = await world.side();
  const resolver = bindings("203.0.113.9");
  const oxid = 77n;
  client.importer.learn(oxid, resolver, {
    bindings: bindings(address),
    ipidRemUnknown: guid("00000000-0000-0000-0000-00000000000a"),
    authenticationHint: 1,
    version: { major: 5, minor: 7 },
  });
  const std = {
    flags: 0x1000,
    publicRefs: 5,
    oxid,
    oid: 5n,
    ipid: guid("00000000-0000-0000-0000-00000000000b"),
  };
  const objref = encodeObjref({ form: "standard", iid: INode.iid, std, resolver });
  return { server, client, node: client.marshaler.unmarshalInterface(INode.iid, objref) as INode };
}

for (const [name, highest, lowest, refusal] of [
  ["an older", 4, 1, HResult.RPC_E_VERSION_MISMATCH],
  ["a choosy", 6, 6, HResult.RPC_E_INVALID_HEADER],
] as const) {
  test(`${name} peer: the version is lowered until it agrees, once for all calls`, async () => {
    await using world = await World.open();
    const seen: number[] = [];
    const { server, node } = await strangersObject(world, {
      dispatch(call) {
        const { minor } = readOrpcThis(call.reader);
        seen.push(minor);
        if (minor > highest || minor < lowest) throw new ComError(refusal);
        const writer = call.beginResponse();
        writeOrpcThat(writer);
        writer.u32(minor);
        writer.u32(0);
        call.endResponse();
      },
    });
    assert.equal(await node.Add(1, 1), highest);
    const tries = seen.length;
    assert.equal(await node.Add(1, 1), highest);
    assert.equal(seen.length, tries + 1);
    node[Symbol.dispose]();
    await server.close();
  });
}

test("a failure without the [out] values before it is understood; nonsense is an error", async () => {
  await using world = await World.open();
  let body: readonly number[] = [];
  const { server, node } = await strangersObject(world, {
    dispatch(call) {
      const writer = call.beginResponse();
      writeOrpcThat(writer);
      for (const word of body) writer.u32(word);
      call.endResponse();
    },
  });
  body = [0x80020009];
  await assert.rejects(async () => node.Add(1, 1), { code: HResult.DISP_E_EXCEPTION });
  body = [];
  await assert.rejects(async () => node.Add(1, 1), { code: HResult.RPC_X_BAD_STUB_DATA });
  body = [5, 0, 0xfafafafa, 0xfafafafa];
  assert.equal(await node.Add(1, 1), 5, "bytes behind the response are passed over");
  node[Symbol.dispose]();
  await server.close();
});

test("an answer that ends behind a pointer: the pointer's references go back", async () => {
  await using world = await World.open();
  const owner = await world.side();
  const objref = owner.marshaler.marshalInterface(INode.iid, new Node("half given"));
  const { server, node } = await strangersObject(world, {
    dispatch(call) {
      const writer = call.beginResponse();
      writeOrpcThat(writer);
      writer.u32(0x0002_0000);
      writer.u32(objref.length);
      writer.u32(objref.length);
      writer.raw(objref);
      call.endResponse();
    },
  });
  await assert.rejects(async () => node.Make("x"), { code: HResult.RPC_X_BAD_STUB_DATA });
  await until(() => Node.alive === 0, "the object to go");
  node[Symbol.dispose]();
  await server.close();
});

test("a call's own time and signal count while its object is not reached yet", async () => {
  await using world = await World.open();
  const client = await world.side({
    transports: [localTransport, network(new Set(), new Set()).transport],
    listen: [],
  });
  const std = {
    flags: 0x1000,
    publicRefs: 1,
    oxid: 9n,
    oid: 9n,
    ipid: guid("00000000-0000-0000-0000-00000000000b"),
  };
  const objref = encodeObjref({ form: "standard", iid: INode.iid, std, resolver: bindings("203.0.113.9") });
  using node = client.marshaler.unmarshalInterface(INode.iid, objref) as INode;
  await assert.rejects(async () => node.Add(1, 1, { timeout: 20 }), { code: HResult.RPC_E_TIMEOUT });
  await assert.rejects(async () => node.Add(1, 1, { signal: AbortSignal.abort() }), {
    code: HResult.RPC_E_CALL_CANCELED,
  });
});

test("handler and extended references are used as standard ones; custom ones go to their class", async () => {
  await using world = await World.open();
  const marshaled = new Node("by value");
  const clsid = guid("00000000-0000-0000-0000-00000000000c");
  const server = await world.side({
    customMarshal: (_, object) =>
      object === marshaled ? { clsid, data: Buffer.from(marshaled.name) } : undefined,
  });
  const client = await world.side({
    customUnmarshal: new Map([
      [clsid, (_, { data }): IUnknown => pointerTo(new Node(Buffer.from(data).toString()), INode)],
    ]),
  });
  for (const form of ["handler", "extended"] as const) {
    const standard = decodeObjref(server.marshaler.marshalInterface(INode.iid, new Node(form)));
    assert.ok(standard.form === "standard");
    const objref = encodeObjref({
      ...standard,
      form,
      clsid,
      elements: [{ id: clsid, data: new Uint8Array(8) }],
    });
    using node = client.marshaler.unmarshalInterface(INode.iid, objref) as INode;
    assert.equal(await node.Add(1, 1), 2);
  }
  using copy = hand(server, client, marshaled, INode);
  assert.equal(copy.Add(2, 2), 4, "a copy lives here");
  const plain = await world.side();
  assert.throws(() => hand(server, plain, marshaled, INode), { code: HResult.REGDB_E_CLASSNOTREG });
  copy[Symbol.dispose]();
  marshaled.finalRelease();
  await world.assertClean();
});

test("hostile references: a ComError, or a pointer that fails by name; nothing is kept", async () => {
  await using world = await World.open();
  const [server, client] = [await world.side(), await world.side({ connectTimeout: 50 })];
  const seed = server.marshaler.marshalInterface(INode.iid, new Node("seed"));
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 8 }),
      fc.nat(200),
      (changes, cut) => {
        const bytes = seed.slice(0, seed.length - (cut < 100 ? 0 : cut - 100));
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        try {
          client.marshaler.unmarshalInterface(INode.iid, bytes)[Symbol.dispose]();
        } catch (error) {
          assert.ok(error instanceof ComError);
        }
      },
    ),
    { numRuns: 300 },
  );
  assert.equal(client.importer.holdings.size, 0);
});
