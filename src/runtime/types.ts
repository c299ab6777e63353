import {
  TypeLibraries,
  type TypeInfoSource,
  contractsFromTypeLibraries,
  typeInfoSource,
} from "../automation/index.ts";
import { type ContractSource, IUnknown, type Runtime, machineOwner } from "../com/index.ts";
import { type Interface, knownInterface } from "../ndr/index.ts";

/** What a runtime knows from type libraries. */
export interface RuntimeTypes extends TypeInfoSource, ContractSource {}

/**
 * The types of a runtime's objects, for IDispatch::GetTypeInfo and IProvideClassInfo: from registered type libraries, else from what the program has as
 * descriptors; and the contracts of interfaces it has no code for. `runtime` is asked for when the first object is asked for its type.
 */
export function typesOfRuntime(runtime: () => Runtime): RuntimeTypes {
  let source: RuntimeTypes | undefined;
  const types = (): RuntimeTypes => (source ??= makeTypes(runtime()));
  return {
    dispatchType: (descriptor, definition, lcid) => types().dispatchType(descriptor, definition, lcid),
    classType: (definition) => types().classType(definition),
    contractOf: (iid) => types().contractOf(iid),
    interfacesOfClass: (clsid, library, version) => types().interfacesOfClass(clsid, library, version),
  };
}

function makeTypes(runtime: Runtime): RuntimeTypes {
  const registry = runtime.registry.as(machineOwner);
  const libraries = new TypeLibraries({
    registry,
    createInstance: (clsid, iid) =>
      runtime.createInstance(clsid, (knownInterface(iid) ?? IUnknown) as Interface<IUnknown>),
  });
  const infos = typeInfoSource(libraries, registry);
  const contracts = contractsFromTypeLibraries(libraries, registry);
  return {
    dispatchType: (descriptor, definition, lcid) => infos.dispatchType(descriptor, definition, lcid),
    classType: (definition) => infos.classType(definition),
    contractOf: (iid) => contracts.contractOf(iid),
    interfacesOfClass: (clsid, library, version) => contracts.interfacesOfClass(clsid, library, version),
  };
}
