import assert from "node:assert/strict";
import { test } from "node:test";
import { type Clock, ManualClock, silentLogger } from "../../base/index.ts";
import type { DualStringArray } from "../dual-string-array.ts";
import { NetChanges } from "../ping/net-changes.ts";
import { PingClient, type PingTransport } from "../ping/ping-client.ts";
import { PingTable } from "../ping/ping-table.ts";
import { ResolverStatus } from "../ping/status.ts";
import type { Oid } from "../resolver-contract.ts";

const period = 120_000;
const machine: DualStringArray = { strings: [{ tower: 7, address: "10.0.0.1" }], security: [] };

interface World {
  readonly clock: ManualClock;
  readonly table: PingTable;
  readonly rundown: Oid[];
}

function world(
  limits: {
    maxSets?: number;
    maxSetsPerClient?: number;
    maxEntries?: number;
    maxEntriesPerClient?: number;
  } = {},
): World {
  const clock = new ManualClock();
  const rundown: Oid[] = [];
  const table = new PingTable({
    clock,
    period,
    known: (oid) => oid >> 32n === 7n,
    rundown: (oids) => void rundown.push(...oids),
    ...limits,
  });
  return { clock, table, rundown };
}

const oid = (n: number): Oid => (7n << 32n) | BigInt(n);

test("an object nobody ever pings is rundown after three periods, not before", () => {
  const { clock, table, rundown } = world();
  table.exported([oid(1)]);
  clock.advance(3 * period - 1);
  assert.deepEqual(rundown, []);
  clock.advance(period / 4 + 1);
  assert.deepEqual(rundown, [oid(1)]);
  assert.deepEqual(table.statistics, { sets: 0, objects: 0, entries: 0 });
});

test("a pinged set keeps its objects; three missed pings end it", () => {
  const { clock, table, rundown } = world();
  const { setId, status } = table.complexPing(0n, 1, [oid(1), oid(2)], []);
  assert.equal(status, 0);
  for (let i = 0; i < 10; i++) {
    clock.advance(period);
    assert.equal(table.simplePing(setId), 0);
  }
  clock.advance(3 * period);
  assert.deepEqual(rundown, []);
  clock.advance(period / 2);
  assert.deepEqual(rundown, [oid(1), oid(2)]);
  assert.equal(table.simplePing(setId), ResolverStatus.invalidSet);
});

test("a machine that did not run for a while reads the pings that wait before it gives anybody up", () => {
  let now = 0;
  const timers: (() => void)[] = [];
  const rundown: Oid[] = [];
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    after: () => assert.fail("the table has one timer"),
    every: (_milliseconds, run) => (timers.push(run), { [Symbol.dispose]: () => undefined }),
  };
  const table = new PingTable({
    clock,
    period,
    known: () => true,
    rundown: (oids) => void rundown.push(...oids),
  });
  const { setId } = table.complexPing(0n, 1, [oid(1)], []);
  table.exported([oid(2)]);
  const tick = (milliseconds: number): void => {
    now += milliseconds;
    for (const run of timers) run();
  };
  tick(period / 4);
  tick(5 * period); // suspended, or starved
  assert.deepEqual(rundown, [], "nobody is given up yet");
  assert.equal(table.simplePing(setId), 0, "a ping that waited is read");
  tick(period / 4);
  assert.deepEqual(rundown, [oid(2)], "who did not ping either way is");
});

test("a reference passed on outlives the first holder", () => {
  const { clock, table, rundown } = world();
  const first = table.complexPing(0n, 1, [oid(1)], []).setId;
  const second = table.complexPing(0n, 1, [], []).setId;
  table.complexPing(first, 2, [], [oid(1)]);
  clock.advance(period);
  table.complexPing(second, 2, [oid(1)], []);
  for (let i = 0; i < 8; i++) {
    clock.advance(period);
    table.simplePing(second);
  }
  assert.deepEqual(rundown, []);
  table.withdrawn([oid(1)]);
  table.complexPing(second, 3, [], [oid(1)]);
  clock.advance(10 * period);
  assert.deepEqual(rundown, [], "a withdrawn object needs no rundown");
  assert.equal(table.statistics.objects, 0);
});

test("statuses of the resolver", () => {
  const { table } = world();
  assert.equal(table.simplePing(5n), ResolverStatus.invalidSet);
  assert.equal(table.complexPing(5n, 1, [], []).status, ResolverStatus.invalidSet);
  const { setId, status } = table.complexPing(0n, 1, [9n, oid(1)], []);
  assert.equal(status, ResolverStatus.invalidOid);
  assert.equal(table.statistics.entries, 1, "the known one was taken in");
  assert.equal(table.complexPing(setId, 0, [], [oid(1)]).status, 0);
  assert.equal(table.statistics.entries, 1, "an overtaken ping changes nothing");
});

test("sequence numbers wrap, and a client that repeats its number is heard", () => {
  const { table } = world();
  const { setId } = table.complexPing(0n, 0xffff, [], []);
  table.complexPing(setId, 0, [oid(1)], []);
  table.complexPing(setId, 0, [oid(2)], []);
  assert.equal(table.statistics.entries, 2);
});

test("limits: sets and entries", () => {
  const { table } = world({ maxSets: 2, maxEntries: 3 });
  assert.equal(table.complexPing(0n, 1, [oid(1), oid(2)], []).status, 0);
  assert.equal(table.complexPing(0n, 1, [oid(3), oid(4)], []).status, ResolverStatus.tooBusy);
  assert.equal(table.complexPing(0n, 1, [], []).status, ResolverStatus.tooBusy);
  assert.equal(table.statistics.entries, 3);
});

test("an exporter's death takes its objects out of all sets", () => {
  const { clock, table, rundown } = world();
  table.complexPing(0n, 1, [oid(1), oid(2)], []);
  table.localSet().change([oid(2)], []);
  table.exporterGone((id) => id >> 32n === 7n);
  assert.deepEqual(table.statistics, { sets: 1, objects: 0, entries: 1 });
  clock.advance(4 * period);
  assert.deepEqual(rundown, []);
});

test("a process of this machine is its own ping set", () => {
  const { clock, table, rundown } = world();
  table.exported([oid(1)]);
  const set = table.localSet();
  set.change([oid(1)], []);
  clock.advance(100 * period);
  assert.deepEqual(rundown, []);
  set.close();
  clock.advance(3.5 * period);
  assert.deepEqual(rundown, [oid(1)]);
});

test("what came and went is never reported", () => {
  const changes = new NetChanges<number>();
  changes.add(1);
  changes.drop(1);
  changes.drop(2);
  changes.add(2);
  assert.ok(changes.empty);
  changes.add(3);
  assert.deepEqual(changes.take(), { added: [3], dropped: [] });
});

/** A small generator with a seed, so that a failure can be repeated. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * A hundred client machines take, pass on, drop and lose references while messages are late or lost and machines are killed. Nothing a living client holds
 * may be rundown; everything nobody holds must be gone in the end.
 */
async function simulate(seed: number): Promise<void> {
  const next = random(seed);
  const { clock, table, rundown } = world();
  const released = new Set<Oid>();
  const exists = new Set<Oid>();
  const clients: { alive: boolean; ping: PingClient; held: Set<Oid> }[] = [];
  const transport = (index: number): PingTransport => {
    const late = <T>(serve: () => T): Promise<T> =>
      new Promise((resolve, reject) => {
        const lost = next();
        clock.after(next() * period * 0.1, () => {
          if (!clients[index]?.alive || lost < 0.03) return reject(new Error("lost"));
          const answer = serve();
          if (lost < 0.06) return reject(new Error("answer lost"));
          clock.after(next() * period * 0.1, () => resolve(answer));
        });
      });
    return {
      simplePing: (_, id) => late(() => table.simplePing(id)),
      complexPing: (_, id, sequence, added, dropped) =>
        late(() => table.complexPing(id, sequence, added, dropped)),
    };
  };
  for (let i = 0; i < 100; i++) {
    const ping = new PingClient({ clock, period, transport: transport(i), logger: silentLogger });
    clients.push({ alive: true, ping, held: new Set() });
  }
  let made = 0;
  const check = (): void => {
    for (const gone of rundown.splice(0)) {
      for (const client of clients)
        assert.ok(!(client.alive && client.held.has(gone)), `seed ${seed}: freed early`);
      released.add(gone);
    }
  };
  for (let step = 0; step < 400; step++) {
    const client = clients[Math.floor(next() * 100)];
    assert.ok(client);
    if (client.alive) {
      const act = next();
      const held = [...client.held];
      const some = held[Math.floor(next() * held.length)];
      if (act < 0.5) {
        const fresh = oid(++made);
        exists.add(fresh);
        table.exported([fresh]);
        client.held.add(fresh);
        client.ping.change(machine, [fresh], []);
      } else if (act < 0.7 && some !== undefined) {
        const other = clients[Math.floor(next() * 100)];
        if (other?.alive && !other.held.has(some)) {
          other.held.add(some);
          other.ping.change(machine, [some], []);
          client.held.delete(some); // moved on: the giver drops it at once
          client.ping.change(machine, [], [some]);
        }
      } else if (act < 0.9 && some !== undefined) {
        client.held.delete(some);
        client.ping.change(machine, [], [some]);
        if (!clients.some((c) => c.held.has(some))) {
          table.withdrawn([some]); // the last RemRelease arrived
          exists.delete(some);
        }
      } else if (act > 0.97) {
        client.alive = false;
        client.ping[Symbol.dispose]();
      }
    }
    clock.advance(next() * period * 0.2);
    if (step % 4 === 0) await settle();
    check();
  }
  for (const client of clients) {
    client.alive = false;
    client.ping[Symbol.dispose]();
  }
  clock.advance(8 * period);
  await settle();
  check();
  for (const each of exists) assert.ok(released.has(each), `seed ${seed}: left over`);
  assert.deepEqual(table.statistics, { sets: 0, objects: 0, entries: 0 });
}

test("a hundred clients, kills, delays and losses: nothing is freed early, nothing is left over", async () => {
  for (let seed = 1; seed <= 12; seed++) await simulate(seed);
});

test("a client pings again after the server forgot its set", async () => {
  const { clock, table, rundown } = world();
  const calls: string[] = [];
  let deaf = false;
  const ping = new PingClient({
    clock,
    period,
    logger: silentLogger,
    transport: {
      simplePing: (_, id) => {
        calls.push("simple");
        return deaf ? Promise.reject(new Error("down")) : Promise.resolve(table.simplePing(id));
      },
      complexPing: (_, id, sequence, added, dropped) => {
        calls.push(`complex ${sequence} +${added.length} -${dropped.length}`);
        return deaf
          ? Promise.reject(new Error("down"))
          : Promise.resolve(table.complexPing(id, sequence, added, dropped));
      },
    },
  });
  const run = async (periods: number): Promise<void> => {
    for (let i = 0; i < periods * 8; i++) {
      clock.advance(period / 8);
      await settle();
    }
  };
  ping.change(machine, [oid(1), oid(2)], []);
  await run(2);
  assert.deepEqual(calls.splice(0), ["complex 1 +2 -0", "simple"]);
  ping.change(machine, [oid(3)], [oid(1)]);
  await run(2);
  assert.deepEqual(calls.splice(0), ["complex 2 +1 -1", "simple"]);
  deaf = true;
  await run(4);
  deaf = false;
  rundown.length = 0;
  calls.length = 0;
  await run(1);
  assert.deepEqual(calls.slice(0, 2), ["simple", "complex 1 +2 -0"]);
  await run(5);
  assert.deepEqual(rundown, []);
  ping.change(machine, [], [oid(2), oid(3)]);
  await run(2);
  assert.deepEqual(ping.machines, []);
});

test("one client cannot use up the ping sets of all; its own come back when they end", () => {
  const { clock, table } = world({ maxSets: 100, maxSetsPerClient: 3 });
  const make = (client: string): number => table.complexPing(0n, 1, [], [], client).status;
  assert.deepEqual(
    Array.from({ length: 5 }, () => make("10.0.0.1")),
    [0, 0, 0, ResolverStatus.tooBusy, ResolverStatus.tooBusy],
  );
  assert.equal(make("10.0.0.2"), 0);
  clock.advance(3 * period + period / 2);
  assert.equal(table.statistics.sets, 0);
  assert.equal(make("10.0.0.1"), 0);
});

test("one client cannot fill all sets with made-up OIDs; its room comes back", () => {
  const { clock, table } = world({ maxEntries: 100, maxEntriesPerClient: 10 });
  const many = Array.from({ length: 50 }, (_, i) => oid(i));
  const ping = (client: string, set = 0n) => table.complexPing(set, 1, many, [], client);
  const first = ping("10.0.0.1");
  assert.equal(first.status, ResolverStatus.tooBusy);
  assert.equal(ping("10.0.0.1").status, ResolverStatus.tooBusy, "another set is of no use");
  assert.equal(table.statistics.entries, 10);
  assert.equal(table.complexPing(0n, 1, many.slice(0, 10), [], "10.0.0.2").status, 0);
  assert.equal(table.complexPing(first.setId, 2, [], many.slice(0, 5), "10.0.0.1").status, 0);
  assert.equal(table.complexPing(first.setId, 3, many.slice(20, 25), [], "10.0.0.1").status, 0);
  assert.equal(table.statistics.entries, 20);
  clock.advance(3 * period + period / 2);
  assert.equal(table.statistics.entries, 0);
  assert.equal(table.complexPing(0n, 1, many.slice(0, 10), [], "10.0.0.1").status, 0);
});
