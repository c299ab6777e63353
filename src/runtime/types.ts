import { TypeLibraries, type TypeInfoSource, typeInfoSource } from "../automation/index.ts";
import { IUnknown, type Runtime } from "../com/index.ts";
import { type Interface, knownInterface } from "../ndr/index.ts";

/**
 * The types of a runtime's objects, for IDispatch::GetTypeInfo and IProvideClassInfo: from registered type libraries, else from what the program has as
 * descriptors. `runtime` is asked for when the first object is asked for its type.
 */
export function typesOfRuntime(runtime: () => Runtime): TypeInfoSource {
  let source: TypeInfoSource | undefined;
  const types = (): TypeInfoSource => (source ??= makeTypes(runtime()));
  return {
    dispatchType: (descriptor, definition, lcid) => types().dispatchType(descriptor, definition, lcid),
    classType: (definition) => types().classType(definition),
  };
}

function makeTypes(runtime: Runtime): TypeInfoSource {
  const { registry } = runtime;
  const libraries = new TypeLibraries({
    registry,
    createInstance: (clsid, iid) =>
      runtime.createInstance(clsid, (knownInterface(iid) ?? IUnknown) as Interface<IUnknown>),
  });
  return typeInfoSource(libraries, registry);
}
