import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "../../base/index.ts";
import type { DualStringArray } from "../dual-string-array.ts";
import type { Oid } from "../resolver-contract.ts";
import type { MachineSession } from "../scm/machine.ts";
import { exporterStub, registration, testMachine } from "./scm-support.ts";

const period = 120_000;
const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function server(clock: ManualClock): Promise<{
  machine: ReturnType<typeof testMachine>;
  session: MachineSession;
  gone: Oid[];
  oid: (n: number) => Oid;
}> {
  const machine = testMachine({ clock });
  const gone: Oid[] = [];
  const session = await machine.join(
    registration("server"),
    exporterStub({ rundown: (oids) => void gone.push(...oids) }),
  );
  const oid = (n: number): Oid => (BigInt(session.oidPrefix) << 32n) | BigInt(n);
  return { machine, session, gone, oid };
}

test("a client machine that falls silent loses its references after three periods", async () => {
  const clock = new ManualClock();
  const { machine, session, gone, oid } = await server(clock);
  session.exported([oid(1), oid(2)]);
  const { setId, status } = machine.life.complexPing(0n, 1, [oid(1)], []);
  assert.equal(status, 0);
  for (let i = 0; i < 10; i++) {
    clock.advance(period);
    assert.equal(machine.life.simplePing(setId), 0);
  }
  assert.deepEqual(gone, [oid(2)], "only what nobody pinged");
  clock.advance(3 * period - 1);
  assert.deepEqual(gone, [oid(2)]);
  clock.advance(period);
  assert.deepEqual(gone, [oid(2), oid(1)]);
  assert.equal(machine.life.simplePing(setId), 1912); // OR_INVALID_SET
  assert.equal(machine.life.snapshot().objects, 0);
});

test("a process of this machine keeps what it holds without pings, until it dies", async () => {
  const clock = new ManualClock();
  const { machine, session, gone, oid } = await server(clock);
  const client = await machine.join(registration("client"), exporterStub());
  session.exported([oid(7)]);
  client.references(session.resolverBindings, [oid(7)], []);
  clock.advance(100 * period);
  assert.deepEqual(gone, []);
  await client[Symbol.asyncDispose]();
  clock.advance(4 * period);
  assert.deepEqual(gone, [oid(7)]);
});

test("an OID that no process of the machine gives out is refused", async () => {
  const { machine } = await server(new ManualClock());
  assert.equal(machine.life.complexPing(0n, 1, [12345n], []).status, 1911); // OR_INVALID_OID
});

test("what processes hold on another machine is pinged once for all of them, and given up when they die", async () => {
  const clock = new ManualClock();
  const sent: string[] = [];
  const there: DualStringArray = { strings: [{ tower: 7, address: "10.0.0.2" }], security: [] };
  const machine = testMachine({
    clock,
    pings: {
      simplePing: async (_resolver, set) => {
        sent.push(`simple ${set}`);
        return 0;
      },
      complexPing: async (_resolver, set, _sequence, added, dropped) => {
        sent.push(`complex ${set} +${added.join()} -${dropped.join()}`);
        return { setId: 9n, status: 0 };
      },
    },
  });
  const a = await machine.join(registration("a"), exporterStub());
  const b = await machine.join(registration("b"), exporterStub());
  a.references(there, [1n, 2n], []);
  b.references(there, [2n, 3n], []);
  clock.advance(period);
  await tick();
  clock.advance(period);
  await tick();
  assert.deepEqual(sent, ["complex 0 +1,2,3 -", "simple 9"]);
  assert.deepEqual(machine.life.snapshot().pinging, [{ machine: "7:10.0.0.2", objects: 3 }]);
  await a[Symbol.asyncDispose]();
  clock.advance(period);
  await tick();
  assert.equal(sent.at(-1), "complex 9 + -1");
  machine.close();
});
