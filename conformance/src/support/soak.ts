import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ComError, type CreateOptions, HResult, type Runtime } from "comity";
import { aggregate } from "comity/com";
import { ISubject, ISubjectEvents, ISubjectLab, Subject } from "../gen/subject.js";
import { ClientProcess } from "./client-process.js";
import { TestMachine, client, newHome, removeHome, setPingPeriod, subjectModulePath } from "./machine.js";
import { Random } from "./random.js";
import { runs, until } from "./wait.js";

export interface SoakOptions {
  /** How long, milliseconds. */
  readonly time: number;
  /** The same seed makes the same decisions, as far as timing allows. Default: a new one. */
  readonly seed?: number;
  /** Lanes that act at the same time. Default: 4. */
  readonly lanes?: number;
  readonly pingPeriod?: number;
  readonly addresses: readonly [string, string];
  readonly progress?: (text: string) => void;
}

export interface SoakFigures {
  readonly seed: number;
  /** How often each action was done. */
  readonly actions: Readonly<Record<string, number>>;
  readonly killedServers: number;
  readonly killedClients: number;
  /** Calls that failed because their server had been killed. */
  readonly orphaned: number;
}

/** An object that a lane holds, and what it knows of it. */
interface Held {
  readonly subject: ISubject;
  readonly lab: ISubjectLab;
  readonly pid: number;
  label: string;
  /** The process of the object it keeps. */
  keeps: number | undefined;
}

/** Objects a lane holds at most. */
const mostHeld = 12;
/** A server that is killed does not come back at once and for ever: it is given time to be used. */
const betweenKills = 1500;

/** Everything the lanes share. */
class World {
  readonly near: TestMachine;
  readonly far: TestMachine;
  readonly com: Runtime;
  readonly random: Random;
  readonly dead = new Set<number>();
  readonly actions: Record<string, number> = {};
  killedClients = 0;
  orphaned = 0;
  lastKill = 0;
  failure: unknown;

  constructor(near: TestMachine, far: TestMachine, com: Runtime, random: Random) {
    this.near = near;
    this.far = far;
    this.com = com;
    this.random = random;
  }

  count(action: string): void {
    this.actions[action] = (this.actions[action] ?? 0) + 1;
  }
}

/**
 * Random activations, calls, call-backs, references handed from server to server, cancellations, kills of servers and of clients. Every answer is
 * checked; a failure must be explained by a kill; at the end nothing is left in any process and on any machine.
 */
export async function runSoak(options: SoakOptions): Promise<SoakFigures> {
  const {
    time,
    seed = randomInt(2 ** 31),
    lanes = 4,
    pingPeriod = 1000,
    progress = () => undefined,
  } = options;
  const [nearAddress, farAddress] = options.addresses;
  // A server that is killed all the time is no server that crashes all the time.
  const settings = { pingPeriod, crashLimit: 1_000_000 };
  await using far = await TestMachine.open({ address: farAddress, settings });
  await using near = await TestMachine.open({ address: nearAddress, settings });
  const random = new Random(seed);
  // Classes within the process live in the client's own apartment, or each call to them hops to another thread.
  const threading = random.pick(["Free", "Both"]);
  await using com = await near.runtime({
    apartment: random.pick(["single", "multi"]),
    threads: 1,
    logger: near.logger,
  });
  await com.registerModule(subjectModulePath);
  await com.registry.edit((keys) => {
    keys.set(`HKCR\\CLSID\\{${Subject.clsid}}\\InprocServer32`, "ThreadingModel", threading);
  });
  const world = new World(near, far, com, random);
  const end = performance.now() + time;
  const going = (): boolean => performance.now() < end && world.failure === undefined;
  const report = setInterval(() => progress(JSON.stringify(world.actions)), 10_000);
  try {
    await Promise.all([
      ...Array.from({ length: lanes }, (_, i) => new Lane(world, seed + i + 1).run(going)),
      killer(world, going),
      lodgers(world, pingPeriod, going),
    ]);
  } finally {
    clearInterval(report);
  }
  if (world.failure !== undefined) {
    for (const { address, warnings, home } of [near, far])
      progress(`${address} warned of ${JSON.stringify(warnings)}\n${serverLogs(home)}`);
    throw new Error(`the soak with seed ${seed} failed`, { cause: world.failure });
  }
  progress("everything was given back; waiting for the objects to go");
  await until(() => livingAre(world), "the objects to go", pingPeriod * 20 + 10_000);
  const { actions, dead, killedClients, orphaned } = world;
  return { seed, actions, killedServers: dead.size, killedClients, orphaned };
}

/** What the launched servers of a machine have printed. */
function serverLogs(home: string): string {
  const folder = join(home, "logs", "servers");
  if (!existsSync(folder)) return "";
  return readdirSync(folder)
    .map((name) => `${name}: ${readFileSync(join(folder, name), "utf8").slice(-4000)}`)
    .join("\n");
}

/** Whether each place has no object but the one that is asked. */
async function livingAre({ com, far }: World): Promise<boolean> {
  for (const where of [{ context: 1 }, { context: 4 }, { machine: far.name }]) {
    using lab = await com.createInstance(Subject, ISubjectLab, where);
    if ((await lab.Living()) !== 1) return false;
  }
  return true;
}

/** Has nothing of its own but its identity. */
class Wrapper {
  readonly name = "a wrapper";
}

class Lane {
  readonly #world: World;
  readonly #random: Random;
  readonly #held: Held[] = [];

  constructor(world: World, seed: number) {
    this.#world = world;
    this.#random = new Random(seed);
  }

  async run(going: () => boolean): Promise<void> {
    try {
      while (going()) await this.#step();
    } catch (error) {
      this.#world.failure ??= error;
    } finally {
      for (const held of this.#held.splice(0)) release(held);
    }
  }

  async #step(): Promise<void> {
    const name = this.#held.length === 0 ? "create" : this.#random.pick(names);
    this.#world.count(name);
    const held = this.#held.length === 0 ? undefined : this.#random.pick(this.#held);
    try {
      await this.#actions[name](held as Held);
    } catch (error) {
      if (!this.#explained(held)) throw new Error(`${name} failed`, { cause: error });
      this.#world.orphaned++;
    }
    this.#bury();
  }

  /** A failure is explained when a process that took part was killed. */
  #explained(held: Held | undefined): boolean {
    const { dead } = this.#world;
    return held !== undefined && (dead.has(held.pid) || (held.keeps !== undefined && dead.has(held.keeps)));
  }

  /** Lets go of what the killed had. */
  #bury(): void {
    const { dead } = this.#world;
    for (let i = this.#held.length - 1; i >= 0; i--) {
      const held = this.#held[i] as Held;
      if (!dead.has(held.pid)) continue;
      this.#held.splice(i, 1);
      release(held);
    }
  }

  async #add(subject: ISubject): Promise<void> {
    try {
      const [lab, pid] = [await subject.QueryInterface(ISubjectLab), await subject.ProcessId()];
      this.#held.push({ subject, lab, pid, label: (await subject.get_Label()) ?? "", keeps: undefined });
    } catch (error) {
      subject.Release();
      // Killed before it could say where it lives: nothing else may fail here.
      if (performance.now() - this.#world.lastKill > 2000) throw error;
      this.#world.orphaned++;
    }
    if (this.#held.length > mostHeld) {
      const [oldest] = this.#held.splice(0, 1);
      if (oldest !== undefined) release(oldest);
    }
  }

  readonly #actions: Record<Action, (held: Held) => Promise<void>> = {
    create: async () => {
      const { com, far } = this.#world;
      const places: CreateOptions[] = [{ context: 1 }, { context: 4 }, { machine: far.name }];
      const where = this.#random.pick(places);
      try {
        await this.#add(await com.createInstance(Subject, ISubject, where));
      } catch (error) {
        // Killed before it served: whoever waited for the start is told so.
        const killedAtStart = error instanceof ComError && error.code === HResult.CO_E_SERVER_EXEC_FAILURE;
        if (!killedAtStart || where.context === 1 || performance.now() - this.#world.lastKill > 2000)
          throw error;
        this.#world.orphaned++;
      }
    },
    call: async ({ subject }) => {
      const [a, b] = [this.#random.below(1 << 20), this.#random.below(1 << 20)];
      assert.equal(await subject.Add(a, b), a + b);
    },
    state: async (held) => {
      assert.equal((await held.subject.get_Label()) ?? "", held.label);
      const label = `label ${this.#random.below(1000)}`;
      await held.subject.put_Label(label);
      held.label = label;
    },
    callBack: async ({ lab }) => {
      let told: string | null = null;
      const what = `word ${this.#random.below(1000)}`;
      const sink = {
        Told(text: string | null) {
          told = text;
          return text?.length ?? -1;
        },
      };
      using events = this.#world.com.pointerTo(sink, ISubjectEvents);
      assert.equal(await lab.Tell(events, what), what.length);
      assert.equal(told, what);
    },
    spawn: async ({ lab }) => {
      for (const subject of await lab.SpawnMany(this.#random.below(3) + 1))
        if (subject !== null) await this.#add(subject);
    },
    keep: async (held) => {
      const other = this.#random.pick(this.#held);
      // An object that keeps itself never goes, and two that keep each other never do: COM counts references, it collects no cycles.
      if (rank(other) <= rank(held)) return;
      held.keeps = other.pid;
      try {
        await held.lab.Keep(other.subject);
      } catch (error) {
        if (!this.#world.dead.has(other.pid)) throw error;
      }
    },
    letGo: async (held) => {
      await held.lab.Keep(null);
      held.keeps = undefined;
    },
    callKept: async ({ lab, keeps }) => {
      if (keeps === undefined) return;
      assert.equal(await lab.AddByKept(20, 22), 42);
    },
    handedBack: async ({ lab, keeps }) => {
      if (keeps === undefined) return;
      using kept = await lab.Kept();
      assert.equal(await kept?.Add(1, 1), 2);
    },
    // Shown as an object of here: what another server calls goes through this process to where the object lives.
    aggregate: async (held) => {
      if (held.pid === process.pid) return;
      const other = this.#random.pick(this.#held);
      const outer = new Wrapper();
      aggregate(outer, await held.subject.QueryInterface(ISubject), ISubject);
      using shown = this.#world.com.pointerTo(outer, ISubject);
      assert.equal(await shown.Add(2, 3), 5);
      try {
        await other.lab.Keep(shown);
        other.keeps = held.pid; // where its calls end
        assert.equal(await other.lab.AddByKept(30, 12), 42);
        await other.lab.Keep(null);
        other.keeps = undefined;
      } catch (error) {
        if (!this.#world.dead.has(other.pid)) throw error;
      }
    },
    counts: async ({ subject }) => {
      subject.AddRef();
      using again = await subject.QueryInterface(ISubject);
      assert.equal(await again.Add(1, 2), 3);
      subject.Release();
    },
    fail: async ({ subject, pid }) => {
      const code = 0x80040200 + this.#random.below(100);
      await assert.rejects(
        async () => subject.Fail(code | 0, "on purpose"),
        (error) => (error as { code?: number }).code === code || this.#world.dead.has(pid),
      );
    },
    cancel: async ({ lab, pid }) => {
      const abort = new AbortController();
      const waiting = Promise.resolve(lab.Wait(200, { signal: abort.signal }));
      setTimeout(() => abort.abort(), this.#random.below(50)).unref();
      // On a busy machine the answer may be there before the timer.
      await waiting.catch((error: unknown) => {
        assert.ok(String(error).includes("RPC_E_CALL_CANCELED") || this.#world.dead.has(pid), String(error));
      });
    },
    echo: async ({ lab }) => {
      const data = new Uint8Array(this.#random.below(200_000)).fill(this.#random.below(256));
      assert.deepEqual(await lab.Echo(data.length, data), data);
    },
    release: async (held) => {
      this.#held.splice(this.#held.indexOf(held), 1);
      release(held);
    },
  };
}

const weights = {
  create: 4,
  call: 12,
  state: 4,
  callBack: 4,
  spawn: 2,
  keep: 3,
  letGo: 1,
  callKept: 4,
  handedBack: 2,
  aggregate: 2,
  counts: 3,
  fail: 2,
  cancel: 1,
  echo: 2,
  release: 6,
} as const;
type Action = keyof typeof weights;
const names = (Object.keys(weights) as Action[]).flatMap((name) => Array<Action>(weights[name]).fill(name));

/** Order of creation: a keeper is older than what it keeps, so there are no cycles. */
const ranks = new WeakMap<Held, number>();
let nextRank = 1;
function rank(held: Held): number {
  let known = ranks.get(held);
  if (known === undefined) ranks.set(held, (known = nextRank++));
  return known;
}

function release({ subject, lab }: Held): void {
  lab.Release();
  subject.Release();
}

/** Kills a server now and then, with -9. */
async function killer(world: World, going: () => boolean): Promise<void> {
  while (going()) {
    await delay(betweenKills + world.random.below(betweenKills));
    if (!going()) return;
    const machine = world.random.below(2) === 0 ? world.near : world.far;
    const servers = (await machine.servers()).filter((pid) => runs(pid));
    if (servers.length === 0) continue;
    const pid = world.random.pick(servers);
    world.dead.add(pid);
    world.lastKill = performance.now();
    process.kill(pid, "SIGKILL");
  }
}

/** Client processes that come with objects of their own and are killed, or go. */
async function lodgers(world: World, pingPeriod: number, going: () => boolean): Promise<void> {
  while (going()) {
    const home = newHome();
    await setPingPeriod(home, pingPeriod);
    const lodger = new ClientProcess();
    try {
      await lodger.open({ home, machine: world.far.name, credentials: client, runtimes: 1 });
      await lodger.spawn(20);
      await lodger.call();
      if (world.random.below(3) === 0) await lodger.close();
      else {
        await lodger.kill();
        world.killedClients++;
      }
    } catch (error) {
      // Its server may have been killed under it.
      if (performance.now() - world.lastKill > 3000) world.failure ??= error;
    } finally {
      await lodger[Symbol.asyncDispose]();
      removeHome(home);
    }
    await delay(world.random.below(500));
  }
}
