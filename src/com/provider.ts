import { type Guid, HResult, guid } from "../base/index.ts";
import {
  type Awaitable,
  type CallOptions,
  type Interface,
  type InterfaceDescriptor,
  defineInterface,
} from "../ndr/index.ts";
import type { Facet, Identity } from "./identity.ts";
import { withStatus } from "./status.ts";
import { IUnknown } from "./unknown.ts";

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

/** Tells whether an interface's failures carry rich error information. */
export interface ISupportErrorInfo extends IUnknown {
  InterfaceSupportsErrorInfo(riid: Guid, options?: CallOptions): Awaitable<void>;
}

export const IID_ISupportErrorInfo: Guid = guid("df0b3d60-548f-101b-8e65-08002b2bd119");

export const ISupportErrorInfo: Interface<ISupportErrorInfo> = defineInterface<ISupportErrorInfo>({
  name: "ISupportErrorInfo",
  iid: IID_ISupportErrorInfo,
  base: () => IUnknown,
  methods: () => [
    {
      name: "InterfaceSupportsErrorInfo",
      opnum: 3,
      params: [
        {
          name: "riid",
          type: { kind: "pointer", pointer: "ref", to: { kind: "base", name: "guid" } },
          in: true,
          out: false,
        },
      ],
      returns: { kind: "base", name: "hresult" },
    },
  ],
});

/** Every object supports error information on every interface it has: a ComError carries it along. */
export const errorInfoProvider: InterfaceProvider = {
  interface: ISupportErrorInfo,
  provide: (identity) => ({
    InterfaceSupportsErrorInfo: (riid: Guid): undefined =>
      withStatus(identity.facet(riid) === undefined ? HResult.S_FALSE : HResult.S_OK, undefined),
  }),
};
