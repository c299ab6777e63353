import { ComError, HResult } from "../../base/index.ts";
import { ADVF, DATADIR, type FORMATETC, IAdviseSink, IDataObject, type STATDATA } from "../gen/dataobj.ts";
import { IStream } from "../gen/objidl.ts";
import { IOleCache2, IOleCacheControl } from "../gen/oleidl.ts";
import { identityOfObject } from "../identity.ts";
import { MemoryStream } from "../marshal/memory-stream.ts";
import { duplicate, isPointer, pointerTo } from "../pointers.ts";
import { CookieTable } from "../sinks/cookies.ts";
import { withStatus } from "../status.ts";
import { EnumStatData } from "./advise-holder.ts";
import { DataStatus, isSameFormat } from "./formats.ts";
import { EnumFormatEtc, findFormat } from "./format-etc.ts";
import { type StgMedium, Tymed } from "./medium.ts";
import { bytesOfMedium, getBytes } from "./transfer.ts";

/** One format that is kept. */
interface Entry {
  readonly connection: number;
  readonly formatetc: FORMATETC;
  readonly advf: number;
  bytes: Uint8Array | undefined;
  /** The connection at the running object. */
  advised: number | undefined;
}

/** Which entries UpdateCache is about, and when (UPDFCACHE_*). */
export const UpdateCacheFlag = {
  NODATACACHE: 1,
  ONSAVECACHE: 2,
  ONSTOPCACHE: 4,
  NORMALCACHE: 8,
  IFBLANK: 16,
  ONLYIFBLANK: 0x80000000,
  ALL: 0x7fffffff,
  ALLBUTNODATACACHE: 0x7ffffffe,
} as const;

/** OLE_E_BLANK: nothing is cached. */
const OLE_E_BLANK = 0x80040007;
/** CACHE_S_SAMECACHE: the format is cached already. */
const CACHE_S_SAMECACHE = 0x00040171;
/** CACHE_E_NOCACHE_UPDATED: there was nothing to update. */
const CACHE_E_NOCACHE_UPDATED = 0x80040170;

export interface DataCacheOptions {
  /** Most formats. The next one is refused; it stops a client from filling memory. Default 256. */
  readonly maxFormats?: number;
  /** Most bytes of one format. Default 64 MiB. */
  readonly maxBytes?: number;
}

/**
 * A data cache (CreateDataCache): keeps the data of an object that does not always run, in the formats that were asked for, and is a data object itself.
 * While the object runs (IOleCacheControl) it hears of changes and follows them. It keeps bytes (memory, streams), in memory.
 */
export class DataCache {
  static readonly interfaces: readonly (typeof IDataObject | typeof IOleCache2 | typeof IOleCacheControl)[] =
    [IDataObject, IOleCache2, IOleCacheControl];

  readonly #entries = new CookieTable<Entry>();
  readonly #options: DataCacheOptions;
  #running: IDataObject | undefined;

  constructor(options: DataCacheOptions = {}) {
    this.#options = options;
  }

  // IOleCache.

  /** Begins to keep a format; answers its number. CACHE_S_SAMECACHE with the number there is, when it is kept already. */
  async Cache(formatetc: FORMATETC | null, advf: number): Promise<number> {
    if (formatetc === null) throw new ComError(HResult.E_INVALIDARG, "no format was given");
    if ((formatetc.tymed & (Tymed.HGLOBAL | Tymed.ISTREAM)) === 0)
      throw new ComError(DataStatus.TYMED, "only memory and streams are cached");
    const before = this.#find(formatetc);
    if (before !== undefined) return withStatus(CACHE_S_SAMECACHE, before.connection);
    const max = this.#options.maxFormats ?? 256;
    if (this.#entries.size >= max)
      throw new ComError(HResult.E_OUTOFMEMORY, `the cache has ${max} formats: no more are taken`);
    const made: Entry[] = [];
    const connection = this.#entries.add((number) => {
      const entry: Entry = { connection: number, formatetc, advf, bytes: undefined, advised: undefined };
      made.push(entry);
      return entry;
    });
    if (this.#running !== undefined) for (const entry of made) await this.#follow(entry, this.#running);
    return connection;
  }

  async Uncache(connection: number): Promise<void> {
    const entry = this.#entries.take(connection);
    if (entry === undefined)
      throw new ComError(DataStatus.NOCONNECTION, `the cache has no connection ${connection}`);
    await this.#leave(entry);
  }

  EnumCache(): object {
    const items = this.#entries.entries().map(({ formatetc, advf, connection }): STATDATA => ({
      formatetc,
      advf,
      pAdvSink: null,
      dwConnection: connection,
    }));
    return new EnumStatData(items);
  }

  /** Fills everything that the object has. */
  InitCache(dataObject: IDataObject | null): Promise<void> {
    return this.UpdateCache(dataObject, UpdateCacheFlag.ALLBUTNODATACACHE);
  }

  /** Puts data in the cache from outside. Throws OLE_E_BLANK when the format is not kept. */
  async SetData(formatetc: FORMATETC | null, medium: StgMedium | null, _release: number): Promise<void> {
    if (formatetc === null || medium === null)
      throw new ComError(HResult.E_INVALIDARG, "a format and a medium are needed");
    const entry = this.#find(formatetc);
    if (entry === undefined) throw new ComError(OLE_E_BLANK, "the format is not cached");
    await this.#store(entry, medium);
  }

  // IOleCache2.

  /** Fetches anew what `which` says, from an object or from the running one. Throws CACHE_E_NOCACHE_UPDATED when that is nothing. */
  async UpdateCache(dataObject: IDataObject | null, which: number): Promise<void> {
    const source = dataObject ?? this.#running;
    if (source === undefined) throw new ComError(HResult.E_INVALIDARG, "no data object runs");
    let updated = 0;
    for (const entry of this.#entries.entries()) {
      if (isWanted(entry, which) && (await this.#fetch(entry, source))) updated++;
    }
    if (updated === 0) throw new ComError(CACHE_E_NOCACHE_UPDATED, "nothing in the cache was updated");
  }

  /** Forgets the data, not the formats. */
  DiscardCache(_options: number): void {
    for (const entry of this.#entries.entries()) entry.bytes = undefined;
  }

  // IOleCacheControl.

  /** The object runs: from now on its changes are followed, until OnStop. */
  async OnRun(dataObject: IDataObject | null): Promise<void> {
    if (dataObject === null) throw new ComError(HResult.E_INVALIDARG, "no data object was given");
    if (this.#running !== undefined) return;
    const running = isPointer(dataObject)
      ? duplicate(dataObject)
      : pointerTo<IDataObject>(dataObject, IDataObject);
    this.#running = running;
    for (const entry of this.#entries.entries()) await this.#follow(entry, running);
  }

  async OnStop(): Promise<void> {
    const running = this.#running;
    for (const entry of this.#entries.entries()) await this.#leave(entry);
    this.#running = undefined;
    running?.[Symbol.dispose]();
  }

  // IDataObject.

  GetData(wanted: FORMATETC | null): StgMedium {
    const { bytes } = findFormat(this.#entries.entries(), wanted);
    if (bytes === undefined) throw new ComError(OLE_E_BLANK, "the cache has no data in this format yet");
    if ((wanted?.tymed ?? 0) & Tymed.HGLOBAL) return { tymed: Tymed.HGLOBAL, hGlobal: bytes.slice() };
    const { host } = identityOfObject(this);
    return { tymed: Tymed.ISTREAM, pstm: pointerTo(new MemoryStream(bytes), IStream, host) };
  }

  GetDataHere(): never {
    throw new ComError(HResult.E_NOTIMPL, "the cache hands out copies");
  }

  QueryGetData(wanted: FORMATETC | null): void {
    const { bytes } = findFormat(this.#entries.entries(), wanted);
    if (bytes === undefined) throw new ComError(OLE_E_BLANK, "the cache has no data in this format yet");
  }

  GetCanonicalFormatEtc(wanted: FORMATETC | null): FORMATETC {
    findFormat(this.#entries.entries(), wanted);
    return withStatus(DataStatus.SAMEFORMATETC, wanted as FORMATETC);
  }

  EnumFormatEtc(direction: number): EnumFormatEtc {
    if (direction !== DATADIR.DATADIR_GET)
      throw new ComError(HResult.E_NOTIMPL, "the cache does not list these formats");
    const filled = this.#entries.entries().filter(({ bytes }) => bytes !== undefined);
    return new EnumFormatEtc(filled.map(({ formatetc }) => formatetc));
  }

  DAdvise(): never {
    throw new ComError(DataStatus.ADVISENOTSUPPORTED, "advise at the object itself");
  }

  DUnadvise(): never {
    throw new ComError(DataStatus.ADVISENOTSUPPORTED, "advise at the object itself");
  }

  EnumDAdvise(): never {
    throw new ComError(DataStatus.ADVISENOTSUPPORTED, "advise at the object itself");
  }

  finalRelease(): Promise<void> {
    return this.OnStop();
  }

  #find(formatetc: FORMATETC): Entry | undefined {
    return this.#entries
      .entries()
      .find(
        ({ formatetc: kept }) =>
          isSameFormat(kept.cfFormat, formatetc.cfFormat) &&
          kept.dwAspect === formatetc.dwAspect &&
          kept.lindex === formatetc.lindex,
      );
  }

  async #store(entry: Entry, medium: StgMedium): Promise<void> {
    const max = this.#options.maxBytes ?? 64 * 1024 * 1024;
    const bytes = await bytesOfMedium(medium, max);
    if (bytes.length > max) throw new ComError(DataStatus.STGMEDIUM, `more than ${max} bytes are not cached`);
    entry.bytes = bytes.slice();
  }

  /** False when the object does not have it. */
  async #fetch(entry: Entry, source: IDataObject): Promise<boolean> {
    try {
      entry.bytes = await getBytes(source, entry.formatetc);
      return true;
    } catch (error) {
      ComError.from(error);
      return false;
    }
  }

  async #follow(entry: Entry, running: IDataObject): Promise<void> {
    if (entry.advf & ADVF.ADVF_NODATA && (entry.advf & ADVF.ADVF_DATAONSTOP) === 0) return;
    const sink = new CacheSink(async (medium) => {
      if (medium !== null && medium.tymed !== Tymed.NULL) await this.#store(entry, medium);
    });
    using pointer = pointerTo<IAdviseSink>(sink, IAdviseSink, identityOfObject(this).host);
    const flags =
      entry.advf & (ADVF.ADVF_NODATA | ADVF.ADVF_PRIMEFIRST | ADVF.ADVF_ONLYONCE | ADVF.ADVF_DATAONSTOP);
    try {
      entry.advised = await running.DAdvise(entry.formatetc, flags, pointer);
    } catch (error) {
      // An object without this format, or without news, is simply not followed.
      ComError.from(error);
    }
  }

  async #leave(entry: Entry): Promise<void> {
    const { advised } = entry;
    entry.advised = undefined;
    if (advised === undefined || this.#running === undefined) return;
    try {
      await this.#running.DUnadvise(advised);
    } catch (error) {
      ComError.from(error); // it is gone, or told us once and let go
    }
  }
}

/** Takes in what the running object tells. */
class CacheSink {
  static readonly interfaces: readonly (typeof IAdviseSink)[] = [IAdviseSink];
  readonly #take: (medium: StgMedium | null) => Promise<void>;

  constructor(take: (medium: StgMedium | null) => Promise<void>) {
    this.#take = take;
  }

  OnDataChange(_format: FORMATETC | null, medium: StgMedium | null): Promise<void> {
    return this.#take(medium);
  }

  OnViewChange(): void {}
  OnRename(): void {}
  OnSave(): void {}
  OnClose(): void {}
}

function isWanted({ advf, bytes }: Entry, which: number): boolean {
  const flags = UpdateCacheFlag;
  if ((which & flags.ONLYIFBLANK) !== 0 && bytes !== undefined) return false;
  if ((which & flags.IFBLANK) !== 0 && bytes === undefined) return true;
  if (advf & ADVF.ADVF_NODATA) return (which & flags.NODATACACHE) !== 0;
  if (advf & ADVF.ADVFCACHE_ONSAVE) return (which & flags.ONSAVECACHE) !== 0;
  if (advf & ADVF.ADVF_DATAONSTOP) return (which & flags.ONSTOPCACHE) !== 0;
  return (which & flags.NORMALCACHE) !== 0;
}

/** Makes an empty data cache (CreateDataCache). */
export function createDataCache(options?: DataCacheOptions): DataCache {
  return new DataCache(options);
}
