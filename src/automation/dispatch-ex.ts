import { ComError, GUID_NULL, HResult } from "../base/index.ts";
import { withStatus } from "../com/index.ts";
import { DispatchStub, type DispParams, type ExcepInfo, type InvokeResult } from "./dispatch-server.ts";
import { addGivenMember, dispatchSettingsOf, removeGivenMember } from "./dispatchable.ts";
import type { InterfaceDescriptor } from "../ndr/index.ts";
import { IDispatchEx, fdexNameCaseInsensitive, fdexNameCaseSensitive, fdexNameEnsure } from "./gen/dispex.ts";
import { byParameter, readArguments } from "./invoke/arguments.ts";
import { noException } from "./invoke/excep-info.ts";
import { ObjectMembers } from "./invoke/object-members.ts";
import { naturalResult } from "./invoke/results.ts";
import { DispId, DispatchFlag, type InvokeKind, type Member } from "./member.ts";
import { Variant } from "./variant.ts";

/** What IDispatchEx says of a member (fdexProp…). */
const Property = {
  CANGET: 0x1,
  CANNOTGET: 0x2,
  CANPUT: 0x4,
  CANNOTPUT: 0x8,
  CANPUTREF: 0x10,
  CANNOTPUTREF: 0x20,
  CANCALL: 0x100,
  CANNOTCALL: 0x200,
  CANCONSTRUCT: 0x400,
  CANNOTCONSTRUCT: 0x800,
} as const;

/** GetNextDispID has come to its start. */
const DISPID_STARTENUM = -1;

export interface InvokeExResult {
  readonly pvarRes: Variant;
  readonly pei: ExcepInfo;
  readonly rgvarRefArg: readonly Variant[];
}

/**
 * IDispatchEx: an object whose members come and go, as those of script languages do. What has the settings `dynamic`, and every plain JavaScript
 * object, may be given members by its callers; the members of others can be looked at only.
 */
export class DispatchExStub extends DispatchStub {
  /** What a stub is when it stands for an object by itself. */
  static get interfaces(): readonly InterfaceDescriptor[] {
    return [IDispatchEx];
  }

  /** The DISPID of a name; with fdexNameEnsure the member is made when it is missing. Throws DISP_E_UNKNOWNNAME. */
  GetDispID(bstrName: string | null, grfdex: number): number {
    const name = bstrName ?? "";
    const exact = (grfdex & fdexNameCaseSensitive) !== 0 && (grfdex & fdexNameCaseInsensitive) === 0;
    const member = this.memberByName(name, exact);
    if (member !== undefined) return member.dispId;
    if ((grfdex & fdexNameEnsure) === 0 || !this.#dynamic || !isFreeName(name))
      throw new ComError(HResult.DISP_E_UNKNOWNNAME, `"${name.slice(0, 80)}" is not a name of this object`);
    if (!(this.members instanceof ObjectMembers) || this.members.numbered >= maxMembers)
      throw new ComError(HResult.E_OUTOFMEMORY, `the objects of a class have at most ${maxMembers} names`);
    // What is there and not shown is the object's own affair.
    if (name in this.object)
      throw new ComError(HResult.DISP_E_UNKNOWNNAME, `"${name.slice(0, 80)}" is not a name to be given`);
    addGivenMember(this.object, name);
    (this.object as Record<string, unknown>)[name] = undefined;
    return this.memberByName(name, true)?.dispId ?? DispId.UNKNOWN;
  }

  async InvokeEx(
    id: number,
    lcid: number,
    dwFlags: number,
    pdp: DispParams,
    _pspCaller: object | null,
    cvarRefArg: number,
    rgiRefArg: Uint32Array | readonly number[],
    rgvarRefArg: readonly Variant[],
  ): Promise<InvokeExResult> {
    if (dwFlags & DispatchFlag.CONSTRUCT) {
      const references = { count: cvarRefArg, places: rgiRefArg, variants: rgvarRefArg };
      const made = this.#construct(
        id,
        byParameter(readArguments(withoutThis(pdp), references, false), 0).map((one) => one?.variant),
      );
      return { pvarRes: made, pei: noException, rgvarRefArg };
    }
    try {
      const result = await this.Invoke(
        id,
        GUID_NULL,
        lcid,
        dwFlags,
        withoutThis(pdp),
        cvarRefArg,
        rgiRefArg,
        rgvarRefArg,
      );
      return toEx(result);
    } catch (error) {
      const failed = ComError.from(error);
      const outputs = failed.outputs as InvokeResult | undefined;
      if (outputs === undefined) throw failed;
      throw new ComError(failed.code, failed.info.description, {
        cause: failed,
        source: failed.info.source,
        outputs: toEx(outputs),
      });
    }
  }

  DeleteMemberByName(bstrName: string | null, grfdex: number): void {
    const exact = (grfdex & fdexNameCaseSensitive) !== 0;
    return this.#delete(this.members.byName(bstrName ?? "", exact));
  }

  DeleteMemberByDispID(id: number): void {
    return this.#delete(this.members.byId(id));
  }

  /** What can be done with a member. */
  GetMemberProperties(id: number, grfdexFetch: number): number {
    const member = this.#member(id);
    const can = (kind: InvokeKind): boolean => member.functions.some((one) => one.kind === kind);
    const constructible = typeof (this.object as Record<string, unknown>)[member.name] === "function";
    return (
      grfdexFetch &
      ((can("get") ? Property.CANGET : Property.CANNOTGET) |
        (can("put") ? Property.CANPUT : Property.CANNOTPUT) |
        (can("putref") ? Property.CANPUTREF : Property.CANNOTPUTREF) |
        (can("method") ? Property.CANCALL : Property.CANNOTCALL) |
        (constructible ? Property.CANCONSTRUCT : Property.CANNOTCONSTRUCT))
    );
  }

  GetMemberName(id: number): string {
    return this.#member(id).name;
  }

  /** The member after another one, -1 to begin; S_FALSE at the end. */
  GetNextDispID(_grfdex: number, id: number): number {
    const ids = this.members.members.map((member) => member.dispId);
    const at = id === DISPID_STARTENUM ? 0 : ids.indexOf(id) + 1;
    if (id !== DISPID_STARTENUM && at === 0) this.#member(id);
    const next = ids[at];
    return next === undefined ? withStatus(HResult.S_FALSE, DISPID_STARTENUM) : next;
  }

  GetNameSpaceParent(): null {
    return null;
  }

  get #dynamic(): boolean {
    return this.members instanceof ObjectMembers && dispatchSettingsOf(this.object).dynamic === true;
  }

  #member(id: number): Member {
    const member = this.members.byId(id);
    if (member === undefined)
      throw new ComError(HResult.DISP_E_MEMBERNOTFOUND, `no member has the DISPID ${id}`);
    return member;
  }

  #delete(member: Member | undefined): void {
    if (member === undefined) return withStatus(HResult.S_FALSE, undefined);
    const own = Object.hasOwn(this.object, member.name);
    if (!this.#dynamic || !own || !Reflect.deleteProperty(this.object, member.name))
      throw new ComError(HResult.DISP_E_MEMBERNOTFOUND, `${member.name} cannot be deleted`);
    removeGivenMember(this.object, member.name);
    return undefined;
  }

  #construct(id: number, given: readonly (Variant | undefined)[]): Variant {
    const make: unknown =
      id === DispId.VALUE ? this.object : (this.object as Record<string, unknown>)[this.#member(id).name];
    if (typeof make !== "function")
      throw new ComError(HResult.DISP_E_MEMBERNOTFOUND, "the member makes no objects");
    const values = given.map((variant) => variant?.toJs());
    return naturalResult(Reflect.construct(make, values), this.identity);
  }
}

/** The most names that get a number, per class or plain object. Stops callers from filling memory with names that come and go. */
const maxMembers = 65_536;

/** Names that callers may make: not those the language itself uses. */
function isFreeName(name: string): boolean {
  return (
    name !== "" &&
    name.length <= 255 &&
    !name.startsWith("_") &&
    !(name in Object.prototype) &&
    name !== "then"
  );
}

/** The object the call is made on (DISPID_THIS), which scripts send along, is no argument. */
function withoutThis(params: DispParams): DispParams {
  const ids = [...(params.rgdispidNamedArgs ?? [])];
  const at = ids.indexOf(DispId.THIS);
  if (at < 0) return params;
  const rgvarg = (params.rgvarg ?? []).filter((_, i) => i !== at);
  ids.splice(at, 1);
  return { rgvarg, rgdispidNamedArgs: ids, cArgs: rgvarg.length, cNamedArgs: ids.length };
}

function toEx(result: InvokeResult): InvokeExResult {
  return { pvarRes: result.pVarResult, pei: result.pExcepInfo, rgvarRefArg: result.rgVarRef };
}
