import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { ntHash, ntlmServer } from "../../auth/index.ts";
import { ComError, HResult } from "../../base/index.ts";
import {
  type ClassDefinition,
  type CreateOptions,
  defineClass,
  getCallContext,
  getServerSecurity,
  grantedRights,
  impersonateClient,
  impersonatedClient,
  parseSddl,
  pointerTo,
} from "../../com/index.ts";
import { parseAccessList } from "../scm/access.ts";
import { Scm } from "../scm/scm.ts";
import { IAdder, adderClass } from "./adder.ts";
import { type Process, credentials, openProcess } from "./programs/process.ts";
import { catalogOf, serverClass } from "./scm-support.ts";

const badLevel = 0x80070542;
const sid = "S-1-5-21-1-2-3-1000";
const mechanisms = [
  ntlmServer({
    accounts: { lookup: () => ({ name: "ann", ntHash: ntHash("Secret1!"), sid }) },
    machineName: "TEST",
  }),
];

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2));
const refuses =
  (code: number, gate?: string) =>
  (error: unknown): boolean =>
    error instanceof ComError && error.code === code && (gate === undefined || error.gate === gate);

/** An object whose method does what a test says. */
let work: () => unknown = () => undefined;
class Worker {
  async Add(): Promise<number> {
    await work();
    return 42;
  }
}
const WorkerClass: ClassDefinition = defineClass(
  { clsid: "c0a1e5ce-0000-4000-8000-0000000000d1", name: "Test.Worker", interfaces: [IAdder] },
  Worker,
);
const Denied = adderClass("c0a1e5ce-0000-4000-8000-0000000000d2");

suite("acting as the caller", () => {
  const folders: string[] = [];
  const open: AsyncDisposable[] = [];
  let server: Process;
  let client: Process;
  let neighbour: Process;
  let machine: string;
  let marked = 0;

  const kept = <T extends AsyncDisposable>(one: T): T => (open.push(one), one);
  const openMachine = async (address: string): Promise<Scm> => {
    const home = mkdtempSync(join(tmpdir(), "comity-acting-"));
    folders.push(home);
    const denied = serverClass({
      clsid: Denied.clsid,
      name: "Denied",
      launchPermission: parseAccessList(["allow *", "deny ann"]),
    });
    const options = { home, addresses: [address], port: 0, mechanisms, catalog: catalogOf([denied]) };
    return kept(await Scm.open(options));
  };

  before(async () => {
    const here = await openMachine("127.0.0.1");
    const there = await openMachine("127.0.0.2");
    server = kept(await openProcess(there.home, { mechanisms }));
    neighbour = kept(await openProcess(there.home, { mechanisms }));
    client = kept(await openProcess(here.home, { mechanisms }));
    kept(await server.runtime.registerClassObject(WorkerClass));
    kept(await neighbour.runtime.registerClassObject(Denied));
    machine = `127.0.0.2[${there.port}]`;
  });
  after(async () => {
    for (const one of open.toReversed()) await one[Symbol.asyncDispose]();
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  /** Does something within a call that came from the other machine. */
  async function within(
    what: () => unknown,
    options: CreateOptions = { impersonationLevel: 3 },
  ): Promise<void> {
    using worker = await client.runtime.createInstance(WorkerClass.clsid, IAdder, {
      machine,
      credentials,
      ...options,
    });
    work = what;
    assert.equal(await worker.Add(0, 0), 42);
  }
  const mark = (): Promise<unknown> =>
    server.runtime.registry.edit((editor) => editor.set("HKLM\\Software\\Mark", "v", ++marked));

  test("keys of the registry are the client's, over await, until it is reverted", () =>
    within(async () => {
      using security = getServerSecurity();
      await mark();
      assert.equal(security.IsImpersonating(), 0);
      void security.ImpersonateClient();
      assert.equal(security.IsImpersonating(), 1);
      await assert.rejects(mark, refuses(HResult.E_ACCESSDENIED, "registry key"));
      for (let i = 0; i < 3; i++) {
        await turn();
        assert.equal(server.runtime.registry.number("HKLM\\Software\\Mark", "v") !== undefined, true);
        await assert.rejects(mark, /DOM\\ann does not have/);
      }
      assert.equal(impersonatedClient()?.caller.sid, sid);
      void security.RevertToSelf();
      assert.equal(security.IsImpersonating(), 0);
      assert.equal(impersonatedClient(), undefined);
      await mark();
    }));

  test("a block of one's own: impersonateClient; the account's rights count", () =>
    within(async () => {
      const context = getCallContext();
      await server.runtime.registry.edit((editor) => {
        editor.create("HKLM\\Software\\Ann");
        editor.setSecurity("HKLM\\Software\\Ann", parseSddl(`D:(A;CI;KA;;;${sid})(A;CI;KA;;;BA)`));
      });
      await turn();
      {
        using _ = impersonateClient(context);
        await server.runtime.registry.edit((editor) => editor.set("HKLM\\Software\\Ann\\Own", "v", 1));
        assert.equal(server.runtime.registry.security("HKLM\\Software\\Ann\\Own")?.descriptor.owner, sid);
      }
      await mark();
    }));

  test("a client that only lets itself be identified: it can be checked, but nothing opened", async () => {
    for (const options of [{ impersonationLevel: 2 }, {}]) {
      await within(async () => {
        using _ = impersonateClient();
        assert.throws(
          () => server.runtime.registry.number("HKLM\\Software\\Mark", "v"),
          refuses(badLevel, "impersonation level"),
        );
        await assert.rejects(mark, refuses(badLevel));
        await assert.rejects(server.runtime.createInstance(Denied.clsid, IAdder), refuses(badLevel));
        const found = impersonatedClient();
        assert.equal(found?.level, 2);
        const mapping = { read: 1, write: 2, execute: 4, all: 7 };
        assert.equal(grantedRights(parseSddl(`D:(A;;0x3;;;${sid})`), found.caller, mapping), 3);
      }, options);
      await mark();
    }
  });

  test("other calls are not touched, nor what goes on after the call", async () => {
    let go = (): void => undefined;
    const later = new Promise<void>((resolve) => (go = resolve));
    let leftover: Promise<unknown> | undefined;
    const waiting = within(async () => {
      void getServerSecurity().ImpersonateClient();
      leftover = later.then(mark);
      await turn();
      await assert.rejects(mark, refuses(HResult.E_ACCESSDENIED));
    });
    await waiting;
    go();
    await leftover;
    let inside = (): void => undefined;
    const entered = new Promise<void>((resolve) => (inside = resolve));
    let leave = (): void => undefined;
    const left = new Promise<void>((resolve) => (leave = resolve));
    const one = within(async () => {
      using _ = impersonateClient();
      inside();
      await left;
      await assert.rejects(mark, refuses(HResult.E_ACCESSDENIED));
    });
    await entered;
    await mark();
    await within(mark);
    leave();
    await one;
  });

  test("activation is the client's", () =>
    within(async () => {
      const context = getCallContext();
      using own = await server.runtime.createInstance(Denied.clsid, IAdder);
      assert.equal(await own.Add(1, 2), 3);
      {
        using _ = impersonateClient(context);
        await assert.rejects(
          server.runtime.createInstance(Denied.clsid, IAdder),
          refuses(HResult.E_ACCESSDENIED, "launch permission"),
        );
      }
      using again = await server.runtime.createInstance(Denied.clsid, IAdder);
      assert.equal(await again.Add(1, 2), 3);
    }));

  test("running objects are found as far as any client may find them", () =>
    within(async () => {
      const context = getCallContext();
      const key = Uint8Array.of(7);
      const { running } = server.remoting;
      const object = pointerTo(new Worker(), IAdder);
      using _object = object;
      const line = await running.register({
        key,
        name: "worker",
        changed: 0n,
        anyClient: false,
        object: () => object,
        moniker: () => object,
      });
      assert.equal(await running.isRunning(key), true);
      {
        using _ = impersonateClient(context);
        assert.equal(await running.isRunning(key), false);
        assert.equal(await running.object(key), undefined);
        assert.deepEqual(await running.all(), []);
      }
      using found = await running.object(key);
      assert.ok(found);
      await line.revoke();
    }));

  test("a caller of this machine is its owner; one that is nobody may nothing", async () => {
    using worker = await neighbour.runtime.createInstance(WorkerClass.clsid, IAdder);
    work = async () => {
      using _ = impersonateClient();
      assert.equal(impersonatedClient()?.caller.local, true);
      await mark();
    };
    assert.equal(await worker.Add(0, 0), 42);
    const context = { causality: "" as never, remote: true, authenticationLevel: 5, impersonationLevel: 1 };
    using _ = impersonateClient(context);
    assert.throws(
      () => server.runtime.registry.exists("HKLM\\Software\\Mark"),
      /an anonymous caller does not have/,
    );
  });

  test("outside of a call there is nobody", () => {
    assert.throws(() => getServerSecurity(), { code: HResult.E_UNEXPECTED });
    assert.throws(() => impersonateClient(), { code: HResult.E_UNEXPECTED });
  });
});
