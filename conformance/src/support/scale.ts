import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { ISubjectLab, Subject } from "../gen/subject.js";
import { ClientProcess } from "./client-process.js";
import { TestMachine, client, newHome, removeHome, setPingPeriod } from "./machine.js";
import { until } from "./wait.js";

export interface ScaleOptions {
  /** Client processes, each a machine of its own. */
  readonly processes: number;
  /** Connections of each. */
  readonly connections: number;
  /** Objects of each connection. */
  readonly objects: number;
  /** Milliseconds. */
  readonly pingPeriod: number;
  readonly address: string;
  /** Told of each step. */
  readonly progress?: (text: string) => void;
}

export interface ScaleFigures {
  readonly clients: number;
  readonly objects: number;
  /** Milliseconds. */
  readonly created: number;
  readonly calledTwice: number;
  readonly killedClients: number;
  readonly killedObjects: number;
  /** Ping periods from the kill until the last object of the dead was freed. */
  readonly freedAfter: number;
  readonly released: number;
  /** Bytes of the server's heap after a collection. */
  readonly heapBefore: number;
  readonly heapFull: number;
  readonly heapAfter: number;
}

/**
 * One server exports objects to many clients on other machines, a third of which is killed: their objects go, the others' stay, and nothing is left.
 */
export async function runScale(options: ScaleOptions): Promise<ScaleFigures> {
  const { processes, connections, objects, pingPeriod, address, progress = () => undefined } = options;
  await using far = await TestMachine.open({
    address,
    settings: { pingPeriod },
    nodeOptions: ["--expose-gc"],
  });
  await using near = await TestMachine.open({ subject: "none", settings: { pingPeriod } });
  await using com = await near.runtime();
  using lab = await com.createInstance(Subject, ISubjectLab, { machine: far.name });
  const heapBefore = await lab.HeapUsed();
  const homes: string[] = [];
  const clients: ClientProcess[] = [];
  const own = connections; // each connection holds one object of its own, by which it asks for the others
  const perProcess = connections * objects + own;
  try {
    let start = performance.now();
    for (let i = 0; i < processes; i++) {
      const home = newHome();
      homes.push(home);
      await setPingPeriod(home, pingPeriod);
      clients.push(new ClientProcess());
    }
    const open = { machine: far.name, credentials: client, runtimes: connections };
    await Promise.all(clients.map((one, i) => one.open({ ...open, home: homes[i] ?? "" })));
    progress("clients are connected");
    const counts = await Promise.all(clients.map((one) => one.spawn(objects)));
    const created = performance.now() - start;
    progress("objects are made");
    assert.deepEqual(new Set(counts), new Set([connections * objects]));
    assert.equal(await lab.Living(), processes * perProcess + 1);
    const heapFull = await lab.HeapUsed();

    start = performance.now();
    const full = await far.scm.snapshot();
    const shown = full.processes.find(({ pid }) => pid !== process.pid)?.status;
    assert.equal(shown?.objects.length, processes * perProcess + 2, "comity ps shows them all");
    progress(`looked at in ${Math.round(performance.now() - start)} ms`);

    start = performance.now();
    assert.equal(await wrongCalls(clients), 0, "every object answers");
    progress("each was called");
    await delay(pingPeriod * 4);
    assert.equal(await lab.Living(), processes * perProcess + 1, "pings keep them all");

    const dead = clients.splice(0, Math.round(processes / 3));
    await Promise.all(dead.map((one) => one.kill()));
    const killed = performance.now();
    progress("a third of the clients was killed");
    const survivors = clients.length * perProcess + 1;
    await until(
      async () => (await lab.Living()) <= survivors,
      "the objects of the dead to go",
      pingPeriod * 12 + 10_000,
    );
    progress("their objects are gone");
    const freedAfter = (performance.now() - killed) / pingPeriod;
    await delay(pingPeriod);
    assert.equal(await lab.Living(), survivors, "none was freed early");
    assert.equal(await wrongCalls(clients), 0, "every object of the survivors answers");
    const calledTwice = performance.now() - start;

    progress("each of the others was called again");
    start = performance.now();
    await Promise.all(clients.map((one) => one.close()));
    progress("everything was given back");
    const released = performance.now() - start;
    await until(async () => (await lab.Living()) === 1, "what was given back to go");
    assert.equal(await lab.FinalReleases(), processes * perProcess);
    await delay(pingPeriod); // the tables forget in batches
    const heapAfter = await lab.HeapUsed();
    const snapshot = await far.scm.snapshot();
    const server = snapshot.processes.find(({ pid }) => pid !== process.pid);
    assert.equal(server?.status?.objects.length, 2, "the server exports our object and its IRemUnknown");
    return {
      clients: processes * connections,
      objects: processes * perProcess,
      created,
      calledTwice,
      killedClients: dead.length * connections,
      killedObjects: dead.length * perProcess,
      freedAfter,
      released,
      heapBefore,
      heapFull,
      heapAfter,
    };
  } finally {
    for (const one of clients) await one[Symbol.asyncDispose]();
    for (const home of homes) removeHome(home);
  }
}

async function wrongCalls(clients: readonly ClientProcess[]): Promise<number> {
  const wrong = await Promise.all(clients.map((one) => one.call()));
  return wrong.reduce((sum, count) => sum + count, 0);
}
