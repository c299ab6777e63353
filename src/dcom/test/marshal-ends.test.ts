import assert from "node:assert/strict";
import { test } from "node:test";
import { HResult } from "../../base/index.ts";
import { IExternalConnection } from "../../com/gen/objidl.ts";
import { implement, pointerTo } from "../../com/index.ts";
import type { ObjectSide } from "../object-side.ts";
import { INode, Node } from "./objects.ts";
import { World, until } from "./world.ts";

/* How references end: read, unread, read twice, weak, locked, disconnected. */

/** Reads a reference and calls its object once. */
async function called(side: ObjectSide, objref: Uint8Array): Promise<number> {
  using node = side.marshaler.unmarshalInterface(INode.iid, objref) as INode;
  return await node.Add(1, 1);
}

const refused = { code: HResult.RPC_E_DISCONNECTED };

test("a normal reference is good for one reader: a second one, or one after its release, finds nothing", async () => {
  await using world = await World.open();
  const [server, side, third] = [await world.side(), await world.side(), await world.side()];
  for (const second of [side, third]) {
    const objref = server.marshaler.marshalInterface(INode.iid, new Node("once"));
    assert.equal(await called(side, objref), 2);
    await until(() => Node.alive === 0, "the object to end");
    await assert.rejects(called(second, objref), refused);
  }
  const unread = server.marshaler.marshalInterface(INode.iid, new Node("unread"));
  await server.marshaler.releaseMarshalData(unread);
  assert.equal(Node.alive, 0);
  await assert.rejects(called(side, unread), refused);
  await server.marshaler.releaseMarshalData(unread); // once more: nothing is there to give back
  await world.assertClean();
});

test("weak references end with their object", async () => {
  await using world = await World.open();
  const [server, side] = [await world.side(), await world.side()];
  const { size } = server.exporter.table;
  const object = new Node("weak");
  const own = pointerTo(object, INode);
  const weak = server.marshaler.marshalInterface(INode.iid, object, { kind: "tableWeak" });
  const again = server.marshaler.marshalInterface(INode.iid, object, { kind: "tableWeak" });
  assert.equal(await called(side, weak), 2);
  await side.importer.drain();
  own.Release();
  assert.equal(Node.alive, 0);
  for (const one of [weak, again]) await assert.rejects(called(side, one), refused);
  assert.equal(server.exporter.table.size, size);
  for (const one of [weak, again]) await server.marshaler.releaseMarshalData(one);
  // A reader that holds the object outlives the server's own pointer; then it ends, too.
  const other = new Node("held");
  const mine = pointerTo(other, INode);
  const objref = server.marshaler.marshalInterface(INode.iid, other, { kind: "tableWeak" });
  {
    using node = side.marshaler.unmarshalInterface(INode.iid, objref) as INode;
    assert.equal(await node.Add(1, 1), 2);
    mine.Release();
    assert.equal(await node.Add(1, 2), 3);
  }
  await until(() => Node.alive === 0, "the object to end");
  await assert.rejects(called(side, objref), refused);
  await world.assertClean();
});

/** Keeps what it is told of its connections. */
class Counting extends Node {
  readonly told: string[] = [];
  /** Lets a call of AddLater go on. */
  go: () => void = () => undefined;
  override async AddLater(a: number, b: number): Promise<number> {
    await new Promise<void>((resolve) => (this.go = resolve));
    return a + b;
  }
  AddConnection(kind: number): number {
    this.told.push(`+${kind}`);
    return 0;
  }
  ReleaseConnection(kind: number, _reserved: number, closes: number): number {
    this.told.push(`-${kind}${closes === 0 ? "" : " closes"}`);
    return 0;
  }
}
implement(Counting, INode, IExternalConnection);

test("disconnecting takes the locks along, and calls that run come to their end", async () => {
  await using world = await World.open();
  const [server, side] = [await world.side(), await world.side()];
  const object = new Counting("locked");
  const own = pointerTo(object, INode);
  server.marshaler.lockObjectExternal(object, true);
  server.marshaler.lockObjectExternal(object, true);
  server.marshaler.disconnectObject(object);
  assert.deepEqual(object.told, ["+1", "-1 closes"]);
  assert.throws(() => server.marshaler.lockObjectExternal(object, false), { code: HResult.E_UNEXPECTED });

  const objref = server.marshaler.marshalInterface(INode.iid, object);
  const node = side.marshaler.unmarshalInterface(INode.iid, objref) as INode;
  const running = node.AddLater(20, 3);
  await node.Add(1, 1); // the one before is inside by now
  server.marshaler.disconnectObject(object);
  await assert.rejects(async () => node.Add(1, 1), refused);
  object.go();
  assert.equal(await running, 23);
  node.Release();
  // Nobody holds it from outside; whoever has it here may give it out again.
  assert.equal(await called(side, server.marshaler.marshalInterface(INode.iid, object)), 2);
  own.Release();
  await until(() => Node.alive === 0, "the object to end");
  await world.assertClean();
});
