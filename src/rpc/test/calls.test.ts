import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { ComError, HResult, ManualClock } from "../../base/index.ts";
import {
  Association,
  FaultStatus,
  MemoryTransport,
  RpcServer,
  type Transport,
  localTransport,
  tcpTransport,
} from "../index.ts";
import { ECHO, Echo, OTHER, bytesOf, nothing, number, raw, rest, twoNumbers } from "./echo.ts";
import { assertNothingLeft } from "./leaks.ts";

const transports: (() => Transport)[] = [
  () => new MemoryTransport(),
  () => tcpTransport,
  () => localTransport,
];

for (const make of transports) {
  const transport = make();
  suite(`calls over ${transport.protseq}`, () => {
    const setUp = async () => {
      const echo = new Echo(1);
      const server = new RpcServer();
      server.register(ECHO, echo);
      server.register(OTHER, echo);
      const endpoint = await server.listen(transport);
      const client = await Association.connect(endpoint, { transports: [transport] });
      return { server, client, echo, endpoint };
    };

    test("small and large, at once and later, answers in any order", async () => {
      const { server, client } = await setUp();
      const binding = await client.bind(ECHO);
      assert.equal(await client.bind(ECHO), binding);
      assert.equal(await binding.call(0, undefined, twoNumbers(2, 40), number), 42);
      for (const size of [0, 1, 7, 5816, 5817, 65_504, 65_505, 70_000, 1_000_000]) {
        for (const opnum of [1, 2]) {
          const sent = bytesOf(size);
          const got = await binding.call(opnum, undefined, raw(sent), rest);
          assert.ok(Buffer.from(got).equals(sent), `${size} bytes`);
        }
      }
      const many = await Promise.all(
        Array.from({ length: 500 }, (_, i) =>
          i % 3 === 0
            ? binding.call(2, undefined, twoNumbers(i, i), number)
            : binding.call(0, undefined, twoNumbers(i, 0), number),
        ),
      );
      assert.deepEqual(
        many,
        Array.from({ length: 500 }, (_, i) => i),
      );
      assert.equal(client.outstanding, 0);
      client.close();
      await assertNothingLeft(server);
    });

    test("many large calls at once", async () => {
      const { server, client } = await setUp();
      const binding = await client.bind(ECHO);
      const sent = bytesOf(100_000);
      const all = Array.from({ length: 64 }, (_, i) => binding.call(1 + (i % 2), undefined, raw(sent), rest));
      for (const got of await Promise.all(all)) assert.ok(Buffer.from(got).equals(sent));
      client.close();
      await assertNothingLeft(server);
    });

    test("object UUIDs and several interfaces", async () => {
      const { server, client } = await setUp();
      const binding = await client.bind(OTHER);
      const second = await client.bind(ECHO);
      assert.notEqual(binding.contextId, second.contextId);
      const object = bytesOf(16);
      assert.deepEqual(await binding.call(5, object, nothing, rest), object);
      assert.deepEqual(await second.call(5, undefined, nothing, rest), new Uint8Array(0));
      client.close();
      await assertNothingLeft(server);
    });

    test("faults have names", async () => {
      const { server, client } = await setUp();
      const binding = await client.bind(ECHO);
      await assert.rejects(binding.call(3, undefined, nothing, number), {
        code: HResult.E_INVALIDARG,
        remote: true,
      });
      await assert.rejects(
        binding.call(17, undefined, nothing, number),
        /RPC_S_PROCNUM_OUT_OF_RANGE .*nca_s_op_rng_error/,
      );
      await assert.rejects(binding.call(0, undefined, nothing, number), {
        code: HResult.RPC_X_BAD_STUB_DATA,
      });
      await assert.rejects(client.bind({ ...ECHO, version: [2, 0] }), { code: HResult.RPC_S_UNKNOWN_IF });
      assert.equal(await binding.call(0, undefined, twoNumbers(1, 1), number), 2);
      client.close();
      await assertNothingLeft(server);
    });

    test("a cancelled call rejects at once and tells the server", async () => {
      const { server, client, echo } = await setUp();
      const binding = await client.bind(ECHO);
      const abort = new AbortController();
      const call = binding.call(4, undefined, nothing, number, { signal: abort.signal });
      await binding.call(0, undefined, twoNumbers(1, 1), number);
      const held = echo.held[0];
      assert.ok(held !== undefined);
      const told = new Promise((resolve) => held.signal.addEventListener("abort", resolve));
      abort.abort();
      await assert.rejects(call, { code: HResult.RPC_E_CALL_CANCELED });
      await told;
      held.fault(FaultStatus.cancelled);
      await binding.call(0, undefined, twoNumbers(1, 1), number);
      assert.equal(client.outstanding, 0);
      await assert.rejects(
        binding.call(0, undefined, twoNumbers(1, 1), number, { signal: AbortSignal.abort() }),
        { code: HResult.RPC_E_CALL_CANCELED },
      );
      client.close();
      await assertNothingLeft(server);
    });

    test("a lost connection fails what was sent, and what was not", async () => {
      const { server, client } = await setUp();
      const binding = await client.bind(ECHO);
      const sent = binding.call(4, undefined, nothing, number);
      await binding.call(0, undefined, twoNumbers(1, 1), number);
      const unsent = binding.call(4, undefined, nothing, number);
      client.abort(new ComError(HResult.E_ABORT, "pulled the plug"));
      await assert.rejects(sent, { code: HResult.RPC_S_CALL_FAILED });
      await assert.rejects(unsent, { code: HResult.RPC_S_CALL_FAILED_DNE });
      await assert.rejects(binding.call(0, undefined, nothing, number), {
        code: HResult.RPC_S_CALL_FAILED_DNE,
      });
      assert.equal((await client.closed)?.code, HResult.E_ABORT);
      await assertNothingLeft(server);
    });

    test("a call of which nothing left may be made anew by its decoder", async () => {
      const { server, client } = await setUp();
      const binding = await client.bind(ECHO);
      const call = (): Promise<unknown> => {
        const writer = binding.begin(0, undefined);
        twoNumbers(1, 1)(writer);
        return binding.send({
          decode: number,
          again: async (error) => `anew after ${error.code === HResult.RPC_S_CALL_FAILED_DNE}`,
        });
      };
      const sent = binding.call(4, undefined, nothing, number);
      await binding.call(0, undefined, twoNumbers(1, 1), number);
      const unsent = call();
      client.abort(new ComError(HResult.E_ABORT, "pulled the plug"));
      assert.equal(await unsent, "anew after true");
      assert.equal(await call(), "anew after true", "also when it was lost before");
      await assert.rejects(sent, { code: HResult.RPC_S_CALL_FAILED });
      await assertNothingLeft(server);
    });

    test("the server closing is reported", async () => {
      const { server, client, echo } = await setUp();
      const binding = await client.bind(ECHO);
      const lost = binding.call(4, undefined, nothing, number);
      await binding.call(0, undefined, twoNumbers(1, 1), number);
      const signal = echo.held[0]?.signal;
      const rejected = assert.rejects(lost, { code: HResult.RPC_S_CALL_FAILED });
      await server.close();
      await rejected;
      assert.equal(signal?.aborted, true);
      assert.equal((await client.closed)?.code, HResult.RPC_S_CALL_FAILED);
    });
  });
}

suite("time", () => {
  test("a call times out, and is orphaned later", async () => {
    const clock = new ManualClock();
    const transport = new MemoryTransport();
    const echo = new Echo(1);
    const server = new RpcServer({ clock });
    server.register(ECHO, echo);
    const endpoint = await server.listen(transport);
    const client = await Association.connect(endpoint, { transports: [transport], clock, callTimeout: 5000 });
    const binding = await client.bind(ECHO);
    const call = binding.call(4, undefined, nothing, number);
    const rejected = assert.rejects(call, { code: HResult.RPC_E_TIMEOUT });
    assert.equal(await binding.call(0, undefined, twoNumbers(1, 1), number, { timeout: 100 }), 2);
    clock.advance(4999);
    assert.equal(client.outstanding, 1);
    clock.advance(2);
    await rejected;
    assert.equal(client.outstanding, 1);
    clock.advance(10_001);
    assert.equal(client.outstanding, 0);
    await binding.call(0, undefined, twoNumbers(1, 1), number);
    assert.equal(echo.held[0]?.signal.aborted, true);
    client.close();
    await assertNothingLeft(server);
  });
});
