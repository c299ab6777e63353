import assert from "node:assert/strict";
import { connect } from "node:net";
import { suite, test } from "node:test";
import fc from "fast-check";
import { ComError, HResult, type Limits, ManualClock, defaultLimits } from "../../base/index.ts";
import {
  Association,
  PacketType,
  RpcServer,
  type RpcServerOptions,
  encodePdu,
  makePdu,
  tcpTransport,
} from "../index.ts";
import { ECHO, Echo, OTHER, bytesOf, nothing, number, raw, twoNumbers } from "./echo.ts";
import { fakeServerMechanism } from "./fake-mechanism.ts";
import { assertNothingLeft } from "./leaks.ts";
import { RawClient, bindBody, rawClient, zeros } from "./raw-client.ts";

function serve(options: RpcServerOptions & { lower?: Partial<Limits> } = {}) {
  const { lower, ...rest } = options;
  const server = new RpcServer({ ...rest, limits: { ...defaultLimits, ...lower } });
  const echo = new Echo(1);
  server.register(ECHO, echo);
  server.register(OTHER, echo);
  return { server, echo };
}

const PROTOCOL_ERROR = 0x1c01000b;

suite("clients that break the protocol", () => {
  const refused = async (send: (client: Awaited<ReturnType<typeof rawClient>>) => void, status: number) => {
    const { server } = serve();
    const client = await rawClient(server);
    client.bind(ECHO);
    assert.equal((await client.next())?.body.type, PacketType.bindAck);
    send(client);
    const answer = await client.next();
    assert.ok(answer?.body.type === PacketType.fault, "a fault");
    assert.equal(answer.body.status, status);
    assert.ok(await client.ends(), "closed");
    await assertNothingLeft(server);
  };

  test("a request before the bind", async () => {
    const { server } = serve();
    const client = await rawClient(server);
    client.request(0, zeros(8), 1);
    const answer = await client.next();
    assert.ok(answer?.body.type === PacketType.bindNak);
    assert.equal(answer.body.reason, 4);
    assert.ok(await client.ends());
    await assertNothingLeft(server);
  });

  test("a second bind", async () => {
    const { server } = serve();
    const client = await rawClient(server);
    client.bind(ECHO);
    client.bind(ECHO);
    assert.equal((await client.next())?.body.type, PacketType.bindAck);
    assert.equal((await client.next())?.body.type, PacketType.bindNak);
    assert.ok(await client.ends());
    await assertNothingLeft(server);
  });

  test("an unknown association group", async () => {
    const { server } = serve();
    const client = await rawClient(server);
    client.sendBody({ ...bindBody(ECHO), associationGroup: 77 } as ReturnType<typeof bindBody>, 1);
    assert.equal((await client.next())?.body.type, PacketType.bindNak);
    assert.ok(await client.ends());
    await assertNothingLeft(server);
  });

  test("a fragment without a beginning", () =>
    refused((client) => client.request(0, zeros(8), 5, 2), PROTOCOL_ERROR));
  test("a call within the fragments of another", () =>
    refused((client) => {
      client.request(0, zeros(8), 5, 1);
      client.request(0, zeros(8), 6, 1);
    }, PROTOCOL_ERROR));
  test("a packet only servers send", () =>
    refused((client) => client.sendBody({ type: PacketType.shutdown }, 5), PROTOCOL_ERROR));
  test("a verifier nobody agreed on", () =>
    refused((client) => {
      const body = {
        type: PacketType.request,
        allocHint: 0,
        contextId: 0,
        opnum: 0,
        object: undefined,
        stub: zeros(8),
      };
      const auth = { service: 10, level: 5, padLength: 0, contextId: 9, value: zeros(16) };
      client.send(encodePdu(makePdu(body, 5, 3, auth)));
    }, 5));
  test("an auth3 nobody waits for", () =>
    refused((client) => {
      const auth = { service: 10, level: 5, padLength: 0, contextId: 9, value: zeros(16) };
      client.send(encodePdu(makePdu({ type: PacketType.auth3, pad: zeros(4) }, 5, 3, auth)));
    }, PROTOCOL_ERROR));

  test("an unknown presentation context is a fault, and no more", async () => {
    const { server } = serve();
    const client = await rawClient(server);
    client.bind(ECHO);
    await client.next();
    client.request(0, zeros(8), 5, 3, 44);
    const answer = await client.next();
    assert.ok(answer?.body.type === PacketType.fault);
    assert.equal(answer.body.status, 0x1c010003);
    client.request(0, zeros(8), 6);
    assert.equal((await client.next())?.body.type, PacketType.response);
    client.connection.end();
    await assertNothingLeft(server);
  });

  test("a later fragment without the signature of the first", async () => {
    const { server } = serve({ mechanisms: [fakeServerMechanism()] });
    const client = await rawClient(server);
    const auth = { service: 10, level: 5, padLength: 0, contextId: 9 };
    client.send(encodePdu(makePdu(bindBody(ECHO), 1, 3, { ...auth, value: Buffer.from("1:ann") })));
    assert.equal((await client.next())?.body.type, PacketType.bindAck);
    client.send(
      encodePdu(
        makePdu({ type: PacketType.auth3, pad: zeros(4) }, 1, 3, { ...auth, value: Buffer.from("3:ann") }),
      ),
    );
    client.request(1, bytesOf(16), 2, 1); // without a signature it is an unauthenticated call, which this interface allows
    client.request(1, bytesOf(16), 2, 2);
    assert.equal((await client.next())?.body.type, PacketType.response);
    client.connection.end();
    await assertNothingLeft(server);
  });
});

suite("clients that want too much", () => {
  test("a message beyond the limit", async () => {
    const { server } = serve({ lower: { maxMessageBytes: 10_000 } });
    const client = await rawClient(server);
    client.bind(ECHO);
    await client.next();
    for (let i = 0; i < 20; i++) client.request(1, zeros(5000), 5, i === 0 ? 1 : 0);
    assert.ok(await client.ends());
    await assertNothingLeft(server);
  });

  test("fragments without end", async () => {
    const { server } = serve({ lower: { maxFragments: 50 } });
    const client = await rawClient(server);
    client.bind(ECHO);
    await client.next();
    for (let i = 0; i < 4000; i++) client.request(1, zeros(0), 5, i === 0 ? 1 : 0);
    assert.ok(await client.ends());
    await assertNothingLeft(server);
  });

  test("too many presentation contexts", async () => {
    const { server } = serve({ lower: { maxPresentationContexts: 3 } });
    const client = await rawClient(server);
    client.bind(ECHO);
    await client.next();
    const results: number[] = [];
    for (let id = 1; id < 5; id++) {
      client.sendBody(
        { ...bindBody(ECHO, id), type: PacketType.alterContext } as Parameters<typeof client.sendBody>[0],
        id,
      );
      const answer = await client.next();
      assert.ok(answer?.body.type === PacketType.alterContextResponse);
      results.push(answer.body.results[0]?.reason ?? -1);
    }
    assert.deepEqual(results, [0, 0, 3, 3]);
    client.connection.end();
    await assertNothingLeft(server);
  });

  test("too many security contexts", async () => {
    const { server } = serve({ lower: { maxSecurityContexts: 2 }, mechanisms: [fakeServerMechanism()] });
    const client = await rawClient(server);
    client.bind(ECHO);
    await client.next();
    const types: (number | undefined)[] = [];
    for (let id = 1; id < 4; id++) {
      const body = { ...bindBody(ECHO), type: PacketType.alterContext } as Parameters<typeof makePdu>[0];
      const auth = { service: 10, level: 5, padLength: 0, contextId: id, value: Buffer.from("1:ann") };
      client.send(encodePdu(makePdu(body, id, 3, auth)));
      types.push((await client.next())?.body.type);
    }
    assert.deepEqual(types, [
      PacketType.alterContextResponse,
      PacketType.alterContextResponse,
      PacketType.fault,
    ]);
    assert.ok(await client.ends());
    await assertNothingLeft(server);
  });

  test("too many connections", async () => {
    const { server } = serve({ lower: { maxConnections: 2 } });
    const clients = await Promise.all([rawClient(server), rawClient(server)]);
    const third = await rawClient(server);
    assert.ok(await third.ends());
    for (const client of clients) client.connection.end();
    await assertNothingLeft(server);
  });

  test("too many calls at once wait their turn", async () => {
    const { server, echo } = serve({ lower: { maxCallsPerConnection: 10 } });
    const client = await rawClient(server);
    client.bind(ECHO);
    await client.next();
    for (let id = 1; id <= 15; id++) client.request(4, zeros(0), id);
    client.request(0, zeros(8), 99);
    assert.equal(await client.next(), undefined);
    assert.equal(echo.held.length, 10);
    for (let i = 0; i < 15; i++) {
      const call = echo.held.shift();
      assert.ok(call !== undefined, `call ${i}`);
      call.beginResponse();
      call.endResponse();
      await client.next();
    }
    for (const _ of Array.from({ length: 3 })) await client.next();
    assert.equal(echo.held.length, 0);
    client.connection.end();
    await assertNothingLeft(server);
  });

  test("a reader that does not read makes its own calls wait, and is let go in time", async () => {
    const clock = new ManualClock();
    const { server } = serve({ clock, maxQueuedBytes: 100_000 });
    const client = await rawClient(server);
    client.bind(ECHO);
    await client.next();
    client.connection.pause();
    for (let id = 1; id <= 2000; id++) client.request(1, zeros(5000), id); // 10 MB of answers
    for (let i = 0; i < 200; i++) await new Promise((resolve) => setImmediate(resolve));
    assert.ok(server.callsServed < 400, `${server.callsServed} calls were served`);
    for (let i = 0; i < 20; i++) clock.advance(defaultLimits.handshakeTimeout / 4);
    client.connection.resume();
    assert.ok(await client.ends());
    await assertNothingLeft(server);
  });
});

suite("clients that take their time", () => {
  const late = async (
    start: (client: Awaited<ReturnType<typeof rawClient>>) => Promise<void> | void,
    trickle?: Uint8Array,
  ) => {
    const clock = new ManualClock();
    const { server } = serve({ clock });
    const client = await rawClient(server);
    await start(client);
    for (let i = 0; i < 8; i++) {
      if (trickle !== undefined) client.send(trickle.subarray(i, i + 1));
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
      clock.advance(defaultLimits.handshakeTimeout / 4);
    }
    assert.ok(await client.ends());
    await assertNothingLeft(server);
  };
  test("no bind", () => late(() => {}));
  test("half a header, a byte at a time", () => late(() => {}, Buffer.from("05000b0310000000", "hex")));
  test("half a request", () =>
    late(async (client) => {
      client.bind(ECHO);
      await client.next();
      client.request(0, zeros(8), 2, 1);
    }));
  test("an idle one stays, unless told otherwise", async () => {
    const clock = new ManualClock();
    const { server } = serve({ clock });
    const client = await rawClient(server);
    client.bind(ECHO);
    await client.next();
    for (let i = 0; i < 20; i++) clock.advance(60_000);
    client.request(0, zeros(8), 2);
    assert.equal((await client.next())?.body.type, PacketType.response);
    client.connection.end();
    await assertNothingLeft(server);
  });
  test("an idle limit", async () => {
    const clock = new ManualClock();
    const { server } = serve({ clock, idleTimeout: 1000 });
    const client = await rawClient(server);
    client.bind(ECHO);
    await client.next();
    for (let i = 0; i < 8; i++) clock.advance(250);
    assert.ok(await client.ends());
    await assertNothingLeft(server);
  });
});

suite("hostile bytes to a live server", () => {
  test("do no harm to a client served meanwhile", { timeout: 20_000 }, async () => {
    const { server } = serve({ mechanisms: [fakeServerMechanism()], lower: { handshakeTimeout: 500 } });
    const endpoint = await server.listen(tcpTransport);
    const good = await Association.connect(endpoint, { transports: [tcpTransport] });
    const binding = await good.bind(ECHO);
    const valid = Buffer.concat([
      encodePdu(makePdu(bindBody(ECHO), 1, 3)),
      encodePdu(
        makePdu(
          {
            type: PacketType.request,
            allocHint: 8,
            contextId: 0,
            opnum: 0,
            object: undefined,
            stub: zeros(8),
          },
          2,
          3,
        ),
      ),
    ]);
    const attacks = fc.sample(
      fc.oneof(
        fc.uint8Array({ maxLength: 300 }),
        fc
          .record({ at: fc.nat(valid.length - 1), to: fc.nat(255), cut: fc.nat(valid.length) })
          .map(({ at, to, cut }) => {
            const bytes = Uint8Array.from(valid);
            bytes[at] = to;
            return bytes.subarray(0, Math.max(1, cut));
          }),
        fc.record({ at: fc.nat(valid.length - 1), to: fc.nat(255) }).map(({ at, to }) => {
          const bytes = Uint8Array.from(valid);
          bytes[at] = to;
          return bytes;
        }),
      ),
      300,
    );
    for (const [i, bytes] of attacks.entries()) {
      const socket = connect({ port: Number(endpoint.endpoint), host: "127.0.0.1" });
      socket.on("error", () => {});
      socket.end(bytes);
      socket.resume();
      if (i % 10 === 0) assert.equal(await binding.call(0, undefined, twoNumbers(i, 1), number), i + 1);
    }
    good.close();
    await assertNothingLeft(server);
  });
});

suite("calls that are not answered", () => {
  const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

  test("several calls with one call id count each, and each hears of the end", async () => {
    const { server, echo } = serve({ lower: { maxCallsPerConnection: 8 } });
    const client = await rawClient(server);
    client.bind(ECHO);
    for (let i = 0; i < 50; i++) client.request(4, zeros(8), 5);
    await settled();
    assert.equal(echo.held.length, 8);
    for (const call of echo.held.splice(0)) call.fault(5);
    await settled();
    assert.equal(echo.held.length, 8);
    for (let i = 0; i < 6; i++) {
      for (const call of echo.held.splice(0)) call.fault(5);
      await settled();
    }
    assert.equal(client.answers.length, 51);
    for (let i = 0; i < 5; i++) client.request(4, zeros(8), 5);
    await settled();
    const signals = echo.held.map((call) => call.signal);
    client.connection.destroy();
    await assertNothingLeft(server);
    assert.deepEqual(
      signals.map((signal) => signal.aborted),
      [true, true, true, true, true],
    );
  });

  test("their requests together are no larger than one message may be", async () => {
    const { server, echo } = serve({ lower: { maxMessageBytes: 40_000 } });
    const client = await rawClient(server);
    client.bind(ECHO);
    for (let i = 0; i < 100; i++) client.request(4, zeros(4000), i);
    await settled();
    assert.ok(echo.held.length <= 11, `${echo.held.length} are held`);
    for (let i = 0; i < 100; i++) {
      for (const call of echo.held.splice(0)) call.fault(5);
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(client.answers.filter(({ body }) => body.type === PacketType.fault).length, 100);
    client.connection.destroy();
    await assertNothingLeft(server);
  });

  test("a call at too low a level is refused at its first fragment", async () => {
    const server = new RpcServer();
    server.register(ECHO, new Echo(5));
    const endpoint = await server.listen(tcpTransport);
    const client = new RawClient(await tcpTransport.connect(endpoint, undefined));
    client.bind(ECHO);
    await settled();
    for (let i = 0; i < 30; i++) client.request(0, zeros(5000), 5, i === 0 ? 1 : 0);
    assert.equal((await client.next())?.body.type, PacketType.bindAck);
    await settled();
    const answer = await client.next();
    assert.ok(answer?.body.type === PacketType.fault);
    assert.equal(answer.body.status, 5);
    await settled();
    assert.ok(await client.ends());
    await assertNothingLeft(server);
  });
});

test("strangers who hold connections and say nothing give way to a new one, in the order they came", async () => {
  const clock = new ManualClock();
  const { server } = serve({ clock, lower: { maxConnections: 2, handshakeTimeout: 1000 } });
  const endpoint = await server.listen(tcpTransport);
  const settled = () => new Promise((resolve) => setTimeout(resolve, 20));
  const stranger = async () => {
    const client = new RawClient(await tcpTransport.connect(endpoint, undefined));
    client.bind(ECHO);
    await settled();
    return client;
  };
  const first = await stranger();
  const second = await stranger();
  const early = await stranger();
  assert.ok(await early.ends(), "nobody has been silent for long: refused");
  for (let i = 0; i < 8; i++) clock.advance(250);
  second.request(0, zeros(8), 2);
  await settled();
  clock.advance(250);
  const third = await stranger();
  await settled();
  assert.deepEqual([first.closed, second.closed, third.closed], [true, false, false]);
  assert.equal(server.connections, 2);
  for (const client of [second, third]) client.connection.destroy();
  await assertNothingLeft(server);
});

test("a client that dies while too many of its calls are under way is noticed; one that goes on sending is not read without end", async () => {
  const { server, echo } = serve({ lower: { maxCallsPerConnection: 3 } });
  const endpoint = await server.listen(tcpTransport);
  const open = async () => {
    const client = await Association.connect(endpoint, { transports: [tcpTransport] });
    const binding = await client.bind(ECHO);
    const calls = [1, 2, 3, 4].map((n) => binding.call(4, undefined, raw(bytesOf(n)), nothing));
    for (const call of calls) call.catch(() => {});
    return { client, binding };
  };
  const dying = await open();
  while (echo.held.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  const signals = echo.held.map((call) => call.signal);
  dying.client.abort(new ComError(HResult.E_ABORT, "killed"));
  for (let i = 0; i < 200 && !signals.every(({ aborted }) => aborted); i++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.ok(
    signals.every(({ aborted }) => aborted),
    "the calls are told",
  );

  echo.held.length = 0;
  const flooding = await open();
  while (echo.held.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  let sent = 0;
  for (let i = 0; i < 400; i++) {
    flooding.binding.call(4, undefined, raw(bytesOf(60_000)), nothing).catch(() => {});
    sent += 60_000;
  }
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(echo.held.length, 3);
  const left = flooding.client.output.backlog;
  assert.ok(left > sent / 2, `${left} of ${sent} bytes wait at the client`);
  flooding.client.close();
  await server.close();
});
