import assert from "node:assert/strict";
import { test } from "node:test";
import { ObjectSide } from "../object-side.ts";
import { INode, Node } from "./objects.ts";
import { World, until } from "./world.ts";

const clients = 60;
const each = 100;
const pingPeriod = 200;

/** Leaves as a killed process does: its sockets close, nothing is given back. */
async function kill(side: ObjectSide): Promise<void> {
  await side.exporter.link[Symbol.asyncDispose]();
  await side.connections[Symbol.asyncDispose]();
  await side.server.close();
}

test("sixty clients, a third of them killed: nothing is freed early, nothing is left over", async () => {
  await using world = await World.open({ settings: { pingPeriod } });
  const server = await world.side();
  const sides: ObjectSide[] = [];
  for (let i = 0; i < clients; i++) {
    sides.push(
      await ObjectSide.open({ resolver: world.scm.machine, linger: 20, minimumLevel: 1, listen: [] }),
    );
  }
  const roots = sides.map((side) => {
    const objref = server.marshaler.marshalInterface(INode.iid, new Node("root"));
    return side.marshaler.unmarshalInterface(INode.iid, objref) as INode;
  });
  const held = await Promise.all(
    roots.map(async (root) => Promise.all(Array.from({ length: each }, async (_, i) => root.Make(`${i}`)))),
  );
  assert.equal(Node.alive, clients * (each + 1));
  const killed = (i: number): boolean => i % 3 === 0;
  await Promise.all(sides.filter((_, i) => killed(i)).map(kill));
  const left = sides.filter((_, i) => !killed(i)).length * (each + 1);
  await until(() => Node.alive <= left, "the killed clients' objects to go");
  await new Promise((resolve) => setTimeout(resolve, pingPeriod * 4));
  assert.equal(Node.alive, left, "the others hold on, however long they do not call");
  for (const [i, nodes] of held.entries()) {
    if (killed(i)) continue;
    assert.equal(await nodes[each - 1]?.Add(i, 1), i + 1);
    for (const node of nodes) node[Symbol.dispose]();
    roots[i]?.[Symbol.dispose]();
  }
  for (const [i, side] of sides.entries()) if (!killed(i)) await side[Symbol.asyncDispose]();
  assert.equal(Node.alive, 0);
  await world.assertClean();
});
