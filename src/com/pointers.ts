import { ComError, HResult } from "../base/index.ts";
import type { Interface } from "../ndr/index.ts";
import { type Identity, type IdentityHost, identityOfObject } from "./identity.ts";
import { adoptInterface } from "./interfaces.ts";
import { Pointer } from "./pointer/base.ts";
import { DirectPointer, directPointer } from "./pointer/direct.ts";
import { ProxyPointer } from "./pointer/proxy.ts";
import type { RemoteObject } from "./remoting.ts";
import type { IUnknown } from "./unknown.ts";

/** True for an interface pointer, direct or proxy; false for an implementation object. */
export function isPointer(value: unknown): value is IUnknown {
  return value instanceof Pointer;
}

/**
 * The identity of an implementation object, or of the object a direct pointer leads to. Throws E_INVALIDARG for a proxy (its object is elsewhere:
 * see {@link remoteObjectOf}) and CO_E_OBJNOTCONNECTED for a released pointer.
 */
export function identityOf(object: object, host?: IdentityHost): Identity {
  if (!(object instanceof Pointer)) return identityOfObject(object, host);
  object.$check("identity");
  if (object instanceof DirectPointer) return identityOfObject(object.$identity.object, host);
  throw new ComError(
    HResult.E_INVALIDARG,
    `the object behind this ${object.$descriptor.name} pointer lives elsewhere`,
  );
}

/**
 * Gives back the reference that a method gave with a pointer in its result: what a stub does when the result has been marshaled. Of a pointer that
 * stands several times in the result, call it for each; one without references left is let be.
 */
export function releaseResult(pointer: IUnknown): void {
  if (pointer instanceof Pointer && pointer.$home !== undefined) pointer.Release();
}

/** The remote object a proxy leads to; undefined for a direct pointer or an implementation object. */
export function remoteObjectOf(pointer: object): RemoteObject | undefined {
  if (!(pointer instanceof ProxyPointer)) return undefined;
  pointer.$check("identity");
  return pointer.$remote;
}

/**
 * A new interface pointer to an implementation object of this apartment; the caller owns it. An object whose class declares no interface takes the
 * one asked for, when it has all its methods. Throws E_NOINTERFACE.
 */
export function pointerTo<T>(object: object, iface: Interface<T>, host?: IdentityHost): T {
  const identity = identityOf(object, host);
  adoptInterface(identity.object, iface);
  return directPointer(identity, iface);
}

/** Whether two pointers (or implementation objects) lead to one object: COM's identity, whatever the interfaces. */
export function isSameObject(a: object, b: object): boolean {
  const [farA, farB] = [remoteObjectOf(a), remoteObjectOf(b)];
  if (farA !== undefined || farB !== undefined) return farA?.identity === farB?.identity;
  return identityOf(a) === identityOf(b);
}

/**
 * Another handle to the same interface of the same object, with a reference of its own: the caller owns it. For those who keep a pointer they were lent.
 * Throws E_INVALIDARG for anything but an interface pointer.
 */
export function duplicate<T extends object>(pointer: T): T {
  if (!(pointer instanceof Pointer))
    throw new ComError(HResult.E_INVALIDARG, "only a pointer can be duplicated");
  pointer.$check("duplicate");
  return pointer.$again() as unknown as T;
}
