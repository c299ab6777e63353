import { ComError, HResult } from "../../base/index.ts";
import type { IUnknown } from "../../com/index.ts";
import type { CallOptions, Interface } from "../../ndr/index.ts";
import { LCID_EN_US } from "../convert/locale.ts";
import { changeType, dereference } from "../convert.ts";
import { membersOfInterface } from "../invoke/interface-members.ts";
import { toContract, typedResult } from "../invoke/results.ts";
import { DispatchFlag, type InvokeKind, type MemberFunction, type MemberParam } from "../member.ts";
import { RecordValue } from "../record/value.ts";
import { SafeArray } from "../safearray.ts";
import { Variant } from "../variant.ts";
import { VT } from "../vt.ts";
import { DispatchCaller, type DispatchMethods } from "./dispatch-call.ts";

/** The members of a dispinterface, without those of IUnknown and IDispatch. */
export type DispatchMembers<T> = Omit<
  T,
  keyof IUnknown | keyof DispatchMethods | "GetTypeInfo" | "GetTypeInfoCount"
>;

const flags: Readonly<Record<InvokeKind, number>> = {
  method: DispatchFlag.METHOD,
  get: DispatchFlag.PROPERTYGET,
  put: DispatchFlag.PROPERTYPUT,
  putref: DispatchFlag.PROPERTYPUTREF,
};

/**
 * A dispinterface (or the dispatch side of a dual interface) with its types: each member is called by its DISPID through Invoke, arguments as VARIANTs
 * of the declared types, results as the contract has them. The pointer stays the caller's; pointers in results are the caller's to release.
 *
 * ```ts
 * using pointer = await com.createInstance(Till, IDispatch);
 * const till = dispatchAs(pointer, DTill);
 * await till.Add("pencil", 1.5);
 * ```
 */
export function dispatchAs<T>(
  pointer: DispatchMethods,
  iface: Interface<T>,
  options: { readonly lcid?: number } = {},
): DispatchMembers<T> {
  const caller = new DispatchCaller(pointer, options.lcid ?? LCID_EN_US);
  const made: Record<string, unknown> = {};
  for (const { dispId, functions } of membersOfInterface(iface)) {
    for (const one of functions) {
      made[one.functionName] = (...args: readonly unknown[]) => call(caller, one, dispId, args);
    }
  }
  return made as DispatchMembers<T>;
}

async function call(
  caller: DispatchCaller,
  target: MemberFunction,
  dispId: number,
  args: readonly unknown[],
): Promise<unknown> {
  if (target.unfit !== undefined) throw target.unfit;
  const params = target.params ?? [];
  const boxes: { readonly param: MemberParam; readonly box: { value: unknown } }[] = [];
  let next = 0;
  const positional = params.map((param) => {
    const value = param.in ? args[next++] : undefined;
    if (!param.out) return argumentOf(param, value);
    const given = param.in ? argumentOf(param, value) : new Variant(param.vt, zeroOf(param));
    const box = { value: param.vt === VT.VARIANT && param.in ? given : given.value };
    boxes.push({ param, box });
    return Variant.byRef(param.vt === VT.VARIANT ? VT.VARIANT : given.vt, box);
  });
  const options = args[next] as CallOptions | undefined;
  const isPut = target.kind === "put" || target.kind === "putref";
  const value = isPut ? positional.pop() : undefined;
  // What is left out at the end need not be sent.
  while (positional.at(-1)?.isMissing === true) positional.pop();
  const result = await caller.invoke(dispId, flags[target.kind], { positional, value }, options);
  return resultOf(target, result, boxes);
}

function argumentOf(param: MemberParam, value: unknown): Variant {
  if (value === undefined) {
    if (param.optional && param.defaultValue === undefined) return Variant.missing;
    if (param.defaultValue === undefined)
      throw new ComError(HResult.DISP_E_PARAMNOTOPTIONAL, `${param.name} must be given`);
  }
  const given = value ?? param.defaultValue ?? null;
  if (param.vt === VT.VARIANT) return Variant.from(given);
  if (typeof given !== "object") return changeType(Variant.from(given), param.vt);
  if (given instanceof SafeArray) return new Variant(VT.ARRAY | given.vt, given);
  return typedResult(param.vt, given, undefined, param.record);
}

function zeroOf({ vt }: MemberParam): unknown {
  if (vt === VT.VARIANT) return Variant.empty;
  if (vt & VT.ARRAY || vt === VT.DISPATCH || vt === VT.UNKNOWN || vt === VT.RECORD) return null;
  return vt === VT.BSTR ? null : changeType(Variant.empty, vt).value;
}

/** One output stands for itself, several are the members of an object: as in every contract. */
function resultOf(
  target: MemberFunction,
  result: Variant,
  boxes: readonly { readonly param: MemberParam; readonly box: { value: unknown } }[],
): unknown {
  const own = target.resultVt === VT.EMPTY ? undefined : contractValue(target.resultVt, result);
  if (boxes.length === 0) return own;
  const outs = boxes.map(({ param, box }): [string, unknown] => [
    param.name,
    contractValue(param.vt, box.value instanceof Variant ? box.value : new Variant(param.vt, box.value)),
  ]);
  if (outs.length === 1 && target.resultVt === VT.EMPTY) return outs[0]?.[1];
  const named: [string, unknown][] =
    target.resultVt === VT.EMPTY ? [] : [[target.resultName ?? "returnValue", own]];
  return Object.fromEntries([...named, ...outs]);
}

function contractValue(vt: number, variant: Variant): unknown {
  const source = dereference(variant);
  if (vt === VT.VARIANT) return source.value instanceof Variant ? source.value : source;
  if (source.value instanceof RecordValue) return source.value.fields;
  if (vt & VT.ARRAY) return source.value;
  if (source.vt === VT.EMPTY && (vt === VT.DISPATCH || vt === VT.UNKNOWN)) return null;
  return toContract(vt, changeType(source, vt).value);
}
