import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { describe } from "node:test";
import { fileURLToPath } from "node:url";
import { advise } from "comity";
import { ISuiteEvents, type ISuiteSource, SuiteShared } from "../gen/suites.js";
import { TestMachine } from "../support/machine.js";
import { test } from "../support/test.js";
import { until } from "../support/wait.js";

const program = fileURLToPath(new URL("../subject/listener.js", import.meta.url));

/** Another process with a sink of its own at the shared ticker. */
class Listener implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly heard: unknown[] = [];

  constructor(home: string, machine?: string) {
    const env = { ...process.env, LISTENER_HOME: home, ...(machine && { LISTENER_MACHINE: machine }) };
    this.#child = fork(program, { env });
    this.#exited = once(this.#child, "exit");
    this.#child.on("message", (message) => this.heard.push(message));
  }

  ready(): Promise<void> {
    return until(() => this.heard.includes("ready"), "the listener to listen");
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited;
  }

  stop(): void {
    this.#child.kill("SIGSTOP");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

/** Kills one of two listeners: the other one, and the one who fires, do not notice. */
async function survives(ticker: ISuiteSource, make: () => Listener): Promise<void> {
  const heard: number[] = [];
  await using _ = await advise(ticker, ISuiteEvents, { Ticked: (number) => void heard.push(number) });
  await using listener = make();
  await listener.ready();
  assert.equal(await ticker.Tick(2), 4, "both hear");
  await until(() => listener.heard.length === 3, "the other process to tell");
  assert.deepEqual(listener.heard, ["ready", 1, 2]);
  await listener.kill();
  const start = performance.now();
  assert.equal(await ticker.Tick(5), 5, "one of them hears");
  assert.ok(performance.now() - start < 3000, "nobody waits for the dead");
  assert.deepEqual(heard, [1, 2, 1, 2, 3, 4, 5]);
  assert.equal(await ticker.Sinks(), 1, "the dead client's sink is taken out");
}

describe("sinks of other processes", { concurrency: 2 }, () => {
  test("a client of this machine that is killed", async () => {
    await using machine = await TestMachine.open({ settings: { pingPeriod: 400 } });
    await using com = await machine.runtime();
    using ticker = await com.createInstance(SuiteShared, undefined, { context: 4 });
    await survives(ticker, () => new Listener(machine.home));
  });

  test("a client of another machine that is killed", async () => {
    await using far = await TestMachine.open({ address: "127.0.0.51", settings: { pingPeriod: 400 } });
    await using near = await TestMachine.open({ subject: "none", settings: { pingPeriod: 400 } });
    await using com = await near.runtime();
    using ticker = await com.createInstance(SuiteShared, undefined, { machine: far.name });
    await survives(ticker, () => new Listener(near.home, far.name));
  });

  test("a client that hangs is waited for three times, and holds nobody up", async () => {
    await using machine = await TestMachine.open({ settings: { pingPeriod: 400 } });
    await using com = await machine.runtime();
    using ticker = await com.createInstance(SuiteShared, undefined, { context: 4 });
    const heard: number[] = [];
    await using _ = await advise(ticker, ISuiteEvents, { Ticked: (number) => void heard.push(number) });
    await using listener = new Listener(machine.home);
    await listener.ready();
    listener.stop();
    assert.equal(await ticker.Tick(4), 4);
    assert.deepEqual(heard, [1, 2, 3, 4]);
    const start = performance.now();
    assert.equal(await ticker.Sinks(), 1, "cut off");
    assert.ok(performance.now() - start < 250, "and not waited for any more");
  });
});
