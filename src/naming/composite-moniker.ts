import { ByteWriter, ComError, type Guid, HResult } from "../base/index.ts";
import { type IBindCtx, type IEnumMoniker, IMoniker, IROTData, MKSYS } from "../com/gen/objidl.ts";
import type { FILETIME } from "../com/gen/wtypesbase.ts";
import { type IUnknown, withStatus } from "../com/index.ts";
import type { Awaitable } from "../ndr/index.ts";
import { MonikerClass } from "./clsids.ts";
import { type Loading, bad, u32 } from "./loading.ts";
import { marshaledMoniker, writeCustomHead } from "./marshaled.ts";
import { ComparableMoniker, type Moniker, implementationOf, isEqual, needed, status } from "./moniker.ts";
import type { Naming } from "./naming.ts";
import { maxComparisonData } from "./limits.ts";

/**
 * Several monikers, one after the other (CreateGenericComposite). Its components are never composites themselves; it holds pointers of its own to them until
 * its last release.
 */
export class CompositeMoniker extends ComparableMoniker {
  static override readonly interfaces: readonly object[] = [IROTData];
  readonly clsid: Guid = MonikerClass.composite;
  #parts: readonly IMoniker[];

  /** Takes over the pointers. */
  constructor(naming: Naming, parts: readonly IMoniker[] = []) {
    super(naming);
    this.#parts = parts;
  }

  override get kind(): number {
    return MKSYS.MKSYS_GENERICCOMPOSITE;
  }

  /** The components, from left to right; lent. */
  get parts(): readonly IMoniker[] {
    return this.#parts;
  }

  finalRelease(): void {
    for (const part of this.#parts) part[Symbol.dispose]();
    this.#parts = [];
  }

  protected async equals(other: Moniker): Promise<boolean> {
    if (!(other instanceof CompositeMoniker) || other.#parts.length !== this.#parts.length) return false;
    for (const [at, part] of this.#parts.entries()) {
      const twin = other.#parts[at];
      if (twin === undefined || !(await isEqual(part, twin))) return false;
    }
    return true;
  }

  save(writer: ByteWriter): Awaitable<void> {
    const parts = this.#filled();
    writer.u32(parts.length);
    return this.naming.saveAll(parts, writer);
  }

  *restore(depth: number): Loading<void> {
    const { maxComponents, maxDepth } = this.naming.limits;
    if (this.#parts.length > 0) throw new ComError(HResult.E_UNEXPECTED, "a composite is loaded once");
    if (depth >= maxDepth) throw bad(`composites within composites, ${maxDepth} are allowed`);
    const count = yield* u32();
    if (count < 2 || count > maxComponents)
      throw bad(`${count} components, 2 to ${maxComponents} are allowed`);
    const loaded: IMoniker[] = [];
    try {
      for (let at = 0; at < count; at++) loaded.push(yield* this.naming.loading(depth + 1));
      this.#take(loaded);
    } catch (error) {
      for (const one of loaded) one[Symbol.dispose]();
      throw error;
    }
  }

  /** Two references, left and right; the left one leads to a composite as long as there are more than two components. */
  override saveMarshaled(writer: ByteWriter): void {
    writer.raw(marshalPair(this.naming, this.#filled()).data);
  }

  override *restoreMarshaled(depth: number): Loading<void> {
    const left = yield* marshaledMoniker(this.naming, depth);
    try {
      this.#take([left, yield* marshaledMoniker(this.naming, depth)]);
    } catch (error) {
      left[Symbol.dispose]();
      throw error;
    }
  }

  /** Takes components over, those of composites among them one by one: a composite never holds another. */
  #take(loaded: readonly IMoniker[]): void {
    const parts = loaded.flatMap((one) => this.naming.componentsOf(one));
    if (parts.length > this.naming.limits.maxComponents) {
      for (const part of parts) part[Symbol.dispose]();
      throw bad(`${parts.length} components, ${this.naming.limits.maxComponents} are allowed`);
    }
    for (const one of loaded) one[Symbol.dispose]();
    this.#parts = parts;
  }

  protected async sizeMax(): Promise<number> {
    let size = 20;
    for (const part of this.#filled()) size += 16 + Number(await part.GetSizeMax());
    return size;
  }

  override marshalSizeMax(): number {
    return marshalPair(this.naming, this.#filled()).size;
  }

  protected async comparisonData(): Promise<Uint8Array> {
    const writer = new ByteWriter(256);
    for (const part of this.#filled()) {
      using comparable = await part.QueryInterface(IROTData);
      writer.raw((await comparable.GetComparisonData(maxComparisonData)).pbData);
      if (writer.pos > maxComparisonData) break; // it is refused for its length
    }
    return writer.finish();
  }

  async Hash(): Promise<number> {
    let hash = 0;
    for (const part of this.#filled()) hash ^= await part.Hash();
    return hash >>> 0;
  }

  async GetDisplayName(pbc: IBindCtx | null): Promise<string> {
    const context = needed(pbc, "a bind context");
    let name = "";
    for (const part of this.#filled()) name += (await part.GetDisplayName(context, null)) ?? "";
    return name;
  }

  /** Whatever stands on the right goes through the generic composition. */
  override async ComposeWith(pmkRight: IMoniker | null, fOnlyIfNotGeneric: number): Promise<IMoniker | null> {
    if (fOnlyIfNotGeneric !== 0) throw this.needsGeneric();
    if (pmkRight === null) return this.pointer();
    using self = this.pointer();
    return await this.naming.compose(self, pmkRight);
  }

  override Enum(fForward: number): IEnumMoniker {
    const list = this.#filled().map((part) => this.naming.again(part));
    return this.naming.enumerator(fForward === 0 ? list.toReversed() : list);
  }

  override async Reduce(
    pbc: IBindCtx | null,
    dwReduceHowFar: number,
    ppmkToLeft: { to: IMoniker | null } | null,
  ): Promise<{ ppmkToLeft: { to: IMoniker | null } | null; ppmkReduced: IMoniker | null }> {
    needed(pbc, "a bind context");
    const parts: IMoniker[] = [];
    let reduced = false;
    try {
      for (const part of this.#filled()) {
        const answer = { code: 0 };
        const { ppmkReduced } = await part.Reduce(pbc, dwReduceHowFar, null, { status: answer });
        if (ppmkReduced !== null) parts.push(ppmkReduced);
        reduced ||= ppmkReduced === null || answer.code !== HResult.MK_S_REDUCED_TO_SELF;
      }
      if (!reduced)
        return withStatus(HResult.MK_S_REDUCED_TO_SELF, { ppmkToLeft, ppmkReduced: this.pointer() });
      return { ppmkToLeft, ppmkReduced: await this.naming.composeAll(parts) };
    } finally {
      for (const part of parts) part[Symbol.dispose]();
    }
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
    const { left, last } = await this.#split(pmkToLeft);
    using _ = left;
    return await last.BindToObject(context, left, riidResult);
  }

  override async BindToStorage(
    pbc: IBindCtx | null,
    pmkToLeft: IMoniker | null,
    riid: Guid,
  ): Promise<IUnknown | null> {
    const context = needed(pbc, "a bind context");
    const { left, last } = await this.#split(pmkToLeft);
    using _ = left;
    return await last.BindToStorage(context, left, riid);
  }

  override async IsRunning(
    pbc: IBindCtx | null,
    pmkToLeft: IMoniker | null,
    pmkNewlyRunning: IMoniker | null,
  ): Promise<void> {
    const context = needed(pbc, "a bind context");
    using self = this.pointer();
    if (pmkToLeft !== null) {
      using whole = needed(await this.naming.compose(pmkToLeft, self), "a composition");
      const answer = { code: 0 };
      await whole.IsRunning(context, null, pmkNewlyRunning, { status: answer });
      return status(answer.code === HResult.S_OK);
    }
    if (pmkNewlyRunning !== null) return await this.IsEqual(pmkNewlyRunning);
    if (await this.naming.isRunning(self)) return;
    const { left, last } = await this.#split(null);
    using _ = left;
    const answer = { code: 0 };
    await last.IsRunning(context, left, null, { status: answer });
    return status(answer.code === HResult.S_OK);
  }

  override async GetTimeOfLastChange(pbc: IBindCtx | null, pmkToLeft: IMoniker | null): Promise<FILETIME> {
    const context = needed(pbc, "a bind context");
    using self = this.pointer();
    using whole = pmkToLeft === null ? this.pointer() : await this.naming.compose(pmkToLeft, self);
    const running = whole === null ? undefined : await this.naming.runningTime(whole);
    if (running !== undefined) return running;
    const { left, last } = await this.#split(pmkToLeft);
    using _ = left;
    return await last.GetTimeOfLastChange(context, left);
  }

  /** The inverses of the components, from right to left. */
  override async Inverse(): Promise<IMoniker | null> {
    const inverses: IMoniker[] = [];
    try {
      for (const part of this.#filled().toReversed()) {
        const inverse = await part.Inverse();
        if (inverse !== null) inverses.push(inverse);
      }
      return await this.naming.composeAll(inverses);
    } finally {
      for (const inverse of inverses) inverse[Symbol.dispose]();
    }
  }

  override async CommonPrefixWith(pmkOther: IMoniker | null): Promise<IMoniker | null> {
    using self = this.pointer();
    return await this.naming.commonPrefix(self, needed(pmkOther, "another moniker"));
  }

  override async RelativePathTo(pmkOther: IMoniker | null): Promise<IMoniker | null> {
    using self = this.pointer();
    return await this.naming.relativePath(self, needed(pmkOther, "another moniker"));
  }

  override async ParseDisplayName(
    pbc: IBindCtx | null,
    pmkToLeft: IMoniker | null,
    pszDisplayName: string,
  ): Promise<{ pchEaten: number; ppmkOut: IMoniker | null }> {
    const context = needed(pbc, "a bind context");
    const { left, last } = await this.#split(pmkToLeft);
    using _ = left;
    return await last.ParseDisplayName(context, left, pszDisplayName);
  }

  #filled(): readonly IMoniker[] {
    if (this.#parts.length > 0) return this.#parts;
    throw new ComError(HResult.E_UNEXPECTED, "a composite without components: it was not loaded yet");
  }

  /** The rightmost component, lent, and everything on its left, for the caller to release. */
  async #split(toLeft: IMoniker | null): Promise<{ readonly left: IMoniker; readonly last: IMoniker }> {
    const parts = this.#filled();
    const last = needed(parts.at(-1), "a component");
    const before = parts.slice(0, -1).map((part) => this.naming.again(part));
    const [only] = before;
    const own = before.length === 1 && only !== undefined ? only : this.naming.composite(before);
    if (toLeft === null) return { left: own, last };
    using held = own;
    return { left: needed(await this.naming.compose(toLeft, held), "something on the left"), last };
  }
}

/** sizeof(OBJREF) in C: what Windows adds for each marshaled reference. */
const referenceSize = 88;

/** The two references of a composite of these components, one after the other, and the size Windows says they need. */
function marshalPair(
  naming: Naming,
  parts: readonly IMoniker[],
): { readonly data: Uint8Array; readonly size: number } {
  let left = marshalOne(naming, parts[0]);
  for (let at = 1; ; at++) {
    const right = marshalOne(naming, parts[at]);
    const size = 16 + 2 * referenceSize + left.size + right.size;
    const writer = new ByteWriter(64 + left.data.length + right.data.length);
    if (at === parts.length - 1) {
      writer.raw(left.data);
      writer.raw(right.data);
      return { data: writer.finish(), size };
    }
    writeCustomHead(writer, MonikerClass.composite, size);
    writer.raw(left.data);
    writer.raw(right.data);
    left = { data: writer.finish(), size };
  }
}

function marshalOne(
  naming: Naming,
  part: IMoniker | undefined,
): { readonly data: Uint8Array; readonly size: number } {
  const moniker = needed(part, "a component");
  const data = naming.runtime.marshaler.marshalInterface(IMoniker.iid, moniker);
  const size = implementationOf(moniker)?.marshalSizeMax();
  return { data, size: typeof size === "number" ? size : data.length };
}
