import { ComError, type Guid, HResult } from "../base/index.ts";
import type { ClassDefinition, Identity, InterfaceProvider } from "../com/index.ts";
import type { InterfaceDescriptor } from "../ndr/index.ts";
import { IProvideClassInfo, IProvideClassInfo2 } from "./gen/ocidl.ts";

/** Where the types of objects come from: type libraries, as far as there are any. */
export interface TypeInfoSource {
  /** The ITypeInfo of an object's members, for IDispatch::GetTypeInfo: of its published interface, or of its class. */
  dispatchType(
    descriptor: InterfaceDescriptor | undefined,
    definition: ClassDefinition | undefined,
    lcid: number,
  ): object | undefined;
  /** The ITypeInfo of a coclass, for IProvideClassInfo. */
  classType(definition: ClassDefinition): object | undefined;
}

/** GUIDKIND_DEFAULT_SOURCE_DISP_IID: the one kind of GUID there is. */
const defaultSource = 1;

/** IProvideClassInfo2 of an object: its coclass, and the interface of its events. */
class ClassInfo {
  readonly #definition: ClassDefinition;
  readonly #types: TypeInfoSource | undefined;

  constructor(definition: ClassDefinition, types: TypeInfoSource | undefined) {
    this.#definition = definition;
    this.#types = types;
  }

  GetClassInfo(): object {
    const info = this.#types?.classType(this.#definition);
    if (info !== undefined) return info;
    throw new ComError(TYPE_E_ELEMENTNOTFOUND, `no type library describes ${this.#definition.name}`);
  }

  GetGUID(dwGuidKind: number): Guid {
    if (dwGuidKind !== defaultSource)
      throw new ComError(HResult.E_INVALIDARG, `${dwGuidKind} is no kind of GUID`);
    const [source] = this.#definition.sources;
    if (source !== undefined) return source.iid;
    throw new ComError(HResult.E_UNEXPECTED, `${this.#definition.name} has no events`);
  }
}

const TYPE_E_ELEMENTNOTFOUND = 0x8002802b;

/** Gives IProvideClassInfo and IProvideClassInfo2 to objects that are described by a type library or have events. */
export function classInfoProviders(types?: TypeInfoSource): readonly InterfaceProvider[] {
  return [IProvideClassInfo, IProvideClassInfo2].map((iface) => ({
    interface: iface,
    provide(identity: Identity): object | undefined {
      const definition = identity.definition as ClassDefinition | undefined;
      if (definition === undefined) return undefined;
      const described = types?.classType(definition) !== undefined || definition.sources.length > 0;
      return described ? new ClassInfo(definition, types) : undefined;
    },
  }));
}
