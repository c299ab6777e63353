import { ComError, type Guid, HResult } from "../../base/index.ts";
import type { Interface } from "../../ndr/index.ts";
import type { Runtime } from "../runtime.ts";
import { contractOf } from "../interfaces.ts";
import { IAgileObject } from "../gen/objidl.ts";
import { IAgileReference } from "../gen/objidlbase.ts";
import { type Implements, IUnknown } from "../unknown.ts";
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

/** Bytes whose references have gone to a pointer. */
const usedUp = new WeakSet<Uint8Array>();

/**
 * The pointer of this thread that the bytes stand for; it is the caller's, and the bytes are used up (CoGetInterfaceAndReleaseStream). Throws CO_E_OBJNOTCONNECTED
 * the second time: the references are the first pointer's.
 */
export function getInterfaceAndReleaseStream<T extends IUnknown>(
  runtime: Runtime,
  stream: Uint8Array,
  iface: Interface<T>,
): T {
  if (usedUp.has(stream)) {
    throw new ComError(
      HResult.CO_E_OBJNOTCONNECTED,
      "the stream was used before: it is good for one pointer",
    );
  }
  const pointer = runtime.marshaler.unmarshalInterface(iface.iid, stream) as T;
  usedUp.add(stream);
  return pointer;
}

/**
 * A reference that is good in every thread of the process. Its `cookie` may be posted. Dispose to let the object go; or hand it out as IAgileReference
 * (`pointerTo(reference, IAgileReference)`), then the last release of that does.
 */
export class AgileReference implements AsyncDisposable, Implements<IAgileReference> {
  static readonly interfaces: readonly [typeof IAgileReference, typeof IAgileObject] = [
    IAgileReference,
    IAgileObject,
  ];
  readonly cookie: number;
  readonly #runtime: Runtime;
  /** Whether this is the one that was made first, which ends the entry. */
  #owned: boolean;

  constructor(runtime: Runtime, cookie: number, owned: boolean) {
    this.#runtime = runtime;
    this.cookie = cookie;
    this.#owned = owned;
  }

  /** A pointer for the calling thread; the caller owns it. */
  Resolve<T extends IUnknown>(iface: Interface<T>): Promise<T>;
  Resolve(iid: Guid): Promise<IUnknown>;
  async Resolve(wanted: Interface<IUnknown> | Guid): Promise<IUnknown> {
    const iface = typeof wanted === "string" ? contractOf(wanted, this.#runtime) : wanted;
    const table = new GlobalInterfaceTable(this.#runtime);
    using unknown = await table.GetInterfaceFromGlobal<IUnknown>(this.cookie, IUnknown.iid);
    return unknown.QueryInterface(iface);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#owned) return;
    this.#owned = false;
    await new GlobalInterfaceTable(this.#runtime).RevokeInterfaceFromGlobal(this.cookie);
  }

  finalRelease(): void {
    this[Symbol.asyncDispose]().catch((error: unknown) => {
      this.#runtime.logger.debug({ error }, "an agile reference could not be given back");
    });
  }
}

/**
 * Makes an agile reference (RoGetAgileReference); or, in another thread, finds one again by its cookie: only the one that was made first ends it.
 */
export async function getAgileReference(runtime: Runtime, of: object | number): Promise<AgileReference> {
  if (typeof of === "number") return new AgileReference(runtime, of, false);
  const made = await new GlobalInterfaceTable(runtime).RegisterInterfaceInGlobal(of, IUnknown.iid);
  return new AgileReference(runtime, made, true);
}
