import assert from "node:assert/strict";
import { test } from "node:test";
import { ComError, HResult } from "../../base/index.ts";
import type { ExporterCalls, RunningLine } from "../resolver-contract.ts";
import type { MachineProcess } from "../scm/processes.ts";
import { RunningTable } from "../scm/running-table.ts";
import { catalogOf, exporterStub, registration, serverClass, testClsid, testMachine } from "./scm-support.ts";

/* The Running Object Table as the SCM keeps it. */

const owner = (name: string): MachineProcess =>
  ({ registration: registration(name), exporter: exporterStub() }) as unknown as MachineProcess;

function line(number: number, over: Partial<RunningLine> = {}): RunningLine {
  return { line: number, key: Uint8Array.of(1), name: "a", changed: 0n, anyClient: false, ...over };
}

const refuses =
  (code: number) =>
  (error: unknown): boolean =>
    error instanceof ComError && error.code === code;

test("names in the order they came; what goes, goes alone", () => {
  const table = new RunningTable(() => 10);
  const [a, b] = [owner("a"), owner("b")];
  assert.equal(table.add(a, line(1)), false);
  assert.equal(table.add(b, line(1, { name: "second" })), true);
  assert.equal(table.add(a, line(2, { key: Uint8Array.of(2) })), false);
  assert.deepEqual(
    table.named(Uint8Array.of(1)).map(({ name }) => name),
    ["a", "second"],
  );
  table.note(a, 1, 7n);
  assert.equal(table.named(Uint8Array.of(1))[0]?.changed, 7n);
  assert.throws(() => table.note(b, 2, 7n), refuses(HResult.E_INVALIDARG));
  assert.equal(table.remove(a, 1), true);
  assert.equal(table.remove(a, 1), false);
  assert.deepEqual(
    table.named(Uint8Array.of(1)).map(({ name }) => name),
    ["second"],
  );
  table.removeOwner(b);
  table.removeOwner(a);
  assert.equal(table.size, 0);
  assert.deepEqual(table.named(Uint8Array.of(2)), []);
});

test("limits: lines of one process, lengths of keys and names; a large saved form is left out", () => {
  const table = new RunningTable(() => 3);
  const [a, b] = [owner("a"), owner("b")];
  for (const number of [1, 2, 3]) table.add(a, line(number));
  assert.throws(() => table.add(a, line(4)), refuses(HResult.E_OUTOFMEMORY));
  assert.throws(() => table.add(b, line(1, { key: new Uint8Array(2049) })), refuses(HResult.E_INVALIDARG));
  assert.throws(() => table.add(b, line(1, { key: new Uint8Array(0) })), refuses(HResult.E_INVALIDARG));
  assert.throws(() => table.add(b, line(1, { name: "x".repeat(40_000) })), refuses(HResult.E_INVALIDARG));
  table.add(b, line(1, { key: new Uint8Array(2048), saved: new Uint8Array(70_000) }));
  assert.throws(() => table.add(b, line(1)), refuses(HResult.CO_E_OBJISREG));
  assert.equal(table.named(new Uint8Array(2048))[0]?.saved, undefined);
  assert.deepEqual(table.named(new Uint8Array(100_000)), []);
});

test("the list comes in parts that fit in a message", () => {
  const table = new RunningTable(() => 1000);
  const a = owner("a");
  for (let number = 0; number < 100; number++) table.add(a, line(number, { saved: new Uint8Array(50_000) }));
  let seen = 0;
  for (let after = 0; ;) {
    const { lines, more } = table.list(after);
    assert.ok(lines.length <= 12);
    seen += lines.length;
    after = lines.at(-1)?.id ?? after;
    if (!more) break;
  }
  assert.equal(seen, 100);
});

test("the process is asked each time; one that has lost its object loses its line, the next is asked", async () => {
  const machine = testMachine();
  const asked: string[] = [];
  const exporter = (name: string, gone: boolean): ExporterCalls => ({
    ...exporterStub(),
    running: async (number, what) => {
      asked.push(`${name} ${number} ${what}`);
      if (gone) throw new ComError(HResult.MK_E_UNAVAILABLE);
      return Uint8Array.of(number);
    },
  });
  const first = await machine.join(registration("first"), exporter("first", true));
  const second = await machine.join(registration("second"), exporter("second", false));
  assert.equal(await first.running.register(line(1)), false);
  assert.equal(await second.running.register(line(9)), true);
  assert.deepEqual(await machine.running.object(Uint8Array.of(1)), Uint8Array.of(9));
  assert.deepEqual(await machine.running.object(Uint8Array.of(1)), Uint8Array.of(9));
  assert.deepEqual(asked, ["first 1 object", "second 9 object", "second 9 object"]);
  const [left] = machine.running.table.list(0).lines;
  assert.deepEqual(await machine.running.moniker(left?.id ?? 0), Uint8Array.of(9));
  assert.equal(await machine.running.moniker(999), undefined);
  machine.leave(second.process);
  assert.equal(machine.running.changed(Uint8Array.of(1)), undefined);
  assert.equal(await machine.running.object(Uint8Array.of(1)), undefined);
  await assert.rejects(second.running.register(line(10)), refuses(HResult.CO_E_SERVER_STOPPING));
  machine.close();
});

test("any client: only a launched server whose AppID says so", async () => {
  const asked = { anyClient: true };
  const withFlag = testMachine({ catalog: catalogOf([serverClass({ rotFlags: 1 })]) });
  const started = await withFlag.join(registration("a", { launchToken: "t" }), exporterStub());
  await assert.rejects(started.running.register(line(1, asked)), refuses(HResult.CO_E_WRONG_SERVER_IDENTITY));
  await started.registerClass({ clsid: testClsid, uses: "multiple", suspended: false });
  assert.equal(await started.running.register(line(1, asked)), false);
  const byHand = await withFlag.join(registration("b"), exporterStub());
  await byHand.registerClass({ clsid: testClsid, uses: "multiple", suspended: false });
  await assert.rejects(
    byHand.running.register(line(1, asked)),
    (error: ComError) => error.code === HResult.CO_E_WRONG_SERVER_IDENTITY && error.gate === "running object",
  );
  withFlag.close();
  const asItself = testMachine({ catalog: catalogOf([serverClass({ runAs: "ann" })]) });
  const run = await asItself.join(registration("a", { launchToken: "t" }), exporterStub());
  await run.registerClass({ clsid: testClsid, uses: "multiple", suspended: false });
  assert.equal(await run.running.register(line(1, asked)), false);
  asItself.close();
});
