import { ComError, type Guid, HResult } from "../../base/index.ts";
import type { CallOptions, Interface, MethodCodec } from "../../ndr/index.ts";
import { allMethods } from "../../ndr/index.ts";
import { contractOf } from "../interfaces.ts";
import type { LeakDetector } from "../leaks.ts";
import type { Channel, RemoteObject } from "../remoting.ts";
import type { IUnknown } from "../unknown.ts";
import { proxyPointer } from "./proxy.ts";

let made = 0;

/** An object whose pointer is still coming: a reference that needs code to be loaded before it can be understood. */
export class DeferredObject implements RemoteObject {
  /** Settles with the pointer; rejects when there will be none. */
  readonly coming: Promise<IUnknown>;
  #pointer: IUnknown | undefined;
  readonly #own = `deferred:${++made}`;
  #handles = 0;

  constructor(coming: Promise<IUnknown>) {
    this.coming = coming;
    coming.then(
      (pointer) => (this.#pointer = pointer),
      () => undefined,
    );
  }

  /** The pointer, once it is there. */
  get pointer(): IUnknown | undefined {
    return this.#pointer;
  }

  get identity(): string {
    const remote = (this.#pointer as { $remote?: RemoteObject } | undefined)?.$remote;
    return remote?.identity ?? this.#own;
  }

  queryInterface(iid: Guid, options?: CallOptions): Promise<Channel> {
    return this.#as(iid, options).then((pointer) => {
      pointer[Symbol.dispose]();
      return this.channel(iid);
    });
  }

  channel(iid: Guid): Channel {
    const descriptor = contractOf(iid);
    return {
      invoke: async (
        _codec: MethodCodec,
        opnum: number,
        args: readonly unknown[],
        options: CallOptions | undefined,
      ) => {
        const pointer = await this.#as(iid, options);
        try {
          const name = allMethods(descriptor).find((method) => method.opnum === opnum)?.name ?? "";
          const method = (pointer as unknown as Record<string, unknown>)[name];
          if (typeof method !== "function") {
            throw new ComError(HResult.E_NOTIMPL, `${descriptor.name} has no method ${opnum}`);
          }
          return await (method as (...list: unknown[]) => unknown).apply(pointer, [...args, options]);
        } finally {
          pointer[Symbol.dispose]();
        }
      },
    };
  }

  async #as(iid: Guid, options: CallOptions | undefined): Promise<IUnknown> {
    const pointer = this.#pointer ?? (await this.coming);
    return pointer.QueryInterface(contractOf(iid), options);
  }

  hold(): void {
    this.#handles++;
  }

  unhold(): void {
    if (--this.#handles > 0) return;
    this.coming.then(
      (pointer) => pointer[Symbol.dispose](),
      () => undefined,
    );
  }
}

/** A handle to an object that is still coming: its calls wait for it, and fail as it fails. The caller owns it; it owns what comes. */
export function deferredPointer<T>(iface: Interface<T>, coming: Promise<IUnknown>, leaks?: LeakDetector): T {
  const object = new DeferredObject(coming);
  return proxyPointer(object, iface, object.channel(iface.iid), leaks);
}
