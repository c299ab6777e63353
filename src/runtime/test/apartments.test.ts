import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import assert from "node:assert/strict";
import { test } from "node:test";
import { threadId } from "node:worker_threads";
import { ComError, HResult } from "../../base/index.ts";
import {
  CallType,
  type MessageFilter,
  type Runtime,
  PendingMessage,
  PendingType,
  ServerCall,
  marshalInterThreadInterfaceInStream,
  currentApartment,
  makeAgile,
  pointerTo,
  registerMessageFilter,
} from "../../com/index.ts";
import { IPersistFile } from "../../com/gen/objidl.ts";
import { openApartment, openRuntime } from "../index.ts";
import { IWork, Work, clsids } from "./threads/work.ts";
import { withRuntime } from "./threads/support.ts";

const callerModule = new URL("./threads/caller.js", import.meta.url);

const create = (com: Runtime, model: keyof typeof clsids): Promise<IWork> =>
  com.createInstance(clsids[model], IWork);

async function threadOf(com: Runtime, model: keyof typeof clsids): Promise<number> {
  using work = await create(com, model);
  return work.Thread();
}

test("ThreadingModel places classes: from a single-threaded main thread", () =>
  withRuntime({ apartment: "single", threads: 2 }, async (com) => {
    assert.equal(currentApartment().kind, "single");
    for (const model of ["Apartment", "Both", "Neutral", "Main"] as const)
      assert.equal(await threadOf(com, model), threadId, model);
    assert.notEqual(await threadOf(com, "Free"), threadId);
    using one = await create(com, "Free");
    using two = await create(com, "Free");
    using three = await create(com, "Free");
    const threads = new Set([await one.Thread(), await two.Thread(), await three.Thread()]);
    assert.equal(threads.size, 2, "the pool has two threads, the least loaded one is taken");
  }));

test("classes created at the same moment share the host's thread, and no more threads than there may be", () =>
  withRuntime({ apartment: "multi", threads: 1 }, async (com) => {
    for (const models of [
      ["Main", "Apartment", "Main"],
      ["Free", "Free", "Free"],
    ] as const) {
      const threads = await Promise.all(models.map((model) => threadOf(com, model)));
      assert.equal(new Set(threads).size, 1, `${models.join()}: threads ${threads.join()}`);
    }
  }));

test("a manifest's threadingModel places its classes, and theirs alone", () =>
  withRuntime({}, async (main) => {
    const folder = mkdtempSync(join(tmpdir(), "comity-manifest-"));
    try {
      const module = fileURLToPath(new URL("./threads/work.js", import.meta.url));
      const manifest = join(folder, "app.manifest");
      writeFileSync(
        manifest,
        `<assembly xmlns="urn:schemas-microsoft-com:asm.v1" manifestVersion="1.0"><file name="${relative(folder, module)}">
          <comClass clsid="{${clsids.Apartment}}" threadingModel="Free"/></file></assembly>`,
      );
      await using com = await openRuntime({ home: main.home, apartment: "single", manifests: [manifest] });
      assert.notEqual(await threadOf(com, "Apartment"), threadId, "the manifest's word, not the registry's");
      assert.notEqual(await threadOf(com, "Free"), threadId, "the registry's, for what is not in a manifest");
      assert.equal(await threadOf(com, "Both"), threadId);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }));

test("an object of another apartment is loaded from a file before it is handed out", () =>
  withRuntime({ apartment: "single" }, async (com) => {
    using free = await com.createInstanceFromFile(clsids.Free, "/a/file", IWork);
    assert.notEqual(await free.Thread(), threadId);
    using persist = await free.QueryInterface(IPersistFile);
    assert.equal(await persist.GetCurFile(), "/a/file");
    await assert.rejects(com.createInstanceFromFile(clsids.Free, "", IWork), {
      code: HResult.MK_E_CANTOPENFILE,
    });
  }));

test("ThreadingModel places classes: from a multithreaded main thread", () =>
  withRuntime({ apartment: "multi", threads: 1 }, async (com) => {
    const host = await threadOf(com, "Apartment");
    assert.notEqual(host, threadId);
    assert.equal(await threadOf(com, "Apartment"), host, "one host apartment");
    assert.equal(
      await threadOf(com, "Main"),
      host,
      "the main apartment of a program without one is the host's",
    );
    const pool = await threadOf(com, "Free");
    assert.ok(pool !== threadId && pool !== host);
    assert.equal(await threadOf(com, "Both"), threadId);
    assert.equal(await threadOf(com, "Neutral"), threadId);
  }));

test("ThreadingModel places classes: from a thread's own apartment, and nothing moves where nobody asked", () =>
  withRuntime({}, async (com) => {
    for (const model of ["Apartment", "Both", "Neutral", "Main", "Free"] as const)
      assert.equal(await threadOf(com, model), threadId, model);
    await using single = await openApartment(com, "single");
    const placeOf = async (model: keyof typeof clsids): Promise<number> => {
      using work = await single.createInstance(clsids[model], IWork);
      return work.Thread();
    };
    const own = await placeOf("Both");
    assert.equal(await placeOf("Apartment"), own);
    assert.equal(await placeOf("Neutral"), own);
    const free = await placeOf("Free");
    assert.ok(free !== own && free !== threadId);
    const main = await placeOf("Main");
    assert.ok(main !== own && main !== free, "no main apartment: the host");
  }));

test("a ThreadingModel nobody knows is refused where it counts", () =>
  withRuntime({ apartment: "multi" }, async (com) => {
    const key = `HKCR\\CLSID\\{${clsids.Both}}\\InprocServer32`;
    await com.registry.edit((keys) => keys.set(key, "ThreadingModel", "Sideways"));
    await assert.rejects(create(com, "Both"), /0x80040156|Sideways/);
  }));

test("one thread, one model", () =>
  withRuntime({ apartment: "single" }, async (com) => {
    await assert.rejects(openRuntime({ home: com.home, apartment: "multi" }), {
      code: HResult.RPC_E_CHANGED_MODE,
    });
    await using again = await openRuntime({ home: com.home, apartment: "single" });
    assert.equal(currentApartment().kind, "single");
    await again.close();
    assert.equal(currentApartment().kind, "single", "the first one still counts");
  }));

test("a single-threaded apartment serves strangers one at a time, the multithreaded one all at once", () =>
  withRuntime({}, async (com) => {
    const most = async (model: "single" | "multi"): Promise<number> => {
      await using apartment = await openApartment(com, model);
      using work = await apartment.createInstance(clsids.Both, IWork);
      const all = await Promise.all(Array.from({ length: 5 }, async () => work.Slow(20)));
      return Math.max(...all);
    };
    assert.equal(await most("single"), 1);
    assert.equal(await most("multi"), 5);
  }));

test("an agile and a neutral object do not wait for the thread's apartment", () =>
  withRuntime({}, async (com) => {
    await using apartment = await openApartment(com, "single");
    using both = await apartment.createInstance(clsids.Both, IWork);
    using neutral = await apartment.createInstance(clsids.Neutral, IWork);
    const slow = both.Slow(300);
    const started = performance.now();
    assert.equal(await neutral.Add(1, 2), 3);
    assert.ok(performance.now() - started < 250);
    await slow;
    assert.ok(makeAgile(new Work()) instanceof Work);
  }));

test("a call of the same causality enters, and what hangs does not stop it", () =>
  withRuntime({ apartment: "single" }, async (com) => {
    await using apartment = await openApartment(com, "single");
    using far = await apartment.createInstance(clsids.Both, IWork);
    using here = pointerTo(new Work({ runtime: com } as never), IWork, com);
    assert.equal(await far.Nest(here, 9), 9, "back and forth, with awaits in between");
    const hanging = new AbortController();
    const hung = Promise.resolve(far.Slow(60_000, { signal: hanging.signal }));
    hung.catch(() => undefined);
    // A stranger waits; the apartment ends with it.
    let entered = false;
    const stranger = Promise.resolve(far.Add(1, 1)).then(
      () => (entered = true),
      () => undefined,
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(entered, false);
    hanging.abort();
    await assert.rejects(hung, { code: HResult.RPC_E_CALL_CANCELED });
    await apartment.terminate();
    await stranger;
  }));

test("too many waiting calls are refused, by name", () =>
  withRuntime({ queuedCalls: 10 }, async (com) => {
    await using apartment = await openApartment(com, "single");
    using work = await apartment.createInstance(clsids.Both, IWork);
    const calls = Array.from({ length: 30 }, async () => work.Slow(5));
    const results = await Promise.allSettled(calls);
    const refused = results.flatMap((one) => (one.status === "rejected" ? [one.reason as ComError] : []));
    assert.equal(refused.length, 19, "one inside, ten wait");
    assert.ok(refused.every((error) => error.code === HResult.RPC_E_SERVERCALL_RETRYLATER));
    assert.equal(await work.Add(1, 2), 3, "and it goes on");
  }));

test("a message filter rejects, puts off and calls again", () =>
  withRuntime({ apartment: "single" }, async (com) => {
    const seen: number[] = [];
    let answers: number[] = [];
    const filter: MessageFilter = {
      HandleInComingCall: (type) => {
        seen.push(type);
        return answers.shift() ?? ServerCall.ISHANDLED;
      },
    };
    assert.equal(registerMessageFilter(filter), undefined);
    await using apartment = await openApartment(com, "single");
    using far = await apartment.createInstance(clsids.Both, IWork);
    using here = pointerTo(new Work(), IWork, com);
    await far.Keep(here);
    const back = (options?: object): Promise<number> => Promise.resolve(far.ThreadOf(here, options));

    assert.equal(await back(), threadId);
    assert.deepEqual(seen.splice(0), [CallType.NESTED]);
    answers = [ServerCall.REJECTED];
    await assert.rejects(back(), { code: HResult.RPC_E_CALL_REJECTED });
    answers = [ServerCall.RETRYLATER];
    await assert.rejects(back(), { code: HResult.RPC_E_SERVERCALL_RETRYLATER });

    // The far thread's filter asks again: twice at once, then after a while.
    await apartment.run(new URL("./threads/retrying-filter.js", import.meta.url), [0, 99, 120]);
    answers = [ServerCall.RETRYLATER, ServerCall.REJECTED, ServerCall.RETRYLATER];
    const started = performance.now();
    assert.equal(await back(), threadId);
    assert.ok(performance.now() - started >= 115);
    await apartment.run(new URL("./threads/retrying-filter.js", import.meta.url), [-1]);
    answers = [ServerCall.RETRYLATER];
    await assert.rejects(back(), { code: HResult.RPC_E_CALL_REJECTED });
    assert.equal(registerMessageFilter(undefined), filter);
  }));

test("a message filter gives up an outgoing call when somebody else calls", () =>
  withRuntime({ apartment: "single" }, async (com) => {
    await using apartment = await openApartment(com, "single");
    using far = await apartment.createInstance(clsids.Both, IWork);
    await using other = await openApartment(com, "multi");
    /** Its answer takes a call to the far apartment, which takes long. */
    class Relay extends Work {
      override Thread(): number {
        return Promise.resolve(far.Slow(20_000)) as unknown as number;
      }
    }
    using relay = pointerTo(new Relay(), IWork, com);
    const stream = (): Promise<Uint8Array> => marshalInterThreadInterfaceInStream(com, IWork, relay);
    const asked: number[] = [];
    registerMessageFilter({
      MessagePending: (_callee, _elapsed, type) => {
        asked.push(type);
        return asked.length === 1 ? PendingMessage.WAITDEFPROCESS : PendingMessage.CANCELCALL;
      },
    });
    const call = async (): Promise<unknown> => other.run(callerModule, await stream());
    const first = call();
    first.catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const strangers = [call(), call()]; // the second one's coming makes the filter give up the first
    for (const one of strangers) one.catch(() => undefined);
    await assert.rejects(first, { code: HResult.RPC_E_CALL_CANCELED });
    assert.deepEqual(asked.slice(0, 2), [PendingType.TOPLEVEL, PendingType.TOPLEVEL]);
    registerMessageFilter(undefined);
    await apartment.terminate();
    await Promise.allSettled(strangers);
  }));

test("a message filter is for single-threaded apartments", () => {
  assert.throws(() => registerMessageFilter({}), { code: HResult.CO_E_NOT_SUPPORTED });
});

test("a message filter that fails rejects the call it was asked about", () =>
  withRuntime({ apartment: "single" }, async (com) => {
    await using apartment = await openApartment(com, "single");
    using far = await apartment.createInstance(clsids.Both, IWork);
    using here = pointerTo(new Work(), IWork, com);
    const fails = (): never => {
      throw new TypeError("a mistake");
    };
    registerMessageFilter({ HandleInComingCall: fails });
    const rejected = { code: HResult.RPC_E_CALL_REJECTED };
    await assert.rejects(async () => far.ThreadOf(here), rejected);
    registerMessageFilter({ RetryRejectedCall: fails });
    class Busy extends Work {
      override Thread(): never {
        throw new ComError(HResult.RPC_E_SERVERCALL_RETRYLATER);
      }
    }
    using busy = pointerTo(new Busy(), IWork, com);
    await assert.rejects(async () => far.ThreadOf(busy), {
      ...rejected,
      message: /the message filter failed: .*a mistake/,
    });
    registerMessageFilter(undefined);
    assert.equal(await far.ThreadOf(here), threadId);
  }));

test("an apartment is single or multi, and nothing else", () =>
  withRuntime({}, async (com) => {
    for (const model of ["neutral", "STA", ""]) {
      const wrong = { code: HResult.E_INVALIDARG };
      await assert.rejects(openApartment(com, model as "single"), wrong);
      await assert.rejects(openRuntime({ home: com.home, apartment: model as "single" }), wrong);
    }
  }));

test("a thread that cannot begin says why; so does a module that is not there", () =>
  withRuntime({}, async (main) => {
    const manifest = join(main.home, "app.manifest");
    writeFileSync(manifest, `<assembly xmlns="urn:schemas-microsoft-com:asm.v1" manifestVersion="1.0"/>`);
    const folder = process.cwd();
    process.chdir(main.home);
    const com = await openRuntime({ home: main.home, manifests: ["app.manifest"] });
    process.chdir(folder);
    await using own = await openApartment(com, "single"); // the path is that of the beginning
    await assert.rejects(own.run("/nowhere/at/all.js"), { code: HResult.CO_E_DLLNOTFOUND });
    rmSync(manifest);
    await assert.rejects(openApartment(com, "single"), { code: 0x800736b1, message: /cannot be read/ });
    await com.close();
  }));
