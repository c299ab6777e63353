import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { ComError, HResult, newGuid } from "../../base/index.ts";
import { ClassContext, type ClassDefinition, defineClass, implement, pointerTo } from "../../com/index.ts";
import { IPersistFile, IPersistStorage, IStorage } from "../../com/gen/objidl.ts";
import { Scm } from "../scm/scm.ts";
import { IAdder, adderClass } from "./adder.ts";
import { type Process, credentials, mechanisms, openProcess } from "./programs/process.ts";
import { catalogOf } from "./scm-support.ts";

const folder = mkdtempSync(join(tmpdir(), "comity-instance-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Adds what its file or storage says to every sum. */
class Ledger {
  #offset = 0;
  mode = -1;
  Add(a: number, b: number): number {
    return a + b + this.#offset;
  }
  IsDirty(): void {}
  Load(from: string | IStorage, mode?: number): void | Promise<void> {
    if (typeof from !== "string") return this.#loadStorage(from);
    this.#offset = Number(readFileSync(from, "utf8")) + (mode ?? 0);
  }
  async #loadStorage(storage: IStorage): Promise<void> {
    this.#offset = Number((await storage.Stat(1)).cbSize);
  }
}

/** A storage that says its size and nothing else. */
class SizedStorage {
  Stat(): object {
    const zero = { dwLowDateTime: 0, dwHighDateTime: 0 };
    return {
      pwcsName: null,
      type: 1,
      cbSize: 58n,
      mtime: zero,
      ctime: zero,
      atime: zero,
      grfMode: 0,
      grfLocksSupported: 0,
      clsid: newGuid(),
      grfStateBits: 0,
      reserved: 0,
    };
  }
}
implement(SizedStorage, IStorage);

class FileLedger extends Ledger {}
class StorageLedger extends Ledger {}

const fileLedger: ClassDefinition = defineClass(
  { clsid: newGuid(), name: "Test.FileLedger", interfaces: [IAdder, IPersistFile] },
  FileLedger,
);
const storageLedger: ClassDefinition = defineClass(
  { clsid: newGuid(), name: "Test.StorageLedger", interfaces: [IAdder, IPersistStorage] },
  StorageLedger,
);

function openMachine(address: string): Promise<Scm> {
  const home = mkdtempSync(join(folder, "home-"));
  return Scm.open({ home, addresses: [address], port: 0, mechanisms, catalog: catalogOf([]) });
}

const ledgerFile = join(folder, "ledger.txt");
writeFileSync(ledgerFile, "98");

describe("instances loaded from a file or a storage", () => {
  const distances: Record<
    string,
    (work: (client: Process, where: object) => Promise<void>) => Promise<void>
  > = {
    "in the process": async (work) => {
      await using scm = await openMachine("127.0.0.1");
      await using one = await openProcess(scm.home);
      for (const definition of [fileLedger, storageLedger]) await one.runtime.registerClassObject(definition);
      await work(one, {});
    },
    "in another process": async (work) => {
      await using scm = await openMachine("127.0.0.1");
      await using server = await openProcess(scm.home);
      await using client = await openProcess(scm.home);
      for (const definition of [fileLedger, storageLedger])
        await server.runtime.registerClassObject(definition);
      await work(client, { context: ClassContext.LOCAL_SERVER });
    },
    "on another machine": async (work) => {
      await using here = await openMachine("127.0.0.1");
      await using there = await openMachine("127.0.0.2");
      await using server = await openProcess(there.home, { credentials });
      await using client = await openProcess(here.home);
      for (const definition of [fileLedger, storageLedger])
        await server.runtime.registerClassObject(definition);
      await work(client, { machine: `127.0.0.2[${there.port}]`, credentials });
    },
  };
  for (const [distance, through] of Object.entries(distances)) {
    it(`from a file, ${distance}`, () =>
      through(async ({ runtime }, where) => {
        using ledger = await runtime.createInstanceFromFile(fileLedger.clsid, ledgerFile, IAdder, {
          ...where,
          mode: 0x12,
        });
        assert.equal(await ledger.Add(1, 1), 2 + 98 + 0x12);
        await assert.rejects(
          runtime.createInstanceFromFile(fileLedger.clsid, join(folder, "none"), IAdder, where),
          (error) => error instanceof ComError && failedToRead(error),
        );
        await assert.rejects(
          runtime.createInstanceFromFile(storageLedger.clsid, ledgerFile, IAdder, where),
          (error) => error instanceof ComError && error.code === HResult.E_NOINTERFACE,
        );
      }));

    it(`from a storage, ${distance}`, () =>
      through(async ({ runtime }, where) => {
        using storage = pointerTo(new SizedStorage(), IStorage, runtime);
        using ledger = await runtime.createInstanceFromStorage(storageLedger.clsid, storage, IAdder, where);
        assert.equal(await ledger.Add(1, 1), 60);
      }));
  }

  it("a path of another machine is activated there when the AppID says so", async () => {
    await using here = await openMachine("127.0.0.1");
    await using client = await openProcess(here.home);
    const appId = newGuid();
    await client.runtime.registry.edit((editor) => {
      editor.set(`HKCR\\CLSID\\{${fileLedger.clsid}}`, "AppID", `{${appId}}`);
      editor.set(`HKCR\\AppID\\{${appId}}`, "ActivateAtStorage", "Y");
    });
    const create = (path: string): Promise<IAdder> =>
      client.runtime.createInstanceFromFile(fileLedger.clsid, path, IAdder);
    await assert.rejects(
      create("\\\\127.0.0.9\\share\\ledger.txt"),
      (error) => error instanceof ComError && error.gate === "logon" && error.message.includes("127.0.0.9"),
    );
    await assert.rejects(
      create(ledgerFile),
      (error) => error instanceof ComError && error.code === HResult.REGDB_E_CLASSNOTREG,
    );
  });

  it("an object that cannot be loaded is let go", async () => {
    await using scm = await openMachine("127.0.0.1");
    await using server = await openProcess(scm.home);
    await using client = await openProcess(scm.home);
    const Adder = adderClass();
    await server.runtime.registerClassObject(Adder);
    await assert.rejects(
      client.runtime.createInstanceFromFile(Adder.clsid, ledgerFile, IAdder),
      (error) => error instanceof ComError && error.code === HResult.E_NOINTERFACE,
    );
    assert.equal(Adder.living(), 0);
  });
});

function failedToRead(error: ComError): boolean {
  return error.code !== HResult.E_NOINTERFACE && error.code !== HResult.REGDB_E_CLASSNOTREG;
}
