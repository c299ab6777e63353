import { type Guid } from "../base/index.ts";
import {
  type ContractSource,
  type Identity,
  type IUnknown,
  IUnknown as Unknown,
  type LeakDetector,
  type ReferenceClasses,
  contractOf,
  deferredPointer,
  identityOf,
  pointerTo,
  proxyManagerOf,
  proxyPointer,
} from "../com/index.ts";
import type { RemoteReference } from "./client/remote-object.ts";

/** What stands in front of a remote object here: its handler, or the promise of one. */
export interface Front {
  readonly identity: Identity | undefined;
  readonly coming: Promise<Identity> | undefined;
}

/** In-process handlers: classes that stand in front of objects elsewhere (OBJREF_HANDLER, [MS-DCOM] 2.2.18.5). One handler serves all references to its object. */
export class Handlers {
  readonly #classes: ReferenceClasses | undefined;
  readonly #contracts: Pick<ContractSource, "contractOf"> | undefined;
  readonly #leaks: LeakDetector | undefined;

  constructor(
    classes: ReferenceClasses | undefined,
    contracts: Pick<ContractSource, "contractOf"> | undefined,
    leaks: LeakDetector | undefined,
  ) {
    this.#classes = classes;
    this.#contracts = contracts;
    this.#leaks = leaks;
  }

  /**
   * The pointer to an object that has, or whose reference names, a handler; undefined when no handler of the class is here: then the standard proxies
   * serve alone, as Windows has it. The caller holds the object during the call and owns the pointer.
   */
  pointer(object: RemoteReference, wanted: Guid, clsid: Guid | undefined): IUnknown | undefined {
    const front = object.front ?? (clsid === undefined ? undefined : this.#make(object, clsid));
    if (front === undefined) return undefined;
    object.front = front;
    if (front.identity !== undefined) return this.#show(front.identity, object, wanted);
    if (front.coming === undefined) return undefined;
    object.hold();
    const coming = front.coming
      .then((identity) => this.#show(identity, object, wanted))
      .finally(() => object.unhold());
    coming.catch(() => undefined); // whoever calls the pointer is told
    return deferredPointer(contractOf(wanted, this.#contracts), coming, this.#leaks);
  }

  #make(object: RemoteReference, clsid: Guid): Front | undefined {
    const made = this.#classes?.handler(clsid);
    if (made === undefined) return undefined;
    if (!(made instanceof Promise)) return { identity: this.#attach(object, made), coming: undefined };
    object.hold();
    const coming = made
      .then((handler) => {
        const identity = this.#attach(object, handler);
        // Held until those who wait have their pointers.
        identity.addRef();
        setImmediate(() => identity.release());
        return identity;
      })
      .finally(() => object.unhold());
    coming.catch(() => (object.front = undefined));
    return { identity: undefined, coming };
  }

  /** Connects a new handler to its object; takes over the reference on the handler. */
  #attach(object: RemoteReference, handler: IUnknown): Identity {
    const identity = identityOf(handler);
    // Released when its first interface is there.
    setImmediate(() => handler[Symbol.dispose]());
    proxyManagerOf(identity.object).connect(
      proxyPointer(object, Unknown, object.channel(Unknown.iid), this.#leaks),
    );
    const front: Front = { identity, coming: undefined };
    object.front = front;
    identity.atEnd(() => {
      if (object.front === front) object.front = undefined;
    });
    return identity;
  }

  /** An interface of the handler, or of the object under the handler's identity. */
  #show(identity: Identity, object: RemoteReference, wanted: Guid): IUnknown {
    const contract = contractOf(wanted, this.#contracts);
    if (identity.facet(wanted) === undefined) {
      identity.show(contract, proxyPointer(object, contract, object.channel(wanted), this.#leaks));
    }
    return pointerTo(identity.object, contract);
  }
}
