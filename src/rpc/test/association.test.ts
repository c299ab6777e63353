import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { ComError, HResult, ManualClock } from "../../base/index.ts";
import {
  Association,
  type AssociationOptions,
  MemoryTransport,
  NDR20,
  type ResponseDecoder,
  RpcServer,
  tcpTransport,
} from "../index.ts";
import { PacketType } from "../pdu/packet-type.ts";
import { encodePdu, makePdu } from "../pdu/pdu.ts";
import { memoryPair } from "../transport/memory.ts";
import { ECHO, Echo, OTHER, bytesOf, number, raw, rest, twoNumbers } from "./echo.ts";
import { assertNothingLeft } from "./leaks.ts";
import { RawClient } from "./raw-client.ts";

async function setUp() {
  const server = new RpcServer();
  const echo = new Echo(1);
  server.register(ECHO, echo);
  const endpoint = await server.listen(tcpTransport);
  const connect = (options: Partial<AssociationOptions> = {}) =>
    Association.connect(endpoint, { transports: [tcpTransport], ...options });
  return { server, echo, endpoint, connect };
}

suite("associations", () => {
  test("larger fragments when asked for", async () => {
    const { server, connect } = await setUp();
    const client = await connect({ maxFragment: 65_535 });
    const binding = await client.bind(ECHO);
    const sent = bytesOf(300_000);
    assert.ok(Buffer.from(await binding.call(2, undefined, raw(sent), rest)).equals(sent));
    client.close();
    await assertNothingLeft(server);
  });

  test("one group for several connections of a client", async () => {
    const { server, connect } = await setUp();
    const first = await connect();
    await first.bind(ECHO);
    const second = await connect({ associationGroup: first.associationGroup });
    await second.bind(ECHO);
    assert.equal(second.associationGroup, first.associationGroup);
    assert.equal(server.groups.size, 1);
    first.close();
    await first.closed;
    assert.equal(server.groups.size, 1);
    second.close();
    await assertNothingLeft(server);
  });

  test("binds asked for at once are made one after the other, each once", async () => {
    const { server, echo, connect } = await setUp();
    server.register(OTHER, echo);
    const client = await connect();
    const [a, b, c, d] = await Promise.all([
      client.bind(ECHO),
      client.bind(OTHER),
      client.bind(ECHO),
      client.bind(OTHER),
    ]);
    assert.equal(a, c);
    assert.equal(b, d);
    assert.notEqual(a, b);
    client.close();
    await assert.rejects(client.bind(ECHO), { code: HResult.RPC_S_CALL_FAILED_DNE });
    await assertNothingLeft(server);
  });

  test("binds under way fail with the connection", async () => {
    const { server, connect } = await setUp();
    const client = await connect();
    const binds = [client.bind(ECHO), client.bind(OTHER)];
    client.abort(new ComError(HResult.E_ABORT, "no more"));
    for (const bind of binds) await assert.rejects(bind, { code: HResult.RPC_S_CALL_FAILED_DNE });
    await assertNothingLeft(server);
  });

  test("nobody listens, no transport, no answer, no patience", async () => {
    const { server, endpoint, connect } = await setUp();
    await assert.rejects(Association.connect(endpoint, { transports: [] }), {
      code: HResult.RPC_S_PROTSEQ_NOT_SUPPORTED,
    });
    await assert.rejects(connect({ signal: AbortSignal.abort() }), { code: HResult.RPC_E_CALL_CANCELED });
    await assertNothingLeft(server);
    await assert.rejects(connect(), { code: HResult.RPC_S_SERVER_UNAVAILABLE, gate: "connection" });
    const memory = new MemoryTransport();
    await memory.listen({ protseq: "memory", endpoint: "deaf" }, () => {});
    const clock = new ManualClock();
    const options = { transports: [memory], timeout: 20, clock };
    const deaf = await Association.connect({ protseq: "memory", endpoint: "deaf" }, options);
    const bind = deaf.bind(ECHO);
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(21);
    await assert.rejects(bind, /does not answer the bind/);
  });

  test(
    "a decoder that throws when the connection goes leaves no other call waiting",
    { timeout: 30_000 },
    async () => {
      const { server, connect } = await setUp();
      const client = await connect();
      const binding = await client.bind(ECHO);
      const send = (decoder: Partial<ResponseDecoder>): Promise<unknown> => {
        twoNumbers(1, 2)(binding.begin(1, undefined));
        return binding.send({ decode: number, ...decoder });
      };
      const fail = (): never => {
        throw new ComError(HResult.E_OUTOFMEMORY);
      };
      const calls = [send({ again: fail }), send({ failed: fail }), send({})];
      client.abort(new ComError(HResult.RPC_S_CALL_FAILED, "cut"));
      const [first, ...others] = await Promise.allSettled(calls);
      assert.equal((first as PromiseRejectedResult).reason.code, HResult.E_OUTOFMEMORY);
      for (const other of others)
        assert.equal((other as PromiseRejectedResult).reason.code, HResult.RPC_S_CALL_FAILED_DNE);
      assert.equal((await client.closed)?.code, HResult.RPC_S_CALL_FAILED);
      await assertNothingLeft(server);
    },
  );

  test("an answer to a bind that makes no sense ends the bind", { timeout: 30_000 }, async () => {
    const body = {
      type: PacketType.bindAck,
      maxTransmit: 5840,
      maxReceive: 5840,
      associationGroup: 1,
      secondaryAddress: "135",
      gap: new Uint8Array(0),
      results: [{ result: 0, reason: 0, transferSyntax: NDR20 }],
    } as const;
    const good = encodePdu(makePdu(body, 1, 3));
    const answers = Array.from({ length: good.length - 16 }, (_, i) => {
      const cut = good.slice(0, 16 + i);
      cut[8] = cut.length; // the length says so, too
      return cut;
    });
    for (let at = 0; at < good.length; at++) {
      // Behind a wrong length or call id the client waits on, as for any answer that does not come.
      if (at >= 8 && at < 16) continue;
      const flipped = good.slice();
      flipped[at] = 0xff - (flipped[at] as number);
      answers.push(flipped);
    }
    for (const answer of answers) {
      const [near, far] = memoryPair();
      const peer = new RawClient(far);
      const transport = { ...tcpTransport, protseq: "memory", connect: () => Promise.resolve(near) };
      const client = await Association.connect(
        { protseq: "memory", endpoint: "x" },
        { transports: [transport], bindTimeFeatures: false, transferSyntaxes: [NDR20] },
      );
      const bound = client.bind(ECHO).catch((error: unknown) => assert.ok(error instanceof ComError));
      await peer.next();
      peer.send(answer);
      far.end();
      await bound;
      client.close();
    }
  });

  test("answers that all say call 1, where that is put up with", async () => {
    const [near, far] = memoryPair();
    const peer = new RawClient(far);
    const transport = { ...tcpTransport, protseq: "memory", connect: () => Promise.resolve(near) };
    const client = await Association.connect(
      { protseq: "memory", endpoint: "x" },
      { transports: [transport], lenientCallIds: true },
    );
    const bound = client.bind(ECHO);
    await peer.next();
    const sizes = { maxTransmit: 5840, maxReceive: 5840, associationGroup: 1 };
    const results = [{ result: 0, reason: 0, transferSyntax: NDR20 }];
    peer.sendBody({ type: 12, ...sizes, secondaryAddress: "", gap: new Uint8Array(0), results }, 1);
    const binding = await bound;
    for (let i = 0; i < 3; i++) {
      const call = binding.call(0, undefined, twoNumbers(i, 0), number);
      await peer.next();
      const stub = Uint8Array.of(i, 0, 0, 0);
      peer.sendBody({ type: 2, allocHint: 4, contextId: 0, cancelCount: 0, reserved: 0, stub }, 1);
      assert.equal(await call, i);
    }
    client.close();
  });
});
