import assert from "node:assert/strict";
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { ComError, type Guid, HResult } from "../../base/index.ts";
import type { IRpcChannelBuffer } from "../../com/gen/objidl.ts";
import {
  IUnknown,
  LayeredProxyStub,
  type MessageLayer,
  Registry,
  type RpcMessage,
  Runtime,
  verifyIdentity,
} from "../../com/index.ts";
import { MemoryStore } from "../../store/index.ts";
import type { ObjectSide } from "../object-side.ts";
import { INamed, INode, Node } from "./objects.ts";
import { TextProxyStub, textClsid } from "./programs/text-proxy-stub.ts";
import { World, hand, until } from "./world.ts";

const modulePath = fileURLToPath(new URL("./programs/text-proxy-stub.js", import.meta.url));
const layersClsid = "6d0a2a10-96c8-4c2e-9b0f-0c5a2c6b00f1" as Guid;

async function sideOf(world: World): Promise<{ readonly side: ObjectSide; readonly com: Runtime }> {
  const com = await Runtime.open({ registry: new Registry(new MemoryStore(), { user: "ann" }) });
  return { side: await world.side({ classes: com.referenceClasses }), com };
}

for (const how of ["process", "registry"] as const) {
  test(`a proxy and a stub of one's own, their class named in the ${how}`, async () => {
    await using world = await World.open();
    const [server, client] = [await sideOf(world), await sideOf(world)];
    for (const { com } of [server, client]) {
      if (how === "process") {
        await com.registerClassObject({ clsid: textClsid, factory: new TextProxyStub() });
        com.registerPSClsid(INamed.iid, textClsid);
      } else {
        await com.registry.edit((editor) => {
          editor.set(`HKCR\\Interface\\{${INamed.iid}}\\ProxyStubClsid32`, "", `{${textClsid}}`);
          editor.set(`HKCR\\CLSID\\{${textClsid}}\\InprocServer32`, "", modulePath);
        });
      }
      assert.equal(com.getPSClsid(INamed.iid), textClsid);
      assert.throws(() => com.getPSClsid(INode.iid), { code: HResult.REGDB_E_IIDNOTREG });
    }
    TextProxyStub.log.length = 0;
    const object = new Node("textual");
    using node = hand(server.side, client.side, object, INode);
    using named = await node.QueryInterface(INamed);
    assert.equal(await named.Name(), "textual, says the proxy");
    assert.equal(await named.Name(), "textual, says the proxy");
    assert.deepEqual(TextProxyStub.log.slice(0, 2).toSorted(), ["proxy connected", "stub connected"]);
    assert.deepEqual(TextProxyStub.log.slice(2), [
      "asked for name",
      "answered textual",
      "asked for name",
      "answered textual",
    ]);
    assert.equal(await node.Add(1, 2), 3, "other interfaces have the standard ones");
    assert.deepEqual(await verifyIdentity(named, [INamed, INode, IUnknown]), []);
    object.Name = () => {
      throw new ComError(HResult.E_ABORT, "no name today");
    };
    await assert.rejects(async () => named.Name(), { code: HResult.E_ABORT });
    named.Release();
    node.Release();
    await world.assertClean();
    await until(() => TextProxyStub.log.includes("stub disconnected"), "the stub to be told");
    assert.ok(TextProxyStub.log.includes("proxy disconnected"));
    for (const { com } of [server, client]) await com.close();
  });
}

/** Compresses what is worth it. */
function compression(sizes: number[]): MessageLayer {
  return {
    name: "compression",
    encode(bytes) {
      const small = deflateRawSync(bytes);
      sizes.push(small.length);
      return small;
    },
    decode: (bytes) => inflateRawSync(bytes, { maxOutputLength: 1 << 20 }),
  };
}

function encryption(key: Uint8Array): MessageLayer {
  return {
    name: "encryption",
    encode(bytes) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", key, nonce);
      const body = [cipher.update(bytes), cipher.final()];
      return Buffer.concat([nonce, ...body, cipher.getAuthTag()]);
    },
    decode(bytes) {
      const opened = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, 12));
      opened.setAuthTag(bytes.subarray(-16));
      return Buffer.concat([opened.update(bytes.subarray(12, -16)), opened.final()]);
    },
  };
}

async function layered(com: Runtime, ...layers: readonly MessageLayer[]): Promise<void> {
  await com.registerClassObject({ clsid: layersClsid, factory: new LayeredProxyStub(...layers) });
  com.registerPSClsid(INode.iid, layersClsid);
}

test("layers between the standard proxies and the channel: compression, then encryption", async () => {
  await using world = await World.open();
  const [server, client] = [await sideOf(world), await sideOf(world)];
  const key = randomBytes(32);
  const [sent, received]: [number[], number[]] = [[], []];
  await layered(client.com, compression(sent), encryption(key));
  await layered(server.com, compression(received), encryption(key));
  using node = hand(server.side, client.side, new Node("layered"), INode);
  const data = new Uint8Array(100_000);
  await node.Bytes(data.length, data);
  assert.ok((sent[0] ?? Infinity) < 2000, `${sent[0]} bytes instead of 100,000`);
  // Interface pointers go through the layers as everything else.
  using child = await node.Make("child");
  assert.equal(await child.Add(20, 22), 42);
  assert.equal(await node.CallBack({ OnValue: (value: number) => value + 1 } as never, 4), 6);
  await assert.rejects(async () => node.Fail(0x80004004), { code: HResult.E_ABORT });
  child.Release();
  node.Release();
  await world.assertClean();
  for (const { com } of [server, client]) await com.close();
});

test("a layer refuses what it cannot read, within its own limits", async () => {
  await using world = await World.open();
  const [server, client] = [await sideOf(world), await sideOf(world)];
  await layered(client.com, encryption(randomBytes(32)));
  await layered(server.com, encryption(randomBytes(32)));
  using node = hand(server.side, client.side, new Node("sealed"), INode);
  await assert.rejects(async () => node.Add(1, 2), /encryption cannot read the message|BAD_STUB_DATA/);
  // A bomb: a small message that would be a large one.
  const third = await sideOf(world);
  const bomb: MessageLayer = {
    name: "bomb",
    encode: () => deflateRawSync(new Uint8Array(64 << 20)),
    decode: (b) => b,
  };
  await layered(third.com, bomb);
  const fourth = await sideOf(world);
  await layered(fourth.com, compression([]));
  using other = hand(fourth.side, third.side, new Node("bombed"), INode);
  await assert.rejects(async () => other.Add(1, 2), { code: HResult.RPC_X_BAD_STUB_DATA });
  node.Release();
  other.Release();
  for (const { com } of [server, client, third, fourth]) await com.close();
});

test("IRpcChannelBuffer: a message goes out and comes back as bytes", async () => {
  await using world = await World.open();
  const [server, client] = [await sideOf(world), await sideOf(world)];
  let channel: IRpcChannelBuffer | undefined;
  const factory = {
    CreateProxy: () => ({
      ppProxy: { Connect: (given: IRpcChannelBuffer) => (channel = given), Disconnect() {} },
      ppv: {
        async Add(a: number, b: number): Promise<number> {
          const message: RpcMessage = { iMethod: 3, buffer: new Uint8Array(8) };
          await channel?.GetBuffer(message, INode.iid);
          const view = new DataView(message.buffer.buffer);
          view.setInt32(0, a, true);
          view.setInt32(4, b, true);
          await channel?.SendReceive(message);
          // The sum, then the HRESULT: what the standard stub answers.
          const answer = new DataView(message.buffer.buffer, message.buffer.byteOffset);
          assert.equal(answer.getUint32(4, true), 0);
          return answer.getInt32(0, true);
        },
      },
    }),
  };
  await client.com.registerClassObject({ clsid: textClsid, factory });
  client.com.registerPSClsid(INode.iid, textClsid);
  using node = hand(server.side, client.side, new Node("raw"), INode);
  assert.equal(await node.Add(40, 2), 42);
  await assert.rejects(async () => node.Throw(), { code: HResult.E_NOTIMPL });
  node.Release();
  await world.assertClean();
  for (const { com } of [server, client]) await com.close();
});
