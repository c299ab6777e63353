import { ComError, HResult } from "../../base/index.ts";
import type { Awaitable, CallOptions, Interface, InterfaceDescriptor } from "../../ndr/index.ts";
import { controllingIdentity } from "../aggregation.ts";
import type { Identity } from "../identity.ts";
import type { LeakDetector } from "../leaks.ts";
import { Pointer } from "../pointer/base.ts";
import { directPointer } from "../pointer/direct.ts";
import { ProxyPointer } from "../pointer/proxy.ts";
import type { RemoteObject } from "../remoting.ts";
import { IID_IUnknown, IUnknown } from "../unknown.ts";

/**
 * The standard proxies of one object elsewhere, as a handler has them inside (CoGetStdMarshalEx with SMEXF_HANDLER): the handler's methods call the
 * object through it, and what the handler does not write itself, clients get from it under the handler's identity. It is connected when the handler
 * is made for a reference, and for as long as the handler lives.
 */
export class ProxyManager {
  readonly #owner: Identity;
  #proxy: ProxyPointer | undefined;
  #broken = false;

  constructor(owner: Identity) {
    this.#owner = owner;
    owner.beyond = (iface) => this.#show(iface);
    owner.atEnd(() => this.disconnect());
  }

  /** Leads to the object from now on; takes over the reference. */
  connect(proxy: IUnknown): void {
    if (!(proxy instanceof ProxyPointer)) {
      throw new ComError(HResult.E_INVALIDARG, "a handler stands for an object elsewhere");
    }
    this.disconnect();
    this.#broken = false;
    this.#proxy = proxy;
  }

  /** Lets go of the object; calls through the handler fail with CO_E_OBJNOTCONNECTED. */
  disconnect(): void {
    this.#broken = true;
    this.#proxy?.[Symbol.dispose]();
    this.#proxy = undefined;
  }

  /** Whether the handler leads to an object (CoIsHandlerConnected). Whether the object still lives, only a call tells. */
  get connected(): boolean {
    return this.#proxy !== undefined && !this.#broken;
  }

  get remote(): RemoteObject | undefined {
    return this.#proxy?.$remote;
  }

  /** An interface of the object elsewhere; the caller owns the pointer. Throws CO_E_OBJNOTCONNECTED, E_NOINTERFACE. */
  queryInterface<T extends IUnknown>(iface: Interface<T>, options?: CallOptions): Awaitable<T> {
    if (this.#proxy === undefined) throw notConnected();
    return this.#proxy.QueryInterface(iface, options);
  }

  /** The interface without asking whether it is there: the first call shows. */
  lazily<T extends IUnknown>(iface: Interface<T>): T {
    if (this.#proxy === undefined) throw notConnected();
    return this.#proxy.$as(iface) as unknown as T;
  }

  /** A client asked the handler for an interface it does not write. */
  async #show<T extends IUnknown>(iface: Interface<T>): Promise<T> {
    const proxy = await this.queryInterface(iface);
    this.#owner.show(iface, proxy);
    return directPointer(this.#owner, iface);
  }

  /** Shows an interface whose proxy is there already. */
  show(descriptor: InterfaceDescriptor, proxy: IUnknown): void {
    this.#owner.show(descriptor, proxy);
  }
}

function notConnected(): ComError {
  return new ComError(HResult.CO_E_OBJNOTCONNECTED, "the handler is not connected to its object");
}

const managers = new WeakMap<Identity, ProxyManager>();

/** The proxy manager of a handler, made when there is none yet. */
export function proxyManagerOf(handler: object): ProxyManager {
  const identity = controllingIdentity(handler);
  let manager = managers.get(identity);
  if (manager === undefined) managers.set(identity, (manager = new ProxyManager(identity)));
  return manager;
}

/** The proxy manager of an identity, when it is a handler's. */
export function findProxyManager(identity: Identity): ProxyManager | undefined {
  return managers.get(identity);
}

/** The manager as an IUnknown of its own, to be kept by the handler that aggregates it. */
export class StandardHandler extends Pointer {
  declare readonly $descriptor: InterfaceDescriptor;
  readonly $manager: ProxyManager;

  constructor(manager: ProxyManager) {
    super();
    this.$manager = manager;
  }

  override get $leaks(): LeakDetector | undefined {
    return undefined;
  }

  override QueryInterface<T extends IUnknown>(iface: Interface<T>, options?: CallOptions): Awaitable<T> {
    this.$check("QueryInterface");
    if (iface.iid === IID_IUnknown) return this.$again() as unknown as T;
    return this.$manager.queryInterface(iface, options);
  }

  override $drop(): void {}

  override $again(): StandardHandler {
    return new StandardHandler(this.$manager);
  }
}
Object.defineProperty(StandardHandler.prototype, "$descriptor", { value: IUnknown });
