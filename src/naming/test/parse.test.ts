import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type ComError, HResult } from "../../base/index.ts";
import { type IBindCtx, type IMoniker, MKSYS } from "../../com/gen/objidl.ts";
import { IParseDisplayName } from "../../com/gen/oleidl.ts";
import { ClassContext, type Runtime, defineClass, implement } from "../../com/index.ts";
import {
  createAntiMoniker,
  createBindCtx,
  createFileMoniker,
  createItemMoniker,
  getRunningObjectTable,
  parseDisplayName,
} from "../index.ts";
import { nameOf, openRuntime, running, told } from "./support.ts";

/* Display names (MkParseDisplayName); the cases of `clsid:` and of ProgIDs are those of Wine's tests of monikers. */

let com: Runtime;
const folder = mkdtempSync(join(tmpdir(), "comity-parse-"));
const file = join(folder, "book");

before(async () => {
  com = await openRuntime();
  writeFileSync(file, "x");
});
after(async () => {
  await com.close();
  rmSync(folder, { recursive: true, force: true });
});

async function kindOf(name: string): Promise<number> {
  using moniker = await parseDisplayName(com, name);
  return await moniker.IsSystemMoniker();
}

async function refused(name: string, eaten: number): Promise<void> {
  await assert.rejects(
    parseDisplayName(com, name),
    (error: ComError) =>
      error.code === HResult.MK_E_SYNTAX && (error.outputs as { eaten: number }).eaten === eaten,
    name,
  );
}

test("clsid:", async () => {
  const guid = "11111111-0000-0000-2222-444444444444";
  for (const [name, shown] of [
    [`clsid:${guid};extra data:`, `clsid:${guid};extra data:`],
    [`clsid:${guid}extra data`, `clsid:${guid}extra data:`],
    [`clsid:${guid}:`, `clsid:${guid}:`],
    [`clsid:${guid}`, `clsid:${guid}:`],
    [`clsid:{${guid}}`, `clsid:${guid}:`],
    [`clsid:${guid}}`, `clsid:${guid}}:`],
    [`CLSID:${guid}`, `clsid:${guid}:`],
  ] as const) {
    assert.equal(await told(com, await parseDisplayName(com, name)), shown);
    assert.equal(await kindOf(name), MKSYS.MKSYS_CLASSMONIKER);
  }
  await refused(`clsid:{${guid}`, 0);
  await refused("clsid:", 0);
});

test("a class comes before an object that runs under the same words", async () => {
  using table = getRunningObjectTable(com);
  const name = "clsid:20D04FE0-3AEA-1069-A2D8-08002B30309D:";
  using moniker = createFileMoniker(com, name);
  const cookie = await running(table, moniker);
  assert.equal(await kindOf(name), MKSYS.MKSYS_CLASSMONIKER);
  await table.Revoke(cookie);
});

test("paths: what runs, what exists, the longest beginning", async () => {
  using table = getRunningObjectTable(com);
  using moniker = createFileMoniker(com, "ComityTestRunning");
  const cookie = await running(table, moniker);
  assert.equal(await kindOf("ComityTestRunning"), MKSYS.MKSYS_FILEMONIKER);
  assert.equal(await kindOf("comitytestrunning"), MKSYS.MKSYS_FILEMONIKER);
  await table.Revoke(cookie);
  await refused("ComityTestRunning", 0);
  assert.equal(await kindOf(file), MKSYS.MKSYS_FILEMONIKER);
  using whole = await parseDisplayName(com, `${file}!one!two`);
  assert.equal(await whole.IsSystemMoniker(), MKSYS.MKSYS_GENERICCOMPOSITE);
  assert.equal(await nameOf(com, whole), `${file}!one!two`);
  // A file with the delimiter in its name is longer.
  writeFileSync(`${file}!one`, "x");
  using longer = await parseDisplayName(com, `${file}!one!two`);
  using list = await longer.Enum(1);
  const { rgelt } = (await list?.Next(1)) ?? { rgelt: [] };
  assert.equal(await told(com, rgelt[0] ?? null), `${file}!one`);
  await refused(`${file}?`, folder.length);
  await refused(`${file}!`, file.length);
});

test("names that were parsed are shown as they were", async () => {
  await com.registry.edit((keys) => {
    keys.create("HKCR\\Comity.Some\\CLSID");
    keys.set("HKCR\\Comity.Some\\CLSID", "", "{6f1a2b30-4a55-4c0e-9f43-1f0a3b5c0010}");
  });
  for (const [name, shown = name] of [
    [
      "queue:Label=x,Priority=3/new:Comity.Some",
      "queue:Label=x,Priority=3/new:{6F1A2B30-4A55-4C0E-9F43-1F0A3B5C0010}",
    ],
    [
      "queue:/new:{6f1a2b30-4a55-4c0e-9f43-1f0a3b5c0010}",
      "queue:/new:{6F1A2B30-4A55-4C0E-9F43-1F0A3B5C0010}",
    ],
    ["session:1!clsid:11111111-0000-0000-2222-444444444444:"],
    ["session:console!new:Comity.Some", "session:console!new:{6F1A2B30-4A55-4C0E-9F43-1F0A3B5C0010}"],
    ["elevation:Administrator!new:{6F1A2B30-4A55-4C0E-9F43-1F0A3B5C0010}"],
    ["partition:{6f1a2b30-4a55-4c0e-9f43-1f0a3b5c0010}/new:{6F1A2B30-4A55-4C0E-9F43-1F0A3B5C0010}"],
    ["soap:wsdl=http://example.org/a"],
    ["https://example.org/a!b"],
    [`file:${file}`, file],
    [`file://${file}`, file],
  ] as readonly (readonly [string, string?])[])
    assert.equal(await told(com, await parseDisplayName(com, name)), shown, name);
});

test("what is wrong with a name, and where", async () => {
  await refused("NonExistentProgId:", 0);
  await refused("@NonExistentProgId", 0);
  await refused("new:NonExistentProgId", 0);
  await refused("queue:Nonsense=1", 0);
  await refused("objref:!:", 0);
  await refused("session:", 0);
  await refused(`${file}!one?`.replace("?", "!!"), file.length + 4);
  await assert.rejects(parseDisplayName(com, ""), { code: HResult.E_INVALIDARG });
  await assert.rejects(parseDisplayName(com, "objref:AAAA:"), { code: HResult.E_INVALIDARG });
});

test("a ProgID in front: the class object reads the name, or an object of the class", async () => {
  const clsid = "6f1a2b30-4a55-4c0e-9f43-1f0a3b5c0011";
  const names: string[] = [];
  class Parser {
    ParseDisplayName(_pbc: IBindCtx | null, name: string): { pchEaten: number; ppmkOut: IMoniker } {
      names.push(name);
      return { pchEaten: name.length, ppmkOut: createAntiMoniker(com) };
    }
  }
  implement(Parser, IParseDisplayName);
  await com.registry.edit((keys) => {
    keys.create("HKCR\\Comity.Parser\\CLSID");
    keys.set("HKCR\\Comity.Parser\\CLSID", "", `{${clsid}}`);
  });
  const guid = defineClass({ clsid }, Parser);
  const context = ClassContext.INPROC_SERVER;
  for (const what of [{ clsid: guid.clsid, factory: new Parser() }, guid]) {
    await using _ = await com.registerClassObject(what, { context });
    assert.equal(await kindOf("Comity.Parser:"), MKSYS.MKSYS_ANTIMONIKER);
    assert.equal(await kindOf("@Comity.Parser"), MKSYS.MKSYS_ANTIMONIKER);
    assert.equal(await kindOf("Comity.Parser:a/b!c"), MKSYS.MKSYS_ANTIMONIKER);
    assert.deepEqual(names.splice(0), ["Comity.Parser:", "@Comity.Parser", "Comity.Parser:a/b!c"]);
  }
  await refused("Comity.Parser", 0);
  class Dumb {
    Say(): void {}
  }
  const dumb = defineClass({ clsid }, Dumb);
  await using _ = await com.registerClassObject(dumb, { context });
  await assert.rejects(parseDisplayName(com, "Comity.Parser:x"), { code: HResult.MK_E_SYNTAX });
});

test("C: is a drive", async () => {
  await com.registry.edit((keys) => {
    keys.create("HKCR\\C\\CLSID");
    keys.set("HKCR\\C\\CLSID", "", "{6f1a2b30-4a55-4c0e-9f43-1f0a3b5c0012}");
  });
  await refused("C:\\absent", 0);
});

test("what a moniker does with a name on its right", async () => {
  using context = createBindCtx(com);
  using item = createItemMoniker(com, "!", "a");
  await assert.rejects(async () => item.ParseDisplayName(context, null, "display name"), {
    code: HResult.MK_E_SYNTAX,
  });
  const { pchEaten, ppmkOut } = await item.ParseDisplayName(context, null, "!b!c");
  assert.equal(pchEaten, 2);
  assert.equal(await told(com, ppmkOut), "!b");
});
