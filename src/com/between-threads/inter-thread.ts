import type { Guid } from "../../base/index.ts";
import type { Interface } from "../../ndr/index.ts";
import type { Runtime } from "../runtime.ts";
import { IUnknown } from "../unknown.ts";
import { GlobalInterfaceTable } from "./global-interface-table.ts";

/**
 * Makes of a pointer what another thread can make one of, once (CoMarshalInterThreadInterfaceInStream): bytes to be posted there. They hold references: whoever
 * does not use them gives them to `Marshaler.releaseMarshalData`. The pointer stays its owner's.
 */
export function marshalInterThreadInterfaceInStream(
  runtime: Runtime,
  iface: Interface<IUnknown> | Guid,
  pointer: object,
): Promise<Uint8Array> {
  return runtime.marshaler.marshalWhenReady(typeof iface === "string" ? iface : iface.iid, pointer, {
    destination: "inproc",
  });
}

/** The pointer of this thread that the bytes stand for; it is the caller's, and the bytes are used up (CoGetInterfaceAndReleaseStream). */
export function getInterfaceAndReleaseStream<T extends IUnknown>(
  runtime: Runtime,
  stream: Uint8Array,
  iface: Interface<T>,
): T {
  return runtime.marshaler.unmarshalInterface(iface.iid, stream) as T;
}

/** A reference that is good in every thread of the process (IAgileReference). Its `cookie` may be posted. Dispose to let the object go. */
export interface AgileReference extends AsyncDisposable {
  readonly cookie: number;
  /** A pointer for the calling thread; the caller owns it. */
  Resolve<T extends IUnknown>(iface: Interface<T>): Promise<T>;
}

/**
 * Makes an agile reference (RoGetAgileReference); or, in another thread, finds one again by its cookie: only the one that was made first ends it.
 */
export async function getAgileReference(runtime: Runtime, of: object | number): Promise<AgileReference> {
  const table = new GlobalInterfaceTable(runtime);
  const made = typeof of === "number" ? undefined : await table.RegisterInterfaceInGlobal(of, IUnknown.iid);
  const cookie = made ?? (of as number);
  return {
    cookie,
    async Resolve<T extends IUnknown>(iface: Interface<T>): Promise<T> {
      using unknown = await table.GetInterfaceFromGlobal<IUnknown>(cookie, IUnknown.iid);
      return unknown.QueryInterface(iface);
    },
    async [Symbol.asyncDispose]() {
      if (made !== undefined) await table.RevokeInterfaceFromGlobal(made);
    },
  };
}
