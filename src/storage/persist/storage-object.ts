import { ComError, type Guid, HResult } from "../../base/index.ts";
import { IPersistStorage, type IStorage } from "../../com/gen/objidl.ts";
import { type Implements, withStatus } from "../../com/index.ts";
import type { Awaitable, Interface } from "../../ndr/index.ts";
import { StgStatus } from "../status.ts";

/**
 * Where an object that lives in a storage stands:
 * - `new`: neither InitNew nor Load yet;
 * - `normal`: it may write to its storage whenever it likes;
 * - `noScribble`: it was saved and waits for SaveCompleted; it may read and must not write;
 * - `handsOff`: it has let go of its storage and waits for SaveCompleted with one.
 */
export type StorageState = "new" | "normal" | "noScribble" | "handsOff";

/**
 * An object that lives in a storage: the rules of IPersistStorage, so that a class only says how it is made, loaded and saved. It holds the storage
 * from InitNew or Load to HandsOffStorage or its end.
 */
export abstract class StorageObject implements Implements<IPersistStorage> {
  static readonly interfaces: readonly Interface<unknown>[] = [IPersistStorage];
  #state: StorageState = "new";
  #storage: IStorage | undefined;
  #savedSame = false;
  /** What was changed since the last save; the class sets it. */
  protected dirty = false;

  abstract GetClassID(): Awaitable<Guid>;
  /** A new object: whatever it wants in its storage from the beginning is made now. */
  protected abstract initNew(storage: IStorage): Awaitable<void>;
  protected abstract load(storage: IStorage): Awaitable<void>;
  /** `same` when the storage is the one it was loaded from: then only what changed needs to be written. */
  protected abstract save(storage: IStorage, same: boolean): Awaitable<void>;
  /** Streams of the storage that are kept open are given back here. */
  protected letGo(): void {
    // Most keep none open.
  }

  get state(): StorageState {
    return this.#state;
  }

  /** The storage, to read from; and to write to in the state `normal`. Throws E_UNEXPECTED when there is none. */
  protected get storage(): IStorage {
    if (this.#storage === undefined)
      throw unexpected(`the object has no storage in the state ${this.#state}`);
    return this.#storage;
  }

  /** Throws unless the storage may be written to without being asked (E_UNEXPECTED). */
  protected checkScribble(): void {
    if (this.#state !== "normal")
      throw unexpected(`the object must not write to its storage in the state ${this.#state}`);
  }

  IsDirty(): void {
    // oxlint-disable-next-line typescript/no-confusing-void-expression -- a status without a value
    return this.dirty ? undefined : withStatus(HResult.S_FALSE, undefined);
  }

  async InitNew(pStg: IStorage | null): Promise<void> {
    const storage = this.#begin(pStg);
    await this.initNew(storage);
    this.#hold(storage);
    this.dirty = true;
  }

  async Load(pStg: IStorage | null): Promise<void> {
    const storage = this.#begin(pStg);
    await this.load(storage);
    this.#hold(storage);
    this.dirty = false;
  }

  #begin(storage: IStorage | null): IStorage {
    if (storage === null) throw new ComError(StgStatus.INVALIDPOINTER, "an object in a storage needs one");
    if (this.#state !== "new")
      throw new ComError(HResult.CO_E_ALREADYINITIALIZED, "the object was made or loaded before");
    return storage;
  }

  #hold(storage: IStorage): void {
    storage.AddRef();
    this.#storage?.Release();
    this.#storage = storage;
    this.#state = "normal";
  }

  async Save(pStgSave: IStorage | null, fSameAsLoad: number): Promise<void> {
    if (this.#state === "new" || this.#state === "handsOff")
      throw unexpected(`the object is not saved in the state ${this.#state}`);
    const same = fSameAsLoad !== 0;
    const storage = same ? (pStgSave ?? this.storage) : pStgSave;
    if (storage === null) throw new ComError(StgStatus.CANTSAVE, "there is no storage to save to");
    await this.save(storage, same);
    this.#savedSame = same;
    this.#state = "noScribble";
  }

  /** Ends `noScribble`; with a storage that is not null, the object goes on there. */
  async SaveCompleted(pStgNew: IStorage | null): Promise<void> {
    if (this.#state !== "noScribble" && this.#state !== "handsOff") throw unexpected("nothing was saved");
    if (pStgNew === null) {
      if (this.#state === "handsOff")
        throw new ComError(HResult.E_INVALIDARG, "the object let go of its storage and needs one");
      if (this.#savedSame) this.dirty = false;
      this.#state = "normal";
      return;
    }
    this.letGo();
    this.#hold(pStgNew);
    this.dirty = false;
  }

  HandsOffStorage(): void {
    if (this.#state === "new") throw unexpected("the object has no storage yet");
    this.letGo();
    this.#storage?.Release();
    this.#storage = undefined;
    this.#state = "handsOff";
  }

  finalRelease(): void {
    this.letGo();
    this.#storage?.Release();
    this.#storage = undefined;
  }
}

function unexpected(message: string): ComError {
  return new ComError(HResult.E_UNEXPECTED, message);
}
