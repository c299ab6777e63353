import type {
  ActivationRequest,
  ActivationResult,
  ActivationTarget,
  ApartmentModel,
  ClassName,
  CreateOptions,
  IClassFactory,
  IUnknown,
  InterfaceResults,
  Runtime,
} from "../../com/index.ts";
import type { Interface } from "../../ndr/index.ts";
import type { ThreadInvitation } from "./contract.ts";
import { hubOf, sideOf } from "../open.ts";
import type { WorkerThread } from "./worker-thread.ts";

/**
 * An apartment on a thread of its own. Dispose to end it: it gives back what it holds, and its objects are gone. What it creates is created as the methods of
 * `Runtime` of the same name do it, called in this apartment (with `apartment` among their options the other ones do that, too); pointers are the caller's.
 */
export interface ThreadApartment
  extends
    AsyncDisposable,
    ActivationTarget,
    Pick<Runtime, "createInstance" | "createInstanceEx" | "getClassObject"> {
  readonly model: ApartmentModel;
  readonly name: string;
  /** False once it ends. */
  readonly alive: boolean;
  /** Resolves when it has ended, however. */
  readonly closed: Promise<void>;
  /**
   * Imports a module in the thread and calls its default export with the thread's runtime and `args`. Arguments and result are posted: plain data; interface
   * pointers go as what `marshalInterThreadInterfaceInStream` made of them.
   */
  run(module: string | URL, ...args: readonly unknown[]): Promise<unknown>;
  /** Ends the thread at once, as a crash would. */
  terminate(): Promise<void>;
}

export interface ApartmentOptions {
  /** What a person calls it. */
  readonly name?: string;
}

/**
 * Starts a thread with an apartment (a thread that calls CoInitializeEx). It ends with the runtime at the latest. Throws E_NOTIMPL in a thread that was started
 * itself.
 */
export async function openApartment(
  runtime: Runtime,
  model: ApartmentModel,
  options: ApartmentOptions = {},
): Promise<ThreadApartment> {
  const worker = await hubOf(runtime).open(model, options.name ?? `${model} apartment`);
  return new OpenedApartment(runtime, worker);
}

/**
 * A place for a thread that the program starts itself: its objects and those of the runtime's other threads then call each other through ports, as apartments do.
 * Post it to the thread, `port` in the transfer list, and open the runtime there with it: `Runtime.open({ thread: invitation })`. It is good for one thread; that
 * thread's runtime ends with this one at the latest. Throws E_NOTIMPL in a thread that was started itself.
 *
 * ```ts
 * const invitation = inviteThread(com, { name: "cruncher" });
 * new Worker(file, { workerData: { invitation }, transferList: [invitation.port] });
 * // in the worker
 * await using com = await Runtime.open({ thread: workerData.invitation, apartment: "single" });
 * ```
 */
export function inviteThread(runtime: Runtime, options: ApartmentOptions = {}): ThreadInvitation {
  return hubOf(runtime).invite(options.name ?? "thread");
}

class OpenedApartment implements ThreadApartment {
  readonly #runtime: Runtime;
  readonly #worker: WorkerThread;

  constructor(runtime: Runtime, worker: WorkerThread) {
    this.#runtime = runtime;
    this.#worker = worker;
  }

  get model(): ApartmentModel {
    return this.#worker.model;
  }

  get name(): string {
    return this.#worker.name;
  }

  get alive(): boolean {
    return this.#worker.alive;
  }

  get closed(): Promise<void> {
    return this.#worker.closed;
  }

  createInstance<T extends IUnknown>(
    name: ClassName<T>,
    iface?: Interface<T>,
    options?: CreateOptions,
  ): Promise<T> {
    const here: CreateOptions = { ...options, apartment: this };
    return iface === undefined
      ? this.#runtime.createInstance(name, iface, here)
      : this.#runtime.createInstance(name, iface, here);
  }

  createInstanceEx<const L extends readonly Interface<IUnknown>[]>(
    name: ClassName,
    interfaces: L,
    options?: CreateOptions,
  ): Promise<InterfaceResults<L>> {
    return this.#runtime.createInstanceEx(name, interfaces, { ...options, apartment: this });
  }

  getClassObject(name: ClassName, iface?: undefined, options?: CreateOptions): Promise<IClassFactory>;
  getClassObject<T extends IUnknown>(
    name: ClassName,
    iface: Interface<T>,
    options?: CreateOptions,
  ): Promise<T>;
  getClassObject<T extends IUnknown>(
    name: ClassName,
    iface?: Interface<T>,
    options?: CreateOptions,
  ): Promise<T | IClassFactory> {
    const here: CreateOptions = { ...options, apartment: this };
    return iface === undefined
      ? this.#runtime.getClassObject(name, iface, here)
      : this.#runtime.getClassObject(name, iface, here);
  }

  activate(request: ActivationRequest): Promise<readonly ActivationResult[]> {
    return sideOf(this.#runtime).activateIn((asked) => this.#worker.activate(asked), request);
  }

  run(module: string | URL, ...args: readonly unknown[]): Promise<unknown> {
    return this.#worker.run(String(module), args);
  }

  terminate(): Promise<void> {
    return this.#worker.terminate();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#worker.close();
  }
}
