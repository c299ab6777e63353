import { existsSync } from "node:fs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { threadId } from "node:worker_threads";
import { ComError, HResult } from "../../base/index.ts";
import {
  CLSID_StdGlobalInterfaceTable,
  GlobalInterfaceTable,
  IGlobalInterfaceTable,
  getInterfaceAndReleaseStream,
  marshalInterThreadInterfaceInStream,
  isSameObject,
  pointerTo,
  getAgileReference,
} from "../../com/index.ts";
import { LocalMachine } from "../../dcom/index.ts";
import { openApartment } from "../index.ts";
import { withRuntime } from "./threads/support.ts";
import { IWork, Work, clsids } from "./threads/work.ts";

test("a call crosses to another thread and comes back, with references both ways", { timeout: 20_000 }, () =>
  withRuntime({}, async (com) => {
    await using apartment = await openApartment(com, "single", { name: "far" });
    using far = await apartment.createInstance(clsids.Both, IWork);
    assert.equal(await far.Add(2, 3), 5);
    const there = await far.Thread();
    assert.notEqual(there, threadId);
    using here = pointerTo(new Work(), IWork, com);
    assert.equal(await far.ThreadOf(here), threadId, "called back in this thread");
    await far.Keep(here);
    using back = await far.Kept();
    assert.ok(back !== null && isSameObject(back, here), "an object comes home as itself");
    await far.Keep(null);
    assert.equal(await far.Nest(here, 6), 6);
  }),
);

const callerModule = new URL("./threads/caller.js", import.meta.url);

test("a pointer goes to another thread in a stream, once", () =>
  withRuntime({}, async (com) => {
    await using apartment = await openApartment(com, "single");
    using here = pointerTo(new Work(), IWork, com);
    const stream = await marshalInterThreadInterfaceInStream(com, IWork, here);
    assert.equal(await apartment.run(callerModule, stream), threadId);
    using far = await apartment.createInstance(clsids.Both, IWork);
    const back = await marshalInterThreadInterfaceInStream(com, IWork, far);
    using again = getInterfaceAndReleaseStream(com, back, IWork);
    assert.ok(isSameObject(again, far));
    assert.throws(() => getInterfaceAndReleaseStream(com, back, IWork), {
      code: HResult.CO_E_OBJNOTCONNECTED,
    });
  }));

test("a thread that is ended leaves no socket behind", () =>
  withRuntime({}, async (com) => {
    const sockets = async (): Promise<string[]> => {
      await using machine = new LocalMachine({ home: com.home });
      const { processes } = await machine.snapshot();
      const addresses = processes.flatMap(({ endpoints }) => endpoints);
      return addresses.flatMap((address) => /^\[(\/.*)\]$/.exec(address)?.[1] ?? []);
    };
    const before = new Set(await sockets());
    const apartment = await openApartment(com, "single");
    const [socket = ""] = (await sockets()).filter((path) => !before.has(path));
    assert.ok(existsSync(socket), socket);
    await apartment.terminate();
    await until(() => !existsSync(socket));
    for (const path of before) assert.ok(existsSync(path), "others stay");
  }));

test("the global interface table: cookies are good in every thread, until they are revoked", () =>
  withRuntime({}, async (com) => {
    await using one = await openApartment(com, "single");
    await using two = await openApartment(com, "multi");
    using table = await com.createInstance(CLSID_StdGlobalInterfaceTable, IGlobalInterfaceTable);
    using far = await one.createInstance(clsids.Both, IWork);
    const there = await far.Thread();
    const object = new Work();
    const mine = await table.RegisterInterfaceInGlobal(object, IWork.iid);
    const theirs = await table.RegisterInterfaceInGlobal(far, IWork.iid);
    assert.notEqual(mine, theirs);
    for (const apartment of [one, two]) {
      for (let times = 0; times < 3; times++) {
        assert.equal(await apartment.run(callerModule, mine), threadId);
        assert.equal(await apartment.run(callerModule, theirs), there);
      }
    }
    using got = await table.GetInterfaceFromGlobal<IWork>(mine, IWork.iid);
    assert.equal(await got.Add(3, 4), 7, "in its own thread it is the object");
    await table.RevokeInterfaceFromGlobal(mine);
    await table.RevokeInterfaceFromGlobal(theirs);
    await assert.rejects(table.RevokeInterfaceFromGlobal(mine), { code: HResult.E_INVALIDARG });
    await assert.rejects(one.run(callerModule, mine), { code: HResult.E_INVALIDARG });
    await using agile = await getAgileReference(com, far);
    assert.equal(await two.run(callerModule, agile.cookie), there);
    using resolved = await agile.Resolve(IWork);
    assert.ok(isSameObject(resolved, far));
  }));

test("revoked objects are released", () =>
  withRuntime({}, async (com) => {
    let ended = 0;
    class Ended extends Work {
      override finalRelease(): void {
        ended++;
      }
    }
    const table = new GlobalInterfaceTable(com);
    const cookie = await table.RegisterInterfaceInGlobal(new Ended(), IWork.iid);
    await using apartment = await openApartment(com, "multi");
    await apartment.run(callerModule, cookie);
    assert.equal(ended, 0);
    await table.RevokeInterfaceFromGlobal(cookie);
    await until(() => ended === 1);
  }));

test("a pointer that is posted says why it may not be", () =>
  withRuntime({}, async (com) => {
    await using apartment = await openApartment(com, "single");
    using direct = pointerTo(new Work(), IWork, com);
    using proxy = await apartment.createInstance(clsids.Both, IWork);
    for (const pointer of [direct, proxy]) {
      assert.throws(() => structuredClone(pointer), /marshal it \(marshalInterThreadInterfaceInStream/);
      await assert.rejects(apartment.run(callerModule, pointer), /marshal it/);
    }
  }));

test("a thread that dies: its callers are told, the pool goes on", () =>
  withRuntime({ apartment: "single", threads: 1 }, async (com) => {
    using work = await com.createInstance(clsids.Free, IWork);
    const dead = await work.Thread();
    const under = Promise.resolve(work.Slow(60_000));
    under.catch(() => undefined);
    await assert.rejects(async () => work.Exit(3));
    await assert.rejects(under, { code: HResult.RPC_E_SERVER_DIED });
    const codes = new Set<number>();
    for (let times = 0; times < 20 && !codes.has(HResult.RPC_E_DISCONNECTED); times++) {
      const error = await Promise.resolve(work.Add(1, 2)).then(
        () => assert.fail(),
        (thrown: unknown) => ComError.from(thrown),
      );
      codes.add(error.code); // at first the connection is found to be gone
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    assert.ok(codes.has(HResult.RPC_E_DISCONNECTED), [...codes].map((code) => code.toString(16)).join());
    using next = await com.createInstance(clsids.Free, IWork);
    assert.notEqual(await next.Thread(), dead);
    assert.equal(await next.Add(1, 2), 3);
  }));

test("what a thread held that died is released at once; what others hold is not", () =>
  withRuntime({ apartment: "single" }, async (com) => {
    await using one = await openApartment(com, "multi");
    await using two = await openApartment(com, "single");
    using dying = await one.createInstance(clsids.Both, IWork);
    using living = await two.createInstance(clsids.Both, IWork);
    const ended: string[] = [];
    class Ended extends Work {
      readonly #name: string;
      constructor(name: string) {
        super();
        this.#name = name;
      }
      override finalRelease(): void {
        ended.push(this.#name);
      }
    }
    const lend = async (name: string, ...to: IWork[]): Promise<void> => {
      using pointer = pointerTo(new Ended(name), IWork, com);
      for (const other of to) await other.Keep(pointer);
    };
    await lend("held by the other, too", dying, living);
    await lend("held by the dead alone", dying); // Keep lets go of the first one there
    // Through the dead thread to the living one: the reference it passed on is good.
    await Promise.resolve(dying.Exit(1)).catch(() => undefined);
    await until(() => ended.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.deepEqual(ended, ["held by the dead alone"]);
    using still = await living.Kept();
    assert.equal(await still?.Thread(), threadId);
    still?.Release();
    await living.Keep(null);
    await until(() => ended.length === 2);
  }));

test("an error that nobody catches ends its thread alone, and is logged", async () => {
  const logged: string[] = [];
  const note = (_fields: object, message: string): void => void logged.push(message);
  await withRuntime(
    { logger: { debug: () => undefined, info: () => undefined, warn: note, error: note } },
    async (com) => {
      await using apartment = await openApartment(com, "single", { name: "unlucky" });
      using far = await apartment.createInstance(clsids.Both, IWork);
      assert.equal(await far.Add(1, 2), 3);
      await apartment.run(new URL("./threads/crash.js", import.meta.url));
      await apartment.closed;
      assert.equal(apartment.alive, false);
      await assert.rejects(async () => far.Add(1, 2));
      await using next = await openApartment(com, "single");
      using again = await next.createInstance(clsids.Both, IWork);
      assert.equal(await again.Add(1, 2), 3);
    },
  );
  assert.ok(
    logged.some((message) => message.includes('"unlucky" failed')),
    logged.join("; "),
  );
});

async function until(condition: () => boolean): Promise<void> {
  for (let times = 0; times < 200 && !condition(); times++)
    await new Promise((resolve) => setTimeout(resolve, 25));
  assert.ok(condition());
}
