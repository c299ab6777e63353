import { ByteWriter, ComError, type Guid, HResult } from "../base/index.ts";
import { IROTData, MKSYS } from "../com/gen/objidl.ts";
import { MonikerClass } from "./clsids.ts";
import { type Loading, bytes, u32 } from "./loading.ts";
import { ComparableMoniker, type Moniker } from "./moniker.ts";
import type { Naming } from "./naming.ts";
import { upper, utf16z } from "./text.ts";

/** Monikers whose state is one text. */
abstract class TextMoniker extends ComparableMoniker {
  protected text: string;

  constructor(naming: Naming, text: string) {
    super(naming);
    this.text = text;
  }

  protected equals(other: Moniker): boolean {
    return other instanceof TextMoniker && other.text === this.text;
  }

  /** A length in bytes, and the text in UTF-16 with its terminator. */
  save(writer: ByteWriter): void {
    const data = utf16z(this.text);
    writer.u32(data.length);
    writer.raw(data);
  }

  *restore(): Loading<void> {
    const data = yield* bytes(yield* u32(), this.naming.limits.maxPersistedBytes);
    this.text = Buffer.from(data).toString("utf16le").split("\0")[0] ?? "";
  }

  protected sizeMax(): number {
    return 4 + (this.text.length + 1) * 2;
  }

  protected comparisonData(): Uint8Array {
    return utf16z(this.text);
  }

  Hash(): number {
    let hash = 0;
    for (const unit of upper(this.text)) hash = Math.imul(hash, 3) ^ unit.charCodeAt(0);
    return hash >>> 0;
  }
}

/** MKSYS_URLMONIKER. */
const urlMoniker = 6;

/** Names what stands at an address (CreateURLMoniker). It is parsed, compared and saved; nothing is fetched. */
export class UrlMoniker extends TextMoniker {
  static override readonly interfaces: readonly object[] = [IROTData];
  readonly clsid: Guid = MonikerClass.url;

  override get kind(): number {
    return urlMoniker;
  }

  GetDisplayName(): string {
    return this.text;
  }

  override BindToObject(): never {
    throw new ComError(HResult.MK_E_NOTBINDABLE, `nothing is fetched from ${this.text.slice(0, 200)}`);
  }

  override BindToStorage(): never {
    return this.BindToObject();
  }
}

/**
 * Names a queue that calls are recorded for: `queue:Key=Value,…/`, on the left of `new:`. Parsed, shown and saved; the queues themselves are a later part.
 */
export class QueueMoniker extends TextMoniker {
  static override readonly interfaces: readonly object[] = [IROTData];
  readonly clsid: Guid = MonikerClass.queue;

  /** What stands after `queue:`. */
  get parameters(): string {
    return this.text;
  }

  override get leadsOn(): boolean {
    return true;
  }

  GetDisplayName(): string {
    return `queue:${this.text}/`;
  }

  override BindToObject(): never {
    throw new ComError(
      HResult.E_NOTIMPL,
      "queued components are not there yet: the name can be read and kept, not bound",
    );
  }
}

/** `MKSYS_SESSIONMONIKER` for session names; the others have no number. */
const kinds: Readonly<Record<string, number>> = { session: MKSYS.MKSYS_SESSIONMONIKER };

/** What names with these beginnings would need, and what ends their own part. */
export const prefixNames: Readonly<Record<string, { readonly end: string; readonly why: string }>> = {
  session: { end: "!", why: "this machine has no terminal sessions to choose from" },
  elevation: { end: "!", why: "a process is not raised above its account" },
  partition: { end: "/", why: "classes are not divided into partitions" },
  soap: { end: "", why: "SOAP services are not spoken to" },
};

/** Names that Windows knows and that lead nowhere here: they are read and shown, and binding them says why not. */
export class PrefixMoniker extends TextMoniker {
  static override readonly interfaces: readonly object[] = [IROTData];
  readonly clsid: Guid;
  readonly #scheme: string;

  constructor(naming: Naming, scheme: string, text: string, clsid: Guid) {
    super(naming, text);
    this.#scheme = scheme;
    this.clsid = clsid;
  }

  override get kind(): number {
    return kinds[this.#scheme] ?? MKSYS.MKSYS_NONE;
  }

  override GetClassID(): never {
    throw new ComError(HResult.E_NOTIMPL, `a name that begins with ${this.#scheme}: is not saved`);
  }

  override save(): void {
    this.GetClassID();
  }

  protected override comparisonData(): Uint8Array {
    return utf16z(upper(this.GetDisplayName()));
  }

  protected override equals(other: Moniker): boolean {
    return other instanceof PrefixMoniker && upper(other.GetDisplayName()) === upper(this.GetDisplayName());
  }

  override get leadsOn(): boolean {
    return true;
  }

  GetDisplayName(): string {
    return `${this.#scheme}:${this.text}${prefixNames[this.#scheme]?.end ?? ""}`;
  }

  override BindToObject(): never {
    throw new ComError(
      HResult.E_NOTIMPL,
      `"${this.GetDisplayName().slice(0, 200)}" cannot be bound: ${prefixNames[this.#scheme]?.why ?? ""}`,
    );
  }

  override BindToStorage(): never {
    return this.BindToObject();
  }
}
