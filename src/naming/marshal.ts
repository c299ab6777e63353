import { ByteWriter, type Guid } from "../base/index.ts";
import { type IUnknown, type Runtime, contractOf } from "../com/index.ts";
import { MonikerClass } from "./clsids.ts";
import { loadFromBytes } from "./loading.ts";
import { Moniker } from "./moniker.ts";
import { namingOf } from "./naming.ts";

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
  if (!(object instanceof Moniker)) return undefined;
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
    loadFromBytes(objref.data, moniker.restoreMarshaled(1));
    return runtime().pointerTo(moniker, contractOf(iid, runtime()));
  };
  return new Map(Object.values(MonikerClass).map((clsid) => [clsid, read]));
}
