import { ComError, GUID_NULL, type Guid, HResult, hex32 } from "../base/index.ts";
import type { InterfaceDescriptor } from "../ndr/index.ts";
import { changeType, dereference } from "./convert.ts";
import {
  DispId,
  DispatchFlag,
  type InvokeKind,
  type Member,
  type MemberFunction,
  type MemberParam,
  MemberTable,
  membersOfInterface,
  membersOfObject,
} from "./member.ts";
import { Variant } from "./variant.ts";
import { VT } from "./vt.ts";

/** DISPPARAMS: arguments last first, and the DISPIDs of the named ones, which stand in front. ([MS-OAUT] 2.2.33) */
export interface DispParams {
  readonly rgvarg: readonly Variant[] | null;
  readonly rgdispidNamedArgs: Int32Array | readonly number[] | null;
  readonly cArgs: number;
  readonly cNamedArgs: number;
}

/** EXCEPINFO: what a method says of its failure. ([MS-OAUT] 2.2.34) */
export interface ExcepInfo {
  readonly wCode: number;
  readonly wReserved: number;
  readonly bstrSource: string | null;
  readonly bstrDescription: string | null;
  readonly bstrHelpFile: string | null;
  readonly dwHelpContext: number;
  readonly pvReserved: number;
  readonly pfnDeferredFillIn: number;
  readonly scode: number;
}

/** What Invoke brings back. */
export interface InvokeResult {
  readonly pVarResult: Variant;
  readonly pExcepInfo: ExcepInfo;
  readonly pArgErr: number;
  readonly rgVarRef: readonly Variant[];
}

const noException: ExcepInfo = {
  wCode: 0,
  wReserved: 0,
  bstrSource: null,
  bstrDescription: null,
  bstrHelpFile: null,
  dwHelpContext: 0,
  pvReserved: 0,
  pfnDeferredFillIn: 0,
  scode: 0,
};

/**
 * The IDispatch of an implementation object: names to DISPIDs, and calls by DISPID with VARIANTs turned into what the method takes. The members are
 * those of its interface where one is given, else the object's own public methods, accessors and fields. ([MS-OAUT] 3.1.4)
 */
export class DispatchStub {
  readonly #object: object;
  readonly #members: MemberTable;

  constructor(object: object, descriptor: InterfaceDescriptor | undefined) {
    this.#object = object;
    this.#members = descriptor === undefined ? new MemberTable(membersOfObject(object)) : tableOf(descriptor);
  }

  GetTypeInfoCount(): number {
    return 0;
  }

  GetTypeInfo(iTInfo: number, _lcid: number): never {
    throw new ComError(
      HResult.DISP_E_BADINDEX,
      `this object has no type information, number ${iTInfo} was asked for`,
    );
  }

  /** The first name is a member, the others its parameters. */
  GetIDsOfNames(
    riid: Guid,
    rgszNames: readonly (string | null)[],
    cNames: number,
    _lcid: number,
  ): Int32Array {
    requireNullIid(riid);
    const ids = new Int32Array(cNames).fill(DispId.UNKNOWN);
    const member = this.#members.byName(rgszNames[0] ?? "");
    let unknown = member === undefined ? rgszNames[0] : undefined;
    if (member !== undefined) {
      ids[0] = member.dispId;
      for (let i = 1; i < cNames; i++) {
        const at = parameterIndex(member, rgszNames[i] ?? "");
        if (at >= 0) ids[i] = at;
        else unknown ??= rgszNames[i];
      }
    }
    if (unknown !== undefined) {
      throw new ComError(
        HResult.DISP_E_UNKNOWNNAME,
        `"${String(unknown).slice(0, 80)}" is not a name of this object`,
        {
          outputs: ids,
        },
      );
    }
    return ids;
  }

  async Invoke(
    dispIdMember: number,
    riid: Guid,
    _lcid: number,
    dwFlags: number,
    pDispParams: DispParams,
    cVarRef: number,
    rgVarRefIdx: Uint32Array | readonly number[],
    rgVarRef: readonly Variant[],
  ): Promise<InvokeResult> {
    requireNullIid(riid);
    const call = new Invocation(
      this.#member(dispIdMember),
      dwFlags,
      pDispParams,
      cVarRef,
      rgVarRefIdx,
      rgVarRef,
    );
    try {
      const result = await call.run(this.#object);
      return { pVarResult: result, pExcepInfo: noException, pArgErr: 0, rgVarRef: call.references() };
    } catch (error) {
      throw call.failure(error);
    }
  }

  #member(dispId: number): Member {
    const member = this.#members.byId(dispId);
    if (member === undefined)
      throw new ComError(HResult.DISP_E_MEMBERNOTFOUND, `no member has the DISPID ${dispId}`);
    return member;
  }
}

const tables = new WeakMap<InterfaceDescriptor, MemberTable>();

function tableOf(descriptor: InterfaceDescriptor): MemberTable {
  let table = tables.get(descriptor);
  if (table === undefined) tables.set(descriptor, (table = new MemberTable(membersOfInterface(descriptor))));
  return table;
}

function requireNullIid(riid: Guid): void {
  if (riid !== GUID_NULL)
    throw new ComError(HResult.DISP_E_UNKNOWNINTERFACE, "riid is reserved and must be IID_NULL");
}

function parameterIndex(member: Member, name: string): number {
  const wanted = name.toLowerCase();
  for (const { params } of member.functions) {
    const at = params?.findIndex((param) => param.name.toLowerCase() === wanted) ?? -1;
    if (at >= 0) return at;
  }
  return -1;
}

/** A failure that is the caller's: which argument, counted as rgvarg counts. */
class ArgumentError extends ComError {
  readonly index: number;
  constructor(cause: unknown, index: number) {
    const error = ComError.from(cause);
    super(error.code, error.info.description, { cause: error });
    this.index = index;
  }
}

class Invocation {
  readonly #member: Member;
  readonly #kinds: readonly InvokeKind[];
  readonly #arguments: readonly (Variant | undefined)[];
  /** Place in rgvarg of each positional argument. */
  readonly #places: readonly number[];
  readonly #rgVarRef: readonly Variant[];

  constructor(
    member: Member,
    flags: number,
    params: DispParams,
    cVarRef: number,
    rgVarRefIdx: Uint32Array | readonly number[],
    rgVarRef: readonly Variant[],
  ) {
    this.#member = member;
    this.#kinds = kindsOf(flags);
    const all = [...(params.rgvarg ?? [])];
    for (let i = 0; i < cVarRef; i++) {
      const at = rgVarRefIdx[i] ?? -1;
      const value = rgVarRef[i];
      if (at >= all.length || value === undefined) {
        throw new ComError(
          HResult.E_INVALIDARG,
          `the by-reference argument ${at} lies outside the ${all.length} arguments`,
        );
      }
      all[at] = value;
    }
    this.#rgVarRef = rgVarRef;
    const named = params.rgdispidNamedArgs ?? [];
    const isPut = this.#kinds.includes("put") || this.#kinds.includes("putref");
    const putValue = isPut && named[0] === DispId.PROPERTYPUT;
    const positional: (Variant | undefined)[] = [];
    const places: number[] = [];
    for (let i = all.length - 1; i >= params.cNamedArgs; i--) {
      places[positional.length] = i;
      positional.push(all[i]);
    }
    for (let i = putValue ? 1 : 0; i < params.cNamedArgs; i++) {
      const at = named[i] ?? -1;
      if (at < 0 || at > 255)
        throw new ComError(HResult.DISP_E_PARAMNOTFOUND, `no parameter has the DISPID ${at}`);
      positional[at] = all[i];
      places[at] = i;
    }
    if (putValue) {
      places[positional.length] = 0;
      positional.push(all[0]);
    }
    this.#arguments = positional;
    this.#places = places;
  }

  async run(object: object): Promise<Variant> {
    const target = this.#function();
    const { params } = target;
    const values =
      params === undefined ? this.#arguments.map((argument) => argument?.toJs()) : this.#convert(params);
    const result = await invokeFunction(object, target, values);
    return this.#result(target, result);
  }

  #function(): MemberFunction {
    for (const kind of this.#kinds) {
      const found = this.#member.functions.find((candidate) => candidate.kind === kind);
      if (found !== undefined) return found;
    }
    throw new ComError(
      HResult.DISP_E_MEMBERNOTFOUND,
      `${this.#member.name} cannot be used as ${this.#kinds.join(" or ")}, only as ${this.#member.functions.map((f) => f.kind).join(" or ")}`,
    );
  }

  #convert(params: readonly MemberParam[]): unknown[] {
    const given = this.#arguments.length;
    const required = params.filter((param) => !param.optional).length;
    if (given > params.length || given < required) {
      throw new ComError(
        HResult.DISP_E_BADPARAMCOUNT,
        `${this.#member.name} takes ${required === params.length ? "" : `${required} to `}${params.length} arguments, ${given} were given`,
      );
    }
    return params.map((param, i) => {
      const argument = this.#arguments[i];
      if (argument === undefined || argument.isMissing) {
        if (param.defaultValue !== undefined) return param.defaultValue;
        if (param.optional) return param.vt === VT.VARIANT ? Variant.missing : zeroOf(param.vt);
        throw new ArgumentError(
          new ComError(HResult.DISP_E_PARAMNOTOPTIONAL, `${param.name} must be given`),
          this.#places[i] ?? 0,
        );
      }
      try {
        return argumentValue(argument, param);
      } catch (error) {
        throw new ArgumentError(error, this.#places[i] ?? 0);
      }
    });
  }

  #result(target: MemberFunction, result: unknown): Variant {
    const outs = (target.params ?? []).map((param, i) => ({ param, i })).filter(({ param }) => param.out);
    if (outs.length === 0) return toVariant(target.resultVt, result);
    const record = result as Readonly<Record<string, unknown>>;
    for (const { param, i } of outs) {
      const argument = this.#arguments[i];
      if (argument !== undefined && argument.vt & VT.BYREF) {
        const value = outs.length === 1 && target.resultVt === VT.EMPTY ? result : record[param.name];
        storeReference(argument, toVariant(param.vt, value));
      }
    }
    return Variant.empty;
  }

  /** The by-reference arguments after the call, in the order they came. */
  references(): readonly Variant[] {
    return this.#rgVarRef;
  }

  /** How Invoke fails: the caller's mistakes as their own code, the method's as DISP_E_EXCEPTION with EXCEPINFO. */
  failure(error: unknown): ComError {
    const failed = ComError.from(error);
    const outputs = (pExcepInfo: ExcepInfo, pArgErr: number): InvokeResult => ({
      pVarResult: Variant.empty,
      pExcepInfo,
      pArgErr,
      rgVarRef: this.#rgVarRef,
    });
    if (error instanceof ArgumentError) {
      return new ComError(failed.code, failed.info.description, {
        cause: error,
        outputs: outputs(noException, error.index),
      });
    }
    if (callerErrors.has(failed.code)) {
      return new ComError(failed.code, failed.info.description, {
        cause: error,
        outputs: outputs(noException, 0),
      });
    }
    const info: ExcepInfo = {
      ...noException,
      bstrSource: failed.info.source ?? this.#member.name,
      bstrDescription: failed.info.description ?? failed.message,
      bstrHelpFile: failed.info.helpFile ?? null,
      dwHelpContext: failed.info.helpContext ?? 0,
      scode: failed.code,
    };
    return new ComError(HResult.DISP_E_EXCEPTION, `${this.#member.name} failed: ${failed.message}`, {
      cause: error,
      source: failed.info.source,
      outputs: outputs(info, 0),
    });
  }
}

const callerErrors: ReadonlySet<number> = new Set([
  HResult.DISP_E_BADPARAMCOUNT,
  HResult.DISP_E_MEMBERNOTFOUND,
  HResult.DISP_E_PARAMNOTFOUND,
  HResult.DISP_E_NONAMEDARGS,
]);

/** In the order of preference: a script's `x.Item(1)` may be a method or a property. */
function kindsOf(flags: number): readonly InvokeKind[] {
  const kinds: InvokeKind[] = [];
  if (flags & DispatchFlag.METHOD) kinds.push("method");
  if (flags & DispatchFlag.PROPERTYGET) kinds.push("get");
  if (flags & DispatchFlag.PROPERTYPUT) kinds.push("put");
  if (flags & DispatchFlag.PROPERTYPUTREF) kinds.push("putref");
  if (kinds.length === 0)
    throw new ComError(HResult.E_INVALIDARG, `wFlags ${hex32(flags)} name no way to invoke`);
  return kinds;
}

function argumentValue(argument: Variant, param: MemberParam): unknown {
  if (param.vt === VT.VARIANT) return argument;
  if (param.vt & VT.ARRAY) return dereference(argument).value;
  return changeType(argument, param.vt).value;
}

function zeroOf(vt: number): unknown {
  if (vt === VT.BSTR) return "";
  if (vt === VT.DISPATCH || vt === VT.UNKNOWN || vt & VT.ARRAY) return null;
  return changeType(Variant.empty, vt).value;
}

function toVariant(vt: number, value: unknown): Variant {
  if (value instanceof Variant) return value;
  if (vt === VT.EMPTY) return Variant.empty;
  if (vt === VT.VARIANT || vt & VT.ARRAY) return Variant.from(value);
  return new Variant(vt, value);
}

function storeReference(argument: Variant, result: Variant): void {
  const target = argument.value as { value: unknown };
  const vt = argument.vt & ~VT.BYREF;
  target.value = vt === VT.VARIANT ? result : changeType(result, vt).value;
}

function invokeFunction(object: object, target: MemberFunction, values: readonly unknown[]): unknown {
  const place = object as Record<string, unknown>;
  const member = place[target.functionName];
  if (typeof member === "function")
    return (member as (...args: readonly unknown[]) => unknown).apply(object, [...values]);
  if (target.kind === "get") return member;
  place[target.functionName] = values.at(-1);
  return undefined;
}
