import { ComError, type Guid, HResult } from "../../base/index.ts";
import {
  type IUnknown,
  type Runtime,
  getCallContext,
  identityOf,
  implement,
  isGone,
} from "../../com/index.ts";
import type { Awaitable, CallOptions } from "../../ndr/index.ts";
import { ILocalActivator } from "../gen/localactivator.ts";
import { methodByName } from "../client/known-method.ts";
import type { RemoteReference } from "../client/remote-object.ts";
import type { ObjectMarshaler } from "../marshaler.ts";
import type { ClassServer } from "./class-server.ts";

/*
 * The short way of an activation. The service control manager has shown client and server to each other: from then on the client asks the server itself,
 * one call in place of three. Whatever may have changed since (the registry, the server's classes, the server) leads back to the manager.
 */

/** Makes objects for processes of this machine that ask without the service control manager. */
class LocalActivator {
  readonly #classes: ClassServer;

  constructor(classes: ClassServer) {
    this.#classes = classes;
  }

  CreateInstance(clsid: Guid, iid: Guid): Awaitable<IUnknown> {
    // Callers of other machines pass the manager's gates; here they would pass none.
    if (getCallContext()?.remote !== false)
      throw new ComError(HResult.E_ACCESSDENIED, "objects are created through the service control manager", {
        gate: "launch permission",
      });
    return this.#classes.createInstance(clsid, iid);
  }
}
implement(LocalActivator, ILocalActivator);

/** The reference to a process's activator, made once: it counts nothing, and nobody pings for it. */
export function activatorReference(classes: ClassServer, marshaler: ObjectMarshaler): Uint8Array {
  const activator = new LocalActivator(classes);
  identityOf(activator).keepsServer = false;
  return marshaler.marshalInterface(ILocalActivator.iid, activator, { kind: "tableStrong", noPing: true });
}

/** Activators remembered at most: one for each class this process creates elsewhere. */
const mostActivators = 1024;

/** What a client remembers of the servers it has been shown to: calls of the protocol's own, whatever apartment asks. */
export class DirectActivators {
  readonly #runtime: Runtime;
  readonly #marshaler: ObjectMarshaler;
  readonly #known = new Map<Guid, RemoteReference>();
  /** The registry's when they were learned: TreatAs, permissions and servers are as they were while it stands. */
  #stamp = -1n;

  constructor(runtime: Runtime, marshaler: ObjectMarshaler) {
    this.#runtime = runtime;
    this.#marshaler = marshaler;
  }

  /** Remembers the activator of the server that made an object of a class. */
  learn(clsid: Guid, activator: Uint8Array): void {
    this.#check();
    if (this.#known.size >= mostActivators) this.clear();
    const object = this.#marshaler.hold(activator);
    this.#known.get(clsid)?.unhold();
    this.#known.set(clsid, object);
  }

  /** An object of a class from its server itself; undefined when the manager must be asked. Throws what the server says of the class. */
  async create(clsid: Guid, iid: Guid, options: CallOptions | undefined): Promise<IUnknown | undefined> {
    this.#check();
    const activator = this.#known.get(clsid);
    if (activator === undefined) return undefined;
    const { codec, opnum } = methodByName(ILocalActivator, "CreateInstance");
    try {
      const channel = activator.channel(ILocalActivator.iid);
      return ((await channel.invoke(codec, opnum, [clsid, iid], options)) ?? undefined) as
        | IUnknown
        | undefined;
    } catch (error) {
      const { code } = ComError.from(error);
      if (!isGone(code) && !askAgain.has(code)) throw error;
      if (this.#known.get(clsid) === activator) {
        this.#known.delete(clsid);
        activator.unhold();
      }
      return undefined;
    }
  }

  clear(): void {
    for (const activator of this.#known.values()) activator.unhold();
    this.#known.clear();
  }

  #check(): void {
    const { stamp } = this.#runtime.registry;
    if (stamp !== this.#stamp) this.clear();
    this.#stamp = stamp;
  }
}

/** What says, beside the codes of an end, that the server is about to end, serves the class no more, or died under the call. */
const askAgain: ReadonlySet<number> = new Set([
  HResult.CO_E_SERVER_STOPPING,
  HResult.RPC_S_CALL_FAILED,
  HResult.RPC_S_CALL_FAILED_DNE,
  HResult.RPC_E_INVALID_IPID,
  HResult.RPC_E_INVALID_OBJECT,
]);
