import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { IUnknown, Runtime, Variant, implement, newGuid } from "comity";
import type { ExporterStatus } from "comity/dcom";
import { type RpcEndpoint, type Transport, localTransport, tcpTransport } from "comity/rpc";
import { ISubject, ISubjectEvents, ISubjectLab, Subject } from "../gen/subject.js";
import { attack, flood, loris } from "../support/attack.js";
import { Random, type Session, mutating, recording } from "../support/fuzz.js";
import { TestMachine, client, registerProgram } from "../support/machine.js";
import { noGuessLimits } from "../support/no-guess-limits.js";
import { runs, until } from "../support/wait.js";
import { test } from "../support/test.js";

const seed = Number(process.env["COMITY_FUZZ_SEED"] ?? 20_261_120);
const milliseconds = Number(process.env["COMITY_FUZZ_TIME"] ?? 3000);
const pingPeriod = 500;

class Listener {
  Told(): number {
    return 1;
  }
}
implement(Listener, ISubjectEvents);

/** A client whose every byte is known. It goes on holding what it got, so that what it sent stays meaningful. */
class Recorder implements AsyncDisposable {
  readonly #com: Runtime;
  readonly #held: IUnknown[];

  private constructor(com: Runtime, held: IUnknown[]) {
    this.#com = com;
    this.#held = held;
  }

  static async open(home: string, sessions: Session[], machine?: string, level = 6): Promise<Recorder> {
    const transports = [recording(localTransport, sessions), recording(tcpTransport, sessions)];
    const authenticationLevel = level as 2 | 6;
    const com = await Runtime.open({
      home,
      credentials: client,
      remoting: { transports, authenticationLevel },
    });
    const place = machine === undefined ? { context: 4 } : { machine };
    const subject = await com.createInstance(Subject, ISubject, place);
    const lab = await subject.QueryInterface(ISubjectLab);
    using events = com.pointerTo(new Listener(), ISubjectEvents);
    await subject.Add(1, 2);
    await subject.Mirror(Variant.from([1, 2, 3]));
    await subject.Mirror(Variant.from("a text in a variant"));
    await subject.Reverse("a text");
    await Promise.resolve(lab.Tell(events, "hello")).catch(() => undefined); // nobody may call this client back over the network
    using other = await lab.Spawn();
    if (other !== null) await lab.Keep(other);
    return new Recorder(com, [subject, lab]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pointer of this.#held) pointer.Release();
    await this.#com.close();
  }
}

interface Steady {
  calls: number;
  slowest: number;
  stopped: boolean;
}

/** A decent client that calls all the time. Every call must succeed. */
async function callSteadily(com: Runtime, machine: string, state: Steady): Promise<void> {
  using subject = await com.createInstance(Subject, ISubject, { machine });
  while (!state.stopped) {
    const start = performance.now();
    const { calls } = state;
    assert.equal(await subject.Add(calls, 1, { timeout: 10_000 }), calls + 1);
    if (calls % 25 === 0) {
      using another = await com.createInstance(Subject, ISubject, { machine, timeout: 10_000 });
      assert.equal(await another.Reverse("ab", { timeout: 10_000 }), "ba");
    }
    state.slowest = Math.max(state.slowest, performance.now() - start);
    state.calls++;
    await delay(5);
  }
}

/** Clients whose transport goes mad, in all states that a valid client can be in. */
async function madClients(home: string, machine: string, random: Random, time: number): Promise<number> {
  const end = performance.now() + time;
  let clients = 0;
  while (performance.now() < end) {
    clients++;
    const transports: Transport[] = [mutating(tcpTransport, random, 3 + random.below(10)), localTransport];
    const authenticationLevel = random.pick([2, 5, 6] as const);
    const com = await Runtime.open({
      home,
      credentials: client,
      remoting: { transports, authenticationLevel, connectTimeout: 500 },
    });
    try {
      const options = { timeout: 300 };
      using subject = await com.createInstance(Subject, ISubject, { machine, ...options });
      using lab = await subject.QueryInterface(ISubjectLab, options);
      await subject.Mirror(Variant.from(["a", "b"]), options);
      const many = await lab.SpawnMany(3, options);
      await lab.Keep(many[0] ?? null, options); // never itself: a circle lives for ever
    } catch {
      // that is what mad clients are for
    } finally {
      await com.close().catch(() => undefined);
    }
  }
  return clients;
}

const handles = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

async function statusOf(machine: TestMachine, pid: number): Promise<ExporterStatus> {
  const { processes } = await machine.scm.snapshot();
  const status = processes.find((one) => one.pid === pid)?.status;
  assert.ok(status, "the server answers");
  return status;
}

test(`hostile bytes on every socket (seed ${seed}): valid clients are served, nothing grows`, async (t) => {
  await using far = await TestMachine.open({
    guessLimits: noGuessLimits,
    address: "127.0.0.71",
    subject: "none",
    settings: { pingPeriod, minimumActivationLevel: 2 },
  });
  await registerProgram(far.home, "open-server.js", ["--expose-gc"]);
  await using near = await TestMachine.open({
    subject: "none",
    settings: { pingPeriod },
    guessLimits: noGuessLimits,
  });
  await using com = await near.runtime();
  using lab = await com.createInstance(Subject, ISubjectLab, { machine: far.name });
  const [pid] = await far.servers();
  assert.ok(pid !== undefined);
  const sessions: Session[] = [];
  const random = new Random(seed);
  const state: Steady = { calls: 0, slowest: 0, stopped: false };
  let heapBefore = 0;
  let handlesBefore = 0;
  {
    await using _one = await Recorder.open(near.home, sessions, far.name, 6);
    await using _two = await Recorder.open(near.home, sessions, far.name, 2);
    await using _three = await Recorder.open(far.home, sessions);
    const exporter = sessions.find(
      ({ endpoint }) => endpoint.protseq === "ncacn_ip_tcp" && !far.name.includes(`[${endpoint.endpoint}]`),
    );
    assert.ok(exporter !== undefined && sessions.some(({ endpoint }) => endpoint.protseq === "ncalrpc"));
    const scm: RpcEndpoint = {
      protseq: "ncacn_ip_tcp",
      host: far.address,
      endpoint: far.name.replace(/^.*\[|\]$/g, ""),
    };
    assert.ok(sessions.some(({ endpoint }) => endpoint.endpoint === scm.endpoint));
    // The same bytes without any logon, where no gate stands before the decoders.
    const link: Session = {
      endpoint: { protseq: "ncalrpc", endpoint: `${far.home}/scm.sock` },
      writes: linkMessages(far.home),
    };
    const targets = [...sessions.filter(({ writes }) => writes.length > 0), link];
    await attack(targets, random, 500, 8); // warm
    heapBefore = await lab.HeapUsed();
    handlesBefore = handles(pid);
    const callsBefore = (await statusOf(far, pid)).calls;
    const steady = callSteadily(com, far.name, state);
    const served = async (): Promise<number> => (await statusOf(far, pid)).calls - callsBefore;
    let [attacks, mad] = [0, 0];
    /** Until enough of them came as far as the objects: a slow machine needs more time for as much. */
    const attackEnough = async (): Promise<void> => {
      for (let round = 0; round < 8 && (await served()) <= state.calls + 200; round++) {
        const done = await Promise.all([
          attack(targets, random, milliseconds, 16),
          madClients(near.home, far.name, random, milliseconds),
        ]);
        attacks += done[0];
        mad += done[1];
      }
    };
    const [, closed] = await Promise.all([
      attackEnough(),
      loris(exporter.endpoint, exporter.writes[0] ?? Buffer.alloc(16), 20, milliseconds),
      flood(exporter.endpoint, 300).then(() => flood(scm, 300)),
    ]).finally(() => (state.stopped = true));
    await steady;
    const calls = await served();
    assert.ok(calls > state.calls + 200, `hostile calls come as far as the objects: ${calls}`);
    t.diagnostic(
      `${calls} calls served; ${attacks} attacks, ${mad} mad clients; ${state.calls} good calls, the slowest ${Math.round(state.slowest)} ms`,
    );
    assert.ok(attacks > 100 && mad > 2, "there was an attack worth its name");
    assert.equal(closed, 20, "slow and silent connections were closed");
    assert.ok(state.calls > 20 && state.slowest < 5000);
  }
  assert.ok(runs(pid), "the server lives");
  await until(async () => (await lab.Living()) === 1, "objects of nobody to be run down", pingPeriod * 20);
  await until(async () => (await statusOf(far, pid)).connections <= 2, "connections to go");
  const left = await statusOf(far, pid);
  const names = left.objects.map(({ name }) => name).filter((name) => name !== "LocalActivator");
  assert.deepEqual(names.toSorted(), ["RemUnknown", "SubjectObject"]);
  await until(() => handles(pid) <= handlesBefore, "handles to go");
  await until(
    async () => (await far.scm.snapshot()).pings.sets <= 1,
    "ping sets of nobody to go",
    pingPeriod * 20,
  );
  const grown = (await lab.HeapUsed()) - heapBefore;
  assert.ok(grown < 4_000_000, `the server's heap has grown by ${grown} bytes`);
});

/** What a process tells the SCM over its socket in the home. */
function linkMessages(name: string): Buffer[] {
  const bindings = { strings: [{ tower: 7, address: "127.0.0.1[9]" }], security: [] };
  const version = { major: 5, minor: 7 };
  const join = {
    pid: process.pid,
    name,
    bindings,
    ipidRemUnknown: newGuid(),
    authenticationHint: 6,
    version,
  };
  return [
    frame({ id: 1, method: "join", params: join }),
    frame({
      id: 2,
      method: "activate",
      params: { clsid: Subject.clsid, iids: [ISubject.iid], classObject: false },
    }),
    frame({
      id: 3,
      method: "registerClass",
      params: { clsid: newGuid(), uses: "multiple", suspended: false },
    }),
    frame({ method: "exported", params: { oids: ["1", "2"] } }),
    frame({ method: "references", params: { resolver: bindings, added: ["3"], dropped: ["4"] } }),
    frame({ id: 4, method: "snapshot", params: {} }),
  ];
}

/** A frame of the local link: the length, then JSON. */
function frame(value: object): Buffer {
  const text = Buffer.from(JSON.stringify(value));
  const head = Buffer.alloc(4);
  head.writeUInt32LE(text.length);
  return Buffer.concat([head, text]);
}
