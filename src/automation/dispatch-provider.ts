import type { ClassDefinition, Identity, InterfaceProvider } from "../com/index.ts";
import { interfacesOf } from "../com/index.ts";
import type { InterfaceDescriptor } from "../ndr/index.ts";
import { DispatchStub } from "./dispatch-server.ts";
import { IDispatch } from "./gen/oaidl.ts";

/**
 * Gives IDispatch to every object that has a dual interface, and to those whose class asks for it (`dispatch: true`): these publish their first
 * Automation interface, or without one their own public methods. Hand it to the Runtime's `providers`.
 */
export const dispatchProvider: InterfaceProvider = {
  interface: IDispatch,
  provide(identity: Identity) {
    const definition = identity.definition as ClassDefinition | undefined;
    const published = publishedInterface(identity.object, definition);
    if (published === undefined && definition?.options.dispatch !== true) return undefined;
    return new DispatchStub(identity.object, published);
  },
};

/** The default interface when scripts can use it, else the first that they can. */
function publishedInterface(
  object: object,
  definition: ClassDefinition | undefined,
): InterfaceDescriptor | undefined {
  const candidates = [...(definition?.interfaces ?? []), ...interfacesOf(object).values()].filter(
    (one) => one.iid !== IDispatch.iid,
  );
  const dual = candidates.find((one) => one.dual || one.kind === "dispatch");
  if (dual !== undefined || definition?.options.dispatch !== true) return dual;
  return candidates.find((one) => one.oleautomation);
}
