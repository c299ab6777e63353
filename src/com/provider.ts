import { type Guid, HResult } from "../base/index.ts";
import type { InterfaceDescriptor } from "../ndr/index.ts";
import { ISupportErrorInfo } from "./gen/errorinfo.ts";
import type { Facet, Identity } from "./identity.ts";
import { withStatus } from "./status.ts";

/** An interface the runtime writes for objects that ask for it: IDispatch, IProvideClassInfo, ISupportErrorInfo, ... */
export interface InterfaceProvider {
  readonly interface: InterfaceDescriptor;
  /** What implements the interface for this object; undefined when the object does not ask for it. Asked once per object. */
  provide(identity: Identity): object | undefined;
}

/** The providers of a runtime by IID. */
export class ProviderTable {
  readonly #providers = new Map<Guid, InterfaceProvider>();

  /** Later ones replace earlier ones of the same interface. */
  add(provider: InterfaceProvider): void {
    this.#providers.set(provider.interface.iid, provider);
  }

  provide(identity: Identity, iid: Guid): Facet | undefined {
    const provider = this.#providers.get(iid);
    const target = provider?.provide(identity);
    return provider === undefined || target === undefined
      ? undefined
      : { descriptor: provider.interface, target };
  }
}

/** Every object supports error information on every interface it has: a ComError carries it along. */
export const errorInfoProvider: InterfaceProvider = {
  interface: ISupportErrorInfo,
  provide: (identity) => ({
    InterfaceSupportsErrorInfo: (riid: Guid): undefined =>
      withStatus(identity.facet(riid) === undefined ? HResult.S_FALSE : HResult.S_OK, undefined),
  }),
};
