import type { Guid } from "../../base/index.ts";
import {
  type Identity,
  type IUnknown,
  type InterfaceProvider,
  SnapshotEnumerator,
  identityOf,
  pointerTo,
} from "../../com/index.ts";
import type { InterfaceDescriptor } from "../../ndr/index.ts";
import {
  type CONNECTDATA,
  IConnectionPoint,
  IConnectionPointContainer,
  IEnumConnectionPoints,
  IEnumConnections,
} from "../gen/ocidl.ts";
import type { EventSource } from "./event-source.ts";
import { requireSource, sourceInterfacesOf } from "./sources.ts";

/** IEnumConnections: the connections there were when it was made. */
class EnumConnections extends SnapshotEnumerator<CONNECTDATA> {
  static readonly interfaces: readonly InterfaceDescriptor[] = [IEnumConnections];

  protected override pointerOf(item: CONNECTDATA): IUnknown | undefined {
    return item.pUnk ?? undefined;
  }

  Next(count: number): { readonly rgcd: readonly CONNECTDATA[]; readonly pcFetched: number } {
    return this.next(count, (rgcd) => ({ rgcd, pcFetched: rgcd.length }));
  }

  Clone(): EnumConnections {
    return new EnumConnections(this.items, this.at);
  }
}

/** IEnumConnectionPoints: one connection point for each source interface. Holds the object it goes over. */
class EnumConnectionPoints extends SnapshotEnumerator<InterfaceDescriptor> {
  static readonly interfaces: readonly InterfaceDescriptor[] = [IEnumConnectionPoints];

  readonly #container: Identity;

  constructor(container: Identity, items: readonly InterfaceDescriptor[], at = 0) {
    super(items, at);
    this.#container = container;
    container.addRef();
  }

  Next(count: number): { readonly ppCP: readonly ConnectionPoint[]; readonly pcFetched: number } {
    return this.next(count, (sources) => ({
      ppCP: sources.map(({ iid, name }) => pointOf(requireSource(this.#container, iid, name))),
      pcFetched: sources.length,
    }));
  }

  Clone(): EnumConnectionPoints {
    return new EnumConnectionPoints(this.#container, this.items, this.at);
  }

  override finalRelease(): void {
    super.finalRelease();
    this.#container.release();
  }
}

/**
 * One outgoing interface of an object, as its clients see it: an object with an identity of its own that holds the object it belongs to as long as
 * somebody has it.
 */
class ConnectionPoint {
  static readonly interfaces: readonly InterfaceDescriptor[] = [IConnectionPoint];

  readonly source: EventSource;
  ended = false;

  constructor(source: EventSource) {
    this.source = source;
    source.identity.addRef();
  }

  GetConnectionInterface(): Guid {
    return this.source.source.iid;
  }

  GetConnectionPointContainer(): IConnectionPointContainer {
    return pointerTo(this.source.identity.object, IConnectionPointContainer, this.source.identity.host);
  }

  Advise(sink: IUnknown | null): Promise<number> {
    return this.source.advise(sink);
  }

  Unadvise(cookie: number): void {
    this.source.unadvise(cookie);
  }

  EnumConnections(): EnumConnections {
    const { items, release } = this.source.snapshot();
    try {
      return new EnumConnections(items);
    } finally {
      release();
    }
  }

  finalRelease(): void {
    this.ended = true;
    this.source.identity.release();
  }
}

const points = new WeakMap<EventSource, ConnectionPoint>();

/** The connection point of a source: one, as long as somebody has it. */
function pointOf(source: EventSource): ConnectionPoint {
  const before = points.get(source);
  if (before !== undefined && !before.ended) return before;
  const made = new ConnectionPoint(source);
  identityOf(made, source.identity.host);
  points.set(source, made);
  return made;
}

/** IConnectionPointContainer of an object whose class declares source interfaces. */
class ConnectionPointContainer {
  readonly #identity: Identity;

  constructor(identity: Identity) {
    this.#identity = identity;
  }

  EnumConnectionPoints(): EnumConnectionPoints {
    return new EnumConnectionPoints(this.#identity, sourceInterfacesOf(this.#identity));
  }

  FindConnectionPoint(riid: Guid): ConnectionPoint {
    return pointOf(requireSource(this.#identity, riid, `{${riid}}`));
  }
}

/**
 * Gives IConnectionPointContainer to every object with source interfaces. A class that has its own methods of that name keeps them.
 */
export const connectionPointProvider: InterfaceProvider = {
  interface: IConnectionPointContainer,
  provide: (identity) =>
    sourceInterfacesOf(identity).length === 0 ? undefined : new ConnectionPointContainer(identity),
};

/**
 * The connection point of one source interface of an object, for a class that writes its own IConnectionPointContainer: answer it from
 * FindConnectionPoint. Throws CONNECT_E_NOCONNECTION when the class does not declare the interface (`static sources`, or its coclass).
 */
export function connectionPointOf(object: object, source: InterfaceDescriptor): IConnectionPoint {
  const identity = identityOf(object);
  const point = pointOf(requireSource(identity, source.iid, source.name));
  return pointerTo(point, IConnectionPoint, identity.host);
}
