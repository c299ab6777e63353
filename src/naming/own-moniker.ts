import { ByteWriter, ComError, type Guid, HResult } from "../base/index.ts";
import { type IBindCtx, IMarshal, type IMoniker, IROTData, type IStream } from "../com/gen/objidl.ts";
import { IParseDisplayName } from "../com/gen/oleidl.ts";
import { IUnknown, type Runtime } from "../com/index.ts";
import type { Awaitable } from "../ndr/index.ts";
import { loadFromStream } from "./loading.ts";
import { needed } from "./moniker.ts";
import { namingOf } from "./naming.ts";
import { TextMoniker } from "./text-moniker.ts";

/**
 * The beginning of a moniker class of one's own whose state is one text. The class adds its CLSID, how it is shown and read, and what it is bound to; it is
 * saved, compared, composed, sent by value and found in the Running Object Table as the system's are.
 *
 * ```ts
 * class PlanetMoniker extends OwnMoniker {
 *   readonly clsid = guid("…");
 *   GetDisplayName() { return `Planet:${this.text}`; }
 *   protected read(name: string) { … }
 *   override BindToObject(pbc, left, iid) { return this.give(new Planet(this.text), iid); }
 * }
 * export const planet = defineClass({ clsid: "…", progId: "Planet" }, PlanetMoniker);
 * ```
 */
export abstract class OwnMoniker extends TextMoniker {
  static override readonly interfaces: readonly object[] = [IROTData, IMarshal, IParseDisplayName];

  constructor({ runtime }: { readonly runtime: Runtime }, text = "") {
    super(namingOf(runtime), text);
  }

  /** The text that a display name stands for, and how many characters of the name it took; undefined when the name is not of this kind. */
  protected abstract read(name: string): { readonly text: string; readonly eaten: number } | undefined;

  /** What BindToObject answers for an object of one's own. */
  protected async give(object: object, iid: Guid): Promise<IUnknown> {
    using pointer = this.naming.runtime.pointerTo(object, IUnknown);
    return await this.naming.query(pointer, iid);
  }

  /** Of IMoniker, with a moniker on the left: what follows this one in a name. Of IParseDisplayName: a whole name, for the class. */
  override async ParseDisplayName(
    pbc: IBindCtx | null,
    toLeft: IMoniker | string | null,
    name?: string,
  ): Promise<{ pchEaten: number; ppmkOut: IMoniker | null }> {
    if (typeof toLeft !== "string") return super.ParseDisplayName(pbc, toLeft, name ?? "");
    const found = this.read(toLeft);
    if (found === undefined) throw new ComError(HResult.MK_E_SYNTAX, "the name is of another kind");
    const made = new (this.constructor as OwnMonikerClass)({ runtime: this.naming.runtime }, found.text);
    return { pchEaten: found.eaten, ppmkOut: made.pointer() };
  }

  GetUnmarshalClass(): Guid {
    return this.clsid;
  }

  GetMarshalSizeMax(): number {
    return this.sizeMax();
  }

  MarshalInterface(pStm: IStream | null): Awaitable<void> {
    const writer = new ByteWriter(64);
    this.save(writer);
    const bytes = writer.finish();
    const written = needed(pStm, "a stream").Write(bytes, bytes.length);
    if (written instanceof Promise) return written.then(() => undefined);
  }

  async UnmarshalInterface(pStm: IStream | null, riid: Guid): Promise<unknown> {
    const stream = needed(pStm, "a stream");
    await loadFromStream(stream, this.restore(), (wanted) => this.naming.loadForeign(wanted, stream));
    using self = this.pointer();
    return await this.naming.query(self, riid);
  }

  /** The state is the whole reference: there is nothing to give back. */
  ReleaseMarshalData(): void {}

  DisconnectObject(): void {}
}

type OwnMonikerClass = new (context: { readonly runtime: Runtime }, text: string) => OwnMoniker;
