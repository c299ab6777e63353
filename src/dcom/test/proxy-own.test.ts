import assert from "node:assert/strict";
import { test } from "node:test";
import { ComError, type Guid, HResult, guid } from "../../base/index.ts";
import {
  ICallFactory,
  ICancelMethodCalls,
  IClientSecurity,
  IExternalConnection,
  IMarshal,
  IMultiQI,
  IRpcOptions,
  IStream,
  ISynchronize,
} from "../../com/gen/objidl.ts";
import {
  CLSID_StdMarshal,
  type CallContext,
  IUnknown,
  MemoryStream,
  Synchronize,
  cancelCall,
  copyProxy,
  createCall,
  disableCallCancellation,
  enableCallCancellation,
  getCallContext,
  getCancelObject,
  getServerSecurity,
  identityOf,
  implement,
  isSameObject,
  pointerTo,
  proxyManagerOf,
  queryProxyBlanket,
  setProxyBlanket,
  testCancel,
} from "../../com/index.ts";
import { type Awaitable, type CallOptions, type Interface, defineInterface } from "../../ndr/index.ts";
import { hresult, i32, ref } from "../../ndr/codegen/v1.ts";
import { INamed, INode, ISink, Node } from "./objects.ts";
import { World, hand, until } from "./world.ts";

const RPC_S_CALLPENDING = 0x80010115;
const RPC_E_CALL_COMPLETE = 0x80010117;

/** A slow sum, with an asynchronous twin. */
interface ISlow extends IUnknown {
  Sum(a: number, b: number, options?: CallOptions): Awaitable<number>;
}
const asyncIid = "6d0a2a10-96c8-4c2e-9b0f-0c5a2c6b0022" as Guid;
const ISlow: Interface<ISlow> = defineInterface<ISlow>({
  name: "ISlow",
  iid: "6d0a2a10-96c8-4c2e-9b0f-0c5a2c6b0021",
  base: () => IUnknown,
  asyncIid,
  methods: () => [
    {
      name: "Sum",
      opnum: 3,
      params: [
        { name: "a", type: i32, in: true, out: false },
        { name: "b", type: i32, in: true, out: false },
        { name: "sum", type: ref(i32), in: false, out: true, retval: true },
      ],
      returns: hresult,
    },
  ],
});
interface AsyncISlow extends IUnknown {
  Begin_Sum(a: number, b: number, options?: CallOptions): Awaitable<void>;
  Finish_Sum(options?: CallOptions): Awaitable<number>;
}
const AsyncISlow: Interface<AsyncISlow> = defineInterface<AsyncISlow>({
  name: "AsyncISlow",
  iid: asyncIid,
  base: () => IUnknown,
  methods: () => [
    { name: "Begin_Sum", opnum: 3, params: [], returns: hresult, local: true },
    { name: "Finish_Sum", opnum: 4, params: [], returns: hresult, local: true },
  ],
});

class Slow {
  static readonly interfaces: readonly unknown[] = [ISlow];
  readonly gate = new Synchronize();
  context: CallContext | undefined;
  tested: number[] = [];
  async Sum(a: number, b: number): Promise<number> {
    const context = getCallContext();
    this.context = context;
    this.tested.push(testCancel());
    await this.gate.Wait();
    this.tested.push(testCancel(context));
    if (a < 0) throw new ComError(HResult.E_INVALIDARG, "negative");
    return a + b;
  }
}

test("a call object of a proxy: begun now, finished later, waited for, used again", async () => {
  await using world = await World.open();
  const [server, client] = [await world.side(), await world.side()];
  const object = new Slow();
  using slow = hand(server, client, object, ISlow);
  using factory = slow.QueryInterface(ICallFactory) as ICallFactory;
  assert.ok(isSameObject(factory, slow), "the proxy's own interface has the object's identity");
  assert.throws(() => factory.CreateCall(INode.iid, null, INode.iid), { code: HResult.E_NOINTERFACE });
  using call = (await factory.CreateCall(asyncIid, null, asyncIid)) as AsyncISlow;
  using sync = call.QueryInterface(ISynchronize) as ISynchronize;
  await assert.rejects(async () => call.Finish_Sum(), { code: RPC_E_CALL_COMPLETE });
  await call.Begin_Sum(40, 2);
  await assert.rejects(async () => call.Begin_Sum(1, 1), { code: RPC_S_CALLPENDING });
  await assert.rejects(async () => sync.Wait(0, 20), { code: RPC_S_CALLPENDING });
  object.gate.Signal();
  await sync.Wait(0, 2000);
  assert.equal(await call.Finish_Sum(), 42);
  await call.Begin_Sum(-1, 0);
  await assert.rejects(async () => call.Finish_Sum(), { code: HResult.E_INVALIDARG });
  using other = await createCall(slow, AsyncISlow);
  await other.Begin_Sum(1, 2);
  assert.equal(await other.Finish_Sum(), 3);
  using node = hand(server, client, new Node("no twin"), INode);
  await assert.rejects(async () => node.QueryInterface(ICallFactory), { code: HResult.E_NOINTERFACE });
  for (const one of [slow, factory, call, sync, other, node]) one.Release();
  await world.assertClean();
});

test("a proxy's IMarshal is the standard marshaler", async () => {
  await using world = await World.open();
  const [server, client, third] = [await world.side(), await world.side(), await world.side()];
  using node = hand(server, client, new Node("far"), INode);
  using marshal = node.QueryInterface(IMarshal) as IMarshal;
  assert.ok(isSameObject(marshal, node));
  assert.equal(await marshal.GetUnmarshalClass(INode.iid, null, 2, null, 0), CLSID_StdMarshal);
  for (const iid of [INode.iid, INamed.iid, INamed.iid]) {
    const stream = new MemoryStream();
    using out = pointerTo(stream, IStream);
    await marshal.MarshalInterface(out, iid, null, 2, null, 0);
    using there = third.marshaler.unmarshalInterface(iid, stream.bytes) as INamed;
    if (iid === INamed.iid) assert.equal(await there.Name(), "far");
    there.Release();
    stream.Seek(0n, 0);
    await marshal.MarshalInterface(out, iid, null, 2, null, 0);
    stream.Seek(0n, 0);
    await marshal.ReleaseMarshalData(out);
  }
  await marshal.DisconnectObject(0);
  marshal.Release();
  node.Release();
  await world.assertClean();
});

test("a proxy tells where its object is", async () => {
  await using world = await World.open();
  const server = await world.side();
  const client = await world.side({ processOf: async (oxid) => (oxid === server.exporter.oxid ? 4711 : 1) });
  const object = new Node("here");
  using node = hand(server, client, object, INode);
  const found = await client.marshaler.decodeProxy(node);
  assert.equal(found.processId, 4711);
  assert.equal(found.local, true);
  assert.equal(found.oxid, server.exporter.oxid);
  const manager = server.exporter.table.find(identityOf(object));
  assert.equal(found.oid, manager?.oid);
  assert.ok(found.machine.length > 0);
  using again = hand(server, client, object, INode);
  assert.deepEqual(await client.marshaler.decodeProxy(again), found);
  using own = pointerTo(new Node("mine"), INode);
  await assert.rejects(client.marshaler.decodeProxy(own), { code: HResult.E_INVALIDARG });
});

test("everything an apartment has is disconnected, and it goes on", async () => {
  await using world = await World.open();
  const [server, client] = [await world.side(), await world.side()];
  const kept = new Node("one");
  using _ = pointerTo(kept, INode);
  using one = hand(server, client, kept, INode);
  using two = hand(server, client, new Node("two"), INode);
  using named = await one.QueryInterface(INamed);
  assert.equal(await named.Name(), "one");
  server.marshaler.disconnectContext();
  for (const gone of [() => named.Name(), () => one.Add(1, 1), () => two.Add(1, 1)])
    await assert.rejects(async () => gone(), { code: HResult.RPC_E_DISCONNECTED });
  using after = hand(server, client, kept, INamed);
  assert.equal(await after.Name(), "one");
  for (const pointer of [one, two, named, after]) pointer.Release();
  await world.assertClean();
});

test("a call object is cancelled: its caller is free, the server is told", async () => {
  await using world = await World.open();
  const [server, client] = [await world.side(), await world.side()];
  const object = new Slow();
  using slow = hand(server, client, object, ISlow);
  using call = await createCall(slow, AsyncISlow);
  using cancel = call.QueryInterface(ICancelMethodCalls) as ICancelMethodCalls;
  assert.throws(() => cancel.Cancel(0), { code: RPC_E_CALL_COMPLETE });
  await call.Begin_Sum(1, 1);
  await until(() => object.context !== undefined, "the call to arrive");
  assert.throws(() => cancel.TestCancel(), { code: RPC_S_CALLPENDING });
  void cancel.Cancel(0);
  assert.throws(() => cancel.TestCancel(), { code: HResult.RPC_E_CALL_CANCELED });
  await assert.rejects(async () => call.Finish_Sum(), { code: HResult.RPC_E_CALL_CANCELED });
  await until(() => object.context?.signal?.aborted === true, "the server to be told");
  object.gate.Signal();
  await until(() => object.tested.length === 2, "the method to end");
  assert.deepEqual(object.tested, [RPC_S_CALLPENDING, HResult.RPC_E_CALL_CANCELED]);
  for (const one of [slow, call, cancel]) one.Release();
  await world.assertClean();
});

test("CoEnableCallCancellation, CoGetCancelObject, CoCancelCall", async () => {
  await using world = await World.open();
  const [server, client] = [await world.side(), await world.side()];
  const object = new Slow();
  using slow = hand(server, client, object, ISlow);
  const disabled = { code: 0x80010140 };
  const plain = slow.Sum(1, 1);
  assert.throws(() => getCancelObject(plain), disabled);
  assert.throws(() => disableCallCancellation(), disabled);
  enableCallCancellation();
  try {
    const call = slow.Sum(2, 2);
    using cancel = getCancelObject(call);
    await until(() => object.tested.length >= 2, "both calls to arrive");
    void cancel.Cancel(0);
    await assert.rejects(async () => call, { code: HResult.RPC_E_CALL_CANCELED });
    const second = slow.Sum(3, 3);
    cancelCall(second);
    await assert.rejects(async () => second, { code: HResult.RPC_E_CALL_CANCELED });
    object.gate.Signal();
    const third = slow.Sum(3, 4);
    assert.equal(await third, 7);
    assert.throws(() => cancelCall(third), { code: RPC_E_CALL_COMPLETE });
  } finally {
    disableCallCancellation();
  }
  assert.equal(await plain, 2);
  assert.throws(() => testCancel(), { code: HResult.E_UNEXPECTED });
  slow.Release();
  await world.assertClean();
});

test("a server that has the asynchronous interface gets Begin_, and answers when it signals", async () => {
  await using world = await World.open();
  const [server, client] = [await world.side(), await world.side()];
  const log: string[] = [];
  class LaterCall {
    #sum = 0;
    readonly #done: ISynchronize;
    constructor(control: IUnknown) {
      this.#done = control.QueryInterface(ISynchronize) as ISynchronize;
    }
    Begin_Sum(a: number, b: number): void {
      log.push("begin");
      setTimeout(() => {
        this.#sum = a + b;
        void this.#done.Signal();
        this.#done.Release();
      }, 10);
    }
    Finish_Sum(): number {
      log.push("finish");
      if (this.#sum < 0) throw new ComError(HResult.E_ABORT, "below zero");
      return this.#sum;
    }
  }
  implement(LaterCall, AsyncISlow);
  class LaterServer {
    static readonly interfaces: readonly unknown[] = [ISlow, ICallFactory];
    refuse = false;
    Sum(): number {
      log.push("sync");
      return -1;
    }
    CreateCall(riid: Guid, control: IUnknown | null, riid2: Guid): IUnknown {
      if (this.refuse || control === null) throw new ComError(HResult.E_NOINTERFACE);
      assert.equal(riid, asyncIid);
      assert.equal(riid2, asyncIid);
      return pointerTo(new LaterCall(control), AsyncISlow);
    }
  }
  const object = new LaterServer();
  using slow = hand(server, client, object, ISlow);
  assert.deepEqual(await Promise.all([slow.Sum(1, 2), slow.Sum(3, 4)]), [3, 7]);
  assert.deepEqual(log, ["begin", "begin", "finish", "finish"]);
  await assert.rejects(async () => slow.Sum(-5, 1), { code: HResult.E_ABORT, message: /below zero/ });
  object.refuse = true;
  assert.equal(await slow.Sum(1, 1), -1);
  assert.equal(log.at(-1), "sync");
  slow.Release();
  await world.assertClean();
});

test("a call object of an object of the same apartment", async () => {
  const object = new Slow();
  using slow = pointerTo(object, ISlow);
  object.gate.Signal();
  object.Sum = (a, b) => Promise.resolve(a * b);
  using call = await createCall(slow, AsyncISlow);
  await call.Begin_Sum(6, 7);
  assert.equal(await call.Finish_Sum(), 42);
  await assert.rejects(createCall(slow, INode), { code: HResult.E_NOINTERFACE });
});

test("ISynchronize of an event that resets itself lets one waiter through", async () => {
  const event = new Synchronize({ autoReset: true });
  const order: number[] = [];
  const waits = [1, 2].map((n) => event.Wait(0, 2000).then(() => order.push(n)));
  event.Signal();
  await waits[0];
  assert.deepEqual(order, [1]);
  event.Signal();
  await waits[1];
  event.Signal();
  await event.Wait(0, 0);
  await assert.rejects(event.Wait(0, 0), { code: RPC_S_CALLPENDING });
});

test("IMultiQI: several interfaces in one round trip", async () => {
  await using world = await World.open();
  const [server, client] = [await world.side(), await world.side()];
  const node = hand(server, client, new Node("many"), IUnknown);
  const multi = node.QueryInterface(IMultiQI) as IMultiQI;
  const before = server.exporter.calls;
  const asked = [INode.iid, INamed.iid, ISink.iid].map((pIID) => ({ pIID, pItf: null, hr: 0 }));
  const results = (await multi.QueryMultipleInterfaces(3, asked as never)) as unknown as {
    pItf: IUnknown | null;
    hr: number;
  }[];
  assert.equal(server.exporter.calls - before, 1, "one RemQueryInterface");
  assert.deepEqual(
    results.map(({ hr }) => hr),
    [0, 0, HResult.E_NOINTERFACE],
  );
  const none = [{ pIID: ISink.iid, pItf: null, hr: 0 }];
  await assert.rejects(async () => multi.QueryMultipleInterfaces(1, none as never), {
    code: HResult.E_NOINTERFACE,
  });
  for (const { pItf } of results) pItf?.Release();
  multi.Release();
  node.Release();
  await world.assertClean();
});

test("IRpcOptions: a time for every call, and how far the object is", async () => {
  await using world = await World.open();
  const [server, client] = [await world.side(), await world.side()];
  const object = new Slow();
  using slow = hand(server, client, object, ISlow);
  using options = slow.QueryInterface(IRpcOptions) as IRpcOptions;
  assert.equal(options.Query(slow, 2), 1, "this machine");
  assert.equal(options.Query(slow, 1), 0);
  void options.Set(slow, 1, 30);
  assert.equal(options.Query(slow, 1), 30);
  await assert.rejects(async () => slow.Sum(1, 1), { code: HResult.RPC_E_TIMEOUT, where: "ISlow.Sum" });
  void options.Set(slow, 1, 0);
  assert.throws(() => options.Set(slow, 2, 1), { code: HResult.E_INVALIDARG });
  object.gate.Signal();
  assert.equal(await slow.Sum(1, 1), 2);
  slow.Release();
  options.Release();
  await world.assertClean();
});

test("IClientSecurity: blankets of an interface, and of a copied proxy alone", async () => {
  await using world = await World.open();
  const [server, client] = [await world.side(), await world.side()];
  class Levels {
    static readonly interfaces: readonly unknown[] = [INamed];
    Name(): string {
      return "here";
    }
  }
  using named = hand(server, client, new Levels(), INamed);
  assert.equal(await named.Name(), "here");
  assert.deepEqual(queryProxyBlanket(named), {
    authenticationService: 0,
    authenticationLevel: 1,
    impersonationLevel: 2,
  });
  using copy = copyProxy(named);
  assert.ok(isSameObject(copy, named));
  await setProxyBlanket(copy, { impersonationLevel: 3 });
  assert.equal(queryProxyBlanket(copy).impersonationLevel, 3);
  assert.equal(queryProxyBlanket(named).impersonationLevel, 2, "the copied one alone");
  assert.equal([...client.importer.exporters].length, 2, "seen in two ways");
  assert.equal(await copy.Name(), "here");
  using security = named.QueryInterface(IClientSecurity) as IClientSecurity;
  await security.SetBlanket(named, 0, 0, null, 0, 1, null, 0);
  const blanket = (await security.QueryBlanket(named)) as { pImpLevel: number };
  assert.equal(blanket.pImpLevel, 1);
  assert.equal(await named.Name(), "here");
  using second = (await security.CopyProxy(named)) as INamed;
  assert.equal(queryProxyBlanket(second).impersonationLevel, 1);
  await assert.rejects(setProxyBlanket(named, { authenticationLevel: 9 }), { code: HResult.E_INVALIDARG });
  assert.throws(() => queryProxyBlanket(pointerTo(new Levels(), INamed)), { code: HResult.E_INVALIDARG });
  for (const one of [named, copy, security, second]) one.Release();
  await world.assertClean();
});

test("CoLockObjectExternal, IExternalConnection, CoIsHandlerConnected", async () => {
  await using world = await World.open();
  const [server, client] = [await world.side(), await world.side()];
  const log: string[] = [];
  class Watched extends Node {
    static override readonly interfaces: readonly unknown[] = [INode, INamed, IExternalConnection];
    AddConnection(kind: number): number {
      log.push(`add ${kind}`);
      return 1;
    }
    ReleaseConnection(kind: number, _: number, closes: number): number {
      log.push(`release ${kind} ${closes}`);
      return 0;
    }
  }
  const object = new Watched("watched");
  const { marshaler } = server;
  marshaler.lockObjectExternal(object, true);
  marshaler.lockObjectExternal(object, true);
  assert.equal(identityOf(object).references, 1);
  const node = hand(server, client, object, INode);
  const named = await node.QueryInterface(INamed);
  assert.ok(client.marshaler.isHandlerConnected(node));
  node.Release();
  named.Release();
  await until(() => server.exporter.table.find(identityOf(object)) === undefined, "the references to go");
  assert.equal(Node.alive, 1, "the lock holds the object");
  marshaler.lockObjectExternal(object, false);
  assert.equal(Node.alive, 1);
  marshaler.lockObjectExternal(object, false, true);
  assert.equal(Node.alive, 0);
  assert.deepEqual(log, ["add 1", "add 1", "release 1 1", "release 1 1"]);
  assert.throws(() => marshaler.lockObjectExternal({}, false), { code: HResult.E_UNEXPECTED });
  // The last unlock cuts weak references.
  const weak = new Watched("weak");
  using own = pointerTo(weak, INode);
  marshaler.lockObjectExternal(weak, true);
  const loose = marshaler.marshalInterface(INode.iid, weak, { kind: "tableWeak" });
  marshaler.lockObjectExternal(weak, false, true);
  using gone = client.marshaler.unmarshalInterface(INode.iid, loose) as INode;
  await assert.rejects(async () => gone.Add(1, 1), { code: HResult.RPC_E_DISCONNECTED });
  gone.Release();
  own.Release();
  class Loose {
    Name(): string {
      return "alone";
    }
  }
  implement(Loose, INamed);
  const alone = new Loose();
  proxyManagerOf(alone);
  assert.equal(server.marshaler.isHandlerConnected(alone), false);
  await world.assertClean();
});

test("channel hooks come and go while calls are made (CoRegisterChannelHook)", async () => {
  await using world = await World.open();
  const [server, client] = [await world.side(), await world.side()];
  using node = hand(server, client, new Node("hooked"), INode);
  const id = guid("aaaaaaaa-0000-0000-0000-000000000077");
  const log: string[] = [];
  const there = server.marshaler.registerChannelHook({
    id,
    serverNotify: (_call, data) => void log.push(`in ${data?.length ?? "nothing"}`),
    serverFill: () => Uint8Array.of(1, 2),
  });
  assert.equal(await node.Add(1, 1), 2);
  const here = client.marshaler.registerChannelHook({
    id,
    clientFill: () => Uint8Array.of(1, 2, 3),
    clientNotify: (_call, data) => void log.push(`back ${data?.length ?? "nothing"}`),
  });
  assert.equal(await node.Add(1, 2), 3);
  assert.throws(() => client.marshaler.registerChannelHook({ id }), { code: HResult.E_INVALIDARG });
  here[Symbol.dispose]();
  there[Symbol.dispose]();
  assert.equal(await node.Add(1, 3), 4);
  assert.deepEqual(log, ["in nothing", "in 3", "back 2"]);
  node.Release();
  await world.assertClean();
});

test("IServerSecurity of the call being served", async () => {
  await using world = await World.open();
  const [server, client] = [await world.side(), await world.side()];
  let seen: unknown;
  class Asked {
    static readonly interfaces: readonly unknown[] = [INamed];
    Name(): string {
      using security = getServerSecurity();
      seen = security.QueryBlanket(0);
      assert.equal(security.IsImpersonating(), 0);
      void security.ImpersonateClient();
      assert.equal(security.IsImpersonating(), 1);
      void security.RevertToSelf();
      assert.equal(security.IsImpersonating(), 0);
      return "asked";
    }
  }
  using named = hand(server, client, new Asked(), INamed);
  assert.equal(await named.Name(), "asked");
  const { pPrivs, ...rest } = seen as { readonly pPrivs: string | null };
  assert.match(pPrivs ?? "", /\\/, "domain and user");
  assert.deepEqual(rest, {
    pAuthnSvc: 10,
    pAuthzSvc: 0,
    pServerPrincName: null,
    pAuthnLevel: 6,
    pImpLevel: 3,
    pCapabilities: 0,
  });
  assert.throws(() => getServerSecurity(), { code: HResult.E_UNEXPECTED });
  named.Release();
  await world.assertClean();
});
