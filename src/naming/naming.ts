import { ByteWriter, ComError, type Guid, HResult, splitFiletime } from "../base/index.ts";
import {
  IBindCtx,
  IEnumMoniker,
  IMoniker,
  IROTData,
  IRunningObjectTable,
  IStream,
} from "../com/gen/objidl.ts";
import type { FILETIME } from "../com/gen/wtypesbase.ts";
import {
  IUnknown,
  MemoryStream,
  type Runtime,
  contractOf,
  identityOf,
  remoteObjectOf,
} from "../com/index.ts";
import type { Awaitable } from "../ndr/index.ts";
import { AntiMoniker } from "./anti-moniker.ts";
import { BindContext, type BindOptions } from "./bind-context.ts";
import { ClassMoniker } from "./class-moniker.ts";
import { MonikerClass } from "./clsids.ts";
import { commonPrefixOf, composeAll, composeMonikers, relativePathOf } from "./compose.ts";
import { CompositeMoniker } from "./composite-moniker.ts";
import { MonikerEnumerator } from "./enumerators.ts";
import { FileMoniker } from "./file-moniker.ts";
import { ItemMoniker } from "./item-moniker.ts";
import { maxComparisonData, type NamingLimits, defaultNamingLimits } from "./limits.ts";
import { type ForeignMoniker, type Loading, foreign, guidOf, loadFromStream } from "./loading.ts";
import { type Moniker, implementationOf, needed, optional } from "./moniker.ts";
import { NewMoniker } from "./new-moniker.ts";
import { ObjrefMoniker, PointerMoniker } from "./objref-moniker.ts";
import { parseAfter } from "./parse.ts";
import { QueueMoniker, isElevated } from "./prefix-monikers.ts";
import { RunningObjectTable } from "./running-object-table.ts";
import { UrlMoniker } from "./url-moniker.ts";
import { utf16z } from "./text.ts";

/** What names need of files beyond their paths: storage provides it. */
export interface FileServices {
  /** The class that stands in the file itself; undefined when none does. */
  classOfFile?(path: string): Awaitable<Guid | undefined>;
  /** The file as IStorage, IStream or ILockBytes, opened with STGM_* `mode`. The caller owns the pointer. */
  openStorage?(path: string, mode: number, iid: Guid): Awaitable<IUnknown>;
  /** The same of what was fetched. */
  classOfContent?(bytes: Uint8Array): Awaitable<Guid | undefined>;
  openContent?(bytes: Uint8Array, iid: Guid): Awaitable<IUnknown>;
}

/** Names of one runtime: its monikers, its view of the running object table, its limits. */
export class Naming {
  readonly runtime: Runtime;
  limits: NamingLimits = defaultNamingLimits;
  files: FileServices = {};
  /** Whether this process has an administrator's rights (`Elevation:Administrator!`). */
  elevated: () => boolean = isElevated;
  readonly #table: RunningObjectTable;
  readonly #numbers = new WeakMap<object, number>();
  #nextNumber = 1;

  constructor(runtime: Runtime) {
    this.runtime = runtime;
    this.#table = new RunningObjectTable(this);
  }

  pointer(moniker: Moniker): IMoniker {
    return this.runtime.pointerTo(moniker, IMoniker);
  }

  /** Another pointer to the same interface of the same object: at once, near and far. */
  again<T extends IUnknown>(pointer: T): T {
    const { $descriptor } = pointer as unknown as { $descriptor: Parameters<T["QueryInterface"]>[0] };
    return pointer.QueryInterface($descriptor) as T;
  }

  /** An interface of an object; the caller owns the pointer. Throws E_NOINTERFACE. */
  query(object: IUnknown, iid: Guid): Awaitable<IUnknown> {
    return object.QueryInterface(contractOf(iid, this.runtime));
  }

  anti(count: number): IMoniker {
    return this.pointer(new AntiMoniker(this, count));
  }

  /** Takes over the components. */
  composite(parts: readonly IMoniker[]): IMoniker {
    return this.pointer(new CompositeMoniker(this, parts));
  }

  /** Takes over the monikers. */
  enumerator(list: readonly IMoniker[]): IEnumMoniker {
    const enumerator = new MonikerEnumerator(list);
    for (const one of list) one[Symbol.dispose]();
    return this.runtime.pointerTo(enumerator, IEnumMoniker);
  }

  bindContext(options: Partial<BindOptions> = {}): IBindCtx {
    return this.runtime.pointerTo(new BindContext(this, options), IBindCtx);
  }

  /** The components of a composite, or the moniker itself: pointers of the caller's own. */
  componentsOf(moniker: IMoniker): IMoniker[] {
    const known = implementationOf(moniker);
    const parts = known instanceof CompositeMoniker ? known.parts : [moniker];
    return parts.map((part) => this.again(part));
  }

  compose(first: IMoniker | null, rest: IMoniker | null): Promise<IMoniker | null> {
    return composeMonikers(this, first, rest);
  }

  composeAll(list: readonly IMoniker[]): Promise<IMoniker | null> {
    return composeAll(this, list);
  }

  commonPrefix(a: IMoniker, b: IMoniker): Promise<IMoniker | null> {
    return commonPrefixOf(this, a, b);
  }

  relativePath(from: IMoniker, to: IMoniker): Promise<IMoniker | null> {
    return relativePathOf(this, from, to);
  }

  parseAfter(
    moniker: IMoniker,
    context: IBindCtx,
    toLeft: IMoniker | null,
    name: string,
  ): Promise<{ pchEaten: number; ppmkOut: IMoniker | null }> {
    return parseAfter(this, moniker, context, toLeft, name);
  }

  /** The running object table as an interface; the caller owns the pointer. */
  runningObjectTable(): IRunningObjectTable {
    return this.runtime.pointerTo(this.#table, IRunningObjectTable);
  }

  isRunning(moniker: IMoniker): Promise<boolean> {
    return this.#table.isRunning(moniker);
  }

  /** The object that runs under a name; the caller owns the pointer. */
  runningObject(moniker: IMoniker): Promise<IUnknown | undefined> {
    return this.#table.find(moniker);
  }

  async runningTime(moniker: IMoniker): Promise<FILETIME | undefined> {
    const time = await this.#table.changed(moniker);
    return time === undefined ? undefined : splitFiletime(time);
  }

  /** What the running object table knows a moniker by: its comparison data, else its display name and class. Throws E_OUTOFMEMORY when that is too long. */
  async comparisonKey(moniker: IMoniker): Promise<Uint8Array> {
    const comparable = await optional(() => moniker.QueryInterface(IROTData));
    if (comparable !== undefined) {
      using held = comparable;
      return (await held.GetComparisonData(maxComparisonData)).pbData;
    }
    using context = this.bindContext();
    const name = utf16z((await moniker.GetDisplayName(context, null)) ?? "");
    const writer = new ByteWriter(16 + name.length);
    writer.guid(await moniker.GetClassID());
    writer.raw(name);
    if (writer.pos > maxComparisonData)
      throw new ComError(
        HResult.E_OUTOFMEMORY,
        `a name of ${writer.pos} bytes, ${maxComparisonData} are allowed`,
      );
    return writer.finish();
  }

  async openStorage(path: string, mode: number, iid: Guid): Promise<IUnknown> {
    const opened = await this.files.openStorage?.(path, mode, iid);
    if (opened !== undefined) return opened;
    throw withoutStorage();
  }

  /** What was fetched, as a storage or lock bytes; the caller owns the pointer. */
  async openContent(bytes: Uint8Array, iid: Guid): Promise<IUnknown> {
    const opened = await this.files.openContent?.(bytes, iid);
    if (opened !== undefined) return opened;
    throw withoutStorage();
  }

  /** A number that is the same for the same object: what pointers hash to. */
  numberOf(object: IUnknown): number {
    const key = remoteObjectOf(object) ?? identityOf(object);
    let number = this.#numbers.get(key);
    if (number === undefined) this.#numbers.set(key, (number = this.#nextNumber++));
    return number;
  }

  /** A moniker of the system without a state: undefined for another class. */
  blank(clsid: Guid): Moniker | undefined {
    switch (clsid) {
      case MonikerClass.file:
        return new FileMoniker(this, "");
      case MonikerClass.item:
        return new ItemMoniker(this, "", "");
      case MonikerClass.anti:
        return new AntiMoniker(this, 1);
      case MonikerClass.pointer:
        return new PointerMoniker(this, undefined);
      case MonikerClass.composite:
        return new CompositeMoniker(this);
      case MonikerClass.class:
        return new ClassMoniker(this);
      case MonikerClass.objref:
        return new ObjrefMoniker(this, undefined);
      case MonikerClass.url:
        return new UrlMoniker(this, "");
      case MonikerClass.new:
        return new NewMoniker(this);
      case MonikerClass.queue:
        return new QueueMoniker(this, "");
      default:
        return undefined;
    }
  }

  /** Reads a class and its state: a moniker as OleSaveToStream writes it. */
  *loading(depth: number): Loading<IMoniker> {
    const clsid = yield* guidOf();
    const made = this.blank(clsid);
    if (made === undefined) return yield* foreign(clsid);
    yield* made.restore(depth);
    return made.pointer();
  }

  /** A moniker of another's class, loaded from where the stream stands. The caller owns the pointer. */
  async loadForeign({ clsid, marshaled }: ForeignMoniker, stream: IStream): Promise<IMoniker> {
    if (marshaled) {
      using unmarshaler = await this.runtime.referenceClasses.unmarshaler(clsid);
      const made = await unmarshaler.UnmarshalInterface(stream, IMoniker.iid);
      return needed(made, "a moniker") as IMoniker;
    }
    const moniker = await this.runtime.createInstance(clsid, IMoniker);
    try {
      await moniker.Load(stream);
      return moniker;
    } catch (error) {
      moniker[Symbol.dispose]();
      throw error;
    }
  }

  /** A moniker as OleSaveToStream wrote it, of whatever class (OleLoadFromStream). The caller owns the pointer. */
  loadFrom(stream: IStream): Promise<IMoniker> {
    return loadFromStream(stream, this.loading(0), (wanted) => this.loadForeign(wanted, stream));
  }

  async bytesOf(moniker: IMoniker): Promise<Uint8Array> {
    const writer = new ByteWriter(128);
    await this.saveOne(moniker, writer);
    return writer.finish();
  }

  async fromBytes(bytes: Uint8Array): Promise<IMoniker> {
    using stream = this.runtime.pointerTo(new MemoryStream(bytes), IStream);
    return await this.loadFrom(stream);
  }

  /** Writes monikers as OleSaveToStream does; at once, as long as they do not have to be asked elsewhere. */
  saveAll(list: readonly IMoniker[], writer: ByteWriter, from = 0): Awaitable<void> {
    for (let at = from; at < list.length; at++) {
      const done = this.saveOne(list[at] as IMoniker, writer);
      if (done instanceof Promise) return done.then(() => this.saveAll(list, writer, at + 1));
    }
  }

  saveOne(moniker: IMoniker, writer: ByteWriter): Awaitable<void> {
    const known = implementationOf(moniker);
    if (known !== undefined) {
      writer.guid(known.GetClassID());
      return known.save(writer);
    }
    const clsid = moniker.GetClassID();
    return clsid instanceof Promise
      ? clsid.then((one) => this.#saveForeign(moniker, one, writer))
      : this.#saveForeign(moniker, clsid, writer);
  }

  #saveForeign(moniker: IMoniker, clsid: Guid, writer: ByteWriter): Awaitable<void> {
    const memory = new MemoryStream(undefined, this.limits.maxPersistedBytes);
    const stream = this.runtime.pointerTo(memory, IStream);
    const finish = (): void => {
      stream[Symbol.dispose]();
      writer.guid(clsid);
      writer.raw(memory.bytes);
    };
    const saved = moniker.Save(stream, 0);
    return saved instanceof Promise ? saved.then(finish) : finish();
  }
}

function withoutStorage(): ComError {
  return new ComError(HResult.MK_E_NOSTORAGE, "this runtime was opened without storage");
}

const namings = new WeakMap<Runtime, Naming>();

/** The names of a runtime. */
export function namingOf(runtime: Runtime): Naming {
  let found = namings.get(runtime);
  if (found === undefined) namings.set(runtime, (found = new Naming(runtime)));
  return found;
}
