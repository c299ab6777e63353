import type {
  Attribute,
  Decl,
  Declarator,
  DocRange,
  FunctionDecl,
  ImportFile,
  Layer,
  TypeSpec,
} from "./ast.ts";
import { parseAttributes } from "./attributes.ts";
import { readCoclass, readDispinterface } from "./classes.ts";
import { parseExpression } from "./expressions.ts";
import { T } from "./lexer.ts";
import { parseMidl3Delegate, parseMidl3Struct, parseMidl3Type } from "./midl3.ts";
import { W } from "./names.ts";
import type { Parser } from "./parser.ts";
import { parseDeclarator } from "./declarators.ts";
import { parseSpec } from "./types.ts";

/** All declarations of a file. Errors are reported and stepped over. */
export function parseUnit(p: Parser): Decl[] {
  const decls: Decl[] = [];
  while (!p.at(T.end)) {
    // A closing brace too many ends nothing here.
    if (p.at(125)) {
      p.report(p.place, 'this "}" closes nothing');
      p.next();
    }
    parseBody(p, decls);
  }
  return decls;
}

/** Declarations up to a `}` or the end. */
function parseBody(p: Parser, decls: Decl[]): void {
  while (!p.at(T.end) && !p.at(125)) {
    if (p.take(59)) continue;
    p.recovering(() => parseDeclaration(p, decls));
  }
}

/** `{ declarations }`, into a list of their own or into the surrounding one. */
function bracedBody(p: Parser, decls: Decl[] = []): Decl[] {
  const open = p.place;
  p.expect(123, "before the body");
  p.nested(() => parseBody(p, decls));
  if (!p.take(125)) p.diagnostics.error(open, 'this "{" is not closed');
  return decls;
}

/** What may stand before `runtimeclass`. */
const classWords = new Set(["unsealed", "static", "partial"]);

function parseDeclaration(p: Parser, decls: Decl[]): void {
  const doc = p.doc();
  let attributes = parseAttributes(p);
  p.skipNoise();
  if (p.at(T.name) && classWords.has(p.text) && p.peekId() === W.runtimeclass) p.next();
  if (p.nameId === W.typedef) {
    decls.push(parseTypedef(p, attributes, doc));
    return;
  }
  if (p.nameId === W.inline || p.nameId === W.__inline) {
    skipInline(p);
    return;
  }
  if (p.nameId === W.extern && (p.peek() === T.string || p.peekId() === W.const)) {
    parseExtern(p, decls, attributes, doc);
    return;
  }
  const known = declarations.get(p.nameId);
  if (known !== undefined && known(p, decls, attributes, doc)) return;
  if (p.at(91)) attributes = [...attributes, ...parseAttributes(p)];
  parseTypeOrFunction(p, decls, attributes, doc);
}

type Reader = (
  p: Parser,
  decls: Decl[],
  attributes: readonly Attribute[],
  doc: DocRange | undefined,
) => boolean;

/** What may follow the attributes, by its first word. A reader answers false when the word turns out to be a plain name. */
const declarations = new Map<number, Reader>([
  [W.import, readImport],
  [W.importlib, readImportlib],
  [W.cpp_quote, readCppQuote],
  [W.midl_pragma, readMidlPragma],
  [W.declare_guid, readDeclareGuid],
  [W.interface, readInterface],
  [W.dispinterface, readDispinterface],
  [W.coclass, readCoclass],
  [W.runtimeclass, readRuntimeClass],
  [W.struct, readStruct],
  [W.cotype, readCoclass],
  [W.library, readLibrary],
  [W.module, readModule],
  [W.namespace, readNamespace],
  [W.apicontract, readSkipped],
  [W.declare, readDeclare],
  [W.delegate, readDelegate],
  [W.const, readConst],
]);

function readImport(p: Parser, decls: Decl[]): boolean {
  const { place } = p;
  if (p.peek() !== T.string) return false;
  p.next();
  const files: ImportFile[] = [];
  do files.push({ place: p.place, name: p.fileName() });
  while (p.take(44));
  p.take(59);
  decls.push({ kind: "import", place, files });
  return true;
}

function readImportlib(p: Parser, decls: Decl[]): boolean {
  const { place } = p;
  if (p.peek() !== 40) return false;
  p.next();
  p.next();
  // Old files name the library by a macro of olectl.h.
  const file = p.at(T.name) ? p.name("a type library") : p.fileName();
  p.expect(41, "after the type library");
  p.take(59);
  decls.push({ kind: "importlib", place, file });
  return true;
}

function readCppQuote(p: Parser, decls: Decl[]): boolean {
  const { place } = p;
  if (p.peek() !== 40) return false;
  p.next();
  p.next();
  if (p.at(41)) {
    p.next();
    p.take(59);
    return true;
  }
  const { value } = p.string("the quoted text");
  p.expect(41, "after the quoted text");
  p.take(59);
  decls.push({ kind: "cpp_quote", place, text: value });
  return true;
}

function readMidlPragma(p: Parser): boolean {
  p.next();
  if (p.at(T.name)) p.next();
  p.skipBrackets();
  p.take(59);
  return true;
}

function readDeclareGuid(p: Parser, decls: Decl[]): boolean {
  const { place } = p;
  if (p.peek() !== 40) return false;
  p.next();
  p.next();
  const name = p.name("a name");
  p.expect(44, "after the name");
  const text = p.rawUntil(false);
  p.expect(41, "after the GUID");
  p.take(59);
  const spec: TypeSpec = { kind: "reference", place, name: "GUID", word: undefined };
  const type = { spec, declarator: { name: undefined, place, layers: [], bits: undefined } };
  decls.push({
    kind: "const",
    place,
    attributes: [],
    type,
    name,
    value: { kind: "raw", place, text },
    doc: undefined,
  });
  return true;
}

function readInterface(
  p: Parser,
  decls: Decl[],
  attributes: readonly Attribute[],
  doc: DocRange | undefined,
): boolean {
  const { place } = p;
  if (p.peek() !== T.name) return false;
  p.next();
  if (p.midl3) {
    parseMidl3Type(p, decls, attributes, doc, "interface");
    return true;
  }
  const namePlace = p.place;
  const name = p.qualifiedName("the interface's name");
  const late = p.at(91) ? [...attributes, ...parseAttributes(p)] : attributes;
  if (p.take(59)) {
    decls.push({ kind: "forward", place: namePlace, word: "interface", name, attributes: late });
    return true;
  }
  if (!p.at(123) && !p.at(58) && !(p.at(T.name) && p.text === "requires")) {
    // `interface IFoo *f(void);`: a declaration that begins with a type.
    finishDeclaration(p, decls, attributes, { kind: "reference", place, name, word: "interface" }, doc);
    return true;
  }
  const bases = parseBases(p);
  const body = bracedBody(p);
  p.take(59);
  decls.push({ kind: "interface", place: namePlace, name, attributes: late, bases, body, doc });
  return true;
}

function readRuntimeClass(
  p: Parser,
  decls: Decl[],
  attributes: readonly Attribute[],
  doc: DocRange | undefined,
): boolean {
  if (!p.midl3) return readCoclass(p, decls, attributes, doc);
  if (p.peek() !== T.name) return false;
  p.next();
  parseMidl3Type(p, decls, attributes, doc, "runtimeclass");
  return true;
}

/** Only of MIDL 3.0; elsewhere a structure begins a declaration like any other type. */
function readStruct(
  p: Parser,
  decls: Decl[],
  attributes: readonly Attribute[],
  doc: DocRange | undefined,
): boolean {
  if (!p.midl3 || p.peek() !== T.name) return false;
  p.next();
  parseMidl3Struct(p, decls, attributes, doc);
  return true;
}

export function parseBases(p: Parser): { name: string; place: number }[] {
  const bases: { name: string; place: number }[] = [];
  if (!p.at(58)) {
    while (!p.at(123) && !p.at(T.end) && !p.at(59)) p.next();
    return bases;
  }
  p.next();
  do {
    p.skipAttributes();
    if (p.at(T.name) && (p.text === "public" || p.text === "virtual" || p.nameId === W.interface)) p.next();
    const { place } = p;
    const name = p.qualifiedName("the base interface's name");
    bases.push({ name, place });
  } while (p.take(44));
  while (!p.at(123) && !p.at(T.end) && !p.at(59)) p.next();
  return bases;
}

function readLibrary(
  p: Parser,
  decls: Decl[],
  attributes: readonly Attribute[],
  doc: DocRange | undefined,
): boolean {
  if (p.peek() !== T.name) return false;
  p.next();
  const { place } = p;
  const name = p.name("the library's name");
  const body = bracedBody(p);
  p.take(59);
  decls.push({ kind: "library", place, name, attributes, body, doc });
  return true;
}

function readModule(
  p: Parser,
  decls: Decl[],
  attributes: readonly Attribute[],
  doc: DocRange | undefined,
): boolean {
  if (p.peek() !== T.name) return false;
  p.next();
  const { place } = p;
  const name = p.name("the module's name");
  if (p.take(59)) {
    decls.push({ kind: "forward", place, word: "module", name, attributes });
    return true;
  }
  const body = bracedBody(p);
  p.take(59);
  decls.push({ kind: "module", place, name, attributes, body, doc });
  return true;
}

function readNamespace(p: Parser, decls: Decl[]): boolean {
  if (p.peek() !== T.name) return false;
  p.next();
  const from = p.place;
  const outer = p.namespace;
  const name = p.qualifiedName("the namespace's name");
  p.namespace = outer === "" ? name : `${outer}.${name}`;
  while (!p.at(123) && !p.at(T.end)) p.next();
  bracedBody(p, decls);
  p.namespaces.push({ from, to: p.place, name: p.namespace });
  p.namespace = outer;
  p.take(59);
  return true;
}

/** Things of the Windows Runtime that mean nothing here. */
function readSkipped(p: Parser): boolean {
  if (p.peek() !== T.name) return false;
  p.skipDeclaration();
  return true;
}

/** `declare { interface IVector<Foo>; }`: instances of generic interfaces that are to be made. */
function readDeclare(p: Parser, decls: Decl[]): boolean {
  if (p.peek() !== 123) return false;
  p.next();
  bracedBody(p, decls);
  return true;
}

/** An interface with one method, Invoke. */
function readDelegate(
  p: Parser,
  decls: Decl[],
  attributes: readonly Attribute[],
  doc: DocRange | undefined,
): boolean {
  if (p.peek() !== T.name) return false;
  p.next();
  const method = p.midl3 ? parseMidl3Delegate(p, doc) : parseDelegate(p, doc);
  if (method === undefined) return true;
  const { place, name } = method;
  const bases = [{ name: "IUnknown", place }];
  const { invoke } = method;
  const marked = [...attributes, { name: "delegate", place, args: undefined }];
  // The interface of delegate `Handler` is called `IHandler`; both names mean it.
  decls.push({ kind: "interface", place, name: `I${name}`, attributes: marked, bases, body: [invoke], doc });
  const target: TypeSpec = { kind: "reference", place, name: `I${name}`, word: "interface" };
  const declarator: Declarator = { name, place, layers: [], bits: undefined };
  decls.push({
    kind: "typedef",
    place,
    attributes: [],
    spec: target,
    declarators: [declarator],
    doc: undefined,
  });
  return true;
}

function parseDelegate(
  p: Parser,
  doc: DocRange | undefined,
): { readonly name: string; readonly place: number; readonly invoke: FunctionDecl } | undefined {
  const body: Decl[] = [];
  finishDeclaration(p, body, [], parseSpec(p, []), doc);
  const [method] = body;
  if (method?.kind !== "function") return undefined;
  return { name: method.name, place: method.place, invoke: { ...method, name: "Invoke" } };
}

function parseTypedef(p: Parser, before: readonly Attribute[], doc: DocRange | undefined): Decl {
  const { place } = p;
  p.next();
  const after = parseAttributes(p);
  const attributes = before.length === 0 ? after : [...before, ...after];
  const spec = parseSpec(p, []);
  const declarators: Declarator[] = [];
  if (!p.at(59)) {
    do declarators.push(parseDeclarator(p));
    while (p.take(44));
  }
  p.expect(59, "after the typedef");
  return { kind: "typedef", place, attributes, spec, declarators, doc };
}

function readConst(
  p: Parser,
  decls: Decl[],
  attributes: readonly Attribute[],
  doc: DocRange | undefined,
): boolean {
  p.skipQualifiers();
  const spec = parseSpec(p, attributes);
  finishDeclaration(p, decls, attributes, spec, doc);
  return true;
}

/** `extern "C" { … }`, `extern "C" decl`, `extern const …`. */
function parseExtern(
  p: Parser,
  decls: Decl[],
  attributes: readonly Attribute[],
  doc: DocRange | undefined,
): void {
  p.next();
  if (!p.at(T.string)) {
    readConst(p, decls, attributes, doc);
    return;
  }
  p.next();
  if (p.at(123)) bracedBody(p, decls);
  else parseDeclaration(p, decls);
}

function skipInline(p: Parser): void {
  while (!p.at(123) && !p.at(59) && !p.at(T.end)) {
    if (p.at(40)) p.skipBrackets();
    else p.next();
  }
  if (p.at(123)) p.skipBrackets();
}

export function parseTypeOrFunction(
  p: Parser,
  decls: Decl[],
  attributes: readonly Attribute[],
  doc: DocRange | undefined,
): void {
  const { place } = p;
  // A stray `name(...)` or `NAME` line: an unknown macro that someone else defines.
  if (p.at(T.name) && (p.peek() === 40 || p.peek() === 59) && attributes.length === 0) {
    const { text } = p;
    if (p.peek() === 40) {
      p.next();
      const parameters = parseLooseCall(p);
      if (!parameters) return;
      p.diagnostics.warning(place, `"${text}(…)" is not understood and is left out`);
      p.take(59);
      return;
    }
  }
  const spec = parseSpec(p, attributes);
  finishDeclaration(p, decls, attributes, spec, doc);
}

function parseLooseCall(p: Parser): boolean {
  p.skipBrackets();
  return true;
}

/** What follows a type specifier at the top of a body: declarators of functions, constants, variables, or nothing. */
function finishDeclaration(
  p: Parser,
  decls: Decl[],
  attributes: readonly Attribute[],
  spec: TypeSpec,
  doc: DocRange | undefined,
): void {
  if (p.at(59)) {
    p.next();
    if (spec.kind !== "base") decls.push({ kind: "type", place: spec.place, attributes, spec });
    return;
  }
  do decls.push(parseMember(p, attributes, spec, doc));
  while (p.take(44));
  if (p.at(123)) {
    // The body of an inline function in a C header.
    p.skipBrackets();
    return;
  }
  if (!p.at(125)) p.expect(59, "after the declaration");
}

function parseMember(
  p: Parser,
  attributes: readonly Attribute[],
  spec: TypeSpec,
  doc: DocRange | undefined,
): Decl {
  const declarator = parseDeclarator(p);
  const { name } = declarator;
  if (name === undefined) return p.fail(`expected a name, found ${p.found()}`);
  const { place } = declarator;
  const [first] = declarator.layers;
  if (first?.kind === "function") {
    p.skipQualifiers();
    if (p.at(61)) {
      p.next();
      parseExpression(p);
    }
    const layers: readonly Layer[] = declarator.layers.slice(1);
    const result = { spec, declarator: { name: undefined, place, layers, bits: undefined } };
    const { parameters, convention } = first;
    return { kind: "function", place, name, attributes, result, parameters, convention, doc };
  }
  const type = { spec, declarator: { ...declarator, name: undefined } };
  if (!p.take(61)) return { kind: "const", place, attributes, type, name, value: undefined, doc };
  if (p.at(123)) {
    // The initialiser of a structure, as GUIDs have it.
    const value = { kind: "raw" as const, place: p.place, text: p.rawBrackets() };
    return { kind: "const", place, attributes, type, name, value, doc };
  }
  return { kind: "const", place, attributes, type, name, value: parseExpression(p), doc };
}
