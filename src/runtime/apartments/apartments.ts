import {
  type ActivationResult,
  type ApartmentModel,
  ClassContext,
  type ClassName,
  type CreateOptions,
  IClassFactory,
  type IUnknown,
  type Runtime,
} from "../../com/index.ts";
import { ComError, HResult } from "../../base/index.ts";
import type { Interface } from "../../ndr/index.ts";
import { hubOf, sideOf } from "../open.ts";
import type { WorkerThread } from "./worker-thread.ts";

/** An apartment on a thread of its own. Dispose to end it: it gives back what it holds, and its objects are gone. */
export interface ThreadApartment extends AsyncDisposable {
  readonly model: ApartmentModel;
  readonly name: string;
  /** False once it ends. */
  readonly alive: boolean;
  /** Resolves when it has ended, however. */
  readonly closed: Promise<void>;
  /** As `Runtime.createInstance`, called in this apartment; the pointer is the caller's. */
  createInstance<T extends IUnknown>(
    name: ClassName,
    iface: Interface<T>,
    options?: Pick<CreateOptions, "context">,
  ): Promise<T>;
  /** As `Runtime.getClassObject`, called in this apartment. */
  getClassObject(name: ClassName, options?: Pick<CreateOptions, "context">): Promise<IClassFactory>;
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
    name: ClassName,
    iface: Interface<T>,
    options: Pick<CreateOptions, "context"> = {},
  ): Promise<T> {
    return this.#activate(name, iface, options, false);
  }

  getClassObject(name: ClassName, options: Pick<CreateOptions, "context"> = {}): Promise<IClassFactory> {
    return this.#activate(name, IClassFactory, options, true);
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

  async #activate<T extends IUnknown>(
    name: ClassName,
    { iid, name: wanted }: Interface<T>,
    { context = ClassContext.ALL }: Pick<CreateOptions, "context">,
    classObject: boolean,
  ): Promise<T> {
    const request = { clsid: this.#runtime.clsidOf(name), iids: [iid], context, classObject };
    const results = await sideOf(this.#runtime).activateIn((asked) => this.#worker.activate(asked), request);
    const [result] = results as readonly (ActivationResult | undefined)[];
    if (result?.pointer !== undefined) return result.pointer as T;
    throw new ComError(result?.hresult ?? HResult.E_UNEXPECTED, `the class does not have ${wanted}`);
  }
}
