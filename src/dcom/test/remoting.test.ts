import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { ntHash } from "../../auth/index.ts";
import { ComError, HResult, formatGuid, newGuid, parseGuid, silentLogger } from "../../base/index.ts";
import { ClassContext, IClassFactory } from "../../com/index.ts";
import { parseAccessList } from "../scm/access.ts";
import { accessGate } from "../scm/access-gate.ts";
import type { ServerClass } from "../scm/catalog.ts";
import { Scm } from "../scm/scm.ts";
import { untilIdle } from "../scm/server-process.ts";
import { IAdder, adderClass } from "./adder.ts";
import { moduleClsid } from "./programs/adder-module.ts";
import { credentials, mechanisms, openProcess } from "./programs/process.ts";
import { catalogOf, serverClass } from "./scm-support.ts";

const folders: string[] = [];

after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const program = (name: string): string => fileURLToPath(new URL(`./programs/${name}`, import.meta.url));

function newHome(): string {
  const home = mkdtempSync(join(tmpdir(), "comity-remoting-"));
  folders.push(home);
  return home;
}

/** A machine of its own on a loopback address. */
async function openMachine(address: string, classes: readonly ServerClass[] = []): Promise<Scm> {
  return Scm.open({
    home: newHome(),
    addresses: [address],
    port: 0,
    mechanisms,
    catalog: catalogOf(classes),
    settings: { pingPeriod: 300 },
  });
}

// They wait more than they work, so all at once.
describe("remoting", { concurrency: 8 }, () => {
  it("a class of one process is used from another: instance, class object, several interfaces", async () => {
    await using scm = await openMachine("127.0.0.1");
    await using server = await openProcess(scm.home);
    await using client = await openProcess(scm.home);
    const Adder = adderClass();
    await using _ = await server.runtime.registerClassObject(Adder);
    {
      using adder = await client.runtime.createInstance(Adder.clsid, IAdder);
      assert.equal(await adder.Add(2, 40), 42);
      assert.equal((await client.runtime.marshaler.decodeProxy(adder)).processId, process.pid);
      using factory = await client.runtime.getClassObject(Adder.clsid, IClassFactory);
      using second = (await factory.CreateInstance(IAdder.iid)) as IAdder | null;
      assert.equal(await second?.Add(1, 1), 2);
      assert.equal(Adder.living(), 2);
      const snapshot = await scm.snapshot();
      assert.equal(snapshot.processes.length, 2);
      assert.ok(snapshot.processes.some(({ classes }) => classes.some(({ clsid }) => clsid === Adder.clsid)));
    }
    while (Adder.living() > 0) await delay(5);
    while (!server.remoting.idle) await delay(5);
  });

  it("a class of another machine, at privacy and integrity; without credentials nothing is sent", async () => {
    await using here = await openMachine("127.0.0.1");
    await using there = await openMachine("127.0.0.2");
    await using server = await openProcess(there.home);
    await using client = await openProcess(here.home);
    const Adder = adderClass();
    await using _ = await server.runtime.registerClassObject(Adder);
    const machine = `127.0.0.2[${there.port}]`;
    for (const authenticationLevel of [5, 6]) {
      using adder = await client.runtime.createInstance(Adder.clsid, IAdder, {
        machine,
        credentials,
        authenticationLevel,
      });
      assert.equal(await adder.Add(2, 40), 42);
    }
    client.runtime.invalidateRemoteMachineBindings(machine);
    using factory = await client.runtime.getClassObject(Adder.clsid, IClassFactory, { machine, credentials });
    using made = (await factory.CreateInstance(IAdder.iid)) as IAdder | null;
    assert.equal(await made?.Add(20, 1), 21);
    await assert.rejects(
      client.runtime.createInstance(Adder.clsid, IAdder, { machine }),
      (error) => error instanceof ComError && error.gate === "logon",
    );
  });

  it("two hashes of one user are two identities: a wrong one does not ride on the logon of the right one", async () => {
    await using here = await openMachine("127.0.0.1");
    await using there = await openMachine("127.0.0.2");
    await using server = await openProcess(there.home);
    await using client = await openProcess(here.home);
    const Adder = adderClass();
    await using _ = await server.runtime.registerClassObject(Adder);
    const machine = `127.0.0.2[${there.port}]`;
    const right = { user: "ann", ntHash: ntHash("Secret1!") };
    const wrong = { user: "ann", ntHash: ntHash("guessed") };
    using adder = await client.runtime.createInstance(Adder.clsid, IAdder, { machine, credentials: right });
    assert.equal(await adder.Add(2, 40), 42);
    await assert.rejects(
      client.runtime.createInstance(Adder.clsid, IAdder, { machine, credentials: wrong }),
      (error) => error instanceof ComError && error.gate?.startsWith("logon") === true,
    );
  });

  it("RemoteServerName of this machine leads to the other", async () => {
    await using there = await openMachine("127.0.0.2");
    const Adder = adderClass();
    const machine = `127.0.0.2[${there.port}]`;
    await using here = await openMachine("127.0.0.1", [
      serverClass({ clsid: Adder.clsid, remoteServerName: machine }),
    ]);
    await using server = await openProcess(there.home);
    await using client = await openProcess(here.home);
    await using _ = await server.runtime.registerClassObject(Adder);
    using adder = await client.runtime.createInstance(Adder.clsid, IAdder, {
      credentials,
      context: ClassContext.LOCAL_SERVER | ClassContext.REMOTE_SERVER,
    });
    assert.equal(await adder.Add(1, 2), 3);
  });

  it("a client that dies loses its references, and the server's objects go", async () => {
    await using here = await openMachine("127.0.0.1");
    await using there = await openMachine("127.0.0.2");
    await using server = await openProcess(there.home);
    const Adder = adderClass();
    await using _ = await server.runtime.registerClassObject(Adder);
    const machine = `127.0.0.2[${there.port}]`;
    const client = await openProcess(here.home);
    const adder = await client.runtime.createInstance(Adder.clsid, IAdder, { machine, credentials });
    assert.equal(await adder.Add(1, 2), 3);
    await delay(1000); // five periods of pings: the object lives
    assert.equal(Adder.living(), 1);
    assert.equal(await adder.Add(3, 4), 7);
    assert.equal(here.machine.life.snapshot().pinging.length, 1);
    // As after kill -9: no release is sent, and its machine stops pinging for it.
    await client.remoting.machine[Symbol.asyncDispose]();
    const started = Date.now();
    while (Adder.living() > 0 && Date.now() - started < 10_000) await delay(20);
    assert.equal(Adder.living(), 0);
    await client[Symbol.asyncDispose]();
  });

  it("a server ends when nobody needs it, and refuses from then on", async () => {
    await using scm = await openMachine("127.0.0.1");
    await using server = await openProcess(scm.home);
    await using client = await openProcess(scm.home);
    const Adder = adderClass();
    await using _ = await server.runtime.registerClassObject(Adder);
    let ended = false;
    const idle = untilIdle(server.runtime, server.remoting, { idleAfter: 300 }).then(() => (ended = true));
    const adder = await client.runtime.createInstance(Adder.clsid, IAdder);
    await delay(800);
    assert.equal(ended, false, "a reference keeps it");
    adder.Release();
    await idle;
    await assert.rejects(
      client.runtime.createInstance(Adder.clsid, IAdder),
      (error) =>
        error instanceof ComError &&
        (error.code === HResult.REGDB_E_CLASSNOTREG || error.code === HResult.CO_E_SERVER_STOPPING),
    );
  });

  it("an unknown class is not registered, here and there", async () => {
    await using scm = await openMachine("127.0.0.1");
    await using client = await openProcess(scm.home);
    const unknown = (error: unknown) =>
      error instanceof ComError && error.code === HResult.REGDB_E_CLASSNOTREG;
    await assert.rejects(client.runtime.createInstance(newGuid(), IAdder), unknown);
    const machine = `127.0.0.1[${scm.port}]`;
    await assert.rejects(client.runtime.createInstance(newGuid(), IAdder, { machine, credentials }), unknown);
  });

  it("a client process killed with -9 loses its references", async () => {
    await using here = await openMachine("127.0.0.1");
    await using there = await openMachine("127.0.0.2");
    await using server = await openProcess(there.home);
    const Adder = adderClass();
    await using _ = await server.runtime.registerClassObject(Adder);
    const machine = `127.0.0.2[${there.port}]`;
    const child = spawn(process.execPath, [program("adder-client.js"), here.home, machine, Adder.clsid], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [said] = (await once(child.stdout, "data")) as [Buffer];
    assert.equal(said.toString().trim(), "sum 42");
    await delay(1000); // five periods: it lives as long as its client
    assert.equal(Adder.living(), 1);
    const sockets = (await here.snapshot()).processes.flatMap(({ endpoints }) =>
      endpoints.filter((one) => one.startsWith("[")),
    );
    child.kill("SIGKILL");
    const killed = Date.now();
    while (Adder.living() > 0 && Date.now() - killed < 10_000) await delay(20);
    assert.equal(Adder.living(), 0);
    const waited = Date.now() - killed;
    assert.ok(waited > 2 * 300, `only after missed periods, not after ${waited} ms`);
    const [path = ""] = sockets.map((address) => address.slice(1, -1));
    assert.notEqual(path, "");
    while (existsSync(path) && Date.now() - killed < 10_000) await delay(20);
    assert.equal(existsSync(path), false, "its socket is cleared away");
  });

  it("a surrogate loads a class that is only a module, for this machine and another, and ends by itself", async () => {
    const clsid = parseGuid(moduleClsid);
    await using scm = await Scm.open({
      home: newHome(),
      addresses: ["127.0.0.2"],
      port: 0,
      mechanisms,
      catalog: catalogOf([
        serverClass({ clsid, name: "Module.Adder", inprocServer: program("adder-module.js") }),
      ]),
      surrogateCommand: [process.execPath, program("host.js")],
      settings: { pingPeriod: 300 },
    });
    await using client = await openProcess(scm.home);
    const { registry } = client.runtime;
    const key = `HKLM\\SOFTWARE\\Classes\\CLSID\\${formatGuid(clsid)}`;
    await registry.edit((editor) => editor.set(`${key}\\InprocServer32`, "", program("adder-module.js")));
    const adder = await client.runtime.createInstance(clsid, IAdder, { context: ClassContext.LOCAL_SERVER });
    assert.equal(await adder.Add(2, 40), 42);
    const machine = `127.0.0.2[${scm.port}]`;
    const remote = await client.runtime.createInstance(clsid, IAdder, { machine, credentials });
    assert.equal(await remote.Add(1, 2), 3);
    const surrogates = (await scm.snapshot()).processes.filter(
      ({ surrogateFor }) => surrogateFor !== undefined,
    );
    assert.equal(surrogates.length, 1, "one process for both");
    adder.Release();
    remote.Release();
    const started = Date.now();
    while ((await scm.snapshot()).processes.length > 1 && Date.now() - started < 10_000) await delay(50);
    assert.equal((await scm.snapshot()).processes.length, 1, "only the client is left");
  });

  it("a custom surrogate is told of each class once, and when it is no longer needed", async () => {
    const [appId, first, second] = [newGuid(), parseGuid(moduleClsid), newGuid()];
    const surrogate = `"${process.execPath}" "${program("custom-surrogate.js")}"`;
    const inprocServer = program("adder-module.js");
    await using scm = await Scm.open({
      home: newHome(),
      catalog: catalogOf(
        [first, second].map((clsid) => serverClass({ clsid, appId, inprocServer, surrogate })),
      ),
      settings: { pingPeriod: 300 },
    });
    await using client = await openProcess(scm.home);
    await client.runtime.registry.edit((editor) => {
      const key = `HKLM\\SOFTWARE\\Classes\\CLSID\\${formatGuid(first)}\\InprocServer32`;
      editor.set(key, "", inprocServer);
    });
    const create = (clsid: string): Promise<IAdder> =>
      client.runtime.createInstance(clsid, IAdder, { context: ClassContext.LOCAL_SERVER });
    const adders = await Promise.all([create(first), create(first), create(first)]);
    for (const adder of adders) assert.equal(await adder.Add(2, 40), 42);
    // Its module does not have the second class: loading succeeds, the class object refuses.
    await assert.rejects(create(second), (error) => error instanceof ComError);
    const servers = (await scm.snapshot()).processes.filter((one) => one.surrogateFor !== undefined);
    assert.deepEqual(
      servers.map((one) => one.surrogateFor),
      [appId],
    );
    for (const adder of adders) adder.Release();
    const until = Date.now() + 10_000;
    while ((await scm.snapshot()).processes.length > 1 && Date.now() < until) await delay(50);
    const diary = readFileSync(join(scm.home, "diary.txt"), "utf8");
    assert.equal(diary, `load ${first}\nload ${second}\nfree\n`);
  });

  it("access permission is asked at every call, of callers from other machines", async () => {
    await using here = await openMachine("127.0.0.1");
    await using there = await openMachine("127.0.0.2");
    const denied = catalogOf([], { launch: undefined, access: parseAccessList(["allow *", "deny ann"]) });
    const warnings: string[] = [];
    const logger = {
      ...silentLogger,
      warn: (_fields: object, message: string) => void warnings.push(message),
    };
    await using server = await openProcess(there.home, {
      accessGate: accessGate(denied, undefined, { logger }),
    });
    await using client = await openProcess(here.home);
    await using neighbour = await openProcess(there.home);
    const Adder = adderClass();
    await using _ = await server.runtime.registerClassObject(Adder);
    using near = await neighbour.runtime.createInstance(Adder.clsid, IAdder);
    assert.equal(await near.Add(1, 2), 3);
    const machine = `127.0.0.2[${there.port}]`;
    using adder = await client.runtime.createInstance(Adder.clsid, IAdder, { machine, credentials });
    await assert.rejects(
      async () => adder.Add(1, 2),
      (error) => error instanceof ComError && error.code === HResult.E_ACCESSDENIED,
    );
    assert.match(warnings.join(), /may not access this server/);
  });

  it("references live through the end of the SCM: the next one is told everything anew", async () => {
    const home = newHome();
    const open = (): Promise<Scm> =>
      Scm.open({ home, port: 0, mechanisms, catalog: catalogOf([]), settings: { pingPeriod: 300 } });
    const first = await open();
    await using server = await openProcess(home);
    await using client = await openProcess(home);
    const Adder = adderClass();
    await using _ = await server.runtime.registerClassObject(Adder);
    const adder = await client.runtime.createInstance(Adder.clsid, IAdder);
    assert.equal(await adder.Add(0, 1), 1);
    await using stranger = await openProcess(home);
    const objref = server.runtime.marshaler.marshalInterface(IAdder.iid, {
      Add: (a: number, b: number) => a + b,
    });
    const unresolved = stranger.runtime.marshaler.unmarshalInterface(IAdder.iid, objref) as IAdder;
    const { oxid } = server.remoting.side.exporter;
    const { port } = first;
    await first.close();
    const sum = unresolved.Add(20, 22); // nobody is there to tell where the object is
    assert.equal(await adder.Add(1, 2), 3, "calls need no SCM");
    await using second = await open();
    assert.equal(second.port, port, "references name the port");
    assert.equal(await sum, 42);
    unresolved.Release();
    while (second.machine.processes.size < 3) await delay(20);
    await delay(1500); // five periods
    assert.equal(Adder.living(), 1);
    assert.equal(server.remoting.side.exporter.oxid, oxid);
    using again = await client.runtime.createInstance(Adder.clsid, IAdder);
    assert.equal(await again.Add(3, 4), 7, "the class is registered again");
    adder.Release();
    while (Adder.living() > 1) await delay(5);
  });
});
