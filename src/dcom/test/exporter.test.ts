import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  ByteReader,
  ByteWriter,
  ComError,
  type Guid,
  HResult,
  fromHex,
  guid,
  guidToBytes,
  toHex,
} from "../../base/index.ts";
import { identityOf } from "../../com/index.ts";
import { allMethods, methodCodec, plainContext } from "../../ndr/index.ts";
import { Association, type Binding, localTransport } from "../../rpc/index.ts";
import { IRemUnknown2, type REMINTERFACEREF, type REMQIRESULT } from "../gen/dcom.ts";
import type { ObjectSide } from "../object-side.ts";
import { decodeObjref } from "../objref.ts";
import type { ChannelHook } from "../orpc/hooks.ts";
import { readOrpcThat } from "../orpc/orpc-that.ts";
import { writeOrpcThis } from "../orpc/orpc-this.ts";
import type { StdObjref } from "../std-objref.ts";
import { INamed, INode, ISink, Node } from "./objects.ts";
import { World, hand, until } from "./world.ts";

/** A client that writes its packets by hand. */
async function dial(side: ObjectSide): Promise<Association> {
  const endpoint = side.server.endpoints.find((one) => one.protseq === "ncalrpc");
  assert.ok(endpoint);
  return Association.connect(endpoint, { transports: [localTransport] });
}

const bind = (association: Association, iid: Guid): Promise<Binding> =>
  association.bind({ uuid: iid, version: [0, 0] });

/** One call with head and arguments as given; answers the stub of the response behind the head. */
function raw(
  binding: Binding,
  ipid: Guid | undefined,
  opnum: number,
  write: (writer: ByteWriter) => void,
): Promise<Uint8Array> {
  return binding.call(opnum, ipid === undefined ? undefined : guidToBytes(ipid), write, (reader) => {
    readOrpcThat(reader);
    return reader.raw(reader.remaining).slice();
  });
}

/** A method of IRemUnknown2; answers its result and HRESULT. */
async function remUnknown(
  binding: Binding,
  side: ObjectSide,
  name: string,
  args: readonly unknown[],
): Promise<{ readonly result: unknown; readonly code: number }> {
  const method = allMethods(IRemUnknown2).find((one) => one.name === name);
  assert.ok(method);
  const codec = methodCodec(method);
  const status = { code: 0 };
  const result = await binding.call(
    method.opnum,
    guidToBytes(side.exporter.ipidRemUnknown),
    (writer) => {
      writeOrpcThis(writer);
      codec.encodeRequest(writer, args, plainContext);
    },
    (reader) => {
      readOrpcThat(reader);
      return codec.decodeResponse(reader, args, plainContext, status);
    },
  );
  return { result, code: status.code };
}

function exported(side: ObjectSide, object: object, iid: Guid = INode.iid): StdObjref {
  const objref = decodeObjref(side.marshaler.marshalInterface(iid, object));
  assert.equal(objref.form, "standard");
  return objref.std;
}

function addRequest(a: number, b: number, minor = 7): (writer: ByteWriter) => void {
  return (writer) => {
    writeOrpcThis(writer, { major: 5, minor });
    writer.u32(a);
    writer.u32(b);
  };
}

const ref = (ipid: Guid, publicRefs: number, privateRefs = 0): REMINTERFACEREF => ({
  ipid,
  cPublicRefs: publicRefs,
  cPrivateRefs: privateRefs,
});

test("IRemUnknown: many interfaces at once, each with its own result", async () => {
  await using world = await World.open();
  const side = await world.side();
  await using association = await dial(side);
  const binding = await bind(association, IRemUnknown2.iid);
  const { ipid, oid, oxid } = exported(side, new Node("many"));
  const some = await remUnknown(binding, side, "RemQueryInterface", [
    ipid,
    7,
    3,
    [INamed.iid, ISink.iid, INode.iid],
  ]);
  assert.equal(some.code, HResult.S_FALSE);
  const results = some.result as REMQIRESULT[];
  assert.deepEqual(
    results.map((one) => one.hResult),
    [0, HResult.E_NOINTERFACE, 0],
  );
  assert.deepEqual({ ...results[0]?.std, ipid: "" }, { flags: 0, cPublicRefs: 7, oxid, oid, ipid: "" });
  assert.equal(results[2]?.std.ipid, ipid, "the interface that is known keeps its IPID");
  const none = await remUnknown(binding, side, "RemQueryInterface", [ipid, 1, 1, [ISink.iid]]);
  assert.equal(none.code, HResult.E_NOINTERFACE);
  const whole = await remUnknown(binding, side, "RemQueryInterface2", [ipid, 2, [INamed.iid, ISink.iid]]);
  const { phr, ppMIF } = whole.result as { phr: ArrayLike<number>; ppMIF: ({ abData: Uint8Array } | null)[] };
  assert.deepEqual(Array.from(phr), [0, HResult.E_NOINTERFACE]);
  assert.equal(ppMIF[1], null);
  assert.ok(ppMIF[0]);
  const named = decodeObjref(ppMIF[0].abData);
  assert.ok(named.form === "standard");
  assert.equal(named.std.ipid, results[0]?.std.ipid);
  await assert.rejects(
    remUnknown(binding, side, "RemQueryInterface", [IRemUnknown2.iid, 1, 1, [INode.iid]]).then(check),
    {
      code: HResult.RPC_E_INVALID_OBJECT,
    },
  );
  const all = [ref(ipid, 5 + 7), ref(named.std.ipid, 7 + named.std.publicRefs)];
  await remUnknown(binding, side, "RemRelease", [all.length, all]);
  assert.equal(Node.alive, 0);
  await world.assertClean();
});

function check({ code }: { readonly code: number }): void {
  if (code >>> 31 === 1) throw new ComError(code);
}

test("IRemUnknown: counts, and references only their owner can give back", async () => {
  await using world = await World.open();
  const side = await world.side();
  await using association = await dial(side);
  const binding = await bind(association, IRemUnknown2.iid);
  const { ipid, publicRefs } = exported(side, new Node("counted"));
  assert.equal(publicRefs, 5);
  const unknown = guid("11111111-2222-3333-4444-555555555555");
  const added = await remUnknown(binding, side, "RemAddRef", [2, [ref(ipid, 2, 3), ref(unknown, 1)]]);
  assert.deepEqual(Array.from(added.result as ArrayLike<number>), [0, HResult.CO_E_OBJNOTREG]);
  // Another client's private references do not exist: nothing happens.
  side.exporter.table.release(entryOf(side, ipid), 7, 3, "somebody\\else");
  assert.equal(Node.alive, 1, "three private references are left");
  await remUnknown(binding, side, "RemRelease", [1, [ref(ipid, 100)]]);
  assert.equal(Node.alive, 1);
  await remUnknown(binding, side, "RemRelease", [2, [ref(unknown, 1), ref(ipid, 0, 3)]]);
  assert.equal(Node.alive, 0);
  await remUnknown(binding, side, "RemRelease", [1, [ref(side.exporter.ipidRemUnknown, 1000)]]);
  assert.equal(
    (await remUnknown(binding, side, "RemAddRef", [1, [ref(side.exporter.ipidRemUnknown, 1)]])).code,
    0,
  );
  await world.assertClean();
});

function entryOf(side: ObjectSide, ipid: Guid) {
  const entry = side.exporter.table.ipids.find(guidToBytes(ipid));
  assert.ok(entry);
  return entry;
}

test("RemQueryInterface answers a request of Windows as Windows did", async () => {
  await using world = await World.open();
  const side = await world.side();
  await using association = await dial(side);
  const binding = await bind(association, IRemUnknown2.iid);
  const { ipid } = exported(side, new Node("like Windows"));
  // A1, frames 92 and 93: RemQueryInterface for an interface the object does not have; the IPID is ours.
  const request =
    "050007000000000000000000" +
    "9a87db93eb5a844f97be637a19b65b22" +
    "00000000" +
    toHex(guidToBytes(ipid)) +
    "05000000" +
    "01000000" +
    "01000000" +
    "9ec1fcc370a9d2118b5a00a0c9b7c9c4";
  const response = await raw(binding, side.exporter.ipidRemUnknown, 3, (writer) =>
    writer.raw(fromHex(request)),
  );
  assert.equal(toHex(response), `000002000100000002400080${"00".repeat(44)}02400080`);
  // Frames 90 and 91: RemRelease.
  const release = `${request.slice(0, 64)}0100000001000000${toHex(guidToBytes(ipid))}0500000000000000`;
  assert.equal(
    toHex(await raw(binding, side.exporter.ipidRemUnknown, 5, (w) => w.raw(fromHex(release)))),
    "00000000",
  );
  await world.assertClean();
});

test("versions 5.1 to 5.7 are served, others refused with a fault", async () => {
  await using world = await World.open();
  const side = await world.side();
  await using association = await dial(side);
  const binding = await bind(association, (exported(side, new Node("v")), INode.iid));
  const { ipid } = exported(side, new Node("v"));
  for (let minor = 1; minor <= 7; minor++) {
    const answer = new ByteReader(await raw(binding, ipid, 3, addRequest(minor, 1, minor)));
    assert.equal(answer.u32(), minor + 1);
  }
  for (const minor of [0, 8, 100]) {
    await assert.rejects(raw(binding, ipid, 3, addRequest(1, 1, minor)), {
      code: HResult.RPC_E_VERSION_MISMATCH,
    });
  }
});

test("refusals: no object, a stranger's IPID, a released one, another interface, no such method, bad stub data", async () => {
  await using world = await World.open();
  const side = await world.side();
  await using association = await dial(side);
  const object = new Node("gates");
  const { ipid } = exported(side, object);
  const node = await bind(association, INode.iid);
  await assert.rejects(raw(node, undefined, 3, addRequest(1, 1)), { code: HResult.RPC_E_INVALID_OBJECT });
  await assert.rejects(raw(node, INode.iid, 3, addRequest(1, 1)), { code: HResult.RPC_E_INVALID_IPID });
  const { ipid: named } = exported(side, object, INamed.iid);
  await assert.rejects(raw(node, named, 3, addRequest(1, 1)), { code: HResult.RPC_S_UNKNOWN_IF });
  await assert.rejects(raw(node, ipid, 99, addRequest(1, 1)), { code: HResult.RPC_S_PROCNUM_OUT_OF_RANGE });
  await assert.rejects(raw(node, ipid, 0, addRequest(1, 1)), { code: HResult.RPC_S_PROCNUM_OUT_OF_RANGE });
  await assert.rejects(
    raw(node, ipid, 3, (writer) => writeOrpcThis(writer)),
    { code: HResult.RPC_X_BAD_STUB_DATA },
  );
  await assert.rejects(
    raw(node, ipid, 3, (writer) => writer.u32(5)),
    { code: HResult.RPC_E_INVALID_HEADER },
  );
  await assert.rejects(bind(association, guid("99999999-0000-0000-0000-000000000000")), {
    code: HResult.RPC_S_UNKNOWN_IF,
  });
  side.marshaler.disconnectObject(object);
  await assert.rejects(raw(node, ipid, 3, addRequest(1, 1)), { code: HResult.RPC_E_DISCONNECTED });
});

test("an access gate refuses callers", async () => {
  await using world = await World.open();
  const asked: Guid[] = [];
  const side = await world.side({
    accessGate: ({ iid, object }) => {
      asked.push(iid);
      return !(object instanceof Node && object.name === "forbidden");
    },
  });
  const client = await world.side();
  using free = hand(side, client, new Node("free"), INode);
  using forbidden = hand(side, client, new Node("forbidden"), INode);
  assert.equal(await free.Add(1, 1), 2);
  await assert.rejects(async () => forbidden.Add(1, 1), { code: HResult.E_ACCESSDENIED });
  assert.deepEqual(asked.slice(0, 2), [INode.iid, INode.iid]);
});

test("hooks on both sides see every call and send data of their own", async () => {
  await using world = await World.open();
  const seen: string[] = [];
  const id = guid("aaaaaaaa-0000-0000-0000-000000000001");
  const hook = (side: string): ChannelHook => ({
    id,
    clientFill: ({ opnum }) => (seen.push(`${side} fills ${opnum}`), Uint8Array.of(opnum)),
    serverNotify: (_, data) => void seen.push(`${side} gets ${String(data)}`),
    serverFill: (_, hresult) => Uint8Array.of(hresult === 0 ? 1 : 2, 3),
    clientNotify: (_, data, hresult) => void seen.push(`${side} hears ${String(data)} ${hresult >>> 31}`),
  });
  const server = await world.side({ hooks: [hook("server")] });
  const client = await world.side({ hooks: [hook("client")] });
  using node = hand(server, client, new Node("hooked"), INode);
  assert.equal(await node.Add(1, 2), 3);
  await assert.rejects(async () => node.Fail(0x80040201), /the valve is closed/);
  assert.deepEqual(seen, [
    "client fills 3",
    "server gets 3",
    "client hears 1,3 0",
    "client fills 5",
    "server gets 5",
    "client hears 2,3 1",
  ]);
});

test("table marshaling: strong keeps the object for any number of readers, weak does not keep it", async () => {
  await using world = await World.open();
  const [server, client] = [await world.side(), await world.side()];
  const strong = server.marshaler.marshalInterface(INode.iid, new Node("strong"), { kind: "tableStrong" });
  const object = new Node("weak");
  const weak = server.marshaler.marshalInterface(INode.iid, object, { kind: "tableWeak" });
  for (let i = 0; i < 3; i++) {
    using node = client.marshaler.unmarshalInterface(INode.iid, strong) as INode;
    assert.equal(await node.Add(i, 1), i + 1);
  }
  await client.importer.drain();
  assert.equal(Node.alive, 2);
  await server.marshaler.releaseMarshalData(strong);
  await until(() => Node.alive === 1, "the strong one to go");
  assert.equal(server.exporter.table.find(identityOf(object))?.references, 0);
  await server.marshaler.releaseMarshalData(weak);
  object.finalRelease();
  await world.assertClean();
});

test("a reference that is given back unread", async () => {
  await using world = await World.open();
  const [server, client] = [await world.side(), await world.side()];
  await client.marshaler.releaseMarshalData(server.marshaler.marshalInterface(INode.iid, new Node("unread")));
  await world.assertClean();
  assert.equal(Node.alive, 0);
});

test("the SCM dies and another takes over: references, OIDs and calls go on", async () => {
  await using world = await World.open();
  const [server, client] = [await world.side(), await world.side()];
  using node = hand(server, client, new Node("survivor"), INode);
  assert.equal(await node.Add(1, 1), 2);
  const { oxid } = server.exporter;
  const sessions = world.scm.machine.processes.all();
  for (const process of sessions) world.scm.machine.leave(process);
  assert.equal(await node.Add(1, 2), 3, "calls need no SCM");
  await until(() => world.scm.machine.processes.size === 2, "both to join again");
  assert.equal(server.exporter.oxid, oxid);
  using fresh = hand(server, client, new Node("new"), INode);
  assert.equal(await fresh.Add(1, 3), 4);
});

/** A request of CallBack as far as its pointer; the number behind it is missing. */
function halfCallBack(objref: Uint8Array): (writer: ByteWriter) => void {
  return (writer) => {
    writeOrpcThis(writer);
    writer.u32(0x0002_0000);
    writer.u32(objref.length);
    writer.u32(objref.length);
    writer.raw(objref);
  };
}

const callBack = 8;
const sinkObject = (): object => ({ OnValue: (value: number) => value });

test("a request that ends behind a pointer: the pointer's references go back", async () => {
  await using world = await World.open();
  const [server, client] = [await world.side(), await world.side()];
  {
    await using association = await dial(server);
    const { ipid } = exported(server, new Node("half"));
    const node = await bind(association, INode.iid);
    const objref = client.marshaler.marshalInterface(ISink.iid, sinkObject());
    await assert.rejects(raw(node, ipid, callBack, halfCallBack(objref)), {
      code: HResult.RPC_X_BAD_STUB_DATA,
    });
    // One of the server's own objects, without the interface that is wanted.
    const own = server.marshaler.marshalInterface(INode.iid, new Node("own"));
    await assert.rejects(raw(node, ipid, callBack, halfCallBack(own)), { code: HResult.E_NOINTERFACE });
    await remUnknown(await bind(association, IRemUnknown2.iid), server, "RemRelease", [1, [ref(ipid, 5)]]);
  }
  await world.assertClean();
  assert.equal(Node.alive, 0);
});

test("hooks that fail: the call's pointers go back, on both sides", async () => {
  await using world = await World.open();
  const fail = (): never => {
    throw new ComError(HResult.E_ABORT, "the hook failed");
  };
  let broken = false;
  const id = guid("aaaaaaaa-0000-0000-0000-000000000002");
  const server = await world.side({ hooks: [{ id, serverNotify: () => (broken ? fail() : undefined) }] });
  const client = await world.side();
  const other = await world.side({ hooks: [{ id, clientNotify: fail }] });
  {
    using node = hand(server, client, new Node("hooked"), INode);
    broken = true;
    const sink = sinkObject() as ISink;
    await assert.rejects(async () => node.CallBack(sink, 1), { code: HResult.E_ABORT });
    broken = false;
    using far = hand(server, other, new Node("far"), INode);
    await assert.rejects(async () => far.Make("lost"), { code: HResult.E_ABORT });
    await other.importer.drain();
    await until(() => Node.alive === 2, "the object of the lost answer to go");
  }
  await world.assertClean();
});

test("hostile ORPC bytes: every call is answered, and valid clients are served meanwhile", async () => {
  await using world = await World.open();
  const [server, client] = [await world.side(), await world.side()];
  const { ipid } = exported(server, new Node("target"));
  using node = hand(server, client, new Node("bystander"), INode);
  await using association = await dial(server);
  const bindings = [await bind(association, INode.iid), await bind(association, IRemUnknown2.iid)];
  const seeds = [
    "05000700000000000000000000112233445566778899aabbccddeeff00000000",
    "0500070000000000",
    "",
  ].map(fromHex);
  await fc.assert(
    fc.asyncProperty(
      fc.nat(1),
      fc.constantFrom(ipid, server.exporter.ipidRemUnknown, INode.iid),
      fc.nat(14),
      fc.constantFrom(...seeds),
      fc.uint8Array({ maxLength: 80 }),
      async (which, object, opnum, seed, tail) => {
        const binding = bindings[which];
        assert.ok(binding);
        const write = (writer: ByteWriter): void => {
          writer.raw(seed);
          writer.raw(tail);
        };
        await raw(binding, object, opnum, write).catch((error: unknown) =>
          assert.ok(error instanceof ComError),
        );
      },
    ),
    { numRuns: 600 },
  );
  assert.equal(await node.Add(2, 3), 5);
  assert.equal(association.state, "open");
});
