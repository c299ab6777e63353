import {
  ByteWriter,
  ComError,
  type Guid,
  GUID_NULL,
  HResult,
  guidToBytes,
  tryParseGuid,
} from "../base/index.ts";
import { type IBindCtx, IClassActivator, type IMoniker, IROTData, MKSYS } from "../com/gen/objidl.ts";
import type { FILETIME } from "../com/gen/wtypesbase.ts";
import { type IUnknown, contractOf } from "../com/index.ts";
import { bindOptions, createOptions } from "./bind-context.ts";
import { MonikerClass } from "./clsids.ts";
import { type Loading, bytes, guidOf, u32 } from "./loading.ts";
import { ComparableMoniker, type Moniker, needed } from "./moniker.ts";
import type { Naming } from "./naming.ts";

/** Names the class object of a class: `clsid:GUID:` (CreateClassMoniker). Options may follow the GUID; they take no part in comparison. */
export class ClassMoniker extends ComparableMoniker {
  static override readonly interfaces: readonly object[] = [IROTData];
  readonly clsid: Guid = MonikerClass.class;
  #names: Guid;
  #options: string;

  constructor(naming: Naming, names: Guid = GUID_NULL, options = "") {
    super(naming);
    this.#names = names;
    this.#options = options;
  }

  override get kind(): number {
    return MKSYS.MKSYS_CLASSMONIKER;
  }

  protected equals(other: Moniker): boolean {
    return other instanceof ClassMoniker && other.#names === this.#names;
  }

  save(writer: ByteWriter): void {
    const { length } = this.#options;
    writer.guid(this.#names);
    writer.u32(length === 0 ? 0 : (length + 1) * 2);
    if (length === 0) return;
    writer.utf16(this.#options);
    writer.u16(0);
  }

  *restore(): Loading<void> {
    const names = yield* guidOf();
    const data = yield* bytes(yield* u32(), this.naming.limits.maxPersistedBytes);
    this.#options = Buffer.from(data).toString("utf16le").split("\0")[0] ?? "";
    this.#names = names;
  }

  protected sizeMax(): number {
    return 20 + (this.#options === "" ? 0 : (this.#options.length + 1) * 2);
  }

  protected comparisonData(): Uint8Array {
    return guidToBytes(this.#names);
  }

  /** The first field of the CLSID. */
  Hash(): number {
    return Number.parseInt(this.#names.slice(0, 8), 16);
  }

  GetDisplayName(): string {
    return `clsid:${this.#names.toUpperCase()}${this.#options}:`;
  }

  /** Any number of steps back leads out of a class. */
  protected override annihilate(): null {
    return null;
  }

  override async BindToObject(
    pbc: IBindCtx | null,
    pmkToLeft: IMoniker | null,
    riidResult: Guid,
  ): Promise<IUnknown | null> {
    const options = await bindOptions(needed(pbc, "a bind context"));
    if (pmkToLeft === null)
      return this.naming.runtime.getClassObject(
        this.#names,
        contractOf(riidResult, this.naming.runtime),
        createOptions(options),
      );
    const bound = await pmkToLeft.BindToObject(pbc, null, IClassActivator.iid);
    using activator = needed(bound, "an activator") as IClassActivator;
    return await activator.GetClassObject(this.#names, options.context, options.locale, riidResult);
  }

  override BindToStorage(
    pbc: IBindCtx | null,
    pmkToLeft: IMoniker | null,
    riid: Guid,
  ): Promise<IUnknown | null> {
    return this.BindToObject(pbc, pmkToLeft, riid);
  }

  override IsRunning(): Promise<void> {
    throw new ComError(HResult.E_NOTIMPL, "a class does not run; its objects do");
  }

  override GetTimeOfLastChange(): FILETIME {
    throw new ComError(HResult.MK_E_UNAVAILABLE, "a class has no time of change");
  }
}

/**
 * The beginning of a display name as a class: `clsid:` a GUID, in braces or not, options up to a colon. Answers the characters it takes; undefined when it
 * is none.
 */
export function parseClassName(
  name: string,
): { readonly clsid: Guid; readonly options: string; readonly eaten: number } | undefined {
  const match = /^clsid:(?:\{([\da-f-]{36})\}|([\da-f-]{36}))([^:]*)(:?)/i.exec(name);
  const clsid = tryParseGuid(match?.[1] ?? match?.[2] ?? "");
  if (match === null || clsid === undefined) return undefined;
  return { clsid, options: match[3] ?? "", eaten: match[0].length };
}
