import { ByteWriter, type Guid, HResult, ComError } from "../base/index.ts";
import { type IBindCtx, type IMoniker, IROTData, MKSYS } from "../com/gen/objidl.ts";
import { IOleItemContainer } from "../com/gen/oleidl.ts";
import type { FILETIME } from "../com/gen/wtypesbase.ts";
import type { IUnknown } from "../com/index.ts";
import { bindSpeed, lockContainer } from "./bind-context.ts";
import { MonikerClass } from "./clsids.ts";
import { type Loading, bytes, u32 } from "./loading.ts";
import { ComparableMoniker, type Moniker, isRunning, needed, status } from "./moniker.ts";
import type { Naming } from "./naming.ts";
import { decodeAnsi, encodeAnsi, sameText, upper, utf16z } from "./text.ts";

/** Names a thing inside its container: `!name` (CreateItemMoniker). It is bound through the container's IOleItemContainer. */
export class ItemMoniker extends ComparableMoniker {
  static override readonly interfaces: readonly object[] = [IROTData];
  readonly clsid: Guid = MonikerClass.item;
  #delimiter: string | null;
  #item: string;

  constructor(naming: Naming, delimiter: string | null, item: string) {
    super(naming);
    this.#delimiter = delimiter;
    this.#item = item;
  }

  override get kind(): number {
    return MKSYS.MKSYS_ITEMMONIKER;
  }

  /** The delimiter makes no difference. */
  protected equals(other: Moniker): boolean {
    return other instanceof ItemMoniker && sameText(other.#item, this.#item);
  }

  save(writer: ByteWriter): void {
    saveText(writer, this.#delimiter);
    saveText(writer, this.#item);
  }

  *restore(): Loading<void> {
    const limit = this.naming.limits.maxPersistedBytes;
    const delimiter = yield* loadText(limit);
    this.#item = (yield* loadText(limit)) ?? "";
    this.#delimiter = delimiter;
  }

  protected sizeMax(): number {
    const delimiter = this.#delimiter === null ? 0 : (this.#delimiter.length + 1) * 4;
    return 8 + (this.#item.length + 1) * 4 + 18 + delimiter;
  }

  protected comparisonData(): Uint8Array {
    return utf16z(upper(this.GetDisplayName()));
  }

  Hash(): number {
    let hash = 0;
    for (const unit of upper(this.#item)) hash = Math.imul(hash, 3) ^ unit.charCodeAt(0);
    return hash >>> 0;
  }

  GetDisplayName(): string {
    return (this.#delimiter ?? "") + this.#item;
  }

  override async BindToObject(
    pbc: IBindCtx | null,
    pmkToLeft: IMoniker | null,
    riidResult: Guid,
  ): Promise<IUnknown | null> {
    const context = needed(pbc, "a bind context");
    const speed = await bindSpeed(context);
    using container = await this.#container(context, pmkToLeft);
    await lockContainer(context, container, this.naming);
    return await container.GetObject(this.#item, speed, context, riidResult);
  }

  override async BindToStorage(
    pbc: IBindCtx | null,
    pmkToLeft: IMoniker | null,
    riid: Guid,
  ): Promise<IUnknown | null> {
    const context = needed(pbc, "a bind context");
    using container = await this.#container(context, pmkToLeft);
    await lockContainer(context, container, this.naming);
    return await container.GetObjectStorage(this.#item, context, riid);
  }

  override async IsRunning(
    pbc: IBindCtx | null,
    pmkToLeft: IMoniker | null,
    pmkNewlyRunning: IMoniker | null,
  ): Promise<void> {
    const context = needed(pbc, "a bind context");
    if (pmkToLeft === null) return super.IsRunning(context, null, pmkNewlyRunning);
    if (!(await isRunning(pmkToLeft, context))) return status(false);
    using container = await this.#container(context, pmkToLeft);
    const answer = { code: 0 };
    await container.IsRunning(this.#item, { status: answer });
    return status(answer.code === HResult.S_OK);
  }

  override async GetTimeOfLastChange(pbc: IBindCtx | null, pmkToLeft: IMoniker | null): Promise<FILETIME> {
    const context = needed(pbc, "a bind context");
    if (pmkToLeft === null) throw new ComError(HResult.MK_E_NOTBINDABLE, "an item has no time of its own");
    using self = this.pointer();
    using whole = await this.naming.compose(pmkToLeft, self);
    const running = whole === null ? undefined : await this.naming.runningTime(whole);
    return running ?? (await pmkToLeft.GetTimeOfLastChange(context, null));
  }

  async #container(context: IBindCtx, left: IMoniker | null): Promise<IOleItemContainer> {
    const to = needed(left, "the container, on the left of an item moniker,");
    const bound = await to.BindToObject(context, null, IOleItemContainer.iid);
    return needed(bound, "a container") as IOleItemContainer;
  }
}

/** A length and 8-bit text with its terminator; what code page 1252 cannot say follows in UTF-16 within the same length. */
function saveText(writer: ByteWriter, text: string | null): void {
  if (text === null) return writer.u32(0);
  const { bytes: ansi, lossy } = encodeAnsi(text);
  writer.u32(ansi.length + 1 + (lossy ? text.length * 2 : 0));
  writer.raw(ansi);
  writer.u8(0);
  if (lossy) writer.utf16(text);
}

function* loadText(limit: number): Loading<string | null> {
  const length = yield* u32();
  if (length === 0) return null;
  const data = yield* bytes(length, limit);
  const end = data.indexOf(0);
  const ansi = data.subarray(0, end < 0 ? data.length : end);
  const wide = data.subarray(ansi.length + 1);
  return wide.length < 2 ? decodeAnsi(ansi) : Buffer.from(wide).toString("utf16le");
}
