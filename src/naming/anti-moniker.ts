import { type ByteWriter, ComError, type Guid, HResult } from "../base/index.ts";
import { type IBindCtx, type IMoniker, IROTData, MKSYS } from "../com/gen/objidl.ts";
import { withStatus } from "../com/index.ts";
import { MonikerClass } from "./clsids.ts";
import { type Loading, bad, u32 } from "./loading.ts";
import { ComparableMoniker, type Moniker, implementationOf, needed, status } from "./moniker.ts";
import type { Naming } from "./naming.ts";

/** The most steps one anti moniker takes back; Windows draws the same line. */
const mostAntis = 0xfffff;

/** Takes back what stands on its left: `\..` (CreateAntiMoniker). It may stand for several in a row. */
export class AntiMoniker extends ComparableMoniker {
  static override readonly interfaces: readonly object[] = [IROTData];
  readonly clsid: Guid = MonikerClass.anti;
  #count: number;

  constructor(naming: Naming, count: number) {
    super(naming);
    this.#count = count;
  }

  override get kind(): number {
    return MKSYS.MKSYS_ANTIMONIKER;
  }

  override get antis(): number {
    return this.#count;
  }

  protected equals(other: Moniker): boolean {
    return other.antis === this.#count;
  }

  save(writer: ByteWriter): void {
    writer.u32(this.#count);
  }

  *restore(): Loading<void> {
    const count = yield* u32();
    if (count > mostAntis) throw bad(`${count} steps back, ${mostAntis} are allowed`);
    this.#count = count;
  }

  protected sizeMax(): number {
    return 20;
  }

  protected comparisonData(): Uint8Array {
    return new Uint8Array(Uint32Array.of(this.#count).buffer);
  }

  Hash(): number {
    return (0x8000_0000 | this.#count) >>> 0;
  }

  GetDisplayName(): string {
    if (this.#count * 3 <= this.naming.limits.maxDisplayName) return "\\..".repeat(this.#count);
    throw new ComError(HResult.E_OUTOFMEMORY, `the display name of ${this.#count} anti monikers is too long`);
  }

  /** Nothing undoes going back. */
  override Inverse(): IMoniker | null {
    throw new ComError(HResult.MK_E_NOINVERSE, "an anti moniker has no inverse");
  }

  override async IsRunning(
    _pbc: IBindCtx | null,
    _pmkToLeft: IMoniker | null,
    pmkNewlyRunning: IMoniker | null,
  ): Promise<void> {
    return pmkNewlyRunning === null ? status(false) : this.IsEqual(pmkNewlyRunning);
  }

  override async CommonPrefixWith(pmkOther: IMoniker | null): Promise<IMoniker | null> {
    const other = needed(pmkOther, "another moniker");
    const count = implementationOf(other)?.antis;
    if (count === undefined) return super.CommonPrefixWith(other);
    if (count === this.#count) return withStatus(HResult.MK_S_US, this.pointer());
    return count > this.#count
      ? withStatus(HResult.MK_S_ME, this.pointer())
      : withStatus(HResult.MK_S_HIM, this.naming.anti(count));
  }

  override async RelativePathTo(pmkOther: IMoniker | null): Promise<IMoniker | null> {
    return withStatus(HResult.MK_S_HIM, this.naming.again(needed(pmkOther, "another moniker")));
  }
}
