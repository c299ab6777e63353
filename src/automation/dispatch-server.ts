import { ComError, GUID_NULL, type Guid, HResult } from "../base/index.ts";
import { type Identity, IUnknown } from "../com/index.ts";
import type { InterfaceDescriptor } from "../ndr/index.ts";
import { type AnyIterable, EnumVariant, isIterable } from "./collection.ts";
import { DISPATCH_zeroArgErr, DISPATCH_zeroExcepInfo, DISPATCH_zeroVarResult } from "./gen/oaidl.ts";
import { ArgumentError, type CallArguments, type DispParams, readArguments } from "./invoke/arguments.ts";
import { type ExcepInfo, excepInfoOf, noException } from "./invoke/excep-info.ts";
import { membersOfInterface } from "./invoke/interface-members.ts";
import { kindsOf, runMember } from "./invoke/invocation.ts";
import { ObjectMembers } from "./invoke/object-members.ts";
import { asPointer, naturalResult } from "./invoke/results.ts";
import { DispId, DispatchFlag, type Member, type MemberSource, MemberTable } from "./member.ts";
import { Variant } from "./variant.ts";
import { VT } from "./vt.ts";

export type { DispParams, ExcepInfo };

/** What Invoke brings back. */
export interface InvokeResult {
  readonly pVarResult: Variant;
  readonly pExcepInfo: ExcepInfo;
  readonly pArgErr: number;
  readonly rgVarRef: readonly Variant[];
}

export interface DispatchStubOptions {
  /** The object as others see it: objects it hands out belong to the same runtime. */
  readonly identity?: Identity | undefined;
  /** What the object calls itself in errors; default its class's name. */
  readonly source?: string | undefined;
  /** The object's type, where there is a type library. */
  readonly typeInfo?: ((lcid: number) => object | undefined) | undefined;
}

/**
 * The IDispatch of an implementation object: names to DISPIDs, and calls by DISPID with VARIANTs turned into what the method takes. The members are
 * those of its interface where one is given, else the object's own public methods, accessors and fields. An object that is iterable has `_NewEnum`.
 * ([MS-OAUT] 3.1.4)
 */
export class DispatchStub {
  readonly object: object;
  readonly members: MemberSource;
  readonly #options: DispatchStubOptions;

  constructor(
    object: object,
    descriptor: InterfaceDescriptor | undefined,
    options: DispatchStubOptions = {},
  ) {
    this.object = object;
    this.members = descriptor === undefined ? new ObjectMembers(object) : tableOf(descriptor);
    this.#options = options;
  }

  get identity(): Identity | undefined {
    return this.#options.identity;
  }

  GetTypeInfoCount(): number {
    return this.#options.typeInfo?.(0) === undefined ? 0 : 1;
  }

  GetTypeInfo(iTInfo: number, lcid: number): object {
    if (iTInfo !== 0)
      throw new ComError(HResult.DISP_E_BADINDEX, `an object has one type, number ${iTInfo} was asked for`);
    const info = this.#options.typeInfo?.(lcid);
    if (info !== undefined) return info;
    throw new ComError(HResult.DISP_E_BADINDEX, "this object has no type information");
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
    const member = this.memberByName(rgszNames[0] ?? "");
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
        `"${String(unknown).slice(0, 80)}" is not a name of this object${this.#hint()}`,
        { outputs: ids },
      );
    }
    return ids;
  }

  /** Most likely somebody forgot to list them. */
  #hint(): string {
    return this.members instanceof ObjectMembers && this.members.members.length === 0
      ? ": its class lists no members (static dispatch = { members: [...] })"
      : "";
  }

  async Invoke(
    dispIdMember: number,
    riid: Guid,
    lcid: number,
    dwFlags: number,
    pDispParams: DispParams,
    cVarRef: number,
    rgVarRefIdx: Uint32Array | readonly number[],
    rgVarRef: readonly Variant[],
  ): Promise<InvokeResult> {
    requireNullIid(riid);
    try {
      const references = { count: cVarRef, places: rgVarRefIdx, variants: rgVarRef };
      const result = await this.invokeMember(dispIdMember, lcid, dwFlags, pDispParams, references);
      const pVarResult = dwFlags & DISPATCH_zeroVarResult ? Variant.empty : result;
      return { pVarResult, pExcepInfo: noException, pArgErr: 0, rgVarRef };
    } catch (error) {
      throw this.#failure(error, dispIdMember, dwFlags, rgVarRef);
    }
  }

  /** The member itself, without the forms of Invoke. */
  invokeMember(
    dispId: number,
    lcid: number,
    flags: number,
    params: DispParams,
    references: {
      readonly count: number;
      readonly places: Uint32Array | readonly number[];
      readonly variants: readonly Variant[];
    },
  ): Promise<Variant> {
    const kinds = kindsOf(flags);
    const isPut = kinds.includes("put") || kinds.includes("putref");
    const args = readArguments(params, references, isPut);
    const member = this.members.byId(dispId);
    if (dispId === DispId.NEWENUM && !isPut) return this.#newEnum(member, lcid, args);
    if (member === undefined)
      throw new ComError(HResult.DISP_E_MEMBERNOTFOUND, `no member has the DISPID ${dispId}`);
    return runMember({ object: this.object, identity: this.#options.identity, member, flags, lcid, args });
  }

  /** A member by name; `_NewEnum` is one of everything that is iterable. */
  memberByName(name: string, exact = false): Member | undefined {
    const found = this.members.byName(name, exact);
    if (found !== undefined || name.toLowerCase() !== "_newenum" || !isIterable(this.object)) return found;
    return { name: "_NewEnum", dispId: DispId.NEWENUM, functions: [] };
  }

  /** The enumerator of a collection: what its own `_NewEnum` answers, else one over what it iterates. */
  async #newEnum(member: Member | undefined, lcid: number, args: CallArguments): Promise<Variant> {
    const { identity } = this.#options;
    const own = member?.functions.find(({ functionName }) => functionName in this.object);
    if (member !== undefined && own !== undefined) {
      const flags = DispatchFlag.METHOD | DispatchFlag.PROPERTYGET;
      const made = await runMember({ object: this.object, identity, member, flags, lcid, args });
      return isIterable(made.value) && !isPointerLike(made.value) ? this.#enumerator(made.value) : made;
    }
    if (isIterable(this.object)) return this.#enumerator(this.object);
    throw new ComError(HResult.DISP_E_MEMBERNOTFOUND, "the object is no collection");
  }

  #enumerator(items: AnyIterable): Variant {
    const { identity } = this.#options;
    const made = new EnumVariant(items, (item) => naturalResult(item, identity));
    return new Variant(VT.UNKNOWN, asPointer(made, IUnknown, identity));
  }

  /** How Invoke fails: the caller's mistakes as their own code, the method's as DISP_E_EXCEPTION with EXCEPINFO. */
  #failure(error: unknown, dispId: number, flags: number, rgVarRef: readonly Variant[]): ComError {
    const failed = ComError.from(error);
    const outputs = (info: ExcepInfo, place: number): InvokeResult => ({
      pVarResult: Variant.empty,
      pExcepInfo: flags & DISPATCH_zeroExcepInfo ? noException : info,
      pArgErr: flags & DISPATCH_zeroArgErr ? 0 : place,
      rgVarRef,
    });
    if (error instanceof ArgumentError || callerErrors.has(failed.code)) {
      const place = error instanceof ArgumentError ? error.place : 0;
      return new ComError(failed.code, failed.info.description, {
        cause: error,
        outputs: outputs(noException, place),
      });
    }
    const name = this.members.byId(dispId)?.name ?? `member ${dispId}`;
    const source =
      this.#options.source ?? (this.object.constructor as { name?: string } | undefined)?.name ?? "an object";
    return new ComError(HResult.DISP_E_EXCEPTION, `${name} failed: ${failed.message}`, {
      cause: error,
      source: failed.info.source,
      outputs: outputs(excepInfoOf(failed, source), 0),
    });
  }
}

function isPointerLike(value: object): boolean {
  return "QueryInterface" in value || "Next" in value;
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
  for (const { params, paramNames } of member.functions) {
    const names = params?.map((param) => param.name) ?? paramNames;
    const at = names?.findIndex((one) => one.toLowerCase() === wanted) ?? -1;
    if (at >= 0) return at;
  }
  return -1;
}

const callerErrors: ReadonlySet<number> = new Set([
  HResult.DISP_E_BADPARAMCOUNT,
  HResult.DISP_E_BADVARTYPE,
  HResult.DISP_E_MEMBERNOTFOUND,
  HResult.DISP_E_PARAMNOTFOUND,
  HResult.DISP_E_PARAMNOTOPTIONAL,
  HResult.DISP_E_NONAMEDARGS,
]);
