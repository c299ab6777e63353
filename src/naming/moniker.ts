import { ByteWriter, ComError, type Guid, HResult } from "../base/index.ts";
import {
  type IBindCtx,
  type IEnumMoniker,
  IMoniker,
  type IROTData,
  type IStream,
  MKSYS,
} from "../com/gen/objidl.ts";
import type { FILETIME } from "../com/gen/wtypesbase.ts";
import { type IUnknown, type Implements, identityOf, remoteObjectOf, withStatus } from "../com/index.ts";
import type { Awaitable } from "../ndr/index.ts";
import { type Loading, loadFromStream } from "./loading.ts";
import type { Naming } from "./naming.ts";

/**
 * What the system's monikers have in common. A moniker is a value: only Load changes it. Pointers handed to a method are lent; what it answers is a pointer
 * of the caller's own.
 */
export abstract class Moniker implements Implements<IMoniker> {
  static readonly interfaces: readonly object[] = [IMoniker];
  readonly naming: Naming;
  abstract readonly clsid: Guid;

  constructor(naming: Naming) {
    this.naming = naming;
  }

  /** MKSYS_*: which of the system's monikers it is. */
  get kind(): number {
    return MKSYS.MKSYS_NONE;
  }

  /** How many steps back an anti moniker stands for; undefined for every other. */
  get antis(): number | undefined {
    return undefined;
  }

  /** Whether it is only the beginning of a name: another of the system's names may follow it directly. */
  get leadsOn(): boolean {
    return false;
  }

  /** Whether another moniker of the same class is equal. */
  protected abstract equals(other: Moniker): Awaitable<boolean>;

  /** Its state in bytes, as it stands behind the CLSID in a stream. */
  abstract save(writer: ByteWriter): Awaitable<void>;

  /** Takes the state that {@link save} wrote. `depth` counts composites within composites. */
  abstract restore(depth: number): Loading<void>;

  /** As {@link save}, for another apartment; most monikers travel as they are saved. */
  saveMarshaled(writer: ByteWriter): Awaitable<void> {
    return this.save(writer);
  }

  restoreMarshaled(depth: number): Loading<void> {
    return this.restore(depth);
  }

  /** The most bytes that {@link save} writes, as Windows counts them. */
  protected abstract sizeMax(): Awaitable<number>;

  /** The size that a marshaled reference names (GetMarshalSizeMax). */
  marshalSizeMax(): Awaitable<number> {
    return this.sizeMax();
  }

  GetClassID(): Guid {
    return this.clsid;
  }

  IsDirty(): void {
    return withStatus(HResult.S_FALSE, undefined);
  }

  async Load(pStm: IStream | null): Promise<void> {
    const stream = needed(pStm, "a stream");
    await loadFromStream(stream, this.restore(0), (wanted) => this.naming.loadForeign(wanted, stream));
  }

  async Save(pStm: IStream | null, _fClearDirty: number): Promise<void> {
    const writer = new ByteWriter(128);
    await this.save(writer);
    const bytes = writer.finish();
    await needed(pStm, "a stream").Write(bytes, bytes.length);
  }

  async GetSizeMax(): Promise<bigint> {
    return BigInt(await this.sizeMax());
  }

  BindToObject(
    _pbc: IBindCtx | null,
    _pmkToLeft: IMoniker | null,
    _riidResult: Guid,
  ): Awaitable<IUnknown | null> {
    throw new ComError(HResult.E_NOTIMPL, `${this.describe()} names no object`);
  }

  BindToStorage(_pbc: IBindCtx | null, _pmkToLeft: IMoniker | null, _riid: Guid): Awaitable<IUnknown | null> {
    throw new ComError(HResult.E_NOTIMPL, `${this.describe()} names no storage`);
  }

  Reduce(
    _pbc: IBindCtx | null,
    _dwReduceHowFar: number,
    ppmkToLeft: { to: IMoniker | null } | null,
  ): Awaitable<{ ppmkToLeft: { to: IMoniker | null } | null; ppmkReduced: IMoniker | null }> {
    return withStatus(HResult.MK_S_REDUCED_TO_SELF, { ppmkToLeft, ppmkReduced: this.pointer() });
  }

  async ComposeWith(pmkRight: IMoniker | null, fOnlyIfNotGeneric: number): Promise<IMoniker | null> {
    const right = needed(pmkRight, "a moniker on the right");
    const count = implementationOf(right)?.antis;
    if (count !== undefined && this.antis === undefined) return this.annihilate(count);
    const special = await this.composeSpecially(right);
    if (special !== undefined) return special;
    if (fOnlyIfNotGeneric !== 0) throw this.needsGeneric();
    using self = this.pointer();
    return await this.naming.compose(self, right);
  }

  /** What is left of so many anti monikers after this one. */
  protected annihilate(count: number): IMoniker | null {
    return count > 1 ? this.naming.anti(count - 1) : null;
  }

  /** A composition that only this kind of moniker knows; undefined: the generic one. */
  protected composeSpecially(_right: IMoniker): Awaitable<IMoniker | undefined> {
    return undefined;
  }

  Enum(_fForward: number): Awaitable<IEnumMoniker | null> {
    return null;
  }

  async IsEqual(pmkOtherMoniker: IMoniker | null): Promise<void> {
    const other = implementationOf(needed(pmkOtherMoniker, "a moniker to compare with"));
    return status(other !== undefined && other.clsid === this.clsid && (await this.equals(other)));
  }

  abstract Hash(): Awaitable<number>;

  async IsRunning(
    pbc: IBindCtx | null,
    _pmkToLeft: IMoniker | null,
    pmkNewlyRunning: IMoniker | null,
  ): Promise<void> {
    if (pmkNewlyRunning !== null) return this.IsEqual(pmkNewlyRunning);
    needed(pbc, "a bind context");
    using self = this.pointer();
    return status(await this.naming.isRunning(self));
  }

  GetTimeOfLastChange(_pbc: IBindCtx | null, _pmkToLeft: IMoniker | null): Awaitable<FILETIME> {
    throw new ComError(HResult.E_NOTIMPL, `${this.describe()} knows no time of change`);
  }

  Inverse(): Awaitable<IMoniker | null> {
    return this.naming.anti(1);
  }

  async CommonPrefixWith(pmkOther: IMoniker | null): Promise<IMoniker | null> {
    const other = needed(pmkOther, "another moniker");
    using self = this.pointer();
    if (await isEqual(self, other)) return withStatus(HResult.MK_S_US, this.pointer());
    return await this.naming.commonPrefix(self, other);
  }

  async RelativePathTo(pmkOther: IMoniker | null): Promise<IMoniker | null> {
    needed(pmkOther, "another moniker");
    throw new ComError(HResult.MK_E_NOTBINDABLE, `no path leads from ${this.describe()} to another moniker`);
  }

  abstract GetDisplayName(pbc: IBindCtx | null, pmkToLeft: IMoniker | null): Awaitable<string | null>;

  async ParseDisplayName(
    pbc: IBindCtx | null,
    pmkToLeft: IMoniker | null,
    pszDisplayName: string,
  ): Promise<{ pchEaten: number; ppmkOut: IMoniker | null }> {
    const context = needed(pbc, "a bind context");
    using self = this.pointer();
    return await this.naming.parseAfter(self, context, pmkToLeft, pszDisplayName);
  }

  IsSystemMoniker(): number {
    return this.kind === MKSYS.MKSYS_NONE ? withStatus(HResult.S_FALSE, this.kind) : this.kind;
  }

  /** A pointer to this moniker, the caller's own. */
  pointer(): IMoniker {
    return this.naming.pointer(this);
  }

  /** What to call it in messages. */
  protected describe(): string {
    return `${this.constructor.name.replace(/Moniker$/, "").toLowerCase()} moniker`;
  }

  protected needsGeneric(): ComError {
    return new ComError(
      HResult.MK_E_NEEDGENERIC,
      `${this.describe()} has no composition of its own with that moniker`,
    );
  }
}

/** Monikers with comparison data, by which the running object table knows them. */
export abstract class ComparableMoniker extends Moniker implements Implements<IROTData> {
  /** The bytes that equal monikers share, without the CLSID that stands in front of them. */
  protected abstract comparisonData(): Awaitable<Uint8Array>;

  async GetComparisonData(cbMax: number): Promise<{ pbData: Uint8Array; pcbData: number }> {
    const data = await this.comparisonData();
    const length = 16 + data.length;
    if (length > cbMax) {
      throw new ComError(HResult.E_OUTOFMEMORY, `${length} bytes of comparison data do not fit in ${cbMax}`);
    }
    const writer = new ByteWriter(length);
    writer.guid(this.clsid);
    writer.raw(data);
    return { pbData: writer.finish(), pcbData: length };
  }
}

/** The system's own moniker behind a pointer of this process; undefined for one of another class, or elsewhere. */
export function implementationOf(pointer: object): Moniker | undefined {
  if (pointer instanceof Moniker) return pointer;
  if (remoteObjectOf(pointer) !== undefined) return undefined;
  const { object } = identityOf(pointer);
  return object instanceof Moniker ? object : undefined;
}

/** What stands for a bind context, whichever pointer to it is at hand. */
export function keyOf(context: IBindCtx): object {
  return remoteObjectOf(context) ?? identityOf(context);
}

/** Whether two monikers are equal (IMoniker::IsEqual). */
export async function isEqual(a: IMoniker, b: IMoniker): Promise<boolean> {
  const status = { code: 0 };
  await a.IsEqual(b, { status });
  return status.code === HResult.S_OK;
}

/** S_OK or S_FALSE, as what a method without results answers. */
export function status(yes: boolean): void {
  return yes ? undefined : withStatus(HResult.S_FALSE, undefined);
}

/** Throws E_INVALIDARG for what must be there and is not. */
export function needed<T>(value: T | null | undefined, what: string): T {
  if (value !== null && value !== undefined) return value;
  throw new ComError(HResult.E_INVALIDARG, `${what} is needed`);
}

/** An interface that an object may not have. */
export async function optional<T>(ask: () => Awaitable<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (ComError.from(error).code === HResult.E_NOINTERFACE) return undefined;
    throw error;
  }
}

/** Whether the object of a moniker runs (IMoniker::IsRunning). */
export async function isRunning(moniker: IMoniker, context: IBindCtx): Promise<boolean> {
  const answer = { code: 0 };
  await moniker.IsRunning(context, null, null, { status: answer });
  return answer.code === HResult.S_OK;
}
