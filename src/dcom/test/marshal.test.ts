import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { type Guid, HResult, guid } from "../../base/index.ts";
import { IMarshal, INoMarshal, IStdMarshalInfo, IStream, STREAM_SEEK } from "../../com/gen/objidl.ts";
import {
  ClassContext,
  DeferredObject,
  IUnknown,
  MemoryStream,
  Registry,
  Runtime,
  StdMarshal,
  aggregate,
  defineClass,
  identityOf,
  implement,
  isSameObject,
  pointerTo,
  registerClass,
  remoteObjectOf,
  verifyIdentity,
} from "../../com/index.ts";
import { MemoryStore } from "../../store/index.ts";
import { decodeObjref, encodeObjref } from "../objref.ts";
import type { ObjectSide } from "../object-side.ts";
import { INamed, INode, Node } from "./objects.ts";
import namedModule, {
  NameHandler,
  NameValue,
  handlerClsid,
  plainClsid,
  valueClsid,
} from "./programs/named-module.ts";
import { World, hand, until } from "./world.ts";

const modulePath = fileURLToPath(new URL("./programs/named-module.js", import.meta.url));

function openRuntime(): Promise<Runtime> {
  return Runtime.open({ registry: new Registry(new MemoryStore(), { user: "ann" }) });
}

/** A client that knows the classes of the module: registered in the process, or in the registry. */
async function client(
  world: World,
  how: "process" | "registry" | "nothing",
): Promise<{ readonly side: ObjectSide; readonly com: Runtime }> {
  const com = await openRuntime();
  for (const definition of namedModule.classes) {
    if (how === "process") {
      const context =
        definition.clsid === handlerClsid ? ClassContext.INPROC_HANDLER : ClassContext.INPROC_SERVER;
      await com.registerClassObject(definition, {
        context: context | ClassContext.INPROC_SERVER,
      });
    } else if (how === "registry") {
      const kind = definition.clsid === handlerClsid ? "handler" : "inproc";
      await com.registry.edit((editor) => registerClass(editor, definition, { kind, path: modulePath }));
    }
  }
  return { side: await world.side({ classes: com.referenceClasses }), com };
}

function value(name: string): NameValue {
  const object = new NameValue();
  object.name = name;
  implement(object, INamed, INode, IMarshal);
  return object;
}

/** A node that wants a handler where it is used. */
class Handled extends Node {
  static override readonly interfaces: readonly unknown[] = [INode, INamed, IStdMarshalInfo];
  named = 0;
  override Name(): string {
    this.named++;
    return this.name;
  }
  GetClassForHandler(): Guid {
    return handlerClsid;
  }
}

test("an object with IMarshal travels by value: the other side has one of its own", async () => {
  await using world = await World.open();
  const server = await world.side();
  for (const how of ["process", "registry"] as const) {
    const { side, com } = await client(world, how);
    const original = value("by value");
    const objref = server.marshaler.marshalInterface(INamed.iid, original);
    const decoded = decodeObjref(objref);
    assert.equal(decoded.form, "custom");
    assert.ok(decoded.form === "custom" && decoded.clsid === valueClsid);
    assert.equal(Buffer.from(decoded.data).toString(), "by value");
    assert.equal(server.exporter.table.size, 1, "nothing is exported");
    // At once it is a pointer that waits, because the class takes its time to read; awaited, the object itself.
    using early = side.marshaler.unmarshalInterface(INamed.iid, objref) as INamed;
    assert.ok(remoteObjectOf(early) instanceof DeferredObject);
    assert.equal(await early.Name(), "by value");
    using named = (await side.marshaler.unmarshalWhenReady(INamed.iid, objref)) as INamed;
    assert.equal(remoteObjectOf(named), undefined, "an object of here");
    assert.equal(named.Name(), "by value");
    original.name = "changed";
    assert.equal(named.Name(), "by value");
    named.Release();
    early.Release();
    await com.close();
  }
  await world.assertClean();
});

test("values travel as arguments and results of calls, also while their class is loaded", async () => {
  await using world = await World.open();
  const { side: server, com } = await client(world, "registry");
  const { side: caller, com: callersCom } = await client(world, "process");
  using node = hand(server, caller, new Node("keeper"), INode);
  const travelling = value("argument");
  await node.Keep(travelling as unknown as INode);
  using kept = (await node.Kept()) as INode;
  using named = await kept.QueryInterface(INamed);
  assert.equal(await named.Name(), "argument");
  await node.Keep(null);
  kept.Release();
  named.Release();
  node.Release();
  await com.close();
  await callersCom.close();
  await world.assertClean();
});

test("a reference cannot name any class: unknown ones, ones without IMarshal, ones without the category", async () => {
  await using world = await World.open();
  const made = NameValue.made;
  const custom = (clsid: Guid, data = new Uint8Array(4)): Uint8Array =>
    encodeObjref({ form: "custom", iid: INamed.iid, clsid, data });
  for (const how of ["process", "registry", "nothing"] as const) {
    const { side, com } = await client(world, how);
    const unmarshal = (objref: Uint8Array): unknown => side.marshaler.unmarshalInterface(INamed.iid, objref);
    const unknown = custom(guid("6d0a2a10-96c8-4c2e-9b0f-0c5a2c6b00ff"));
    assert.throws(() => unmarshal(unknown), { code: HResult.REGDB_E_CLASSNOTREG, gate: "unmarshal class" });
    const code = how === "nothing" ? HResult.REGDB_E_CLASSNOTREG : HResult.E_ACCESSDENIED;
    assert.throws(() => unmarshal(custom(plainClsid)), { code, gate: "unmarshal class" });
    assert.throws(() => unmarshal(custom(valueClsid, new Uint8Array(5 << 20))), {
      code: HResult.RPC_E_INVALID_OBJREF,
      gate: "unmarshal class",
    });
    await com.close();
  }
  assert.equal(NameValue.made, made, "nothing was constructed");
  const alone = await world.side();
  assert.throws(() => alone.marshaler.unmarshalInterface(INamed.iid, custom(valueClsid)), {
    gate: "unmarshal class",
  });
});

test("references that stand in each other without end are refused", async () => {
  await using world = await World.open();
  const com = await openRuntime();
  const clsid = "6d0a2a10-96c8-4c2e-9b0f-0c5a2c6b00e8" as Guid;
  const side = await world.side({ classes: com.referenceClasses });
  let made = 0;
  class Nested {
    constructor() {
      made++;
    }
    Name(): string {
      return "";
    }
    UnmarshalInterface(stream: IStream): unknown {
      const { pv } = stream.Read(1 << 20) as { pv: Uint8Array };
      const inner = encodeObjref({ form: "custom", iid: INamed.iid, clsid, data: pv });
      return side.marshaler.unmarshalInterface(INamed.iid, inner);
    }
  }
  await com.registerClassObject(defineClass({ clsid, interfaces: [INamed, IMarshal] }, Nested));
  const endless = encodeObjref({ form: "custom", iid: INamed.iid, clsid, data: new Uint8Array(8) });
  assert.throws(() => side.marshaler.unmarshalInterface(INamed.iid, endless), /8 deep/);
  assert.equal(made, 8);
  await com.close();
});

test("CoReleaseMarshalData and CoDisconnectObject reach the object's own IMarshal", async () => {
  await using world = await World.open();
  const { side, com } = await client(world, "process");
  const original = value("gone");
  const objref = side.marshaler.marshalInterface(INamed.iid, original);
  const before = NameValue.made;
  await side.marshaler.releaseMarshalData(objref);
  assert.equal(NameValue.made, before + 1, "an object of the class gives the data back");
  side.marshaler.disconnectObject(original);
  assert.ok(original.disconnected);
  await com.close();
});

test("INoMarshal: an object that never leaves", async () => {
  await using world = await World.open();
  const side = await world.side();
  const object = { Name: () => "secret" };
  implement(object, INamed, INoMarshal);
  assert.throws(() => side.marshaler.marshalInterface(INamed.iid, object), { code: 0x80004021 });
});

test("by reference: IMarshal adds to the standard reference, and its class wraps the proxy", async () => {
  await using world = await World.open();
  const server = await world.side();
  const com = await openRuntime();
  const side = await world.side({ classes: com.referenceClasses });
  const clsid = "6d0a2a10-96c8-4c2e-9b0f-0c5a2c6b00e9" as Guid;
  class Tagged extends Node {
    static override readonly interfaces: readonly unknown[] = [INode, INamed, IMarshal];
    GetUnmarshalClass(): Guid {
      return clsid;
    }
    MarshalInterface(
      stream: IStream,
      riid: Guid,
      pv: unknown,
      context: number,
      _: null,
      flags: number,
    ): void {
      using standard = server.marshaler.getStandardMarshal(this);
      void stream.Write(Uint8Array.of(7), 1);
      void standard.MarshalInterface(stream, riid, pv, context, null, flags);
      void stream.Write(Uint8Array.of(9), 1);
    }
  }
  class Wrapper {
    #inner: INamed | undefined;
    #tags: number[] = [];
    async Name(): Promise<string> {
      return `${await this.#inner?.Name()} ${this.#tags.join("-")}`;
    }
    async UnmarshalInterface(stream: IStream, riid: Guid): Promise<this> {
      this.#tags.push((await stream.Read(1)).pv[0] as number);
      using standard = side.marshaler.getStandardMarshal();
      this.#inner = (await standard.UnmarshalInterface(stream, riid)) as INamed;
      this.#tags.push((await stream.Read(1)).pv[0] as number);
      return this;
    }
    finalRelease(): void {
      this.#inner?.Release();
    }
  }
  await com.registerClassObject(defineClass({ clsid, interfaces: [INamed, IMarshal] }, Wrapper));
  using named = hand(server, side, new Tagged("far"), INamed);
  assert.equal(await named.Name(), "far 7-9");
  assert.equal(server.exporter.table.size, 2);
  named.Release();
  await com.close();
  await world.assertClean();
  assert.equal(Node.alive, 0);
});

test("a class that names the standard marshaler, and SMEXF_SERVER: whole standard references", async () => {
  await using world = await World.open();
  const [server, side] = [await world.side(), await world.side()];
  class Passing extends Node {
    static override readonly interfaces: readonly unknown[] = [INode, INamed];
  }
  const object = new Passing("standard");
  const inner = server.marshaler.getStdMarshalEx(object, StdMarshal.SERVER);
  aggregate(object, inner, IMarshal);
  const objref = server.marshaler.marshalInterface(INamed.iid, object);
  assert.equal(decodeObjref(objref).form, "standard");
  using named = side.marshaler.unmarshalInterface(INamed.iid, objref) as INamed;
  assert.equal(await named.Name(), "standard");
  using marshal = pointerTo(object, IMarshal);
  assert.equal(
    marshal.GetUnmarshalClass(INamed.iid, null, 2, null, 0),
    "00000017-0000-0000-c000-000000000046",
  );
  const stream = new MemoryStream();
  using place = pointerTo(stream, IStream);
  await marshal.MarshalInterface(place, INamed.iid, null, 0, null, 0);
  void place.Seek(0n, STREAM_SEEK.STREAM_SEEK_SET);
  await marshal.ReleaseMarshalData(place);
  assert.throws(() => server.marshaler.getStdMarshalEx(object, 3), { code: HResult.E_INVALIDARG });
  marshal.Release();
  named.Release();
  await world.assertClean();
});

for (const how of ["process", "registry"] as const) {
  test(`a handler in front of an object elsewhere, its class named in the ${how}`, async () => {
    await using world = await World.open();
    const server = await world.side();
    const { side, com } = await client(world, how);
    const object = new Handled("handled");
    const objref = server.marshaler.marshalInterface(INamed.iid, object);
    const decoded = decodeObjref(objref);
    assert.ok(decoded.form === "handler" && decoded.clsid === handlerClsid);
    const named = (await side.marshaler.unmarshalWhenReady(INamed.iid, objref)) as INamed;
    assert.ok(identityOf(named).object instanceof NameHandler, "the handler answers");
    assert.equal(await named.Name(), "handled (remembered)");
    assert.equal(await named.Name(), "handled (remembered)");
    assert.equal(object.named, 1, "the object was asked once");
    // What the handler does not write comes from the object, under the handler's identity.
    using node = await named.QueryInterface(INode);
    assert.equal(await node.Add(40, 2), 42);
    assert.ok(isSameObject(node, named));
    assert.deepEqual(await verifyIdentity(named, [INamed, INode]), []);
    // The same object again is the same handler.
    using again = (await side.marshaler.unmarshalWhenReady(
      INode.iid,
      server.marshaler.marshalInterface(INode.iid, object),
    )) as INode;
    assert.ok(isSameObject(again, named));
    // Passed on, the object's own reference goes, with the handler's class.
    const onward = decodeObjref(await side.marshaler.marshalWhenReady(INamed.iid, named));
    assert.ok(onward.form === "handler" && onward.clsid === handlerClsid);
    assert.equal(onward.std.oid, decoded.std.oid);
    await side.marshaler.releaseMarshalData(encodeObjref(onward));
    for (const one of [named, node, again]) one.Release();
    await com.close();
    await world.assertClean();
    await until(() => Node.alive === 0, "the object to go");
  });
}

test("without its class a handler reference is a standard one, and stays what it was when passed on", async () => {
  await using world = await World.open();
  const [server, side] = [await world.side(), await world.side()];
  using named = hand(server, side, new Handled("bare"), INamed);
  assert.equal(await named.Name(), "bare");
  const onward = decodeObjref(await side.marshaler.marshalWhenReady(INamed.iid, named));
  assert.equal(onward.form, "handler");
  await side.marshaler.releaseMarshalData(encodeObjref(onward));
  named.Release();
  await world.assertClean();
});

test("an extended reference goes out with its envoy context and comes in as a standard one", async () => {
  await using world = await World.open();
  const [server, side] = [await world.side(), await world.side()];
  const envoy = { id: guid("0000033b-0000-0000-c000-000000000046"), data: Uint8Array.of(1, 2, 3) };
  const objref = server.marshaler.marshalInterface(INamed.iid, new Node("extended"), { envoy });
  const decoded = decodeObjref(objref);
  assert.ok(decoded.form === "extended");
  assert.deepEqual(decoded.elements, [envoy]);
  using named = side.marshaler.unmarshalInterface(INamed.iid, objref) as INamed;
  assert.equal(await named.Name(), "extended");
  named.Release();
  await world.assertClean();
});

test("MSHLFLAGS: who owns which references", async () => {
  await using world = await World.open();
  const [server, side] = [await world.side(), await world.side()];
  const { marshaler, exporter } = server;
  const references = (object: object): number | undefined =>
    exporter.table.find(identityOf(object))?.references;

  // Normal: five to the one reader, given back at its end, or by releaseMarshalData.
  const normal = new Node("normal");
  const unread = marshaler.marshalInterface(INode.iid, normal);
  assert.equal(references(normal), 5);
  await marshaler.releaseMarshalData(unread);
  assert.equal(references(normal), undefined);
  assert.equal(identityOf(normal).references, 0);

  // Strong table: one of the table's own, any number of readers.
  const strong = new Node("strong");
  const table = marshaler.marshalInterface(INode.iid, strong, { kind: "tableStrong" });
  assert.equal(references(strong), 1);
  for (let i = 0; i < 3; i++) {
    using node = side.marshaler.unmarshalInterface(INode.iid, table) as INode;
    assert.equal(await node.Add(i, 1), i + 1);
    node.Release();
    await until(() => references(strong) === 1, "the reader's references to go");
  }
  await marshaler.releaseMarshalData(table);
  assert.equal(references(strong), undefined);

  // Weak table: nothing is held, the entry ends with the object.
  const weak = new Node("weak");
  using own = pointerTo(weak, INode);
  const loose = marshaler.marshalInterface(INode.iid, weak, { kind: "tableWeak" });
  assert.equal(references(weak), 0);
  assert.equal(identityOf(weak).references, 1, "only our own pointer");
  using seen = side.marshaler.unmarshalInterface(INode.iid, loose) as INode;
  assert.equal(await seen.Add(1, 1), 2);
  seen.Release();
  await side.importer.drain();
  await until(() => references(weak) === 0, "the reader's references to go");
  await marshaler.releaseMarshalData(loose);
  own.Release();

  // No ping: the reference says so, and nobody reports the object.
  const noPing = new Node("no ping");
  const quiet = marshaler.marshalInterface(INode.iid, noPing, { noPing: true });
  const decoded = decodeObjref(quiet);
  assert.ok(decoded.form === "standard" && (decoded.std.flags & 0x1000) !== 0);
  using held = side.marshaler.unmarshalInterface(INode.iid, quiet) as INode;
  assert.equal(side.importer.holdings.size, 0);
  held.Release();

  // A proxy in a table: strong only; the entry keeps the object elsewhere.
  const far = hand(server, side, new Node("far"), INode);
  const entry = side.marshaler.marshalInterface(INode.iid, far, { kind: "tableStrong" });
  assert.throws(() => side.marshaler.marshalInterface(INode.iid, far, { kind: "tableWeak" }), {
    code: HResult.E_INVALIDARG,
  });
  far.Release();
  const third = await world.side();
  using late = third.marshaler.unmarshalInterface(INode.iid, entry) as INode;
  assert.equal(await late.Add(2, 2), 4);
  late.Release();
  await side.marshaler.releaseMarshalData(entry);
  await world.assertClean();
  assert.equal(Node.alive, 0);
});

test("IUnknown of a reference by value is its object's", async () => {
  await using world = await World.open();
  const { side, com } = await client(world, "process");
  const objref = side.marshaler.marshalInterface(IUnknown.iid, value("unknown"));
  using unknown = await side.marshaler.unmarshalWhenReady(IUnknown.iid, objref);
  using named = await unknown.QueryInterface(INamed);
  assert.ok(isSameObject(unknown, named));
  named.Release();
  unknown.Release();
  await com.close();
});

test("a marshaler is told how far its object goes; an old peer gets no handler", async () => {
  await using world = await World.open();
  const { side, com } = await client(world, "process");
  const other = await world.side({ classes: com.referenceClasses });
  const contexts: number[] = [];
  const travelling = value("near");
  travelling.MarshalInterface = (stream: IStream, _riid?: unknown, _pv?: unknown, context?: unknown) => {
    contexts.push(context as number);
    void stream.Write(Uint8Array.of(65), 1);
  };
  using node = hand(side, other, new Node("near"), INode);
  await node.Keep(travelling as unknown as INode);
  await node.Keep(null);
  assert.deepEqual(contexts, [0], "MSHCTX_LOCAL");
  side.marshaler.marshalInterface(INamed.iid, travelling);
  side.marshaler.marshalInterface(INamed.iid, travelling, { destination: "inproc" });
  assert.deepEqual(contexts, [0, 2, 3]);
  const handled = new Handled("plain");
  const objref = side.marshaler.marshalInterface(INamed.iid, handled, { plain: true });
  assert.equal(decodeObjref(objref).form, "standard");
  await side.marshaler.releaseMarshalData(objref);
  node.Release();
  await com.close();
});
