import { threadId } from "node:worker_threads";
import { ComError, HResult } from "../../../base/index.ts";
import { IPersistFile } from "../../../com/gen/objidl.ts";
import {
  type CreationContext,
  IUnknown,
  type ThreadingModel,
  defineClass,
  defineModule,
} from "../../../com/index.ts";
import {
  type Awaitable,
  type CallOptions,
  type Interface,
  type MethodDescriptor,
  type NdrType,
  defineInterface,
} from "../../../ndr/index.ts";
import { hresult, i32, interfacePointer, ref } from "../../../ndr/codegen/v1.ts";

const WORK_IID = "4bb0c4a1-6a0d-4f5c-8a5e-8f0a3b7c2d01";

/** What the tests of threads call. */
export interface IWork extends IUnknown {
  Add(a: number, b: number, options?: CallOptions): Awaitable<number>;
  /** The thread the object lives in. */
  Thread(options?: CallOptions): Awaitable<number>;
  /** Asks `other` for its thread. */
  ThreadOf(other: IWork | null, options?: CallOptions): Awaitable<number>;
  /** Goes back and forth between two objects, `depth` times; answers how deep it came. */
  Nest(other: IWork | null, depth: number, options?: CallOptions): Awaitable<number>;
  /** Takes so many milliseconds; answers how many calls of the object were under way at most. */
  Slow(milliseconds: number, options?: CallOptions): Awaitable<number>;
  /** As Slow, and then calls `other`. */
  SlowThenThreadOf(milliseconds: number, other: IWork | null, options?: CallOptions): Awaitable<number>;
  Keep(other: IWork | null, options?: CallOptions): Awaitable<void>;
  Kept(options?: CallOptions): Awaitable<IWork | null>;
  /** Ends the process of the thread. */
  Exit(code: number, options?: CallOptions): Awaitable<void>;
  /** Objects of the module that live in this thread. */
  Living(options?: CallOptions): Awaitable<number>;
}

const work = interfacePointer("IWork", WORK_IID);
const input = (name: string, type: NdrType) => ({ name, type, in: true, out: false });
const output = (name: string, type: NdrType) => ({
  name,
  type: ref(type),
  in: false,
  out: true,
  retval: true,
});

function methods(): MethodDescriptor[] {
  const list: [string, ...MethodDescriptor["params"]][] = [
    ["Add", input("a", i32), input("b", i32), output("sum", i32)],
    ["Thread", output("id", i32)],
    ["ThreadOf", input("other", work), output("id", i32)],
    ["Nest", input("other", work), input("depth", i32), output("reached", i32)],
    ["Slow", input("milliseconds", i32), output("most", i32)],
    ["SlowThenThreadOf", input("milliseconds", i32), input("other", work), output("id", i32)],
    ["Keep", input("other", work)],
    ["Kept", output("other", work)],
    ["Exit", input("code", i32)],
    ["Living", output("count", i32)],
  ];
  return list.map(([name, ...params], at) => ({ name, opnum: at + 3, params, returns: hresult }));
}

export const IWork: Interface<IWork> = defineInterface<IWork>({
  name: "IWork",
  iid: WORK_IID,
  base: () => IUnknown,
  methods,
});

let living = 0;

/** Implements {@link IWork}. */
export class Work {
  static readonly interfaces: readonly unknown[] = [IWork, IPersistFile];
  readonly #context: CreationContext | undefined;
  #kept: IWork | undefined;
  #file: string | null = null;
  #underWay = 0;
  #most = 0;

  constructor(context?: CreationContext) {
    this.#context = context;
    living++;
  }

  finalRelease(): void {
    living--;
    this.#kept?.Release();
  }

  Add(a: number, b: number): number {
    return a + b;
  }

  // IPersistFile, as far as it is tested.

  Load(name: string | null): void {
    if (name === "") throw new ComError(HResult.MK_E_CANTOPENFILE, "a file without a name");
    this.#file = name;
  }

  GetCurFile(): string | null {
    return this.#file;
  }

  Thread(): number {
    return threadId;
  }

  async ThreadOf(other: IWork | null): Promise<number> {
    return other === null ? -1 : other.Thread();
  }

  async Nest(other: IWork | null, depth: number): Promise<number> {
    if (other === null || depth === 0) return 0;
    await new Promise((resolve) => setImmediate(resolve)); // causality has to survive it
    const me =
      this.#context === undefined ? (this as unknown as IWork) : this.#context.runtime.pointerTo(this, IWork);
    try {
      return 1 + (await other.Nest(me, depth - 1));
    } finally {
      if (this.#context !== undefined) me.Release();
    }
  }

  async Slow(milliseconds: number): Promise<number> {
    this.#most = Math.max(this.#most, ++this.#underWay);
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    this.#underWay--;
    return this.#most;
  }

  async SlowThenThreadOf(milliseconds: number, other: IWork | null): Promise<number> {
    await this.Slow(milliseconds);
    return this.ThreadOf(other);
  }

  async Keep(other: IWork | null): Promise<void> {
    this.#kept?.Release();
    other?.AddRef();
    this.#kept = other ?? undefined;
  }

  Kept(): IWork | null {
    this.#kept?.AddRef();
    return this.#kept ?? null;
  }

  Exit(code: number): void {
    process.exit(code);
  }

  Living(): number {
    return living;
  }
}

const clsidOf = (digit: number): string => `4bb0c4a1-6a0d-4f5c-8a5e-8f0a3b7c2d1${digit}`;

/** One class of each ThreadingModel. */
export const clsids: Readonly<Record<ThreadingModel, string>> = {
  Both: clsidOf(0),
  Apartment: clsidOf(1),
  Free: clsidOf(2),
  Neutral: clsidOf(3),
  Main: clsidOf(4),
};

const definitions = Object.entries(clsids).map(([threading, clsid]) =>
  defineClass({ clsid, name: `Test.Work${threading}`, interfaces: [IWork] }, class extends Work {}, {
    threading: threading as ThreadingModel,
  }),
);

const module: ReturnType<typeof defineModule> = defineModule({ classes: definitions });
export default module;
