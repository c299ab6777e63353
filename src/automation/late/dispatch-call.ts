import { ComError, GUID_NULL, type Guid, HResult } from "../../base/index.ts";
import type { Awaitable, CallOptions } from "../../ndr/index.ts";
import type { DispParams, InvokeResult } from "../dispatch-server.ts";
import { unwrapException } from "../invoke/excep-info.ts";
import { DispId, DispatchFlag } from "../member.ts";
import { Variant } from "../variant.ts";
import { VT } from "../vt.ts";

/** The methods of IDispatch as the wire has them; every pointer to a generated dual or dispatch interface fits. */
export interface DispatchMethods {
  GetIDsOfNames(
    riid: Guid,
    rgszNames: readonly (string | null)[],
    cNames: number,
    lcid: number,
    options?: CallOptions,
  ): Awaitable<Int32Array>;
  Invoke(
    dispIdMember: number,
    riid: Guid,
    lcid: number,
    dwFlags: number,
    pDispParams: DispParams,
    cVarRef: number,
    rgVarRefIdx: Uint32Array,
    rgVarRef: readonly Variant[],
    options?: CallOptions,
  ): Awaitable<InvokeResult>;
}

/** What a call passes: arguments in order, arguments by name, and for a property the value it is set to. */
export interface CallValues {
  readonly positional: readonly Variant[];
  readonly named?: Readonly<Record<string, Variant>> | undefined;
  readonly value?: Variant | undefined;
}

/** Calls one object through IDispatch. DISPIDs are asked for once and remembered. */
export class DispatchCaller {
  readonly dispatch: DispatchMethods;
  readonly lcid: number;
  readonly #ids = new Map<string, readonly number[]>();

  constructor(dispatch: DispatchMethods, lcid: number) {
    this.dispatch = dispatch;
    this.lcid = lcid;
  }

  /** The DISPID of a member, followed by those of its parameters. Throws DISP_E_UNKNOWNNAME. */
  async dispIdsOf(names: readonly string[], options?: CallOptions): Promise<readonly number[]> {
    const key = names.join("\0").toLowerCase();
    let ids = this.#ids.get(key);
    if (ids === undefined) {
      try {
        ids = [...(await this.dispatch.GetIDsOfNames(GUID_NULL, names, names.length, this.lcid, options))];
      } catch (error) {
        throw unknownName(error, names);
      }
      this.#ids.set(key, ids);
    }
    return ids;
  }

  /** Invokes a member by its name, or by a DISPID. */
  async invoke(
    member: string | number,
    flags: number,
    values: CallValues,
    options?: CallOptions,
  ): Promise<Variant> {
    const names = Object.keys(values.named ?? {});
    const [dispId = DispId.UNKNOWN, ...parameters] =
      typeof member === "number" ? [member] : await this.dispIdsOf([member, ...names], options);
    if (typeof member === "number" && names.length > 0)
      throw new ComError(HResult.DISP_E_NONAMEDARGS, "arguments of the default member are given in order");
    const namedIds = values.value === undefined ? parameters : [DispId.PROPERTYPUT, ...parameters];
    const rgvarg = [
      ...(values.value === undefined ? [] : [values.value]),
      ...Object.values(values.named ?? {}),
      ...values.positional.toReversed(),
    ];
    const references = takeReferences(rgvarg);
    const params: DispParams = {
      rgvarg: rgvarg.length === 0 ? null : rgvarg,
      rgdispidNamedArgs: namedIds.length === 0 ? null : new Int32Array(namedIds),
      cArgs: rgvarg.length,
      cNamedArgs: namedIds.length,
    };
    try {
      const result = await this.dispatch.Invoke(
        dispId,
        GUID_NULL,
        this.lcid,
        flags,
        params,
        references.variants.length,
        references.places,
        references.variants,
        options,
      );
      bringBack(references.variants, result.rgVarRef);
      return result.pVarResult;
    } catch (error) {
      throw unwrapException(error, typeof member === "string" ? member : "the default member");
    }
  }
}

/** Flags of a script's read or call: a property and a method look alike to it. */
export const readFlags: number = DispatchFlag.METHOD | DispatchFlag.PROPERTYGET;

/** BYREF arguments travel beside rgvarg, which keeps an empty place for each. ([MS-OAUT] 3.1.4.4) */
function takeReferences(variants: Variant[]): { places: Uint32Array; variants: readonly Variant[] } {
  const places: number[] = [];
  const taken: Variant[] = [];
  for (const [i, variant] of variants.entries()) {
    if (!(variant.vt & VT.BYREF)) continue;
    places.push(i);
    taken.push(variant);
    variants[i] = Variant.empty;
  }
  return { places: new Uint32Array(places), variants: taken };
}

function bringBack(sent: readonly Variant[], received: readonly Variant[]): void {
  for (const [i, variant] of sent.entries()) {
    const back = received[i];
    if (
      back === undefined ||
      back === variant ||
      !(back.vt & VT.BYREF) ||
      variant.vt === (VT.RECORD | VT.BYREF)
    )
      continue;
    (variant.value as { value: unknown }).value = (back.value as { value: unknown }).value;
  }
}

function unknownName(error: unknown, names: readonly string[]): unknown {
  if (!(error instanceof ComError) || error.code !== HResult.DISP_E_UNKNOWNNAME) return error;
  const ids = error.outputs instanceof Int32Array ? error.outputs : undefined;
  const name = names.find((_, i) => (ids?.[i] ?? DispId.UNKNOWN) === DispId.UNKNOWN) ?? names[0];
  return new ComError(error.code, `the object has no ${String(name)}`, {
    cause: error,
    remote: error.remote,
    where: names[0],
  });
}
