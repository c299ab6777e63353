import assert from "node:assert/strict";
import { it } from "node:test";
import { RegistryMemory } from "../index.ts";

it("what was read of the registry is remembered while its stamp stands, failures are not", () => {
  let stamp: bigint | undefined = 1n;
  let asked = 0;
  const memory = new RegistryMemory(() => stamp);
  const ask = (): number => memory.remember("q", "x", () => ++asked);
  assert.deepEqual([ask(), ask()], [1, 1]);
  stamp = 2n;
  assert.deepEqual([ask(), ask()], [2, 2]);
  stamp = undefined;
  assert.deepEqual([ask(), ask()], [3, 4]);
  stamp = 3n;
  for (let i = 0; i < 2; i++)
    assert.throws(() =>
      memory.remember("fails", "x", () => {
        asked++;
        throw new TypeError("no");
      }),
    );
  assert.equal(asked, 6);
  for (let i = 0; i < 25_000; i++)
    assert.equal(
      memory.remember("many", `${i}`, () => i),
      i,
    );
});
