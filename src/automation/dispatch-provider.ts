import type { ClassDefinition, Identity, InterfaceProvider } from "../com/index.ts";
import { interfacesOf } from "../com/index.ts";
import type { InterfaceDescriptor } from "../ndr/index.ts";
import { type TypeInfoSource, classInfoProviders } from "./class-info.ts";
import { DispatchExStub } from "./dispatch-ex.ts";
import { DispatchStub } from "./dispatch-server.ts";
import { dispatchSettingsOf, isDispatchable } from "./dispatchable.ts";
import { connectionPointProvider } from "./events/connection-point.ts";
import { IDispatchEx } from "./gen/dispex.ts";
import { IDispatch } from "./gen/oaidl.ts";

/**
 * Gives IDispatch to every object that has a dual interface, and to those whose class asks for it (`dispatch: true`, or `static dispatch = {…}`):
 * these publish their first Automation interface, or without one the members their settings list. Hand it to the Runtime's `providers`.
 */
export const dispatchProvider: InterfaceProvider = makeDispatchProvider(undefined);

function makeDispatchProvider(types: TypeInfoSource | undefined): InterfaceProvider {
  return {
    interface: IDispatch,
    provide: (identity) => stubOf(identity, types, DispatchStub),
  };
}

/**
 * Everything Automation provides for objects: IDispatch, IDispatchEx for those whose members may change, IProvideClassInfo2, and
 * IConnectionPointContainer for those with events. `types` tells the types
 * of type libraries.
 */
export function automationProviders(types?: TypeInfoSource): readonly InterfaceProvider[] {
  const dynamic: InterfaceProvider = {
    interface: IDispatchEx,
    provide(identity) {
      const settings = dispatchSettingsOf(identity.object);
      return settings.dynamic === true ? stubOf(identity, types, DispatchExStub) : undefined;
    },
  };
  return [makeDispatchProvider(types), dynamic, ...classInfoProviders(types), connectionPointProvider];
}

function stubOf(
  identity: Identity,
  types: TypeInfoSource | undefined,
  Stub: typeof DispatchStub,
): DispatchStub | undefined {
  const { object } = identity;
  const definition = identity.definition as ClassDefinition | undefined;
  const published = publishedInterface(object, definition);
  const asks = definition?.options.dispatch === true || isDispatchable(object);
  if (published === undefined && !asks) return undefined;
  return new Stub(object, published, {
    identity,
    source: definition?.progId ?? definition?.name,
    typeInfo: types === undefined ? undefined : (lcid) => types.dispatchType(published, definition, lcid),
  });
}

/** The default interface when scripts can use it, else the first that they can. */
function publishedInterface(
  object: object,
  definition: ClassDefinition | undefined,
): InterfaceDescriptor | undefined {
  const candidates = [...(definition?.interfaces ?? []), ...interfacesOf(object).values()].filter(
    (one) => one.iid !== IDispatch.iid && one.iid !== IDispatchEx.iid,
  );
  const dual = candidates.find((one) => one.dual || one.kind === "dispatch");
  if (dual !== undefined || definition?.options.dispatch !== true) return dual;
  return candidates.find((one) => one.oleautomation);
}
