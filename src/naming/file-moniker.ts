import { statSync } from "node:fs";
import { ByteWriter, ComError, type Guid, HResult, filetimeOf, splitFiletime } from "../base/index.ts";
import {
  type IBindCtx,
  IClassActivator,
  type IMoniker,
  IPersistFile,
  IROTData,
  MKSYS,
} from "../com/gen/objidl.ts";
import type { FILETIME } from "../com/gen/wtypesbase.ts";
import { IClassFactory, type IUnknown, machineOfPath, withStatus } from "../com/index.ts";
import { type BindOptions, bindOptions, bound, createOptions } from "./bind-context.ts";
import { classOfFile } from "./class-of-file.ts";
import { MonikerClass } from "./clsids.ts";
import {
  type FilePath,
  commonPath,
  composePaths,
  formatPath,
  isRooted,
  localPath,
  parsePath,
  relativePath,
  serverLength,
} from "./file-path.ts";
import { type Loading, bad, bytes, u16, u32 } from "./loading.ts";
import { ComparableMoniker, type Moniker, implementationOf, needed } from "./moniker.ts";
import type { Naming } from "./naming.ts";
import { decodeAnsi, encodeAnsi, sameText, upper, utf16z } from "./text.ts";

/** Names a file by its path (CreateFileMoniker): bound through the running object table, or by the class of the file and its IPersistFile. */
export class FileMoniker extends ComparableMoniker {
  static override readonly interfaces: readonly object[] = [IROTData];
  readonly clsid: Guid = MonikerClass.file;
  #path: FilePath;

  constructor(naming: Naming, path: string) {
    super(naming);
    this.#path = parsePath(path);
  }

  override get kind(): number {
    return MKSYS.MKSYS_FILEMONIKER;
  }

  get path(): FilePath {
    return this.#path;
  }

  protected equals(other: Moniker): boolean {
    return other instanceof FileMoniker && sameText(other.GetDisplayName(), this.GetDisplayName());
  }

  /** [MS-OSHARED] 2.3.7.8 FileMoniker. */
  save(writer: ByteWriter): void {
    const { anti, path } = this.#path;
    const { bytes: ansi, lossy } = encodeAnsi(path);
    writer.u16(anti);
    writer.u32(ansi.length + 1);
    writer.raw(ansi);
    writer.u8(0);
    writer.u16(serverLength(path) ?? 0xffff);
    writer.u16(versionNumber);
    writer.zeros(20);
    const wide = lossy || path.endsWith("\\") || /[\u0100-\uffff]/.test(path);
    writer.u32(wide ? path.length * 2 + 6 : 0);
    if (!wide) return;
    writer.u32(path.length * 2);
    writer.u16(unicodeKey);
    writer.utf16(path);
  }

  /** What Windows does not look at when it loads (the version, the zeros), is not looked at here. */
  *restore(): Loading<void> {
    const limit = this.naming.limits.maxPersistedBytes;
    const anti = yield* u16();
    const ansi = yield* bytes(yield* u32(), limit);
    yield* bytes(24, 24);
    const rest = yield* u32();
    if (rest !== 0 && rest < 6) throw bad(`a path of ${rest} bytes`);
    const path = rest === 0 ? decodeAnsi(ansi.subarray(0, endOf(ansi))) : yield* widePath(rest - 6, limit);
    if (path.length + anti * 3 > this.naming.limits.maxDisplayName)
      throw bad(`a path of ${path.length} characters that leaves ${anti} directories`);
    const inner = parsePath(path);
    this.#path = { anti: anti + inner.anti, path: inner.path };
  }

  protected sizeMax(): number {
    return 0x38 + 4 * this.GetDisplayName().length;
  }

  protected comparisonData(): Uint8Array {
    return utf16z(upper(this.GetDisplayName()));
  }

  Hash(): number {
    let hash = 0;
    for (const unit of upper(this.GetDisplayName())) hash = Math.imul(hash, 3) ^ unit.charCodeAt(0);
    return hash >>> 0;
  }

  GetDisplayName(): string {
    return formatPath(this.#path);
  }

  protected override composeSpecially(right: IMoniker): IMoniker | undefined {
    const other = implementationOf(right);
    if (!(other instanceof FileMoniker)) return undefined;
    const path = composePaths(this.#path, other.#path);
    return this.naming.pointer(new FileMoniker(this.naming, formatPath(path)));
  }

  override async CommonPrefixWith(pmkOther: IMoniker | null): Promise<IMoniker | null> {
    const other = implementationOf(needed(pmkOther, "another moniker"));
    if (!(other instanceof FileMoniker)) return super.CommonPrefixWith(pmkOther);
    const { sharing, path } = commonPath(this.#path, other.#path);
    switch (sharing) {
      case "us":
        return withStatus(HResult.MK_S_US, this.pointer());
      case "me":
        return withStatus(HResult.MK_S_ME, this.pointer());
      case "him":
        return withStatus(HResult.MK_S_HIM, other.pointer());
      case "part":
        return this.naming.pointer(new FileMoniker(this.naming, formatPath(path)));
      default:
        throw new ComError(HResult.MK_E_NOPREFIX, "the two paths begin differently");
    }
  }

  override async RelativePathTo(pmkOther: IMoniker | null): Promise<IMoniker | null> {
    const lent = needed(pmkOther, "another moniker");
    const other = implementationOf(lent);
    if (!(other instanceof FileMoniker)) {
      using self = this.pointer();
      return await this.naming.relativePath(self, lent);
    }
    const path = relativePath(this.#path, other.#path);
    if (path === undefined) return withStatus(HResult.MK_S_HIM, other.pointer());
    return this.naming.pointer(new FileMoniker(this.naming, formatPath(path)));
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
      if (running !== undefined) return await bound(this.naming, context, running, riidResult);
    }
    using file = await this.#open(context, pmkToLeft);
    return await bound(this.naming, context, file, riidResult);
  }

  override async BindToStorage(
    pbc: IBindCtx | null,
    pmkToLeft: IMoniker | null,
    riid: Guid,
  ): Promise<IUnknown | null> {
    const { mode } = await bindOptions(needed(pbc, "a bind context"));
    if (pmkToLeft !== null)
      throw new ComError(HResult.E_NOTIMPL, "the storage of a file does not depend on what is left of it");
    return this.naming.openStorage(localPath(this.#path), mode, riid);
  }

  override async GetTimeOfLastChange(pbc: IBindCtx | null, pmkToLeft: IMoniker | null): Promise<FILETIME> {
    needed(pbc, "a bind context");
    if (pmkToLeft !== null)
      throw new ComError(HResult.E_INVALIDARG, "the time of a file does not depend on what is left of it");
    using self = this.pointer();
    const running = await this.naming.runningTime(self);
    if (running !== undefined) return running;
    const found = statSync(localPath(this.#path), { throwIfNoEntry: false });
    if (found === undefined)
      throw new ComError(HResult.MK_E_NOOBJECT, `there is no ${this.GetDisplayName()}`);
    return splitFiletime(filetimeOf(found.mtimeMs));
  }

  /** The class of the file, as it is now. */
  classOf(): Promise<Guid> {
    const elsewhere = isRooted(this.#path) && serverLength(this.#path.path) !== undefined;
    return classOfFile(this.naming, localPath(this.#path), elsewhere);
  }

  /** The object of the file's class, loaded from it. */
  async #open(context: IBindCtx, left: IMoniker | null): Promise<IPersistFile> {
    const options = await bindOptions(context);
    const { file, here } = await this.#make(context, left, options);
    try {
      await file.Load(here ? localPath(this.#path) : this.GetDisplayName(), options.mode);
      return file;
    } catch (error) {
      file[Symbol.dispose]();
      throw error;
    }
  }

  /** An object that is not loaded yet, and whether it is on this machine. */
  async #make(
    context: IBindCtx,
    left: IMoniker | null,
    options: BindOptions,
  ): Promise<{ readonly file: IPersistFile; readonly here: boolean }> {
    const { runtime } = this.naming;
    if (left === null) {
      const clsid = await this.classOf();
      const server = this.#atStorage(clsid) ?? options.server;
      const file = await runtime.createInstance(clsid, IPersistFile, createOptions({ ...options, server }));
      return { file, here: server.machine === undefined };
    }
    using factory = await this.#factory(context, left, options);
    const made = needed(await factory.CreateInstance(IPersistFile.iid), "an object");
    return { file: made as IPersistFile, here: true };
  }

  /** The class object that the moniker on the left leads to: itself, or by the class of the file. */
  async #factory(context: IBindCtx, left: IMoniker, options: BindOptions): Promise<IClassFactory> {
    try {
      return needed(
        await left.BindToObject(context, null, IClassFactory.iid),
        "a class object",
      ) as IClassFactory;
    } catch (error) {
      if (ComError.from(error).code !== HResult.E_NOINTERFACE) throw error;
    }
    using activator = await this.#activator(context, left);
    const clsid = await this.classOf();
    const made = await activator.GetClassObject(clsid, options.context, options.locale, IClassFactory.iid);
    return needed(made, "a class object") as IClassFactory;
  }

  async #activator(context: IBindCtx, left: IMoniker): Promise<IClassActivator> {
    try {
      return needed(
        await left.BindToObject(context, null, IClassActivator.iid),
        "an activator",
      ) as IClassActivator;
    } catch (error) {
      if (ComError.from(error).code !== HResult.E_NOINTERFACE) throw error;
      throw new ComError(
        HResult.MK_E_INTERMEDIATEINTERFACENOTSUPPORTED,
        "what is left of a file must be a class object, or an activator of classes",
        { cause: error },
      );
    }
  }

  /** ActivateAtStorage of the class's AppID: the object is made on the machine that has the file. */
  #atStorage(clsid: Guid): { readonly machine: string } | undefined {
    const machine = isRooted(this.#path) ? machineOfPath(this.#path.path) : undefined;
    return machine !== undefined && this.naming.runtime.classes.activatesAtStorage(clsid)
      ? { machine }
      : undefined;
  }
}

const versionNumber = 0xdead;
const unicodeKey = 3;

function endOf(ansi: Uint8Array): number {
  const end = ansi.indexOf(0);
  return end < 0 ? ansi.length : end;
}

function* widePath(size: number, limit: number): Loading<string> {
  if ((yield* u32()) !== size) throw bad("a path whose two lengths differ");
  if ((yield* u16()) !== unicodeKey) throw bad("a path of an unknown form");
  return Buffer.from(yield* bytes(size, limit)).toString("utf16le");
}
