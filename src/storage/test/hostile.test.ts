import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { ComError } from "../../base/index.ts";
import type { ILockBytes, IStorage, IStream } from "../../com/gen/objidl.ts";
import {
  StgStatus,
  Stgm,
  bytesOfLockBytes,
  createMemoryLockBytes,
  createMemoryStream,
  createStorageOnLockBytes,
  openStorageOnLockBytes,
} from "../index.ts";
import {
  R,
  T,
  TestBytes,
  X,
  clock,
  dump,
  elements,
  get,
  pattern,
  put,
  seeded,
  status,
  text,
} from "./support.ts";

const corrupt = status(StgStatus.DOCFILECORRUPT);

async function sample(version: 3 | 4 = 3): Promise<Uint8Array> {
  using bytes = createMemoryLockBytes();
  {
    using root = await createStorageOnLockBytes(bytes, X | Stgm.CREATE, { version, clock });
    await put(root, "small", text("small"));
    await put(root, "large", pattern(9000, 1));
    using folder = (await root.CreateStorage("folder", X, 0, 0)) as IStorage;
    await put(folder, "inner", pattern(100, 2));
    using deep = (await folder.CreateStorage("deep", X, 0, 0)) as IStorage;
    await put(deep, "x", pattern(5000, 3));
  }
  return bytesOfLockBytes(bytes);
}

async function readAllOf(bytes: Uint8Array, mode: number = R): Promise<string> {
  using lockBytes = createMemoryLockBytes(bytes.slice());
  using root = await openStorageOnLockBytes(lockBytes, mode, { clock });
  return await dump(root);
}

/** Where things are in a small version 3 file. */
class Layout {
  readonly bytes: Uint8Array;
  readonly view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
  }

  get fat(): number {
    return (this.view.getUint32(0x4c, true) + 1) * 512;
  }

  get directory(): number {
    return (this.view.getUint32(0x30, true) + 1) * 512;
  }

  /** The offset of a directory entry of the first sectors of the directory. */
  entry(name: string): number {
    let sector = this.view.getUint32(0x30, true);
    while (sector < 0xfffffffa) {
      for (let at = (sector + 1) * 512; at < (sector + 2) * 512; at += 128) {
        const length = this.view.getUint16(at + 0x40, true) / 2 - 1;
        const found = Array.from({ length: Math.max(0, length) }, (_, i) =>
          String.fromCharCode(this.view.getUint16(at + 2 * i, true)),
        ).join("");
        if (found === name) return at;
      }
      sector = this.view.getUint32(this.fat + 4 * sector, true);
    }
    throw new RangeError(name);
  }

  /** The number of an entry. */
  sid(name: string): number {
    const at = this.entry(name);
    let before = 0;
    let sector = this.view.getUint32(0x30, true);
    while (at < (sector + 1) * 512 || at >= (sector + 2) * 512) {
      before += 4;
      sector = this.view.getUint32(this.fat + 4 * sector, true);
    }
    return before + (at - (sector + 1) * 512) / 128;
  }

  set(at: number, value: number): this {
    this.view.setUint32(at, value, true);
    return this;
  }
}

async function changed(change: (layout: Layout) => void): Promise<Uint8Array> {
  const layout = new Layout(await sample());
  change(layout);
  return layout.bytes;
}

suite("hostile compound files", () => {
  test("a sector that is used and called free: read, but not written to", async () => {
    for (const change of [
      (l: Layout) => {
        const last = l.view.getUint32(l.entry("large") + 0x74, true) + 17;
        assert.equal(l.view.getUint32(l.fat + 4 * last, true), 0xfffffffe);
        l.set(l.fat + 4 * last, 0xffffffff);
      },
      (l: Layout) => {
        const miniFat = (l.view.getUint32(0x3c, true) + 1) * 512;
        const small = l.view.getUint32(l.entry("small") + 0x74, true);
        l.set(miniFat + 4 * small, 0xffffffff);
      },
    ]) {
      using lockBytes = createMemoryLockBytes(await changed(change));
      using root = await openStorageOnLockBytes(lockBytes, T, { clock });
      assert.deepEqual(await get(root, "large"), pattern(9000, 1));
      assert.deepEqual(await get(root, "small"), text("small"));
      await assert.rejects(async () => {
        await put(root, "new", pattern(5000, 1));
        await root.Commit(0);
      }, corrupt);
    }
  });

  test("without the mini FAT, large streams are still read", async () => {
    const bytes = await changed((l) => l.set(0x3c, 0x00ffff00));
    using lockBytes = createMemoryLockBytes(bytes);
    using root = await openStorageOnLockBytes(lockBytes, R, { clock });
    assert.deepEqual(await get(root, "large"), pattern(9000, 1));
    await assert.rejects(async () => get(root, "small"), corrupt);
  });

  const cases: readonly (readonly [string, (layout: Layout) => void])[] = [
    [
      "a chain of sectors in a circle",
      (l) =>
        l
          .set(
            l.fat + 4 * l.view.getUint32(l.entry("large") + 0x74, true),
            l.view.getUint32(l.entry("large") + 0x74, true),
          )
          .set(l.entry("large") + 0x78, 0x7fffffff),
    ],
    [
      "a chain that leaves the file",
      (l) => l.set(l.fat + 4 * l.view.getUint32(l.entry("large") + 0x74, true), 0x00ffffff),
    ],
    [
      "a chain that ends too soon",
      (l) => l.set(l.fat + 4 * l.view.getUint32(l.entry("large") + 0x74, true), 0xfffffffe),
    ],
    ["a stream longer than the file", (l) => l.set(l.entry("large") + 0x78, 0x40000000)],
    ["a small stream elsewhere", (l) => l.set(l.entry("small") + 0x74, 0x123456)],
    [
      "the directory in a circle",
      (l) => l.set(l.fat + 4 * l.view.getUint32(0x30, true), l.view.getUint32(0x30, true)),
    ],
    ["the directory elsewhere", (l) => l.set(0x30, 0x100000)],
    ["no directory", (l) => l.set(0x30, 0xfffffffe)],
    ["siblings in a circle", (l) => l.set(l.entry("small") + 0x44, 1).set(l.entry("small") + 0x48, 1)],
    ["a storage in itself", (l) => l.set(l.entry("folder") + 0x4c, l.sid("folder"))],
    ["the root in a storage", (l) => l.set(l.entry("folder") + 0x4c, 0)],
    ["a child that does not exist", (l) => l.set(l.entry("folder") + 0x4c, 0x7fffffff)],
    ["an entry of an unknown type", (l) => l.view.setUint8(l.entry("small") + 0x42, 9)],
    ["a root that is none", (l) => l.view.setUint8(l.directory + 0x42, 1)],
    ["more FAT sectors than there are", (l) => l.set(0x2c, 0x7fffffff)],
    ["a FAT elsewhere", (l) => l.set(0x4c, 0x00ffffff)],
    ["a DIFAT that leads nowhere", (l) => l.set(0x2c, 200).set(0x44, 0x00ffffff).set(0x48, 5)],
    [
      "a DIFAT in a circle",
      (l) =>
        l
          .set(0x2c, 0x00ffffff)
          .set(0x44, 1)
          .set(0x48, 0x00ffffff)
          .set(512 * 3 - 4, 1),
    ],
    [
      "a mini FAT in a circle",
      (l) => l.set(l.fat + 4 * l.view.getUint32(0x3c, true), l.view.getUint32(0x3c, true)),
    ],
    ["a mini stream longer than the file", (l) => l.set(l.directory + 0x78, 0x7fffffff)],
  ];
  for (const [what, change] of cases) {
    test(`${what} is an error, soon`, async () => {
      const bytes = await changed(change);
      const start = performance.now();
      await assert.rejects(readAllOf(bytes), corrupt);
      assert.ok(performance.now() - start < 1000);
    });
  }

  test("sectors that two streams share are read, and not written to", async () => {
    const bytes = await changed((l) =>
      l
        .set(l.entry("large") + 0x74, l.view.getUint32(l.entry("x") + 0x74, true))
        .set(l.entry("large") + 0x78, 5000),
    );
    await readAllOf(bytes);
    using lockBytes = createMemoryLockBytes(bytes.slice());
    using root = await openStorageOnLockBytes(lockBytes, T);
    using stream = (await root.CreateStream("new", X, 0, 0)) as IStream;
    await assert.rejects(async () => stream.Write(pattern(5000, 1), 5000), corrupt);
    using copyBytes = createMemoryLockBytes();
    using target = await createStorageOnLockBytes(copyBytes, X | Stgm.CREATE);
    using again = createMemoryLockBytes(bytes.slice());
    using source = await openStorageOnLockBytes(again, R);
    await assert.rejects(async () => source.CopyTo(0, null, null, target), corrupt);
  });

  test("other files, old ones and odd headers", async () => {
    const bytes = await sample();
    await assert.rejects(readAllOf(text("PK\u0003\u0004")), status(StgStatus.FILEALREADYEXISTS));
    await assert.rejects(readAllOf(new Uint8Array(0)), status(StgStatus.FILEALREADYEXISTS));
    const old = bytes.slice();
    old.set([0x0e, 0x11, 0xfc, 0x0d, 0xd0, 0xcf, 0x11, 0x0e]);
    await assert.rejects(readAllOf(old), status(StgStatus.OLDFORMAT));
    for (const [at, value] of [
      [0x1a, 5],
      [0x1c, 0xfeff],
      [0x1e, 10],
      [0x20, 7],
      [0x38, 0x2000],
    ] as const) {
      const odd = bytes.slice();
      new DataView(odd.buffer).setUint16(at, value, true);
      await assert.rejects(readAllOf(odd), status(StgStatus.INVALIDHEADER), `${at}`);
    }
  });

  test("a file cut off anywhere", async () => {
    const bytes = await sample();
    const whole = await readAllOf(bytes);
    for (let size = 0; size < bytes.length; size += 100) {
      try {
        assert.equal(await readAllOf(bytes.slice(0, size)), whole);
      } catch (error) {
        assert.ok(error instanceof ComError, String(error));
      }
    }
  });

  test("noise in a file, read and written: errors, in bounded time", async () => {
    const files = [await sample(3), await sample(4)];
    const random = seeded(4711);
    const start = performance.now();
    for (let round = 0; round < 400; round++) {
      const bytes = (files[round % 2] as Uint8Array).slice();
      const view = new DataView(bytes.buffer);
      const blows = 1 + Math.floor(random() * 4);
      for (let i = 0; i < blows; i++) {
        // Where it hurts: the header, or anywhere.
        const at = Math.floor(random() * ((random() < 0.3 ? 0x60 : bytes.length) - 4));
        const value = random() < 0.5 ? Math.floor(random() * 300) : Math.floor(random() * 2 ** 32);
        view.setUint32(at, value, true);
      }
      try {
        using lockBytes = createMemoryLockBytes(bytes);
        using root = await openStorageOnLockBytes(lockBytes, T, { clock });
        await dump(root);
        await put(root, "new", pattern(6000, round));
        await put(root, "tiny", text("tiny"));
        await root.Commit(0);
        await dump(root);
      } catch (error) {
        assert.ok(error instanceof ComError && error.message.startsWith("STG_E"), String(error));
      }
    }
    assert.ok(performance.now() - start < 20_000);
  });

  test("limits: entries, images, streams, answers", async () => {
    using bytes = createMemoryLockBytes(await sample());
    await assert.rejects(openStorageOnLockBytes(bytes, R, { limits: { maxEntries: 4 } }), corrupt);
    const later = new TestBytes(await sample(), true);
    using far: ILockBytes = later.pointer();
    await assert.rejects(
      openStorageOnLockBytes(far, R, { limits: { maxImageBytes: 1000 } }),
      status(StgStatus.MEDIUMFULL),
    );
    using root = await openStorageOnLockBytes(bytes, X);
    using stream = (await root.CreateStream("s", X, 0, 0)) as IStream;
    for (const size of [2n ** 31n, 2n ** 40n, 2n ** 63n]) {
      assert.throws(() => stream.SetSize(size), status(StgStatus.MEDIUMFULL), String(size));
    }
    await stream.Seek(2n ** 40n, 0);
    assert.throws(() => stream.Write(text("x"), 1), status(StgStatus.MEDIUMFULL));
    using memory = createMemoryStream(new Uint8Array(10));
    assert.equal((await memory.Read(0xffffffff)).pv.length, 10);
  });

  test("storages nested without end are not copied without end", async () => {
    using bytes = createMemoryLockBytes();
    using root = await createStorageOnLockBytes(bytes, X | Stgm.CREATE, { limits: { maxDepth: 10 } });
    const open: IStorage[] = [];
    let at = root;
    for (let i = 0; i < 20; i++) {
      at = (await at.CreateStorage("d", X, 0, 0)) as IStorage;
      open.push(at);
    }
    using other = createMemoryLockBytes();
    using target = await createStorageOnLockBytes(other, X | Stgm.CREATE);
    await assert.rejects(async () => root.CopyTo(0, null, null, target), corrupt);
    for (const storage of open.toReversed()) storage.Release();
    assert.equal((await elements(root)).length, 1);
  });
});
