import { ComError, type Guid, HResult, formatGuid } from "../base/index.ts";
import type { ClassDefinition } from "./class.ts";
import { type ClassObject, makeClassObject } from "./class-object.ts";
import { contractOf } from "./interfaces.ts";
import { ServerLocks } from "./locks.ts";
import { directPointer } from "./pointer/direct.ts";
import { identityOfObject } from "./identity.ts";
import {
  type RegistrationOptions,
  type ServerPlace,
  registerClass,
  unregisterClass,
} from "./registry/register.ts";
import type { RegistryEditor } from "./registry/registry.ts";
import type { Runtime } from "./runtime.ts";
import type { IUnknown } from "./unknown.ts";

/** What a module of classes offers ("a DLL"): an ES module whose default export this is, or which exports the functions by name. */
export interface ComModule {
  /** A class object of the module, as the interface asked for; the caller owns it. Throws CLASS_E_CLASSNOTAVAILABLE, E_NOINTERFACE. */
  DllGetClassObject(clsid: Guid, iid: Guid, runtime: Runtime): IUnknown;
  /** S_OK when neither objects nor locks keep the module, S_FALSE otherwise. */
  DllCanUnloadNow(): number;
  /** Writes the keys of the module's classes. Within one transaction of the registry. */
  DllRegisterServer?(editor: RegistryEditor, place: ServerPlace, options?: RegistrationOptions): void;
  /** Removes them. */
  DllUnregisterServer?(editor: RegistryEditor, options?: RegistrationOptions): void;
}

/** A module made from class definitions. */
export interface DefinedModule extends Required<ComModule> {
  readonly name: string | undefined;
  readonly classes: readonly ClassDefinition[];
  /** Objects living and locks taken. */
  readonly locks: ServerLocks;
  /** The class object of a definition within a runtime: one for each. */
  classObject(definition: ClassDefinition, runtime: Runtime): ClassObject;
}

/** Makes a module of classes: `export default defineModule({ classes: [...] })`. */
export function defineModule(options: {
  readonly name?: string;
  readonly classes: readonly ClassDefinition[];
}): DefinedModule {
  const byClsid = new Map(options.classes.map((definition) => [definition.clsid, definition]));
  const objects = new WeakMap<Runtime, Map<Guid, ClassObject>>();
  const locks = new ServerLocks();
  const classObject = (definition: ClassDefinition, runtime: Runtime): ClassObject => {
    let ofRuntime = objects.get(runtime);
    if (ofRuntime === undefined) objects.set(runtime, (ofRuntime = new Map()));
    let made = ofRuntime.get(definition.clsid);
    if (made === undefined)
      ofRuntime.set(definition.clsid, (made = makeClassObject(definition, runtime, locks)));
    return made;
  };
  return {
    name: options.name,
    classes: options.classes,
    locks,
    classObject,
    DllGetClassObject(clsid, iid, runtime) {
      const definition = byClsid.get(clsid);
      if (definition === undefined) {
        throw new ComError(
          HResult.CLASS_E_CLASSNOTAVAILABLE,
          `the module does not hold class ${formatGuid(clsid)}`,
        );
      }
      const identity = identityOfObject(classObject(definition, runtime), runtime);
      return directPointer(identity, contractOf(iid, runtime));
    },
    DllCanUnloadNow: () => (locks.count === 0 ? HResult.S_OK : HResult.S_FALSE),
    DllRegisterServer(editor, place, registration) {
      for (const definition of options.classes) registerClass(editor, definition, place, registration);
    },
    DllUnregisterServer(editor, registration) {
      for (const definition of options.classes) unregisterClass(editor, definition, registration);
    },
  };
}
