import type { FunctionDesc } from "./model.ts";
import { TypeCode } from "./type-code.ts";

const FUNC_DISPATCH = 4;
const PARAMFLAG_FLCID = 4;
const PARAMFLAG_FRETVAL = 8;

/**
 * A function of a vtable as the dispinterface shows it: the [retval] parameter is what it returns, HRESULT and [lcid] do not show, because Invoke has
 * places of its own for them. ([MS-OAUT] 3.7.1.2)
 */
export function dispatchForm(desc: FunctionDesc): FunctionDesc {
  if (desc.kind === FUNC_DISPATCH) return desc;
  let params = desc.params;
  let result = desc.result;
  const last = params.at(-1);
  if (last !== undefined && last.flags & PARAMFLAG_FRETVAL && last.type.element !== undefined) {
    result = last.type.element;
    params = params.slice(0, -1);
  } else if (result.vt === TypeCode.HRESULT) {
    result = { vt: TypeCode.VOID };
  }
  if ((params.at(-1)?.flags ?? 0) & PARAMFLAG_FLCID) params = params.slice(0, -1);
  return { ...desc, kind: FUNC_DISPATCH, result, params };
}
