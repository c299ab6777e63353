import { ComError, type Guid, formatGuid, tryParseGuid } from "../../base/index.ts";
import type { ClassDefinition, RegistryView } from "../../com/index.ts";
import type { InterfaceDescriptor } from "../../ndr/index.ts";
import type { TypeInfoSource } from "../class-info.ts";
import { libraryFromDescriptors } from "./from-descriptor.ts";
import type { TypeLibraries } from "./libraries.ts";
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
    return this.#libraries.typeOfGuid(guid) ?? this.#registered(guid, key);
  }

  /** The library's key below an interface has its version as well; a class's has it beside. */
  #registered(guid: Guid, key: "Interface" | "CLSID"): TypeView | undefined {
    const at = `HKCR\\${key}\\${formatGuid(guid)}`;
    const libid = tryParseGuid(this.#registry?.text(`${at}\\TypeLib`) ?? "");
    const text = this.#registry?.text(`${at}\\TypeLib`, "Version") ?? this.#registry?.text(`${at}\\Version`);
    const version = /^([0-9a-f]{1,4})\.([0-9a-f]{1,4})$/i.exec(text ?? "1.0");
    if (libid === undefined || version === null) return undefined;
    const [major, minor] = [version[1], version[2]].map((part) => Number.parseInt(part ?? "0", 16));
    try {
      const scope = this.#libraries.loadRegistered({
        guid: libid,
        version: { major: major ?? 1, minor: minor ?? 0 },
      });
      return scope.typeOfGuid(guid);
    } catch (error) {
      // A key that leads nowhere is no type information; the descriptors will do.
      ComError.from(error);
      return undefined;
    }
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
