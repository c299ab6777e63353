import { ComError, GUID_NULL, type Guid, HResult } from "../../base/index.ts";
import {
  type Identity,
  IUnknown,
  identityOf,
  implement,
  interfacesOf,
  isPointer,
  pointerTo,
  remoteObjectOf,
} from "../../com/index.ts";
import type { Interface, InterfaceDescriptor } from "../../ndr/index.ts";
import { DispatchStub, type DispParams, type InvokeResult } from "../dispatch-server.ts";
import { IDispatch } from "../gen/oaidl.ts";
import { noException } from "../invoke/excep-info.ts";
import { readArguments } from "../invoke/arguments.ts";
import { DispId } from "../member.ts";
import { Variant } from "../variant.ts";
import { eventMethodsOf } from "./sink-caller.ts";

/** Called with an event's name and arguments. */
export type EventHandler = (name: string, args: readonly unknown[]) => unknown;

/** An object that has every method of a source interface and hands each call to one function. */
export function sinkOf(source: InterfaceDescriptor, handle: EventHandler): object {
  const names = [...eventMethodsOf(source).keys()];
  const sink = Object.fromEntries(
    names.map((name) => [name, (...args: unknown[]): unknown => handle(name, args)]),
  );
  return source.kind === "dispatch" ? dispatchSink(source, sink) : declared(sink, source);
}

/** A sink is an object. Throws E_INVALIDARG for anything else: a cookie, say, which is for Unadvise. */
export function assertSink(sink: unknown): void {
  if (typeof sink === "object" && sink !== null) return;
  const what = typeof sink === "number" ? `the number ${sink}` : sink === null ? "null" : `a ${typeof sink}`;
  throw new ComError(
    HResult.E_INVALIDARG,
    `a sink is an object with methods for events, or a pointer to one; ${what} is neither`,
  );
}

function declared(sink: object, source: InterfaceDescriptor): object {
  implement(sink, source);
  return sink;
}

/** A sink of a dispinterface answers IDispatch itself: it needs no runtime to be called by number. */
function dispatchSink(source: InterfaceDescriptor, methods: object): object {
  return declared(Object.assign(new DispatchSink(methods, source), methods), source);
}

class DispatchSink extends DispatchStub {}

/** Names of events by DISPID, when only a type library knows them. */
export interface EventNameTable {
  nameOf(dispId: number): string | undefined;
}

/** What a late sink does with an event: `args` are VARIANTs as they came, in the order of the parameters. */
export type LateEventHandler = (name: string, args: readonly Variant[]) => unknown;

/** A sink of a dispinterface that this program has no contract of: an IDispatch that knows the events by their numbers. */
class LateSink {
  readonly #names: EventNameTable;
  readonly #handle: LateEventHandler;

  constructor(names: EventNameTable, handle: LateEventHandler) {
    this.#names = names;
    this.#handle = handle;
  }

  GetTypeInfoCount(): number {
    return 0;
  }

  GetTypeInfo(): never {
    throw new ComError(HResult.DISP_E_BADINDEX, "this sink has no type information");
  }

  GetIDsOfNames(_riid: Guid, _names: readonly (string | null)[], count: number): never {
    throw new ComError(HResult.DISP_E_UNKNOWNNAME, "this sink is called by number", {
      outputs: new Int32Array(count).fill(DispId.UNKNOWN),
    });
  }

  async Invoke(
    dispId: number,
    riid: Guid,
    _lcid: number,
    _flags: number,
    params: DispParams,
    count: number,
    places: Uint32Array | readonly number[],
    variants: readonly Variant[],
  ): Promise<InvokeResult> {
    if (riid !== GUID_NULL)
      throw new ComError(HResult.DISP_E_UNKNOWNINTERFACE, "riid is reserved and must be IID_NULL");
    const name = this.#names.nameOf(dispId);
    if (name === undefined)
      throw new ComError(HResult.DISP_E_MEMBERNOTFOUND, `no event has the DISPID ${dispId}`);
    const { positional } = readArguments(params, { count, places, variants }, false);
    const result = await this.#handle(
      name,
      positional.map(({ variant }) => variant),
    );
    return {
      pVarResult: result instanceof Variant ? result : Variant.empty,
      pExcepInfo: noException,
      pArgErr: 0,
      rgVarRef: variants,
    };
  }
}

/** A sink for a dispinterface known by its IID alone. */
export function lateSinkOf(iid: Guid, names: EventNameTable, handle: LateEventHandler): object {
  return declared(new LateSink(names, handle), dispinterfaceOf(iid));
}

/** A dispinterface of which only the IID is known: on the wire it is IDispatch. */
export function dispinterfaceOf(iid: Guid): Interface<IDispatch> {
  return {
    name: `{${iid}}`,
    iid,
    version: [0, 0],
    kind: "dispatch",
    dual: false,
    oleautomation: true,
    base: IDispatch,
    methods: [],
  };
}

/**
 * The pointer that is handed to Advise, for the length of that call: of a sink written as a class with its interfaces, of a pointer, or of a literal with
 * some of the methods, the others doing nothing.
 */
export function sinkPointer(
  sink: object,
  source: InterfaceDescriptor,
  host: Identity["host"],
): { readonly pointer: IUnknown; readonly made: boolean } {
  if (isPointer(sink)) return { pointer: sink, made: false };
  const own = interfacesOf(sink).has(source.iid) && (source.kind !== "dispatch" || isDispatch(sink));
  const target = own
    ? sink
    : sinkOf(source, (name, args) => {
        const method = (sink as Record<string, unknown>)[name];
        return typeof method === "function"
          ? (method as (...args: unknown[]) => unknown).apply(sink, [...args])
          : undefined;
      });
  identityOf(target, host);
  return { pointer: pointerTo(target, source as Interface<IUnknown>, host), made: true };
}

/**
 * What stands for a sink in a connection that does not keep it: it hands events on as long as somebody else has a reference to the sink. Throws E_INVALIDARG for
 * a sink that lives elsewhere, or that nobody has a reference to.
 */
export function weakSink(sink: object, source: InterfaceDescriptor): object {
  if (remoteObjectOf(sink) !== undefined) {
    throw new ComError(
      HResult.E_INVALIDARG,
      "a sink elsewhere cannot be connected weakly: on the wire every reference keeps its object",
    );
  }
  const identity = identityOf(sink);
  if (identity.references === 0) {
    throw new ComError(
      HResult.E_INVALIDARG,
      "nobody has a reference to the sink: connected weakly it would be gone at once (make a pointer to it first)",
    );
  }
  const target = identity.object as Record<string, unknown>;
  return sinkOf(source, (name, args) => {
    const method = target[name];
    return identity.references > 0 && typeof method === "function"
      ? (method as (...args: unknown[]) => unknown).apply(target, [...args])
      : undefined;
  });
}

/** True for an object that answers Invoke itself. */
function isDispatch(object: object): boolean {
  return typeof (object as { Invoke?: unknown }).Invoke === "function";
}
