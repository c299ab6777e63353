import assert from "node:assert/strict";
import { test } from "node:test";
import { ComError, type Guid, HResult, guid } from "../../base/index.ts";
import {
  type Apartment,
  IUnknown,
  identityOf,
  implement,
  isSameObject,
  currentCausality,
  lastingCausality,
} from "../../com/index.ts";
import { type Interface, defineInterface } from "../../ndr/index.ts";
import type { ChannelHook, HookCall } from "../orpc/hooks.ts";
import { INamed, INode, ISink, Node } from "./objects.ts";
import { type Transport, localTransport } from "../../rpc/index.ts";
import { World, hand, until } from "./world.ts";

test("a call to an object of another process", async () => {
  await using world = await World.open();
  const [server, client] = [await world.side(), await world.side()];
  {
    using node = hand(server, client, new Node("a"), INode);
    assert.equal(await node.Add(2, 40), 42);
    assert.equal(await node.AddLater(2, 40), 42);
    assert.equal(await node.NoStatus(4), 8);
    const sums = await Promise.all(Array.from({ length: 200 }, async (_, i) => node.Add(i, 1)));
    assert.equal(sums[199], 200);
    const data = new Uint8Array(300_000).fill(1);
    assert.equal(await node.Bytes(data.length, data), 300_000);
  }
  await world.assertClean();
  assert.equal(Node.alive, 0);
});

test("failures: HRESULTs with their text, plain errors, methods without HRESULT", async () => {
  await using world = await World.open();
  const [server, client] = [await world.side(), await world.side()];
  using node = hand(server, client, new Node("a"), INode);
  await assert.rejects(
    async () => node.Fail(0x80040201),
    (error) => {
      assert.ok(error instanceof ComError);
      assert.equal(error.code, 0x80040201);
      assert.equal(error.info.description, "the valve is closed");
      assert.equal(error.info.source, "Comity.Node");
      assert.equal(error.info.helpContext, 7);
      assert.equal(error.info.iid, INode.iid);
      assert.equal(error.where, "INode.Fail");
      assert.equal(error.remote, true);
      return true;
    },
  );
  await assert.rejects(async () => node.Throw(), {
    code: HResult.RPC_E_SERVERFAULT,
    message: /a plain mistake/,
  });
  await assert.rejects(async () => node.NoStatus(-1), { code: HResult.E_INVALIDARG });
  assert.equal(await node.Add(1, 1), 2, "the connection goes on");
});

const IUnlisted: Interface<IUnknown> = defineInterface<IUnknown>({
  name: "IUnlisted",
  iid: "6d0a2a10-96c8-4c2e-9b0f-0c5a2c6b00ff",
  base: () => IUnknown,
  methods: () => [],
});

test("other interfaces: asked for once, E_NOINTERFACE by name", async () => {
  await using world = await World.open();
  const [server, client] = [await world.side(), await world.side()];
  {
    using node = hand(server, client, new Node("asked"), INode);
    using named = await node.QueryInterface(INamed);
    assert.equal(await named.Name(), "asked");
    assert.ok(isSameObject(node, named));
    await assert.rejects(async () => node.QueryInterface(ISink), { code: HResult.E_NOINTERFACE });
    const calls = server.exporter.calls;
    const answers = await Promise.allSettled(
      [ISink, IUnlisted, IUnlisted].map(async (iface) => node.QueryInterface(iface)),
    );
    assert.deepEqual(
      answers.map((answer) => answer.status),
      ["rejected", "rejected", "rejected"],
    );
    assert.equal(server.exporter.calls, calls + 1, "asked for together");
    using again = await named.QueryInterface(INode);
    assert.equal(await again.Add(1, 2), 3);
    using picked = (await node.Pick(INamed.iid)) as INamed;
    assert.equal(await picked.Name(), "asked");
  }
  await world.assertClean();
});

test("a reference for one interface unmarshaled as another asks for it at the first call", async () => {
  await using world = await World.open();
  const [server, client] = [await world.side(), await world.side()];
  {
    const objref = server.marshaler.marshalInterface(INode.iid, new Node("lazy"));
    using named = client.marshaler.unmarshalInterface(INamed.iid, objref) as INamed;
    assert.equal(await named.Name(), "lazy");
  }
  await world.assertClean();
});

test("objects made by calls, and their references given back in one batch", async () => {
  await using world = await World.open();
  const [server, client] = [await world.side(), await world.side()];
  {
    using node = hand(server, client, new Node("root"), INode);
    const made = await Promise.all(Array.from({ length: 300 }, async (_, i) => node.Make(`n${i}`)));
    assert.equal(Node.alive, 301);
    assert.equal(await made[7]?.Add(1, 1), 2);
    const before = server.exporter.calls;
    for (const one of made) one[Symbol.dispose]();
    await client.importer.drain();
    assert.equal(Node.alive, 1, "300 objects are freed");
    assert.equal(server.exporter.calls - before, 1, "one RemRelease for all of them");
  }
  await world.assertClean();
  assert.equal(Node.alive, 0);
});

test("callbacks: the client's object is called during the call, with its causality", async () => {
  await using world = await World.open();
  const [server, client] = [await world.side(), await world.side()];
  {
    using node = hand(server, client, new Node("a"), INode);
    const seen: number[] = [];
    const sink = {
      OnValue(value: number): number {
        seen.push(value);
        assert.ok(currentCausality() !== undefined);
        return value * 10;
      },
    };
    implement(sink, ISink);
    assert.equal(await node.CallBack(sink as unknown as ISink, 4), 41);
    assert.deepEqual(seen, [4]);
    const deep = {
      async OnValue(value: number): Promise<number> {
        return value === 0 ? 0 : (await node.CallBack(deep as unknown as ISink, value - 1)) + 1;
      },
    };
    implement(deep, ISink);
    assert.equal(await node.CallBack(deep as unknown as ISink, 20), 41);
  }
  await world.assertClean();
});

test("causality: one identifier over all hops; in a single-threaded apartment it lasts over await", async () => {
  await using world = await World.open();
  const seen: Guid[] = [];
  const id = guid("aaaaaaaa-0000-0000-0000-000000000002");
  const hooks: ChannelHook[] = [
    {
      id,
      clientFill: ({ causality }) => void seen.push(causality),
      serverNotify: ({ causality }) => void seen.push(causality),
    },
  ];
  const [server, client] = [await world.side({ hooks }), await world.side({ hooks })];
  class Later {
    static readonly interfaces = [INode];
    async CallBack(sink: ISink, value: number): Promise<number> {
      await new Promise((resolve) => setImmediate(resolve));
      return (await sink.OnValue(value)) + 1;
    }
  }
  const single = new Later();
  const turns: Guid[] = [];
  const apartment: Apartment = {
    id: "sta",
    kind: "single",
    enter: async (causality, run) => {
      assert.ok(causality !== undefined);
      turns.push(causality);
      await new Promise((resolve) => setImmediate(resolve)); // waits for its turn
      return run();
    },
  };
  Object.defineProperty(identityOf(single), "apartment", { value: apartment });
  const sink = { OnValue: (value: number) => value };
  implement(sink, ISink);
  using node = hand(server, client, single, INode);
  assert.equal(await node.CallBack(sink as unknown as ISink, 5), 6);
  assert.equal(seen.length, 4, "call and callback, each seen on both sides");
  assert.equal(new Set([...seen, ...turns]).size, 1, "one identifier");
  assert.equal(await node.CallBack(sink as unknown as ISink, 6), 7);
  assert.equal(new Set(seen).size, 2, "a new one for each root call");
});

test("causality lasts over await in a plain process, where that costs nothing", async () => {
  const before = lastingCausality.whereAsync;
  lastingCausality.whereAsync = true;
  try {
    await using world = await World.open();
    let seen: Guid[] = [];
    const serverNotify = ({ causality, iid }: HookCall): void => {
      if (iid === INode.iid || iid === ISink.iid) seen.push(causality);
    };
    const hooks: ChannelHook[] = [{ id: guid("aaaaaaaa-0000-0000-0000-000000000003"), serverNotify }];
    const [server, client] = [await world.side({ hooks }), await world.side({ hooks })];
    const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    class Awaits {
      static readonly interfaces = [INode];
      async CallBack(sink: ISink, value: number): Promise<number> {
        await pause();
        return sink.OnValue(value);
      }
    }
    class Chains {
      static readonly interfaces = [INode];
      CallBack(sink: ISink, value: number): Promise<number> {
        return pause().then(() => sink.OnValue(value));
      }
    }
    const sink = { OnValue: (value: number) => value };
    implement(sink, ISink);
    for (const object of [new Awaits(), new Chains()]) {
      using node = hand(server, client, object, INode);
      for (let round = 0; round < 2; round++) {
        seen = [];
        const chains = Array.from({ length: 8 }, async () => node.CallBack(sink as unknown as ISink, 5));
        assert.deepEqual(new Set(await Promise.all(chains)), new Set([5]));
        assert.equal(seen.length, 16, "eight calls, eight call-backs");
        // A function that is not async is known to answer promises once it has.
        assert.equal(new Set(seen).size, object instanceof Chains && round === 0 ? 9 : 8);
      }
    }
  } finally {
    lastingCausality.whereAsync = before;
  }
});

test("an object of the process comes back as itself", async () => {
  await using world = await World.open();
  const [server, client] = [await world.side(), await world.side()];
  {
    using node = hand(server, client, new Node("keeper"), INode);
    const mine = new Node("mine");
    await node.Keep(mine as unknown as INode);
    using back = await node.Kept();
    assert.ok(back !== null);
    assert.equal(identityOf(back).object, mine);
    assert.equal(back.Add(1, 2), 3, "a direct pointer: no promise");
    await node.Keep(null);
  }
  await world.assertClean();
  assert.equal(Node.alive, 0);
});

test("a reference passed on: the third process calls the object directly", async () => {
  await using world = await World.open();
  const [home, middle, third] = [await world.side(), await world.side(), await world.side()];
  {
    using node = hand(home, middle, new Node("far"), INode);
    assert.equal(await node.Add(1, 1), 2);
    // middle hands its proxy on, more often than it has references in stock.
    const passed: INode[] = [];
    for (let i = 0; i < 20; i++) {
      const objref = await middle.marshaler.marshalWhenReady(INode.iid, node);
      passed.push(third.marshaler.unmarshalInterface(INode.iid, objref) as INode);
    }
    const before = middle.exporter.calls;
    for (const one of passed) assert.equal(await one.Add(20, 22), 42);
    assert.equal(middle.exporter.calls, before, "nothing goes through the one in the middle");
    node[Symbol.dispose]();
    await middle.importer.drain();
    assert.equal(await passed[3]?.Add(1, 2), 3, "the third one holds it alone");
    for (const one of passed) one[Symbol.dispose]();
  }
  await world.assertClean();
  assert.equal(Node.alive, 0);
});

test("a proxy as argument and as result, with the stock of references run out in one message after the other", async () => {
  await using world = await World.open();
  const [home, server, client] = [await world.side(), await world.side(), await world.side()];
  {
    using keeper = hand(server, client, new Node("keeper"), INode);
    using far = hand(home, client, new Node("far"), INode);
    await Promise.all(Array.from({ length: 30 }, async () => keeper.Keep(far)));
    const kept = await Promise.all(Array.from({ length: 30 }, async () => keeper.Kept()));
    for (const one of kept) {
      assert.ok(one !== null);
      assert.ok(isSameObject(one, far));
      assert.equal(await one.Add(3, 4), 7);
      one[Symbol.dispose]();
    }
    await keeper.Keep(null);
  }
  await world.assertClean();
  assert.equal(Node.alive, 0);
});

test("a disconnected object answers RPC_E_DISCONNECTED, a closed process RPC_E_SERVER_DIED or RPC_E_DISCONNECTED", async () => {
  await using world = await World.open();
  const [server, client] = [await world.side(), await world.side()];
  const object = new Node("cut");
  using node = hand(server, client, object, INode);
  using other = hand(server, client, new Node("other"), INode);
  assert.equal(await node.Add(1, 1), 2);
  server.marshaler.disconnectObject(object);
  await assert.rejects(async () => node.Add(1, 1), { code: HResult.RPC_E_DISCONNECTED });
  assert.equal(await other.Add(1, 1), 2);
  const hanging = new Promise(() => undefined);
  class Hang {
    static readonly interfaces = [ISink];
    OnValue(): Promise<number> {
      return hanging as Promise<number>;
    }
  }
  using hang = hand(server, client, new Hang(), ISink);
  const lost = hang.OnValue(1) as Promise<number>;
  lost.catch(() => undefined);
  await until(() => server.exporter.calls > 2, "the call to be under way");
  await server[Symbol.asyncDispose]();
  await assert.rejects(lost, { code: HResult.RPC_E_SERVER_DIED });
  await assert.rejects(async () => other.Add(1, 1), { code: HResult.RPC_E_DISCONNECTED });
  world.sides.splice(0, 1);
});

test("a connection that is found lost before anything was sent is made anew, and the call with it", async () => {
  await using world = await World.open();
  const server = await world.side();
  const lines: { destroy(): void }[] = [];
  const watched: Transport = {
    ...localTransport,
    async connect(endpoint, signal) {
      const connection = await localTransport.connect(endpoint, signal);
      lines.push(connection);
      return connection;
    },
  };
  const client = await world.side({ transports: [watched] });
  using node = hand(server, client, new Node("reached again"), INode);
  assert.equal(await node.Add(1, 1), 2);
  // Nobody knows yet that it is lost: asking for an interface, and binding it, find out.
  lines.at(-1)?.destroy();
  using named = await node.QueryInterface(INamed);
  lines.at(-1)?.destroy();
  assert.equal(await named.Name(), "reached again");
  assert.equal(lines.length, 3);
  named.Release();
  node.Release();
  await world.assertClean();
});
