import { ComError, type Guid, HResult } from "../../base/index.ts";
import { IPersistMemory, IPersistStreamInit } from "../../automation/gen/ocidl.ts";
import { IPersistFile, IPersistStream, type IStream } from "../../com/gen/objidl.ts";
import { type Implements, identityOf, withStatus } from "../../com/index.ts";
import type { Awaitable, Interface } from "../../ndr/index.ts";
import { createMemoryStream } from "../stream/memory-stream.ts";
import { openFileStream } from "../stream/file-stream.ts";
import { readAll } from "../stream/copy.ts";
import { StgStatus } from "../status.ts";
import { Stgm } from "../stgm.ts";

/**
 * An object whose state is a row of bytes: a class says how it reads and writes them, and gets IPersistStream, IPersistStreamInit, IPersistMemory and
 * IPersistFile with their rules. `Load` and `Save` tell a stream from a file by what they are given.
 */
export abstract class StreamObject
  implements
    Implements<Pick<IPersistStreamInit, "GetClassID" | "IsDirty" | "InitNew">>,
    Implements<Pick<IPersistFile, "SaveCompleted" | "GetCurFile">>
{
  static readonly interfaces: readonly Interface<unknown>[] = [
    IPersistStream,
    IPersistStreamInit,
    IPersistFile,
  ];
  /** What was changed since the last save; the class sets it. */
  protected dirty = false;
  #begun = false;
  #file: string | undefined;
  /** Saved under another name, and waiting for SaveCompleted: nothing is written until then. */
  #noScribble = false;

  abstract GetClassID(): Awaitable<Guid>;
  protected abstract initNew(): Awaitable<void>;
  protected abstract load(stream: IStream): Awaitable<void>;
  protected abstract save(stream: IStream): Awaitable<void>;
  /** What the file is called whose name nobody gave, as "*.ext". */
  protected readonly defaultName: string = "*.dat";

  IsDirty(): void {
    // oxlint-disable-next-line typescript/no-confusing-void-expression -- a status without a value
    return this.dirty ? undefined : withStatus(HResult.S_FALSE, undefined);
  }

  async InitNew(): Promise<void> {
    this.#begin();
    await this.initNew();
  }

  constructor() {
    // GetSizeMax of IPersistMemory answers with another type than IPersistStream's: it needs an object of its own.
    identityOf(this).aggregate(new MemoryPart(this), [IPersistMemory]);
  }

  #begin(): void {
    if (this.#begun)
      throw new ComError(HResult.CO_E_ALREADYINITIALIZED, "the object was made or loaded before");
    this.#begun = true;
  }

  /** From a stream, or from a file by its name. */
  async Load(source: IStream | string | null, _mode?: number): Promise<void> {
    if (source === null) throw new ComError(StgStatus.INVALIDPOINTER, "there is nothing to load from");
    this.#begin();
    if (typeof source === "string") {
      using file = openFileStream(source);
      await this.load(file);
      this.#file = source;
    } else {
      await this.load(source);
    }
    this.dirty = false;
  }

  /** Into a stream (`Save(stream, fClearDirty)`), or into a file (`Save(name, fRemember)`; a name that is null stands for the current file). */
  async Save(target: IStream | string | null, second: number): Promise<void> {
    if (typeof target === "string" || target === null) {
      await this.#saveToFile(target, second !== 0);
      return;
    }
    await this.save(target);
    if (second !== 0) this.dirty = false;
  }

  async #saveToFile(name: string | null, remember: boolean): Promise<void> {
    if (this.#noScribble) throw new ComError(HResult.E_UNEXPECTED, "the last save was not completed");
    const path = name ?? this.#file;
    if (path === undefined) throw new ComError(StgStatus.CANTSAVE, "the object has no file");
    using file = openFileStream(path, Stgm.READWRITE | Stgm.CREATE);
    await this.save(file);
    await file.Commit(0);
    if (name !== null && !remember) return;
    this.#file = path;
    this.dirty = false;
    this.#noScribble = name !== null;
  }

  SaveCompleted(_pszFileName: string | null): void {
    this.#noScribble = false;
  }

  /** The file, or with S_FALSE what one would be called. */
  GetCurFile(): string | null {
    return this.#file ?? withStatus(HResult.S_FALSE, this.defaultName);
  }

  /** Exactly what a save would write now. */
  async GetSizeMax(): Promise<bigint> {
    using memory = createMemoryStream();
    await this.save(memory);
    return (await memory.Stat(1)).cbSize;
  }
}

/** IPersistMemory of a {@link StreamObject}. */
class MemoryPart implements Implements<IPersistMemory> {
  readonly #whole: StreamObject;

  constructor(whole: StreamObject) {
    this.#whole = whole;
  }

  GetClassID(): Awaitable<Guid> {
    return this.#whole.GetClassID();
  }

  IsDirty(): void {
    return this.#whole.IsDirty();
  }

  InitNew(): Promise<void> {
    return this.#whole.InitNew();
  }

  async Load(pMem: Uint8Array, cbSize: number): Promise<void> {
    using memory = createMemoryStream(pMem.slice(0, cbSize));
    await this.#whole.Load(memory);
  }

  /** Throws E_UNEXPECTED when `cbSize` is too small. */
  async Save(fClearDirty: number, cbSize: number): Promise<Uint8Array> {
    using memory = createMemoryStream();
    await this.#whole.Save(memory, fClearDirty);
    await memory.Seek(0n, 0);
    const bytes = await readAll(memory);
    if (bytes.length > cbSize) {
      throw new ComError(HResult.E_UNEXPECTED, `${bytes.length} bytes do not fit in ${cbSize}`);
    }
    const room = new Uint8Array(cbSize);
    room.set(bytes);
    return room;
  }

  async GetSizeMax(): Promise<number> {
    return Number(await this.#whole.GetSizeMax());
  }
}
