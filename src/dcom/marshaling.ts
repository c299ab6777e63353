import type { Guid } from "../base/index.ts";
import type { IUnknown, MarshalOptions, ProxyStubs } from "../com/index.ts";
import type { AddressChoice } from "./client/endpoints.ts";
import type { RemoteReference } from "./client/remote-object.ts";
import type { CallSecurity } from "./client/security.ts";
import type { CallObserver } from "./observe/observer.ts";
import type { ChannelHook } from "./orpc/hooks.ts";

/** A message that is being written: learns that it has to be written again after something was asked for. */
export interface PendingMarshal {
  pending: Promise<unknown> | undefined;
}

/** How references go to a peer: how far it is, and whether it knows more than standard and custom ones ([MS-DCOM] 2.2.11). */
export function optionsFor(nearby: boolean, minor: number): MarshalOptions | undefined {
  if (minor >= 6) return nearby ? toNeighbour : undefined;
  return nearby ? toOldNeighbour : toOldMachine;
}

/** How references go to another thread of this process. */
export const toThread: MarshalOptions = { destination: "inproc" };

const toNeighbour: MarshalOptions = { destination: "local" };
const toOldNeighbour: MarshalOptions = { destination: "local", plain: true };
const toOldMachine: MarshalOptions = { plain: true };

/** How the references of a message are reached and called. */
export interface Origin {
  readonly security: CallSecurity;
  readonly choice: AddressChoice;
}

/** Interface pointers to OBJREFs and back, as channels and stubs use it. */
export interface Marshaling {
  readonly hooks: readonly ChannelHook[];
  /** Proxies and stubs in the place of the standard ones. */
  readonly proxyStubs?: ProxyStubs | undefined;
  /** Who watches the calls, the innermost first; usually nobody. May change at any time. */
  readonly observers: readonly CallObserver[];
  /**
   * The OBJREF of a pointer, references taken for the receiver. A proxy that has no reference left to pass on, or not the interface wanted, throws and leaves
   * in `message.pending` what to wait for before trying again.
   */
  marshal(
    iid: Guid,
    pointer: object,
    options: MarshalOptions | undefined,
    message: PendingMarshal | undefined,
  ): Uint8Array;
  /** The pointer of an OBJREF; the caller owns it. */
  unmarshal(iid: Guid, objref: Uint8Array, origin: Origin | undefined): IUnknown;
  /** Standard marshaling of an object elsewhere, with the methods of IMarshal: what its proxies answer as that. */
  standardMarshal(object: RemoteReference): object;
  /** Gives back the references of OBJREFs that were never sent. */
  takeBack(objrefs: readonly Uint8Array[] | undefined): void;
}
