import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import assert from "node:assert/strict";
import { test } from "node:test";
import { Worker, threadId } from "node:worker_threads";
import { ComError, HResult } from "../../base/index.ts";
import {
  type Leak,
  Registry,
  type Runtime,
  getAgileReference,
  getInterfaceAndReleaseStream,
  isSameObject,
  pointerTo,
  synchronously,
} from "../../com/index.ts";
import { LocalMachine, type ObservedCall } from "../../dcom/index.ts";
import { openStore } from "../../store/index.ts";
import { joinThreads } from "../apartments/distant-hub.ts";
import { type ThreadInvitation, inviteThread, openApartment, openRuntime } from "../index.ts";
import { openSide } from "../open.ts";
import { IWork, Work, clsids } from "./threads/work.ts";
import { withRuntime } from "./threads/support.ts";

interface Invited extends AsyncDisposable {
  readonly worker: Worker;
  readonly far: IWork;
}

async function startInvited(com: Runtime, apartment?: "single" | "multi"): Promise<Invited> {
  const invitation = inviteThread(com, { name: "invited" });
  const worker = new Worker(new URL("./threads/invited.js", import.meta.url), {
    workerData: { invitation, apartment },
    transferList: [invitation.port],
  });
  const [stream] = (await once(worker, "message")) as [Uint8Array];
  const far = getInterfaceAndReleaseStream(com, stream, IWork);
  return {
    worker,
    far,
    async [Symbol.asyncDispose]() {
      far[Symbol.dispose]();
      await worker.terminate();
    },
  };
}

/** Synchronous calls are there for objects that are reached by a port, and for them alone. */
async function isReachedByPort(far: IWork): Promise<boolean> {
  try {
    using now = await synchronously(far);
    return now.Add(1, 2) === 3;
  } catch (error) {
    if (ComError.from(error).code === HResult.E_NOTIMPL) return false;
    throw error;
  }
}

test("a thread of the program's own is reached by a port once it was invited, and reaches others so", () =>
  withRuntime({}, async (com) => {
    await using own = await openApartment(com, "single");
    using work = await own.createInstance(clsids.Both, IWork);
    for (const apartment of [undefined, "single", "multi"] as const) {
      await using invited = await startInvited(com, apartment);
      const { far } = invited;
      assert.equal(await far.Thread(), invited.worker.threadId);
      assert.ok(await isReachedByPort(far), apartment ?? "no model");
      using here = pointerTo(new Work({ runtime: com } as never), IWork, com);
      assert.equal(await far.ThreadOf(here), threadId);
      assert.equal(await far.ThreadOf(work), await work.Thread(), "thread to thread");
      assert.equal(await work.ThreadOf(far), invited.worker.threadId, "and back");
      assert.equal(await far.Nest(here, 7), 7, "call-backs enter");
      await using agile = await getAgileReference(com, far);
      using again = await agile.Resolve(IWork);
      assert.ok(isSameObject(again, far));
    }
  }));

test("an invited thread that leaves, dies, or outlives the runtime", () =>
  withRuntime({}, async (main) => {
    const com = await openRuntime({ home: main.home });
    await using leaving = await startInvited(com, "single");
    leaving.worker.postMessage("leave", []);
    assert.deepEqual(await once(leaving.worker, "message"), ["closed"]);
    await assert.rejects(async () => leaving.far.Add(1, 2));

    const ended: Work[] = [];
    class Held extends Work {
      override finalRelease(): void {
        ended.push(this);
      }
    }
    await using dying = await startInvited(com, "multi");
    {
      using held = pointerTo(new Held(), IWork, com);
      await dying.far.Keep(held);
    }
    const under = Promise.resolve(dying.far.Slow(60_000));
    under.catch(() => undefined);
    await dying.worker.terminate();
    await assert.rejects(under, { code: HResult.RPC_E_SERVER_DIED });
    for (let times = 0; ended.length === 0; times++) {
      assert.ok(times < 200, "what it held is released");
      await new Promise((resolve) => setTimeout(resolve, 25));
    }

    await using staying = await startInvited(com, "single");
    await com.close();
    assert.equal(staying.worker.threadId > 0, true, "the thread is the program's");
  }));

test("an invitation is for the home of who invites, and nobody invites but the first thread", () =>
  withRuntime({}, async (com) => {
    const invitation = inviteThread(com);
    await assert.rejects(openRuntime({ home: "/another/home", thread: invitation }), {
      code: HResult.E_INVALIDARG,
    });
    await assert.rejects(openRuntime({ thread: {} as ThreadInvitation }), { code: HResult.E_INVALIDARG });
    const gone = await openRuntime({ home: com.home });
    const late = inviteThread(gone);
    await gone.close();
    await assert.rejects(openRuntime({ thread: late }), { code: HResult.RPC_E_DISCONNECTED });
    await using com2 = await openRuntime({ thread: invitation });
    await assert.rejects(openRuntime({ thread: invitation }), {
      code: HResult.E_INVALIDARG,
      message: /taken up before/,
    });
    assert.throws(() => inviteThread(com2), { code: HResult.E_NOTIMPL });
  }));

test("a thread that is about to join when its runtime closes, and one whose runtime dies, end with it", () =>
  withRuntime({}, async (main) => {
    const { home } = main;
    const com = await openRuntime({ home });
    let opened: Runtime | undefined;
    const joining = joinThreads(inviteThread(com), async (side) => {
      ({ runtime: opened } = await openSide(side, { home }));
      await com.close();
    });
    await assert.rejects(joining, { code: HResult.RPC_E_DISCONNECTED });
    await assert.rejects(async () => opened?.createInstance(clsids.Both, IWork), {
      code: HResult.CO_E_NOTINITIALIZED,
    });

    const inviter = new Worker(new URL("./threads/inviter.js", import.meta.url), { workerData: home });
    const [invitation] = (await once(inviter, "message")) as [ThreadInvitation];
    const exits = process.listenerCount("exit");
    const invited = await openRuntime({ thread: invitation });
    await inviter.terminate();
    for (const until = Date.now() + 10_000; process.listenerCount("exit") > exits && Date.now() < until;)
      await new Promise((resolve) => setTimeout(resolve, 10));
    await assert.rejects(invited.createInstance(clsids.Both, IWork), { code: HResult.CO_E_NOTINITIALIZED });
    assert.equal(process.listenerCount("exit"), exits, "nothing of it is left");
  }));

test("a thread for which there is no place leaves nothing behind", () =>
  withRuntime({}, async (com) => {
    await using machine = new LocalMachine({ home: com.home });
    const { processes: before } = await machine.snapshot();
    const invitation = inviteThread(com);
    const full = new SharedArrayBuffer(64);
    new BigInt64Array(full).fill(1n);
    await assert.rejects(openRuntime({ thread: { ...invitation, exporters: full } }), {
      code: HResult.RPC_S_SERVER_TOO_BUSY,
    });
    assert.equal((await machine.snapshot()).processes.length, before.length);
  }));

test("options that cannot be posted are refused by name, where a thread would be started", async () => {
  const observer = { incoming: (_: ObservedCall, run: () => void | Promise<void>) => run() };
  const folder = mkdtempSync(join(tmpdir(), "comity-registry-"));
  const store = await openStore({ path: folder });
  const cases = [
    [{ registry: new Registry(store) }, /registry is an object with methods/],
    [{ remoting: { observers: [observer] } }, /remoting\.observers\[0\]\.incoming is a function/],
    [{ remoting: { accessGate: () => true } }, /remoting\.accessGate is a function/],
    [{ remoting: { choice: new Date() as object } }, /remoting\.choice is an object with methods/],
    [{ remoting: { choice: { host: Symbol("x") } as object } }, /remoting\.choice\.host is a symbol/],
    [{ providers: [] }, /providers is made of functions/],
  ] as const;
  for (const [options, message] of cases) {
    await withRuntime(options, async (com) => {
      using here = await com.createInstance(clsids.Free, IWork);
      assert.equal(await here.Add(1, 2), 3, "a program without threads has no trouble");
      await assert.rejects(openApartment(com, "single"), (error: ComError) => {
        assert.equal(error.code, HResult.E_INVALIDARG);
        assert.match(error.message, message);
        assert.match(error.message, /threadOptions/);
        return true;
      });
    });
  }
  await store.close();
  rmSync(folder, { recursive: true });
});

test("options that are plain data reach the threads, and functions by a module", async () => {
  const leaks: Leak[] = [];
  const threadOptions = new URL("./threads/options.js", import.meta.url);
  const remoting = { callTimeout: 60, accessGate: () => true };
  await withRuntime({ remoting, threadOptions, leaks: (leak) => void leaks.push(leak) }, async (com) => {
    await using own = await openApartment(com, "multi", { name: "observed" });
    using work = await own.createInstance(clsids.Both, IWork);
    await work.Add(1, 2);
    const observed = new URL("./threads/observed.js", import.meta.url);
    const calls = (await own.run(observed)) as string[];
    assert.ok(calls.includes("observed: IWork.Add"), calls.join());
    // callTimeout: a call out of the thread that takes longer fails.
    using slow = pointerTo(new Slow(), IWork, com);
    await assert.rejects(async () => work.ThreadOf(slow), { code: HResult.RPC_E_TIMEOUT });
    await own.run(new URL("./threads/forgetful.js", import.meta.url));
  });
  assert.deepEqual(
    leaks.map((leak) => leak.interface),
    ["IWork"],
    "the function hears of the threads' leaks",
  );
});

class Slow extends Work {
  override Thread(): number {
    return new Promise((resolve) => setTimeout(resolve, 300, 0)) as unknown as number;
  }
}

test("whatever transports and listeners a program wants, its threads reach each other", () =>
  withRuntime({ remoting: { listen: [], transports: [] } }, async (com) => {
    await using own = await openApartment(com, "single");
    using work = await own.createInstance(clsids.Both, IWork);
    using here = pointerTo(new Work(), IWork, com);
    assert.equal(await work.ThreadOf(here), threadId);
    assert.ok(await isReachedByPort(work));
  }));
