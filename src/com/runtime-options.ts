import type { Clock, Guid, Logger } from "../base/index.ts";
import type { CallOptions, ClassDescriptor, Interface } from "../ndr/index.ts";
import type { ActivationContext } from "./activation-context.ts";
import type { ClassDefinition } from "./class.ts";
import type { ContractSource } from "./interfaces.ts";
import type { Leak } from "./leaks.ts";
import type { InterfaceProvider } from "./provider.ts";
import type { Registry } from "./registry/registry.ts";
import type { ActivationTarget, ClassObjectUse, Remoting, ServerInfo } from "./remoting.ts";
import type { Runtime } from "./runtime.ts";
import type { IUnknown } from "./unknown.ts";

export interface RuntimeOptions {
  /** Folder of the machine's state; default: COMITY_HOME, else the user's data folder. */
  readonly home?: string;
  /** Makes what leads out of the process; without it the runtime knows this process only. */
  readonly remoting?: (runtime: Runtime) => Promise<Remoting>;
  /** The machine's registry. Default: the one kept in `home`, opened and closed with the runtime. */
  readonly registry?: Registry;
  readonly logger?: Logger;
  readonly clock?: Clock;
  /** Manifests of classes that need no registration; they come before the registry's (the process's default activation context). */
  readonly manifests?: readonly string[];
  /** Interfaces provided for objects, beside those built in. */
  readonly providers?: readonly InterfaceProvider[];
  /** Contracts the program has no generated code for. */
  readonly contracts?: ContractSource;
  /** Watches interface pointers and reports those never released: to the log, or to a function; `throw` makes `close` fail. Costly. */
  readonly leaks?: "log" | "throw" | ((leak: Leak) => void);
}

/** What a class is named by: a generated coclass, a class definition, a CLSID, or a ProgID. */
export type ClassName<I = unknown> = ClassDescriptor<I> | ClassDefinition | Guid | string;

export interface CreateOptions extends ServerInfo, CallOptions {
  /** CLSCTX bits; default: everywhere, and only elsewhere when `machine` is given. */
  readonly context?: number;
  /** Classes of this manifest come before those of the runtime's own manifests and of the registry (ActivateActCtx, for one call). */
  readonly activationContext?: ActivationContext;
  /**
   * Makes the new object part of this one (pUnkOuter): the outer implementation object, or the controlling unknown it got itself. The class must be
   * aggregatable and within this process, and IUnknown the interface asked for: what comes back is the non-delegating IUnknown, for `aggregate`.
   */
  readonly outer?: object;
  /**
   * Makes the object in this apartment (of `openApartment`), as if it were created there: where that is decided by its ThreadingModel, counted from that
   * apartment. With `machine` it means nothing.
   */
  readonly apartment?: ActivationTarget;
}

export interface RegisterOptions {
  /**
   * CLSCTX bits; default: this process and, when there is a way out, this machine. One of single use serves other processes only; one of multiple
   * use that serves other processes serves this one, too (`multiSeparate`: only where the bits say).
   */
  readonly context?: number;
  /** Default: `multiple`. */
  readonly uses?: ClassObjectUse["uses"];
  /** Registered, but not to be found before `resumeClassObjects` (REGCLS_SUSPENDED). */
  readonly suspended?: boolean;
}

/** A registered class object; disposing revokes it (CoRevokeClassObject). */
export interface ClassRegistration extends AsyncDisposable {
  readonly cookie: number;
  revoke(): Promise<void>;
}

/** One answer of `createInstanceEx`: the pointer, or why there is none. */
export interface InterfaceResult<T> {
  readonly iid: Guid;
  readonly hresult: number;
  readonly pointer: T | undefined;
}

/** The pointers for a list of interfaces, in its order. */
export type InterfaceResults<L extends readonly Interface<IUnknown>[]> = {
  readonly [K in keyof L]: L[K] extends Interface<infer T> ? InterfaceResult<T> : never;
};
