import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import fc from "fast-check";
import { MemoryStore, type Store, type Transaction, openStore } from "../index.ts";

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));
const string = (data: Uint8Array | undefined): string | undefined =>
  data === undefined ? undefined : Buffer.from(data).toString("latin1");

/** A folder that is gone after the test. */
export async function inFolder<T>(run: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "comity-store-"));
  try {
    return await run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const kinds: readonly (readonly [string, (folder: string) => Promise<Store>])[] = [
  ["MemoryStore", () => Promise.resolve(new MemoryStore())],
  ["LMDB store", (folder) => openStore({ path: join(folder, "store") })],
];

type Step =
  | { readonly put: string; readonly value: string }
  | { readonly delete: string }
  | { readonly range: { reverse: boolean; limit: number; from: string; to: string } };
const name = fc.string({ unit: fc.constantFrom("a", "b", "\0", "\xff"), maxLength: 3 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ put: name, value: name }),
  fc.record({ delete: name }),
  fc.record({ range: fc.record({ reverse: fc.boolean(), limit: fc.nat(5), from: name, to: name }) }),
);

/** What every store must answer, worked out the slow way. */
function checkStep(step: Step, model: Map<string, string>, tx: Transaction): void {
  if ("put" in step) {
    model.set(step.put, step.value);
    tx.put("t", bytes(step.put), bytes(step.value));
  } else if ("delete" in step) {
    assert.equal(tx.delete("t", bytes(step.delete)), model.delete(step.delete));
  } else {
    const { from, to, reverse, limit } = step.range;
    const keys = [...model.keys()].filter((key) => key >= from && key < to).toSorted(compare);
    if (reverse) keys.reverse();
    const found = tx.range("t", { start: bytes(from), end: bytes(to), reverse, limit });
    assert.deepEqual(
      found.map((entry) => [string(entry.key), string(entry.value)]),
      keys.slice(0, limit).map((key) => [key, model.get(key)]),
    );
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

for (const [kind, open] of kinds) {
  describe(kind, () => {
    it("agrees with a sorted map, whatever is committed or thrown away", async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.tuple(fc.array(step, { maxLength: 8 }), fc.boolean())), async (plan) => {
          await inFolder(async (folder) => {
            await using store = await open(folder);
            let model = new Map<string, string>();
            for (const [steps, fails] of plan) {
              const next = new Map(model);
              const work = store.write((tx) => {
                for (const one of steps) checkStep(one, next, tx);
                if (fails) throw new Error("no");
              });
              if (fails) await assert.rejects(work, /^Error: no$/);
              else {
                await work;
                model = next;
              }
              const all = store.read((view) => view.range("t"));
              assert.deepEqual(
                all.map((entry) => [string(entry.key), string(entry.value)]),
                [...model].toSorted(([a], [b]) => compare(a, b)),
              );
            }
          });
        }),
        { numRuns: kind === "MemoryStore" ? 50 : 12 },
      );
    });

    it("keeps tables apart, reads by prefix", async () => {
      await inFolder(async (folder) => {
        await using store = await open(folder);
        await store.write((tx) => {
          tx.put("a", bytes("k1"), bytes("1"));
          tx.put("a", bytes("k2"), bytes("2"));
          tx.put("a", bytes("x"), bytes("3"));
          tx.put("ab", bytes("k1"), bytes("4"));
        });
        store.read((view) => {
          assert.equal(view.range("a").length, 3);
          assert.equal(string(view.get("ab", bytes("k1"))), "4");
          assert.equal(view.get("a", bytes("nothing")), undefined);
          assert.deepEqual(
            view.range("a", { prefix: bytes("k"), reverse: true }).map((entry) => string(entry.key)),
            ["k2", "k1"],
          );
        });
      });
    });

    it("fails one of several writes of the same moment alone", async () => {
      await inFolder(async (folder) => {
        await using store = await open(folder);
        const writes = [1, 2, 3].map((n) =>
          store.write((tx) => {
            tx.put("t", bytes(`k${n}`), bytes("v"));
            if (n === 2) throw new Error("two");
            return n;
          }),
        );
        const results = await Promise.allSettled(writes);
        assert.deepEqual(
          results.map((one) => one.status),
          ["fulfilled", "rejected", "fulfilled"],
        );
        assert.equal(
          store.read((view) => view.range("t").length),
          2,
        );
      });
    });

    it("counts the transactions that changed a table", async () => {
      await inFolder(async (folder) => {
        await using store = await open(folder);
        const before = store.changes("t");
        await store.write((tx) => {
          tx.put("t", bytes("k"), bytes("v"));
          tx.put("t", bytes("l"), bytes("v"));
        });
        await store.write((tx) => tx.put("other", bytes("k"), bytes("v")));
        assert.equal(store.changes("t"), before + 1n);
        await store.write((tx) => tx.delete("t", bytes("k")));
        assert.equal(store.changes("t"), before + 2n);
      });
    });

    it("tells of changes, and only of those", async () => {
      await inFolder(async (folder) => {
        await using store = await open(folder);
        let told = 0;
        const watching = store.watch("t", () => told++);
        await store.write((tx) => tx.put("t", bytes("k"), bytes("v")));
        assert.equal(told, 1);
        await store.write((tx) => tx.put("other", bytes("k"), bytes("v")));
        await store.write((tx) => tx.delete("t", bytes("nothing")));
        await assert.rejects(
          store.write((tx) => {
            tx.put("t", bytes("k"), bytes("w"));
            throw new Error("no");
          }),
        );
        assert.equal(told, 1);
        watching[Symbol.dispose]();
        await store.write((tx) => tx.put("t", bytes("k"), bytes("v2")));
        assert.equal(told, 1);
      });
    });

    it("refuses keys that are too long, odd table names, and use after closing", async () => {
      await inFolder(async (folder) => {
        const store = await open(folder);
        await assert.rejects(
          store.write((tx) => tx.put("t", new Uint8Array(1801), bytes(""))),
          /E_INVALIDARG.*too long/,
        );
        await store.write((tx) => tx.put("t", new Uint8Array(1800), bytes("")));
        assert.throws(() => store.read((view) => view.get("T\0", bytes("k"))), /no table name/);
        await store.close();
        await store.close();
        assert.throws(() => store.read((view) => view.range("t")), /closed/);
        await assert.rejects(
          store.write(() => 1),
          /closed/,
        );
      });
    });
  });
}

describe("LMDB store on disk", () => {
  it("is there again after closing, for its owner alone, and may be open twice", async () => {
    await inFolder(async (folder) => {
      const path = join(folder, "deep", "store");
      const first = await openStore({ path });
      await first.write((tx) => tx.put("t", bytes("k"), bytes("v")));
      await first.close();
      await using again = await openStore({ path });
      await using twice = await openStore({ path });
      assert.equal(
        again.read((view) => string(view.get("t", bytes("k")))),
        "v",
      );
      await twice.write((tx) => tx.put("t", bytes("k"), bytes("w")));
      assert.equal(
        again.read((view) => string(view.get("t", bytes("k")))),
        "w",
      );
      if (process.platform !== "win32") assert.equal(statSync(path).mode & 0o077, 0);
    });
  });
});
