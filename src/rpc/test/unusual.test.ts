import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { Association, MemoryTransport, RpcServer, encodePdu, makePdu } from "../index.ts";
import { ECHO, Echo, bytesOf, nothing, number, raw, rest, twoNumbers } from "./echo.ts";
import { assertNothingLeft } from "./leaks.ts";
import { rawClient } from "./raw-client.ts";

suite("less usual calls", () => {
  const setUp = async () => {
    const transport = new MemoryTransport();
    const server = new RpcServer();
    const echo = new Echo(1);
    server.register(ECHO, echo);
    const endpoint = await server.listen(transport);
    const client = await Association.connect(endpoint, { transports: [transport] });
    return { server, echo, client, binding: await client.bind(ECHO) };
  };

  test("[maybe]: resolved when sent, executed, never answered, not even when it fails", async () => {
    const { server, echo, client, binding } = await setUp();
    const options = { maybe: true };
    for (const opnum of [0, 1, 2, 3, 4]) {
      const result = await binding.call(opnum, bytesOf(16), twoNumbers(2, 40), number, options);
      assert.equal(result, undefined);
    }
    assert.equal(await binding.call(1, undefined, raw(bytesOf(200_000)), rest, options), undefined);
    assert.equal(client.outstanding, 0);
    assert.equal(await binding.call(0, undefined, twoNumbers(1, 2), number), 3, "the connection goes on");
    assert.equal(server.callsServed, 7);
    const [held] = echo.held;
    assert.ok(held);
    held.beginResponse();
    held.endResponse();
    assert.equal(await binding.call(0, undefined, twoNumbers(3, 4), number), 7);
    client.close();
    await assertNothingLeft(server);
  });

  test("a fault says when the call was not executed", async () => {
    const { server, client, binding } = await setUp();
    await assert.rejects(binding.call(99, undefined, nothing, nothing), {
      message: /the call was not executed/,
    });
    await assert.rejects(
      binding.call(3, undefined, nothing, nothing),
      (error: Error) => !error.message.includes("not executed"),
    );
    client.close();
    await assertNothingLeft(server);
  });

  test("EBCDIC, and floating point other than IEEE's, are refused by name on both sides", async () => {
    const { server, client } = await setUp();
    const peer = await rawClient(server);
    peer.bind(ECHO);
    await peer.next();
    for (const [at, value] of [
      [4, 0x11],
      [5, 1],
      [5, 3],
    ] as const) {
      const stub = new Uint8Array(8);
      const body = { type: 0, allocHint: 8, contextId: 0, opnum: 0, object: undefined, stub } as const;
      const bytes = encodePdu(makePdu(body, 7, 3));
      bytes[at] = value;
      peer.send(bytes);
      const answer = await peer.next();
      assert.ok(answer?.body.type === 3);
      assert.equal(answer.body.status, 0x1c010017);
      assert.equal(answer.header.flags & 0x20, 0x20);
    }
    peer.request(0, new Uint8Array(8), 8);
    assert.equal((await peer.next())?.body.type, 2, "the connection goes on");
    peer.connection.end();
    client.close();
    await assertNothingLeft(server);
  });
});
