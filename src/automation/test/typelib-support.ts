import { readFileSync } from "node:fs";
import { ComError } from "../../base/index.ts";
import { type CUSTDATA, ITypeInfo2, type ITypeInfo, type ITypeLib2, type TYPEDESC } from "../gen/oaidl.ts";
import type { Variant } from "../variant.ts";

const fixtures = new URL("../../../src/automation/test/fixtures/", import.meta.url);

/** The bytes of a fixture in hexadecimal; lines that begin with # say where they come from. */
export function hexFixture(name: string): Uint8Array {
  const text = readFileSync(new URL(name, fixtures), "utf8");
  const digits = text.split("\n").filter((line) => !line.startsWith("#"));
  return new Uint8Array(Buffer.from(digits.join(""), "hex"));
}

export function textFixture(name: string): string {
  return readFileSync(new URL(name, fixtures), "utf8");
}

const ALL = 15;
const NIL = -1;

/**
 * Everything the interfaces say of a library, a line for each thing, in the words of the program that asked Wine's oleaut32 the same questions and made
 * the fixtures.
 */
export async function dumpLibrary(library: ITypeLib2): Promise<string> {
  const dump = new Dump();
  await dump.library(library);
  return dump.text();
}

class Dump {
  readonly #lines: string[] = [];
  #slot = 4;

  text(): string {
    return `${this.#lines.join("\n")}\n`;
  }

  async library(library: ITypeLib2): Promise<void> {
    const { ppTLibAttr: attr } = await library.GetLibAttr();
    const doc = await library.GetDocumentation(NIL, ALL);
    if (attr === null) throw new Error("no attributes");
    this.#slot = attr.syskind === 3 ? 8 : 4;
    this.#lines.push(
      `LIB ${quote(doc.pBstrName)} ${attr.guid} ver ${attr.wMajorVerNum}.${attr.wMinorVerNum} lcid ${hex(attr.lcid)}` +
        ` sys ${attr.syskind} flags ${hex(attr.wLibFlags)} ${quote(doc.pBstrDocString)} ${quote(doc.pBstrHelpFile)}`,
    );
    this.#custom(await library.GetAllCustData());
    const count = await library.GetTypeInfoCount();
    for (let i = 0; i < count; i++) {
      using info = await library.GetTypeInfo(i);
      if (info !== null) await this.#type(info, i);
    }
  }

  #custom({ prgCustData }: CUSTDATA): void {
    for (const { guid, varValue } of prgCustData ?? []) {
      this.#lines.push(`  CUST ${guid} ${constant(varValue)}`);
    }
  }

  async #type(info: ITypeInfo, index: number): Promise<void> {
    const { ppTypeAttr: attr } = await info.GetTypeAttr();
    if (attr === null) throw new Error("no attributes");
    const kind = attr.typekind;
    const size =
      (kind === 3 ? ` vft ${attr.cbSizeVft / this.#slot}` : "") +
      (kind <= 2 || kind === 7 ? ` size ${attr.cbSizeInstance}` : "");
    this.#lines.push(
      `TYPE ${index} kind ${kind} ${attr.guid} flags ${hex(attr.wTypeFlags)} ver ${attr.wMajorVerNum}.${attr.wMinorVerNum}` +
        ` f ${attr.cFuncs} v ${attr.cVars} i ${attr.cImplTypes}${size} ${await documentation(info, NIL)}`,
    );
    if (kind === 6) this.#lines.push(`  ALIAS ${await typeText(info, attr.tdescAlias)}`);
    using info2 = await info.QueryInterface(ITypeInfo2);
    this.#custom(await info2.GetAllCustData());
    for (let i = 0; i < attr.cImplTypes; i++) await this.#impl(info, i);
    for (let i = 0; i < attr.cFuncs; i++) await this.#function(info, i, kind === 2);
    for (let i = 0; i < attr.cVars; i++) await this.#variable(info, i);
    if (kind === 4 && (attr.wTypeFlags & 0x40) !== 0) {
      this.#lines.push("PARTNER");
      using partner = await info.GetRefTypeInfo(await info.GetRefTypeOfImplType(0xffffffff));
      if (partner !== null) await this.#type(partner, index);
    }
  }

  async #impl(info: ITypeInfo, index: number): Promise<void> {
    const href = await info.GetRefTypeOfImplType(index);
    const flags = await info.GetImplTypeFlags(index);
    using target = await info.GetRefTypeInfo(href);
    const attr = target === null ? null : (await target.GetTypeAttr()).ppTypeAttr;
    this.#lines.push(`  IMPL ${index} flags ${hex(flags)} kind ${attr?.typekind} ${attr?.guid}`);
  }

  async #function(info: ITypeInfo, index: number, module: boolean): Promise<void> {
    const { ppFuncDesc: desc } = await info.GetFuncDesc(index);
    if (desc === null) throw new Error("no function");
    const slot = module || desc.funckind === 3 ? "" : ` slot ${Math.trunc(desc.oVft / this.#slot)}`;
    this.#lines.push(
      `  FUNC ${index} id ${hex(desc.memid)} kind ${desc.funckind} inv ${desc.invkind} cc ${desc.callconv}` +
        ` opt ${desc.cParamsOpt} flags ${hex(desc.wFuncFlags)}${slot} ${await documentation(info, desc.memid)}` +
        ` -> ${await typeText(info, desc.elemdescFunc.tdesc)}`,
    );
    const { rgBstrNames } = await info.GetNames(desc.memid, 64);
    this.#lines.push(`    NAMES${rgBstrNames.map((name) => ` ${quote(name)}`).join("")}`);
    for (const [i, param] of (desc.lprgelemdescParam ?? []).entries()) {
      const { wParamFlags, pparamdescex } = param.paramdesc;
      const given =
        (wParamFlags & 0x20) !== 0 && pparamdescex !== null
          ? ` = ${constant(pparamdescex.varDefaultValue)}`
          : "";
      this.#lines.push(
        `    PARAM ${i} flags ${hex(wParamFlags)} ${await typeText(info, param.tdesc)}${given}`,
      );
    }
    if (module) {
      const entry = await info.GetDllEntry(desc.memid, desc.invkind, 7);
      const ordinal = entry.pBstrName === null ? ` ${entry.pwOrdinal}` : "";
      this.#lines.push(`    ENTRY ${quote(entry.pBstrDllName)} ${quote(entry.pBstrName)}${ordinal}`);
    }
  }

  async #variable(info: ITypeInfo, index: number): Promise<void> {
    const { ppVarDesc: desc } = await info.GetVarDesc(index);
    if (desc === null) throw new Error("no variable");
    const union = desc._vdUnion;
    const value =
      "lpvarValue" in union
        ? ` = ${union.lpvarValue === null ? "" : constant(union.lpvarValue)}`
        : ` @${union.oInst}`;
    this.#lines.push(
      `  VAR ${index} id ${hex(desc.memid)} kind ${desc.varkind} flags ${hex(desc.wVarFlags)}` +
        ` ${await documentation(info, desc.memid)} : ${await typeText(info, desc.elemdescVar.tdesc)}${value}`,
    );
  }
}

function quote(text: string | null): string {
  return text === null ? "-" : `"${text.replaceAll("\n", "\\n").replaceAll("\r", "\\r")}"`;
}

function hex(value: number): string {
  return (value >>> 0).toString(16);
}

function constant({ vt, value }: Variant): string {
  if (vt === 8) return `8:${quote(value as string | null)}`;
  if (vt === 11) return `11:${value === true ? -1 : 0}`;
  // A pointer that is a constant is none.
  if (value === null || value === undefined) return `${vt}:0`;
  return `${vt}:${(value as number).toString()}`;
}

async function documentation(info: ITypeInfo, memid: number): Promise<string> {
  const doc = await info.GetDocumentation(memid, ALL);
  return `${quote(doc.pBstrName)} ${quote(doc.pBstrDocString)} ${doc.pdwHelpContext}`;
}

async function typeText(info: ITypeInfo, type: TYPEDESC | null): Promise<string> {
  if (type === null) return "nothing";
  const union = type._tdUnion;
  if ("lptdesc" in union) return (type.vt === 26 ? "*" : "SA") + (await typeText(info, union.lptdesc));
  if ("lpadesc" in union) {
    const array = union.lpadesc;
    const bounds = array?.rgbounds.map(({ cElements, lLbound }) => `${cElements}+${lLbound},`) ?? [];
    return `[${bounds.join("")}]${await typeText(info, array?.tdescElem ?? null)}`;
  }
  if (!("hreftype" in union)) return String(type.vt);
  using target = await info.GetRefTypeInfo(union.hreftype);
  if (target === null) return "<none>";
  const { ppTypeAttr } = await target.GetTypeAttr();
  const { pBstrName } = await target.GetDocumentation(NIL, 1);
  return `<${ppTypeAttr?.typekind} ${quote(pBstrName)}>`;
}

/** For `assert.throws` and `assert.rejects`: a ComError with this code. */
export function hasCode(code: number): (error: unknown) => boolean {
  return (error) => error instanceof ComError && error.code === code >>> 0;
}
