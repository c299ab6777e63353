import assert from "node:assert/strict";
import { test } from "node:test";
import { MessageChannel, type MessagePort } from "node:worker_threads";
import fc from "fast-check";
import { Association } from "../client/association.ts";
import { RpcServer } from "../server/rpc-server.ts";
import { type Bell, bellOf, ring, sleepOn } from "../transport/bell.ts";
import { PortTransport } from "../transport/port.ts";
import type { SyntaxId } from "../pdu/syntax.ts";
import { guid } from "../../base/index.ts";

const syntax: SyntaxId = { uuid: guid("11111111-2222-3333-4444-555555555555"), version: [1, 0] };

/** Two transports as two threads have them, here in one; `introductions` are the ports the server's side was given. */
function twoThreads(): { near: PortTransport; far: PortTransport; ports: MessagePort[] } {
  const ports: MessagePort[] = [];
  const far = new PortTransport(() => Promise.reject(new Error("nobody calls back")));
  const near = new PortTransport(() => {
    const { port1, port2 } = new MessageChannel();
    ports.push(port1);
    far.accept({ port: port2, bell: near.bell });
    return Promise.resolve({ port: port1, bell: far.bell });
  });
  return { near, far, ports };
}

async function served(
  run: (association: Association, far: RpcServer, ports: MessagePort[], near: PortTransport) => Promise<void>,
): Promise<void> {
  const { near, far, ports } = twoThreads();
  const server = new RpcServer();
  server.register(syntax, {
    dispatch(call) {
      const bytes = call.reader.raw(call.reader.end - call.reader.pos).slice();
      call.beginResponse().raw(bytes);
      call.endResponse();
    },
  });
  await server.listen(far);
  const association = await Association.connect(
    { protseq: near.protseq, endpoint: "1" },
    { transports: [near], timeout: 2000 },
  );
  try {
    await run(association, server, ports, near);
  } finally {
    association.close();
    await server.close();
  }
}

const echo = async (association: Association, bytes: Uint8Array): Promise<Uint8Array> => {
  const binding = await association.bind(syntax);
  return binding.call(
    0,
    undefined,
    (writer) => writer.raw(bytes),
    (reader) => reader.raw(reader.end - reader.pos).slice(),
  );
};

test("calls over a port, of all sizes, many at once, in order", () =>
  served(async (association) => {
    for (const size of [0, 8, 1024, 2000, 2048, 70_000, 6_000_000]) {
      const bytes = new Uint8Array(size).map((_, i) => i * 7);
      const back = await echo(association, bytes);
      assert.deepEqual(Buffer.compare(back, bytes), 0, `${size} bytes`);
    }
    // Far more at once than the other side has to take before it has dealt with what came before.
    const large = new Uint8Array(1_000_000).fill(3);
    const all = await Promise.all(Array.from({ length: 40 }, () => echo(association, large)));
    assert.ok(all.every((one) => one.length === large.length));
  }));

test(
  "whatever is posted into a server's port, the server lives and the port is closed or goes on",
  { timeout: 30_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            fc.string({ maxLength: 200 }),
            fc.string({ minLength: 2040, maxLength: 2100 }),
            fc.uint8Array({ maxLength: 300 }),
            fc.double(),
            fc.constantFrom(null, undefined, true, {}, [], -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60),
          ),
          { maxLength: 12 },
        ),
        async (messages) => {
          await served(async (association, server, ports) => {
            await echo(association, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
            for (const message of messages) ports[0]?.postMessage(message, []);
            await new Promise((resolve) => setTimeout(resolve, 2));
            assert.ok(server.connections <= 1);
          });
        },
      ),
      { numRuns: 60 },
    );
  },
);

test("a thread that has ended takes its connections with it", () =>
  served(async (association, server, _ports, near) => {
    await association.bind(syntax);
    near.ended("2");
    await echo(association, Uint8Array.of(1));
    near.ended("1");
    assert.ok((await association.closed) !== undefined);
    await assert.rejects(echo(association, Uint8Array.of(1)));
    while (server.connections > 0) await new Promise((resolve) => setImmediate(resolve));
  }));

test("a bell wakes who listens, and times out when nobody rings", () => {
  const bell: Bell = bellOf();
  assert.equal(ring(bell), false, "nobody listens");
  const start = performance.now();
  assert.equal(
    sleepOn(
      bell,
      30,
      () => false,
      () => false,
    ),
    false,
  );
  assert.ok(performance.now() - start >= 25);
  let looked = 0;
  let heard = false;
  const look = (): boolean => ++looked === 1;
  assert.equal(
    sleepOn(
      bell,
      1000,
      look,
      () => looked >= 2,
      () => (heard = ring(bell)),
    ),
    true,
  );
  assert.ok(heard, "it rang while somebody listened");
});
