import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { HResult, guid } from "../../base/index.ts";
import { Loopback } from "../../com/test/loopback.ts";
import {
  type ELEMDESC,
  type FUNCDESC,
  type ICreateTypeInfo2 as CreateInfo,
  ICreateTypeInfo2,
  ICreateTypeLib2,
  INVOKEKIND,
  ITypeInfo2,
  type ITypeInfo,
  ITypeLib2,
  SYSKIND,
  type TYPEDESC,
  TYPEKIND,
  type VARDESC,
} from "../gen/oaidl.ts";
import { createTypeLib } from "../typelib/create/type-lib.ts";
import { TypeLibStatus } from "../typelib/errors.ts";
import { TypeLibraries } from "../typelib/libraries.ts";
import { readTypeLibrary } from "../typelib/load.ts";
import { Variant } from "../variant.ts";
import { VT } from "../vt.ts";
import { dumpLibrary, hasCode, hexFixture, textFixture } from "./typelib-support.ts";

const folder = mkdtempSync(join(tmpdir(), "comity-create-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const NIL = -1;
const ALL = 15;

/** Copies a library with nothing but the interfaces: what one reads, the other takes. */
class Copier {
  readonly #source: ITypeLib2;
  readonly #target: ICreateTypeLib2;
  readonly #infos: CreateInfo[] = [];

  constructor(source: ITypeLib2, target: ICreateTypeLib2) {
    this.#source = source;
    this.#target = target;
  }

  async copy(): Promise<void> {
    const { ppTLibAttr: attr } = await this.#source.GetLibAttr();
    const doc = await this.#source.GetDocumentation(NIL, ALL);
    assert.ok(attr);
    const target = this.#target;
    await target.SetName(doc.pBstrName ?? "");
    await target.SetGuid(attr.guid);
    await target.SetVersion(attr.wMajorVerNum, attr.wMinorVerNum);
    await target.SetLcid(attr.lcid);
    await target.SetLibFlags(attr.wLibFlags);
    if (doc.pBstrDocString !== null) await target.SetDocString(doc.pBstrDocString);
    if (doc.pBstrHelpFile !== null) await target.SetHelpFileName(doc.pBstrHelpFile);
    await target.SetHelpContext(doc.pdwHelpContext);
    for (const { guid: of, varValue } of (await this.#source.GetAllCustData()).prgCustData ?? [])
      await target.SetCustData(of, varValue);
    const count = await this.#source.GetTypeInfoCount();
    for (let i = 0; i < count; i++) await this.#begin(i);
    for (let i = 0; i < count; i++) {
      using info = await this.#infoAt(i);
      await this.#fill(info, this.#infos[i] as CreateInfo);
    }
    for (const info of this.#infos) info[Symbol.dispose]();
  }

  /** The vtable's side of a dual interface. */
  async #infoAt(index: number): Promise<ITypeInfo> {
    const info = await this.#source.GetTypeInfo(index);
    assert.ok(info);
    const { ppTypeAttr: attr } = await info.GetTypeAttr();
    if (attr?.typekind !== TYPEKIND.TKIND_DISPATCH || (attr.wTypeFlags & 0x40) === 0) return info;
    using dispatch = info;
    const partner = await dispatch.GetRefTypeInfo(await dispatch.GetRefTypeOfImplType(0xffffffff));
    assert.ok(partner);
    return partner;
  }

  async #begin(index: number): Promise<void> {
    using info = await this.#infoAt(index);
    const { pBstrName: name } = await info.GetDocumentation(NIL, 1);
    const { ppTypeAttr: attr } = await info.GetTypeAttr();
    using made = await this.#target.CreateTypeInfo(name ?? "", attr?.typekind ?? 0);
    assert.ok(made);
    this.#infos.push(await made.QueryInterface(ICreateTypeInfo2));
  }

  async #fill(info: ITypeInfo, made: CreateInfo): Promise<void> {
    const { ppTypeAttr: attr } = await info.GetTypeAttr();
    assert.ok(attr);
    const doc = await info.GetDocumentation(NIL, ALL);
    if (attr.guid !== guid("00000000-0000-0000-0000-000000000000")) await made.SetGuid(attr.guid);
    await made.SetTypeFlags(attr.wTypeFlags);
    await made.SetVersion(attr.wMajorVerNum, attr.wMinorVerNum);
    if (doc.pBstrDocString !== null) await made.SetDocString(doc.pBstrDocString);
    await made.SetHelpContext(doc.pdwHelpContext);
    if (attr.typekind === TYPEKIND.TKIND_ALIAS)
      await made.SetTypeDescAlias(await this.#type(attr.tdescAlias, info, made));
    const dispatch = attr.typekind === TYPEKIND.TKIND_DISPATCH;
    // What a dispinterface shows as its base goes without saying.
    for (let i = 0; i < (dispatch ? 0 : attr.cImplTypes); i++) {
      await made.AddImplType(i, await this.#href(await info.GetRefTypeOfImplType(i), info, made));
      if (attr.typekind === TYPEKIND.TKIND_COCLASS)
        await made.SetImplTypeFlags(i, await info.GetImplTypeFlags(i));
    }
    for (let i = 0; i < attr.cFuncs; i++)
      await this.#function(info, made, i, attr.typekind === TYPEKIND.TKIND_MODULE);
    for (let i = 0; i < attr.cVars; i++) await this.#variable(info, made, i);
  }

  async #function(info: ITypeInfo, made: CreateInfo, to: number, module: boolean): Promise<void> {
    const { ppFuncDesc: desc } = await info.GetFuncDesc(to);
    assert.ok(desc);
    const element = async (one: ELEMDESC): Promise<ELEMDESC> => ({
      ...one,
      tdesc: await this.#type(one.tdesc, info, made),
    });
    const copy: FUNCDESC = {
      ...desc,
      elemdescFunc: await element(desc.elemdescFunc),
      lprgelemdescParam:
        desc.lprgelemdescParam === null ? null : await Promise.all(desc.lprgelemdescParam.map(element)),
    };
    await made.AddFuncDesc(to, copy);
    const { rgBstrNames } = await info.GetNames(desc.memid, 64);
    const count = Math.min(rgBstrNames.length, desc.cParams + 1);
    const names = desc.invkind >= INVOKEKIND.INVOKE_PROPERTYPUT ? Math.min(count, desc.cParams) : count;
    await made.SetFuncAndParamNames(to, rgBstrNames.slice(0, names), names);
    const doc = await info.GetDocumentation(desc.memid, ALL);
    if (doc.pBstrDocString !== null) await made.SetFuncDocString(to, doc.pBstrDocString);
    await made.SetFuncHelpContext(to, doc.pdwHelpContext);
    if (!module) return;
    const entry = await info.GetDllEntry(desc.memid, desc.invkind, 7);
    await made.DefineFuncAsDllEntry(to, entry.pBstrDllName ?? "", entry.pBstrName ?? `#${entry.pwOrdinal}`);
  }

  async #variable(info: ITypeInfo, made: CreateInfo, index: number): Promise<void> {
    const { ppVarDesc: desc } = await info.GetVarDesc(index);
    assert.ok(desc);
    const { elemdescVar } = desc;
    const tdesc = await this.#type(elemdescVar.tdesc, info, made);
    await made.AddVarDesc(index, { ...desc, elemdescVar: { ...elemdescVar, tdesc } } satisfies VARDESC);
    const doc = await info.GetDocumentation(desc.memid, ALL);
    await made.SetVarName(index, doc.pBstrName ?? "");
    if (doc.pBstrDocString !== null) await made.SetVarDocString(index, doc.pBstrDocString);
    await made.SetVarHelpContext(index, doc.pdwHelpContext);
  }

  async #type(type: TYPEDESC, info: ITypeInfo, made: CreateInfo): Promise<TYPEDESC> {
    const union = type._tdUnion;
    if ("lptdesc" in union) {
      const lptdesc = union.lptdesc === null ? null : await this.#type(union.lptdesc, info, made);
      return { ...type, _tdUnion: { ...union, lptdesc } };
    }
    if ("lpadesc" in union && union.lpadesc !== null) {
      const tdescElem = await this.#type(union.lpadesc.tdescElem, info, made);
      return { ...type, _tdUnion: { ...union, lpadesc: { ...union.lpadesc, tdescElem } } };
    }
    if (!("hreftype" in union)) return type;
    return { ...type, _tdUnion: { ...union, hreftype: await this.#href(union.hreftype, info, made) } };
  }

  async #href(href: number, info: ITypeInfo, made: CreateInfo): Promise<number> {
    using target = await info.GetRefTypeInfo(href);
    assert.ok(target);
    const { ppTLib, pIndex } = await target.GetContainingTypeLib();
    using library = ppTLib;
    const [there, here] = [await library?.GetLibAttr(), await this.#source.GetLibAttr()];
    if (there?.ppTLibAttr?.guid !== here.ppTLibAttr?.guid) return await made.AddRefTypeInfo(target);
    using own = await (this.#infos[pIndex] as CreateInfo).QueryInterface(ITypeInfo2);
    return await made.AddRefTypeInfo(own);
  }
}

describe("ICreateTypeLib2 and ICreateTypeInfo2", () => {
  it("copy a whole library that is elsewhere, told from the original by nobody", async () => {
    const path = join(folder, "copy.tlb");
    const wire = new Loopback();
    const libraries = new TypeLibraries();
    const scope = libraries.add(readTypeLibrary(hexFixture("typelib-sample32.hex")));
    {
      using source = wire.proxy(libraries.libraryOf(scope), ITypeLib2);
      using target = createTypeLib(SYSKIND.SYS_WIN32, path);
      await new Copier(source, target).copy();
      await target.SaveAllChanges();
      using read = await target.QueryInterface(ITypeLib2);
      assert.equal(await dumpLibrary(read), textFixture("typelib-sample.txt"));
    }
    assert.equal(wire.held, 0);
    const written = new TypeLibraries().load(path);
    using read = new TypeLibraries().typeLib(new TypeLibraries().add(written.library));
    assert.equal(await dumpLibrary(read), textFixture("typelib-sample.txt"));
    assert.ok(readFileSync(path).length > 1000);
  });

  it("insert, rename, delete and lay out", async () => {
    using library = createTypeLib(SYSKIND.SYS_WIN64, join(folder, "edited.tlb"));
    await library.SetName("Edited");
    await library.SetGuid(guid("c0a17b1e-0000-4000-8000-00000000f0ed"));
    using record = await open(library, "Pair", TYPEKIND.TKIND_RECORD);
    using unused = await open(library, "Unused", TYPEKIND.TKIND_ENUM);
    using holder = await open(library, "Holder", TYPEKIND.TKIND_RECORD);
    await record.AddVarDesc(0, field(VT.I2));
    await record.SetVarName(0, "second");
    await record.AddVarDesc(0, field(VT.R8));
    await record.SetVarName(0, "first");
    await record.AddVarDesc(2, field(VT.UI1));
    await record.SetVarName(2, "third");
    await record.SetName("Triple");
    await record.SetAlignment(4);
    await record.SetCustData(guid("c0a17b1e-0000-4000-8000-00000000f0ee"), new Variant(VT.I4, 1));
    await record.SetCustData(guid("c0a17b1e-0000-4000-8000-00000000f0ee"), new Variant(VT.I4, 2));
    using recordInfo = await record.QueryInterface(ITypeInfo2);
    const href = await holder.AddRefTypeInfo(recordInfo);
    await holder.AddVarDesc(0, field(29, href));
    await holder.SetVarName(0, "it");
    await unused.AddVarDesc(0, field(VT.I4, undefined, new Variant(VT.I4, 7)));
    await unused.SetVarName(0, "Seven");
    await library.DeleteTypeInfo("unused");
    await assert.rejects(async () => unused.LayOut(), hasCode(TypeLibStatus.ELEMENTNOTFOUND));
    await library.SaveAllChanges();
    const { types } = new TypeLibraries().load(join(folder, "edited.tlb")).library;
    assert.deepEqual(
      types.map(({ name, size, variables }) => [name, size, variables.map((one) => [one.name, one.offset])]),
      [
        [
          "Triple",
          12,
          [
            ["first", 0],
            ["second", 8],
            ["third", 10],
          ],
        ],
        ["Holder", 12, [["it", 0]]],
      ],
    );
    assert.equal((await recordInfo.GetCustData(guid("c0a17b1e-0000-4000-8000-00000000f0ee"))).value, 2);
    await library.DeleteTypeInfo("Triple");
    await assert.rejects(async () => holder.LayOut(), hasCode(TypeLibStatus.INVALIDSTATE));
  });

  it("refuse what does not fit", async () => {
    using library = createTypeLib(SYSKIND.SYS_WIN32, join(folder, "no-such", "refused.tlb"));
    using module = await open(library, "Functions", TYPEKIND.TKIND_MODULE);
    using dispatch = await open(library, "Late", TYPEKIND.TKIND_DISPATCH);
    using plain = await open(library, "IPlain", TYPEKIND.TKIND_INTERFACE);
    const rejects = async (run: () => unknown, code: number): Promise<void> => {
      await assert.rejects(async () => await run(), hasCode(code));
    };
    await rejects(
      () => open(library, "plain".replace("p", "IP"), TYPEKIND.TKIND_ENUM),
      TypeLibStatus.NAMECONFLICT,
    );
    await rejects(() => open(library, "", TYPEKIND.TKIND_ENUM), HResult.E_INVALIDARG);
    await rejects(() => open(library, "Much", 8), HResult.E_INVALIDARG);
    await rejects(() => module.AddFuncDesc(0, method(1)), TypeLibStatus.BADMODULEKIND);
    await rejects(() => dispatch.AddFuncDesc(0, method(1)), TypeLibStatus.BADMODULEKIND);
    await rejects(() => plain.AddFuncDesc(0, method(4)), TypeLibStatus.BADMODULEKIND);
    await rejects(() => plain.AddFuncDesc(1, method(1)), TypeLibStatus.ELEMENTNOTFOUND);
    await plain.AddFuncDesc(0, method(1));
    await plain.AddFuncDesc(0xffffffff, method(1));
    await plain.SetFuncAndParamNames(0, ["Do"], 1);
    await rejects(() => plain.SetFuncAndParamNames(1, ["do"], 1), TypeLibStatus.AMBIGUOUSNAME);
    await rejects(() => plain.SetFuncAndParamNames(1, ["Other", "extra"], 2), TypeLibStatus.ELEMENTNOTFOUND);
    await rejects(() => plain.SetFuncAndParamNames(2, ["Other"], 1), TypeLibStatus.ELEMENTNOTFOUND);
    await rejects(() => plain.SetImplTypeFlags(0, 1), TypeLibStatus.BADMODULEKIND);
    await rejects(() => plain.AddImplType(1, 0), TypeLibStatus.ELEMENTNOTFOUND);
    await rejects(() => module.AddImplType(0, 0), TypeLibStatus.BADMODULEKIND);
    await rejects(() => plain.SetTypeDescAlias({ vt: 3, _tdUnion: { tag: 3 } }), TypeLibStatus.BADMODULEKIND);
    await rejects(() => plain.DefineFuncAsDllEntry(0, "a.dll", "A"), TypeLibStatus.BADMODULEKIND);
    await rejects(() => plain.AddRefTypeInfo(null), HResult.E_INVALIDARG);
    await rejects(() => plain.DeleteFuncDescByMemId(99, 1), TypeLibStatus.ELEMENTNOTFOUND);
    await plain.DeleteFuncDesc(1);
    await rejects(() => plain.DeleteFuncDesc(1), TypeLibStatus.ELEMENTNOTFOUND);
    let nested: TYPEDESC = { vt: 3, _tdUnion: { tag: 3 } };
    for (let i = 0; i < 100; i++) nested = { vt: 26, _tdUnion: { tag: 26, lptdesc: nested } };
    await rejects(
      () => plain.AddFuncDesc(0, { ...method(1), elemdescFunc: element(nested) }),
      HResult.E_INVALIDARG,
    );
    await rejects(() => library.SaveAllChanges(), TypeLibStatus.IOERROR);
  });
});

async function open(library: ICreateTypeLib2, name: string, kind: number): Promise<CreateInfo> {
  using made = await library.CreateTypeInfo(name, kind as TYPEKIND);
  assert.ok(made);
  return await made.QueryInterface(ICreateTypeInfo2);
}

function element(tdesc: TYPEDESC): ELEMDESC {
  return { tdesc, paramdesc: { pparamdescex: null, wParamFlags: 0 } };
}

function method(funckind: number): FUNCDESC {
  return {
    memid: NIL,
    lprgscode: null,
    lprgelemdescParam: null,
    funckind: funckind as FUNCDESC["funckind"],
    invkind: 1,
    callconv: 4,
    cParams: 0,
    cParamsOpt: 0,
    oVft: 0,
    cScodes: 0,
    elemdescFunc: element({ vt: 25, _tdUnion: { tag: 25 } }),
    wFuncFlags: 0,
  };
}

function field(vt: number, hreftype?: number, value?: Variant): VARDESC {
  return {
    memid: NIL,
    lpstrSchema: null,
    _vdUnion: value === undefined ? { tag: 0, oInst: 0 } : { tag: 2, lpvarValue: value },
    elemdescVar: element({
      vt,
      _tdUnion: hreftype === undefined ? { tag: vt as 0 } : { tag: 29, hreftype },
    }),
    wVarFlags: 0,
    varkind: value === undefined ? 0 : 2,
  };
}
