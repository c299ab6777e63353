import { ByteWriter, type Guid, GUID_NULL, formatGuid, guidToBytes } from "../base/index.ts";
import { type IBindCtx, IClassActivator, type IMoniker, IROTData } from "../com/gen/objidl.ts";
import { IClassFactory, type IUnknown, contractOf } from "../com/index.ts";
import { bindOptions, createOptions } from "./bind-context.ts";
import { MonikerClass } from "./clsids.ts";
import { type Loading, guidOf } from "./loading.ts";
import { ComparableMoniker, type Moniker, needed } from "./moniker.ts";
import type { Naming } from "./naming.ts";

/** Names a new object of a class: `new:{CLSID}` or `new:ProgID`. Every binding makes another. */
export class NewMoniker extends ComparableMoniker {
  static override readonly interfaces: readonly object[] = [IROTData];
  readonly clsid: Guid = MonikerClass.new;
  #names: Guid;

  constructor(naming: Naming, names: Guid = GUID_NULL) {
    super(naming);
    this.#names = names;
  }

  protected equals(other: Moniker): boolean {
    return other instanceof NewMoniker && other.#names === this.#names;
  }

  save(writer: ByteWriter): void {
    writer.guid(this.#names);
  }

  *restore(): Loading<void> {
    this.#names = yield* guidOf();
  }

  protected sizeMax(): number {
    return 16;
  }

  protected comparisonData(): Uint8Array {
    return guidToBytes(this.#names);
  }

  Hash(): number {
    return Number.parseInt(this.#names.slice(0, 8), 16);
  }

  GetDisplayName(): string {
    return `new:${formatGuid(this.#names)}`;
  }

  override async BindToObject(
    pbc: IBindCtx | null,
    pmkToLeft: IMoniker | null,
    riidResult: Guid,
  ): Promise<IUnknown | null> {
    const options = await bindOptions(needed(pbc, "a bind context"));
    const { runtime } = this.naming;
    if (pmkToLeft === null)
      return runtime.createInstance(this.#names, contractOf(riidResult, runtime), createOptions(options));
    const bound = await pmkToLeft.BindToObject(pbc, null, IClassActivator.iid);
    using activator = needed(bound, "an activator") as IClassActivator;
    const made = await activator.GetClassObject(
      this.#names,
      options.context,
      options.locale,
      IClassFactory.iid,
    );
    using factory = needed(made, "a class object") as IClassFactory;
    return await factory.CreateInstance(riidResult);
  }
}
