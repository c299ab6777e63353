import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { ComError } from "../../base/index.ts";
import { IRootStorage, type IStorage } from "../../com/gen/objidl.ts";
import {
  StgStatus,
  Stgm,
  bytesOfLockBytes,
  createMemoryLockBytes,
  createStorage,
  createStorageOnLockBytes,
  openStorage,
} from "../index.ts";
import { FileStore } from "../bytes/file-store.ts";
import { checkFile } from "./check-file.ts";
import { T, X, clock, elements, get, pattern, put, status, text } from "./support.ts";

const open = Stgm.READWRITE | Stgm.TRANSACTED;

suite("created in transacted mode over something that is there", () => {
  const folder = mkdtempSync(join(tmpdir(), "comity-storage-over-"));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "file.dat");
  const over = (mode = T | Stgm.CREATE): IStorage => createStorage(path, mode, { clock });
  const names = async (storage: IStorage): Promise<(string | null)[]> =>
    (await elements(storage)).map((stat) => stat.pwcsName);

  async function before(): Promise<Buffer> {
    {
      using root = createStorage(path, X | Stgm.CREATE, { clock });
      await put(root, "old", pattern(9000, 1));
    }
    return readFileSync(path);
  }

  test("CREATE: the old file stays to the byte, and is all there is when nobody commits", async () => {
    const bytes = await before();
    {
      using root = over();
      assert.deepEqual(await names(root), []);
      await put(root, "new", pattern(90_000, 2));
      assert.deepEqual(readFileSync(path), bytes);
      assert.throws(() => openStorage(path), status(StgStatus.SHAREVIOLATION));
      assert.equal((await root.Stat(0)).pwcsName, path);
    }
    assert.deepEqual(readFileSync(path), bytes);
    assert.deepEqual(readdirSync(folder), ["file.dat"]);
  });

  test("CREATE: the first commit replaces it, the next ones go on there", async () => {
    await before();
    chmodSync(path, 0o640);
    {
      using root = over();
      await put(root, "new", pattern(90_000, 2));
      await root.Commit(0);
      assert.deepEqual(readdirSync(folder), ["file.dat"]);
      checkFile(readFileSync(path));
      await put(root, "more", text("more"));
      await root.Commit(0);
      await put(root, "never", text("never"));
    }
    assert.equal(statSync(path).mode & 0o777, process.platform === "win32" ? 0o666 : 0o640);
    using root = openStorage(path);
    assert.deepEqual(await names(root), ["new", "more"]);
    assert.deepEqual(await get(root, "new"), pattern(90_000, 2));
  });

  test("the new file has the old one's owner", { skip: process.getuid?.() !== 0 }, async () => {
    await before();
    chownSync(path, 4711, 4712);
    chmodSync(path, 0o4640);
    {
      using root = over();
      await root.Commit(0);
    }
    const { uid, gid, mode } = statSync(path);
    assert.deepEqual([uid, gid, mode & 0o7777], [4711, 4712, 0o4640]);
  });

  test("a disk that is full when all is given up keeps nothing open", async (t) => {
    const bytes = await before();
    const { value } = Object.getOwnPropertyDescriptor(FileStore.prototype, "close") ?? {};
    const close = value as (this: FileStore) => void;
    t.mock.method(FileStore.prototype, "close", function full(this: FileStore) {
      close.call(this);
      if (this.path !== path) throw new ComError(StgStatus.MEDIUMFULL);
    });
    over().Release();
    t.mock.restoreAll();
    assert.deepEqual(readdirSync(folder), ["file.dat"]);
    openStorage(path, X).Release();
    assert.deepEqual(readFileSync(path), bytes);
  });

  test("nothing of ours has the old file open when it is replaced, and a commit that failed is tried again", async (t) => {
    await before();
    const root = over(open | Stgm.SHARE_DENY_NONE | Stgm.CREATE);
    await put(root, "new", text("new"));
    const closed: string[] = [];
    const { value } = Object.getOwnPropertyDescriptor(FileStore.prototype, "close") ?? {};
    const close = value as (this: FileStore) => void;
    t.mock.method(FileStore.prototype, "close", function closing(this: FileStore) {
      closed.push(this.path);
      close.call(this);
    });
    t.mock.method(FileStore.prototype, "moveTo", () => {
      assert.deepEqual(closed, [path]);
      throw new ComError(StgStatus.MEDIUMFULL);
    });
    assert.throws(() => root.Commit(0), status(StgStatus.MEDIUMFULL));
    t.mock.restoreAll();
    {
      using later = openStorage(path, Stgm.READ | Stgm.TRANSACTED | Stgm.SHARE_DENY_NONE);
      assert.deepEqual(await names(later), ["old"]);
    }
    await root.Commit(0);
    root.Release();
    using latest = openStorage(path);
    assert.deepEqual(await names(latest), ["new"]);
  });

  test("an empty commit replaces it too, a revert does not", async () => {
    const bytes = await before();
    {
      using root = over();
      await put(root, "new", text("new"));
      await root.Revert();
      assert.deepEqual(readFileSync(path), bytes);
      await root.Commit(0);
    }
    using root = openStorage(path);
    assert.deepEqual(await names(root), []);
  });

  test("CONVERT: a text stays a text until the commit", async () => {
    writeFileSync(path, "some text");
    over(T | Stgm.CONVERT).Release();
    assert.equal(readFileSync(path, "utf8"), "some text");
    {
      using root = over(T | Stgm.CONVERT);
      assert.deepEqual(await get(root, "CONTENTS"), text("some text"));
      assert.equal(readFileSync(path, "utf8"), "some text");
      await root.Commit(0);
    }
    using root = openStorage(path);
    assert.deepEqual(await get(root, "CONTENTS"), text("some text"));
  });

  test("who shares the file sees the old one until the commit, and keeps it", async () => {
    await before();
    using reader = openStorage(path, Stgm.READ | Stgm.TRANSACTED | Stgm.SHARE_DENY_NONE);
    using root = over(open | Stgm.SHARE_DENY_NONE | Stgm.CREATE);
    await put(root, "new", text("new"));
    using later = openStorage(path, Stgm.READ | Stgm.TRANSACTED | Stgm.SHARE_DENY_NONE);
    assert.deepEqual(await names(later), ["old"]);
    await root.Commit(0);
    using latest = openStorage(path, Stgm.READ | Stgm.TRANSACTED | Stgm.SHARE_DENY_NONE);
    assert.deepEqual(await names(latest), ["new"]);
    assert.deepEqual(await get(reader, "old"), pattern(9000, 1));
  });

  test("a reader with priority holds the replacement up", async () => {
    await before();
    using root = over(open | Stgm.SHARE_DENY_NONE | Stgm.CREATE);
    {
      using reader = openStorage(path, Stgm.READ | Stgm.PRIORITY);
      assert.deepEqual(await names(reader), ["old"]);
      assert.throws(() => root.Commit(0), status(StgStatus.LOCKVIOLATION));
    }
    await root.Commit(0);
    using latest = openStorage(path, Stgm.READ | Stgm.TRANSACTED | Stgm.SHARE_DENY_NONE);
    assert.deepEqual(await names(latest), []);
  });

  test("somebody else wrote the old file meanwhile: nothing is replaced", async () => {
    await before();
    using root = over();
    await put(root, "new", text("new"));
    writeFileSync(path, "by another program");
    assert.throws(() => root.Commit(0), status(StgStatus.NOTCURRENT));
    assert.equal(readFileSync(path, "utf8"), "by another program");
  });

  test("going on in another file leaves the old one alone", async () => {
    const bytes = await before();
    const next = join(folder, "next.dat");
    {
      using root = over();
      using switching = await root.QueryInterface(IRootStorage);
      await put(root, "new", text("new"));
      await switching.SwitchToFile(next);
      await root.Commit(0);
    }
    assert.deepEqual(readFileSync(path), bytes);
    using root = openStorage(next);
    assert.deepEqual(await names(root), ["new"]);
    assert.deepEqual(readdirSync(folder), ["file.dat", "next.dat"]);
  });

  test("one that is open and does not agree, and what is no file, are refused", async () => {
    await before();
    {
      using reader = openStorage(path);
      void reader;
      assert.throws(() => over(), status(StgStatus.SHAREVIOLATION));
    }
    over().Release();
    assert.throws(() => createStorage(folder, T | Stgm.CREATE), status(StgStatus.ACCESSDENIED));
    assert.throws(
      () => createStorage(path, X | Stgm.CONVERT | Stgm.DELETEONRELEASE),
      status(StgStatus.INVALIDFLAG),
    );
  });

  test("the same in lock bytes", async () => {
    using bytes = createMemoryLockBytes(text("what was there"));
    {
      using root = await createStorageOnLockBytes(bytes, T | Stgm.CONVERT, { clock });
      await put(root, "new", pattern(20_000, 1));
      assert.deepEqual(bytesOfLockBytes(bytes), text("what was there"));
    }
    assert.deepEqual(bytesOfLockBytes(bytes), text("what was there"));
    {
      using root = await createStorageOnLockBytes(bytes, T | Stgm.CONVERT, { clock });
      await put(root, "new", pattern(20_000, 1));
      await root.Commit(0);
      checkFile(bytesOfLockBytes(bytes));
      await put(root, "more", pattern(70_000, 2));
      await root.Commit(0);
      assert.deepEqual(await get(root, "CONTENTS"), text("what was there"));
    }
    checkFile(bytesOfLockBytes(bytes));
  });
});
