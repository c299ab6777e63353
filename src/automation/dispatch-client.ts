import type { CallOptions } from "../ndr/index.ts";
import { LCID_EN_US } from "./convert/locale.ts";
import { type CallValues, DispatchCaller, type DispatchMethods, readFlags } from "./late/dispatch-call.ts";
import { NamedArguments } from "./late/named.ts";
import { DispId, DispatchFlag } from "./member.ts";
import { Variant } from "./variant.ts";

export type { DispatchMethods };

export interface LateBoundOptions extends CallOptions {
  /** Locale of names and conversions. Default: en-US, 0x0409. */
  readonly lcid?: number;
}

/**
 * Calls an object by names, plainly: one method, one call. DISPIDs are asked for once and remembered. The pointer stays the caller's, who releases
 * it, and so do pointers in results. The form that reads as scripts do is `lateBound`.
 *
 * ```ts
 * const robot = new LateBound(dispatch);
 * await robot.set("Speed", 2);
 * await robot.call("Move", [1, 2]);
 * await robot.call("Move", [1, named({ y: 2 })]);
 * ```
 */
export class LateBound {
  readonly #caller: DispatchCaller;
  readonly #options: CallOptions;

  constructor(dispatch: DispatchMethods, options: LateBoundOptions = {}) {
    const { lcid, ...call } = options;
    this.#caller = new DispatchCaller(dispatch, lcid ?? LCID_EN_US);
    this.#options = call;
  }

  /** Calls a method (or reads a property with arguments). The result as a natural JavaScript value. */
  async call(name: string, args: readonly unknown[] = [], options?: CallOptions): Promise<unknown> {
    return (await this.invoke(name, readFlags, args, options)).toJs();
  }

  async get(name: string, args: readonly unknown[] = [], options?: CallOptions): Promise<unknown> {
    return (await this.invoke(name, DispatchFlag.PROPERTYGET, args, options)).toJs();
  }

  /** Sets a property; one with parameters through `invoke`, the value last. */
  async set(name: string, value: unknown, options?: CallOptions): Promise<void> {
    await this.invoke(name, DispatchFlag.PROPERTYPUT, [value], options);
  }

  /** The DISPID of a name. Throws DISP_E_UNKNOWNNAME. */
  async dispIdOf(name: string, options?: CallOptions): Promise<number> {
    const [id = DispId.UNKNOWN] = await this.#caller.dispIdsOf([name], options ?? this.#options);
    return id;
  }

  /** Calls by name with flags of {@link DispatchFlag}; the result as the VARIANT it is. The last argument may be `named({…})`. */
  invoke(name: string, flags: number, args: readonly unknown[], options?: CallOptions): Promise<Variant> {
    return this.#caller.invoke(name, flags, valuesOf(args, flags), options ?? this.#options);
  }
}

function valuesOf(args: readonly unknown[], flags: number): CallValues {
  const last = args.at(-1);
  const named =
    last instanceof NamedArguments
      ? Object.fromEntries(Object.entries(last.values).map(([name, value]) => [name, Variant.from(value)]))
      : undefined;
  const positional = (named === undefined ? args : args.slice(0, -1)).map((argument) =>
    Variant.from(argument),
  );
  const isPut = (flags & (DispatchFlag.PROPERTYPUT | DispatchFlag.PROPERTYPUTREF)) !== 0;
  return isPut
    ? { positional: positional.slice(0, -1), named, value: positional.at(-1) }
    : { positional, named };
}
