import assert from "node:assert/strict";
import { test } from "node:test";
import { ComError, HResult, ManualClock } from "../../base/index.ts";
import { implement, pointerTo } from "../../com/index.ts";
import { EventTrace, TraceSwitch } from "../observe/event-trace.ts";
import type { CallObserver, ObservedCall } from "../observe/observer.ts";
import { INode, ISink, Node } from "./objects.ts";
import { World, hand } from "./world.ts";

class Sink {
  OnValue(value: number): number {
    return value * 2;
  }
}
implement(Sink, ISink);

/** Writes down what it sees. */
function diary(name: string, lines: string[], calls: ObservedCall[]): CallObserver {
  return {
    async outgoing(call, run) {
      calls.push(call);
      lines.push(`${name} > ${call.method}`);
      try {
        return await run();
      } finally {
        lines.push(`${name} < ${call.method}`);
      }
    },
    incoming(call, run) {
      calls.push(call);
      lines.push(`${name} serves ${call.method}`);
      const ended = (): void => void lines.push(`${name} answers ${call.hresult.toString(16)}`);
      const result = run();
      if (result === undefined) return ended();
      return result.then(ended);
    },
  };
}

test("observers see every call on both sides, with one causality from the root call to the call-back", async () => {
  const lines: string[] = [];
  const calls: ObservedCall[] = [];
  await using world = await World.open();
  const server = await world.side({ observers: [diary("server", lines, calls)] });
  const client = await world.side({ observers: [diary("client", lines, calls)] });
  using node = hand(server, client, new Node("a"), INode);
  assert.equal(await node.CallBack(new Sink() as unknown as ISink, 21), 43);
  const seen = lines.filter((line) => /CallBack|OnValue|answers/.test(line));
  assert.deepEqual(seen, [
    "client > INode.CallBack",
    "server serves INode.CallBack",
    "server > ISink.OnValue",
    "client serves ISink.OnValue",
    "client answers 0",
    "server < ISink.OnValue",
    "server answers 0",
    "client < INode.CallBack",
  ]);
  const causes = calls.filter(({ method }) => /CallBack|OnValue/.test(method)).map((one) => one.causality);
  assert.equal(new Set(causes).size, 1);
  assert.match(causes[0] ?? "", /^[0-9a-f-]{36}$/);

  lines.length = 0;
  await assert.rejects(async () => node.Fail(0x80040201), { code: 0x80040201 });
  assert.ok(lines.includes("server answers 80040201"), lines.join("; "));
});

test("an observer's own failure fails the call it stands around, and nothing else", async () => {
  await using world = await World.open();
  let angry = false;
  const observer: CallObserver = {
    outgoing(_call, run) {
      if (angry) throw new ComError(HResult.E_ABORT, "not today");
      return run();
    },
  };
  const [server, client] = [await world.side(), await world.side({ observers: [observer] })];
  using node = hand(server, client, new Node("a"), INode);
  assert.equal(await node.Add(1, 1), 2);
  angry = true;
  await assert.rejects(async () => node.Add(1, 1), { code: HResult.E_ABORT });
  angry = false;
  assert.equal(await node.Add(1, 1), 2);
});

test("a trace keeps the last events, and is turned on and off while the process runs", async () => {
  const clock = new ManualClock();
  const trace = new EventTrace(clock, 3);
  for (let i = 1; i <= 5; i++) trace.add({ kind: "exported", what: `${i}` });
  assert.deepEqual(
    trace.events().map(({ number, what }) => `${number}:${what}`),
    ["3:3", "4:4", "5:5"],
  );
  assert.deepEqual(
    trace.events(4).map(({ what }) => what),
    ["5"],
  );
  assert.equal(trace.events(0, 1).length, 1);
  for (const size of [0, -1, 1.5, 1e9]) assert.throws(() => new EventTrace(clock, size), /keeps 1 to/);

  const observers: CallObserver[] = [];
  const control = new TraceSwitch(observers, clock);
  assert.deepEqual(control.read({ after: 0, most: 10 }), []);
  control.add({ kind: "exported", what: "nobody listens" });
  assert.deepEqual(control.read({ keep: 10, after: 0, most: 10 }), []);
  assert.equal(observers.length, 1);
  control.add({ kind: "exported", what: "2 objects" });
  assert.equal(control.read({ keep: 10, after: 0, most: 10 }).length, 1, "on twice is on");
  control.read({ keep: 0, after: 0, most: 10 });
  assert.equal(observers.length, 0);
});

test("the machine is asked for the trace of one of its processes", async () => {
  await using world = await World.open();
  const [server, client] = [await world.side(), await world.side()];
  const read = (keep?: number): ReturnType<typeof world.scm.machine.trace> =>
    world.scm.machine.trace(server.exporter.oxid, {
      after: 0,
      most: 100,
      ...(keep === undefined ? {} : { keep }),
    });
  assert.deepEqual(await read(100), []);
  using node = hand(server, client, new Node("a"), INode);
  assert.equal(await node.Add(2, 40), 42);
  await assert.rejects(async () => node.Fail(0x80040201));
  const events = (await read()).filter(({ kind }) => kind === "in");
  assert.deepEqual(
    events.map(({ what, hresult }) => [what, hresult]),
    [
      ["INode.Add", 0],
      ["INode.Fail", 0x80040201],
    ],
  );
  assert.equal(typeof events[0]?.took, "number");
  await read(0);
  assert.equal(await node.Add(2, 40), 42);
  assert.deepEqual(await read(), []);
  assert.throws(() => world.scm.machine.trace(1n, { after: 0, most: 1 }), /no process/);
});

test("calls within the apartment are kept when that is asked for", async () => {
  await using world = await World.open();
  const server = await world.side();
  const read = (
    control: { keep?: number; within?: boolean } = {},
  ): ReturnType<typeof world.scm.machine.trace> =>
    world.scm.machine.trace(server.exporter.oxid, { after: 0, most: 100, ...control });
  using before = pointerTo(new Node("before"), INode);
  const current = (): unknown => Reflect.get(before, "Add");
  const add = current();
  assert.deepEqual(await read({ keep: 100 }), []);
  assert.equal(before.Add(1, 2), 3);
  assert.equal((await read({ within: true })).length, 0, "off until asked for");
  assert.notEqual(current(), add);
  using after = pointerTo(new (class Other extends Node {})("after"), INode);
  assert.equal(before.Add(1, 2), 3);
  assert.equal(after.Add(3, 4), 7);
  assert.equal(await after.AddLater(3, 4), 7);
  assert.throws(() => before.Fail(0x80040201), { code: 0x80040201 });
  const bare = new Node("bare");
  Object.defineProperty(bare, "constructor", { value: undefined });
  using nameless = pointerTo(bare, INode);
  assert.equal(nameless.Add(5, 6), 11, "what has no class is called all the same");
  const events = (await read()).filter(({ kind }) => kind === "within");
  assert.deepEqual(
    events.map(({ what, object, hresult }) => [what, object, hresult]),
    [
      ["INode.Add", "Node", 0],
      ["INode.Add", "Other", 0],
      ["INode.AddLater", "Other", 0],
      ["INode.Fail", "Node", 0x80040201],
      ["INode.Add", "an object", 0],
    ],
  );
  await read({ keep: 0 });
  assert.equal(current(), add, "nothing of it is left");
  assert.equal(before.Add(1, 2), 3);
  assert.deepEqual(await read(), []);
});
