import { ComError, HResult } from "../../../base/index.ts";
import type { ELEMDESC, FUNCDESC, TYPEDESC, VARDESC } from "../../gen/oaidl.ts";
import { FUNCKIND, INVOKEKIND, TYPEKIND, VARKIND } from "../../gen/oaidl.ts";
import { UNNUMBERED } from "../builder.ts";
import { TypeLibStatus } from "../errors.ts";
import { typeLibLimits } from "../limits.ts";
import type { FunctionDesc, ParameterDesc, TypeDesc, VariableDesc } from "../model.ts";
import { parseHref } from "../objects/references.ts";
import { TypeCode } from "../type-code.ts";

/*
 * The descriptions that ICreateTypeInfo takes, in the form of the model: the other way of objects/descriptions.ts.
 */

const MEMBERID_NIL = -1;
const PARAMFLAG_FHASDEFAULT = 0x20;

/** Throws E_INVALIDARG for a description that says less than its type needs, or is nested too deep. */
export function typeOfDesc(desc: TYPEDESC, depth = 0): TypeDesc {
  if (depth > typeLibLimits.maxDepth) throw invalid("a type is nested too deep");
  const { vt, _tdUnion: union } = desc;
  switch (vt) {
    case TypeCode.PTR:
    case TypeCode.SAFEARRAY:
      if (!("lptdesc" in union) || union.lptdesc === null)
        throw invalid("a pointer or array leads to no type");
      return { vt, element: typeOfDesc(union.lptdesc, depth + 1) };
    case TypeCode.CARRAY: {
      if (!("lpadesc" in union) || union.lpadesc === null) throw invalid("an array has no description");
      const { tdescElem, rgbounds } = union.lpadesc;
      return {
        vt,
        element: typeOfDesc(tdescElem, depth + 1),
        bounds: rgbounds.map(({ cElements, lLbound }) => ({ count: cElements, lower: lLbound })),
      };
    }
    case TypeCode.USERDEFINED: {
      if (!("hreftype" in union)) throw invalid("a type of a library is not named");
      return { vt, reference: parseHref(union.hreftype >>> 0).reference };
    }
    default:
      return { vt };
  }
}

/** A function without its names, which SetFuncAndParamNames gives. Throws TYPE_E_BADMODULEKIND when the type has no functions of the kind. */
export function functionOfDesc(desc: FUNCDESC, kind: TYPEKIND, dual: boolean): FunctionDesc {
  checkKind(desc, kind, dual);
  return {
    name: "",
    memid: desc.memid === MEMBERID_NIL ? UNNUMBERED : desc.memid,
    kind: desc.funckind,
    invoke: desc.invkind,
    callConv: desc.callconv,
    flags: desc.wFuncFlags,
    result: typeOfDesc(desc.elemdescFunc.tdesc),
    params: (desc.lprgelemdescParam ?? []).map(parameterOfDesc),
    optionalCount: desc.cParamsOpt,
    vtableOffset: 0,
    entry: undefined,
    docString: undefined,
    helpContext: 0,
    helpStringContext: 0,
    customData: [],
  };
}

function parameterOfDesc({ tdesc, paramdesc }: ELEMDESC): ParameterDesc {
  const { wParamFlags, pparamdescex } = paramdesc;
  const given = (wParamFlags & PARAMFLAG_FHASDEFAULT) !== 0;
  if (given && pparamdescex === null) throw invalid("a default value is announced and not given");
  return {
    name: undefined,
    type: typeOfDesc(tdesc),
    flags: wParamFlags,
    defaultValue: given ? pparamdescex?.varDefaultValue : undefined,
    customData: [],
  };
}

/** A function of a module is static, one of a dispinterface is called by Invoke, any other stands in a vtable. */
function checkKind({ funckind, invkind }: FUNCDESC, kind: TYPEKIND, dual: boolean): void {
  const fits =
    kind === TYPEKIND.TKIND_MODULE
      ? funckind === FUNCKIND.FUNC_STATIC
      : kind === TYPEKIND.TKIND_DISPATCH
        ? funckind === FUNCKIND.FUNC_DISPATCH || (dual && isVirtual(funckind))
        : kind === TYPEKIND.TKIND_INTERFACE && isVirtual(funckind);
  if (!fits || !(Object.values(INVOKEKIND) as number[]).includes(invkind)) {
    throw new ComError(TypeLibStatus.BADMODULEKIND, "a type of this kind has no functions of that kind");
  }
}

function isVirtual(kind: FUNCKIND): boolean {
  return kind === FUNCKIND.FUNC_PUREVIRTUAL || kind === FUNCKIND.FUNC_VIRTUAL;
}

/** A variable without its name, which SetVarName gives. */
export function variableOfDesc(desc: VARDESC): VariableDesc {
  const union = desc._vdUnion;
  const constant = desc.varkind === VARKIND.VAR_CONST;
  if (constant && (!("lpvarValue" in union) || union.lpvarValue === null)) {
    throw invalid("a constant has no value");
  }
  return {
    name: "",
    memid: desc.memid === MEMBERID_NIL ? UNNUMBERED : desc.memid,
    kind: desc.varkind,
    flags: desc.wVarFlags,
    type: typeOfDesc(desc.elemdescVar.tdesc),
    offset: 0,
    value: "lpvarValue" in union ? (union.lpvarValue ?? undefined) : undefined,
    docString: undefined,
    helpContext: 0,
    helpStringContext: 0,
    customData: [],
  };
}

function invalid(message: string): ComError {
  return new ComError(HResult.E_INVALIDARG, message);
}
