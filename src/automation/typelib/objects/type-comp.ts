import {
  type DESCKIND,
  type FUNCDESC,
  ITypeComp,
  type ITypeInfo,
  type TYPEDESC,
  type VARDESC,
} from "../../gen/oaidl.ts";
import { ComError } from "../../../base/index.ts";
import { TypeLibStatus } from "../errors.ts";
import { TypeCode } from "../type-code.ts";
import { hrefOf } from "./references.ts";
import type { TypeInfoObject } from "./type-info.ts";
import type { TypeLibObject } from "./type-lib.ts";

const TKIND_ENUM = 0;
const TKIND_MODULE = 2;
const TKIND_COCLASS = 5;
const TYPEFLAG_FAPPOBJECT = 1;
const DESCKIND_NONE = 0;
const DESCKIND_FUNCDESC = 1;
const DESCKIND_VARDESC = 2;
const DESCKIND_TYPECOMP = 3;
const DESCKIND_IMPLICITAPPOBJ = 4;
const VAR_STATIC = 1;
const IMPLICIT_MEMID = -2;

interface Binding {
  readonly ppTInfo: ITypeInfo | null;
  readonly pDescKind: DESCKIND;
  readonly ppFuncDesc: FUNCDESC | null;
  readonly ppVarDesc: VARDESC | null;
  readonly ppTypeComp: ITypeComp | null;
  readonly pDummy: number;
}

const nothing: Binding = {
  ppTInfo: null,
  pDescKind: DESCKIND_NONE,
  ppFuncDesc: null,
  ppVarDesc: null,
  ppTypeComp: null,
  pDummy: 0,
};

/** Finds names for a compiler: in one type, or in a whole library (then `info` is undefined). ([MS-OAUT] 3.5) */
export class TypeCompObject {
  static readonly interfaces: readonly [typeof ITypeComp] = [ITypeComp];
  readonly #library: TypeLibObject;
  readonly #info: TypeInfoObject | undefined;

  constructor(library: TypeLibObject, info: TypeInfoObject | undefined) {
    this.#library = library;
    this.#info = info;
  }

  /** The hash need not be right, the name is compared. */
  Bind(szName: string, _lHashVal: number, wFlags: number): Binding {
    return this.#info === undefined
      ? this.#bindInLibrary(szName, wFlags)
      : bindIn(this.#info, szName, wFlags);
  }

  BindType(szName: string, _lHashVal: number): ITypeInfo | null {
    if (this.#info !== undefined) return null;
    const view = this.#library.scope.typeOfName(szName);
    return view === undefined ? null : (this.#library.infoOf(view) as unknown as ITypeInfo);
  }

  /** Enumerations and modules by their names and those of their members, and the members of application objects. */
  #bindInLibrary(name: string, flags: number): Binding {
    let mismatch: unknown;
    const wanted = name.toLowerCase();
    for (const [index, type] of this.#library.scope.library.types.entries()) {
      const group = type.kind === TKIND_ENUM || type.kind === TKIND_MODULE;
      const application = type.kind === TKIND_COCLASS && (type.flags & TYPEFLAG_FAPPOBJECT) !== 0;
      if (!group && !application) continue;
      const info = this.#library.infoAt(index);
      if (group && type.name.toLowerCase() === wanted) {
        return {
          ...nothing,
          pDescKind: DESCKIND_TYPECOMP,
          ppTypeComp: info.GetTypeComp(),
        };
      }
      try {
        const found = application ? this.#bindApplication(info, name, flags) : bindIn(info, name, flags);
        if (found.pDescKind !== DESCKIND_NONE) return found;
      } catch (error) {
        if (ComError.from(error).code !== TypeLibStatus.TYPEMISMATCH) throw error;
        mismatch = error;
      }
    }
    if (mismatch !== undefined) throw mismatch;
    return nothing;
  }

  #bindApplication(info: TypeInfoObject, name: string, flags: number): Binding {
    const main = this.#library.defaultInterface(info.view);
    if (main === undefined || bindIn(main, name, flags).pDescKind === DESCKIND_NONE) return nothing;
    return {
      ...nothing,
      ppTInfo: info as unknown as ITypeInfo,
      pDescKind: DESCKIND_IMPLICITAPPOBJ,
      ppVarDesc: applicationVariable(info),
      ppTypeComp: info.GetTypeComp(),
    };
  }
}

function bindIn(info: TypeInfoObject, name: string, flags: number): Binding {
  const { kind, info: owner, member } = info.bind(name, flags);
  if (kind === DESCKIND_NONE) return nothing;
  return {
    ...nothing,
    ppTInfo: owner as unknown as ITypeInfo,
    pDescKind: kind,
    ppFuncDesc: kind === DESCKIND_FUNCDESC ? (member as FUNCDESC) : null,
    ppVarDesc: kind === DESCKIND_VARDESC ? (member as VARDESC) : null,
  };
}

/** Stands for the application object itself: a static variable of the coclass's type. */
function applicationVariable(info: TypeInfoObject): VARDESC {
  const coclass: TYPEDESC = {
    vt: TypeCode.USERDEFINED,
    _tdUnion: { tag: TypeCode.USERDEFINED, hreftype: hrefOf({ local: info.view.index }) },
  };
  return {
    memid: IMPLICIT_MEMID,
    lpstrSchema: null,
    _vdUnion: { tag: VAR_STATIC, oInst: 0 },
    elemdescVar: {
      tdesc: { vt: TypeCode.PTR, _tdUnion: { tag: TypeCode.PTR, lptdesc: coclass } },
      paramdesc: { pparamdescex: null, wParamFlags: 0 },
    },
    wVarFlags: 0,
    varkind: VAR_STATIC,
  };
}
