import { ByteWriter, ComError, type Guid, HResult } from "../base/index.ts";
import { type IBindCtx, type IMoniker, MKSYS } from "../com/gen/objidl.ts";
import type { FILETIME } from "../com/gen/wtypesbase.ts";
import { IUnknown, isSameObject, remoteObjectOf, withoutReferences } from "../com/index.ts";
import type { Awaitable } from "../ndr/index.ts";
import { MonikerClass } from "./clsids.ts";
import { type Loading } from "./loading.ts";
import { Moniker, needed, status } from "./moniker.ts";
import type { Naming } from "./naming.ts";
import { marshaledReference } from "./marshaled.ts";

/** Monikers that hold a reference to an object: equal when it is the same object. They take a reference of their own until their last release. */
abstract class HoldingMoniker extends Moniker {
  #object: IUnknown | undefined;

  /** Takes over `object`. */
  constructor(naming: Naming, object: IUnknown | undefined) {
    super(naming);
    this.#object = object;
  }

  protected get object(): IUnknown {
    if (this.#object !== undefined) return this.#object;
    throw new ComError(HResult.E_UNEXPECTED, `${this.describe()} holds no object`);
  }

  /** Takes over another object. */
  protected replace(object: IUnknown): void {
    this.#object?.[Symbol.dispose]();
    this.#object = object;
  }

  finalRelease(): void {
    this.#object?.[Symbol.dispose]();
    this.#object = undefined;
  }

  /** A reference to the object: at once, or when a remote one was asked for its IUnknown. */
  protected marshaled(): Awaitable<Uint8Array> {
    const { marshaler } = this.naming.runtime;
    try {
      return marshaler.marshalInterface(IUnknown.iid, this.object);
    } catch (error) {
      if (ComError.from(error).code !== HResult.RPC_E_CALL_REJECTED) throw error;
      return marshaler.marshalWhenReady(IUnknown.iid, this.object);
    }
  }

  protected equals(other: Moniker): boolean {
    if (!(other instanceof HoldingMoniker)) return false;
    const [a, b] = [this.#object, other.#object];
    return a === undefined || b === undefined ? a === b : isSameObject(a, b);
  }

  override async BindToObject(
    _pbc: IBindCtx | null,
    _pmkToLeft: IMoniker | null,
    riidResult: Guid,
  ): Promise<IUnknown | null> {
    return this.naming.query(this.object, riidResult);
  }

  override BindToStorage(
    pbc: IBindCtx | null,
    pmkToLeft: IMoniker | null,
    riid: Guid,
  ): Promise<IUnknown | null> {
    return this.BindToObject(pbc, pmkToLeft, riid);
  }

  /** An object that is held, runs. */
  override async IsRunning(): Promise<void> {
    return status(true);
  }

  /** Reads a marshaled reference and holds what it stands for. */
  protected *hold(depth: number): Loading<void> {
    this.replace(yield* marshaledReference(this.naming, depth));
  }

  Hash(): number {
    return this.#object === undefined ? 0 : this.naming.numberOf(this.#object);
  }
}

/** Names an object by a pointer to it (CreatePointerMoniker): it has no display name and cannot be saved, but it can be bound and marshaled. */
export class PointerMoniker extends HoldingMoniker {
  readonly clsid: Guid = MonikerClass.pointer;

  override get kind(): number {
    return MKSYS.MKSYS_POINTERMONIKER;
  }

  save(): void {
    throw new ComError(HResult.E_NOTIMPL, "a pointer cannot be saved");
  }

  restore(): Loading<void> {
    throw new ComError(HResult.E_NOTIMPL, "a pointer cannot be loaded");
  }

  /** At once or not at all: where a reference would have to be asked for first, the moniker itself travels by reference. */
  override saveMarshaled(writer: ByteWriter): void {
    writer.raw(this.naming.runtime.marshaler.marshalInterface(IUnknown.iid, this.object));
  }

  override restoreMarshaled(depth: number): Loading<void> {
    return this.hold(depth);
  }

  protected sizeMax(): number {
    throw new ComError(HResult.E_NOTIMPL, "a pointer cannot be saved");
  }

  override marshalSizeMax(): number {
    return 0;
  }

  override Enum(): null {
    throw new ComError(HResult.E_NOTIMPL, "a pointer has no components");
  }

  GetDisplayName(): string {
    throw new ComError(HResult.E_NOTIMPL, "a pointer has no display name");
  }

  override async RelativePathTo(pmkOther: IMoniker | null): Promise<IMoniker | null> {
    needed(pmkOther, "another moniker");
    throw new ComError(HResult.E_NOTIMPL, "no path leads from a pointer");
  }
}

/**
 * Names an object by a marshaled reference (CreateObjrefMoniker): `objref:BASE64:`, good in every process and on every machine that reaches the object's, as
 * long as the object lives. The name itself does not keep the object alive.
 */
export class ObjrefMoniker extends HoldingMoniker {
  readonly clsid: Guid = MonikerClass.objref;
  #reference: Uint8Array | undefined;

  override get kind(): number {
    return MKSYS.MKSYS_OBJREFMONIKER;
  }

  save(writer: ByteWriter): Awaitable<void> {
    return then(this.#bytes(), (bytes) => writer.raw(bytes));
  }

  restore(depth: number): Loading<void> {
    return this.hold(depth);
  }

  protected override replace(object: IUnknown): void {
    super.replace(object);
    this.#reference = undefined;
  }

  protected sizeMax(): Awaitable<number> {
    return then(this.#bytes(), ({ length }) => length);
  }

  GetDisplayName(): Awaitable<string> {
    return then(this.#bytes(), (bytes) => `objref:${Buffer.from(bytes).toString("base64")}:`);
  }

  override GetTimeOfLastChange(): FILETIME {
    throw new ComError(HResult.MK_E_UNAVAILABLE, "an object reference has no time of change");
  }

  /** Weak, so that it can be read more than once and holds nothing. */
  #bytes(): Awaitable<Uint8Array> {
    if (this.#reference !== undefined) return this.#reference;
    return then(this.#weak(), (bytes) => (this.#reference = bytes));
  }

  #weak(): Awaitable<Uint8Array> {
    const { marshaler } = this.naming.runtime;
    if (remoteObjectOf(this.object) === undefined)
      return marshaler.marshalInterface(IUnknown.iid, this.object, { kind: "tableWeak" });
    // Only its own process marshals an object weakly; of one elsewhere, a reference that lost its counts does the same.
    return then(this.marshaled(), async (bytes) => {
      const weak = withoutReferences(bytes);
      await marshaler.releaseMarshalData(bytes);
      return weak;
    }) as Promise<Uint8Array>;
  }
}

function then<T, R>(value: Awaitable<T>, use: (value: T) => R): Awaitable<R> {
  return value instanceof Promise ? value.then(use) : use(value);
}
