// Worked examples of marshaling: a client in this process, the objects in another one, everything between them ours.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ClassContext, Runtime, formatGuid } from "comity";
import { isPointer, isSameObject, registerClass, remoteObjectOf } from "comity/com";
import caching from "./caching-handler.js";
import { handlerClsid, jsonClsid, layersClsid } from "./clsids.js";
import { Archive, Dictionary, IArchive, IDictionary, IEcho, IShop, Shop } from "./gen/marshaling.js";
import money, { Money } from "./money.js";
import { module as objects } from "./objects.js";
import { PoliteEcho, breaches, makeDesk } from "./parts.js";

const path = (name: string): string => fileURLToPath(new URL(`${name}.js`, import.meta.url));
const home = mkdtempSync(join(tmpdir(), "comity-marshaling-"));
const there = { context: ClassContext.LOCAL_SERVER };
try {
  await using com = await Runtime.open({ home });
  await install(com);
  await cachingHandler(com);
  await layeredMessages(com);
  await byValue(com);
  await ownProxyAndStub(com);
  await parts(com);
} finally {
  rmSync(home, { recursive: true, force: true });
}

/** What an installation writes into the machine's registry: the client's and the server's process both read it. */
async function install(com: Runtime): Promise<void> {
  await com.registry.edit((editor) => {
    const command = `"${process.execPath}" "${path("server")}"`;
    for (const definition of objects.classes) registerClass(editor, definition, { kind: "local", command });
    for (const definition of money.classes)
      registerClass(editor, definition, { kind: "inproc", path: path("money") });
    for (const definition of caching.classes)
      registerClass(editor, definition, { kind: "handler", path: path("caching-handler") });
    for (const [clsid, file, iid] of [
      [layersClsid, "layers", IArchive.iid],
      [jsonClsid, "json-proxy-stub", IEcho.iid],
    ] as const) {
      editor.set(`HKLM\\SOFTWARE\\Classes\\CLSID\\${formatGuid(clsid)}\\InprocServer32`, "", path(file));
      const key = `HKLM\\SOFTWARE\\Classes\\Interface\\${formatGuid(iid)}\\ProxyStubClsid32`;
      editor.set(key, "", formatGuid(clsid));
    }
  });
}

async function cachingHandler(com: Runtime): Promise<void> {
  using dictionary = await com.createInstance(Dictionary, IDictionary, there);
  assert.equal(remoteObjectOf(dictionary), undefined, "what we hold is the handler, in this process");
  for (let i = 0; i < 5; i++) assert.equal(await dictionary.Meaning("marshal"), "what marshal means");
  say("caching", `five questions, the object was asked ${await dictionary.Asked()} time`);
  say("caching", `the handler is class ${formatGuid(handlerClsid)}`);
}

async function layeredMessages(com: Runtime): Promise<void> {
  using archive = await com.createInstance(Archive, IArchive, there);
  const text = "the same again and again; ".repeat(4000);
  await archive.Put("long", text);
  assert.equal(await archive.Get("long"), text);
  say("layers", `${text.length} characters went compressed and sealed, and came back`);
}

async function byValue(com: Runtime): Promise<void> {
  using shop = await com.createInstance(Shop, IShop, there);
  const price = await shop.Price("book");
  assert.ok(price !== null && isPointer(price));
  say("by value", `the price is ${await price.Amount()} cents`);
  const change = await shop.Pay(new Money(undefined, 2000, "CHF"));
  say("by value", `the change is ${await change?.Amount()} ${await change?.Currency()}`);
  price.Release();
  change?.Release();
}

async function ownProxyAndStub(com: Runtime): Promise<void> {
  using echo = await com.createInstance(Shop, IEcho, there);
  say("proxy and stub", String(await echo.Say("ho")));
}

async function parts(com: Runtime): Promise<void> {
  const inner = await com.createInstance(Shop, IEcho, there);
  using polite = com.pointerTo(new PoliteEcho(inner), IEcho);
  say("containment", String(await polite.Say("hello")));
  // Without its handler, so that what comes is a proxy.
  await com.registry.edit((editor) =>
    editor.deleteTree(`HKLM\\SOFTWARE\\Classes\\CLSID\\${formatGuid(handlerClsid)}`),
  );
  using desk = await makeDesk(com, await com.createInstance(Dictionary, IDictionary, there));
  using archive = await desk.QueryInterface(IArchive);
  using words = await desk.QueryInterface(IDictionary);
  await archive.Put("note", "in the drawer");
  assert.ok(isSameObject(archive, words) && isSameObject(words, desk));
  say(
    "aggregation",
    `${await archive.Get("note")}; ${await words.Meaning("remote")}; ${await desk.Say("one object")}`,
  );
  say("aggregation", `rules broken: ${await breaches(desk)}`);
}

function say(about: string, what: string): void {
  console.log(`${about}: ${what}`);
}
