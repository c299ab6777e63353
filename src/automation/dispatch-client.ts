import { ComError, GUID_NULL, type Guid, HResult } from "../base/index.ts";
import type { Awaitable, CallOptions } from "../ndr/index.ts";
import type { DispParams, ExcepInfo, InvokeResult } from "./dispatch-server.ts";
import { DispId, DispatchFlag } from "./member.ts";
import { Variant } from "./variant.ts";
import { VT } from "./vt.ts";

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

export interface LateBoundOptions extends CallOptions {
  /** Locale of names and conversions. Default: en-US, 0x0409. */
  readonly lcid?: number;
}

/**
 * Calls an object by names, as scripts do. DISPIDs are asked for once and remembered. The pointer stays the caller's, who releases it.
 */
export class LateBound {
  readonly #dispatch: DispatchMethods;
  readonly #lcid: number;
  readonly #ids = new Map<string, number>();

  constructor(dispatch: DispatchMethods, options: LateBoundOptions = {}) {
    this.#dispatch = dispatch;
    this.#lcid = options.lcid ?? 0x0409;
  }

  /** Calls a method (or reads a property with arguments). The result as a natural JavaScript value. */
  async call(name: string, args: readonly unknown[] = [], options?: CallOptions): Promise<unknown> {
    const flags = DispatchFlag.METHOD | DispatchFlag.PROPERTYGET;
    return (await this.invoke(name, flags, args, options)).toJs();
  }

  async get(name: string, args: readonly unknown[] = [], options?: CallOptions): Promise<unknown> {
    return (await this.invoke(name, DispatchFlag.PROPERTYGET, args, options)).toJs();
  }

  async set(name: string, value: unknown, options?: CallOptions): Promise<void> {
    await this.invoke(name, DispatchFlag.PROPERTYPUT, [value], options);
  }

  /** The DISPID of a name. Throws DISP_E_UNKNOWNNAME. */
  async dispIdOf(name: string, options?: CallOptions): Promise<number> {
    const key = name.toLowerCase();
    let id = this.#ids.get(key);
    if (id === undefined) {
      const ids = await this.#dispatch.GetIDsOfNames(GUID_NULL, [name], 1, this.#lcid, options);
      id = ids[0] ?? DispId.UNKNOWN;
      this.#ids.set(key, id);
    }
    return id;
  }

  /** Calls by name with flags of {@link DispatchFlag}; the result as the VARIANT it is. */
  async invoke(
    name: string,
    flags: number,
    args: readonly unknown[],
    options?: CallOptions,
  ): Promise<Variant> {
    const dispId = await this.dispIdOf(name, options);
    const isPut = (flags & (DispatchFlag.PROPERTYPUT | DispatchFlag.PROPERTYPUTREF)) !== 0;
    const variants = args.map((argument) => Variant.from(argument)).toReversed();
    const references = takeReferences(variants);
    const params: DispParams = {
      rgvarg: variants.length === 0 ? null : variants,
      rgdispidNamedArgs: isPut ? new Int32Array([DispId.PROPERTYPUT]) : null,
      cArgs: variants.length,
      cNamedArgs: isPut ? 1 : 0,
    };
    try {
      const result = await this.#dispatch.Invoke(
        dispId,
        GUID_NULL,
        this.#lcid,
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
      throw withException(error, name);
    }
  }
}

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
    if (back === undefined || back === variant || !(back.vt & VT.BYREF)) continue;
    (variant.value as { value: unknown }).value = (back.value as { value: unknown }).value;
  }
}

/** DISP_E_EXCEPTION becomes the failure that EXCEPINFO tells of. */
function withException(error: unknown, name: string): unknown {
  if (!(error instanceof ComError) || error.code !== HResult.DISP_E_EXCEPTION) return error;
  const info = (error.outputs as { readonly pExcepInfo?: ExcepInfo } | undefined)?.pExcepInfo;
  if (info === undefined) return error;
  const code =
    info.scode !== 0 ? info.scode : info.wCode !== 0 ? 0x80040000 + info.wCode : HResult.DISP_E_EXCEPTION;
  return new ComError(code, info.bstrDescription ?? undefined, {
    cause: error,
    remote: true,
    where: name,
    source: info.bstrSource ?? undefined,
    helpFile: info.bstrHelpFile ?? undefined,
    helpContext: info.dwHelpContext,
  });
}
