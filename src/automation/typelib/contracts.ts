import { ComError, type Guid, formatGuid, tryParseGuid } from "../../base/index.ts";
import type { ContractSource, RegistryView } from "../../com/index.ts";
import type { InterfaceDescriptor } from "../../ndr/index.ts";
import { TYPEKIND } from "../gen/oaidl.ts";
import type { RecordIdentity } from "../record/info.ts";
import { interfaceFromTypeInfo, recordFromTypeInfo } from "./descriptor.ts";
import type { TypeLibraries } from "./libraries.ts";
import { registeredType, typeOfLibrary } from "./registered-types.ts";
import { CLSID_PSDispatch, CLSID_PSOAInterface } from "./registration.ts";

const IMPLTYPEFLAG_FSOURCE = 2;

/**
 * Contracts out of registered type libraries, so that interfaces of Automation travel without generated code on either side: those whose
 * ProxyStubClsid32 is the type library marshaler's (PSOAInterface), and dispinterfaces (PSDispatch). Hand it to `Runtime.open({ contracts })`; the
 * runtime of `comity/runtime` has it.
 */
export function contractsFromTypeLibraries(libraries: TypeLibraries, registry: RegistryView): ContractSource {
  const contractOf = (iid: Guid): InterfaceDescriptor | undefined => {
    const proxy = tryParseGuid(registry.text(`HKCR\\Interface\\${formatGuid(iid)}\\ProxyStubClsid32`) ?? "");
    if (proxy !== CLSID_PSOAInterface && proxy !== CLSID_PSDispatch) return undefined;
    const view = registeredType(libraries, registry, iid, "Interface");
    return view === undefined ? undefined : described(() => interfaceFromTypeInfo(view))[0];
  };
  return {
    contractOf,
    interfacesOfClass(clsid, library, version) {
      const view =
        typeOfLibrary(libraries, clsid, library, version) ??
        registeredType(libraries, registry, clsid, "CLSID");
      if (view?.kind !== TYPEKIND.TKIND_COCLASS) return [];
      return view.type.implTypes
        .filter(({ flags }) => (flags & IMPLTYPEFLAG_FSOURCE) === 0)
        .map(({ reference }) => view.scope.resolve(reference))
        .flatMap((one) => described(() => interfaceFromTypeInfo(one)));
    },
  };
}

/** Makes a record known that a registered type library describes; hand it to `recordUnmarshaler`. */
export function recordFinder(libraries: TypeLibraries): (identity: RecordIdentity) => void {
  return ({ guid, libid, version: [major, minor] }) => {
    const view = typeOfLibrary(libraries, guid, libid, `${major.toString(16)}.${minor.toString(16)}`);
    if (view?.type.kind === TYPEKIND.TKIND_RECORD) recordFromTypeInfo(view);
  };
}

/** An interface of which a part is missing is as good as unknown. */
function described(make: () => InterfaceDescriptor): readonly InterfaceDescriptor[] {
  try {
    return [make()];
  } catch (error) {
    ComError.from(error);
    return [];
  }
}
