import { ComError, GUID_NULL, HResult } from "../base/index.ts";
import { changeType, dereference } from "./convert.ts";
import { DispatchStub, type DispParams, type DispatchStubOptions } from "./dispatch-server.ts";
import { ArgumentError } from "./invoke/arguments.ts";
import { DispId } from "./member.ts";
import { interfaceFromTypeInfo } from "./typelib/descriptor.ts";
import type { TypeView } from "./typelib/scope.ts";
import type { Variant } from "./variant.ts";
import { VT } from "./vt.ts";

/*
 * What servers that write their own IDispatch lean on.
 */

/**
 * The IDispatch of an object as a type library describes it (CreateStdDispatch, DispInvoke, DispGetIDsOfNames): to be called, or to be handed out as
 * an implementation of IDispatch. The object keeps its own life.
 */
export function createStdDispatch(
  object: object,
  type: TypeView,
  options: DispatchStubOptions = {},
): DispatchStub {
  return new DispatchStub(object, interfaceFromTypeInfo(type), options);
}

/** DISPIDs of a member and its parameters as its type has them (ITypeInfo::GetIDsOfNames). Throws DISP_E_UNKNOWNNAME, with what was found as `outputs`. */
export function dispIdsOfNames(type: TypeView, names: readonly string[]): Int32Array {
  const stub = new DispatchStub({}, interfaceFromTypeInfo(type));
  return stub.GetIDsOfNames(GUID_NULL, names, names.length, 0);
}

/**
 * The argument of a parameter, as the type it is declared with (DispGetParam): `position` counts from the left, and an argument by name counts at the
 * position that is its DISPID; DISPID_PROPERTYPUT is asked for as such. Throws DISP_E_PARAMNOTFOUND when there is none, DISP_E_TYPEMISMATCH and
 * DISP_E_OVERFLOW when it does not become the type; the failure of an argument says its place in rgvarg (`place`).
 */
export function dispGetParam(params: DispParams, position: number, vt: number, lcid?: number): Variant {
  const list = params.rgvarg ?? [];
  const names = params.rgdispidNamedArgs ?? [];
  const ordered = list.length - names.length;
  const place =
    position !== DispId.PROPERTYPUT && position >= 0 && position < ordered
      ? list.length - 1 - position
      : names.indexOf(position);
  const found = place < 0 ? undefined : list[place];
  if (found === undefined)
    throw new ComError(HResult.DISP_E_PARAMNOTFOUND, `no argument is given for parameter ${position}`);
  try {
    if (vt === VT.VARIANT) return dereference(found);
    return changeType(found, vt, lcid === undefined ? {} : { lcid });
  } catch (error) {
    throw new ArgumentError(error, place);
  }
}
