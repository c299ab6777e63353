import { ComError, type Guid, HResult } from "../../base/index.ts";
import type { InterfaceDescriptor } from "../../ndr/index.ts";
import { callFactory } from "../call/call-object.ts";
import {
  ICallFactory,
  IClientSecurity,
  IMarshal,
  IMultiQI,
  IRpcOptions,
  type MULTI_QI,
} from "../gen/objidl.ts";
import { RPCOPT_PROPERTIES } from "../gen/objidlbase.ts";
import { contractOf } from "../interfaces.ts";
import type { Channel, ProxySettings } from "../remoting.ts";
import type { IUnknown } from "../unknown.ts";
import type { ProxyPointer } from "./proxy.ts";

/** The channel of an interface that the proxy itself answers: its calls go nowhere. */
export class LocalChannel implements Channel {
  readonly target: Readonly<Record<string, unknown>>;

  constructor(target: object) {
    this.target = target as Readonly<Record<string, unknown>>;
  }

  invoke(): Promise<never> {
    return Promise.reject(new ComError(HResult.E_NOTIMPL, "the interface belongs to the proxy"));
  }
}

/** A [local] method of a pointer to an object elsewhere: only the interfaces of the proxy itself have such. */
export function callOwn(proxy: ProxyPointer, name: string, args: readonly unknown[]): unknown {
  const channel = proxy.$channel;
  const method = channel instanceof LocalChannel ? channel.target[name] : undefined;
  if (typeof method !== "function") {
    throw new ComError(
      HResult.E_NOTIMPL,
      `${proxy.$descriptor.name}.${name} is local: it cannot be called from another apartment`,
    );
  }
  return (method as (...list: unknown[]) => unknown).apply((channel as LocalChannel).target, [...args]);
}

type Make = (proxy: ProxyPointer) => object | undefined;

/** The interfaces that a proxy answers itself, without asking its object ([MS-DCOM] knows none of them). */
const facets: ReadonlyMap<Guid, Make> = new Map<Guid, Make>([
  [IMultiQI.iid, (proxy) => new MultiQI(proxy)],
  [ICallFactory.iid, (proxy) => callFactory(own(proxy), proxy.$descriptor)],
  [IRpcOptions.iid, ({ $remote: { settings } }) => settings && new RpcOptions(settings)],
  [IClientSecurity.iid, ({ $remote: { settings } }) => settings && new ClientSecurity()],
  [IMarshal.iid, ({ $remote: { settings } }) => settings?.marshal],
]);

/** What a proxy answers as `iface` itself; undefined when it is the object's affair. */
export function ownFacet(proxy: ProxyPointer, { iid }: InterfaceDescriptor): LocalChannel | undefined {
  const made = facets.get(iid)?.(proxy);
  return made === undefined ? undefined : new LocalChannel(made);
}

/** The proxy as a call object uses it: it holds the object as long as one of its calls runs. */
function own(proxy: ProxyPointer): object {
  return new Proxy(proxy, {
    get(target, name): unknown {
      return (...args: readonly unknown[]) => {
        const handle = target.$again();
        const call = (
          handle as unknown as Readonly<Record<string | symbol, (...list: unknown[]) => unknown>>
        )[name];
        return Promise.resolve(call?.apply(handle, [...args])).finally(() => handle.Release());
      };
    },
  });
}

/** IMultiQI: several interfaces in one round trip. */
class MultiQI {
  readonly #proxy: ProxyPointer;

  constructor(proxy: ProxyPointer) {
    this.#proxy = proxy;
  }

  /** Answers the list with pointers, owned by the caller, and an HRESULT each. Throws E_NOINTERFACE when there is none of them. */
  async QueryMultipleInterfaces(count: number, list: readonly MULTI_QI[]): Promise<MULTI_QI[]> {
    const wanted = list.slice(0, count);
    const asked = await Promise.allSettled(
      wanted.map(async ({ pIID }) => {
        if (pIID === null) throw new ComError(HResult.E_INVALIDARG, "an entry without an IID");
        return this.#proxy.QueryInterface(contractOf(pIID));
      }),
    );
    const results = asked.map((one, index): MULTI_QI => {
      const pIID = wanted[index]?.pIID ?? null;
      if (one.status === "fulfilled") return { pIID, pItf: one.value, hr: HResult.S_OK };
      return { pIID, pItf: null, hr: ComError.from(one.reason).code };
    });
    if (results.length > 0 && results.every(({ pItf }) => pItf === null)) {
      throw new ComError(HResult.E_NOINTERFACE, "the object has none of the interfaces", {
        outputs: results,
      });
    }
    return results;
  }
}

/** IRpcOptions: the time calls of an object may take, and how far it is. */
class RpcOptions {
  readonly #settings: ProxySettings;

  constructor(settings: ProxySettings) {
    this.#settings = settings;
  }

  /** COMBND_RPCTIMEOUT in milliseconds, for calls without a timeout of their own; 0 takes it away. */
  Set(_proxy: IUnknown | null, property: number, value: number): void {
    if (property !== RPCOPT_PROPERTIES.COMBND_RPCTIMEOUT || value < 0) {
      throw new ComError(HResult.E_INVALIDARG, `property ${property} cannot be set to ${value}`);
    }
    this.#settings.timeout = value === 0 ? undefined : value;
  }

  /** COMBND_RPCTIMEOUT, or COMBND_SERVER_LOCALITY (0 this process, 1 this machine, 2 another). */
  Query(_proxy: IUnknown | null, property: number): number {
    if (property === RPCOPT_PROPERTIES.COMBND_RPCTIMEOUT) return this.#settings.timeout ?? 0;
    if (property === RPCOPT_PROPERTIES.COMBND_SERVER_LOCALITY) return this.#settings.locality;
    throw new ComError(HResult.E_INVALIDARG, `there is no property ${property}`);
  }
}

/** IClientSecurity in its own words; `queryProxyBlanket` and the others are the same with names for their parts. */
class ClientSecurity {
  QueryBlanket(proxy: IUnknown): unknown {
    const blanket = settingsOf(proxy).blanket(proxy);
    return {
      pAuthnSvc: blanket.authenticationService,
      pAuthzSvc: 0,
      pServerPrincName: blanket.principal ?? null,
      pAuthnLevel: blanket.authenticationLevel,
      pImpLevel: blanket.impersonationLevel,
      pAuthInfo: null,
      pCapabilites: 0,
    };
  }

  SetBlanket(
    proxy: IUnknown,
    _authnSvc: number,
    _authzSvc: number,
    _principal: string | null,
    authenticationLevel: number,
    impersonationLevel: number,
    authInfo: unknown,
  ): Promise<void> {
    return settingsOf(proxy).setBlanket(proxy, {
      ...(authenticationLevel !== 0 && { authenticationLevel }),
      ...(impersonationLevel !== 0 && { impersonationLevel }),
      ...(typeof authInfo === "object" && authInfo !== null && { credentials: authInfo as never }),
    });
  }

  CopyProxy(proxy: IUnknown): IUnknown {
    return settingsOf(proxy).copy(proxy);
  }
}

/** The settings of a proxy. Throws E_INVALIDARG for an object of this apartment, which has none. */
export function settingsOf(pointer: object): ProxySettings {
  const { $remote } = pointer as Partial<Pick<ProxyPointer, "$remote">>;
  if ($remote?.settings !== undefined) return $remote.settings;
  throw new ComError(HResult.E_INVALIDARG, "only a proxy has a security blanket and call options");
}
