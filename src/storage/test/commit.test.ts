import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { IStorage } from "../../com/gen/objidl.ts";
import {
  Stgm,
  createMemoryLockBytes,
  bytesOfLockBytes,
  createStorageOnLockBytes,
  openStorageOnLockBytes,
} from "../index.ts";
import { checkFile } from "./check-file.ts";
import { R, T, TestBytes, X, clock, dump, pattern, put, seeded, text } from "./support.ts";

/** A storage with something of everything: small and large streams, storages, holes from deleting. */
async function before(version: 3 | 4): Promise<Uint8Array> {
  using bytes = createMemoryLockBytes();
  using root = await createStorageOnLockBytes(bytes, X | Stgm.CREATE, { version, clock });
  await put(root, "small", text("old small"));
  await put(root, "large", pattern(9000, 1));
  await put(root, "gone", pattern(20_000, 2));
  for (let i = 0; i < 12; i++) await put(root, `many ${i}`, pattern(i * 40, i));
  using folder = (await root.CreateStorage("folder", X, 0, 0)) as IStorage;
  await put(folder, "inner", pattern(5000, 3));
  await root.DestroyElement("gone");
  await root.Commit(0);
  return bytesOfLockBytes(bytes);
}

/** Changes that touch everything: contents, directory, both FATs. */
async function change(root: IStorage): Promise<void> {
  await put(root, "small", text("new small, and longer"));
  await put(root, "large", pattern(12_000, 4));
  await put(root, "fresh", pattern(70_000, 5));
  await put(root, "tiny", text("t"));
  for (let i = 0; i < 12; i += 3) await root.DestroyElement(`many ${i}`);
  await root.RenameElement("many 1", "another name");
  using folder = (await root.OpenStorage("folder", null, X, null, 0)) as IStorage;
  await put(folder, "inner", pattern(100, 6));
  await folder.SetStateBits(5, 7);
  using deeper = (await folder.CreateStorage("deeper", X, 0, 0)) as IStorage;
  await put(deeper, "x", pattern(4096, 7));
}

async function stateOf(bytes: Uint8Array): Promise<string> {
  using lockBytes = createMemoryLockBytes(bytes.slice());
  using root = await openStorageOnLockBytes(lockBytes, R, { clock });
  return await dump(root);
}

/** Opens, changes, commits over a medium; answers whether it said it worked. */
async function run(medium: TestBytes): Promise<boolean> {
  using pointer = medium.pointer();
  const root = await openStorageOnLockBytes(pointer, T, { clock });
  try {
    await change(root);
    await root.Commit(0);
    return true;
  } catch {
    return false;
  } finally {
    root.Release();
  }
}

for (const version of [3, 4] as const) {
  suite(`a commit is whole, version ${version}`, () => {
    test("whatever write fails, and whatever of it arrives", async () => {
      const old = await before(version);
      const whole = new TestBytes(old);
      assert.equal(await run(whole), true);
      const states = { old: await stateOf(old), new: await stateOf(whole.bytes) };
      assert.notEqual(states.old, states.new);
      const seen = { old: 0, new: 0 };
      for (let at = 1; at <= whole.operations; at++) {
        for (const stops of [true, false]) {
          for (const arrives of [0, 1, 200, 511, 100_000]) {
            const medium = new TestBytes(old);
            medium.fault = { at, stops, arrives };
            const worked = await run(medium);
            const state = await stateOf(medium.bytes);
            assert.ok(
              state === states.old || state === states.new,
              `operation ${at}, ${arrives} bytes arrive`,
            );
            if (worked) assert.equal(state, states.new, `operation ${at} failed and nobody said so`);
            seen[state === states.old ? "old" : "new"]++;
          }
        }
      }
      assert.ok(seen.old > 0 && seen.new > 0);
    });

    test("a header torn at any byte", async () => {
      const old = await before(version);
      const whole = new TestBytes(old);
      await run(whole);
      const states = [await stateOf(old), await stateOf(whole.bytes)];
      const header = await operationOfHeader(old);
      for (let arrives = 0; arrives <= 512; arrives += version === 3 ? 1 : 7) {
        const medium = new TestBytes(old);
        medium.fault = { at: header, stops: true, arrives };
        await run(medium);
        assert.ok(states.includes(await stateOf(medium.bytes)), `${arrives} bytes of the header`);
      }
    });

    test("power lost at any moment, what was not flushed arrived in part", async () => {
      const old = await before(version);
      const whole = new TestBytes(old);
      await run(whole);
      const states = [await stateOf(old), await stateOf(whole.bytes)];
      const random = seeded(version);
      for (let at = 1; at <= whole.operations; at++) {
        for (let i = 0; i < 10; i++) {
          const medium = new TestBytes(old);
          medium.fault = { at, stops: true };
          await run(medium);
          const state = await stateOf(medium.afterPowerLoss(random));
          assert.ok(states.includes(state), `operation ${at}`);
        }
      }
    });
  });
}

/** Which operation writes the header: the one after which the old state is no more. */
async function operationOfHeader(old: Uint8Array): Promise<number> {
  const medium = new TestBytes(old);
  let found = 0;
  const write = medium.WriteAt.bind(medium);
  medium.WriteAt = (at, pv, cb) => {
    if (at === 0n) found = medium.operations + 1;
    return write(at, pv, cb);
  };
  await run(medium);
  return found;
}

test("a torn header is mended before anything else is written", async () => {
  const old = await before(3);
  const header = await operationOfHeader(old);
  for (const arrives of [60, 300, 500]) {
    const torn = new TestBytes(old);
    torn.fault = { at: header, stops: true, arrives };
    await run(torn);
    const now = await stateOf(torn.bytes);
    const again = new TestBytes(torn.bytes);
    for (let at = 1; ; at++) {
      const medium = new TestBytes(torn.bytes);
      medium.fault = { at, stops: true, arrives: 100 };
      const done = await bitesIn(medium);
      const state = await stateOf(medium.bytes);
      assert.ok(state === now || /Yml0ZQ==/.test(state), `operation ${at}`);
      if (done) break;
    }
    assert.equal(await bitesIn(again), true);
    checkFile(again.bytes);
  }
});

async function bitesIn(medium: TestBytes): Promise<boolean> {
  using pointer = medium.pointer();
  const root = await openStorageOnLockBytes(pointer, T, { clock });
  try {
    await put(root, "more", text("bite"));
    await put(root, "larger", pattern(9000, 9));
    await root.Commit(0);
    return true;
  } catch {
    return false;
  } finally {
    root.Release();
  }
}

test("lock bytes that answer later get the same bytes in the same order", async () => {
  const old = await before(3);
  const [atOnce, later] = [new TestBytes(old), new TestBytes(old, true)];
  await run(atOnce);
  await run(later);
  assert.equal(await stateOf(later.bytes), await stateOf(atOnce.bytes));
  assert.deepEqual(later.bytes, atOnce.bytes);
});

test("lock bytes that answer later, and fail: the caller hears of it, and what is there is whole", async () => {
  const old = await before(3);
  const whole = new TestBytes(old, true);
  assert.equal(await run(whole), true);
  const states = [await stateOf(old), await stateOf(whole.bytes)];
  for (let at = 1; at < whole.operations; at++) {
    const medium = new TestBytes(old, true);
    medium.fault = { at, stops: false, arrives: 100 };
    const worked = await run(medium);
    const state = await stateOf(medium.bytes);
    assert.ok(states.includes(state), `operation ${at}`);
    if (worked) assert.equal(state, states[1], `operation ${at}`);
  }
});

test("a failed commit can be tried again", async () => {
  const old = await before(3);
  const medium = new TestBytes(old);
  using pointer = medium.pointer();
  using root = await openStorageOnLockBytes(pointer, T, { clock });
  await change(root);
  medium.fault = { at: medium.operations + 2, stops: false };
  await assert.rejects(async () => root.Commit(0));
  medium.fault = undefined;
  await root.Commit(0);
  const whole = new TestBytes(old);
  await run(whole);
  assert.equal(await stateOf(medium.bytes), await stateOf(whole.bytes));
});
