import { ComError, HResult } from "../../base/index.ts";
import type { CallOptions } from "../../ndr/index.ts";
import {
  ADVF,
  type FORMATETC,
  IAdviseSink,
  IDataAdviseHolder,
  type IDataObject,
  IEnumSTATDATA,
  type STATDATA,
} from "../gen/dataobj.ts";
import type { IMoniker } from "../gen/objidl.ts";
import { IOleAdviseHolder } from "../gen/oleidl.ts";
import { type Identity, identityOfObject } from "../identity.ts";
import { duplicate, isPointer, pointerTo } from "../pointers.ts";
import { CookieTable } from "../sinks/cookies.ts";
import {
  SinkConnection,
  type SinkHost,
  type SinkSettings,
  defaultSinkSettings,
  heldSink,
} from "../sinks/connection.ts";
import { SnapshotEnumerator } from "../snapshot-enumerator.ts";
import type { IUnknown } from "../unknown.ts";
import { DataStatus } from "./formats.ts";
import { type StgMedium, noMedium, releaseMedium } from "./medium.ts";

/** IEnumSTATDATA: the connections there were when it was made. */
export class EnumStatData extends SnapshotEnumerator<STATDATA> {
  static readonly interfaces: readonly (typeof IEnumSTATDATA)[] = [IEnumSTATDATA];

  protected override pointerOf(item: STATDATA): IUnknown | undefined {
    return item.pAdvSink ?? undefined;
  }

  Next(celt: number): { readonly rgelt: readonly STATDATA[]; readonly pceltFetched: number } {
    return this.next(celt, (rgelt) => ({ rgelt, pceltFetched: rgelt.length }));
  }

  Clone(): EnumStatData {
    return new EnumStatData(this.items, this.at);
  }
}

interface Advised {
  readonly data: STATDATA;
  readonly connection: SinkConnection;
}

/** What a holder needs of a data object: its data. The object itself, or a pointer to it. */
export type DataProvider = Pick<IDataObject, "GetData">;

export interface AdviseHolderOptions extends SinkSettings {
  /** Most sinks. The next one is refused; it stops a client from filling memory. Default 1024. */
  readonly maxSinks?: number;
  /** The data object the holder works for; default the holder itself. Its apartment is where sinks are called from. */
  readonly owner?: object;
  /** Told of sinks that fail or are cut off. */
  readonly note?: (fields: object, message: string) => void;
}

/** Who wants to hear of an object, and what is common to telling them: in order, one call at a time each; no sink waits for another, one that is gone is taken out. */
abstract class AdviseSinks implements SinkHost {
  readonly settings: Required<SinkSettings>;
  protected readonly advised: CookieTable<Advised> = new CookieTable<Advised>();
  readonly #options: AdviseHolderOptions;

  constructor(options: AdviseHolderOptions = {}) {
    const { maxSinks: _, owner: __, note: ___, ...settings } = options;
    this.#options = options;
    this.settings = { ...defaultSinkSettings, ...settings };
  }

  get identity(): Identity {
    return identityOfObject(this.#options.owner ?? this);
  }

  /** Takes in a sink; answers its connection. Throws CONNECT_E_ADVISELIMIT. */
  protected connect(formatetc: FORMATETC, advf: number, sink: IAdviseSink): number {
    const max = this.#options.maxSinks ?? 1024;
    if (this.advised.size >= max)
      throw new ComError(CONNECT_E_ADVISELIMIT, `the object has ${max} sinks: no more are taken`);
    const own = isPointer(sink) ? duplicate(sink) : pointerTo<IAdviseSink>(sink, IAdviseSink);
    return this.advised.add((dwConnection) => ({
      data: { formatetc, advf, pAdvSink: own, dwConnection },
      connection: new SinkConnection(dwConnection, heldSink(own), this),
    }));
  }

  /** Throws OLE_E_NOCONNECTION. */
  Unadvise(cookie: number): void {
    const advised = this.advised.take(cookie);
    if (advised === undefined)
      throw new ComError(DataStatus.NOCONNECTION, `there is no connection ${cookie}`);
    advised.connection.close();
  }

  EnumAdvise(): EnumStatData {
    return new EnumStatData(this.advised.entries().map(({ data }) => data));
  }

  /** Has everybody called; `pointers` are lent for the calls. */
  protected tellAll(
    call: (sink: IAdviseSink, options: CallOptions | undefined) => unknown,
    pointers: readonly IUnknown[] = [],
  ): void {
    for (const { connection } of this.advised.entries())
      connection.send({ call: (sink, options) => call(sink as IAdviseSink, options), pointers });
  }

  /** Lets all sinks go. */
  finalRelease(): void {
    for (const { connection } of this.advised.clear()) connection.close();
  }

  lost(connection: SinkConnection, why: ComError): void {
    this.note(connection, "a sink is cut off", why);
    this.advised.take(connection.cookie)?.connection.close();
  }

  note(connection: SinkConnection, what: string, error?: unknown): void {
    this.#options.note?.({ cookie: connection.cookie, error }, what);
  }
}

/** What sinks that hear of no data have for a format. */
const noFormat: FORMATETC = { cfFormat: 0, ptd: null, dwAspect: 0, lindex: -1, tymed: 0 };

/** IOleAdviseHolder: who wants to hear that an object in a document is renamed, saved or closed, and the telling (CreateOleAdviseHolder). */
export class OleAdviseHolder extends AdviseSinks {
  static readonly interfaces: readonly (typeof IOleAdviseHolder)[] = [IOleAdviseHolder];

  /** Throws E_INVALIDARG without a sink, CONNECT_E_ADVISELIMIT. */
  Advise(sink: IAdviseSink | null): number {
    if (sink === null) throw new ComError(HResult.E_INVALIDARG, "a sink is needed");
    return this.connect(noFormat, 0, sink);
  }

  /** The object's full name is another. The moniker is lent. */
  SendOnRename(moniker: IMoniker | null): void {
    this.tellAll((sink, options) => sink.OnRename(moniker, options), isPointer(moniker) ? [moniker] : []);
  }

  SendOnSave(): void {
    this.tellAll((sink, options) => sink.OnSave(options));
  }

  SendOnClose(): void {
    this.tellAll((sink, options) => sink.OnClose(options));
  }
}

/** IDataAdviseHolder: who wants to hear of a data object's changes, and the telling (CreateDataAdviseHolder). */
export class DataAdviseHolder extends AdviseSinks {
  static readonly interfaces: readonly (typeof IDataAdviseHolder)[] = [IDataAdviseHolder];

  /**
   * Takes in a sink. ADVF_PRIMEFIRST: it is told at once; with ADVF_ONLYONCE that is all it hears. ADVF_NODATA: without the data. Throws E_INVALIDARG
   * without a format or sink, CONNECT_E_ADVISELIMIT.
   */
  Advise(
    dataObject: DataProvider | null,
    formatetc: FORMATETC | null,
    advf: number,
    sink: IAdviseSink | null,
  ): number {
    if (formatetc === null || sink === null)
      throw new ComError(HResult.E_INVALIDARG, "a format and a sink are needed");
    const cookie = this.connect(formatetc, advf, sink);
    if (advf & ADVF.ADVF_PRIMEFIRST && dataObject !== null) {
      const first = this.advised.entries().find(({ data }) => data.dwConnection === cookie);
      // After the answer to whoever connects: he learns his number first.
      if (first !== undefined) queueMicrotask(() => this.#tell(first, dataObject, 0));
    }
    return cookie;
  }

  /**
   * Tells everybody that the data changed. With ADVF_DATAONSTOP in `advf` the object is about to stop: those who asked for data then get it, though they
   * said ADVF_NODATA.
   */
  SendOnDataChange(dataObject: DataProvider | null, _reserved: number, advf: number): void {
    this.send(dataObject, advf);
  }

  /** As SendOnDataChange, to those whose format `concerns` says yes to. */
  send(
    dataObject: DataProvider | null,
    advf: number,
    concerns: (formatetc: FORMATETC) => boolean = () => true,
  ): void {
    for (const advised of this.advised.entries()) {
      if (concerns(advised.data.formatetc)) this.#tell(advised, dataObject, advf);
    }
  }

  /** Tells everybody that the object closes. */
  sendClose(): void {
    this.tellAll((sink, options) => sink.OnClose(options));
  }

  #tell(advised: Advised, dataObject: DataProvider | null, advf: number): void {
    const { data, connection } = advised;
    const once = (data.advf & ADVF.ADVF_ONLYONCE) !== 0;
    const stopping = (advf & ADVF.ADVF_DATAONSTOP) !== 0;
    const late = stopping && (data.advf & ADVF.ADVF_DATAONSTOP) !== 0;
    const wantsData = (data.advf & ADVF.ADVF_NODATA) === 0 || late;
    if (once) this.advised.take(data.dwConnection);
    const source = wantsData ? dataObject : null;
    const pointers = isPointer(dataObject) ? [dataObject] : [];
    connection.send(
      {
        call: (sink, options) => tell(sink as IAdviseSink, data.formatetc, source, options),
        pointers,
      },
      once ? () => connection.close() : undefined,
    );
  }
}

const CONNECT_E_ADVISELIMIT = 0x80040201;

async function tell(
  sink: IAdviseSink,
  formatetc: FORMATETC,
  source: DataProvider | null,
  options: CallOptions | undefined,
): Promise<void> {
  const medium = source === null ? noMedium : await dataOrNothing(source, formatetc);
  try {
    await sink.OnDataChange(formatetc, medium, options);
  } finally {
    releaseMedium(medium);
  }
}

/** A change is told also when its data is not to be had. */
async function dataOrNothing(source: DataProvider, formatetc: FORMATETC): Promise<StgMedium> {
  try {
    return await source.GetData(formatetc);
  } catch (error) {
    ComError.from(error);
    return noMedium;
  }
}

/** Makes an advise holder (CreateDataAdviseHolder). */
export function createDataAdviseHolder(options?: AdviseHolderOptions): DataAdviseHolder {
  return new DataAdviseHolder(options);
}

/** Makes an advise holder for an object in a document (CreateOleAdviseHolder). */
export function createOleAdviseHolder(options?: AdviseHolderOptions): OleAdviseHolder {
  return new OleAdviseHolder(options);
}
