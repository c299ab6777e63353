import { ComError, HResult } from "../../base/index.ts";
import { type Identity, type IUnknown, identityOf, isPointer } from "../../com/index.ts";
import type { CallOptions, InterfaceDescriptor, MethodDescriptor } from "../../ndr/index.ts";
import { LCID_EN_US } from "../convert/locale.ts";
import type { IDispatch } from "../gen/oaidl.ts";
import { membersOfInterface } from "../invoke/interface-members.ts";
import { typedResult } from "../invoke/results.ts";
import { DispatchCaller } from "../late/dispatch-call.ts";
import { DispatchFlag, type MemberFunction, type MemberParam } from "../member.ts";
import { Variant } from "../variant.ts";
import { VT } from "../vt.ts";

/** One event of a source interface: how its sinks are called. */
export interface EventMethod {
  readonly name: string;
  /** Calls a sink; a value or a promise. `home` is the object that has the event. */
  call(sink: IUnknown, args: readonly unknown[], options: CallOptions | undefined, home: Identity): unknown;
}

const tables = new WeakMap<InterfaceDescriptor, ReadonlyMap<string, EventMethod>>();

/**
 * The events of a source interface by name. Those of a dispinterface are called through IDispatch::Invoke, with IID_NULL and the DISPID of the event;
 * those of any other interface are its methods.
 */
export function eventMethodsOf(source: InterfaceDescriptor): ReadonlyMap<string, EventMethod> {
  let table = tables.get(source);
  if (table === undefined) tables.set(source, (table = makeTable(source)));
  return table;
}

function makeTable(source: InterfaceDescriptor): ReadonlyMap<string, EventMethod> {
  const events = new Map<string, EventMethod>();
  if (source.kind === "dispatch") {
    for (const { dispId, functions } of membersOfInterface(source)) {
      for (const one of functions) {
        if (one.kind === "method") events.set(one.functionName, dispatchEvent(one, dispId));
      }
    }
    return events;
  }
  for (let at: InterfaceDescriptor | undefined = source; at?.base !== undefined; at = at.base) {
    if (at.name === "IDispatch") break;
    for (const method of at.methods) events.set(method.name, vtableEvent(method));
  }
  return events;
}

function vtableEvent(method: MethodDescriptor): EventMethod {
  const { name } = method;
  const inputs = method.params.filter((param) => param.in).length;
  return {
    name,
    call(sink, args, options) {
      const call = (sink as unknown as Record<string, (...args: unknown[]) => unknown>)[name];
      if (typeof call !== "function") throw new ComError(HResult.E_NOTIMPL, `the sink has no method ${name}`);
      // Options stand behind the last argument, left out ones included.
      const given = Array.from({ length: inputs }, (_, i) => args[i]);
      return options === undefined ? call.apply(sink, given) : call.apply(sink, [...given, options]);
    },
  };
}

function dispatchEvent(event: MemberFunction, dispId: number): EventMethod {
  return {
    name: event.functionName,
    async call(sink, args, options, home) {
      if (event.unfit !== undefined) throw event.unfit;
      const boxes: { readonly name: string; readonly box: { value: unknown } }[] = [];
      const positional = (event.params ?? []).map((param, i) => variantOf(param, args[i], boxes, home));
      const caller = new DispatchCaller(sink as unknown as IDispatch, LCID_EN_US);
      const result = await caller.invoke(dispId, DispatchFlag.METHOD, { positional }, options);
      return resultOf(event, result, boxes);
    },
  };
}

/** An argument as the dispinterface declares it; [out] and [in, out] go by reference, and come back in a box. */
function variantOf(
  param: MemberParam,
  value: unknown,
  boxes: { readonly name: string; readonly box: { value: unknown } }[],
  home: Identity,
): Variant {
  // An object of the source's own belongs to the source's runtime.
  if (isOwnObject(param.vt, value)) identityOf(value, home.host);
  const plain = typedResult(param.vt, value ?? param.defaultValue, undefined);
  if (!param.out) return plain;
  const box = { value: param.vt === VT.VARIANT ? plain : plain.value };
  boxes.push({ name: param.name, box });
  return Variant.byRef(param.vt, box);
}

/** One output stands for itself, several are the members of an object: as with any other method. */
function resultOf(
  event: MemberFunction,
  result: Variant,
  boxes: readonly { readonly name: string; readonly box: { value: unknown } }[],
): unknown {
  const own = event.resultVt === VT.EMPTY ? undefined : result.toJs();
  if (boxes.length === 0) return own;
  const [first] = boxes;
  if (boxes.length === 1 && event.resultVt === VT.EMPTY) return natural(first?.box.value);
  return {
    ...(event.resultVt === VT.EMPTY ? {} : { [event.resultName ?? "returnValue"]: own }),
    ...Object.fromEntries(boxes.map(({ name, box }) => [name, natural(box.value)])),
  };
}

function isOwnObject(vt: number, value: unknown): value is object {
  return (
    (vt === VT.DISPATCH || vt === VT.UNKNOWN) &&
    typeof value === "object" &&
    value !== null &&
    !isPointer(value)
  );
}

function natural(value: unknown): unknown {
  return value instanceof Variant ? value.toJs() : value;
}
