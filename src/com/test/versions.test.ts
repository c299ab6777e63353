import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { ComError, type Guid, HResult, formatGuid, guid, newGuid } from "../../base/index.ts";
import { ICatInformation, ICatRegister } from "../gen/comcat.ts";
import {
  ActivationContext,
  CLSID_ComponentCategoriesManager,
  ComponentCategories,
  type Runtime,
  defineClass,
  registerClass,
  setAutoTreatAs,
  treatAsClass,
  unregisterClass,
} from "../index.ts";
import { IAdder } from "./sample.ts";
import { openRuntime, withCode } from "./support.ts";

const first = guid("5b1e0d2a-7f0c-4d6b-8a55-8a1c6a2f0a01");
const second = guid("5b1e0d2a-7f0c-4d6b-8a55-8a1c6a2f0a02");

/** A module whose adder adds `extra`. */
function source(clsid: Guid, progId: string, extra: number): string {
  const com = pathToFileURL(join(import.meta.dirname, "..", "index.js")).href;
  const sample = pathToFileURL(join(import.meta.dirname, "sample.js")).href;
  return `
import { defineClass, defineModule } from ${JSON.stringify(com)};
import { IAdder } from ${JSON.stringify(sample)};
class Adder { Add(a, b) { return a + b + ${extra}; } }
export default defineModule({ classes: [defineClass(
  { clsid: ${JSON.stringify(clsid)}, name: "Adder", progId: ${JSON.stringify(progId)}, interfaces: [IAdder] }, Adder)] });
`;
}

async function inFolder<T>(run: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "comity-versions-"));
  try {
    return await run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What a new adder makes of 1 and 2. */
async function sum(com: Runtime, name: string, options = {}): Promise<number> {
  using adder = await com.createInstance(name, IAdder, options);
  return adder.Add(1, 2);
}

describe("one class in another's place", () => {
  it("new activations get the new class, living objects stay; back again; AutoTreatAs; circles", async () => {
    await inFolder(async (folder) => {
      await using com = await openRuntime();
      for (const [clsid, progId, extra] of [
        [first, "Comity.Old.1", 0],
        [second, "Comity.New.1", 100],
      ] as const) {
        const path = join(folder, `${progId}.mjs`);
        writeFileSync(path, source(clsid, progId, extra));
        await com.registerModule(path);
      }
      const treat = (clsid: Guid, replacement?: Guid): Promise<void> =>
        com.registry.edit((editor) => treatAsClass(editor, clsid, replacement));
      using old = await com.createInstance(first, IAdder);
      await treat(first, second);
      assert.equal(await sum(com, first), 103);
      assert.equal(await sum(com, "Comity.Old.1"), 103);
      assert.equal(await old.Add(1, 2), 3, "the object that lived before");
      assert.equal(com.classes.treatAs(first), second);
      await assert.rejects(treat(second, first), withCode(HResult.REGDB_E_WRITEREGDB));
      assert.equal(com.classes.treatAs(second), second, "nothing was written");
      await treat(first, first);
      assert.equal(await sum(com, first), 3);
      await com.registry.edit((editor) => setAutoTreatAs(editor, first, second));
      await treat(first);
      assert.equal(await sum(com, first), 103, "AutoTreatAs is what it goes back to");
      await com.registry.edit((editor) => setAutoTreatAs(editor, first, undefined));
      await treat(first);
      assert.equal(await sum(com, first), 3);
      await assert.rejects(treat(newGuid(), first), withCode(HResult.REGDB_E_CLASSNOTREG));
    });
  });

  it("the name without a version leads to the newest, and to the one before when that goes", async () => {
    await using com = await openRuntime();
    const versions = [1, 2, 10].map((version) =>
      defineClass(
        { clsid: newGuid(), name: `Adder ${version}`, progId: `Comity.Sum.${version}`, interfaces: [IAdder] },
        class {
          Add(): number {
            return 0;
          }
        },
      ),
    );
    const place = { kind: "inproc", path: "/nowhere.js" } as const;
    await com.registry.edit((editor) => {
      for (const version of versions) registerClass(editor, version, place);
    });
    for (const version of versions.toReversed()) {
      assert.equal(com.clsidOf("Comity.Sum"), version.clsid);
      assert.equal(com.registry.text("HKCR\\Comity.Sum\\CurVer"), version.progId);
      await com.registry.edit((editor) => unregisterClass(editor, version));
    }
    assert.ok(!com.registry.exists("HKCR\\Comity.Sum"));
  });
});

describe("component categories", () => {
  const safe = newGuid();
  const fast = newGuid();
  const loud = newGuid();

  it("are registered, described, enumerated and asked through the system's class", async () => {
    await using com = await openRuntime();
    const units = (text: string): Uint16Array =>
      Uint16Array.from({ length: 128 }, (_, i) => text.charCodeAt(i) || 0);
    await com.registry.edit((editor) => {
      for (const clsid of [first, second]) editor.create(`HKCR\\CLSID\\${formatGuid(clsid)}`);
    });
    {
      using register = await com.createInstance(CLSID_ComponentCategoriesManager, ICatRegister);
      await register.RegisterCategories(3, [
        { catid: safe, lcid: 0x409, szDescription: units("Safe things") },
        { catid: safe, lcid: 0x407, szDescription: units("Sichere Dinge") },
        { catid: fast, lcid: 0, szDescription: units("Fast things") },
      ]);
      await register.RegisterClassImplCategories(first, 2, [safe, fast]);
      await register.RegisterClassImplCategories(second, 1, [fast]);
      await register.RegisterClassReqCategories(second, 1, [loud]);
    }
    using information = await com.createInstance(CLSID_ComponentCategoriesManager, ICatInformation);
    assert.equal(await information.GetCategoryDesc(safe, 0x409), "Safe things");
    assert.equal(await information.GetCategoryDesc(safe, 0x407), "Sichere Dinge");
    assert.equal(await information.GetCategoryDesc(fast, 0x407), "Fast things");
    const unknown = async (): Promise<unknown> => information.GetCategoryDesc(newGuid(), 0x409);
    await assert.rejects(unknown, withCode(HResult.CAT_E_CATIDNOEXIST));

    const classes = async (
      has: readonly Guid[] | undefined,
      needs: readonly Guid[] | undefined,
    ): Promise<Guid[]> => {
      const count = (list: readonly Guid[] | undefined): number => list?.length ?? 0xffffffff;
      using all = await information.EnumClassesOfCategories(
        count(has),
        has ?? null,
        count(needs),
        needs ?? null,
      );
      assert.ok(all);
      return (await all.Next(100)).rgelt.toSorted();
    };
    assert.deepEqual(await classes([fast], undefined), [first, second]);
    assert.deepEqual(await classes([fast], []), [first], "the second needs what nobody offers");
    assert.deepEqual(await classes([fast], [loud]), [first, second]);
    assert.deepEqual(await classes([safe, loud], undefined), [first]);
    assert.deepEqual(new ComponentCategories(com.registry).classes([fast], [loud]).toSorted(), [
      first,
      second,
    ]);

    const status = { code: 0 };
    await information.IsClassOfCategories(first, 1, [safe], 0, [], { status });
    assert.equal(status.code, HResult.S_OK);
    await information.IsClassOfCategories(second, 1, [fast], 0, [], { status });
    assert.equal(status.code, HResult.S_FALSE);

    using listed = await information.EnumCategories(0x409);
    assert.ok(listed);
    const { rgelt, pceltFetched } = await listed.Next(10);
    assert.equal(pceltFetched, 2);
    assert.deepEqual(new Set(rgelt.map((one) => one.catid)), new Set([safe, fast]));

    using register = await com.createInstance(CLSID_ComponentCategoriesManager, ICatRegister);
    await register.UnRegisterClassReqCategories(second, 1, [loud]);
    assert.deepEqual(await classes([fast], []), [first, second]);
    await register.UnRegisterCategories(1, [safe]);
    await assert.rejects(
      async () => information.GetCategoryDesc(safe, 0x409),
      withCode(HResult.CAT_E_CATIDNOEXIST),
    );
  });
});

describe("manifests", () => {
  const manifest = (body: string): string =>
    `\uFEFF<?xml version="1.0" encoding="UTF-8"?>
<assembly xmlns="urn:schemas-microsoft-com:asm.v1" manifestVersion="1.0">
  <assemblyIdentity type="win32" name="Test" version="1.0.0.0"/>
  ${body}
</assembly>`;
  const file = (name: string, clsid: Guid, progId: string): string =>
    `<file name="${name}"><comClass clsid="${formatGuid(clsid)}" threadingModel="Both" progid="${progId}.1" description="An adder">
       <progid>${progId}</progid></comClass>
       <typelib tlbid="{11111111-2222-3333-4444-555555555555}" version="1.0" helpdir=""/></file>
     <comInterfaceExternalProxyStub name="IAdder" iid="${formatGuid(IAdder.iid)}"
       proxyStubClsid32="{00020424-0000-0000-C000-000000000046}"/>`;

  it("give classes without registration, two versions of one side by side", async () => {
    await inFolder(async (folder) => {
      for (const version of [1, 2]) {
        const place = join(folder, `v${version}`);
        mkdirSync(place);
        writeFileSync(join(place, "adder.mjs"), source(first, "Comity.Free.1", version * 10));
        writeFileSync(join(place, "app.manifest"), manifest(file("adder.mjs", first, "Comity.Free")));
      }
      const [one, two] = ["v1", "v2"].map((name) => join(folder, name, "app.manifest")) as [string, string];
      await using com = await openRuntime({ manifests: [one] });
      assert.equal(await sum(com, first), 13);
      assert.equal(await sum(com, "comity.free"), 13);
      const context = new ActivationContext(two);
      assert.equal(await sum(com, "Comity.Free.1", { activationContext: context }), 23);
      assert.equal(await sum(com, first), 13);
      const described = context.classes.get(first);
      assert.equal(described?.threadingModel, "Both");
      assert.deepEqual(described?.progIds, ["Comity.Free.1", "Comity.Free"]);
      assert.equal(context.typeLibraries[0]?.version, "1.0");
      assert.equal(context.interfaces.get(IAdder.iid)?.name, "IAdder");
      await using plain = await openRuntime();
      await assert.rejects(sum(plain, first), withCode(HResult.REGDB_E_CLASSNOTREG));
    });
  });

  it("bring the assemblies they depend on, in a folder or beside them, also in a circle", async () => {
    await inFolder(async (folder) => {
      const needs = (name: string): string =>
        `<dependency><dependentAssembly><assemblyIdentity type="win32" name="${name}" version="1.0.0.0"/></dependentAssembly></dependency>`;
      mkdirSync(join(folder, "Inner"));
      writeFileSync(join(folder, "app.manifest"), manifest(needs("Inner")));
      writeFileSync(
        join(folder, "Inner", "Inner.manifest"),
        manifest(needs("Beside") + file("adder.mjs", first, "A.B")),
      );
      writeFileSync(
        join(folder, "Inner", "Beside.manifest"),
        manifest(needs("Inner").replace("Inner", "Beside")),
      );
      const context = new ActivationContext(join(folder, "app.manifest"));
      assert.equal(context.inprocServer(first), join(folder, "Inner", "adder.mjs"));
    });
  });

  it("that make no sense are refused by name", async () => {
    await inFolder(async (folder) => {
      const path = join(folder, "bad.manifest");
      const bad: Record<string, string> = {
        "no XML": "hello",
        "an open element": "<assembly>",
        "another root": "<module xmlns='urn:schemas-microsoft-com:asm.v1'/>",
        "another namespace": "<assembly xmlns='urn:other'/>",
        "no GUID": manifest("<file name='a.js'><comClass clsid='12'/></file>"),
        "a class twice": manifest(file("a.js", first, "A.B") + file("b.js", first, "A.C")),
        "a file without a name": manifest("<file><comClass/></file>"),
        "a missing assembly": manifest(
          "<dependency><dependentAssembly><assemblyIdentity name='Gone'/></dependentAssembly></dependency>",
        ),
        "a path as a name": manifest(
          "<dependency><dependentAssembly><assemblyIdentity name='../../etc'/></dependentAssembly></dependency>",
        ),
        "an entity that grows": `<!DOCTYPE a [<!ENTITY x "${"y".repeat(1000)}">]>${manifest("&x;").slice(40)}`,
        "too long": manifest(" ".repeat(5 << 20)),
      };
      for (const [what, text] of Object.entries(bad)) {
        writeFileSync(path, text);
        assert.throws(
          () => new ActivationContext(path),
          (error) => error instanceof ComError && error.message.includes("bad.manifest"),
          what,
        );
      }
      assert.throws(() => new ActivationContext(join(folder, "none")), /cannot be read/);
    });
  });
});
