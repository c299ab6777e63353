import assert from "node:assert/strict";
import { test } from "node:test";
import { type Guid, HResult } from "../../base/index.ts";
import { IUnknown, createCall, getCallContext, implement, pointerTo } from "../../com/index.ts";
import { ICancelMethodCalls } from "../../com/gen/objidl.ts";
import { type Awaitable, type CallOptions, type Interface, defineInterface } from "../../ndr/index.ts";
import { hresult, interfacePointer, ref } from "../../ndr/codegen/v1.ts";
import { INode, Node } from "./objects.ts";
import { World, hand, until } from "./world.ts";

/* Call objects that are let go in the middle, and the pointers that their calls carry. */

/** Takes a node and answers another, when it is let. */
interface IExchange extends IUnknown {
  Exchange(node: INode | null, options?: CallOptions): Awaitable<INode>;
}
const asyncIid = "6d0a2a10-96c8-4c2e-9b0f-0c5a2c6b0032" as Guid;
const node = (): ReturnType<typeof interfacePointer> => interfacePointer("INode", INode.iid);
const IExchange: Interface<IExchange> = defineInterface<IExchange>({
  name: "IExchange",
  iid: "6d0a2a10-96c8-4c2e-9b0f-0c5a2c6b0031",
  base: () => IUnknown,
  asyncIid,
  methods: () => [
    {
      name: "Exchange",
      opnum: 3,
      params: [
        { name: "node", type: node(), in: true, out: false },
        { name: "other", type: ref(node()), in: false, out: true, retval: true },
      ],
      returns: hresult,
    },
  ],
});
interface AsyncIExchange extends IUnknown {
  Begin_Exchange(node: INode | null, options?: CallOptions): Awaitable<void>;
  Finish_Exchange(options?: CallOptions): Awaitable<INode>;
}
const AsyncIExchange: Interface<AsyncIExchange> = defineInterface<AsyncIExchange>({
  name: "AsyncIExchange",
  iid: asyncIid,
  base: () => IUnknown,
  methods: () => [
    { name: "Begin_Exchange", opnum: 3, params: [], returns: hresult, local: true },
    { name: "Finish_Exchange", opnum: 4, params: [], returns: hresult, local: true },
  ],
});

class Exchange {
  got: number | undefined;
  cancelled: AbortSignal | undefined;
  go: () => void = () => undefined;
  async Exchange(given: INode | null): Promise<Node> {
    this.cancelled = getCallContext()?.signal;
    this.got = await given?.Add(20, 3);
    await new Promise<void>((resolve) => (this.go = resolve));
    return new Node("answer");
  }
}
implement(Exchange, IExchange);

for (const place of ["elsewhere", "in the same apartment"] as const) {
  test(`pointers given to a call object ${place} may be released at once`, async () => {
    await using world = await World.open();
    const [server, client] = [await world.side(), await world.side()];
    const object = new Exchange();
    {
      using exchange =
        place === "elsewhere" ? hand(server, client, object, IExchange) : pointerTo(object, IExchange);
      using call = await createCall(exchange, AsyncIExchange);
      const given = pointerTo(new Node("given"), INode);
      void call.Begin_Exchange(given);
      given.Release();
      await until(() => object.got === 23, "the call to arrive");
      object.go();
      using answer = await call.Finish_Exchange();
      assert.equal(await answer.Add(1, 1), 2);
    }
    await until(() => Node.alive === 0, "both nodes to end");
    await world.assertClean();
  });

  test(`a call object ${place} that is let go cancels its call, and keeps nothing it answers`, async () => {
    await using world = await World.open();
    const [server, client] = [await world.side(), await world.side()];
    const object = new Exchange();
    {
      using exchange =
        place === "elsewhere" ? hand(server, client, object, IExchange) : pointerTo(object, IExchange);
      const call = await createCall(exchange, AsyncIExchange);
      using given = pointerTo(new Node("given"), INode);
      void call.Begin_Exchange(given);
      await until(() => object.got === 23, "the call to arrive");
      call.Release();
      if (place === "elsewhere")
        await until(() => object.cancelled?.aborted === true, "the server to be told");
      object.go(); // it answers all the same
      const finished = await createCall(exchange, AsyncIExchange);
      void finished.Begin_Exchange(null);
      await new Promise((resolve) => setTimeout(resolve, 20));
      object.go();
      await new Promise((resolve) => setTimeout(resolve, 20));
      finished.Release(); // over, and not finished
    }
    await until(() => Node.alive === 0, "all nodes to end");
    await world.assertClean();
  });
}

test("a call that cannot be begun leaves its call object as it was", async () => {
  using exchange = pointerTo(new Exchange(), IExchange);
  using call = await createCall(exchange, AsyncIExchange);
  const gone = pointerTo(new Node("gone"), INode);
  gone.Release();
  await assert.rejects(async () => call.Begin_Exchange(gone), { code: HResult.CO_E_OBJNOTCONNECTED });
  using cancel = await call.QueryInterface(ICancelMethodCalls);
  await assert.rejects(async () => cancel.TestCancel(), { code: 0x80010117 }, "there is no call to wait for");
});

test("the server of a call that was begun dies", async () => {
  await using world = await World.open();
  const [server, client] = [await world.side(), await world.side()];
  const object = new Exchange();
  using exchange = hand(server, client, object, IExchange);
  using call = await createCall(exchange, AsyncIExchange);
  void call.Begin_Exchange(null);
  await new Promise((resolve) => setTimeout(resolve, 20));
  await server[Symbol.asyncDispose]();
  await assert.rejects(async () => call.Finish_Exchange(), { code: HResult.RPC_E_SERVER_DIED });
  await assert.rejects(async () => call.Finish_Exchange(), { code: 0x80010117 });
});
