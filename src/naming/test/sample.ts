import { ComError, HResult } from "../../base/index.ts";
import { type IBindCtx, type IMoniker, IPersistFile } from "../../com/gen/objidl.ts";
import { IOleItemContainer } from "../../com/gen/oleidl.ts";
import { type CreationContext, IUnknown, type Runtime, defineClass } from "../../com/index.ts";
import { type Interface, defineInterface, hresult, ref, string, unique } from "../../ndr/codegen/v1.ts";
import { createItemMoniker } from "../index.ts";

/** Something with a text. */
export interface INote extends IUnknown {
  GetText(): string | Promise<string>;
}

export const INote: Interface<INote> = defineInterface<INote>({
  name: "INote",
  iid: "6f1a2b30-4a55-4c0e-9f43-1f0a3b5c0001",
  base: () => IUnknown,
  methods: () => [
    {
      name: "GetText",
      opnum: 3,
      params: [{ name: "text", type: ref(unique(string("wchar"))), in: false, out: true }],
      returns: hresult,
    },
  ],
});

/** What happened to the containers of a test. */
export class Witness {
  readonly speeds: number[] = [];
  locks = 0;
  loads = 0;
}

/** A thing with things in it, named by its path. */
class Container {
  static readonly interfaces: readonly object[] = [INote, IOleItemContainer];
  protected text: string;
  readonly #runtime: Runtime;

  constructor(text: string, runtime: Runtime) {
    this.text = text;
    this.#runtime = runtime;
  }

  GetText(): string {
    return this.text;
  }

  GetObject(item: string, speed: number): object {
    witness.speeds.push(speed);
    if (item === "missing") throw new ComError(HResult.MK_E_NOOBJECT, "there is no such piece");
    return new Container(`${this.text}/${item}`, this.#runtime);
  }

  GetObjectStorage(item: string): never {
    throw new ComError(HResult.MK_E_NOSTORAGE, `${item} has no storage`);
  }

  IsRunning(): void {}

  LockContainer(lock: number): void {
    witness.locks += lock === 0 ? -1 : 1;
  }

  EnumObjects(): null {
    return null;
  }

  /** `!word` names a piece. */
  ParseDisplayName(_pbc: IBindCtx | null, name: string): { pchEaten: number; ppmkOut: IMoniker } {
    const match = /^!(\w+)/.exec(name);
    if (match === null) throw new ComError(HResult.MK_E_SYNTAX, "there are only words in it");
    return { pchEaten: match[0].length, ppmkOut: createItemMoniker(this.#runtime, "!", match[1] ?? "") };
  }
}

/** A document in a file. */
class Sheet extends Container {
  static override readonly interfaces: readonly object[] = [IPersistFile];

  constructor({ runtime }: CreationContext) {
    super("", runtime);
  }

  Load(file: string): void {
    this.text = file;
    witness.loads++;
  }
}

export const witness: Witness = new Witness();

export const sheet: ReturnType<typeof defineClass> = defineClass(
  { clsid: "6f1a2b30-4a55-4c0e-9f43-1f0a3b5c0002", progId: "Comity.TestSheet.1" },
  Sheet,
);
