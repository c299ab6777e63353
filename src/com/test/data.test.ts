import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ComError, HResult } from "../../base/index.ts";
import {
  ClipFormat,
  DataAdviseHolder,
  createOleAdviseHolder,
  type DataObject,
  DataStatus,
  IAdviseSink,
  IDataObject,
  type Implements,
  MemoryStream,
  type StgMedium,
  Tymed,
  bytesOfMedium,
  createDataObject,
  formatEtc,
  getBytes,
  getText,
  pointerTo,
  releaseMedium,
} from "../index.ts";
import { ADVF, DATADIR, type FORMATETC } from "../gen/dataobj.ts";
import { IStream } from "../gen/objidl.ts";
import { Loopback } from "./loopback.ts";

const text = formatEtc(ClipFormat.UNICODETEXT);
const sample = "Comity Sample";

function codeOf(run: () => unknown): Promise<number> {
  return Promise.resolve()
    .then(run)
    .then(
      () => 0,
      (error: unknown) => ComError.from(error).code,
    );
}

class Sink implements Implements<IAdviseSink> {
  static readonly interfaces = [IAdviseSink];
  readonly heard: unknown[] = [];
  finalReleases = 0;
  async OnDataChange(format: FORMATETC | null, medium: StgMedium | null): Promise<void> {
    const bytes = medium === null || medium.tymed === 0 ? undefined : await bytesOfMedium(medium);
    this.heard.push([
      format?.cfFormat,
      bytes === undefined ? undefined : Buffer.from(bytes).toString("utf8"),
    ]);
  }
  OnViewChange(): void {}
  OnRename(): void {}
  OnSave(): void {}
  OnClose(): void {
    this.heard.push("closed");
  }
  finalRelease(): void {
    this.finalReleases++;
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const quiet = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await turn();
};

const ways: readonly [string, (data: DataObject) => IDataObject][] = [
  ["near", (data) => pointerTo(data, IDataObject)],
  ["far", (data) => new Loopback().proxy(data, IDataObject)],
];

for (const [name, way] of ways) {
  describe(`IDataObject, ${name}`, () => {
    test("data in several formats, on memory and as a stream", async () => {
      using data = way(
        createDataObject({
          text: "Grüße",
          [sample]: Uint8Array.of(1, 2, 3),
          Late: () => Promise.resolve("late"),
        }),
      );
      assert.equal(await getText(data), "Grüße");
      assert.equal(await getText(data, ClipFormat.TEXT), "Grüße");
      assert.equal(await getText(data, "late"), "late", "names are in any letter case");
      assert.deepEqual(await getBytes(data, sample), Uint8Array.of(1, 2, 3));
      const medium = await data.GetData(formatEtc(sample, { tymed: Tymed.ISTREAM }));
      assert.equal(medium.tymed, Tymed.ISTREAM);
      assert.deepEqual(await bytesOfMedium(medium), Uint8Array.of(1, 2, 3));
      releaseMedium(medium);
      const large = createDataObject({ [sample]: new Uint8Array(300_000).fill(7) });
      using far = way(large);
      const bytes = await getBytes(far, formatEtc(sample, { tymed: Tymed.ISTREAM }));
      assert.ok(bytes.length === 300_000 && bytes.every((byte) => byte === 7));
    });

    test("GetDataHere fills what the caller brings", async () => {
      using data = way(createDataObject({ [sample]: Uint8Array.of(1, 2, 3) }));
      const memory = await data.GetDataHere(formatEtc(sample, { tymed: Tymed.HGLOBAL }), {
        tymed: 1,
        hGlobal: new Uint8Array(5),
      });
      assert.deepEqual(memory, { tymed: 1, hGlobal: Uint8Array.of(1, 2, 3, 0, 0) });
      const stream = new MemoryStream();
      using pstm = pointerTo<IStream>(stream, IStream);
      releaseMedium(await data.GetDataHere(formatEtc(sample, { tymed: Tymed.ISTREAM }), { tymed: 4, pstm }));
      assert.deepEqual(Array.from(stream.bytes), [1, 2, 3]);
      const small = { tymed: 1, hGlobal: new Uint8Array(2) } as const;
      assert.equal(await codeOf(() => data.GetDataHere(formatEtc(sample), small)), DataStatus.MEDIUMFULL);
      const file = { tymed: 2, lpszFileName: "/etc/passwd" } as const;
      const onFile = formatEtc(sample, { tymed: Tymed.FILE | Tymed.HGLOBAL });
      assert.equal(await codeOf(() => data.GetDataHere(onFile, file)), DataStatus.TYMED);
    });

    test("what it does not have, it says", async () => {
      using data = way(createDataObject({ text: "a", Path: { file: "/tmp/x" } }));
      const ask = (more: Partial<FORMATETC>): Promise<number> =>
        codeOf(() => data.QueryGetData({ ...text, ...more }));
      assert.equal(await ask({}), 0);
      assert.equal(await ask({ cfFormat: "Nothing" }), DataStatus.FORMATETC);
      assert.equal(await ask({ dwAspect: 4 }), DataStatus.DVASPECT);
      assert.equal(await ask({ lindex: 3 }), DataStatus.LINDEX);
      assert.equal(await ask({ tymed: Tymed.GDI }), DataStatus.TYMED);
      assert.equal(await codeOf(() => data.GetData(formatEtc("Nothing"))), DataStatus.FORMATETC);
      assert.equal(await codeOf(() => data.SetData(text, { tymed: 0 }, 0)), HResult.E_NOTIMPL);
      const status = { code: 0 };
      const canonical = await data.GetCanonicalFormatEtc(text, { status });
      assert.deepEqual(canonical, text);
      assert.equal(status.code, DataStatus.SAMEFORMATETC);
      const path = await data.GetData(formatEtc("Path", { tymed: Tymed.FILE }));
      assert.deepEqual(path, { tymed: 2, lpszFileName: "/tmp/x" });
    });

    test("formats are listed", async () => {
      using data = way(createDataObject({ text: "a", [sample]: "b" }));
      using all = await data.EnumFormatEtc(DATADIR.DATADIR_GET);
      const status = { code: 0 };
      const { rgelt, pceltFetched } = (await all?.Next(10, { status })) ?? { rgelt: [], pceltFetched: 0 };
      assert.equal(pceltFetched, 3);
      assert.equal(status.code, HResult.S_FALSE);
      assert.deepEqual(
        rgelt.map(({ cfFormat }) => cfFormat),
        [ClipFormat.UNICODETEXT, ClipFormat.TEXT, sample],
      );
      await all?.Reset();
      await all?.Skip(2);
      using copy = await all?.Clone();
      assert.equal((await copy?.Next(1))?.rgelt[0]?.cfFormat, sample);
      assert.equal(await codeOf(() => data.EnumFormatEtc(DATADIR.DATADIR_SET)), HResult.E_NOTIMPL);
    });

    test("others set data where they may, and sinks hear of it", async () => {
      const object = createDataObject({ [sample]: "one" }, { writable: true, maxBytes: 10 });
      using data = way(object);
      const sink = new Sink();
      {
        using pointer = pointerTo(sink, IAdviseSink);
        const cookie = await data.DAdvise(formatEtc(sample), 0, pointer);
        assert.notEqual(cookie, 0);
        const bytes = Uint8Array.from(Buffer.from("two"));
        await data.SetData(formatEtc(sample), { tymed: 1, hGlobal: bytes }, 0);
        assert.equal(await getText(data, sample), "two");
        using pstm = pointerTo<IStream>(new MemoryStream(Uint8Array.from(Buffer.from("three"))), IStream);
        await data.SetData(formatEtc(sample), { tymed: 4, pstm }, 0);
        await quiet();
        assert.deepEqual(sink.heard, [
          [sample, "two"],
          [sample, "three"],
        ]);
        await data.DUnadvise(cookie);
        assert.equal(await codeOf(() => data.DUnadvise(cookie)), DataStatus.NOCONNECTION);
      }
      await quiet();
      assert.equal(sink.finalReleases, 1);
      const tooMuch = { tymed: 1, hGlobal: new Uint8Array(11) } as const;
      assert.equal(await codeOf(() => data.SetData(formatEtc(sample), tooMuch, 0)), DataStatus.STGMEDIUM);
      const file = { tymed: 2, lpszFileName: "/etc/passwd" } as const;
      assert.equal(await codeOf(() => data.SetData(formatEtc(sample), file, 0)), DataStatus.TYMED);
    });

    test("advise flags", async () => {
      const object = createDataObject({ [sample]: "one", Other: "x" });
      using data = way(object);
      const sinks = Object.fromEntries(
        ["plain", "nodata", "prime", "once", "get", "stop", "all"].map((key) => [key, new Sink()]),
      ) as Record<string, Sink>;
      const advise = async (key: string, advf: number, format = formatEtc(sample)): Promise<void> => {
        using pointer = pointerTo(sinks[key] as Sink, IAdviseSink);
        await data.DAdvise(format, advf, pointer);
      };
      await advise("plain", 0);
      await advise("nodata", ADVF.ADVF_NODATA);
      await advise("prime", ADVF.ADVF_PRIMEFIRST);
      await advise("once", ADVF.ADVF_ONLYONCE);
      await advise("get", ADVF.ADVF_PRIMEFIRST | ADVF.ADVF_ONLYONCE);
      await advise("stop", ADVF.ADVF_NODATA | ADVF.ADVF_DATAONSTOP);
      const everything = { cfFormat: 0, ptd: null, dwAspect: 0xffffffff, lindex: -1, tymed: 0xffffffff };
      await advise("all", ADVF.ADVF_NODATA, everything);
      await quiet();
      object.set(sample, "two");
      object.set("Other", "y");
      await quiet();
      object.set(sample, "three");
      await quiet();
      object.close();
      await quiet();
      const heard = Object.fromEntries(Object.entries(sinks).map(([key, sink]) => [key, sink.heard]));
      const one = [sample, "one\0"];
      const two = [sample, "two\0"];
      const three = [sample, "three\0"];
      const nothing = [sample, undefined];
      assert.deepEqual(heard, {
        plain: [two, three, three, "closed"],
        nodata: [nothing, nothing, nothing, "closed"],
        prime: [one, two, three, three, "closed"],
        once: [two],
        get: [one],
        stop: [nothing, nothing, three, "closed"],
        all: [[0, undefined], [0, undefined], [0, undefined], [0, undefined], "closed"],
      });
      assert.deepEqual([sinks["once"]?.finalReleases, sinks["get"]?.finalReleases], [1, 1]);
    });

    test("connections are listed", async () => {
      using data = way(createDataObject({ [sample]: "one" }));
      using pointer = pointerTo(new Sink(), IAdviseSink);
      const cookie = await data.DAdvise(formatEtc(sample), ADVF.ADVF_NODATA, pointer);
      using all = await data.EnumDAdvise();
      await data.DUnadvise(cookie);
      const [one] = (await all?.Next(1))?.rgelt ?? [];
      assert.deepEqual([one?.dwConnection, one?.advf, one?.formatetc.cfFormat], [cookie, 1, sample]);
      await one?.pAdvSink?.OnClose();
      one?.pAdvSink?.[Symbol.dispose]();
      assert.equal(await codeOf(() => data.DAdvise(formatEtc("Nothing"), 0, pointer)), DataStatus.FORMATETC);
      assert.equal(await codeOf(() => data.DAdvise(formatEtc(sample), 0, null)), HResult.E_INVALIDARG);
    });
  });
}

describe("advise holders", () => {
  test("hostile: no more sinks than the limit; sinks that throw or are gone", async () => {
    const holder = new DataAdviseHolder({ maxSinks: 3 });
    const sink = (run: () => void): object => ({
      OnDataChange: run,
      OnViewChange: () => undefined,
      OnRename: () => undefined,
      OnSave: () => undefined,
      OnClose: () => undefined,
    });
    const wire = new Loopback();
    const elsewhere = sink(() => undefined);
    using a = wire.proxy(elsewhere, IAdviseSink);
    wire.broken = new ComError(HResult.RPC_E_DISCONNECTED);
    const failing = sink(() => {
      throw new ComError(HResult.E_FAIL);
    });
    using b = pointerTo(failing, IAdviseSink);
    holder.Advise(null, text, 0, a);
    const second = holder.Advise(null, text, 0, b);
    holder.Advise(null, text, 0, b);
    assert.throws(() => holder.Advise(null, text, 0, b), { code: 0x80040201 });
    holder.SendOnDataChange(null, 0, 0);
    await quiet();
    holder.Advise(null, text, 0, b);
    holder.Unadvise(second);
    holder.finalRelease();
    assert.throws(() => holder.Unadvise(second), { code: DataStatus.NOCONNECTION });
  });

  test("an object in a document tells that it was renamed, saved and closed", async () => {
    const holder = createOleAdviseHolder({ maxSinks: 2 });
    const told: string[] = [];
    const sink = (who: string): object => ({
      OnDataChange: () => told.push("data"),
      OnViewChange: () => told.push("view"),
      OnRename: (moniker: unknown) => told.push(`${who} renamed ${String(moniker)}`),
      OnSave: () => told.push(`${who} saved`),
      OnClose: () => told.push(`${who} closed`),
    });
    using a = pointerTo(sink("a"), IAdviseSink);
    using b = new Loopback().proxy(sink("b"), IAdviseSink);
    const first = holder.Advise(a);
    holder.Advise(b);
    assert.throws(() => holder.Advise(b), { code: 0x80040201 });
    assert.throws(() => holder.Advise(null), { code: HResult.E_INVALIDARG });
    const { rgelt } = holder.EnumAdvise().Next(2);
    assert.deepEqual(
      rgelt.map(({ dwConnection, formatetc }) => [dwConnection, formatetc.tymed]),
      [
        [first, 0],
        [first + 1, 0],
      ],
    );
    for (const { pAdvSink } of rgelt) pAdvSink?.[Symbol.dispose]();
    holder.SendOnRename(null);
    holder.SendOnSave();
    holder.Unadvise(first);
    holder.SendOnClose();
    await quiet();
    assert.deepEqual(
      told.filter((line) => line.startsWith("a")),
      ["a renamed null", "a saved"],
    );
    assert.deepEqual(
      told.filter((line) => line.startsWith("b")),
      ["b renamed null", "b saved", "b closed"],
    );
    holder.finalRelease();
  });
});
