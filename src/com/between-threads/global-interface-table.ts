import { ComError, type Guid, HResult, guid } from "../../base/index.ts";
import { type Interface, defineInterface } from "../../ndr/index.ts";
import { type ClassDefinition, type CreationContext, defineClass } from "../class.ts";
import { contractOf } from "../interfaces.ts";
import { remoteObjectOf } from "../pointers.ts";
import type { Runtime } from "../runtime.ts";
import { withoutReferences } from "../marshal/without-references.ts";
import { IUnknown } from "../unknown.ts";
import type { SharedReferences } from "./shared-references.ts";

/** Keeps interface pointers so that every thread of the process can have them ([IGlobalInterfaceTable], local to a process). */
export interface IGlobalInterfaceTable extends IUnknown {
  /** Keeps a reference of its own; answers the cookie, good in every thread until it is revoked or the thread ends that registered it. */
  RegisterInterfaceInGlobal(pointer: object, riid: Guid): Promise<number>;
  /** Throws E_INVALIDARG for a cookie that is not there. */
  RevokeInterfaceFromGlobal(cookie: number): Promise<void>;
  /** A pointer of this thread's own; the caller owns it. */
  GetInterfaceFromGlobal<T extends IUnknown>(cookie: number, riid: Guid): Promise<T>;
}

const local = (name: string, opnum: number) => ({
  name,
  opnum,
  params: [],
  returns: { kind: "base", name: "hresult" } as const,
  local: true,
});

export const IGlobalInterfaceTable: Interface<IGlobalInterfaceTable> = defineInterface<IGlobalInterfaceTable>(
  {
    name: "IGlobalInterfaceTable",
    iid: "00000146-0000-0000-c000-000000000046",
    base: () => IUnknown,
    methods: () => [
      local("RegisterInterfaceInGlobal", 3),
      local("RevokeInterfaceFromGlobal", 4),
      local("GetInterfaceFromGlobal", 5),
    ],
  },
);

export const CLSID_StdGlobalInterfaceTable: Guid = guid("00000323-0000-0000-c000-000000000046");

/** The table of a runtime; all runtimes of one process's threads share its entries. */
export class GlobalInterfaceTable {
  readonly #runtime: Runtime;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  async RegisterInterfaceInGlobal(pointer: object, riid: Guid): Promise<number> {
    const { marshaler } = this.#runtime;
    if (remoteObjectOf(pointer) === undefined) {
      const objref = marshaler.marshalInterface(riid, pointer, { kind: "tableStrong" });
      return this.#shared.put(objref, () => this.#release(objref));
    }
    // A proxy is kept as it is; receivers take references of their own.
    const kept = await (pointer as IUnknown).QueryInterface(contractOf(riid, this.#runtime));
    const carrying = await marshaler.marshalWhenReady(riid, kept, { destination: "inproc" });
    return this.#shared.put(withoutReferences(carrying), () => {
      this.#release(carrying);
      kept[Symbol.dispose]();
    });
  }

  async RevokeInterfaceFromGlobal(cookie: number): Promise<void> {
    if (!(await this.#shared.remove(cookie))) throw unknownCookie(cookie);
  }

  async GetInterfaceFromGlobal<T extends IUnknown>(cookie: number, riid: Guid): Promise<T> {
    const objref = await this.#shared.get(cookie);
    if (objref === undefined) throw unknownCookie(cookie);
    return this.#runtime.marshaler.unmarshalInterface(riid, objref) as T;
  }

  get #shared(): SharedReferences {
    const { sharedReferences } = this.#runtime;
    if (sharedReferences !== undefined) return sharedReferences;
    throw new ComError(HResult.CO_E_NOTINITIALIZED, "this runtime knows no other threads");
  }

  #release(objref: Uint8Array): void {
    this.#runtime.marshaler.releaseMarshalData(objref).catch((error: unknown) => {
      this.#runtime.logger.debug(
        { error },
        "a reference of the global interface table could not be given back",
      );
    });
  }
}

function unknownCookie(cookie: number): ComError {
  return new ComError(HResult.E_INVALIDARG, `the global interface table has no entry ${cookie} (any more)`);
}

/** CLSID_StdGlobalInterfaceTable, which every runtime has. */
export const globalInterfaceTableClass: ClassDefinition = defineClass(
  {
    clsid: CLSID_StdGlobalInterfaceTable,
    name: "StdGlobalInterfaceTable",
    interfaces: [IGlobalInterfaceTable],
  },
  class StdGlobalInterfaceTable extends GlobalInterfaceTable {
    constructor({ runtime }: CreationContext) {
      super(runtime);
    }
  },
);
