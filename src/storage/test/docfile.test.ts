import assert from "node:assert/strict";
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import type { Guid } from "../../base/index.ts";
import { enterCall, leaveCall } from "../../com/index.ts";
import { IEnumSTATSTG, IRootStorage, IStorage, IStream } from "../../com/gen/objidl.ts";
import {
  type STATSTG,
  Stgc,
  StgStatus,
  Stgm,
  createMemoryStream,
  createStorage,
  isStorageFile,
  makeSnb,
  openStorage,
} from "../index.ts";
import { checkFile } from "./check-file.ts";
import { R, T, X, clock, dump, elements, get, pattern, put, status, text } from "./support.ts";

const clsid = "12345678-1234-1234-1234-123456789abc" as Guid;

suite("compound files", () => {
  const folder = mkdtempSync(join(tmpdir(), "comity-storage-"));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  let files = 0;
  const fresh = (): string => join(folder, `${files++}.dat`);

  function create(mode = X, path = fresh()): IStorage {
    return createStorage(path, mode, { clock });
  }

  const child = async (storage: IStorage, name: string, mode = X): Promise<IStorage> =>
    (await storage.OpenStorage(name, null, mode, null, 0)) as IStorage;
  const stream = async (storage: IStorage, name: string, mode = X): Promise<IStream> =>
    (await storage.OpenStream(name, 0, null, mode, 0)) as IStream;

  test("a stream is written, sought, cut, cloned and copied", async () => {
    using root = create();
    using one = (await root.CreateStream("one", X, 0, 0)) as IStream;
    assert.equal(await one.Write(text("hello world"), 11), 11);
    assert.equal(await one.Seek(-5n, 2), 6n);
    assert.deepEqual((await one.Read(100)).pv, text("world"));
    assert.equal((await one.Read(100)).pcbRead, 0);
    using clone = (await one.Clone()) as IStream;
    assert.equal(await clone.Seek(0n, 1), 11n);
    await clone.Write(text("!"), 1);
    assert.equal((await one.Stat(0)).cbSize, 12n);
    assert.equal((await one.Stat(0)).pwcsName, "one");
    assert.equal((await one.Stat(1)).pwcsName, null);
    await one.SetSize(5n);
    await one.SetSize(7n);
    await one.Seek(0n, 0);
    assert.deepEqual((await one.Read(100)).pv, text("hello\0\0"));
    using memory = createMemoryStream();
    await one.Seek(1n, 0);
    assert.deepEqual(await one.CopyTo(memory, 3n), { pcbRead: 3n, pcbWritten: 3n });
    await memory.Seek(0n, 0);
    assert.deepEqual((await memory.Read(10)).pv, text("ell"));
    assert.throws(() => one.Seek(-1n, 0), status(StgStatus.INVALIDFUNCTION));
    assert.throws(() => one.LockRegion(0n, 1n, 1), status(StgStatus.INVALIDFUNCTION));
  });

  test("what lies between the end and what is written is zero, however far", async () => {
    for (const version of [3, 4] as const) {
      const path = fresh();
      using root = createStorage(path, X, { version, clock });
      await put(root, "junk", pattern(50_000, 1));
      await root.DestroyElement("junk");
      using far = (await root.CreateStream("far", X, 0, 0)) as IStream;
      await far.Write(text("a"), 1);
      await far.Seek(3_000_000n, 0);
      await far.Write(text("b"), 1);
      await far.Seek(0n, 0);
      const { pv } = await far.Read(4_000_000);
      assert.equal(pv.length, 3_000_001);
      assert.equal(
        pv.reduce((sum, byte) => sum + byte, 0),
        97 + 98,
      );
      await root.Commit(0);
      checkFile(readFileSync(path));
    }
  });

  test("names are told apart as the format does it", async () => {
    using root = create();
    await put(root, "Größe", text("1"));
    assert.deepEqual(await get(root, "GRÖßE"), text("1"));
    assert.throws(() => root.CreateStream("gRöSSe/", X, 0, 0), status(StgStatus.INVALIDNAME));
    for (const name of ["", "a:b", "a!b", "a\\b", "x".repeat(32)]) {
      assert.throws(() => root.CreateStream(name, X, 0, 0), status(StgStatus.INVALIDNAME), name);
    }
    await put(root, "x".repeat(31), text("2"));
    assert.throws(() => root.CreateStream("größe", X, 0, 0), status(StgStatus.FILEALREADYEXISTS));
    await root.RenameElement("Größe", "größe");
    assert.deepEqual(
      (await elements(root))
        .map((stat) => stat.pwcsName)
        .toSorted((a, b) => (String(a) < String(b) ? -1 : 1)),
      ["größe", "x".repeat(31)],
    );
    assert.throws(() => root.RenameElement("größe", "X".repeat(31)), status(StgStatus.ACCESSDENIED));
  });

  test("what is open is open once, and gives no more access than its storage", async () => {
    const path = fresh();
    {
      using root = create(X, path);
      await put(root, "s", text("1"));
      using _one = await stream(root, "s");
      assert.throws(() => root.OpenStream("s", 0, null, R, 0), status(StgStatus.ACCESSDENIED));
      assert.throws(() => root.RenameElement("s", "t"), status(StgStatus.ACCESSDENIED));
      assert.throws(
        () => root.OpenStream("s", 0, null, Stgm.READ | Stgm.SHARE_DENY_NONE, 0),
        status(StgStatus.INVALIDFLAG),
      );
      assert.throws(() => root.OpenStream("none", 0, null, X, 0), status(StgStatus.FILENOTFOUND));
      assert.throws(() => root.OpenStorage("s", null, X, null, 0), status(StgStatus.ACCESSDENIED));
      assert.throws(() => root.CreateStream("t", T, 0, 0), status(StgStatus.INVALIDFUNCTION));
    }
    using root = openStorage(path);
    assert.throws(() => root.OpenStream("s", 0, null, X, 0), status(StgStatus.ACCESSDENIED));
    assert.throws(() => root.CreateStream("t", R, 0, 0), status(StgStatus.ACCESSDENIED));
    assert.throws(() => root.DestroyElement("s"), status(StgStatus.ACCESSDENIED));
    assert.throws(() => root.SetClass(clsid), status(StgStatus.ACCESSDENIED));
    using s = await stream(root, "s", R);
    assert.throws(() => s.Write(text("2"), 1), status(StgStatus.ACCESSDENIED));
    assert.throws(() => s.SetSize(0n), status(StgStatus.ACCESSDENIED));
  });

  test("modes that mean nothing, and modes that exclude each other", () => {
    const path = fresh();
    for (const mode of [
      3,
      X | 0x80,
      X | Stgm.CREATE | Stgm.CONVERT,
      Stgm.READWRITE,
      Stgm.READ | Stgm.SHARE_EXCLUSIVE,
    ]) {
      assert.throws(() => createStorage(path, mode), status(StgStatus.INVALIDFLAG), mode.toString(16));
    }
    createStorage(path, X).Release();
    for (const mode of [
      Stgm.READ | Stgm.SHARE_DENY_NONE,
      Stgm.READWRITE | Stgm.SHARE_DENY_WRITE,
      X | Stgm.CREATE,
      X | Stgm.NOSCRATCH,
      T | Stgm.NOSNAPSHOT,
      X | Stgm.PRIORITY,
    ]) {
      assert.throws(() => openStorage(path, mode), status(StgStatus.INVALIDFLAG), mode.toString(16));
    }
    assert.throws(() => createStorage(path, X), status(StgStatus.FILEALREADYEXISTS));
    assert.throws(() => openStorage(`${path}.none`), status(StgStatus.FILENOTFOUND));
    writeFileSync(`${path}.txt`, "not a storage, but long enough to be one ".repeat(30));
    assert.throws(() => openStorage(`${path}.txt`), status(StgStatus.FILEALREADYEXISTS));
    assert.equal(isStorageFile(path), true);
    assert.equal(isStorageFile(`${path}.txt`), false);
    {
      using _reader = openStorage(path);
      using _other = openStorage(path);
      assert.throws(() => openStorage(path, X), status(StgStatus.SHAREVIOLATION));
      assert.throws(() => createStorage(path, X | Stgm.CREATE), status(StgStatus.SHAREVIOLATION));
    }
    using _writer = openStorage(path, X);
    assert.throws(() => openStorage(path), status(StgStatus.SHAREVIOLATION));
  });

  test("changes go up one level with each commit", async () => {
    const path = fresh();
    using root = create(T, path);
    using a = (await root.CreateStorage("a", T, 0, 0)) as IStorage;
    using b = (await a.CreateStorage("b", T, 0, 0)) as IStorage;
    await put(b, "s", text("deep"));
    const empty = await onDisk(path);
    await b.Commit(0);
    assert.equal(await onDisk(path), empty);
    await a.Commit(0);
    assert.equal(await onDisk(path), empty);
    await root.Commit(0);
    assert.match(await onDisk(path), /a\/[^]*b\/[^]*s ZGVlcA==/);
  });

  test("a child's transaction goes on over its parent's commits", async () => {
    const path = fresh();
    const root = create(T, path);
    const a = (await root.CreateStorage("a", T, 0, 0)) as IStorage;
    await put(a, "large", pattern(20_000, 1));
    await a.Commit(0);
    await root.Commit(0);
    for (let round = 2; round < 8; round++) {
      await put(a, "large", pattern(20_000 + round, round));
      await put(a, `small ${round}`, text(String(round)));
      await put(root, "own", pattern(9000, round));
      await root.Commit(0);
      checkFile(readFileSync(path));
      // What the child has not committed is not in the file, and still the child's.
      const before = await onDisk(path);
      assert.doesNotMatch(before, new RegExp(`small ${round}`));
      assert.deepEqual(await get(a, "large"), pattern(20_000 + round, round));
      if (round % 3 === 0) {
        await a.Revert();
        assert.deepEqual(await get(a, "large"), pattern(20_000 + round - 1, round - 1));
        await put(a, "large", pattern(20_000 + round, round));
      }
      await a.Commit(0);
      await root.Commit(0);
      checkFile(readFileSync(path));
      assert.match(await onDisk(path), /large/);
    }
    a.Release();
    root.Release();
    using last = openStorage(path);
    using again = await child(last, "a", R);
    assert.deepEqual(await get(again, "large"), pattern(20_007, 7));
    assert.deepEqual(await get(last, "own"), pattern(9000, 7));
  });

  async function onDisk(path: string): Promise<string> {
    const copy = fresh();
    writeFileSync(copy, readFileSync(path));
    using root = openStorage(copy);
    return await dump(root);
  }

  test("revert takes back what was not committed, and what is open below with it", async () => {
    using root = create(T);
    await put(root, "kept", text("1"));
    await root.Commit(0);
    using kept = await stream(root, "kept");
    await kept.Write(text("22"), 2);
    using below = (await root.CreateStorage("below", X, 0, 0)) as IStorage;
    using inner = (await below.CreateStream("inner", X, 0, 0)) as IStream;
    await root.Revert();
    for (const call of [
      () => kept.Read(1),
      () => inner.Write(text("x"), 1),
      () => below.EnumElements(0, 0, null, 0),
    ]) {
      assert.throws(call, status(StgStatus.REVERTED));
    }
    assert.deepEqual(await get(root, "kept"), text("1"));
    assert.equal((await elements(root)).length, 1);
  });

  test("destroying, replacing and releasing end what is open below", async () => {
    const root = create();
    using s = (await root.CreateStream("s", X, 0, 0)) as IStream;
    using d = (await root.CreateStorage("d", X, 0, 0)) as IStorage;
    using inner = (await d.CreateStream("i", X, 0, 0)) as IStream;
    await root.DestroyElement("s");
    assert.throws(() => s.Read(1), status(StgStatus.REVERTED));
    using replaced = (await root.CreateStorage("d", X | Stgm.CREATE, 0, 0)) as IStorage;
    assert.throws(() => inner.Read(1), status(StgStatus.REVERTED));
    assert.throws(() => d.CreateStream("x", X, 0, 0), status(StgStatus.REVERTED));
    assert.equal((await elements(replaced)).length, 0);
    root.Release();
    assert.throws(() => replaced.Stat(0), status(StgStatus.REVERTED));
  });

  test("an enumerator is a snapshot", async () => {
    using root = create();
    for (let i = 0; i < 5; i++) await put(root, `s${i}`, text("x"));
    using list = (await root.EnumElements(0, 0, null, 0)) as IEnumSTATSTG;
    const code = { code: -1 };
    assert.equal((await list.Next(3, { status: code })).pceltFetched, 3);
    assert.equal(code.code, 0);
    await root.DestroyElement("s4");
    using clone = (await list.Clone()) as IEnumSTATSTG;
    assert.equal((await list.Next(3, { status: code })).pceltFetched, 2);
    assert.equal(code.code, 1);
    assert.equal((await clone.Next(3)).pceltFetched, 2);
    await list.Reset();
    await list.Skip(4, { status: code });
    assert.equal(code.code, 0);
    await list.Skip(4, { status: code });
    assert.equal(code.code, 1);
  });

  test("class, state bits and times", async () => {
    const path = fresh();
    const time = { dwLowDateTime: 123, dwHighDateTime: 456 };
    {
      using root = create(X, path);
      await root.SetClass(clsid);
      await root.SetStateBits(0xff, 0x0f);
      await root.SetStateBits(0x10, 0x11);
      using d = (await root.CreateStorage("d", X, 0, 0)) as IStorage;
      await d.SetElementTimes(null, time, time, time);
      await put(root, "s", text("1"));
      await root.SetElementTimes("s", time, time, time);
    }
    using root = openStorage(path);
    const stat = await root.Stat(0);
    assert.equal(stat.clsid, clsid);
    assert.equal(stat.grfStateBits, 0x1e);
    assert.equal(stat.pwcsName, path);
    assert.equal(stat.type, 1);
    const byName = new Map((await elements(root)).map((one): [string, STATSTG] => [one.pwcsName ?? "", one]));
    assert.deepEqual(byName.get("d")?.ctime, time);
    assert.deepEqual(byName.get("d")?.mtime, time);
    assert.deepEqual(byName.get("s")?.mtime, { dwLowDateTime: 0, dwHighDateTime: 0 });
  });

  test("storages are copied, with exclusions, and elements moved", async () => {
    using source = create();
    await source.SetClass(clsid);
    await put(source, "a", pattern(5000, 1));
    await put(source, "b", text("b"));
    using d = (await source.CreateStorage("d", X, 0, 0)) as IStorage;
    await put(d, "inner", text("inner"));
    using target = create(T);
    await put(target, "a", text("replaced"));
    await source.CopyTo(0, null, null, target);
    assert.equal(await dump(target), await dumpOf(source));
    using few = create();
    await source.CopyTo(1, [IStorage.iid], makeSnb(["B"]), few);
    assert.deepEqual(
      (await elements(few)).map((stat) => stat.pwcsName),
      ["a"],
    );
    using none = create();
    await source.CopyTo(1, [IStream.iid], null, none);
    assert.deepEqual(
      (await elements(none)).map((stat) => stat.pwcsName),
      ["d"],
    );
    await assert.rejects(async () => source.CopyTo(0, null, null, d), status(StgStatus.ACCESSDENIED));
    await source.MoveElementTo("b", none, "moved", 0);
    await source.MoveElementTo("a", none, "copied", 1);
    assert.deepEqual(
      (await elements(source)).map((stat) => stat.pwcsName),
      ["a", "d"],
    );
    assert.deepEqual(await get(none, "moved"), text("b"));
    assert.deepEqual(await get(none, "copied"), pattern(5000, 1));
    await assert.rejects(
      async () => source.MoveElementTo("a", none, "copied", 0),
      status(StgStatus.FILEALREADYEXISTS),
    );
  });

  /** As `dump`, of a storage whose children may be open. */
  async function dumpOf(storage: IStorage): Promise<string> {
    using copy = create();
    await storage.CopyTo(0, null, null, copy);
    return await dump(copy);
  }

  test("several have a file open: snapshots, ONLYIFCURRENT, priority", async () => {
    const path = fresh();
    const shared = Stgm.READWRITE | Stgm.TRANSACTED | Stgm.SHARE_DENY_NONE;
    create(T, path).Release();
    using one = openStorage(path, shared);
    using two = openStorage(path, shared);
    await put(one, "from one", text("1"));
    await one.Commit(Stgc.ONLYIFCURRENT);
    assert.equal((await elements(two)).length, 0);
    await put(two, "from two", text("2"));
    assert.throws(() => two.Commit(Stgc.ONLYIFCURRENT), status(StgStatus.NOTCURRENT));
    {
      using _first = openStorage(path, Stgm.READ | Stgm.PRIORITY | Stgm.SHARE_DENY_NONE);
      assert.throws(() => two.Commit(0), status(StgStatus.LOCKVIOLATION));
    }
    await two.Commit(0);
    await one.Revert();
    assert.deepEqual(
      (await elements(one)).map((stat) => stat.pwcsName),
      ["from two"],
    );
    assert.throws(() => one.Commit(0x100), status(StgStatus.INVALIDFLAG));
  });

  test("another program's commit is noticed", async () => {
    const path = fresh();
    create(T, path).Release();
    using root = openStorage(path, T);
    await put(root, "s", text("1"));
    const other = fresh();
    {
      using copy = create(X, other);
      await put(copy, "theirs", pattern(9000, 1));
    }
    writeFileSync(path, readFileSync(other));
    assert.throws(() => root.Commit(0), status(StgStatus.NOTCURRENT));
  });

  test("a writer and its readers (DIRECT_SWMR)", async () => {
    const path = fresh();
    create(X, path).Release();
    using writer = openStorage(path, Stgm.READWRITE | Stgm.SHARE_DENY_WRITE | Stgm.DIRECT_SWMR);
    await put(writer, "big", pattern(9000, 1));
    await writer.Commit(0);
    using reader = openStorage(path, Stgm.READ | Stgm.SHARE_DENY_NONE | Stgm.DIRECT_SWMR);
    await put(writer, "big", pattern(9000, 2));
    using big = await stream(writer, "big");
    await big.Write(pattern(9000, 3), 9000);
    await writer.Commit(0);
    assert.deepEqual(await get(reader, "big"), pattern(9000, 1));
  });

  test("CONVERT keeps what was there in CONTENTS", async () => {
    const path = fresh();
    writeFileSync(path, "some text");
    {
      using root = createStorage(path, X | Stgm.CONVERT);
      assert.deepEqual(await get(root, "CONTENTS"), text("some text"));
      await put(root, "s", pattern(6000, 1));
      using d = (await root.CreateStorage("s", X | Stgm.CONVERT, 0, 0)) as IStorage;
      assert.deepEqual(await get(d, "CONTENTS"), pattern(6000, 1));
    }
    using root = openStorage(path);
    using d = await child(root, "s", R);
    assert.deepEqual(await get(d, "CONTENTS"), pattern(6000, 1));
    checkFile(readFileSync(path));
  });

  test("a simple storage: flat, its streams 4096 bytes at least", async () => {
    const path = fresh();
    {
      using root = create(X | Stgm.SIMPLE, path);
      await put(root, "s", text("small"));
      assert.throws(() => root.CreateStorage("d", X, 0, 0), status(StgStatus.INVALIDFUNCTION));
      assert.throws(() => root.DestroyElement("s"), status(StgStatus.INVALIDFUNCTION));
      await assert.rejects(async () => root.CopyTo(0, null, null, root), status(StgStatus.INVALIDFUNCTION));
    }
    {
      using root = openStorage(path, X | Stgm.SIMPLE);
      assert.equal((await get(root, "s")).length, 4096);
    }
    {
      using root = openStorage(path, X);
      await put(root, "t", text("small"));
    }
    assert.throws(() => openStorage(path, X | Stgm.SIMPLE), status(StgStatus.NOTSIMPLEFORMAT));
    using _again = openStorage(path, X);
  });

  test("temporary files go away with their root", async () => {
    const root = createStorage(null);
    const path = (await root.Stat(0)).pwcsName ?? "";
    assert.equal(existsSync(path), true);
    root.Release();
    assert.equal(existsSync(path), false);
  });

  test("elements can be left out when a storage is opened", async () => {
    const path = fresh();
    {
      using root = create(X, path);
      await put(root, "s", pattern(5000, 1));
      using d = (await root.CreateStorage("d", X, 0, 0)) as IStorage;
      await put(d, "i", text("1"));
    }
    using root = openStorage(path, T, { exclude: ["s", "d"] });
    assert.equal((await get(root, "s")).length, 0);
    using d = await child(root, "d", R);
    assert.equal((await elements(d)).length, 0);
  });

  test("a root goes on in another file", async () => {
    const [path, next] = [fresh(), fresh()];
    {
      using root = create(T, path);
      await put(root, "committed", pattern(9000, 1));
      await root.Commit(0);
      await put(root, "waiting", pattern(9000, 2));
      using switching = await root.QueryInterface(IRootStorage);
      const outside = enterCall({
        causality: clsid,
        remote: true,
        authenticationLevel: 6,
        impersonationLevel: 2,
      });
      assert.throws(() => switching.SwitchToFile(next), status(StgStatus.ACCESSDENIED));
      leaveCall(outside);
      await switching.SwitchToFile(next);
      await root.Commit(0);
      assert.equal((await root.Stat(0)).pwcsName, next);
    }
    assert.deepEqual((await namesIn(path)).toSorted(), ["committed"]);
    assert.deepEqual((await namesIn(next)).toSorted(), ["committed", "waiting"]);
  });

  async function namesIn(path: string): Promise<string[]> {
    using root = openStorage(path);
    return (await elements(root)).map((stat) => String(stat.pwcsName));
  }

  test("more than 2 GB, around the sector of the range locks", async () => {
    const path = fresh();
    const size = 2 ** 31 + 10_000_000;
    {
      using root = createStorage(path, T, { version: 4, clock });
      using huge = (await root.CreateStream("huge", X, 0, 0)) as IStream;
      await huge.SetSize(BigInt(size));
      await huge.Seek(-3n, 2);
      await huge.Write(text("end"), 3);
      await put(root, "after", pattern(5000, 1));
      await root.Commit(0);
    }
    using root = openStorage(path);
    assert.deepEqual(await get(root, "after"), pattern(5000, 1));
    using huge = await stream(root, "huge", R);
    assert.equal((await huge.Stat(1)).cbSize, BigInt(size));
    await huge.Seek(-5n, 2);
    assert.deepEqual((await huge.Read(10)).pv, text("\0\0end"));
    const file = openSync(path, "r");
    const fatEntry = new Uint8Array(4);
    // The FAT page of the range lock's sector: number 511, found through the DIFAT.
    const word = (at: number): number => {
      readSync(file, fatEntry, 0, 4, at);
      return new DataView(fatEntry.buffer).getUint32(0, true);
    };
    const lock = 0x7fffe;
    const difat = word(0x44);
    const page = word((difat + 1) * 4096 + 4 * (Math.floor(lock / 1024) - 109));
    assert.equal(word((page + 1) * 4096 + 4 * (lock % 1024)), 0xfffffffe);
    closeSync(file);
    const narrow = create();
    using full = (await narrow.CreateStream("full", X, 0, 0)) as IStream;
    assert.throws(() => full.SetSize(0x7fffffffn), status(StgStatus.DOCFILETOOLARGE));
    narrow.Release();
  });

  test("what was deleted is used again, and a file shrinks", async () => {
    const path = fresh();
    using root = create(T, path);
    for (let round = 0; round < 20; round++) {
      await put(root, "s", pattern(100_000, round));
      await root.Commit(0);
    }
    assert.ok(statSync(path).size < 320_000, `${statSync(path).size}`);
    await put(root, "s", text("small"));
    await root.Commit(0);
    await root.Commit(0);
    await root.SetStateBits(1, 1);
    await root.Commit(0);
    assert.ok(statSync(path).size < 120_000, `${statSync(path).size}`);
    checkFile(readFileSync(path));
  });
});
