import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { AuthenticationLevel, ServerMechanism } from "../../auth/index.ts";
import { ComError, HResult, type Logger, silentLogger } from "../../base/index.ts";
import { Association, MemoryTransport, RpcServer, type RpcServerOptions } from "../index.ts";
import type { Connection, Transport } from "../transport/transport.ts";
import { ECHO, Echo, OTHER, bytesOf, nothing, number, raw, rest, text, twoNumbers } from "./echo.ts";
import { type FakeOptions, fakeMechanism, fakeServerMechanism } from "./fake-mechanism.ts";
import { assertNothingLeft } from "./leaks.ts";

/** As memory, but the peer is a stranger, as over TCP. */
class PublicMemory extends MemoryTransport {
  override connect(...args: Parameters<Transport["connect"]>): Promise<Connection> {
    return super.connect(...args);
  }
  override listen(...args: Parameters<Transport["listen"]>): ReturnType<Transport["listen"]> {
    const [endpoint, accept] = args;
    return super.listen(endpoint, (connection) => {
      Object.defineProperty(connection, "isPrivate", { value: false });
      accept(connection);
    });
  }
}

async function setUp(fake: FakeOptions = {}, options: RpcServerOptions = {}, maxFragment = 5840) {
  const transport = new PublicMemory();
  const server = new RpcServer({ mechanisms: [fakeServerMechanism(fake)], ...options });
  server.register(ECHO, new Echo(2));
  server.register(OTHER, new Echo());
  const endpoint = await server.listen(transport);
  const connect = () => Association.connect(endpoint, { transports: [transport], maxFragment });
  return { server, connect };
}

const logged = (): { logger: Logger; gates: string[] } => {
  const gates: string[] = [];
  const warn = (fields: object): void => void gates.push("gate" in fields ? String(fields.gate) : "");
  return { logger: { ...silentLogger, warn }, gates };
};

suite("security contexts", () => {
  for (const level of [2, 3, 4, 5, 6] as AuthenticationLevel[]) {
    for (const fake of [
      { legs: 3 },
      { legs: 4 },
      { legs: 3, slow: true },
      { legs: 4, slow: true },
      { legs: 2 },
    ]) {
      test(`level ${level}, ${fake.legs} legs${fake.slow ? ", slowly" : ""}`, async () => {
        const { server, connect } = await setUp(fake);
        const client = await connect();
        const binding = await client.bind(ECHO, { mechanism: fakeMechanism(fake), level });
        assert.equal(await binding.call(0, undefined, twoNumbers(2, 40), number), 42);
        assert.equal(await binding.call(6, undefined, nothing, text), `ann ${level === 3 ? 4 : level}`);
        for (const size of [0, 1, 15, 16, 17, 5775, 5776, 5777, 20_000, 300_000]) {
          const sent = bytesOf(size);
          const both = [1, 2].map((opnum) => binding.call(opnum, bytesOf(16), raw(sent), rest));
          for (const got of await Promise.all(both))
            assert.ok(Buffer.from(got).equals(sent), `${size} bytes`);
        }
        client.close();
        await assertNothingLeft(server);
      });
    }
  }

  test(
    "an answer that cannot be signed is a fault, and the connection goes on",
    { timeout: 30_000 },
    async () => {
      const sound = fakeServerMechanism();
      let failures = 1;
      const broken: ServerMechanism = {
        ...sound,
        createContext: (...given) => {
          const context = sound.createContext(...given);
          const protect = context.protect.bind(context);
          context.protect = (...args) => {
            if (failures-- > 0) throw new ComError(HResult.E_OUTOFMEMORY);
            protect(...args);
          };
          return context;
        },
      };
      const { server, connect } = await setUp({}, { mechanisms: [broken] });
      const client = await connect();
      const binding = await client.bind(ECHO, { mechanism: fakeMechanism(), level: 5 });
      await assert.rejects(binding.call(0, undefined, twoNumbers(2, 40), number), { remote: true });
      assert.equal(await binding.call(0, undefined, twoNumbers(2, 40), number), 42);
      client.close();
      await assertNothingLeft(server);
    },
  );

  test("one logon serves several interfaces; another level or identity has its own", async () => {
    const { server, connect } = await setUp();
    const client = await connect();
    const ann = fakeMechanism();
    const bob = fakeMechanism({ user: "bob" });
    const first = await client.bind(ECHO, { mechanism: ann, level: 5 });
    const second = await client.bind(OTHER, { mechanism: ann, level: 5 });
    assert.equal(first.security, second.security);
    assert.equal(ann.contexts, 1);
    const third = await client.bind(ECHO, { mechanism: ann, level: 6 });
    const fourth = await client.bind(ECHO, { mechanism: bob, level: 5 });
    const fifth = await client.bind(OTHER, fourth.security);
    assert.equal(third.contextId, first.contextId);
    assert.equal(ann.contexts, 2);
    assert.equal(bob.contexts, 1);
    const who = [first, second, third, fourth, fifth].map((b) => b.call(6, undefined, nothing, text));
    assert.deepEqual(await Promise.all(who), ["ann 5", "ann 5", "ann 6", "bob 5", "bob 5"]);
    assert.equal(client.multiplexesSecurity, true);
    client.close();
    await assertNothingLeft(server);
  });

  test("a level that is too low is refused by name", async () => {
    const { logger, gates } = logged();
    const { server, connect } = await setUp({}, { logger });
    const client = await connect();
    const plain = await client.bind(OTHER);
    await assert.rejects(plain.call(6, undefined, nothing, text), {
      code: HResult.E_ACCESSDENIED,
      remote: true,
    });
    const connectLevel = await client.bind(OTHER, { mechanism: fakeMechanism(), level: 2 });
    await assert.rejects(connectLevel.call(6, undefined, nothing, text), { code: HResult.E_ACCESSDENIED });
    // Once the server has answered a call, the logon is beyond doubt.
    const lax = await client.bind(ECHO, connectLevel.security);
    await lax.call(0, undefined, twoNumbers(1, 1), number);
    await assert.rejects(connectLevel.call(6, undefined, nothing, text), { gate: undefined });
    const packet = await client.bind(OTHER, { mechanism: fakeMechanism(), level: 4 });
    await assert.rejects(packet.call(6, undefined, nothing, text), { code: HResult.E_ACCESSDENIED });
    assert.deepEqual(gates, Array(4).fill("level too low"));
    const signed = await client.bind(OTHER, { mechanism: fakeMechanism(), level: 5 });
    assert.equal(await signed.call(6, undefined, nothing, text), "ann 5");
    client.close();
    await assertNothingLeft(server);
  });

  test("a refused logon: with auth3 at the first call, with alter_context at once", async () => {
    const { logger, gates } = logged();
    const three = await setUp({ legs: 3 }, { logger });
    const client = await three.connect();
    const binding = await client.bind(ECHO, { mechanism: fakeMechanism({ user: "nobody" }), level: 5 });
    await assert.rejects(binding.call(0, undefined, twoNumbers(1, 1), number), {
      code: HResult.E_ACCESSDENIED,
      gate: "logon or access permission",
      remote: true,
    });
    assert.ok(gates.includes("logon"));
    await client.closed;
    await assertNothingLeft(three.server);

    const four = await setUp({ legs: 4 });
    const other = await four.connect();
    await assert.rejects(
      other.bind(ECHO, { mechanism: fakeMechanism({ user: "nobody", legs: 4 }), level: 5 }),
      { code: HResult.E_ACCESSDENIED, gate: "logon", remote: true },
    );
    await other.closed;
    await assertNothingLeft(four.server);
  });

  test("an unknown authentication service is refused by bind_nak", async () => {
    const { server, connect } = await setUp();
    const client = await connect();
    await assert.rejects(client.bind(ECHO, { mechanism: fakeMechanism({ service: 16 }), level: 5 }), {
      code: HResult.RPC_S_UNKNOWN_AUTHN_SERVICE,
    });
    await client.closed;
    await assertNothingLeft(server);
  });

  test("a verification trailer is written, checked and taken off", async () => {
    const { server, connect } = await setUp();
    const client = await connect();
    const binding = await client.bind(ECHO, { mechanism: fakeMechanism(), level: 5 });
    const sent = bytesOf(21);
    const got = await binding.call(1, undefined, raw(sent), rest, { verificationTrailer: true });
    assert.equal(got.length, 24); // with the padding before the trailer
    const wrong = raw(Buffer.from("8ae3137102f436710340040000000000", "hex"));
    await assert.rejects(binding.call(1, undefined, wrong, rest), { code: HResult.E_ACCESSDENIED });
    client.close();
    await assertNothingLeft(server);
  });

  test("a changed packet is refused", async () => {
    const { server, connect } = await setUp();
    const client = await connect();
    const binding = await client.bind(ECHO, { mechanism: fakeMechanism(), level: 5 });
    assert.equal(await binding.call(0, undefined, twoNumbers(1, 1), number), 2);
    const { protection } = binding;
    assert.ok(protection !== undefined);
    protection.context.protect(new Uint8Array(64), 0, 1, 0, 0, 32, 5); // a number of the sequence is lost
    await assert.rejects(binding.call(0, undefined, twoNumbers(1, 1), number), {
      code: HResult.RPC_S_SEC_PKG_ERROR,
    });
    await client.closed;
    await assertNothingLeft(server);
  });

  test("an answer without its signature is refused by the client", async () => {
    const { server, connect } = await setUp();
    const client = await connect();
    const binding = await client.bind(ECHO, { mechanism: fakeMechanism(), level: 5 });
    const call = binding.call(4, undefined, nothing, number);
    client.received(Buffer.from("05000203100000001c00000002000000040000000000000000000000", "hex"), 0, 28);
    const forged = await call.then(
      () => "taken",
      (error: unknown) => error,
    );
    assert.ok(forged instanceof ComError);
    await assertNothingLeft(server);
  });
});
