import assert from "node:assert/strict";
import { test } from "node:test";
import { HResult } from "../../base/index.ts";
import { INode, Node } from "./objects.ts";
import { World, hand, until } from "./world.ts";

test("who closes gives back what he never released; the pointer refuses, and may be released still", async () => {
  await using world = await World.open();
  const [server, client] = [await world.side(), await world.side()];
  const before = Node.alive;
  const node = hand(server, client, new Node("forgotten"), INode);
  await node.Add(1, 2);
  await client[Symbol.asyncDispose]();
  await until(() => Node.alive === before, "the object to end");
  await assert.rejects(async () => node.Add(1, 2));
  assert.equal(node.Release(), 0);
  await assert.rejects(async () => node.Add(1, 2), { code: HResult.CO_E_OBJNOTCONNECTED });
});
