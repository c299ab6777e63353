import { ComError, HResult } from "../base/index.ts";
import { type InterfaceDescriptor, type MethodDescriptor } from "../ndr/index.ts";
import { type Identity, nameOf, partOf } from "./identity.ts";

/**
 * Calls a method the implementation does not write itself: the runtime's, when it provides the interface that declares the method (IDispatch's
 * four for a dual interface). `callee` is the object within an aggregate that the call is for. Throws E_NOTIMPL when nobody has it.
 */
export function callProvided(
  identity: Identity,
  callee: object,
  descriptor: InterfaceDescriptor,
  method: MethodDescriptor,
  args: readonly unknown[],
): unknown {
  const owner = partOf(callee) ?? identity;
  const target = owner.facet(declaring(descriptor, method).iid)?.target;
  const call = (target as Record<string, unknown> | undefined)?.[method.name];
  if (typeof call === "function") return (call as (...args: unknown[]) => unknown).apply(target, [...args]);
  throw new ComError(
    HResult.E_NOTIMPL,
    `${nameOf(callee)} does not implement ${descriptor.name}.${method.name}`,
  );
}

/** The interface of the chain that declares the method itself. */
function declaring(descriptor: InterfaceDescriptor, method: MethodDescriptor): InterfaceDescriptor {
  for (let at: InterfaceDescriptor | undefined = descriptor; at; at = at.base) {
    if (at.methods.includes(method)) return at;
  }
  return descriptor;
}
