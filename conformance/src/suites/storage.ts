import assert from "node:assert/strict";
import { type Guid, type Implements, type IUnknown, guid, implement } from "comity";
import {
  type IEnumSTATSTG,
  ILockBytes,
  IStorage,
  type IStream,
  type STATSTG,
} from "comity/interfaces/objidl";
import { IPropertySetStorage, type IPropertyStorage, type PROPSPEC } from "comity/interfaces/propidlbase";
import { IServiceProvider } from "comity/interfaces/servprov";
import {
  Fmtid,
  PropType,
  Stgc,
  StgStatus,
  Stgm,
  createMemoryLockBytes,
  createMemoryStream,
  createStorageOnLockBytes,
  everything,
  fromPropVariant,
  isStorageLockBytes,
  openStorageOnLockBytes,
  readAll,
  toPropVariant,
  writeAll,
} from "comity/storage";
import { until } from "../support/wait.js";
import { codeOf, fails } from "./assertions.js";
import { type Ground, type Suite, suite } from "./suite.js";

/** The class that gives storages and lock bytes, by IServiceProvider. */
export const storageMakerClass: Guid = guid("5b9c0e70-7f3a-4d1c-8b42-93d1f6a0c131");

export class StorageMaker implements Implements<IServiceProvider> {
  async QueryService(_guidService: Guid, riid: Guid): Promise<IUnknown> {
    if (riid === ILockBytes.iid) return createMemoryLockBytes();
    using bytes = createMemoryLockBytes();
    return await createStorageOnLockBytes(bytes, create);
  }
}
implement(StorageMaker, IServiceProvider);

const mode = Stgm.READWRITE | Stgm.SHARE_EXCLUSIVE;
const transacted = mode | Stgm.TRANSACTED;
const create = mode | Stgm.CREATE;

async function made<T>(ground: Ground, iid: Guid): Promise<T> {
  using maker = await ground.create(storageMakerClass, IServiceProvider);
  return (await maker.QueryService(storageMakerClass, iid)) as T;
}

const text = (value: string): Uint8Array => new Uint8Array(Buffer.from(value));

async function put(storage: IStorage, name: string, bytes: Uint8Array): Promise<void> {
  using stream = (await storage.CreateStream(name, create, 0, 0)) as IStream;
  await writeAll(stream, bytes);
}

async function get(storage: IStorage, name: string): Promise<string> {
  using stream = (await storage.OpenStream(name, 0, null, mode, 0)) as IStream;
  return Buffer.from(await readAll(stream)).toString();
}

async function names(storage: IStorage): Promise<string[]> {
  using list = (await storage.EnumElements(0, 0, null, 0)) as IEnumSTATSTG;
  const { rgelt } = await list.Next(100);
  return rgelt.map((stat: STATSTG) => stat.pwcsName ?? "").toSorted((a, b) => (a < b ? -1 : 1));
}

export const storageSuites: readonly Suite[] = [
  suite("IStream", {
    async "reads what was written, from any place"(ground) {
      using root = await made<IStorage>(ground, IStorage.iid);
      using stream = (await root.CreateStream("s", create, 0, 0)) as IStream;
      assert.equal(await stream.Write(text("hello world"), 11), 11);
      assert.equal(await stream.Seek(-5n, 2), 6n);
      const { pv, pcbRead } = await stream.Read(100);
      assert.equal(Buffer.from(pv.subarray(0, pcbRead)).toString(), "world");
      assert.equal((await stream.Stat(0)).cbSize, 11n);
      await stream.SetSize(5n);
      using clone = (await stream.Clone()) as IStream;
      assert.equal(await clone.Seek(0n, 1), 11n);
      await clone.Seek(0n, 0);
      assert.equal(Buffer.from(await readAll(clone)).toString(), "hello");
      await fails(StgStatus.INVALIDFUNCTION, () => stream.Seek(-1n, 0));
      await fails(StgStatus.INVALIDFUNCTION, () => stream.LockRegion(0n, 1n, 1));
    },

    async "copies to a stream of the caller"(ground) {
      using root = await made<IStorage>(ground, IStorage.iid);
      using stream = (await root.CreateStream("s", create, 0, 0)) as IStream;
      const large = new Uint8Array(300_000).map((_, i) => i * 7);
      await writeAll(stream, large);
      await stream.Seek(0n, 0);
      using target = createMemoryStream();
      const { pcbRead, pcbWritten } = await stream.CopyTo(target, everything);
      assert.deepEqual([pcbRead, pcbWritten], [300_000n, 300_000n]);
      await target.Seek(0n, 0);
      assert.deepEqual(await readAll(target), large);
    },
  }),

  suite("IStorage, IEnumSTATSTG", {
    async "elements are made, found, renamed, destroyed"(ground) {
      using root = await made<IStorage>(ground, IStorage.iid);
      await put(root, "one", text("1"));
      await put(root, "two", text("2"));
      using folder = (await root.CreateStorage("folder", transacted, 0, 0)) as IStorage;
      assert.deepEqual(await names(root), ["folder", "one", "two"]);
      await root.RenameElement("one", "ONE MORE");
      await root.DestroyElement("two");
      assert.deepEqual(await names(root), ["ONE MORE", "folder"]);
      assert.equal(await get(root, "one MORE"), "1");
      await fails(StgStatus.FILENOTFOUND, () => root.OpenStream("two", 0, null, mode, 0));
      await fails(StgStatus.FILEALREADYEXISTS, () => root.CreateStream("folder", mode, 0, 0));
      await fails(StgStatus.ACCESSDENIED, () => root.OpenStorage("folder", null, mode, null, 0));
      await fails(StgStatus.INVALIDNAME, () => root.CreateStream("a/b", mode, 0, 0));
      await put(folder, "inner", text("inner"));
      await folder.Commit(Stgc.DEFAULT);
      await put(folder, "forgotten", text("x"));
      await folder.Revert();
      assert.deepEqual(await names(folder), ["inner"]);
    },

    async "is copied into a storage of the caller"(ground) {
      using root = await made<IStorage>(ground, IStorage.iid);
      await put(root, "s", text("content"));
      using folder = (await root.CreateStorage("folder", mode, 0, 0)) as IStorage;
      await put(folder, "inner", text("inner"));
      await root.SetStateBits(5, 0xff);
      using bytes = createMemoryLockBytes();
      using target = await createStorageOnLockBytes(bytes, create);
      await root.CopyTo(0, null, null, target);
      assert.deepEqual(await names(target), ["folder", "s"]);
      assert.equal((await target.Stat(0)).grfStateBits, 5);
      await root.MoveElementTo("s", target, "moved", 0);
      // The one who copied gives his stream back when he has time.
      await until(
        async () => (await codeOf(() => get(target, "moved"))) === 0,
        "the stream to be free again",
      );
      assert.equal(await get(target, "moved"), "content");
      assert.deepEqual(await names(root), ["folder"]);
    },

    async "ends what is open below with itself"(ground) {
      const root = await made<IStorage>(ground, IStorage.iid);
      using folder = (await root.CreateStorage("folder", mode, 0, 0)) as IStorage;
      using stream = (await folder.CreateStream("s", mode, 0, 0)) as IStream;
      await root.DestroyElement("folder");
      await fails(StgStatus.REVERTED, () => stream.Write(text("x"), 1));
      await fails(StgStatus.REVERTED, () => folder.Stat(1));
      root.Release();
    },
  }),

  suite("ILockBytes", {
    async "carries a compound file, wherever it is"(ground) {
      using bytes = await made<ILockBytes>(ground, ILockBytes.iid);
      {
        using root = await createStorageOnLockBytes(bytes, transacted | Stgm.CREATE);
        await put(root, "s", text("through lock bytes"));
        await put(root, "large", new Uint8Array(50_000).fill(7));
        await root.Commit(Stgc.DEFAULT);
        await put(root, "not committed", text("x"));
      }
      assert.equal(await isStorageLockBytes(bytes), true);
      using root = await openStorageOnLockBytes(bytes);
      using list = (await root.EnumElements(0, 0, null, 0)) as IEnumSTATSTG;
      assert.equal((await list.Next(10)).pceltFetched, 2);
      using stream = (await root.OpenStream("s", 0, null, Stgm.SHARE_EXCLUSIVE, 0)) as IStream;
      assert.equal(Buffer.from(await readAll(stream)).toString(), "through lock bytes");
    },
  }),

  suite("IPropertySetStorage, IPropertyStorage", {
    async "properties by number and by name"(ground) {
      using root = await made<IStorage>(ground, IStorage.iid);
      using sets = await root.QueryInterface(IPropertySetStorage);
      using summary = (await sets.Create(Fmtid.SummaryInformation, null, 0, create)) as IPropertyStorage;
      const title: PROPSPEC = { ulKind: 1, DUMMYUNIONNAME: { tag: 1, propid: 2 } };
      const named: PROPSPEC = { ulKind: 0, DUMMYUNIONNAME: { tag: 0, lpwstr: "Größe" } };
      await summary.WriteMultiple(
        2,
        [title, named],
        [
          toPropVariant({ vt: PropType.LPWSTR, value: "A title" }),
          toPropVariant({ vt: PropType.VECTOR | PropType.I4, value: [1, -2, 3] }),
        ],
        100,
      );
      await summary.Commit(Stgc.DEFAULT);
      const found = await summary.ReadMultiple(2, [title, named]);
      assert.deepEqual(
        found.map((value) => fromPropVariant(value).value),
        ["A title", [1, -2, 3]],
      );
      assert.deepEqual(await summary.ReadPropertyNames(1, Uint32Array.of(100)), ["Größe"]);
      assert.equal((await summary.Stat()).fmtid, Fmtid.SummaryInformation);
    },
  }),
];
