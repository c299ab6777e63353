import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { ByteReader, type ByteWriter, ComError, HResult, defaultLimits } from "../../base/index.ts";
import { Association, MemoryTransport, RpcServer } from "../index.ts";
import type { Connection } from "../transport/transport.ts";
import { Assembly } from "../wire/assembly.ts";
import { CallTable } from "../wire/call-table.ts";
import { FrameReader } from "../wire/frame-reader.ts";
import { Output } from "../wire/output.ts";
import { ECHO, Echo, number, raw, rest, twoNumbers } from "./echo.ts";
import { assertNothingLeft } from "./leaks.ts";

/** A packet of the given length and flags, its bytes telling its number. */
function packet(length: number, flags: number, callId: number): Buffer {
  const bytes = Buffer.alloc(length, callId);
  bytes.set([5, 0, 0, flags, 0x10, 0, 0, 0]);
  bytes.writeUInt16LE(length, 8);
  bytes.writeUInt16LE(0, 10);
  bytes.writeUInt32LE(callId, 12);
  return bytes;
}

suite("frames", () => {
  test("come out whole and in order, however the bytes arrive", () => {
    const packets = fc.array(
      fc.record({
        length: fc.oneof(fc.integer({ min: 24, max: 80 }), fc.integer({ min: 1000, max: 65_535 })),
        flags: fc.constantFrom(0, 1, 2, 3),
        callId: fc.integer({ min: 1, max: 3 }),
      }),
      { maxLength: 30 },
    );
    const cuts = fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(packets, cuts, fc.boolean(), (wanted, sizes, intoRoom) => {
        const stream = Buffer.concat([
          ...wanted.map((p) => packet(p.length, p.flags, p.callId)),
          packet(24, 3, 9),
        ]);
        const got: Buffer[] = [];
        const reader = new FrameReader({
          gathers: true,
          passed: () => {},
          frame: (bytes, _view, start, length) =>
            void got.push(Buffer.from(bytes.slice(start, start + length))),
        });
        const shared = new Uint8Array(50_000);
        for (let at = 0, i = 0; at < stream.length; i++) {
          const size = sizes[i % sizes.length] ?? 1;
          const target = (intoRoom ? reader.room() : undefined) ?? shared;
          const part = stream.subarray(at, at + Math.min(size, target.length));
          target.set(part);
          reader.received(target, 0, part.length);
          at += part.length;
        }
        assert.ok(Buffer.concat(got).equals(stream));
        assert.equal(reader.waiting, 0);
      }),
      { numRuns: 200 },
    );
  });

  test("a hold keeps what follows", () => {
    const got: number[] = [];
    const reader = new FrameReader({
      gathers: true,
      passed: () => {},
      frame(_bytes, view, start) {
        got.push(view.getUint32(start + 12, true));
        if (got.length === 1) reader.held = true;
      },
    });
    const bytes = Buffer.concat([packet(24, 3, 1), packet(24, 3, 2), packet(24, 3, 3)]);
    reader.received(bytes, 0, 60);
    reader.received(bytes, 60, 72);
    assert.deepEqual(got, [1]);
    reader.held = false;
    reader.resume();
    assert.deepEqual(got, [1, 2, 3]);
  });
});

suite("assembly", () => {
  test("in place and copied gives the same", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 20 }),
        fc.nat(20),
        (sizes, own) => {
          const source = Uint8Array.from({ length: 10_000 }, (_, i) => i & 0xff);
          const kept = source.slice();
          let at = 24;
          let assembly: Assembly | undefined;
          const expected: Uint8Array[] = [];
          for (const [i, size] of sizes.entries()) {
            expected.push(kept.slice(at, at + size));
            if (assembly === undefined) {
              const view = new DataView(source.buffer);
              assembly = new Assembly(defaultLimits, 100, source, view, at, at + size);
            } else assembly.append(source, at, at + size);
            if (i === own) assembly.own();
            at += size + 24;
          }
          assert.ok(assembly !== undefined);
          const got = assembly.bytes.subarray(assembly.start, assembly.end);
          assert.ok(Buffer.from(got).equals(Buffer.concat(expected)));
        },
      ),
    );
  });
});

/** A connection whose system takes bytes at once, or when told. */
class Slow implements Connection {
  readonly protseq = "test";
  readonly remote = "";
  readonly local = "";
  readonly isPrivate = true;
  readonly taken: number[] = [];
  pending: Uint8Array | undefined;
  busy = false;
  start(): void {}
  pause(): void {}
  resume(): void {}
  end(): void {}
  destroy(): void {}
  write(bytes: Uint8Array, start: number, end: number): boolean {
    assert.equal(this.pending, undefined, "one write at a time");
    if (this.busy) this.pending = bytes.subarray(start, end);
    else this.taken.push(...bytes.subarray(start, end));
    return !this.busy;
  }
  finish(output: Output): void {
    if (this.pending === undefined) return;
    this.taken.push(...this.pending);
    this.pending = undefined;
    output.written();
  }
}

suite("output", () => {
  test("keeps the order, whatever the system does and however messages nest", () => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constant("message"),
        size: fc.integer({ min: 1, max: 50 }),
        depth: fc.nat(2),
        keep: fc.boolean(),
      }),
      fc.record({
        kind: fc.constantFrom("flush", "busy", "free", "finish"),
        size: fc.constant(0),
        depth: fc.constant(0),
        keep: fc.constant(true),
      }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const connection = new Slow();
        const output = new Output(connection, () => {});
        output.corked = true;
        const expected: number[] = [];
        let next = 0;
        const message = (size: number, depth: number, keep: boolean): void => {
          const value = next++ & 0xff;
          const writer = output.open();
          const half = size >> 1;
          writer.raw(new Uint8Array(half).fill(value));
          if (depth > 0) message(size, depth - 1, true);
          writer.raw(new Uint8Array(size - half).fill(value));
          if (keep) {
            expected.push(...new Uint8Array(size).fill(value));
            output.commit();
          } else output.abandon();
        };
        for (const { kind, size, depth, keep } of steps) {
          if (kind === "message") message(size, depth, keep);
          else if (kind === "flush") output.flush();
          else if (kind === "finish") connection.finish(output);
          else connection.busy = kind === "busy";
        }
        connection.busy = false;
        for (let i = 0; i < 100; i++) {
          connection.finish(output);
          output.flush();
        }
        assert.deepEqual(connection.taken, expected);
        assert.equal(output.backlog, 0);
      }),
      { numRuns: 300 },
    );
  });
});

suite("call table", () => {
  test("finds every call by its id, through growth and reuse", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 400 }), (adds) => {
        const table = new CallTable<{ callId: number }>(4);
        const model: { callId: number }[] = [];
        for (const add of adds) {
          if (add) {
            const call = { callId: 0 };
            table.add(call);
            model.push(call);
          } else {
            const call = model.shift();
            if (call !== undefined) table.delete(call);
          }
          for (const call of model) assert.equal(table.get(call.callId), call);
          assert.equal(table.size, model.length);
        }
        assert.equal(new Set(model.map((call) => call.callId)).size, model.length);
      }),
      { numRuns: 50 },
    );
  });
});

suite("requests", () => {
  const setUp = async () => {
    const transport = new MemoryTransport(5840);
    const server = new RpcServer();
    server.register(ECHO, new Echo(1));
    const client = await Association.connect(await server.listen(transport), { transports: [transport] });
    return { server, client, binding: await client.bind(ECHO) };
  };

  test("a call begun within the encoding of another", async () => {
    const { server, client, binding } = await setUp();
    let inner: Promise<Uint8Array> | undefined;
    const encode = (writer: ByteWriter): void => {
      writer.u32(40);
      inner = binding.call(1, undefined, raw(new Uint8Array(9000).fill(7)), rest);
      writer.u32(2);
    };
    assert.equal(await binding.call(0, undefined, encode, number), 42);
    assert.equal((await inner)?.length, 9000);
    client.close();
    await assertNothingLeft(server);
  });

  test("an encoder that throws leaves nothing behind", async () => {
    const { server, client, binding } = await setUp();
    const broken = (writer: ByteWriter): void => {
      writer.u32(1);
      throw new ComError(HResult.E_INVALIDARG, "no");
    };
    const before = binding.call(0, undefined, twoNumbers(1, 2), number);
    await assert.rejects(binding.call(0, undefined, broken, number), { code: HResult.E_INVALIDARG });
    assert.equal(await before, 3);
    assert.equal(client.outstanding, 0);
    client.close();
    await assertNothingLeft(server);
  });

  test("an answer that cannot be decoded fails its own call only", async () => {
    const { server, client, binding } = await setUp();
    const greedy = (reader: ByteReader): number => reader.raw(1000).length;
    await assert.rejects(binding.call(0, undefined, twoNumbers(1, 2), greedy), {
      code: HResult.RPC_X_BAD_STUB_DATA,
    });
    assert.equal(await binding.call(0, undefined, twoNumbers(1, 2), number), 3);
    client.close();
    await assertNothingLeft(server);
  });

  test("bytes in the other order", async () => {
    const { server, client } = await setUp();
    const { rawClient } = await import("./raw-client.ts");
    const peer = await rawClient(server);
    peer.bind(ECHO);
    await peer.next();
    peer.send(
      Buffer.from(
        "05000003 00000000 0020 0000 00000007 00000008 0000 0000 00000028 00000002".replaceAll(" ", ""),
        "hex",
      ),
    );
    const answer = await peer.next();
    assert.ok(answer?.body.type === 2);
    assert.equal(new ByteReader(answer.body.stub).u32(), 42);
    assert.equal(answer.header.callId, 7);
    peer.connection.end();
    client.close();
    await assertNothingLeft(server);
  });

  test("a server that takes one call at a time gets one at a time", async () => {
    const { server, client } = await setUp();
    const { memoryPair } = await import("../transport/memory.ts");
    const { RawClient } = await import("./raw-client.ts");
    const { NDR20 } = await import("../pdu/syntax.ts");
    const [near, far] = memoryPair();
    const peer = new RawClient(far);
    const transport = {
      protseq: "memory",
      fragmentBytes: 5840,
      connect: () => Promise.resolve(near),
      listen: () => Promise.reject(new Error("connects only")),
    };
    const serial = await Association.connect(
      { protseq: "memory", endpoint: "x" },
      { transports: [transport] },
    );
    const bound = serial.bind(ECHO);
    assert.equal((await peer.next())?.body.type, 11);
    const results = [{ result: 0, reason: 0, transferSyntax: NDR20 }];
    const sizes = { maxTransmit: 5840, maxReceive: 5840, associationGroup: 1 };
    peer.sendBody({ type: 12, ...sizes, secondaryAddress: "", gap: new Uint8Array(0), results }, 1);
    const binding = await bound;
    const calls = [1, 2, 3].map((n) => binding.call(0, undefined, twoNumbers(n, 0), number));
    for (const n of [1, 2, 3]) {
      const request = await peer.next();
      assert.ok(request?.body.type === 0);
      assert.equal(peer.answers.length, 0, "no other call meanwhile");
      const stub = request.body.stub.slice(0, 4);
      peer.sendBody(
        { type: 2, allocHint: 4, contextId: 0, cancelCount: 0, reserved: 0, stub },
        request.header.callId,
      );
      assert.equal(await calls[n - 1], n);
    }
    serial.close();
    client.close();
    await assertNothingLeft(server);
  });
});
