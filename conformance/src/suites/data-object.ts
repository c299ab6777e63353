import assert from "node:assert/strict";
import { HResult, type Implements, implement } from "comity";
import {
  DataStatus,
  type StgMedium,
  Tymed,
  bytesOfMedium,
  formatEtc,
  getBytes,
  getText,
  readStream,
  releaseMedium,
} from "comity/com";
import { ADVF, type FORMATETC, IAdviseSink } from "comity/interfaces/dataobj";
import type { IStream } from "comity/interfaces/objidl";
import { Stgm, createMemoryLockBytes, createStorageOnLockBytes } from "comity/storage";
import { SuiteData } from "../gen/suites.js";
import { until } from "../support/wait.js";
import { codeOf, fails } from "./assertions.js";
import { type Ground, type Suite, suite } from "./suite.js";

const CF_UNICODETEXT = 13;
const own = "Comity Suite";
const sample = Uint8Array.of(1, 2, 3, 0, 255);

class Watcher implements Implements<IAdviseSink> {
  readonly heard: unknown[] = [];
  finalReleases = 0;
  async OnDataChange(format: FORMATETC | null, medium: StgMedium | null): Promise<void> {
    const bytes = medium === null || medium.tymed === 0 ? undefined : await bytesOfMedium(medium);
    this.heard.push([format?.cfFormat, bytes === undefined ? undefined : [...bytes]]);
  }
  OnViewChange(): void {}
  OnRename(): void {}
  OnSave(): void {}
  OnClose(): void {}
  finalRelease(): void {
    this.finalReleases++;
  }
}
implement(Watcher, IAdviseSink);

export const dataObjectSuite: Suite = suite("IDataObject, IAdviseSink", {
  async "GetData on memory and as a stream"({ create }: Ground) {
    using data = await create(SuiteData);
    assert.equal(await getText(data), "Grüße");
    assert.deepEqual(await getBytes(data, own), sample);
    const medium = await data.GetData(formatEtc(own, { tymed: Tymed.ISTREAM }));
    assert.equal(medium.tymed, Tymed.ISTREAM);
    assert.deepEqual(await bytesOfMedium(medium), sample);
    releaseMedium(medium);
  },

  async "GetDataHere fills the caller's memory"({ create }: Ground) {
    using data = await create(SuiteData);
    const format = formatEtc(own, { tymed: Tymed.HGLOBAL });
    const filled = await data.GetDataHere(format, { tymed: 1, hGlobal: new Uint8Array(7) });
    assert.deepEqual(filled, { tymed: 1, hGlobal: Uint8Array.of(1, 2, 3, 0, 255, 0, 0) });
    await fails(DataStatus.MEDIUMFULL, () =>
      data.GetDataHere(format, { tymed: 1, hGlobal: new Uint8Array(2) }),
    );
  },

  async "QueryGetData says what is not there, and why"({ create }: Ground) {
    using data = await create(SuiteData);
    const format = formatEtc(CF_UNICODETEXT);
    await data.QueryGetData(format);
    await fails(DataStatus.FORMATETC, () => data.QueryGetData({ ...format, cfFormat: 2 }));
    await fails(DataStatus.FORMATETC, () => data.GetData(formatEtc("Never Registered")));
    await fails(DataStatus.DVASPECT, () => data.QueryGetData({ ...format, dwAspect: 4 }));
    await fails(DataStatus.LINDEX, () => data.QueryGetData({ ...format, lindex: 5 }));
    await fails(DataStatus.TYMED, () => data.GetData({ ...format, tymed: Tymed.ISTORAGE }));
  },

  async GetCanonicalFormatEtc({ create }: Ground) {
    using data = await create(SuiteData);
    const status = { code: 0 };
    const canonical = await data.GetCanonicalFormatEtc(formatEtc(own), { status });
    assert.equal(canonical.ptd, null);
    assert.equal(canonical.cfFormat, own);
    assert.equal(status.code, DataStatus.SAMEFORMATETC);
  },

  async "SetData, and sinks that hear of it by their flags"({ create, com }: Ground) {
    using data = await create(SuiteData);
    const watchers = Array.from({ length: 4 }, () => new Watcher());
    const flags = [0, ADVF.ADVF_NODATA, ADVF.ADVF_PRIMEFIRST | ADVF.ADVF_ONLYONCE, ADVF.ADVF_ONLYONCE];
    const cookies: number[] = [];
    for (const [i, advf] of flags.entries()) {
      using sink = com.pointerTo(watchers[i] as Watcher, IAdviseSink);
      cookies.push(await data.DAdvise(formatEtc(own), advf, sink));
    }
    assert.equal(new Set(cookies).size, 4);
    assert.ok(cookies.every((cookie) => cookie !== 0));
    const [plain, bare, first, once] = watchers as [Watcher, Watcher, Watcher, Watcher];
    await until(() => first.heard.length === 1, "the first notification");
    await data.SetData(formatEtc(own), { tymed: 1, hGlobal: Uint8Array.of(9) }, 0);
    await until(() => plain.heard.length === 1 && bare.heard.length === 1 && once.heard.length === 1, "news");
    await data.SetData(formatEtc(own), { tymed: 1, hGlobal: Uint8Array.of(8, 8) }, 0);
    await until(() => plain.heard.length === 2 && bare.heard.length === 2, "more news");
    assert.deepEqual(
      watchers.map(({ heard }) => heard),
      [
        [
          [own, [9]],
          [own, [8, 8]],
        ],
        [
          [own, undefined],
          [own, undefined],
        ],
        [[own, [...sample]]],
        [[own, [9]]],
      ],
    );
    assert.deepEqual(await getBytes(data, own), Uint8Array.of(8, 8));
    await until(() => first.finalReleases === 1 && once.finalReleases === 1, "sinks of one call to go");
    await data.DUnadvise(cookies[0] ?? 0);
    await data.DUnadvise(cookies[1] ?? 0);
    await fails(DataStatus.NOCONNECTION, () => data.DUnadvise(cookies[0] ?? 0));
    await until(() => watchers.every(({ finalReleases }) => finalReleases === 1), "all sinks to go");
  },

  async "large data goes both ways"({ create }: Ground) {
    using data = await create(SuiteData);
    const large = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 31) & 0xff);
    await data.SetData(formatEtc("Large"), { tymed: 1, hGlobal: large }, 0);
    assert.ok(Buffer.compare(await getBytes(data, "Large"), large) === 0);
    assert.ok(
      Buffer.compare(await getBytes(data, formatEtc("large", { tymed: Tymed.ISTREAM })), large) === 0,
    );
    const more = { tymed: 1, hGlobal: new Uint8Array(100_001) } as const;
    await fails(DataStatus.STGMEDIUM, () => data.SetData(formatEtc("Large"), more, 0));
    await fails(DataStatus.TYMED, () =>
      data.SetData(formatEtc("Large"), { tymed: 2, lpszFileName: "/etc/passwd" }, 0),
    );
  },

  async "a storage is handed out, and copied to the caller's"({ create }: Ground) {
    using data = await create(SuiteData);
    const format = formatEtc("Comity Storage", { tymed: Tymed.ISTORAGE });
    const medium = await data.GetData(format);
    assert.ok(medium.tymed === Tymed.ISTORAGE && medium.pstg !== null);
    {
      using note = await medium.pstg.OpenStream("Note", 0, null, Stgm.READ | Stgm.SHARE_EXCLUSIVE, 0);
      assert.ok(note !== null);
      assert.equal(Buffer.from(await readStream(note)).toString(), "kept");
    }
    releaseMedium(medium);
    using bytes = createMemoryLockBytes();
    using own = await createStorageOnLockBytes(bytes);
    releaseMedium(await data.GetDataHere(format, { tymed: Tymed.ISTORAGE, pstg: own }));
    const open = (): unknown => own.OpenStream("Note", 0, null, Stgm.READ | Stgm.SHARE_EXCLUSIVE, 0);
    // Whoever wrote it may be letting go of it still.
    await until(
      async () => (await codeOf(async () => ((await open()) as IStream).Release())) === 0,
      "the copy",
    );
    using copy = (await open()) as IStream;
    assert.equal(Buffer.from(await readStream(copy)).toString(), "kept");
    await fails(DataStatus.TYMED, () => data.GetData({ ...format, tymed: Tymed.HGLOBAL }));
  },

  async "EnumDAdvise shows the connections"({ create, com }: Ground) {
    using data = await create(SuiteData);
    using sink = com.pointerTo(new Watcher(), IAdviseSink);
    const cookie = await data.DAdvise(formatEtc(CF_UNICODETEXT), ADVF.ADVF_NODATA, sink);
    using all = await data.EnumDAdvise();
    const [one, ...others] = (await all?.Next(5))?.rgelt ?? [];
    assert.deepEqual(
      [one?.dwConnection, one?.advf, one?.formatetc.cfFormat, others.length],
      [cookie, 1, 13, 0],
    );
    one?.pAdvSink?.[Symbol.dispose]();
    await data.DUnadvise(cookie);
    await fails(HResult.E_INVALIDARG, () => data.DAdvise(formatEtc(CF_UNICODETEXT), 0, null));
  },
});
