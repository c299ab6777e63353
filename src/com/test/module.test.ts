import assert from "node:assert/strict";
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { HResult, ManualClock, formatGuid, guid, newGuid } from "../../base/index.ts";
import {
  ClassContext,
  IClassFactory,
  Runtime,
  defineClass,
  defineModule,
  identityOf,
  runLocalServer,
  serveModule,
} from "../index.ts";
import { IAdder, ICalculator } from "./sample.ts";
import { Calculator, openRuntime, withCode } from "./support.ts";

const CLSID = guid("5b1e0d2a-7f0c-4d6b-8a55-8a1c6a2f0003");
const PROGID = "Comity.TestAdder.1";

/** The source of a module whose adder adds `extra`. */
function source(extra: number): string {
  const com = pathToFileURL(join(import.meta.dirname, "..", "index.js")).href;
  const sample = pathToFileURL(join(import.meta.dirname, "sample.js")).href;
  return `
import { defineClass, defineModule } from ${JSON.stringify(com)};
import { IAdder } from ${JSON.stringify(sample)};
class Adder { Add(a, b) { return a + b + ${extra}; } }
export default defineModule({ classes: [defineClass(
  { clsid: ${JSON.stringify(CLSID)}, name: "Adder", progId: ${JSON.stringify(PROGID)}, interfaces: [IAdder] },
  Adder, { threading: "Apartment" })] });
`;
}

async function inFolder<T>(run: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "comity-module-"));
  try {
    return await run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe("in-process modules", () => {
  it("register themselves, load on demand by ProgID and CLSID, are freed, and unregister", async () => {
    await inFolder(async (folder) => {
      const path = join(folder, "adder.mjs");
      writeFileSync(path, source(0));
      await using com = await openRuntime();
      await com.registerModule(path);
      assert.equal(com.registry.text(`HKCR\\CLSID\\${formatGuid(CLSID)}\\InprocServer32`), path);
      assert.equal(
        com.registry.text(`HKCR\\CLSID\\${formatGuid(CLSID)}\\InprocServer32`, "ThreadingModel"),
        "Apartment",
      );
      assert.equal(com.registry.text("HKCR\\Comity.TestAdder\\CurVer"), PROGID);
      assert.equal(com.classes.progIdFromClsid(CLSID), PROGID);
      assert.equal(com.registry.text(`HKCR\\Interface\\${formatGuid(IAdder.iid)}\\NumMethods`), "4");
      for (const name of [PROGID, "comity.testadder", CLSID, formatGuid(CLSID)]) {
        using adder = await com.createInstance(name, IAdder);
        assert.equal(await adder.Add(1, 2), 3);
        assert.deepEqual(await com.freeUnusedLibraries(), [], "an object keeps its module");
      }
      assert.deepEqual(await com.freeUnusedLibraries(), [path]);
      await com.unregisterModule(path);
      await assert.rejects(com.createInstance(CLSID, IAdder), withCode(HResult.REGDB_E_CLASSNOTREG));
      assert.ok(!com.registry.exists(`HKCR\\${PROGID}`));
      assert.ok(!com.registry.exists("HKCR\\Comity.TestAdder"));
    });
  });

  it("are loaded anew when they were freed and changed", async () => {
    await inFolder(async (folder) => {
      const path = join(folder, "adder.mjs");
      writeFileSync(path, source(0));
      await using com = await openRuntime();
      await com.registerModule(path);
      using old = await com.createInstance(PROGID, IAdder);
      writeFileSync(path, source(100));
      utimesSync(path, new Date(), new Date(Date.now() + 5000));
      using same = await com.createInstance(PROGID, IAdder);
      assert.equal(await same.Add(1, 1), 2);
      old.Release();
      same.Release();
      await com.freeUnusedLibraries();
      using updated = await com.createInstance(PROGID, IAdder);
      assert.equal(await updated.Add(1, 1), 102);
    });
  });

  it("say what is wrong with them", async () => {
    await inFolder(async (folder) => {
      await using com = await openRuntime();
      const broken = join(folder, "broken.mjs");
      writeFileSync(broken, "throw new Error('boom');");
      const plain = join(folder, "plain.mjs");
      writeFileSync(plain, "export const x = 1;");
      await assert.rejects(com.registerModule(join(folder, "none.mjs")), withCode(HResult.CO_E_DLLNOTFOUND));
      await assert.rejects(com.registerModule(broken), /does not load: .*boom/);
      await assert.rejects(com.registerModule(plain), /exports no DllGetClassObject/);
      await com.registry.edit((editor) => {
        editor.set(`HKCR\\CLSID\\${formatGuid(CLSID)}\\InprocServer32`, "", plain);
      });
      await assert.rejects(com.createInstance(CLSID, IAdder), /exports no DllGetClassObject/);
    });
  });

  it("hold other classes off", async () => {
    await using com = await openRuntime();
    const module = defineModule({
      classes: [defineClass({ clsid: CLSID, interfaces: [ICalculator] }, Calculator)],
    });
    assert.throws(
      () => module.DllGetClassObject(guid("5b1e0d2a-7f0c-4d6b-8a55-8a1c6a2fffff"), IClassFactory.iid, com),
      withCode(HResult.CLASS_E_CLASSNOTAVAILABLE),
    );
    using factory = module.DllGetClassObject(CLSID, IClassFactory.iid, com) as IClassFactory;
    using again = module.DllGetClassObject(CLSID, IClassFactory.iid, com);
    assert.equal(identityOf(factory), identityOf(again), "one class object per runtime");
    assert.equal(module.DllCanUnloadNow(), HResult.S_OK);
    await factory.LockServer(1);
    assert.equal(module.DllCanUnloadNow(), HResult.S_FALSE);
    await factory.LockServer(0);
  });

  it("are reached through TreatAs, which may not go in circles", async () => {
    await using com = await openRuntime();
    const definition = defineClass({ clsid: CLSID, interfaces: [ICalculator] }, Calculator);
    await using _ = await com.registerClassObject(definition);
    const old = guid("5b1e0d2a-7f0c-4d6b-8a55-8a1c6a2f00aa");
    const circle = guid("5b1e0d2a-7f0c-4d6b-8a55-8a1c6a2f00bb");
    await com.registry.edit((editor) => {
      editor.set(`HKCR\\CLSID\\${formatGuid(old)}\\TreatAs`, "", formatGuid(CLSID));
      editor.set(
        `HKCR\\CLSID\\${formatGuid(circle)}\\TreatAs`,
        "",
        formatGuid(guid("5b1e0d2a-7f0c-4d6b-8a55-8a1c6a2f00cc")),
      );
      editor.set("HKCR\\CLSID\\{5B1E0D2A-7F0C-4D6B-8A55-8A1C6A2F00CC}\\TreatAs", "", formatGuid(circle));
    });
    using calc = await com.createInstance(old, ICalculator);
    assert.equal(await calc.Add(1, 1), 2);
    await assert.rejects(com.createInstance(circle, IAdder), withCode(HResult.REGDB_E_CLASSNOTREG));
  });

  it("write and read an AppID", async () => {
    await using com = await openRuntime();
    const module = defineModule({ classes: [defineClass({ clsid: CLSID, name: "A" }, Calculator)] });
    await com.registry.edit((editor) => {
      module.DllRegisterServer(
        editor,
        { kind: "inproc", path: "/a.mjs" },
        { surrogate: true, scope: "user" },
      );
      editor.set(`HKCR\\AppID\\${formatGuid(CLSID)}`, "AuthenticationLevel", 6);
    });
    assert.equal(com.registry.exists(`HKCU\\Software\\Classes\\CLSID\\${formatGuid(CLSID)}`), true);
    const found = com.classes.find(CLSID);
    assert.equal(found?.appId, CLSID);
    assert.equal(found.inprocServer, "/a.mjs");
    assert.equal(found.threadingModel, "Both");
    const app = com.classes.appId(CLSID);
    assert.equal(app?.dllSurrogate, "");
    assert.equal(app.authenticationLevel, 6);
    assert.equal(app.activateAtStorage, false);
    assert.deepEqual(com.classes.list(), [CLSID]);
  });
});

describe("local servers", () => {
  const definition = defineClass({ clsid: CLSID, progId: PROGID, interfaces: [ICalculator] }, Calculator);

  it("end when the last object goes, and not before", async () => {
    await using com = await openRuntime();
    const module = defineModule({ classes: [definition] });
    let ended = false;
    const serving = serveModule(com, module).then(() => (ended = true));
    await turn();
    const calc = await com.createInstance(CLSID, ICalculator);
    using factory = await com.getClassObject(CLSID);
    await factory.LockServer(1);
    calc.Release();
    await turn();
    assert.equal(ended, false, "a lock keeps it");
    await factory.LockServer(0);
    await serving;
    await assert.rejects(com.createInstance(CLSID, ICalculator), withCode(HResult.REGDB_E_CLASSNOTREG));
    assert.throws(() => factory.CreateInstance(IAdder.iid), withCode(HResult.CO_E_SERVER_STOPPING));
  });

  it("stay when a new activation comes in before the end", async () => {
    const clock = new ManualClock();
    await using com = await openRuntime({ clock });
    const module = defineModule({ classes: [definition] });
    let ended = false;
    const serving = serveModule(com, module, { idleTime: 1000 }).then(() => (ended = true));
    await turn();
    (await com.createInstance(CLSID, ICalculator)).Release();
    clock.advance(999);
    using second = await com.createInstance(CLSID, ICalculator);
    clock.advance(5000);
    await turn();
    assert.equal(ended, false);
    second.Release();
    clock.advance(999);
    await turn();
    assert.equal(ended, false);
    clock.advance(1);
    await serving;
  });

  it("end when the first client never comes", async () => {
    const clock = new ManualClock();
    await using com = await openRuntime({ clock });
    const serving = serveModule(com, defineModule({ classes: [definition] }), { firstClientTime: 50 });
    await turn();
    clock.advance(50);
    await serving;
  });

  it("show their classes to others all at once; end when the first client came and went meanwhile", async () => {
    const clock = new ManualClock();
    const told: string[] = [];
    await using com = await openRuntime({
      clock,
      remoting: async (opening) => ({
        marshaler: undefined as never,
        activator: {
          activate: () => assert.fail("nothing leads out"),
          registerClassObject: (_clsid, _factory, { suspended }) => {
            told.push(suspended ? "suspended" : "open");
            return Promise.resolve({ [Symbol.asyncDispose]: () => Promise.resolve() });
          },
          resumeClassObjects: async () => {
            told.push("resumed");
            (await opening.createInstance(CLSID, ICalculator)).Release();
          },
        },
        [Symbol.asyncDispose]: () => Promise.resolve(),
      }),
    });
    const other = defineClass({ clsid: newGuid(), interfaces: [IAdder] }, Calculator);
    const serving = serveModule(com, defineModule({ classes: [definition, other] }), { idleTime: 10 });
    for (let i = 0; i < 10; i++) await turn();
    assert.deepEqual(told, ["suspended", "suspended", "resumed"]);
    clock.advance(10);
    await serving;
  });

  it("register and unregister themselves as programs", async () => {
    await inFolder(async (home) => {
      const module = defineModule({ classes: [definition] });
      const program = pathToFileURL(join(home, "my server.js")).href;
      const run = (...argv: string[]): Promise<number> =>
        runLocalServer({
          module,
          argv,
          program,
          runtime: { home },
          open: () => assert.fail("no need to serve"),
        });
      assert.equal(await run("-RegServer"), 0);
      {
        await using com = await Runtime.open({ home });
        const command = com.registry.text(`HKCR\\CLSID\\${formatGuid(CLSID)}\\LocalServer32`);
        assert.match(command ?? "", /node.* ".*my server\.js"$/);
        assert.equal(com.classes.clsidFromProgId(PROGID), CLSID);
      }
      assert.equal(await run("/unregserver"), 0);
      await using com = await Runtime.open({ home });
      assert.equal(com.classes.find(CLSID), undefined);
    });
  });

  it("serve until nobody needs them with -Embedding, until told to without", async () => {
    const module = defineModule({ classes: [definition] });
    const clock = new ManualClock();
    const stop = new AbortController();
    const start = (argv: string[]): { com: Promise<Runtime>; code: Promise<number> } => {
      const com = openRuntime({ clock });
      return { com, code: runLocalServer({ module, argv, open: () => com, signal: stop.signal }) };
    };
    const embedded = start(["-Embedding"]);
    const com = await embedded.com;
    await turn();
    (await com.createInstance(CLSID, ICalculator, { context: ClassContext.INPROC_SERVER })).Release();
    clock.advance(0);
    assert.equal(await embedded.code, 0);

    const standing = start([]);
    await standing.com;
    await turn();
    clock.advance(100_000);
    stop.abort();
    assert.equal(await standing.code, 0);
  });
});

/** Lets what is due happen. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}
