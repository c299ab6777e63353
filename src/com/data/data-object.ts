import { ComError, HResult } from "../../base/index.ts";
import type { Awaitable } from "../../ndr/index.ts";
import { ADVF, DATADIR, type FORMATETC, type IAdviseSink, IDataObject } from "../gen/dataobj.ts";
import { IStorage, IStream } from "../gen/objidl.ts";
import { identityOfObject } from "../identity.ts";
import { MemoryStream } from "../marshal/memory-stream.ts";
import { duplicate, isPointer, pointerTo } from "../pointers.ts";
import { withStatus } from "../status.ts";
import { type AdviseHolderOptions, DataAdviseHolder } from "./advise-holder.ts";
import { ClipFormat, type ClipboardFormat, DataStatus, isSameFormat } from "./formats.ts";
import { EnumFormatEtc, findFormat, formatEtc, isEverything } from "./format-etc.ts";
import { type FlagStgMedium, type StgMedium, Tymed } from "./medium.ts";
import { bytesOfMedium, bytesOfText } from "./transfer.ts";

/** What data is made of: text, bytes, either when somebody asks for it, the name of a file, or a storage. */
export type DataSource =
  | string
  | Uint8Array
  | (() => Awaitable<string | Uint8Array>)
  | { readonly file: string }
  | { readonly storage: IStorage };

/** What a data object has: `text`, and data of registered formats by their names. Other formats are added with `set`. */
export interface DataContent {
  /** CF_UNICODETEXT and CF_TEXT. */
  readonly text?: string;
  readonly [format: string]: DataSource | undefined;
}

export interface DataObjectOptions extends AdviseHolderOptions {
  /** Others may set data (IDataObject::SetData). Default false. */
  readonly writable?: boolean;
  /** Most bytes that others may set. Default 64 MiB. */
  readonly maxBytes?: number;
}

interface Item {
  readonly formatetc: FORMATETC;
  readonly source: DataSource;
}

/**
 * A data object of one's own: holds data in several formats, renders them on memory or as streams, and tells advise sinks of changes. To be handed out as
 * it is, as a pointer (`runtime.pointerTo(data, IDataObject)`), or as a base class.
 */
export class DataObject {
  static readonly interfaces: readonly (typeof IDataObject)[] = [IDataObject];

  readonly #items: Item[] = [];
  readonly #options: DataObjectOptions;
  readonly #holder: DataAdviseHolder;

  constructor(content: DataContent = {}, options: DataObjectOptions = {}) {
    const { writable: _, maxBytes: __, ...holder } = options;
    this.#options = options;
    this.#holder = new DataAdviseHolder({ owner: this, ...holder });
    for (const [name, source] of Object.entries(content)) {
      if (source === undefined) continue;
      if (name === "text") this.setText(source as string);
      else this.set(name, source);
    }
  }

  /** Sets the text, in both forms. */
  setText(text: string): void {
    this.set(ClipFormat.UNICODETEXT, text);
    this.set(ClipFormat.TEXT, text);
  }

  /** Sets data, in place of what there was in this format, and tells the sinks it concerns. */
  set(format: ClipboardFormat, source: DataSource, more: Partial<FORMATETC> = {}): void {
    const formatetc = formatEtc(format, { tymed: mediaOf(source), ...more });
    const at = this.#items.findIndex((item) => isSameData(item.formatetc, formatetc));
    if (at < 0) this.#items.push({ formatetc, source });
    else this.#items[at] = { formatetc, source };
    this.#changed(formatetc);
  }

  /** Takes data out. */
  delete(format: ClipboardFormat): void {
    for (let i = this.#items.length - 1; i >= 0; i--) {
      if (isSameFormat(this.#items[i]?.formatetc.cfFormat ?? 0, format)) this.#items.splice(i, 1);
    }
  }

  /** The object stops: sinks that asked for it get the data once more, all of them OnClose. */
  close(): void {
    this.#holder.send(this, ADVF.ADVF_DATAONSTOP, () => true);
    this.#holder.sendClose();
  }

  finalRelease(): void {
    this.#holder.finalRelease();
  }

  #changed(changed: FORMATETC): void {
    this.#holder.send(
      this,
      0,
      (wanted) => isEverything(wanted) || isSameFormat(wanted.cfFormat, changed.cfFormat),
    );
  }

  // IDataObject.

  async GetData(wanted: FORMATETC | null): Promise<StgMedium> {
    const { source, formatetc } = findFormat(this.#items, wanted);
    const media = formatetc.tymed & (wanted?.tymed ?? 0);
    if (typeof source === "object" && "file" in source)
      return { tymed: Tymed.FILE, lpszFileName: source.file };
    const { host } = identityOfObject(this);
    if (typeof source === "object" && "storage" in source) {
      const { storage } = source;
      const pstg = isPointer(storage) ? duplicate(storage) : pointerTo<IStorage>(storage, IStorage, host);
      return { tymed: Tymed.ISTORAGE, pstg };
    }
    const bytes = await render(source, formatetc.cfFormat);
    if (media & Tymed.HGLOBAL) return { tymed: Tymed.HGLOBAL, hGlobal: bytes.slice() };
    return { tymed: Tymed.ISTREAM, pstm: pointerTo(new MemoryStream(bytes), IStream, host) };
  }

  /** Memory must be large enough; a stream is written to where it stands. Files are not written: their name is the caller's. */
  async GetDataHere(wanted: FORMATETC | null, medium: StgMedium | null): Promise<StgMedium> {
    const { source, formatetc } = findFormat(this.#items, wanted);
    if (medium === null || (medium.tymed & (wanted?.tymed ?? 0)) === 0)
      throw new ComError(DataStatus.TYMED, "the medium is not the one that the format names");
    if (typeof source === "object" && "storage" in source && medium.tymed === Tymed.ISTORAGE) {
      await source.storage.CopyTo(0, null, null, medium.pstg);
      return { tymed: Tymed.ISTORAGE, pstg: null };
    }
    if (typeof source === "object" && ("storage" in source || "file" in source))
      throw new ComError(DataStatus.TYMED, "this data cannot be copied to such a medium");
    const bytes = await render(source, formatetc.cfFormat);
    if (medium.tymed === Tymed.ISTREAM && medium.pstm !== null) {
      await writeStream(medium.pstm, bytes);
      return { tymed: Tymed.ISTREAM, pstm: null };
    }
    if (medium.tymed !== Tymed.HGLOBAL || medium.hGlobal === null)
      throw new ComError(DataStatus.TYMED, `data is not put on the medium ${medium.tymed}`);
    if (medium.hGlobal.length < bytes.length)
      throw new ComError(
        DataStatus.MEDIUMFULL,
        `${bytes.length} bytes do not fit in ${medium.hGlobal.length}`,
      );
    const whole = medium.hGlobal.slice();
    whole.set(bytes);
    return { tymed: Tymed.HGLOBAL, hGlobal: whole };
  }

  QueryGetData(wanted: FORMATETC | null): void {
    findFormat(this.#items, wanted);
  }

  /** No data here depends on a device. */
  GetCanonicalFormatEtc(wanted: FORMATETC | null): FORMATETC {
    findFormat(this.#items, wanted);
    const canonical = { ...(wanted as FORMATETC), ptd: null };
    return wanted?.ptd === null ? withStatus(DataStatus.SAMEFORMATETC, canonical) : canonical;
  }

  async SetData(formatetc: FORMATETC | null, medium: FlagStgMedium | null, _release: number): Promise<void> {
    if (this.#options.writable !== true)
      throw new ComError(HResult.E_NOTIMPL, "this object's data is not for others to set");
    if (formatetc === null || medium === null)
      throw new ComError(HResult.E_INVALIDARG, "a format and a medium are needed");
    const max = this.#options.maxBytes;
    const bytes = await bytesOfMedium(medium, max);
    if (bytes.length > (max ?? Number.POSITIVE_INFINITY))
      throw new ComError(DataStatus.STGMEDIUM, `more than ${max} bytes are not taken`);
    if (
      this.#items.length >= maxFormats &&
      !this.#items.some((item) => isSameData(item.formatetc, formatetc))
    )
      throw new ComError(HResult.E_OUTOFMEMORY, `the object has ${maxFormats} formats: no more are taken`);
    const { cfFormat, dwAspect, lindex } = formatetc;
    this.set(cfFormat, bytes.slice(), { dwAspect, lindex });
  }

  EnumFormatEtc(direction: number): EnumFormatEtc {
    const readable = direction === DATADIR.DATADIR_GET;
    if (!readable && (direction !== DATADIR.DATADIR_SET || this.#options.writable !== true))
      throw new ComError(HResult.E_NOTIMPL, "the object does not list these formats");
    return new EnumFormatEtc(this.#items.map(({ formatetc }) => formatetc));
  }

  DAdvise(formatetc: FORMATETC, advf: number, sink: IAdviseSink | null): number {
    if (!isEverything(formatetc)) findFormat(this.#items, formatetc);
    return this.#holder.Advise(this, formatetc, advf, sink);
  }

  DUnadvise(connection: number): void {
    this.#holder.Unadvise(connection);
  }

  EnumDAdvise(): object {
    return this.#holder.EnumAdvise();
  }
}

/** The most formats of one object that others can set. */
const maxFormats = 1024;

/**
 * A data object with what it is given: `createDataObject({ text: "hello", "Rich Text Format": rtf })`. Text goes as CF_UNICODETEXT and CF_TEXT; what is
 * given as text to a registered format, as UTF-8.
 */
export function createDataObject(content?: DataContent, options?: DataObjectOptions): DataObject {
  return new DataObject(content, options);
}

function mediaOf(source: DataSource): number {
  if (typeof source !== "object" || source instanceof Uint8Array) return Tymed.HGLOBAL | Tymed.ISTREAM;
  return "file" in source ? Tymed.FILE : Tymed.ISTORAGE;
}

function isSameData(a: FORMATETC, b: FORMATETC): boolean {
  return isSameFormat(a.cfFormat, b.cfFormat) && a.dwAspect === b.dwAspect && a.lindex === b.lindex;
}

async function render(
  source: string | Uint8Array | (() => Awaitable<string | Uint8Array>),
  format: ClipboardFormat,
): Promise<Uint8Array> {
  const made = typeof source === "function" ? await source() : source;
  return typeof made === "string" ? bytesOfText(made, format) : made;
}

const piece = 64 * 1024;

async function writeStream(stream: IStream, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; at += piece) {
    const part = bytes.subarray(at, at + piece);
    const written = await stream.Write(part, part.length);
    if (written < part.length)
      throw new ComError(DataStatus.MEDIUMFULL, "the stream does not take all of it");
  }
}
