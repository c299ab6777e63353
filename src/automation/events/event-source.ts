import { ComError, HResult } from "../../base/index.ts";
import {
  CookieTable,
  type Delivery,
  type Identity,
  type IUnknown,
  type SinkCall,
  SinkConnection,
  type SinkHost,
  type SinkSource,
  heldSink,
  identityOf,
  isPointer,
  pointerTo,
  remoteObjectOf,
} from "../../com/index.ts";
import type { Interface, InterfaceDescriptor } from "../../ndr/index.ts";
import type { CONNECTDATA } from "../gen/ocidl.ts";
import { IDispatch } from "../gen/oaidl.ts";
import type { EventSettings } from "./settings.ts";
import { type EventMethod } from "./sink-caller.ts";
import { ConnectStatus } from "./status.ts";
import { Variant } from "../variant.ts";
import { assertSink } from "./sink.ts";

/** Tells of connections that were lost, and of sinks that fail: a runtime's logger, where there is one. */
export type EventNote = (fields: object, message: string) => void;

/** One source interface of one object: its sinks. The work of IConnectionPoint without its face. */
export class EventSource implements SinkHost {
  readonly source: InterfaceDescriptor;
  readonly identity: Identity;
  readonly settings: Required<EventSettings>;
  readonly #connections = new CookieTable<SinkConnection>();
  readonly #note: EventNote;
  /** Sinks that are asked for their interface just now: they count. */
  #arriving = 0;
  #ended = false;

  constructor(
    source: InterfaceDescriptor,
    identity: Identity,
    settings: Required<EventSettings>,
    note: EventNote,
  ) {
    this.source = source;
    this.identity = identity;
    this.settings = settings;
    this.#note = note;
  }

  /** Sinks connected. */
  get size(): number {
    return this.#connections.size;
  }

  /** IConnectionPoint::Advise. Throws CONNECT_E_ADVISELIMIT, CONNECT_E_CANNOTCONNECT, E_POINTER. */
  async advise(sink: IUnknown | null): Promise<number> {
    if (sink === null) throw new ComError(HResult.E_POINTER, "there is no sink");
    assertSink(sink);
    const { maxSinks } = this.settings;
    if (this.#connections.size + this.#arriving >= maxSinks) {
      throw new ComError(
        ConnectStatus.ADVISELIMIT,
        `${this.source.name} has ${maxSinks} sinks: no more are taken`,
      );
    }
    this.#arriving++;
    try {
      const held = await this.#interfaceOf(sink);
      if (this.#ended) {
        held[Symbol.dispose]();
        throw new ComError(HResult.RPC_E_DISCONNECTED, "the object ended while the sink was connected");
      }
      return this.#connect(held);
    } finally {
      this.#arriving--;
    }
  }

  #connect(held: IUnknown): number {
    const isWeak = this.settings.weak && remoteObjectOf(held) === undefined;
    return this.#connections.add((cookie) => {
      const sink = isWeak ? weakly(held, this.source, () => this.#drop(cookie)) : heldSink(held);
      return new SinkConnection(cookie, sink, this);
    });
  }

  /** The interface that is called. A sink of a dispinterface may be any IDispatch. */
  async #interfaceOf(sink: IUnknown): Promise<IUnknown> {
    const wanted: readonly InterfaceDescriptor[] =
      this.source.kind === "dispatch" ? [this.source, IDispatch] : [this.source];
    for (const iface of wanted) {
      try {
        return await askFor(sink, iface, this.identity, this.settings.timeout);
      } catch (error) {
        if (ComError.from(error).code !== HResult.E_NOINTERFACE) throw error;
      }
    }
    throw new ComError(ConnectStatus.CANNOTCONNECT, `the sink has no interface ${this.source.name}`);
  }

  /** IConnectionPoint::Unadvise. Throws CONNECT_E_NOCONNECTION. */
  unadvise(cookie: number): void {
    if (!this.#drop(cookie))
      throw new ComError(ConnectStatus.NOCONNECTION, `there is no connection ${cookie}`);
  }

  #drop(cookie: number): boolean {
    const connection = this.#connections.take(cookie);
    connection?.close();
    return connection !== undefined;
  }

  /** Calls all sinks there are at this moment. `done` hears of each. */
  fire(method: EventMethod, args: readonly unknown[], done?: (delivery: Delivery) => void): void {
    const call: SinkCall = {
      call: (sink, options) => method.call(sink, args, options, this.identity),
      pointers: pointersOf(args),
    };
    // A sink may connect or disconnect others while it is told: those there were are told, those cut off in between are not.
    for (const connection of this.#connections.entries()) connection.send(call, done);
  }

  /** What EnumConnections shows: the sinks as the object holds them. Weak ones have a pointer made for the purpose, which goes with `release`. */
  snapshot(): { readonly items: readonly CONNECTDATA[]; readonly release: () => void } {
    const taken: { readonly connection: SinkConnection; readonly sink: IUnknown }[] = [];
    for (const connection of this.#connections.entries()) {
      const sink = connection.sink.take();
      if (sink !== undefined) taken.push({ connection, sink });
    }
    return {
      items: taken.map(({ connection, sink }) => ({ pUnk: sink, dwCookie: connection.cookie })),
      release: () => {
        for (const { connection, sink } of taken) connection.sink.give(sink);
      },
    };
  }

  /** The object ended: nobody is told anything any more. */
  end(): void {
    this.#ended = true;
    for (const connection of this.#connections.clear()) connection.close();
  }

  lost(connection: SinkConnection, why: ComError): void {
    this.note(connection, "a sink is cut off", why);
    this.#drop(connection.cookie);
  }

  note(connection: SinkConnection, what: string, error?: unknown): void {
    this.#note({ source: this.source.name, cookie: connection.cookie, error }, what);
  }
}

/** A handle of its own to the sink's interface: the argument of Advise ends with the call. A sink that does not answer does not keep its place. */
async function askFor(
  sink: IUnknown,
  iface: Interface<IUnknown>,
  home: Identity,
  timeout: number,
): Promise<IUnknown> {
  return isPointer(sink) ? sink.QueryInterface(iface, { timeout }) : pointerTo(sink, iface, home.host);
}

/** Without a reference: the sink is found by its identity as long as others hold it. */
function weakly(held: IUnknown, source: InterfaceDescriptor, gone: () => void): SinkSource {
  const identity = new WeakRef(identityOf(held));
  const iface = source as Interface<IUnknown>;
  const forget = identityOf(held).atEnd(gone);
  held[Symbol.dispose]();
  return {
    take() {
      const living = identity.deref();
      return living === undefined || living.references === 0 ? undefined : pointerTo(living.object, iface);
    },
    give: (sink) => sink[Symbol.dispose](),
    close: forget,
  };
}

function pointersOf(args: readonly unknown[]): readonly IUnknown[] {
  const found: IUnknown[] = [];
  for (const one of args) {
    const value: unknown = one instanceof Variant ? one.value : one;
    if (isPointer(value)) found.push(value);
  }
  return found;
}
