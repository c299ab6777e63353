import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock, silentLogger } from "../../base/index.ts";
import type { ExporterCalls, Oid } from "../resolver-contract.ts";
import { Census } from "../scm/census.ts";
import type { MachineProcess } from "../scm/processes.ts";
import { exporterStub } from "./scm-support.ts";

interface Answers {
  readonly oids: readonly Oid[];
  /** Never answers. */
  readonly hangs?: boolean;
}

class World {
  readonly clock = new ManualClock();
  readonly abandoned: Oid[] = [];
  readonly held = new Set<Oid>();
  answers: Answers[] = [];
  incomplete = false;
  rounds = 0;
  readonly census = new Census({
    clock: this.clock,
    logger: silentLogger,
    processes: () => this.answers.map((_, at) => this.#process(at)),
    isHeld: (oid) => this.held.has(oid),
    incomplete: () => this.incomplete,
  });

  readonly #processes: MachineProcess[] = [];

  #process(at: number): MachineProcess {
    const exporter: ExporterCalls = exporterStub({
      census: () => {
        this.rounds++;
        const { hangs, oids } = this.answers[at] as Answers;
        return hangs === true ? new Promise(() => undefined) : Promise.resolve(oids);
      },
      abandon: (oids) => void this.abandoned.push(...oids),
    });
    const registration = { pid: at, name: "one" } as MachineProcess["registration"];
    return (this.#processes[at] ??= { alive: true, registration, exporter } as MachineProcess);
  }

  async pass(milliseconds: number): Promise<void> {
    for (let left = milliseconds; left > 0; left -= 100) {
      this.clock.advance(100);
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

test("what nobody holds in rounds that follow one another is released, and nothing else", async () => {
  const world = new World();
  world.answers = [{ oids: [1n, 2n, 3n] }, { oids: [4n] }];
  world.held.add(2n);
  world.census.request();
  await world.pass(1200);
  assert.deepEqual(world.abandoned, []);
  world.held.add(3n); // was on its way
  await world.pass(1000);
  assert.deepEqual(world.abandoned, [1n, 4n]);
  await world.pass(5000);
  assert.equal(world.rounds, 6, "three rounds, and no more");
});

test("while a process does not answer, or has yet to join, nothing is released", async () => {
  const world = new World();
  world.answers = [{ oids: [1n] }, { oids: [], hangs: true }];
  world.census.request();
  await world.pass(20_000);
  assert.deepEqual(world.abandoned, []);
  world.incomplete = true;
  world.answers = [{ oids: [1n] }];
  await world.pass(20_000);
  assert.deepEqual(world.abandoned, []);
  world.incomplete = false;
  await world.pass(3000);
  assert.deepEqual(world.abandoned, [1n]);
});

test("who dies during a census is counted from then on; a census ends with its SCM", async () => {
  const world = new World();
  world.answers = [{ oids: [1n] }];
  world.census.request();
  await world.pass(1200);
  world.census.request();
  await world.pass(900);
  assert.deepEqual(world.abandoned, []);
  world.census.close();
  await world.pass(5000);
  assert.deepEqual(world.abandoned, []);
});
