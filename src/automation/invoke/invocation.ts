import { ComError, type Guid, HResult, hex32 } from "../../base/index.ts";
import { type Identity, type IdentityHost, IUnknown, contractOf, isPointer } from "../../com/index.ts";
import { VariantFlag, changeType, dereference } from "../convert.ts";
import { IDispatch } from "../gen/oaidl.ts";
import {
  DispatchFlag,
  type InvokeKind,
  type Member,
  type MemberFunction,
  type MemberParam,
} from "../member.ts";
import { RecordValue } from "../record/value.ts";
import { SafeArray } from "../safearray.ts";
import { Variant } from "../variant.ts";
import { VT } from "../vt.ts";
import { type Argument, ArgumentError, type CallArguments, byParameter, malformed } from "./arguments.ts";
import { coerce, invokeDefault } from "./default-value.ts";
import { asPointer, fieldResult, naturalResult, toContract, typedResult } from "./results.ts";

/** One call of a member with the arguments that came. */
export interface InvokeRequest {
  readonly object: object;
  /** The object as others see it, once it is known. */
  readonly identity: Identity | undefined;
  readonly member: Member;
  readonly flags: number;
  readonly lcid: number;
  readonly args: CallArguments;
}

/** Runs the member; by-reference arguments are written in place. */
export async function runMember(request: InvokeRequest): Promise<Variant> {
  const target = chooseFunction(request);
  const { params, unfit } = target;
  if (unfit !== undefined) throw unfit;
  return params === undefined ? runFree(request, target) : runTyped(request, target, params);
}

/** In the order of preference: a script's `x.Item(1)` may be a method or a property, what it sets one to a value or an object. */
export function kindsOf(flags: number, value?: Variant): readonly InvokeKind[] {
  const kinds: InvokeKind[] = [];
  if (flags & DispatchFlag.METHOD) kinds.push("method");
  if (flags & DispatchFlag.PROPERTYGET) kinds.push("get");
  const valueFirst = value !== undefined && !isObject(value);
  if (flags & DispatchFlag.PROPERTYPUT && valueFirst) kinds.push("put");
  if (flags & DispatchFlag.PROPERTYPUTREF) kinds.push("putref");
  if (flags & DispatchFlag.PROPERTYPUT && !valueFirst) kinds.push("put");
  if (kinds.length === 0) throw malformed(`wFlags ${hex32(flags)} name no way to invoke`);
  return kinds;
}

function isObject(variant: Variant): boolean {
  const { vt } = dereference(variant);
  return vt === VT.DISPATCH || vt === VT.UNKNOWN;
}

function chooseFunction({ member, flags, args }: InvokeRequest): MemberFunction {
  const kinds = kindsOf(flags, args.value?.variant);
  for (const kind of kinds) {
    const found = member.functions.find((candidate) => candidate.kind === kind);
    if (found !== undefined) return found;
  }
  throw new ComError(
    HResult.DISP_E_MEMBERNOTFOUND,
    `${member.name} cannot be used as ${kinds.join(" or ")}, only as ${member.functions.map((f) => f.kind).join(" or ")}`,
  );
}

/** A member that declares no types: natural values in, natural values out. */
async function runFree(request: InvokeRequest, target: MemberFunction): Promise<Variant> {
  const { object, identity } = request;
  const given = byParameter(request.args, target.paramNames?.length ?? 0).map(
    (argument) => argument?.variant,
  );
  if (target.kind === "get" && given.length > 0 && !isFunction(object, target.functionName)) {
    return throughDefault(request, fieldOf(object, target.functionName), given);
  }
  if (target.kind === "get" && !isFunction(object, target.functionName)) {
    return fieldResult(await fieldOf(object, target.functionName), identity);
  }
  const borrowed: IUnknown[] = [];
  try {
    const values = given.map((variant) => freeArgument(variant, identity, borrowed));
    return naturalResult(await callFunction(object, target, values), identity);
  } finally {
    for (const pointer of borrowed) pointer[Symbol.dispose]();
  }
}

/** The natural value; an object of this apartment as the pointer it would be from elsewhere, the call's own. */
function freeArgument(
  variant: Variant | undefined,
  identity: Identity | undefined,
  borrowed: IUnknown[],
): unknown {
  const value = variant?.toJs();
  const source = variant === undefined ? Variant.empty : dereference(variant);
  if (
    !isObject(source) ||
    (typeof value !== "object" && typeof value !== "function") ||
    value === null ||
    isPointer(value)
  )
    return value;
  const pointer = asPointer(value, source.vt === VT.DISPATCH ? IDispatch : IUnknown, identity);
  if (isPointer(pointer)) borrowed.push(pointer);
  return pointer;
}

/** `x.Items(1)` where Items takes nothing: the arguments are for what Items stands for. */
async function throughDefault(
  request: InvokeRequest,
  value: unknown,
  given: readonly (Variant | undefined)[],
): Promise<Variant> {
  const item = value instanceof Variant ? dereference(value).value : await value;
  if (typeof item !== "object" || item === null)
    throw new ComError(HResult.DISP_E_BADPARAMCOUNT, `${request.member.name} takes no arguments`);
  naturalResult(item, request.identity);
  const args = given.map((variant) => variant ?? Variant.missing);
  const flags = DispatchFlag.METHOD | DispatchFlag.PROPERTYGET;
  return invokeDefault(item, flags, args, request.lcid, request.identity?.host);
}

/** A member of an interface: every argument becomes what its parameter is declared as. */
async function runTyped(
  request: InvokeRequest,
  target: MemberFunction,
  params: readonly MemberParam[],
): Promise<Variant> {
  const { positional, named } = request.args;
  if (target.vararg === true && named.size > 0)
    throw new ComError(
      HResult.DISP_E_NONAMEDARGS,
      `${request.member.name} takes any number of arguments, none by name`,
    );
  // Too few are too few, whatever they are called.
  const isEnough = positional.length + named.size >= params.filter((param) => isRequired(param)).length;
  const isFixed = params.length > 0 && target.vararg !== true && isEnough;
  const list = byParameter(request.args, params.length, isFixed);
  if (target.kind === "get" && params.length === 0 && list.length > 0) {
    const value = typedResult(
      target.resultVt,
      await callFunction(request.object, target, []),
      request.identity,
    );
    return throughDefault(
      request,
      value,
      list.map((argument) => argument?.variant),
    );
  }
  checkCount(request.member, target, params, list.length);
  const borrowed: IUnknown[] = [];
  try {
    const values = await inputsOf(request, target, params, list, borrowed);
    const result: unknown = await callFunction(request.object, target, values);
    return outputsOf(request, target, params, list, result);
  } finally {
    for (const pointer of borrowed) pointer[Symbol.dispose]();
  }
}

function checkCount(
  member: Member,
  target: MemberFunction,
  params: readonly MemberParam[],
  given: number,
): void {
  const required = params.filter((param) => isRequired(param)).length - (target.vararg === true ? 1 : 0);
  if (given >= required && (given <= params.length || target.vararg === true)) return;
  throw new ComError(
    HResult.DISP_E_BADPARAMCOUNT,
    `${member.name} takes ${required === params.length ? "" : `${required} to `}${params.length} arguments, ${given} were given`,
  );
}

/** What only comes back need not be asked for. */
function isRequired(param: MemberParam): boolean {
  return param.in && !param.optional;
}

/** The function's own arguments: the [in] parameters, the locale where it belongs, what is left over as an array. */
async function inputsOf(
  request: InvokeRequest,
  target: MemberFunction,
  params: readonly MemberParam[],
  list: readonly (Argument | undefined)[],
  borrowed: IUnknown[],
): Promise<unknown[]> {
  const values: unknown[] = [];
  for (const [i, param] of params.entries()) {
    if (!param.in) continue;
    const rest = target.vararg === true && i === params.length - 1;
    values.push(rest ? restOf(list.slice(i)) : await inputOf(request, param, list[i], borrowed));
  }
  if (target.lcidAt !== undefined) values.splice(target.lcidAt, 0, request.lcid);
  return values;
}

function restOf(list: readonly (Argument | undefined)[]): SafeArray {
  return new SafeArray(
    VT.VARIANT,
    list.map((argument) => argument?.variant ?? Variant.missing),
  );
}

async function inputOf(
  request: InvokeRequest,
  param: MemberParam,
  argument: Argument | undefined,
  borrowed: IUnknown[],
): Promise<unknown> {
  if (argument === undefined || dereference(argument.variant).isMissing) {
    if (param.defaultValue !== undefined) return param.defaultValue;
    if (param.optional) return param.vt === VT.VARIANT ? Variant.missing : zeroOf(param.vt);
    const error = new ComError(HResult.DISP_E_PARAMNOTOPTIONAL, `${param.name} must be given`);
    throw argument === undefined ? error : new ArgumentError(error, argument.place);
  }
  try {
    return await argumentValue(request, argument.variant, param, borrowed);
  } catch (error) {
    throw new ArgumentError(error, argument.place);
  }
}

async function argumentValue(
  request: InvokeRequest,
  variant: Variant,
  param: MemberParam,
  borrowed: IUnknown[],
): Promise<unknown> {
  const { vt } = param;
  if (vt === VT.VARIANT) return param.out ? dereference(variant) : variant;
  if (vt & VT.ARRAY) return arrayOf(variant);
  if (vt === VT.RECORD) return recordOf(variant, param);
  if (vt === VT.DISPATCH || vt === VT.UNKNOWN)
    return interfaceArgument(
      changeType(nothingAsNull(variant), vt).value,
      param,
      borrowed,
      request.identity?.host,
    );
  return toContract(
    vt,
    (await coerce(variant, vt, { lcid: request.lcid, flags: VariantFlag.ALPHABOOL })).value,
  );
}

/** The fields of a record of the type that is declared. */
function recordOf(variant: Variant, { name, record }: MemberParam): unknown {
  const { value } = dereference(variant);
  if (value instanceof RecordValue && value.fields !== null && record?.IsMatchingType(value.info) === true)
    return value.fields;
  throw new ComError(HResult.DISP_E_TYPEMISMATCH, `${name} is to be a record ${record?.name ?? ""}`);
}

function arrayOf(variant: Variant): SafeArray | null {
  const source = dereference(variant);
  if (source.vt & VT.ARRAY) return source.value as SafeArray | null;
  throw new ComError(HResult.DISP_E_TYPEMISMATCH, "an array is wanted");
}

/** VB's Nothing is a null pointer of either kind; NULL and EMPTY are none. */
function nothingAsNull(variant: Variant): Variant {
  const source = dereference(variant);
  return source.value === null && (source.vt === VT.DISPATCH || source.vt === VT.UNKNOWN)
    ? new Variant(VT.DISPATCH, null)
    : source;
}

/** The argument as a pointer to the interface the parameter is declared with; the ones that had to be asked for go back after the call. */
async function interfaceArgument(
  value: unknown,
  param: MemberParam,
  borrowed: IUnknown[],
  host: IdentityHost | undefined,
): Promise<unknown> {
  if (!isPointer(value) || param.iid === undefined) return value;
  try {
    const pointer = await value.QueryInterface(contractOf(param.iid.toLowerCase() as Guid, host));
    borrowed.push(pointer);
    return pointer;
  } catch (error) {
    throw new ComError(
      HResult.DISP_E_TYPEMISMATCH,
      `${param.name} is an object without the interface that is wanted`,
      { cause: error },
    );
  }
}

function zeroOf(vt: number): unknown {
  if (vt === VT.BSTR) return "";
  if (vt === VT.DISPATCH || vt === VT.UNKNOWN || vt & VT.ARRAY) return null;
  return toContract(vt, changeType(Variant.empty, vt).value);
}

/** Writes the by-reference arguments; answers the result. One output is the function's value itself, several are members of it. */
function outputsOf(
  request: InvokeRequest,
  target: MemberFunction,
  params: readonly MemberParam[],
  list: readonly (Argument | undefined)[],
  result: unknown,
): Variant {
  const outs = params.map((param, i) => ({ param, argument: list[i] })).filter(({ param }) => param.out);
  const hasResult = target.resultVt !== VT.EMPTY;
  const single = outs.length + (hasResult ? 1 : 0) === 1;
  const record = (result ?? {}) as Readonly<Record<string, unknown>>;
  let leftOver = Variant.empty;
  for (const { param, argument } of outs) {
    const value = typedResult(param.vt, single ? result : record[param.name], request.identity, param.record);
    if (argument !== undefined && argument.variant.vt & VT.BYREF) storeReference(argument, value);
    else if (!param.in && single) leftOver = value;
  }
  if (!hasResult) return leftOver;
  return typedResult(
    target.resultVt,
    single ? result : record[target.resultName ?? ""],
    request.identity,
    target.resultRecord,
  );
}

function storeReference(argument: Argument, result: Variant): void {
  const target = argument.variant.value as { value: unknown };
  const vt = argument.variant.vt & ~VT.BYREF;
  try {
    if (vt !== VT.VARIANT) target.value = changeType(result, vt).value;
    else target.value = result;
  } catch (error) {
    throw new ArgumentError(error, argument.place);
  }
}

function isFunction(object: object, name: string): boolean {
  return typeof fieldOf(object, name) === "function";
}

function fieldOf(object: object, name: string): unknown {
  return (object as Record<string, unknown>)[name];
}

/** Calls the function; an object that has the property itself in place of `get_X` and `put_X` is read and written. */
function callFunction(object: object, target: MemberFunction, values: readonly unknown[]): unknown {
  const { functionName, kind } = target;
  // A function that stands for itself.
  if (functionName === "" && typeof object === "function") return Reflect.apply(object, undefined, values);
  const place = object as Record<string, unknown>;
  const member = place[functionName];
  if (typeof member === "function" && (kind === "method" || functionName.startsWith(`${kind}_`)))
    return Reflect.apply(member, object, values);
  const field = functionName.replace(/^(get|put|putref)_/, "");
  if (kind === "get")
    return functionName in place || field in place ? (member ?? place[field]) : missing(target);
  if (kind === "method" || (!(functionName in place) && !(field in place))) return missing(target);
  place[functionName in place ? functionName : field] = values.at(-1);
  return undefined;
}

function missing(target: MemberFunction): never {
  throw new ComError(HResult.E_NOTIMPL, `the object does not implement ${target.functionName}`);
}
