import assert from "node:assert/strict";
import { describe } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { ComError, HResult, Runtime } from "comity";
import { LocalMachine } from "comity/dcom";
import { ISubject, ISubjectLab, Subject } from "../gen/subject.js";
import { ClientProcess } from "../support/client-process.js";
import {
  TestMachine,
  client,
  newHome,
  registerSubjectServer,
  removeHome,
  setPingPeriod,
} from "../support/machine.js";
import { ScmProcess } from "../support/scm-process.js";
import { runs, until } from "../support/wait.js";
import { test } from "../support/test.js";

const pingPeriod = 400;
const missedPeriods = 3;

describe("who keeps what alive", { concurrency: 2 }, () => {
  test("another machine's client: pings keep its objects; killed, it loses them after three periods", async () => {
    await using far = await TestMachine.open({ address: "127.0.0.41", settings: { pingPeriod } });
    await using near = await TestMachine.open({ subject: "none", settings: { pingPeriod } });
    await using com = await near.runtime();
    using lab = await com.createInstance(Subject, ISubjectLab, { machine: far.name });
    const home = newHome();
    await setPingPeriod(home, pingPeriod);
    try {
      // This client holds its machine's SCM inside itself: with it, the pings end.
      await using one = new ClientProcess();
      await one.open({ home, machine: far.name, credentials: client, runtimes: 2 });
      assert.equal(await one.spawn(10), 20);
      assert.equal(await lab.Living(), 23);
      await delay(pingPeriod * missedPeriods * 3);
      assert.equal(await lab.Living(), 23, "pings keep them");
      assert.equal(await one.call(), 0);
      const killed = performance.now();
      await one.kill();
      await delay(pingPeriod);
      assert.equal(await lab.Living(), 23, "one missed period is not enough");
      await until(async () => (await lab.Living()) === 1, "the dead client's objects to be freed");
      const periods = (performance.now() - killed) / pingPeriod;
      assert.ok(
        periods >= missedPeriods - 1 && periods < missedPeriods * 3,
        `freed after ${periods.toFixed(1)} periods`,
      );
      assert.equal(await lab.FinalReleases(), 22);
    } finally {
      removeHome(home);
    }
  });

  test("a client process of this machine that is killed gives everything back within the periods", async () => {
    await using machine = await TestMachine.open({ settings: { pingPeriod } });
    await using com = await machine.runtime();
    using lab = await com.createInstance(Subject, ISubjectLab);
    await using one = new ClientProcess();
    await one.open({ home: machine.home, credentials: client, runtimes: 1, context: 4 });
    assert.equal(await one.spawn(50), 50);
    await delay(pingPeriod * missedPeriods * 2);
    assert.equal(await one.call(), 0);
    assert.equal(await lab.Living(), 52);
    await one.kill();
    const killed = performance.now();
    await until(async () => (await lab.Living()) === 1, "the dead client's objects to be freed");
    const periods = (performance.now() - killed) / pingPeriod;
    assert.ok(periods < missedPeriods * 2, `freed after ${periods.toFixed(1)} periods`);
  });

  test("a client that ends well gives everything back at once", async () => {
    await using machine = await TestMachine.open();
    await using com = await machine.runtime();
    using lab = await com.createInstance(Subject, ISubjectLab);
    await using one = new ClientProcess();
    await one.open({ home: machine.home, credentials: client, runtimes: 2, context: 4 });
    await one.spawn(20);
    await one.close();
    assert.equal(await lab.Living(), 1);
  });
});

/** What a client may be told of a server that died. */
const serverIsGone: readonly number[] = [
  HResult.RPC_E_SERVER_DIED,
  HResult.RPC_E_DISCONNECTED,
  HResult.RPC_S_CALL_FAILED,
  HResult.RPC_S_CALL_FAILED_DNE,
  HResult.RPC_S_SERVER_UNAVAILABLE,
  HResult.RPC_E_CONNECTION_TERMINATED,
];

async function failsAsGone(call: () => unknown): Promise<void> {
  await assert.rejects(
    async () => call(),
    (error: unknown) => {
      assert.ok(error instanceof ComError && serverIsGone.includes(error.code), String(error));
      return true;
    },
  );
}

describe("processes that die", { concurrency: 2 }, () => {
  for (const where of ["this machine", "another machine"] as const) {
    test(`a server of ${where}: calls under way and later ones fail, the next activation starts another`, async () => {
      await using far = await TestMachine.open({
        address: where === "this machine" ? "127.0.0.1" : "127.0.0.42",
      });
      await using near = await TestMachine.open({ subject: "none" });
      await using com = await (where === "this machine" ? far : near).runtime();
      const options = where === "this machine" ? {} : { machine: far.name };
      {
        using subject = await com.createInstance(Subject, ISubject, options);
        using lab = await subject.QueryInterface(ISubjectLab);
        const pid = await subject.ProcessId();
        const waiting = failsAsGone(() => lab.Wait(60_000));
        await delay(50);
        process.kill(pid, "SIGKILL");
        await waiting;
        await failsAsGone(() => subject.Add(1, 2));
        await until(() => !runs(pid), "the server to be gone");
        using next = await com.createInstance(Subject, ISubject, options);
        assert.notEqual(await next.ProcessId(), pid);
        assert.equal(await next.Add(1, 2), 3);
        await assert.rejects(
          async () => subject.Add(1, 2),
          { code: HResult.RPC_E_DISCONNECTED },
          "known by now",
        );
      }
    });
  }

  test("a server that hangs: calls end in time, and so does the client", async () => {
    await using far = await TestMachine.open({ address: "127.0.0.43", settings: { pingPeriod } });
    await using near = await TestMachine.open({ subject: "none", settings: { pingPeriod } });
    const com = await near.runtime();
    const subject = await com.createInstance(Subject, ISubject, { machine: far.name });
    const pid = await subject.ProcessId();
    process.kill(pid, "SIGSTOP");
    try {
      const start = performance.now();
      await assert.rejects(async () => subject.Add(1, 2, { timeout: 300 }), { code: HResult.RPC_E_TIMEOUT });
      const signal = AbortSignal.timeout(200);
      await assert.rejects(
        async () => subject.Add(1, 2, { signal }),
        (error: unknown) => error instanceof ComError,
      );
      subject[Symbol.dispose]();
      await com.close();
      assert.ok(performance.now() - start < 8000, "a server that hangs keeps nobody");
    } finally {
      process.kill(pid, "SIGCONT");
    }
  });

  test("the SCM: references live on, the next SCM takes the server over", async () => {
    const home = newHome();
    await registerSubjectServer(home);
    try {
      const first = await ScmProcess.start(home, ["--port", "0"]);
      await using _ = first;
      await using com = await Runtime.open({ home, leaks: "throw" });
      await using machine = new LocalMachine({ home });
      const pids = async (): Promise<number[]> => (await machine.snapshot()).processes.map((one) => one.pid);
      let pid: number;
      {
        using subject = await com.createInstance(Subject, ISubject);
        pid = await subject.ProcessId();
        await first.kill();
        assert.equal(await subject.Add(1, 2), 3, "objects need no SCM");
        await using second = await ScmProcess.start(home, ["--port", "0"]);
        assert.notEqual(second.pid, first.pid);
        await until(async () => (await pids()).includes(pid), "the server to join the next SCM");
        using other = await com.createInstance(Subject, ISubject);
        assert.equal(await other.ProcessId(), pid, "the same server serves on");
        assert.equal(await subject.Add(20, 22), 42);
        subject[Symbol.dispose]();
        other[Symbol.dispose]();
        await until(() => !runs(pid), "the server to end by itself");
        using third = await com.createInstance(Subject, ISubject);
        assert.notEqual(await third.ProcessId(), pid);
        pid = await third.ProcessId();
      }
      await until(() => !runs(pid), "the last server to end by itself");
    } finally {
      removeHome(home);
    }
  });
});
