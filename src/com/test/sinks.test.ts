import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { HResult, ManualClock } from "../../base/index.ts";
import {
  CookieTable,
  type Delivery,
  SinkConnection,
  type SinkHost,
  type SinkSettings,
  defaultSinkSettings,
  heldSink,
  identityOf,
  pointerTo,
} from "../index.ts";
import { ISink } from "./sample.ts";
import { literalSink } from "./support.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function connect(settings: SinkSettings = {}): {
  readonly connection: SinkConnection;
  readonly lost: number[];
  readonly notes: string[];
} {
  const lost: number[] = [];
  const notes: string[] = [];
  const host: SinkHost = {
    identity: identityOf({}),
    settings: { ...defaultSinkSettings, clock: new ManualClock(), ...settings },
    lost: (one) => {
      lost.push(one.cookie);
      one.close();
    },
    note: (_, what) => notes.push(what),
  };
  const sink = pointerTo(literalSink([]), ISink);
  return { connection: new SinkConnection(1, heldSink(sink), host), lost, notes };
}

describe("the queue of a sink", () => {
  test("whatever the sink's pace: in order, one at a time, each answered once", async () => {
    const pace = fc.array(fc.nat(3), { maxLength: 20 });
    const overflow = fc.constantFrom("dropOldest", "dropNewest", "disconnect" as const);
    await fc.assert(
      fc.asyncProperty(pace, fc.integer({ min: 1, max: 6 }), overflow, async (turns, maxPending, policy) => {
        const { connection, lost } = connect({ maxPending, overflow: policy });
        const heard: number[] = [];
        const answers = new Map<number, Delivery[]>();
        let working = 0;
        for (const [i, wait] of turns.entries()) {
          answers.set(i, []);
          const call = (): unknown => {
            heard.push(i);
            if (wait === 0) return i;
            assert.equal(++working, 1, "one at a time");
            return (async () => {
              for (let n = 0; n < wait; n++) await turn();
              working--;
              return i;
            })();
          };
          connection.send({ call, pointers: [] }, (answer) => answers.get(i)?.push(answer));
          if (wait === 3) await turn();
        }
        for (let n = 0; n < turns.length * 4 + 2; n++) await turn();
        assert.deepEqual(
          heard,
          heard.toSorted((a, b) => a - b),
          "in order",
        );
        for (const [i, list] of answers) {
          assert.equal(list.length, 1, "each is answered once");
          const [answer] = list;
          if (heard.includes(i)) assert.equal(answer?.error === undefined ? answer?.value : i, i);
          else assert.ok(answer?.code === HResult.E_OUTOFMEMORY || answer?.code === 0x80040200);
        }
        if (policy !== "disconnect") assert.deepEqual(lost, []);
        if (lost.length === 0) connection.close();
        assert.equal(connection.pending, 0);
      }),
      { numRuns: 60 },
    );
  });

  test("hostile: a hundred thousand events for a sink that hangs take the room of the limit", async () => {
    const { connection, notes } = connect({ maxPending: 100 });
    let answered = 0;
    const hang = (): Promise<never> => new Promise<never>(() => undefined);
    for (let i = 0; i < 100_000; i++) connection.send({ call: hang, pointers: [] }, () => answered++);
    assert.equal(connection.pending, 100);
    assert.equal(answered, 100_000 - 101);
    assert.equal(notes.length, 1, "told once, not a hundred thousand times");
    connection.close();
    assert.equal(answered, 100_000 - 1);
    await turn();
  });

  test("pointers among the arguments live until the sink has been told", async () => {
    const { connection } = connect();
    const argument = pointerTo(literalSink([]), ISink);
    let go = (): void => undefined;
    connection.send({ call: () => new Promise<void>((resolve) => (go = resolve)), pointers: [] });
    let alive = false;
    connection.send({
      call: () => {
        alive = argument.AddRef() > 0;
        argument.Release();
      },
      pointers: [argument],
    });
    argument[Symbol.dispose]();
    go();
    await turn();
    assert.ok(alive, "its owner has let it go long ago");
    assert.throws(() => argument.AddRef(), { code: HResult.CO_E_OBJNOTCONNECTED });
    connection.close();
  });
});

test("cookies are never zero and never given twice", () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 50 }), (steps) => {
      const table = new CookieTable<number>();
      const living: number[] = [];
      const ever = new Set<number>();
      for (const add of steps) {
        if (add || living.length === 0) {
          const cookie = table.add((number) => number);
          assert.ok(cookie !== 0 && !ever.has(cookie));
          ever.add(cookie);
          living.push(cookie);
        } else {
          const cookie = living.shift() as number;
          assert.equal(table.take(cookie), cookie);
          assert.equal(table.take(cookie), undefined);
        }
        assert.deepEqual(table.entries(), living);
      }
    }),
  );
});
