import type { Guid } from "../../base/index.ts";
import type { ClassDefinition, RegistryView } from "../../com/index.ts";
import type { InterfaceDescriptor } from "../../ndr/index.ts";
import type { TypeInfoSource } from "../class-info.ts";
import { libraryFromDescriptors } from "./from-descriptor.ts";
import type { TypeLibraries } from "./libraries.ts";
import { registeredType } from "./registered-types.ts";
import type { TypeView } from "./scope.ts";

/**
 * The types of a program's objects, for IDispatch::GetTypeInfo and IProvideClassInfo: from the loaded libraries, from the one the registry names for
 * the interface or class, else made from the descriptors the program has. Hand it to `automationProviders`.
 */
export function typeInfoSource(libraries: TypeLibraries, registry?: RegistryView): TypeInfoSource {
  return new LibraryTypes(libraries, registry);
}

class LibraryTypes implements TypeInfoSource {
  readonly #libraries: TypeLibraries;
  readonly #registry: RegistryView | undefined;
  readonly #made = new WeakMap<object, TypeView>();

  constructor(libraries: TypeLibraries, registry: RegistryView | undefined) {
    this.#libraries = libraries;
    this.#registry = registry;
  }

  dispatchType(descriptor: InterfaceDescriptor | undefined): object | undefined {
    if (descriptor === undefined) return undefined;
    const view = this.#found(descriptor.iid, "Interface") ?? this.#describe(descriptor);
    return view === undefined ? undefined : this.#libraries.infoOf(view);
  }

  classType(definition: ClassDefinition): object | undefined {
    const view = this.#found(definition.clsid, "CLSID") ?? this.#describeClass(definition);
    return view === undefined ? undefined : this.#libraries.infoOf(view);
  }

  #found(guid: Guid, key: "Interface" | "CLSID"): TypeView | undefined {
    const known = this.#libraries.typeOfGuid(guid);
    if (known !== undefined || this.#registry === undefined) return known;
    return registeredType(this.#libraries, this.#registry, guid, key);
  }

  #describe(descriptor: InterfaceDescriptor): TypeView | undefined {
    let view = this.#made.get(descriptor);
    if (view === undefined) {
      const library = libraryFromDescriptors({ name: `${descriptor.name}Types`, interfaces: [descriptor] });
      view = this.#libraries.add(library).typeOfGuid(descriptor.iid);
      if (view !== undefined) this.#made.set(descriptor, view);
    }
    return view;
  }

  #describeClass(definition: ClassDefinition): TypeView | undefined {
    let view = this.#made.get(definition);
    if (view === undefined) {
      const library = libraryFromDescriptors({ name: `${definition.name}Types`, classes: [definition] });
      view = this.#libraries.add(library).typeOfGuid(definition.clsid);
      if (view !== undefined) this.#made.set(definition, view);
    }
    return view;
  }
}
