import { ComError, HResult } from "../../base/index.ts";
import { IUnknown, isPointer, pointerTo } from "../../com/index.ts";
import type { CallOptions, Interface } from "../../ndr/index.ts";
import { IDispatch } from "../gen/oaidl.ts";
import { ObjectNode, nodeOf, proxyOf } from "../late/nodes.ts";
import type { Scope } from "../late/scope.ts";
import { lateValue } from "../late/values.ts";
import { changeType } from "../convert.ts";
import { Variant } from "../variant.ts";
import { VT } from "../vt.ts";
import { type AdviseOptions, type Subscription, advise, pointerOf } from "./advise.ts";
import type { EventNames } from "./fire.ts";
import { type Contracts, type FoundSource, defaultSource } from "./source-info.ts";
import { dispinterfaceOf, lateSinkOf, sinkOf } from "./sink.ts";

/** Handles an event whose types only the object knows. */
// oxlint-disable-next-line typescript/no-explicit-any -- what an event brings, the object knows at run time
export type LateHandler = (...args: any[]) => unknown;

/** A handler takes the event's arguments, and may answer what the event's method answers. */
type HandlerOf<M> = M extends (...args: infer A) => infer R
  ? (...args: A extends readonly [...infer H, options?: CallOptions] ? H : A) => R | void
  : never;

/**
 * Calls `handler` at every event of one name. With a source interface the event and its arguments have types; without one it is an event of the object's
 * default source, found as Visual Basic's WithEvents finds it: the object names the interface (IProvideClassInfo2), its type library the events. Then
 * names are in any letter case, and arguments are natural values: objects are late bound when `object` is, else pointers lent for the call; an argument
 * by reference is a box, `{ value }`, and what the handler leaves in it goes back. Throws what `advise` throws, and DISP_E_UNKNOWNNAME.
 */
export function on<T, K extends EventNames<T>>(
  object: object,
  source: Interface<T>,
  event: K,
  handler: HandlerOf<T[K]>,
  options?: AdviseOptions,
): Promise<Subscription>;
export function on(
  object: object,
  event: string,
  handler: LateHandler,
  options?: AdviseOptions,
): Promise<Subscription>;
export function on(
  object: object,
  first: Interface<unknown> | string,
  second: string | LateHandler,
  third?: LateHandler | AdviseOptions,
  options?: AdviseOptions,
): Promise<Subscription> {
  return typeof first === "string"
    ? connect(object, { [first]: second as LateHandler }, third as AdviseOptions | undefined)
    : advise(object, first, { [second as string]: third as LateHandler } as object, options);
}

/**
 * Connects a set of handlers to the default events of an object, each under the name of its event: `WithEvents` of Visual Basic, ConnectObject of the
 * scripting hosts. Names that are no event of the object are refused with DISP_E_UNKNOWNNAME.
 */
export function withEvents(
  object: object,
  handlers: Readonly<Record<string, LateHandler>>,
  options?: AdviseOptions,
): Promise<Subscription> {
  return connect(object, handlers, options);
}

async function connect(
  object: object,
  handlers: Readonly<Record<string, LateHandler>>,
  options: AdviseOptions = {},
): Promise<Subscription> {
  const source = await findSource(object, options);
  const byName = spelt(source, handlers);
  return connectLate(object, source, (name) => byName.get(name), options);
}

/** Connects a sink of natural values to a source that was found. `handlerOf` says who handles an event. */
export function connectLate(
  object: object,
  source: FoundSource,
  handlerOf: (name: string) => LateHandler | undefined,
  options: AdviseOptions = {},
): Promise<Subscription> {
  const { contract, iid, events } = source;
  if (contract !== undefined && contract.kind !== "dispatch") {
    const sink = sinkOf(contract, (name, args) => handlerOf(name)?.(...args));
    return advise(object, contract, sink, options);
  }
  const node = nodeOf(object);
  const scope = node instanceof ObjectNode ? node.held.scope : undefined;
  const sink = lateSinkOf(iid, events, async (name, variants) => {
    const handler = handlerOf(name);
    return handler === undefined ? undefined : callLate(handler, variants, scope);
  });
  return advise(object, contract ?? dispinterfaceOf(iid), sink, options);
}

/** The default source of an object. */
export function findSource(object: object, options: AdviseOptions): Promise<FoundSource> {
  const { runtime: _, ...call } = options;
  return withPointer(object, (pointer) => defaultSource(pointer, call, contractsOf(object, options)));
}

/** The runtime that may know more contracts than the program. */
function contractsOf(object: object, options: AdviseOptions): Contracts | undefined {
  const node = nodeOf(object);
  return options.runtime ?? (node instanceof ObjectNode ? node.scope.options.host : undefined);
}

/** Runs `use` with a pointer to the object; one that had to be made goes again. */
async function withPointer<T>(object: object, use: (pointer: IUnknown) => Promise<T>): Promise<T> {
  const pointer = pointerOf(object);
  if (pointer !== undefined) return use(pointer);
  using made = pointerTo(object, IUnknown);
  return use(made);
}

function spelt(
  source: FoundSource,
  handlers: Readonly<Record<string, LateHandler>>,
): ReadonlyMap<string, LateHandler> {
  const found = new Map<string, LateHandler>();
  for (const [name, handler] of Object.entries(handlers)) {
    const spelling = source.events.spelling(name);
    if (spelling === undefined) {
      throw new ComError(
        HResult.DISP_E_UNKNOWNNAME,
        `the object has no event ${name.slice(0, 80)}; it has ${source.events.names.slice(0, 20).join(", ")}`,
      );
    }
    found.set(spelling, handler);
  }
  return found;
}

async function callLate(
  handler: LateHandler,
  variants: readonly Variant[],
  scope: Scope | undefined,
): Promise<unknown> {
  const args: unknown[] = [];
  for (const variant of variants) {
    const natural = await lateArgument(variant, scope);
    args.push(variant.vt & VT.BYREF ? { value: natural } : natural);
  }
  const before = args.map((one) => (isBox(one) ? one.value : undefined));
  const result: unknown = await handler(...args);
  for (const [i, variant] of variants.entries()) {
    const box = args[i];
    if (!(variant.vt & VT.BYREF) || !isBox(box) || box.value === before[i]) continue;
    writeBack(variant, box.value);
  }
  return result === undefined ? undefined : Variant.from(result);
}

function isBox(value: unknown): value is { value: unknown } {
  return typeof value === "object" && value !== null && "value" in value;
}

function writeBack(variant: Variant, value: unknown): void {
  const vt = variant.vt & ~VT.BYREF;
  const natural = Variant.from(value);
  const target = variant.value as { value: unknown };
  target.value = vt === VT.VARIANT ? natural : changeType(natural, vt).value;
}

/** Objects among the arguments are lent: a late-bound one has a pointer of its own, in the scope of the object the event comes from. */
function lateArgument(variant: Variant, scope: Scope | undefined): Promise<unknown> {
  return lateValue(variant, async (object) => {
    if (scope === undefined) return object;
    const own = await ownDispatch(object, scope);
    return own === undefined ? object : proxyOf(scope.hold(own));
  });
}

async function ownDispatch(object: object, scope: Scope): Promise<IDispatch | undefined> {
  try {
    return isPointer(object)
      ? await object.QueryInterface(IDispatch)
      : pointerTo(object, IDispatch, scope.options.host);
  } catch (error) {
    if (ComError.from(error).code === HResult.E_NOINTERFACE) return undefined;
    throw error;
  }
}
