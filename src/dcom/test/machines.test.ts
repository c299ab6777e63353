import assert from "node:assert/strict";
import { test } from "node:test";
import { HResult } from "../../base/index.ts";
import { comVersion } from "../com-version.ts";
import type { ObjectSideOptions } from "../object-side.ts";
import { INode, Node } from "./objects.ts";
import { World, hand, until } from "./world.ts";

const tcp: Partial<ObjectSideOptions> = {
  listen: [{ protseq: "ncacn_ip_tcp", host: "127.0.0.1", endpoint: "" }],
};
const pingPeriod = 120;

const machine = (address: string): Promise<World> =>
  World.open({ addresses: [address], settings: { pingPeriod } });

test("a reference to another machine is resolved there, called there, and pinged by this machine's SCM", async () => {
  await using a = await machine("127.0.0.1");
  await using b = await machine("127.0.0.2");
  const server = await a.side(tcp);
  const [client, other] = [await b.side(tcp), await b.side(tcp)];
  {
    using node = hand(server, client, new Node("far"), INode);
    using again = hand(server, other, new Node("far too"), INode);
    assert.equal(await node.Add(40, 2), 42);
    assert.equal(await again.Add(40, 2), 42);
    await new Promise((resolve) => setTimeout(resolve, pingPeriod * 6));
    assert.equal(Node.alive, 2, "pings keep both alive");
    assert.equal(await node.Add(1, 2), 3);
  }
  await a.assertClean();
  await b.assertClean();
  assert.equal(Node.alive, 0);
});

test("a machine that dies loses its references after three missed periods", async () => {
  await using a = await machine("127.0.0.1");
  const b = await machine("127.0.0.2");
  const server = await a.side(tcp);
  const client = await b.side(tcp);
  const kept = new Node("kept by nobody else");
  const node = hand(server, client, kept, INode);
  assert.equal(await node.Add(40, 2), 42);
  await new Promise((resolve) => setTimeout(resolve, pingPeriod * 4));
  assert.equal(Node.alive, 1);
  const died = performance.now();
  await b.scm.close(); // as if the machine were switched off: nothing is given back
  await until(() => Node.alive === 0, "the object to be freed");
  const periods = (performance.now() - died) / pingPeriod;
  assert.ok(periods > 1.5 && periods < 6, `freed after ${periods.toFixed(1)} periods`);
  await assert.rejects(async () => node.Add(1, 1), { code: HResult.RPC_E_DISCONNECTED });
  await client.connections[Symbol.asyncDispose]();
  await client[Symbol.asyncDispose]();
  await a.assertClean();
});

test("references that nobody ever pings go too; objects marshaled without pings stay", async () => {
  await using a = await machine("127.0.0.1");
  const server = await a.side(tcp);
  server.marshaler.marshalInterface(INode.iid, new Node("lost"));
  const calm = new Node("calm");
  const objref = server.marshaler.marshalInterface(INode.iid, calm, { noPing: true });
  assert.equal(Node.alive, 2);
  await until(() => Node.alive === 1, "the lost one to go");
  await new Promise((resolve) => setTimeout(resolve, pingPeriod * 5));
  assert.equal(Node.alive, 1);
  await server.marshaler.releaseMarshalData(objref);
  assert.equal(Node.alive, 0);
  await a.assertClean();
});

test("an unknown OXID is a disconnected object; an unreachable machine says so", async () => {
  await using a = await machine("127.0.0.1");
  await using b = await machine("127.0.0.2");
  const server = await a.side(tcp);
  const client = await b.side(tcp);
  const objref = server.marshaler.marshalInterface(INode.iid, new Node("x"));
  objref[32] = (objref[32] ?? 0) ^ 0xff; // another OXID
  using gone = client.marshaler.unmarshalInterface(INode.iid, objref) as INode;
  await assert.rejects(async () => gone.Add(1, 1), { code: HResult.RPC_E_DISCONNECTED });
  const text = "127.0.0.1[";
  const nowhere = server.marshaler.marshalInterface(INode.iid, new Node("y"));
  const at = Buffer.from(nowhere).indexOf(Buffer.from(text, "utf16le")) + text.length * 2;
  for (let i = 0; i < 5; i++) nowhere[at + i * 2] = 0x31; // port 11111, or a digit more or less
  using lost = client.marshaler.unmarshalInterface(INode.iid, nowhere) as INode;
  await assert.rejects(async () => lost.Add(1, 1), { code: HResult.RPC_S_SERVER_UNAVAILABLE });
  await assert.rejects(
    async () => lost.Add(1, 1),
    { code: HResult.RPC_S_SERVER_UNAVAILABLE },
    "and again at once",
  );
});

test("a reference passed on to a third machine", async () => {
  await using a = await machine("127.0.0.1");
  await using b = await machine("127.0.0.2");
  await using c = await machine("127.0.0.3");
  const [home, keeperSide, client] = [await a.side(tcp), await b.side(tcp), await c.side(tcp)];
  {
    using far = hand(home, client, new Node("far"), INode);
    using keeper = hand(keeperSide, client, new Node("keeper"), INode);
    await keeper.Keep(far);
    far[Symbol.dispose]();
    await client.importer.drain();
    await new Promise((resolve) => setTimeout(resolve, pingPeriod * 6));
    assert.equal(Node.alive, 2, "the keeper's machine pings for it now");
    using back = await keeper.Kept();
    assert.equal(await back?.Add(2, 3), 5);
    await keeper.Keep(null);
  }
  for (const world of [a, b, c]) await world.assertClean();
  assert.equal(Node.alive, 0);
});

test("ServerAlive2 tells a machine's version and bindings to anybody", async () => {
  await using a = await machine("127.0.0.1");
  await using b = await machine("127.0.0.2");
  const client = await b.side(tcp);
  const { version, bindings } = await client.resolverClient.serverAlive2(a.scm.bindings, {});
  assert.deepEqual(version, comVersion);
  assert.ok(bindings.strings.some(({ address }) => address.startsWith("127.0.0.1")));
});

test("addresses: the pinned peer instead of what the bindings name", async () => {
  await using a = await machine("127.0.0.1");
  await using b = await machine("127.0.0.2");
  const server = await a.side({ ...tcp, advertise: ["10.255.255.1"] });
  const client = await b.side({ ...tcp, choice: { host: "127.0.0.1", pin: true } });
  {
    using node = hand(server, client, new Node("behind NAT"), INode);
    assert.equal(await node.Add(1, 1), 2);
  }
  await b.assertClean();
});

test("a machine whose bindings are forgotten is asked for its addresses anew", async () => {
  await using a = await machine("127.0.0.1");
  await using b = await machine("127.0.0.2");
  const [server, client] = [await a.side(tcp), await b.side(tcp)];
  let asked = 0;
  const { resolverClient } = client;
  const resolve = resolverClient.resolve.bind(resolverClient);
  resolverClient.resolve = (...question) => (asked++, resolve(...question));
  {
    using node = hand(server, client, new Node("far"), INode);
    assert.equal(await node.Add(1, 1), 2);
    client.importer.forgetMachine("127.0.0.3");
    using second = hand(server, client, new Node("another"), INode);
    assert.equal(await second.Add(1, 1), 2);
    assert.equal(asked, 1, "another machine's are none of its business");
    client.importer.forgetMachine("127.0.0.1");
    assert.equal(await node.Add(1, 1), 2, "what is connected stays so");
    assert.equal(asked, 1);
    await client.connections[Symbol.asyncDispose]();
    await assert.rejects(async () => node.Add(1, 1));
    assert.equal(asked, 2);
  }
});
