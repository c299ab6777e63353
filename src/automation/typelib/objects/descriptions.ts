import type { ARRAYDESC, CUSTDATA, ELEMDESC, FUNCDESC, TYPEDESC, VARDESC } from "../../gen/oaidl.ts";
import type { Variant } from "../../variant.ts";
import { dispatchForm } from "../dispatch-form.ts";
import type { CustomData, FunctionDesc, ParameterDesc, TypeDesc, VariableDesc } from "../model.ts";
import { TypeCode } from "../type-code.ts";
import { hrefOf, throughBase } from "./references.ts";

/*
 * The model's descriptions in the form the interfaces give them out.
 */

const VAR_CONST = 2;
/** Bytes of a PARAMDESCEX. */
const PARAMDESCEX_SIZE = 24;

/** `base` tells through which base of a dispinterface the type is seen, see references.ts. */
export function typeDescOf(type: TypeDesc, base: number): TYPEDESC {
  const { vt } = type;
  switch (vt) {
    case TypeCode.PTR:
    case TypeCode.SAFEARRAY:
      return { vt, _tdUnion: { tag: vt, lptdesc: elementOf(type, base) } };
    case TypeCode.CARRAY:
      return { vt, _tdUnion: { tag: vt, lpadesc: arrayDescOf(type, base) } };
    case TypeCode.USERDEFINED: {
      const href = type.reference === undefined ? 0 : hrefOf(type.reference);
      return { vt, _tdUnion: { tag: vt, hreftype: throughBase(href, base) } };
    }
    default:
      return { vt, _tdUnion: { tag: vt } };
  }
}

function elementOf(type: TypeDesc, base: number): TYPEDESC | null {
  return type.element === undefined ? null : typeDescOf(type.element, base);
}

function arrayDescOf(type: TypeDesc, base: number): ARRAYDESC {
  const bounds = type.bounds ?? [];
  return {
    tdescElem: typeDescOf(type.element ?? { vt: TypeCode.EMPTY }, base),
    cDims: bounds.length,
    rgbounds: bounds.map(({ count, lower }) => ({ cElements: count, lLbound: lower })),
  };
}

export const emptyType: TYPEDESC = { vt: TypeCode.EMPTY, _tdUnion: { tag: TypeCode.EMPTY } };

function elemDescOf(type: TypeDesc, base: number, flags = 0, defaultValue?: Variant): ELEMDESC {
  return {
    tdesc: typeDescOf(type, base),
    paramdesc: {
      pparamdescex:
        defaultValue === undefined ? null : { cBytes: PARAMDESCEX_SIZE, varDefaultValue: defaultValue },
      wParamFlags: flags,
    },
  };
}

/** The FUNCDESC of a function; of a dispinterface in the form Invoke takes. `slot` is its place in the vtable. */
export function funcDescOf(desc: FunctionDesc, base: number, dispatch: boolean, oVft: number): FUNCDESC {
  const shown = dispatch ? dispatchForm(desc) : desc;
  return {
    memid: shown.memid,
    lprgscode: null,
    lprgelemdescParam:
      shown.params.length === 0 ? null : shown.params.map((param) => paramDescOf(param, base)),
    funckind: shown.kind,
    invkind: shown.invoke,
    callconv: shown.callConv,
    cParams: shown.params.length,
    cParamsOpt: shown.optionalCount,
    oVft,
    cScodes: 0,
    elemdescFunc: elemDescOf(shown.result, base),
    wFuncFlags: shown.flags,
  };
}

function paramDescOf(param: ParameterDesc, base: number): ELEMDESC {
  return elemDescOf(param.type, base, param.flags, param.defaultValue);
}

export function varDescOf(desc: VariableDesc): VARDESC {
  const constant = desc.kind === VAR_CONST;
  return {
    memid: desc.memid,
    lpstrSchema: null,
    _vdUnion: constant
      ? { tag: VAR_CONST, lpvarValue: desc.value ?? null }
      : { tag: desc.kind as 0, oInst: desc.offset },
    elemdescVar: elemDescOf(desc.type, 0),
    wVarFlags: desc.flags,
    varkind: desc.kind,
  };
}

export function custDataOf(list: readonly CustomData[]): CUSTDATA {
  return {
    cCustData: list.length,
    prgCustData: list.length === 0 ? null : list.map(({ guid, value }) => ({ guid, varValue: value })),
  };
}
