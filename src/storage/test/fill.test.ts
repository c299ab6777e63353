import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { ComError, HResult, filetimeOf, joinFiletime, splitFiletime } from "../../base/index.ts";
import type { IFillLockBytes, IStorage } from "../../com/gen/objidl.ts";
import {
  StgStatus,
  Stgm,
  bytesOfLockBytes,
  createFileFillLockBytes,
  createFillLockBytes,
  createMemoryLockBytes,
  createStorage,
  createStorageOnLockBytes,
  openStorage,
  openStorageOnFillLockBytes,
  openStorageOnLockBytes,
  setStorageTimes,
} from "../index.ts";
import { T, X, clock, dump, get, pattern, put, seeded, status, text } from "./support.ts";

async function sample(version: 3 | 4): Promise<Uint8Array> {
  using bytes = createMemoryLockBytes();
  {
    using root = await createStorageOnLockBytes(bytes, T, { clock, version });
    for (let i = 0; i < 12; i++) await put(root, `small ${i}`, pattern(100 + i * 90, i));
    using below = (await root.CreateStorage("below", X, 0, 0)) as IStorage;
    await put(below, "large", pattern(30_000, 50));
    await put(root, "last", pattern(9000, 51));
    await root.Commit(0);
  }
  return bytesOfLockBytes(bytes);
}

suite("files that are read while they arrive", () => {
  const folder = mkdtempSync(join(tmpdir(), "comity-storage-fill-"));
  test.after(() => rmSync(folder, { recursive: true, force: true }));

  test("a mode that does not fit leaves no reference behind", async () => {
    const fill = createFileFillLockBytes(join(folder, "mode.dat"));
    const wrong = Stgm.SHARE_EXCLUSIVE | Stgm.CONVERT;
    assert.throws(() => openStorageOnFillLockBytes(fill, wrong), status(StgStatus.INVALIDFLAG));
    assert.equal(fill.Release(), 0);
    const bytes = createMemoryLockBytes();
    await assert.rejects(openStorageOnLockBytes(bytes, wrong), status(StgStatus.INVALIDFLAG));
    await assert.rejects(createStorageOnLockBytes(bytes, 0x40 | 3), status(StgStatus.INVALIDFLAG));
    assert.equal(bytes.Release(), 0);
  });

  /** What can be read now; undefined when a part has not arrived. Anything but E_PENDING is an error of ours. */
  async function look(fill: IFillLockBytes): Promise<string | undefined> {
    try {
      using root = openStorageOnFillLockBytes(fill);
      return await dump(root);
    } catch (error) {
      assert.equal(ComError.from(error).code, StgStatus.PENDING, String(error));
      return undefined;
    }
  }

  for (const version of [3, 4] as const) {
    for (const how of ["in order", "in order, with the size", "in any order"] as const) {
      test(`version ${version}, ${how}`, async () => {
        const bytes = await sample(version);
        using whole = createMemoryLockBytes(bytes.slice());
        using expectedRoot = await openStorageOnLockBytes(whole);
        const expected = await dump(expectedRoot);
        using target = createMemoryLockBytes();
        using fill = await createFillLockBytes(target);
        if (how !== "in order") await fill.SetFillSize(BigInt(bytes.length));
        const random = seeded(version);
        const pieces: number[] = [];
        for (let at = 0; at < bytes.length; at += 700) pieces.push(at);
        if (how === "in any order") pieces.sort(() => random() - 0.5);
        let seen = 0;
        for (const at of pieces) {
          const piece = bytes.slice(at, at + 700);
          if (how === "in any order") await fill.FillAt(BigInt(at), piece, piece.length);
          else await fill.FillAppend(piece, piece.length);
          const found = await look(fill);
          if (found !== undefined) assert.equal(found, expected);
          seen += found === undefined ? 0 : 1;
        }
        assert.ok(seen > 0, "complete before the end was said");
        await fill.Terminate(0);
        assert.equal(await look(fill), expected);
        assert.deepEqual(bytesOfLockBytes(target), bytes);
      });
    }
  }

  test("one root stays, and finds more as more arrives", async () => {
    const bytes = await sample(3);
    const path = join(folder, "arriving");
    using fill = createFileFillLockBytes(path);
    await fill.SetFillSize(BigInt(bytes.length));
    // The directory and the tables lie at the end: of a file made like this one, the beginning does not do.
    await fill.FillAt(0n, bytes, 512);
    assert.throws(() => openStorageOnFillLockBytes(fill), status(StgStatus.PENDING));
    const half = 20_000;
    await fill.FillAt(BigInt(half), bytes.slice(half), bytes.length - half);
    using root = openStorageOnFillLockBytes(fill);
    using again = openStorageOnFillLockBytes(fill);
    await assert.rejects(async () => dump(root), status(StgStatus.PENDING));
    await assert.rejects(async () => dump(again), status(StgStatus.PENDING));
    assert.throws(() => root.CreateStream("new", X, 0, 0), status(StgStatus.ACCESSDENIED));
    await fill.FillAppend(bytes.slice(512, half), half - 512);
    assert.equal(await dump(root), await dump(again));
    await fill.Terminate(0);
    assert.deepEqual(await get(root, "last"), pattern(9000, 51));
    assert.deepEqual(readFileSync(path), Buffer.from(bytes));
  });

  test("canceled: what is there is read, the rest is STG_E_INCOMPLETE", async () => {
    const bytes = await sample(3);
    using target = createMemoryLockBytes();
    using fill = await createFillLockBytes(target);
    await fill.FillAt(20_000n, bytes.slice(20_000), bytes.length - 20_000);
    await fill.FillAppend(bytes, 512);
    await fill.Terminate(1);
    assert.throws(() => fill.FillAppend(bytes, 10), status(StgStatus.TERMINATED));
    assert.throws(() => fill.Terminate(0), status(StgStatus.TERMINATED));
    using root = openStorageOnFillLockBytes(fill);
    await assert.rejects(async () => dump(root), status(StgStatus.INCOMPLETE));
  });

  test("what is no compound file, and hostile fillers", async () => {
    using target = createMemoryLockBytes();
    using fill = await createFillLockBytes(target);
    assert.throws(() => openStorageOnFillLockBytes(fill, X), status(StgStatus.INVALIDFLAG));
    assert.throws(() => openStorageOnFillLockBytes(target as never), status(HResult.E_INVALIDARG));
    await fill.FillAppend(text("x".repeat(600)), 600);
    assert.throws(() => openStorageOnFillLockBytes(fill), status(StgStatus.FILEALREADYEXISTS));
    assert.throws(() => fill.SetFillSize(1n << 52n), status(StgStatus.MEDIUMFULL));
    assert.throws(() => fill.FillAt(1n << 52n, text("x"), 1), status(StgStatus.MEDIUMFULL));
    let pieces = 0;
    assert.throws(() => {
      for (; pieces < 5000; pieces++) void fill.FillAt(BigInt(10_000 + pieces * 2), text("x"), 1);
    }, status(StgStatus.MEDIUMFULL));
    assert.equal(pieces, 1023);
  });

  test("the times of a file", () => {
    const path = join(folder, "times");
    createStorage(path, X).Release();
    const [accessed, modified] = [2001, 2002].map((year) => filetimeOf(Date.UTC(year, 1, 3, 4, 5, 6)));
    setStorageTimes(path, null, splitFiletime(accessed ?? 0n), splitFiletime(modified ?? 0n));
    assert.equal(filetimeOf(statSync(path).mtimeMs), modified);
    assert.equal(filetimeOf(statSync(path).atimeMs), accessed);
    using root = openStorage(path);
    const stat = root.Stat(1) as Awaited<ReturnType<IStorage["Stat"]>>;
    assert.equal(joinFiletime(stat.mtime), modified);
  });
});
