import { type ByteWriter, ComError, type Guid, HResult } from "../base/index.ts";
import { IROTData, MKSYS } from "../com/gen/objidl.ts";
import { MonikerClass } from "./clsids.ts";
import type { Moniker } from "./moniker.ts";
import type { Naming } from "./naming.ts";
import { TextMoniker } from "./text-moniker.ts";
import { upper, utf16z } from "./text.ts";

/** A GUID, a version, and flags. */
const parsingSize = 24;

/** MKSYS_URLMONIKER. */
const urlMoniker = 6;

/** Names what stands at an address (CreateURLMoniker). It is parsed, compared and saved; nothing is fetched. */
export class UrlMoniker extends TextMoniker {
  static override readonly interfaces: readonly object[] = [IROTData];
  readonly clsid: Guid = MonikerClass.url;

  /** How the address was parsed, where whoever saved it says so ([MS-OSHARED] 2.3.7.6: serialGUID, serialVersion, uriFlags). It is kept as it is. */
  #parsing: Uint8Array = new Uint8Array(0);

  override get kind(): number {
    return urlMoniker;
  }

  override save(writer: ByteWriter): void {
    const address = utf16z(this.text);
    writer.u32(address.length + this.#parsing.length);
    writer.raw(address);
    writer.raw(this.#parsing);
  }

  protected override restoreRest(rest: Uint8Array): void {
    this.#parsing = rest.length === parsingSize ? rest.slice() : new Uint8Array(0);
  }

  protected override sizeMax(): number {
    return super.sizeMax() + this.#parsing.length;
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
