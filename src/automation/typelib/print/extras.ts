import { ComError } from "../../../base/index.ts";
import { TYPEKIND } from "../../gen/oaidl.ts";
import type { FunctionDesc, TypeDesc, TypeInfo, TypeReference } from "../model.ts";
import type { LibraryScope } from "../scope.ts";
import { TypeCode } from "../type-code.ts";
import { declare, typeText } from "./declarator.ts";

/*
 * What a library says that no interface is made of: names of simple types, and functions of DLLs.
 */

/** What a typedef of a simple type is in TypeScript. */
const typescript: ReadonlyMap<number, string> = new Map([
  ...[
    TypeCode.I1,
    TypeCode.UI1,
    TypeCode.I2,
    TypeCode.UI2,
    TypeCode.I4,
    TypeCode.UI4,
    TypeCode.INT,
    TypeCode.UINT,
    TypeCode.R4,
    TypeCode.R8,
    TypeCode.DATE,
    TypeCode.ERROR,
    TypeCode.HRESULT,
    TypeCode.INT_PTR,
    TypeCode.UINT_PTR,
  ].map((vt): [number, string] => [vt, "number"]),
  [TypeCode.BOOL, "boolean"],
  [TypeCode.I8, "bigint"],
  [TypeCode.UI8, "bigint"],
  [TypeCode.BSTR, "string | null"],
  [TypeCode.LPSTR, "string | null"],
  [TypeCode.LPWSTR, "string | null"],
]);

/**
 * TypeScript of what the contracts of a library leave out: a type for each typedef of a simple type that `isTaken` does not know yet, and as comments
 * the functions of its modules, which stand in DLLs.
 */
export function printExtras(scope: LibraryScope, isTaken: (name: string) => boolean): string {
  const blocks = scope.library.types.flatMap((type) => {
    if (type.kind === TYPEKIND.TKIND_ALIAS && !isTaken(type.name)) return aliasOf(type);
    return type.kind === TYPEKIND.TKIND_MODULE && type.functions.length > 0 ? [moduleOf(scope, type)] : [];
  });
  return blocks.map((block) => `\n${block}\n`).join("");
}

function aliasOf({ name, alias, docString }: TypeInfo): string[] {
  const text = typescript.get(alias?.vt ?? TypeCode.VOID);
  if (text === undefined || !/^[A-Za-z_$][\w$]*$/.test(name)) return [];
  return [`${comment(docString)}export type ${name} = ${text};`];
}

function comment(text: string | undefined): string {
  return text === undefined ? "" : `/** ${oneLine(text).replaceAll("*/", "* /")} */\n`;
}

function moduleOf(scope: LibraryScope, type: TypeInfo): string {
  const nameOf = (reference: TypeReference): string => {
    try {
      return scope.resolve(reference).type.name;
    } catch (error) {
      ComError.from(error);
      return "unknown";
    }
  };
  const lines = type.functions.map((desc) => `//   ${signature(desc, nameOf)}`);
  const where = type.dllName === undefined ? "" : ` in ${oneLine(type.dllName)}`;
  return [`// Functions of the module ${type.name}${where}, for reference:`, ...lines].join("\n");
}

function signature(desc: FunctionDesc, nameOf: (reference: TypeReference) => string): string {
  const one = (of: TypeDesc, name: string | undefined): string =>
    name === undefined ? typeText(of, nameOf) : declare(of, name, nameOf);
  const params = desc.params.map(({ type, name }) => one(type, name)).join(", ");
  const entry = desc.entry === undefined || desc.entry === desc.name ? "" : ` (entry ${desc.entry})`;
  const text = `${typeText(desc.result, nameOf)} ${desc.name}(${params})${entry}`;
  return oneLine(desc.docString === undefined ? text : `${text}: ${desc.docString}`);
}

/** A comment ends with its line. */
function oneLine(text: string): string {
  return text.replaceAll(/[\r\n\u2028\u2029]+/g, " ").trim();
}
