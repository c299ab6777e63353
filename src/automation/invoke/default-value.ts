import { ComError, GUID_NULL, HResult } from "../../base/index.ts";
import { type Identity, isPointer, pointerTo } from "../../com/index.ts";
import { IDispatch } from "../gen/oaidl.ts";
import { type ChangeTypeOptions, VariantFlag, changeType, dereference } from "../convert.ts";
import { LCID_EN_US } from "../convert/locale.ts";
import { DispId, DispatchFlag } from "../member.ts";
import type { Variant } from "../variant.ts";
import { VT } from "../vt.ts";
import { unwrapException } from "./excep-info.ts";

/** The runtime an object belongs to. */
type Host = Identity["host"];

/** Runs `use` with the IDispatch of a pointer or an implementation object. */
async function withDispatch<T>(
  object: object,
  use: (dispatch: IDispatch) => Promise<T>,
  host?: Host,
): Promise<T> {
  const dispatch = await (isPointer(object)
    ? object.QueryInterface(IDispatch)
    : pointerTo(object, IDispatch, host));
  try {
    return await use(dispatch);
  } finally {
    dispatch[Symbol.dispose]();
  }
}

/** Invokes what stands for the object itself (DISPID_VALUE), `args` in the order of the parameters. */
export function invokeDefault(
  object: object,
  flags: number,
  args: readonly Variant[],
  lcid: number,
  host?: Host,
): Promise<Variant> {
  const params = {
    rgvarg: args.toReversed(),
    rgdispidNamedArgs: new Int32Array(0),
    cArgs: args.length,
    cNamedArgs: 0,
  };
  return withDispatch(
    object,
    async (dispatch) => {
      try {
        const invoked = await dispatch.Invoke(
          DispId.VALUE,
          GUID_NULL,
          lcid,
          flags,
          params,
          0,
          new Uint32Array(0),
          [],
        );
        return invoked.pVarResult;
      } catch (error) {
        throw unwrapException(error, "the default member");
      }
    },
    host,
  );
}

/** The default property of an object; one that has none is of the wrong type. */
async function defaultOf(object: object, lcid: number): Promise<Variant> {
  try {
    return await invokeDefault(object, DispatchFlag.PROPERTYGET, [], lcid);
  } catch (error) {
    if (!withoutDefault.has(ComError.from(error).code)) throw error;
    throw new ComError(HResult.DISP_E_TYPEMISMATCH, "the object has no default property", { cause: error });
  }
}

const withoutDefault: ReadonlySet<number> = new Set([
  HResult.E_NOINTERFACE,
  HResult.DISP_E_MEMBERNOTFOUND,
  HResult.DISP_E_BADPARAMCOUNT,
]);

/** An object whose default property is an object whose default property …: how far that is followed. */
const maxHops = 8;

/**
 * As `changeType`; an object that is to become a plain value is asked for its default property first, unless the flags say NOVALUEPROP
 * (VariantChangeType).
 */
export async function coerce(from: Variant, vt: number, options: ChangeTypeOptions = {}): Promise<Variant> {
  let source = dereference(from);
  if ((options.flags ?? 0) & VariantFlag.NOVALUEPROP || vt === VT.DISPATCH || vt === VT.UNKNOWN)
    return changeType(source, vt, options);
  for (let hops = 0; source.vt === VT.DISPATCH && source.value !== null; hops++) {
    if (hops === maxHops)
      throw new ComError(HResult.DISP_E_TYPEMISMATCH, "default properties without an end");
    source = dereference(await defaultOf(source.value as object, options.lcid ?? LCID_EN_US));
  }
  return changeType(source, vt, options);
}
