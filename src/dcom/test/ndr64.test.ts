import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ByteReader,
  ByteWriter,
  ComError,
  type Guid,
  HResult,
  fromHex,
  guid,
  toHex,
} from "../../base/index.ts";
import { decodeFromBytes, encodeToBytes, ndr64, plainContext } from "../../ndr/index.ts";
import { NDR20, NDR64, type SyntaxId } from "../../rpc/index.ts";
import { IRemUnknown, ORPCTHAT, ORPCTHIS } from "../gen/dcom.ts";
import { methodByName } from "../client/known-method.ts";
import type { ChannelHook } from "../orpc/hooks.ts";
import type { ObjectSideOptions } from "../object-side.ts";
import { readOrpcThat, writeOrpcThat } from "../orpc/orpc-that.ts";
import { readOrpcThis, writeOrpcThis } from "../orpc/orpc-this.ts";
import { INamed, INode, ISink, Node } from "./objects.ts";
import { World, hand } from "./world.ts";

const extent = (n: number, data: readonly number[]) => ({
  id: guid(`0000031${n.toString(16)}-0000-0000-c000-000000000046`),
  data: Uint8Array.from(data),
});

test("ORPC heads in NDR64 are what the codecs of their structures write", () => {
  for (const extents of [
    [],
    [extent(12, [1, 2, 3])],
    [extent(12, []), extent(13, [9, 8, 7, 6, 5, 4, 3, 2, 1])],
  ]) {
    const writer = new ByteWriter();
    writeOrpcThis(writer, undefined, extents, 1, true);
    const bytes = writer.finish();
    const head = decodeFromBytes<ORPCTHIS>(ORPCTHIS, bytes, plainContext, { syntax: ndr64 });
    assert.equal(head.flags, 1);
    assert.equal(head.extensions?.size ?? 0, extents.length);
    assert.equal(toHex(encodeToBytes(ORPCTHIS, head, plainContext, ndr64)), toHex(bytes));
    const reader = new ByteReader(bytes);
    assert.deepEqual(readOrpcThis(reader, true).extents, extents);
    assert.equal(reader.remaining, 0);

    const that = new ByteWriter();
    writeOrpcThat(that, extents, true);
    const answer = that.finish();
    const value = decodeFromBytes(ORPCTHAT, answer, plainContext, { syntax: ndr64 });
    assert.equal(toHex(encodeToBytes(ORPCTHAT, value, plainContext, ndr64)), toHex(answer));
    assert.deepEqual(readOrpcThat(new ByteReader(answer), true), extents);
  }
});

/** Samba's ndrdump --ndr64 reads these bytes as IRemUnknown::RemRelease with two extents, to the last byte. */
const release =
  "050007000000000000000000843caca14d9bd768d08fe2639ac0ecd00000000000000200000000000200000000000000" +
  "0400020000000000020000000000000008000200000000000c0002000000000008000000000000001c03000000000000" +
  "c0000000000000460300000001020300000000000000000010000000000000001d03000000000000c000000000000046" +
  "0900000009080706050403020100000000000000020000000200000000000000111111112222333344445555555555550" +
  "5000000000000000004020000000000c0000000000000460100000002000000";

test("a request that Samba reads", () => {
  const { codec } = methodByName(IRemUnknown, "RemRelease");
  const reader = new ByteReader(fromHex(release));
  const head = readOrpcThis(reader, true);
  assert.deepEqual(head.extents, [extent(12, [1, 2, 3]), extent(13, [9, 8, 7, 6, 5, 4, 3, 2, 1])]);
  const args = codec.ndr64.decodeRequest(reader, plainContext);
  const ipids = ["11111111-2222-3333-4444-555555555555", "00020400-0000-0000-c000-000000000046"] as Guid[];
  assert.deepEqual(args, [
    2,
    [
      { ipid: ipids[0], cPublicRefs: 5, cPrivateRefs: 0 },
      { ipid: ipids[1], cPublicRefs: 1, cPrivateRefs: 2 },
    ],
  ]);
  assert.equal(reader.remaining, 0);
});

/** impacket wrote the first part of this RemoteCreateInstance, with its own filling between the parts. */
const impacketHead = "050007000100000000000000bf6bb16a62eabf3a531fe56864963161bfbfbfbf0000000000000000";

test("an ORPCTHIS of impacket in NDR64", () => {
  const reader = new ByteReader(fromHex(impacketHead));
  const head = readOrpcThis(reader, true);
  assert.equal(head.flags, 1);
  assert.equal(reader.remaining, 0);
});

test("hostile heads end in an error", () => {
  const start = toHex(fromHex(release).subarray(0, 32));
  const word = (value: number): string => `${toHex(Uint8Array.of(value & 0xff, value >>> 8))}000000000000`;
  for (const rest of [
    "",
    "00000000",
    "0000000001000000",
    `${word(2)}0200000000000000${word(4)}${word(33)}`,
    `${word(2)}0200000000000000${word(4)}ffffffffffffffff`,
    `${word(2)}0100000000000000${word(4)}${word(2)}${word(8)}${word(0)}ffffff7f00000000`,
  ]) {
    assert.throws(() => readOrpcThis(new ByteReader(fromHex(start + rest)), true), ComError);
  }
});

/** Two processes; what the server saw of each call. */
async function two(
  world: World,
  server: Partial<ObjectSideOptions>,
  client: Partial<ObjectSideOptions>,
): Promise<{ node: INode; seen: Map<Guid, boolean>; client: Awaited<ReturnType<World["side"]>> }> {
  const seen = new Map<Guid, boolean>();
  const serving = await world.side({
    ...server,
    accessGate: ({ call, iid }) => (seen.set(iid, call.ndr64), true),
  });
  const calling = await world.side(client);
  return { node: hand(serving, calling, new Node("a"), INode), seen, client: calling };
}

const encodings: [server: readonly SyntaxId[], client: readonly SyntaxId[], wide: boolean][] = [
  [[NDR20, NDR64], [NDR20, NDR64], false],
  [[NDR64, NDR20], [NDR20, NDR64], false],
  [[NDR20, NDR64], [NDR64, NDR20], true],
  [[NDR20], [NDR64, NDR20], false],
  [[NDR64], [NDR20, NDR64], true],
  [[NDR64], [NDR64], true],
];
const short = (list: readonly SyntaxId[]): string =>
  list.map((one) => (one === NDR64 ? "NDR64" : "NDR20")).join(", ");

for (const [serverTakes, clientOffers, wide] of encodings) {
  test(`server ${short(serverTakes)}; client ${short(clientOffers)}: calls in ${wide ? "NDR64" : "NDR20"}`, async () => {
    await using world = await World.open();
    const { node, seen } = await two(
      world,
      { transferSyntaxes: serverTakes },
      { transferSyntaxes: clientOffers },
    );
    {
      using held = node;
      assert.equal(await held.Add(2, 40), 42);
      assert.equal(await held.AddLater(2, 40), 42);
      assert.equal(seen.get(INode.iid), wide);
    }
    await world.assertClean();
  });
}

test("nothing in common: the call says so", async () => {
  await using world = await World.open();
  const { node } = await two(world, { transferSyntaxes: [NDR20] }, { transferSyntaxes: [NDR64] });
  using held = node;
  await assert.rejects(async () => held.Add(1, 2), { code: HResult.RPC_S_UNSUPPORTED_TRANS_SYN });
});

test("everything in NDR64: interfaces, references, callbacks, failures, large data, extents of hooks", async () => {
  await using world = await World.open();
  const told: string[] = [];
  const hook: ChannelHook = {
    id: guid("6d0a2a10-96c8-4c2e-9b0f-0c5a2c6b0077"),
    clientFill: () => Uint8Array.of(1, 2, 3, 4, 5),
    serverNotify: (_call, data) => void told.push(`server ${data?.length}`),
    serverFill: () => Uint8Array.of(6),
    clientNotify: (_call, data) => void told.push(`client ${data?.length}`),
  };
  const only = { transferSyntaxes: [NDR64], hooks: [hook] };
  const { node, seen, client } = await two(world, only, only);
  {
    using held = node;
    using named = await held.QueryInterface(INamed);
    assert.equal(await named.Name(), "a");
    using made = await held.Make("b");
    using again = await made.QueryInterface(INamed);
    assert.equal(await again.Name(), "b");
    const values: number[] = [];
    class Sink {
      static readonly interfaces = [ISink];
      OnValue(value: number): number {
        return values.push(value);
      }
    }
    assert.equal(await held.CallBack(new Sink() as unknown as ISink, 7), 2);
    assert.deepEqual(values, [7]);
    const data = new Uint8Array(300_000).fill(1);
    assert.equal(await held.Bytes(data.length, data), 300_000);
    await assert.rejects(async () => held.Fail(0x80040201), { code: 0x80040201, remote: true });
    assert.equal(await held.NoStatus(4), 8);
    assert.equal(seen.get(INode.iid), true);
    assert.ok(told.includes("server 5") && told.includes("client 1"), told.join());
  }
  await client.importer.drain();
  await world.assertClean();
});
