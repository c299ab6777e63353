import {
  ComError,
  type CreationContext,
  IUnknown,
  type Implements,
  type Variant,
  ask,
  defineClass,
} from "comity";
import { EnumVariant } from "comity/automation";
import type { IStorage } from "comity/interfaces/objidl";
import { Stgm, createMemoryLockBytes, createStorageOnLockBytes } from "comity/storage";
import { type ClassDefinition, DataObject } from "comity/com";
import {
  DSuiteEvents,
  type ISuiteDerived,
  ISuiteEvents,
  ISuiteLate,
  type ISuiteLife,
  type ISuiteSource,
  SuiteData,
  SuiteLate,
  SuiteLicensed,
  SuitePlain,
  SuiteShared,
  SuiteTicker,
} from "../gen/suites.js";
import { slowClass, wholeClass } from "./aggregates.js";
import { NameMaker, nameMakerClass } from "./names.js";
import { StorageMaker, storageMakerClass } from "./storage.js";

let living = 0;

class PlainObject implements Implements<ISuiteDerived>, Implements<ISuiteLife> {
  constructor() {
    living++;
  }
  Number(): number {
    return 21;
  }
  Twice(): number {
    return 42;
  }
  Living(): number {
    return living;
  }
  finalRelease(): void {
    living--;
  }
}

class LicensedObject {
  Number(): number {
    return 7;
  }
}

const words = ["alpha", "beta", "gamma"];

class LateObject implements Implements<ISuiteLate> {
  readonly #context: CreationContext;
  #level = 1.5;
  constructor(context: CreationContext) {
    this.#context = context;
  }
  get_Item(index: number): string {
    const word = words[index - 1];
    if (word === undefined)
      throw new ComError(0x80040210, `there is no word ${index}`, {
        source: "Comity.Suite",
        helpFile: "words.chm",
        helpContext: 77,
      });
    return word;
  }
  get_Level(): number {
    return this.#level;
  }
  put_Level(level: number): void {
    this.#level = level;
  }
  Join(first: string | null, between?: string | null, last?: Variant): string {
    const end = last === undefined || last.isMissing ? "" : `${between}${String(last.toJs())}`;
    return `${first}${end}`;
  }
  Swap(a: number, b: number): { a: number; b: number } {
    return { a: b, b: a };
  }
  Fail(code: number, description: string | null): never {
    throw new ComError(code, description ?? undefined, { source: "Comity.Suite" });
  }
  get_Count(): number {
    return words.length;
  }
  Self(): ISuiteLate {
    return this.#context.runtime.pointerTo(this, ISuiteLate);
  }
  get__NewEnum(): IUnknown {
    return this.#context.runtime.pointerTo(new EnumVariant(words), IUnknown);
  }
}

class TickerObject implements Implements<ISuiteSource> {
  static readonly events = { maxSinks: 5, timeout: 5000 };

  async Tick(count: number): Promise<number> {
    let heard = 0;
    for (let i = 1; i <= count; i++) {
      const all = await Promise.all([ask(this, ISuiteEvents).Ticked(i), ask(this, DSuiteEvents).Ticked(i)]);
      heard += all.flat().filter(({ error }) => error === undefined).length;
    }
    return heard;
  }
  async Ask(number: number): Promise<number> {
    const answers = await ask(this, ISuiteEvents).Asked(number);
    return answers.reduce((sum, { value }) => sum + (typeof value === "number" ? value : 0), 0);
  }
  async Close(): Promise<boolean> {
    const answers = await ask(this, DSuiteEvents).Closing(false);
    return answers.some(({ value }) => value === true);
  }
  async Sinks(): Promise<number> {
    const all = await Promise.all([ask(this, ISuiteEvents).Ticked(0), ask(this, DSuiteEvents).Ticked(0)]);
    return all.flat().length;
  }
}

/** Its sinks may die or hang in the tests: it is less patient. */
class SharedTicker extends TickerObject {
  static override readonly events = { maxSinks: 5, timeout: 300, maxTimeouts: 3 };
}

/** Text, bytes, and a storage with a stream "Note". */
class DataSample extends DataObject {
  #storage: IStorage | undefined;

  constructor() {
    const content = { text: "Grüße", "Comity Suite": Uint8Array.of(1, 2, 3, 0, 255) };
    super(content, { writable: true, maxBytes: 100_000 });
  }

  static async make(): Promise<DataSample> {
    const made = new DataSample();
    using bytes = createMemoryLockBytes();
    const storage = await createStorageOnLockBytes(bytes);
    using note = await storage.CreateStream("Note", Stgm.READWRITE | Stgm.SHARE_EXCLUSIVE, 0, 0);
    await note?.Write(Uint8Array.from(Buffer.from("kept")), 4);
    made.set("Comity Storage", { storage });
    made.#storage = storage;
    return made;
  }

  override finalRelease(): void {
    super.finalRelease();
    this.#storage?.Release();
  }
}

/** The key that opens the licensed class. */
export const licenseKey = "suite-key";

/** What the servers of all distances serve for the suites. Others add their classes here. */
export const suiteClasses: readonly ClassDefinition[] = [
  wholeClass,
  slowClass,
  defineClass(SuitePlain, PlainObject),
  defineClass(SuiteLicensed, LicensedObject, {
    license: { verified: () => false, requestKey: () => licenseKey, accepts: (key) => key === licenseKey },
  }),
  defineClass(SuiteLate, LateObject),
  defineClass(SuiteTicker, TickerObject),
  defineClass(SuiteShared, SharedTicker, { singleton: true }),
  defineClass({ clsid: nameMakerClass, progId: "Comity.SuiteNames.1" }, NameMaker),
  defineClass(SuiteData, DataSample, { create: () => DataSample.make() }),
  defineClass({ clsid: storageMakerClass, progId: "Comity.SuiteStorage.1" }, StorageMaker),
];
