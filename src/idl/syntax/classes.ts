import type {
  Attribute,
  CoclassMember,
  Decl,
  DispinterfaceDecl,
  DocRange,
  Field,
  FunctionDecl,
} from "./ast.ts";
import { parseAttributes } from "./attributes.ts";
import { parseBases, parseTypeOrFunction } from "./declarations.ts";
import { T } from "./lexer.ts";
import type { Macro } from "./macros.ts";
import { parseField } from "./members.ts";
import { W } from "./names.ts";
import type { Parser } from "./parser.ts";

export function readDispinterface(
  p: Parser,
  decls: Decl[],
  attributes: readonly Attribute[],
  doc: DocRange | undefined,
): boolean {
  if (p.peek() !== T.name) return false;
  p.next();
  const { place } = p;
  const name = p.name("the dispinterface's name");
  if (p.take(59)) {
    decls.push({ kind: "forward", place, word: "dispinterface", name, attributes });
    return true;
  }
  if (p.at(58)) parseBases(p);
  p.expect(123, "before the members");
  decls.push({ kind: "dispinterface", place, name, attributes, ...parseDispBody(p), doc });
  p.expect(125, "after the members");
  p.take(59);
  return true;
}

function parseDispBody(p: Parser): Pick<DispinterfaceDecl, "of" | "properties" | "methods"> {
  let of: DispinterfaceDecl["of"];
  const properties: Field[] = [];
  const methods: FunctionDecl[] = [];
  let inMethods = false;
  let whole: { readonly macro: Macro; readonly from: number } | undefined;
  while (!p.at(125) && !p.at(T.end)) {
    if (p.take(59)) continue;
    const macro = inMethods ? p.macroHere() : undefined;
    if (macro !== undefined) {
      const known = p.remembered(macro) as readonly FunctionDecl[] | undefined;
      if (known !== undefined) {
        for (const method of known) methods.push(method);
        continue;
      }
      whole = { macro, from: methods.length };
    }
    if ((p.nameId === W.properties || p.nameId === W.methods) && p.peek() === 58) {
      inMethods = p.nameId === W.methods;
      p.next();
      p.next();
    } else if (p.nameId === W.interface && !inMethods) {
      p.next();
      of = { place: p.place, name: p.name("the interface's name") };
      p.take(59);
    } else p.recovering(() => parseDispMember(p, properties, methods, inMethods));
    if (whole === undefined) continue;
    const state = p.macroState();
    if (state === "behind") p.remember(whole.macro, methods.slice(whole.from));
    if (state !== "inside") whole = undefined;
  }
  return { of, properties, methods };
}

function parseDispMember(p: Parser, properties: Field[], methods: FunctionDecl[], inMethods: boolean): void {
  if (!inMethods) {
    properties.push(parseField(p));
    return;
  }
  const inner: Decl[] = [];
  const doc = p.doc();
  const attributes = parseAttributes(p);
  parseTypeOrFunction(p, inner, attributes, doc);
  for (const decl of inner) if (decl.kind === "function") methods.push(decl);
}

export function readCoclass(
  p: Parser,
  decls: Decl[],
  attributes: readonly Attribute[],
  doc: DocRange | undefined,
): boolean {
  if (p.peek() !== T.name) return false;
  p.next();
  const { place } = p;
  const name = p.name("the coclass's name");
  if (p.take(59)) {
    decls.push({ kind: "forward", place, word: "coclass", name, attributes });
    return true;
  }
  if (p.at(58)) parseBases(p);
  p.expect(123, "before the coclass's interfaces");
  const members: CoclassMember[] = [];
  while (!p.at(125) && !p.at(T.end)) {
    if (p.take(59)) continue;
    p.recovering(() => members.push(parseCoclassMember(p)));
  }
  p.expect(125, "after the coclass's interfaces");
  p.take(59);
  decls.push({ kind: "coclass", place, name, attributes, members, doc });
  return true;
}

function parseCoclassMember(p: Parser): CoclassMember {
  const attributes = parseAttributes(p);
  if (p.nameId === W.interface || p.nameId === W.dispinterface) p.next();
  const { place } = p;
  let name = p.qualifiedName("an interface's name");
  if (p.at(T.name)) {
    p.diagnostics.warning(place, `"${name}" is taken for "interface"`);
    name = p.qualifiedName("an interface's name");
  }
  if (!p.at(125)) p.expect(59, "after the interface");
  return { name, place, attributes };
}
