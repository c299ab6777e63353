import { type ByteWriter, ComError, type Guid, HResult } from "../base/index.ts";
import {
  type IBindCtx,
  type IMoniker,
  IPersistFile,
  IPersistStream,
  IROTData,
  ISequentialStream,
  IStream,
} from "../com/gen/objidl.ts";
import { BINDSTATUS, IPersistMoniker } from "../com/gen/urlmon.ts";
import { IUnknown, MemoryStream } from "../com/index.ts";
import { type BindOptions, bindOptions, bound, createOptions } from "./bind-context.ts";
import { watched } from "./bind-status.ts";
import { classOfContent } from "./class-of-file.ts";
import { MonikerClass } from "./clsids.ts";
import { type FetchOptions, type Fetched, fetchUrl, pathOfUrl } from "./fetch.ts";
import { implementationOf, keyOf, needed, optional } from "./moniker.ts";
import { TextMoniker } from "./text-moniker.ts";
import { utf16z } from "./text.ts";

/** A GUID, a version, and flags. */
const parsingSize = 24;

/** MKSYS_URLMONIKER. */
const urlMoniker = 6;

/** What was fetched from which address for a binding that is still under way: the object that loads it does not fetch it again. */
const fetched = new WeakMap<object, { readonly from: string; readonly content: Fetched }>();

/**
 * Names what stands at an address (CreateURLMoniker). It is bound to its content as a stream, or to an object of the content's class that loads it; addresses of
 * http, https and file are fetched, within limits of size and time.
 */
export class UrlMoniker extends TextMoniker {
  static override readonly interfaces: readonly object[] = [IROTData];
  readonly clsid: Guid = MonikerClass.url;

  /** How the address was parsed, where whoever saved it says so ([MS-OSHARED] 2.3.7.6: serialGUID, serialVersion, uriFlags). It is kept as it is. */
  #parsing: Uint8Array = new Uint8Array(0);

  override get kind(): number {
    return urlMoniker;
  }

  override save(writer: ByteWriter): void {
    const address = utf16z(this.text);
    writer.u32(address.length + this.#parsing.length);
    writer.raw(address);
    writer.raw(this.#parsing);
  }

  protected override restoreRest(rest: Uint8Array): void {
    this.#parsing = rest.length === parsingSize ? rest.slice() : new Uint8Array(0);
  }

  protected override sizeMax(): number {
    return super.sizeMax() + this.#parsing.length;
  }

  GetDisplayName(): string {
    return this.text;
  }

  /** Another address on the right is seen from this one. */
  protected override composeSpecially(right: IMoniker): IMoniker | undefined {
    const other = implementationOf(right);
    if (!(other instanceof UrlMoniker)) return undefined;
    return this.naming.pointer(new UrlMoniker(this.naming, combineUrls(this.text, other.text)));
  }

  override async BindToObject(
    pbc: IBindCtx | null,
    pmkToLeft: IMoniker | null,
    riidResult: Guid,
  ): Promise<IUnknown | null> {
    const context = needed(pbc, "a bind context");
    if (pmkToLeft === null) {
      using self = this.pointer();
      using running = await this.naming.runningObject(self);
      if (running !== undefined) return await this.naming.query(running, riidResult);
    }
    const url = await this.#address(context, pmkToLeft);
    const options = await bindOptions(context);
    return await this.#bind(context, options, async (watch) => {
      const content = await fetchUrl(url, watch);
      const clsid = await classOfContent(this.naming, content);
      await watch.progress(BINDSTATUS.BINDSTATUS_CLASSIDAVAILABLE, 0, 0, `{${clsid.toUpperCase()}}`);
      using object = await this.#make(clsid, options);
      const key = keyOf(context);
      const outer = fetched.get(key);
      fetched.set(key, { from: url.href, content });
      try {
        await this.#load(object, content, context, options);
      } finally {
        if (outer === undefined) fetched.delete(key);
        else fetched.set(key, outer);
      }
      return await bound(this.naming, context, object, riidResult);
    });
  }

  override async BindToStorage(
    pbc: IBindCtx | null,
    pmkToLeft: IMoniker | null,
    riid: Guid,
  ): Promise<IUnknown | null> {
    const context = needed(pbc, "a bind context");
    const url = await this.#address(context, pmkToLeft);
    const before = fetched.get(keyOf(context));
    if (before?.from === url.href) return this.#show(before.content, riid);
    const options = await bindOptions(context);
    return await this.#bind(context, options, async (watch) => this.#show(await fetchUrl(url, watch), riid));
  }

  /** Runs the work within the limits of the binding. */
  #bind<T>(
    context: IBindCtx,
    { deadline }: BindOptions,
    work: (watch: FetchOptions) => Promise<T>,
  ): Promise<T> {
    const { maxFetchedBytes: limit, fetchTimeout } = this.naming.limits;
    const own = deadline > 0 && deadline < fetchTimeout;
    const milliseconds = own ? deadline : fetchTimeout;
    const code = own ? HResult.MK_E_EXCEEDEDDEADLINE : HResult.INET_E_CONNECTION_TIMEOUT;
    const late = (): ComError =>
      new ComError(code, `${this.text.slice(0, 200)} did not come within ${milliseconds} ms`);
    return watched(this.naming, context, milliseconds, late, (watch) => work({ ...watch, limit }));
  }

  /** The whole address: seen from what stands on the left, when it needs that. */
  async #address(context: IBindCtx, left: IMoniker | null): Promise<URL> {
    const base = left === null ? "" : ((await left.GetDisplayName(context, null)) ?? "");
    const whole = base === "" ? this.text : combineUrls(base, this.text);
    if (URL.canParse(whole)) return new URL(whole);
    throw new ComError(HResult.INET_E_INVALID_URL, `"${whole.slice(0, 200)}" is no address`);
  }

  async #make(clsid: Guid, options: BindOptions): Promise<IUnknown> {
    try {
      return await this.naming.runtime.createInstance(clsid, IUnknown, createOptions(options));
    } catch (cause) {
      const message = `no object of the class {${clsid}} can be made for ${this.text.slice(0, 200)}`;
      throw new ComError(HResult.INET_E_CANNOT_INSTANTIATE_OBJECT, message, { cause });
    }
  }

  /** An object loads by the moniker, from a stream of the content, or, of a file, by its path. */
  async #load(object: IUnknown, content: Fetched, context: IBindCtx, { mode }: BindOptions): Promise<void> {
    const byName = await optional(() => object.QueryInterface(IPersistMoniker));
    if (byName !== undefined) {
      using loader = byName;
      using self = this.pointer();
      return await loader.Load(1, self, context, mode);
    }
    const fromStream = await optional(() => object.QueryInterface(IPersistStream));
    if (fromStream !== undefined) {
      using loader = fromStream;
      using stream = this.naming.runtime.pointerTo(new MemoryStream(content.bytes), IStream);
      return await loader.Load(stream);
    }
    const fromFile = content.url.protocol === "file:" ? object.QueryInterface(IPersistFile) : undefined;
    if (fromFile !== undefined) {
      using loader = await fromFile;
      return await loader.Load(pathOfUrl(content.url), mode);
    }
    throw new ComError(
      HResult.INET_E_CANNOT_LOAD_DATA,
      "its class loads neither by a moniker (IPersistMoniker) nor from a stream (IPersistStream)",
    );
  }

  /** The content as a stream; as a storage or lock bytes when it is one. */
  async #show({ bytes }: Fetched, iid: Guid): Promise<IUnknown> {
    const { runtime } = this.naming;
    if (iid === IStream.iid || iid === ISequentialStream.iid || iid === IUnknown.iid) {
      const { length } = bytes;
      using stream = runtime.pointerTo(new MemoryStream(bytes, length), IStream);
      return await this.naming.query(stream, iid);
    }
    return await this.naming.openContent(bytes, iid);
  }
}

/** An address as it is seen from another one (CoInternetCombineUrl); as it is, where that one is no address. */
export function combineUrls(base: string, text: string): string {
  return URL.canParse(text, base) ? new URL(text, base).href : text;
}
