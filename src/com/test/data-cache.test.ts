import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ComError, HResult } from "../../base/index.ts";
import {
  DataStatus,
  IDataObject,
  Tymed,
  UpdateCacheFlag,
  createDataCache,
  createDataObject,
  formatEtc,
  getText,
  pointerTo,
} from "../index.ts";
import { ADVF, DATADIR } from "../gen/dataobj.ts";
import { IOleCache2, IOleCacheControl } from "../gen/oleidl.ts";
import { Loopback } from "./loopback.ts";

const own = "Comity Sample";
const blank = 0x80040007;
const codeOf = (run: () => unknown): Promise<number> =>
  Promise.resolve()
    .then(run)
    .then(
      () => 0,
      (error: unknown) => ComError.from(error).code,
    );
const quiet = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
};

describe("the data cache", () => {
  test("keeps what it is asked to keep, and is a data object", async () => {
    const object = createDataObject({ [own]: "one", Other: "x" });
    const wire = new Loopback();
    using source = wire.proxy(object, IDataObject);
    using cache = wire.proxy(createDataCache(), IOleCache2);
    const connection = await cache.Cache(formatEtc(own), 0);
    assert.notEqual(connection, 0);
    const status = { code: 0 };
    assert.equal(await cache.Cache(formatEtc(own), 0, { status }), connection);
    assert.equal(status.code, 0x00040171, "the same cache");
    using data = await cache.QueryInterface(IDataObject);
    assert.equal(await codeOf(() => data.GetData(formatEtc(own))), blank);
    await cache.InitCache(source);
    assert.equal(await getText(data, own), "one");
    assert.equal(await codeOf(() => data.GetData(formatEtc("Other"))), DataStatus.FORMATETC);
    using formats = await data.EnumFormatEtc(DATADIR.DATADIR_GET);
    assert.equal((await formats?.Next(5))?.pceltFetched, 1);
    using all = await cache.EnumCache();
    const [entry] = (await all?.Next(5))?.rgelt ?? [];
    assert.deepEqual(
      [entry?.dwConnection, entry?.pAdvSink, entry?.formatetc.cfFormat],
      [connection, null, own],
    );
    await cache.SetData(formatEtc(own), { tymed: 1, hGlobal: Uint8Array.from(Buffer.from("set")) }, 0);
    assert.equal(await getText(data, own), "set");
    await cache.DiscardCache(1);
    assert.equal(await codeOf(() => data.QueryGetData(formatEtc(own))), blank);
    await cache.Uncache(connection);
    assert.equal(await codeOf(() => cache.Uncache(connection)), DataStatus.NOCONNECTION);
    assert.equal(await codeOf(() => cache.SetData(formatEtc(own), { tymed: 0 }, 0)), blank);
    assert.equal(await codeOf(() => cache.Cache(formatEtc(own, { tymed: Tymed.GDI }), 0)), DataStatus.TYMED);
  });

  test("follows an object while it runs", async () => {
    const object = createDataObject({ [own]: "one", Stop: "a" });
    using running = new Loopback().proxy(object, IDataObject);
    const cache = createDataCache();
    using control = pointerTo(cache, IOleCacheControl);
    await cache.Cache(formatEtc(own), ADVF.ADVF_PRIMEFIRST);
    await cache.Cache(formatEtc("Stop"), ADVF.ADVF_NODATA | ADVF.ADVF_DATAONSTOP);
    await control.OnRun(running);
    await quiet();
    assert.equal(await getText(cache as never, own), "one");
    object.set(own, "two");
    object.set("Stop", "b");
    await quiet();
    assert.equal(await getText(cache as never, own), "two");
    assert.equal(await codeOf(() => cache.GetData(formatEtc("Stop"))), blank);
    object.close();
    await quiet();
    assert.equal(await getText(cache as never, "Stop"), "b", "what came when it stopped");
    await control.OnStop();
    object.set(own, "three");
    await quiet();
    assert.equal(await getText(cache as never, own), "two");
  });

  test("updates what the flags say", async () => {
    const object = createDataObject({ A: "a", B: "b" });
    using source = pointerTo(object, IDataObject);
    const cache = createDataCache({ maxFormats: 2, maxBytes: 4 });
    await cache.Cache(formatEtc("A"), 0);
    await cache.Cache(formatEtc("B"), ADVF.ADVF_NODATA);
    assert.equal(await codeOf(() => cache.Cache(formatEtc("C"), 0)), HResult.E_OUTOFMEMORY);
    await cache.UpdateCache(source, UpdateCacheFlag.NORMALCACHE);
    assert.equal(await getText(cache as never, "A"), "a");
    assert.equal(await codeOf(() => cache.GetData(formatEtc("B"))), blank);
    const onlyBlank = UpdateCacheFlag.NORMALCACHE | UpdateCacheFlag.ONLYIFBLANK;
    assert.equal(await codeOf(() => cache.UpdateCache(source, onlyBlank)), 0x80040170);
    await cache.UpdateCache(source, UpdateCacheFlag.ALL);
    assert.equal(await getText(cache as never, "B"), "b");
    const large = { tymed: 1, hGlobal: new Uint8Array(5) } as const;
    assert.equal(await codeOf(() => cache.SetData(formatEtc("A"), large, 0)), DataStatus.STGMEDIUM);
    assert.equal(await codeOf(() => cache.OnRun(null)), HResult.E_INVALIDARG);
  });
});
