import { ByteWriter, ComError, type Guid, HResult } from "../base/index.ts";
import { type IMoniker, IStream } from "../com/gen/objidl.ts";
import { type IUnknown, type Runtime, MemoryStream, contractOf, deferredPointer } from "../com/index.ts";
import { MonikerClass } from "./clsids.ts";
import { type ForeignMoniker, loadFromBytes, loadFromStream } from "./loading.ts";
import { Moniker } from "./moniker.ts";
import { type Naming, namingOf } from "./naming.ts";

/** How a moniker travels: its class and its state; `reserved` is the size that Windows announces. */
interface MarshaledMoniker {
  readonly clsid: Guid;
  readonly data: Uint8Array;
  readonly reserved?: number;
}

/**
 * The monikers of the system by value (their IMarshal): for a runtime's `customMarshal`. Undefined for another object, and for a moniker with a component that
 * only others can save: that one travels by reference.
 */
export function marshalMoniker(_iid: Guid, object: object): MarshaledMoniker | undefined {
  if (!(object instanceof Moniker) || namingOf(object.naming.runtime).blank(object.clsid) === undefined)
    return undefined;
  const writer = new ByteWriter(128);
  try {
    if (object.saveMarshaled(writer) instanceof Promise) return undefined;
    const size = object.marshalSizeMax();
    const clsid = object.GetClassID();
    return { clsid, data: writer.finish(), ...(typeof size === "number" ? { reserved: size } : {}) };
  } catch {
    return undefined;
  }
}

/** What makes monikers of such references again: for a runtime's `customUnmarshal`. */
export function monikerUnmarshalers(
  runtime: () => Runtime,
): ReadonlyMap<Guid, (iid: Guid, objref: { readonly clsid: Guid; readonly data: Uint8Array }) => IUnknown> {
  const read = (iid: Guid, objref: { readonly clsid: Guid; readonly data: Uint8Array }): IUnknown => {
    const naming = namingOf(runtime());
    const moniker = naming.blank(objref.clsid) as Moniker;
    const iface = contractOf(iid, runtime());
    try {
      loadFromBytes(objref.data, moniker.restoreMarshaled(1));
      return runtime().pointerTo(moniker, iface);
    } catch (error) {
      if (ComError.from(error).code !== HResult.E_NOTIMPL) throw error;
    }
    // A component of another's class takes time: whoever calls the pointer waits for it.
    return deferredPointer(iface, unmarshalLater(naming, objref, iid));
  };
  return new Map(Object.values(MonikerClass).map((clsid) => [clsid, read]));
}

async function unmarshalLater(
  naming: Naming,
  objref: { readonly clsid: Guid; readonly data: Uint8Array },
  iid: Guid,
): Promise<IUnknown> {
  const moniker = naming.blank(objref.clsid) as Moniker;
  using stream = naming.runtime.pointerTo(new MemoryStream(objref.data), IStream);
  const load = (wanted: ForeignMoniker): Promise<IMoniker> => naming.loadForeign(wanted, stream);
  await loadFromStream(stream, moniker.restoreMarshaled(1), load);
  using made = moniker.pointer();
  return await naming.query(made, iid);
}
