import { ComError, HResult } from "../../base/index.ts";
import { DispId } from "../member.ts";
import type { Variant } from "../variant.ts";

/** DISPPARAMS: arguments last first, and the DISPIDs of the named ones, which stand in front. ([MS-OAUT] 2.2.33) */
export interface DispParams {
  readonly rgvarg: readonly Variant[] | null;
  readonly rgdispidNamedArgs: Int32Array | readonly number[] | null;
  readonly cArgs: number;
  readonly cNamedArgs: number;
}

/** The by-reference arguments, which travel beside the others. ([MS-OAUT] 3.1.4.4) */
export interface References {
  readonly count: number;
  /** Places in rgvarg. */
  readonly places: Uint32Array | readonly number[];
  readonly variants: readonly Variant[];
}

/** One argument and its place in rgvarg, which errors are told by. */
export interface Argument {
  readonly variant: Variant;
  readonly place: number;
}

/** The arguments of a call: those in order, those by the DISPID of a parameter, and the value a property is set to. */
export interface CallArguments {
  readonly positional: readonly Argument[];
  readonly named: ReadonlyMap<number, Argument>;
  readonly value: Argument | undefined;
}

/** A failure that is the caller's: which argument, counted as rgvarg counts. */
export class ArgumentError extends ComError {
  readonly place: number;
  constructor(cause: unknown, place: number) {
    const error = ComError.from(cause);
    super(error.code, error.info.description, { cause: error });
    this.place = place;
  }
}

/** A call that is wrong in itself, whatever the member. */
export function malformed(what: string): ArgumentError {
  return new ArgumentError(new ComError(HResult.E_INVALIDARG, what), 0);
}

/** No method has more parameters. */
const maxParameter = 255;

/** Sorts what came. `isPut`: the call sets a property. Throws E_INVALIDARG, DISP_E_PARAMNOTFOUND. */
export function readArguments(params: DispParams, references: References, isPut: boolean): CallArguments {
  const all = withReferences(params, references);
  const ids = params.rgdispidNamedArgs ?? [];
  const namedCount = params.cNamedArgs;
  if (namedCount > all.length) throw malformed(`${namedCount} named arguments among ${all.length} arguments`);
  const named = new Map<number, Argument>();
  let value: Argument | undefined;
  for (let place = 0; place < namedCount; place++) {
    const id = ids[place] ?? DispId.UNKNOWN;
    const argument = { variant: all[place] as Variant, place };
    if (isPut && id === DispId.PROPERTYPUT) value = argument;
    else if (named.has(id)) throw givenTwice(argument);
    else if (id >= 0 && id <= maxParameter) named.set(id, argument);
    else
      throw new ArgumentError(
        new ComError(HResult.DISP_E_PARAMNOTFOUND, `no parameter has the DISPID ${id}`),
        place,
      );
  }
  const positional: Argument[] = [];
  for (let place = all.length - 1; place >= namedCount; place--)
    positional.push({ variant: all[place] as Variant, place });
  // Some callers do not name the value of a property: then it is the last argument.
  if (isPut && value === undefined) value = positional.pop();
  return { positional, named, value };
}

function givenTwice({ place }: Argument): ArgumentError {
  return new ArgumentError(new ComError(HResult.DISP_E_BADPARAMCOUNT, "an argument is given twice"), place);
}

function withReferences(params: DispParams, { count, places, variants }: References): readonly Variant[] {
  const all = [...(params.rgvarg ?? [])];
  for (let i = 0; i < count; i++) {
    const at = places[i] ?? -1;
    const variant = variants[i];
    if (at < 0 || at >= all.length || variant === undefined) {
      throw malformed(`the by-reference argument ${at} lies outside the ${all.length} arguments`);
    }
    all[at] = variant;
  }
  return all;
}

/**
 * The arguments by parameter, for a function with `count` parameters; the value of a property goes to the last one. `isFixed`: there are no others, and
 * one that is named must be among them (DISP_E_PARAMNOTFOUND).
 */
export function byParameter(args: CallArguments, count: number, isFixed = false): (Argument | undefined)[] {
  const list: (Argument | undefined)[] = [...args.positional];
  for (const [at, argument] of args.named) {
    if (isFixed && at >= count)
      throw new ArgumentError(
        new ComError(HResult.DISP_E_PARAMNOTFOUND, `no parameter has the DISPID ${at}`),
        argument.place,
      );
    if (list[at] !== undefined) throw givenTwice(argument);
    list[at] = argument;
  }
  if (args.value !== undefined) list[Math.max(count - 1, list.length)] = args.value;
  return Array.from(list);
}
