import assert from "node:assert/strict";
import { suite, test } from "node:test";
import {
  Association,
  type AssociationOptions,
  EndpointMap,
  EndpointMapperClient,
  MemoryTransport,
  NDR20,
  NDR64,
  RpcServer,
  type SyntaxId,
  bindInterface,
  registerEndpointMapper,
  serveInterface,
} from "../index.ts";
import { type Interface, defineInterface } from "../../ndr/index.ts";
import { array, ref, u16, u32, u64 } from "../../ndr/codegen/v1.ts";
import { PacketType } from "../pdu/packet-type.ts";
import { type Pdu, decodePdu } from "../pdu/pdu.ts";
import type { PresentationContext, PresentationResult } from "../pdu/presentation.ts";
import { featuresOf, sameSyntax } from "../pdu/syntax.ts";
import { memoryPair } from "../transport/memory.ts";
import { capturePath, pdusOf, tcpStreams } from "./capture-file.ts";
import { ECHO, Echo, number, twoNumbers } from "./echo.ts";
import { fakeMechanism, fakeServerMechanism } from "./fake-mechanism.ts";
import { assertNothingLeft } from "./leaks.ts";
import { RawClient, rawClient } from "./raw-client.ts";

interface ISums {
  Sum(count: number, values: BigUint64Array): Promise<{ total: bigint; small: number }>;
}
const ISums: Interface<ISums> = defineInterface<ISums>({
  name: "ISums",
  iid: "3c4728c5-f0ab-448b-bda1-6ce01eb0a6d7",
  version: [1, 0],
  kind: "rpc",
  methods: () => [
    {
      name: "Sum",
      opnum: 0,
      params: [
        { name: "count", type: u16, in: true, out: false },
        { name: "values", type: array(u64, { size: "count" }), in: true, out: false },
        { name: "total", type: ref(u64), in: false, out: true },
        { name: "small", type: ref(u32), in: false, out: true },
      ],
      returns: { kind: "base", name: "void" },
    },
  ],
});
const SUMS: SyntaxId = { uuid: ISums.iid, version: ISums.version };
const sums = {
  Sum(_count: number, values: BigUint64Array) {
    const total = values.reduce((sum, value) => sum + value, 0n);
    return { total, small: Number(total) };
  },
} as unknown as ISums;

async function setUp(encodings: readonly SyntaxId[] | undefined, options: Partial<AssociationOptions> = {}) {
  const transport = new MemoryTransport();
  const server = new RpcServer({ mechanisms: [fakeServerMechanism({ legs: 3 })], minimumLevel: 1 });
  server.register(
    SUMS,
    serveInterface(ISums, sums, encodings === undefined ? {} : { transferSyntaxes: encodings }),
  );
  server.register(ECHO, new Echo(1));
  const endpoint = await server.listen(transport);
  const client = await Association.connect(endpoint, { transports: [transport], ...options });
  return { server, client };
}

const names = new Map([
  [NDR20.uuid, "NDR20"],
  [NDR64.uuid, "NDR64"],
]);

suite("which encoding a binding gets", () => {
  const cases: [
    what: string,
    server: readonly SyntaxId[] | undefined,
    client: Partial<AssociationOptions>,
    expected: string,
  ][] = [
    ["both know both", undefined, {}, "NDR20"],
    ["the server prefers NDR64", [NDR64, NDR20], {}, "NDR64"],
    ["it does, and the client insists", [NDR64, NDR20], { insistOnFirst: true }, "NDR20"],
    [
      "the client insists on NDR64",
      [NDR20, NDR64],
      { insistOnFirst: true, transferSyntaxes: [NDR64, NDR20] },
      "NDR64",
    ],
    ["the client insists, the server has no other", [NDR64], { insistOnFirst: true }, "NDR64"],
    ["the server has NDR20 alone", [NDR20], { transferSyntaxes: [NDR64, NDR20] }, "NDR20"],
    ["the client offers NDR64 alone", undefined, { transferSyntaxes: [NDR64] }, "NDR64"],
  ];
  for (const [what, encodings, options, expected] of cases) {
    test(`${what}: ${expected}`, async () => {
      const { server, client } = await setUp(encodings, options);
      const binding = await client.bind(SUMS);
      assert.equal(names.get(binding.transferSyntax.uuid), expected);
      assert.equal(binding.ndr64, expected === "NDR64");
      const result = await bindInterface(ISums, binding).Sum(3, BigUint64Array.of(1n, 2n, 39n));
      assert.deepEqual(result, { total: 42n, small: 42 });
      assert.equal(await client.bind(SUMS), binding, "known from now on");
      client.close();
      await assertNothingLeft(server);
    });
  }

  test("nothing in common is an error that says so", async () => {
    const { server, client } = await setUp([NDR20], { transferSyntaxes: [NDR64] });
    await assert.rejects(client.bind(SUMS), { message: /none of the offered encodings/ });
    client.close();
    await assertNothingLeft(server);
  });

  test("a dispatcher that says nothing of encodings gets NDR 2.0 only", async () => {
    const { server, client } = await setUp(undefined, { transferSyntaxes: [NDR64, NDR20] });
    const echo = await client.bind(ECHO);
    assert.equal(echo.ndr64, false);
    assert.equal(await echo.call(0, undefined, twoNumbers(2, 40), number), 42);
    client.close();
    await assertNothingLeft(server);
  });

  test("a protected call in NDR64 with a verification trailer", async () => {
    const { server, client } = await setUp(undefined, { transferSyntaxes: [NDR64] });
    const security = { mechanism: fakeMechanism({ legs: 3 }), level: 6 } as const;
    const binding = await client.bind(SUMS, security);
    const options = { verificationTrailer: true };
    const methods = bindInterface(ISums, binding) as unknown as {
      Sum(...args: unknown[]): Promise<{ total: bigint }>;
    };
    assert.equal((await methods.Sum(1, BigUint64Array.of(7n), options)).total, 7n);
    client.close();
    await assertNothingLeft(server);
  });
});

/** Binds and alter_contexts of a capture with their answers: offers and results. */
function exchanges(
  name: string,
): { offers: readonly PresentationContext[]; results: readonly PresentationResult[] }[] {
  const pdus = tcpStreams(capturePath(name)).flatMap((stream) =>
    [...pdusOf(stream)].map((bytes) => decodePdu(bytes)),
  );
  const found = [];
  for (const { header, body } of pdus) {
    if (body.type !== PacketType.bind && body.type !== PacketType.alterContext) continue;
    const answers = pdus.filter(
      (pdu) =>
        pdu.header.callId === header.callId &&
        (pdu.body.type === PacketType.bindAck || pdu.body.type === PacketType.alterContextResponse),
    );
    for (const { body: answer } of answers)
      if ("results" in answer) found.push({ offers: body.contexts, results: answer.results });
  }
  return found;
}

suite("as Windows negotiates", () => {
  const A4 = "A4_ie_dllhijack_dcom_ntlm_krb_integrity.cap";
  const EPM = "e1af8308-5d1f-11c9-91a4-08002b14a0fa";

  test("our endpoint mapper answers the bind of Windows as Windows did: NDR64", async () => {
    const seen = exchanges(A4).find(
      ({ offers }) => offers[0]?.abstractSyntax.uuid === EPM && offers.length === 3,
    );
    assert.ok(seen);
    const server = new RpcServer();
    registerEndpointMapper(server, new EndpointMap());
    const client = await rawClient(server);
    const sizes = { maxTransmit: 5840, maxReceive: 5840, associationGroup: 0 };
    client.sendBody({ type: PacketType.bind, ...sizes, contexts: seen.offers }, 1);
    const answer = (await client.next())?.body;
    assert.ok(answer?.type === PacketType.bindAck);
    assert.deepEqual(answer.results, seen.results);
    assert.deepEqual(
      answer.results.map(({ result }) => result),
      [2, 0, 3],
    );
    client.connection.end();
    await server.close();
  });

  test("our client offers what Windows offers", async () => {
    const seen = exchanges(A4).find(
      ({ offers }) => offers[0]?.abstractSyntax.uuid === EPM && offers.length === 3,
    );
    const { pdu, client } = await firstBind({ uuid: EPM as SyntaxId["uuid"], version: [3, 0] });
    assert.ok(pdu.body.type === PacketType.bind);
    assert.deepEqual(pdu.body.contexts, seen?.offers);
    client.close();
  });

  test("the endpoint mapper's client and server speak NDR64 with each other", async () => {
    const transport = new MemoryTransport();
    const server = new RpcServer();
    registerEndpointMapper(server, new EndpointMap());
    const endpoint = await server.listen(transport);
    const client = await Association.connect(endpoint, { transports: [transport] });
    await assert.rejects(new EndpointMapperClient(client).map(ECHO), { message: /EPT_S_NOT_REGISTERED/ });
    assert.equal((await client.bind({ uuid: EPM as SyntaxId["uuid"], version: [3, 0] })).ndr64, true);
    client.close();
    await assertNothingLeft(server);
  });
});

/** A client that binds to a peer of the test's. */
async function firstBind(syntax: SyntaxId, options: Partial<AssociationOptions> = {}) {
  const [near, far] = memoryPair();
  const peer = new RawClient(far);
  const transport = {
    protseq: "memory",
    fragmentBytes: 5840,
    connect: () => Promise.resolve(near),
    listen: () => Promise.reject(new Error("connects only")),
  };
  const client = await Association.connect(
    { protseq: "memory", endpoint: "x" },
    { transports: [transport], ...options },
  );
  const bound = client.bind(syntax);
  bound.catch(() => {});
  const pdu = (await peer.next()) as Pdu;
  return { pdu, peer, client, bound };
}

const sizes = { maxTransmit: 5840, maxReceive: 5840, associationGroup: 1 };
const accepted = (transferSyntax: SyntaxId): PresentationResult => ({ result: 0, reason: 0, transferSyntax });

suite("servers that know less", () => {
  for (const reason of [0, 4]) {
    test(`one that refuses several contexts (bind_nak ${reason}) is asked again with one`, async () => {
      const { pdu, peer, client, bound } = await firstBind(ECHO);
      assert.ok(pdu.body.type === PacketType.bind);
      assert.equal(pdu.body.contexts.length, 3);
      peer.sendBody({ type: PacketType.bindNak, reason, versions: [[5, 0]] }, pdu.header.callId);
      const again = (await peer.next()) as Pdu;
      assert.ok(again.body.type === PacketType.bind);
      assert.equal(again.body.contexts.length, 1);
      const [only] = again.body.contexts;
      assert.ok(only?.transferSyntaxes[0] !== undefined && sameSyntax(only.transferSyntaxes[0], NDR20));
      const results = [accepted(NDR20)];
      peer.sendBody(
        { type: PacketType.bindAck, ...sizes, secondaryAddress: "", gap: new Uint8Array(0), results },
        again.header.callId,
      );
      assert.equal((await bound).ndr64, false);
      assert.equal(client.multiplexesSecurity, false);
      client.close();
    });
  }

  test("one that refuses the plain bind too is not asked a third time", async () => {
    const { pdu, peer, client, bound } = await firstBind(ECHO);
    peer.sendBody({ type: PacketType.bindNak, reason: 0, versions: [[5, 0]] }, pdu.header.callId);
    const again = (await peer.next()) as Pdu;
    peer.sendBody({ type: PacketType.bindNak, reason: 0, versions: [[5, 0]] }, again.header.callId);
    await assert.rejects(bound, { message: /refused the bind/ });
    client.close();
  });

  test("one that accepts every context gets calls in the first; features not answered are not had", async () => {
    const { pdu, peer, client, bound } = await firstBind(ECHO);
    const results = [accepted(NDR20), accepted(NDR64)];
    peer.sendBody(
      { type: PacketType.bindAck, ...sizes, secondaryAddress: "", gap: new Uint8Array(0), results },
      pdu.header.callId,
    );
    const binding = await bound;
    assert.equal(binding.ndr64, false);
    assert.equal(binding.contextId, 0);
    assert.ok(
      pdu.body.type === PacketType.bind && featuresOf(pdu.body.contexts[2]?.transferSyntaxes[0] ?? NDR20),
    );
    assert.equal(client.multiplexesSecurity, false);
    client.close();
  });
});
