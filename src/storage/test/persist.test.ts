import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { VT, Variant } from "../../automation/index.ts";
import {
  IPersistMemory,
  IPersistStreamInit,
  IPropertyBag2,
  type PROPBAG2,
} from "../../automation/gen/ocidl.ts";
import { ComError, type Guid, HResult, fromHex, toHex } from "../../base/index.ts";
import {
  IPersistFile,
  IPersistStorage,
  IPersistStream,
  type IStorage,
  type IStream,
} from "../../com/gen/objidl.ts";
import { type IUnknown, pointerTo } from "../../com/index.ts";
import type { Interface } from "../../ndr/index.ts";
import {
  type CompObj,
  ILockBytes,
  OleFlag,
  PropertyBag,
  StgStatus,
  Stgm,
  StorageObject,
  StreamObject,
  bytesOfLockBytes,
  createMemoryLockBytes,
  createMemoryStream,
  createStorage,
  createStorageOnLockBytes,
  fileServices,
  getConvertStg,
  oleLoad,
  oleLoadFromStream,
  oleSave,
  oleSaveToStream,
  readAll,
  readClassStg,
  readCompObj,
  readFmtUserTypeStg,
  readOle10Native,
  readOleStream,
  readPackagedFile,
  setConvertStg,
  writeAll,
  writeClassStg,
  writeCompObj,
  writeFmtUserTypeStg,
  writeOle10Native,
  writeOleStream,
  writePackagedFile,
} from "../index.ts";
import { R, X, clock, get, put, status, text } from "./support.ts";

const noteClass = "aaaaaaaa-0000-0000-0000-000000000001" as Guid;
const albumClass = "aaaaaaaa-0000-0000-0000-000000000002" as Guid;

class Note extends StreamObject {
  words = "";

  GetClassID(): Guid {
    return noteClass;
  }

  protected initNew(): void {
    this.words = "new";
  }

  protected async load(stream: IStream): Promise<void> {
    this.words = Buffer.from(await readAll(stream)).toString();
  }

  protected async save(stream: IStream): Promise<void> {
    await writeAll(stream, text(this.words));
  }

  change(words: string): void {
    this.words = words;
    this.dirty = true;
  }
}

class Album extends StorageObject {
  title = "";
  calls: string[] = [];

  GetClassID(): Guid {
    return albumClass;
  }

  protected initNew(): void {
    this.title = "untitled";
  }

  protected async load(storage: IStorage): Promise<void> {
    this.title = Buffer.from(await get(storage, "title")).toString();
  }

  protected async save(storage: IStorage, same: boolean): Promise<void> {
    this.calls.push(same ? "same" : "other");
    await put(storage, "title", text(this.title));
  }

  async scribble(): Promise<void> {
    this.checkScribble();
    await put(this.storage, "thumbnail", text("…"));
  }
}

/** A runtime as far as these functions ask one. */
const maker = {
  createInstance<T>(clsid: Guid, iface: Interface<T>): T {
    if (clsid !== noteClass && clsid !== albumClass) throw new ComError(HResult.REGDB_E_CLASSNOTREG);
    return pointerTo(clsid === noteClass ? new Note() : new Album(), iface);
  },
};

async function memoryStorage(): Promise<IStorage> {
  using bytes = createMemoryLockBytes();
  return await createStorageOnLockBytes(bytes, X | Stgm.CREATE, { clock });
}

async function dirty(object: { IsDirty(options: { status: { code: number } }): unknown }): Promise<boolean> {
  const code = { code: -1 };
  await object.IsDirty({ status: code });
  return code.code === HResult.S_OK;
}

suite("persistence of objects", () => {
  const folder = mkdtempSync(join(tmpdir(), "comity-persist-"));
  test.after(() => rmSync(folder, { recursive: true, force: true }));

  test("an object is saved to a stream with its class, and made again from it", async () => {
    const note = new Note();
    using pointer = pointerTo(note, IPersistStream);
    using init = await pointer.QueryInterface(IPersistStreamInit);
    await init.InitNew();
    await assert.rejects(async () => init.InitNew(), status(HResult.CO_E_ALREADYINITIALIZED));
    note.change("hello");
    assert.equal(await dirty(pointer), true);
    assert.equal(await pointer.GetSizeMax(), 5n);
    using stream = createMemoryStream();
    await oleSaveToStream(pointer, stream);
    assert.equal(await dirty(pointer), false);
    await oleSaveToStream(null, stream);
    await stream.Seek(0n, 0);
    assert.equal(
      toHex((await stream.Read(100)).pv),
      `aaaaaaaa00000000000000000000000168656c6c6f${"0".repeat(32)}`,
    );
    await stream.SetSize(21n);
    await stream.Seek(0n, 0);
    using again = await oleLoadFromStream(maker, stream, IPersistStream);
    assert.ok(again !== null);
    assert.equal(await again.GetSizeMax(), 5n);
    using nothing = createMemoryStream(new Uint8Array(16));
    assert.equal(await oleLoadFromStream(maker, nothing, IPersistStream), null);
    using short = createMemoryStream(new Uint8Array(7));
    await assert.rejects(oleLoadFromStream(maker, short, IPersistStream), status(StgStatus.READFAULT));
  });

  test("memory and files", async () => {
    const note = new Note();
    using memory = pointerTo<IUnknown>(note, IPersistStream);
    using part = await memory.QueryInterface(IPersistMemory);
    await part.Load(text("in memory"), 9);
    assert.equal(note.words, "in memory");
    assert.equal(await part.GetSizeMax(), 9);
    assert.deepEqual(await part.Save(1, 10), new Uint8Array([...text("in memory"), 0]));
    await assert.rejects(async () => part.Save(1, 8), status(HResult.E_UNEXPECTED));
    using file = await part.QueryInterface(IPersistFile);
    const code = { code: -1 };
    assert.equal(await file.GetCurFile({ status: code }), "*.dat");
    assert.equal(code.code, HResult.S_FALSE);
    const path = join(folder, "note.dat");
    await file.Save(path, 1);
    assert.equal(readFileSync(path, "utf8"), "in memory");
    await assert.rejects(async () => file.Save(path, 1), status(HResult.E_UNEXPECTED));
    await file.SaveCompleted(path);
    assert.equal(await file.GetCurFile(), path);
    note.change("longer than before");
    await file.Save(null, 0);
    assert.equal(await dirty(file), false);
    const copy = new Note();
    using other = pointerTo(copy, IPersistFile);
    await other.Load(path, Stgm.READ);
    assert.equal(copy.words, "longer than before");
  });

  test("an object in a storage: saved, reopened elsewhere, and the states between", async () => {
    using first = await memoryStorage();
    using second = await memoryStorage();
    const album = new Album();
    using pointer = pointerTo(album, IPersistStorage);
    await assert.rejects(async () => pointer.Save(first, 1), status(HResult.E_UNEXPECTED));
    await pointer.InitNew(first);
    await assert.rejects(async () => pointer.Load(first), status(HResult.CO_E_ALREADYINITIALIZED));
    assert.equal(album.state, "normal");
    await album.scribble();
    album.title = "Summer";
    await oleSave(pointer, second, false);
    assert.equal(album.state, "noScribble");
    await assert.rejects(album.scribble(), status(HResult.E_UNEXPECTED));
    await pointer.HandsOffStorage();
    assert.equal(album.state, "handsOff");
    await assert.rejects(async () => pointer.Save(first, 0), status(HResult.E_UNEXPECTED));
    await assert.rejects(async () => pointer.SaveCompleted(null), status(HResult.E_INVALIDARG));
    await pointer.SaveCompleted(second);
    assert.equal(album.state, "normal");
    await album.scribble();
    assert.deepEqual(await get(second, "thumbnail"), text("…"));
    await pointer.Save(second, 1);
    assert.equal(await dirty(pointer), false);
    await pointer.SaveCompleted(null);
    assert.deepEqual(album.calls, ["other", "same"]);
    await assert.rejects(async () => pointer.SaveCompleted(null), status(HResult.E_UNEXPECTED));
    assert.equal(await readClassStg(second), albumClass);
    using again = await oleLoad(maker, second, IPersistStorage);
    assert.equal(await again.GetClassID(), albumClass);
    using empty = await memoryStorage();
    await assert.rejects(oleLoad(maker, empty, IPersistStorage), status(HResult.REGDB_E_CLASSNOTREG));
  });

  test("the class of a file is in its root", async () => {
    const path = join(folder, "class.dat");
    {
      using root = createStorage(path, X);
      await writeClassStg(root, albumClass);
    }
    assert.equal(await fileServices.classOfFile(path), albumClass);
    using bytes = fileServices.openStorage(path, R, ILockBytes.iid) as ILockBytes;
    assert.equal(toHex((await bytes.ReadAt(0n, 4)).pv), "d0cf11e0");
    assert.throws(() => fileServices.openStorage(path, R, noteClass), status(HResult.E_NOINTERFACE));
  });

  test("a property bag, and its text", () => {
    const bag = new PropertyBag();
    bag.Write("Caption", new Variant(VT.BSTR, "Ok"));
    bag.Write("Width", new Variant(VT.I4, 120));
    bag.Write("Price", new Variant(VT.CY, 12345n));
    bag.Write("Bytes", Variant.from(Uint8Array.of(1, 2, 3)));
    bag.Write("Gone", new Variant(VT.I2, 1));
    bag.Write("gone", Variant.empty);
    assert.equal(bag.Read("CAPTION", null, VT.EMPTY, null).value, "Ok");
    assert.equal(bag.Read("width", null, VT.BSTR, null).value, "120");
    assert.throws(() => bag.Read("Gone", null, VT.EMPTY, null), status(HResult.E_INVALIDARG));
    using pointer = bag.pointer();
    using second = pointer.QueryInterface(IPropertyBag2) as IPropertyBag2;
    assert.equal(second.CountProperties(), 4);
    const info = second.GetPropertyInfo(1, 2) as { pPropBag: readonly PROPBAG2[] };
    assert.deepEqual(
      info.pPropBag.map(({ pstrName, vt, dwHint }) => [pstrName, vt, dwHint]),
      [
        ["Width", VT.I4, 2],
        ["Price", VT.CY, 3],
      ],
    );
    const asked = [...info.pPropBag, { ...(info.pPropBag[0] as PROPBAG2), pstrName: "Nothing" }];
    const found = second.Read(3, asked, null, new Uint32Array(3)) as Awaited<
      ReturnType<IPropertyBag2["Read"]>
    >;
    assert.deepEqual(
      found.pvarValue.map(({ value }) => value),
      [120, 12345n, undefined],
    );
    assert.deepEqual([...(found.phrError ?? [])], [0, 0, HResult.E_INVALIDARG]);
    assert.throws(() => second.Read(3, asked, null, null), status(HResult.E_INVALIDARG));
    const again = PropertyBag.fromText(bag.toText());
    assert.deepEqual(
      again.entries.map(([name, value]) => [name, value.vt, value.toJs()]),
      bag.entries.map(([name, value]) => [name, value.vt, value.toJs()]),
    );
    for (const wrong of ["[", "3", '{"a":{"type":"VT_DISPATCH"}}']) {
      assert.throws(() => PropertyBag.fromText(wrong), status(HResult.E_INVALIDARG), wrong);
    }
  });
});

suite("links and embedding", () => {
  // As Word writes it.
  const word = fromHex(
    "0100feff030a0000ffffffff0609020000000000c00000000000004618000000" +
      `${toHex(text("Microsoft Word Document"))}000a000000${toHex(text("MSWordDoc"))}0010000000${toHex(text("Word.Document.8"))}00` +
      "f439b271000000000000000000000000",
  );

  test("\\1CompObj", async () => {
    const read = readCompObj(word);
    assert.deepEqual(read, {
      clsid: "00020906-0000-0000-c000-000000000046",
      userType: "Microsoft Word Document",
      format: "MSWordDoc",
      progId: "Word.Document.8",
    });
    assert.equal(toHex(writeCompObj(read)), toHex(word));
    for (const format of [undefined, 8, "Größe"]) {
      const object: CompObj = { ...read, format, userType: "Übersicht" };
      assert.deepEqual(readCompObj(writeCompObj(object)), object);
    }
    assert.throws(() => readCompObj(word.subarray(0, 40)), status(StgStatus.DOCFILECORRUPT));
    using storage = await memoryStorage();
    await writeClassStg(storage, noteClass);
    await writeFmtUserTypeStg(storage, 1, "A note");
    assert.deepEqual(await readFmtUserTypeStg(storage), {
      clsid: noteClass,
      format: 1,
      userType: "A note",
      progId: "",
    });
  });

  test("\\1Ole", async () => {
    // An embedded object of Excel in Word, with the moniker it is reached by.
    const embedded = fromHex(
      "010000020800000000000000000000002d0000000403000000000000c0000000000000460200000021000f000000496e707574214f626a656374203100",
    );
    const read = readOleStream(embedded);
    assert.equal(read.moniker?.clsid, "00000304-0000-0000-c000-000000000046");
    assert.equal(read.link, undefined);
    assert.equal(toHex(writeOleStream(read)), toHex(embedded));
    const moniker = { clsid: noteClass, data: Uint8Array.of(1, 2, 3) };
    const linked = {
      ...read,
      flags: OleFlag.LINKED,
      link: {
        relative: moniker,
        absolute: undefined,
        clsid: albumClass,
        displayName: "C:\\größe.xls",
        updated: 1n,
        checked: 2n,
        sourceChanged: 3n,
      },
    };
    assert.deepEqual(readOleStream(writeOleStream(linked)), linked);
    assert.throws(
      () => readOleStream(writeOleStream(linked).subarray(0, 90)),
      status(StgStatus.DOCFILECORRUPT),
    );
    using storage = await memoryStorage();
    assert.equal(await getConvertStg(storage), false);
    await setConvertStg(storage, true);
    assert.equal(await getConvertStg(storage), true);
    await setConvertStg(storage, false);
    assert.equal(await getConvertStg(storage), false);
  });

  test("\\1Ole10Native and the packager's files", () => {
    const file = { label: "a.txt", path: "C:\\a.txt", temporaryPath: "C:\\temp\\a.txt", data: text("hello") };
    const native = writeOle10Native(writePackagedFile(file));
    assert.deepEqual(readPackagedFile(readOle10Native(native)), file);
    assert.equal(readPackagedFile(text("BM and so on")), undefined);
    assert.throws(() => readOle10Native(fromHex("ffffff7f00")), status(StgStatus.DOCFILECORRUPT));
    assert.equal(readPackagedFile(fromHex("02004142")), undefined);
  });

  test("lock bytes in memory give their bytes", () => {
    using bytes = createMemoryLockBytes(text("abc"));
    assert.deepEqual(bytesOfLockBytes(bytes), text("abc"));
  });
});
