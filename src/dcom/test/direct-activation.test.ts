import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { ComError, HResult, formatGuid, newGuid } from "../../base/index.ts";
import { ClassContext, treatAsClass } from "../../com/index.ts";
import { ILocalActivator } from "../gen/localactivator.ts";
import { Scm } from "../scm/scm.ts";
import { IAdder, adderClass } from "./adder.ts";
import { type Process, credentials, mechanisms, openProcess } from "./programs/process.ts";
import { catalogOf } from "./scm-support.ts";

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function openMachine(address: string): Promise<Scm> {
  const home = mkdtempSync(join(tmpdir(), "comity-direct-"));
  folders.push(home);
  return Scm.open({ home, addresses: [address], port: 0, mechanisms, catalog: catalogOf([]) });
}

/** Activations that reached the service control manager. */
function counted(scm: Scm): { count: number } {
  const state = { count: 0 };
  const { machine } = scm;
  const activate = machine.activate.bind(machine);
  machine.activate = (request) => {
    state.count++;
    return activate(request);
  };
  return state;
}

async function sum({ runtime }: Process, clsid: string): Promise<number> {
  using adder = await runtime.createInstance(clsid, IAdder, { context: ClassContext.LOCAL_SERVER });
  return adder.Add(2, 40);
}

const code = (wanted: number) => (error: unknown) => error instanceof ComError && error.code === wanted;

describe("activation without the service control manager", () => {
  it("once it has shown client and server to each other; objects and counts as ever", async () => {
    await using scm = await openMachine("127.0.0.1");
    const asked = counted(scm);
    await using server = await openProcess(scm.home);
    await using client = await openProcess(scm.home);
    const Adder = adderClass();
    await using _ = await server.runtime.registerClassObject(Adder);
    for (let i = 0; i < 10; i++) assert.equal(await sum(client, Adder.clsid), 42);
    assert.equal(asked.count, 1);
    await assert.rejects(
      client.runtime.createInstance(Adder.clsid, ILocalActivator, { context: ClassContext.LOCAL_SERVER }),
      code(HResult.E_NOINTERFACE),
    );
    const several = await client.runtime.createInstanceEx(Adder.clsid, [IAdder], {
      context: ClassContext.LOCAL_SERVER,
    });
    several[0].pointer?.Release();
    await assert.doesNotReject(async () => {
      while (Adder.living() > 0 || !server.remoting.idle) await new Promise((done) => setTimeout(done, 5));
    });
  });

  it("a class that is revoked, suspended or put under another is asked for again", async () => {
    await using scm = await openMachine("127.0.0.1");
    await using server = await openProcess(scm.home);
    await using client = await openProcess(scm.home);
    const [First, Second] = [adderClass(), adderClass()];
    await using second = await server.runtime.registerClassObject(Second);
    void second;
    const registration = await server.runtime.registerClassObject(First);
    assert.equal(await sum(client, First.clsid), 42);
    await server.runtime.suspendClassObjects();
    await assert.rejects(sum(client, First.clsid), code(HResult.REGDB_E_CLASSNOTREG));
    await server.runtime.resumeClassObjects();
    assert.equal(await sum(client, First.clsid), 42);

    const asked = counted(scm);
    await client.runtime.registry.edit((editor) => {
      for (const { clsid } of [First, Second]) editor.create(`HKCR\\CLSID\\${formatGuid(clsid)}`);
      treatAsClass(editor, First.clsid, Second.clsid);
    });
    assert.equal(await sum(client, First.clsid), 42);
    assert.equal(asked.count, 1, "the registry has changed");

    await registration.revoke();
    await assert.rejects(sum(client, First.clsid), code(HResult.REGDB_E_CLASSNOTREG));
  });

  it("a server that ended is replaced by the next one", async () => {
    await using scm = await openMachine("127.0.0.1");
    await using client = await openProcess(scm.home);
    const clsid = newGuid();
    for (let i = 0; i < 3; i++) {
      await using server = await openProcess(scm.home);
      await using _ = await server.runtime.registerClassObject(adderClass(clsid));
      assert.equal(await sum(client, clsid), 42);
      assert.equal(await sum(client, clsid), 42);
    }
    await assert.rejects(sum(client, clsid), code(HResult.REGDB_E_CLASSNOTREG));
  });

  it("a class object of single use serves one activation", async () => {
    await using scm = await openMachine("127.0.0.1");
    await using server = await openProcess(scm.home);
    await using client = await openProcess(scm.home);
    const Adder = adderClass();
    await server.runtime.registerClassObject(Adder, { uses: "single" });
    assert.equal(await sum(client, Adder.clsid), 42);
    await assert.rejects(sum(client, Adder.clsid), code(HResult.REGDB_E_CLASSNOTREG));
  });

  it("callers of other machines are refused, whatever reference they come by", async () => {
    await using here = await openMachine("127.0.0.1");
    await using there = await openMachine("127.0.0.2");
    await using server = await openProcess(there.home);
    await using neighbour = await openProcess(there.home);
    await using client = await openProcess(here.home, { credentials });
    const Adder = adderClass();
    await using _ = await server.runtime.registerClassObject(Adder);
    const { activator } = await neighbour.remoting.machine
      .activate({
        clsid: Adder.clsid,
        iids: [IAdder.iid],
        classObject: false,
      })
      .then((answer) => ("machine" in answer ? assert.fail("it runs there") : answer));
    assert.ok(activator);
    using stolen = client.remoting.marshaler.unmarshalInterface(
      ILocalActivator.iid,
      activator,
    ) as ILocalActivator;
    await assert.rejects(
      async () => stolen.CreateInstance(Adder.clsid, IAdder.iid),
      code(HResult.E_ACCESSDENIED),
    );
  });
});
