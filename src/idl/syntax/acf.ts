import type { Attribute, Decl, FunctionDecl, InterfaceDecl, Parameter, TypedefDecl } from "./ast.ts";
import { parseAttributes } from "./attributes.ts";
import { T } from "./lexer.ts";
import { W } from "./names.ts";
import type { Parser } from "./parser.ts";

/*
 * The application configuration file beside an IDL file: how one program sees an interface, which the bytes do not show. It
 * repeats names of the IDL with attributes of its own: of the interface, of types, of procedures and their parameters.
 */

/** A name of the IDL file with more attributes. */
interface Addition {
  readonly name: string;
  readonly place: number;
  readonly attributes: readonly Attribute[];
}

interface ProcedureAddition extends Addition {
  readonly parameters: readonly Addition[];
}

/** What an .acf file says about one interface. */
export interface AcfInterface extends Addition {
  readonly types: readonly Addition[];
  readonly procedures: readonly ProcedureAddition[];
}

/** Every interface of an .acf file. Errors are reported and stepped over. */
export function parseAcf(p: Parser): AcfInterface[] {
  const list: AcfInterface[] = [];
  while (!p.at(T.end)) {
    if (p.take(59)) continue;
    const one = p.recovering(() => parseInterface(p));
    if (one !== undefined) list.push(one);
  }
  return list;
}

function parseInterface(p: Parser): AcfInterface | undefined {
  if (skipInclude(p)) return undefined;
  const attributes = parseAttributes(p);
  if (!p.takeWord(W.interface)) p.fail(`expected "interface", found ${p.found()}`);
  const { place } = p;
  const name = p.name("the interface's name");
  const types: Addition[] = [];
  const procedures: ProcedureAddition[] = [];
  if (p.take(123)) {
    while (!p.at(125) && !p.at(T.end)) if (!p.take(59)) p.recovering(() => parseMember(p, types, procedures));
    p.expect(125, "after the members");
  }
  return { name, place, attributes, types, procedures };
}

/** `include "a.h", "b.h";` is for C. */
function skipInclude(p: Parser): boolean {
  if (!p.at(T.name) || p.text !== "include") return false;
  p.skipDeclaration();
  return true;
}

function parseMember(p: Parser, types: Addition[], procedures: ProcedureAddition[]): void {
  if (skipInclude(p)) return;
  if (p.takeWord(W.typedef)) {
    const attributes = parseAttributes(p);
    do types.push(named(p, attributes, "a type's name"));
    while (p.take(44));
    p.expect(59, "after the typedef");
    return;
  }
  const attributes = parseAttributes(p);
  do {
    const head = named(p, attributes, "a procedure's name");
    procedures.push({ ...head, parameters: p.at(40) ? parseParameters(p) : [] });
  } while (p.take(44));
  p.expect(59, "after the procedure");
}

function named(p: Parser, attributes: readonly Attribute[], what: string): Addition {
  const { place } = p;
  return { name: p.name(what), place, attributes };
}

function parseParameters(p: Parser): Addition[] {
  const list: Addition[] = [];
  p.next();
  while (!p.at(41) && !p.at(T.end)) {
    if (p.take(44)) continue;
    const attributes = parseAttributes(p);
    list.push(named(p, attributes, "a parameter's name"));
  }
  p.expect(41, "after the parameters");
  return list;
}

// --- application --------------------------------------------------------------------------------------------------------

type Warn = (place: number, message: string) => void;

/** The declarations with the attributes of an .acf file added; what it names and the IDL has not is warned of. */
export function applyAcf(decls: readonly Decl[], acf: readonly AcfInterface[], warn: Warn): Decl[] {
  const open = new Set(acf);
  const done = decls.map((decl) => withAcf(decl, acf, open, warn));
  for (const it of open) warn(it.place, `the IDL has no interface ${it.name}`);
  return done;
}

function withAcf(decl: Decl, acf: readonly AcfInterface[], open: Set<AcfInterface>, warn: Warn): Decl {
  if (decl.kind === "library") return { ...decl, body: decl.body.map((it) => withAcf(it, acf, open, warn)) };
  if (decl.kind !== "interface") return decl;
  let made = decl;
  for (const it of acf) {
    if (it.name !== decl.name) continue;
    open.delete(it);
    made = extended(made, it, warn);
  }
  return made;
}

function extended(decl: InterfaceDecl, acf: AcfInterface, warn: Warn): InterfaceDecl {
  const types = byName(acf.types);
  const procedures = byName(acf.procedures);
  const body = decl.body.map((it) => {
    if (it.kind === "typedef") return extendedTypedef(it, types);
    return it.kind === "function" ? extendedFunction(it, procedures.get(it.name), warn) : it;
  });
  const functions = new Set(decl.body.flatMap((it) => (it.kind === "function" ? [it.name] : [])));
  const typedefs = new Set(decl.body.flatMap((it) => (it.kind === "typedef" ? namesOf(it) : [])));
  for (const it of acf.procedures)
    if (!functions.has(it.name)) warn(it.place, `interface ${decl.name} has no procedure ${it.name}`);
  for (const it of acf.types)
    if (!typedefs.has(it.name)) warn(it.place, `interface ${decl.name} has no typedef ${it.name}`);
  return { ...decl, attributes: [...decl.attributes, ...acf.attributes], body };
}

function byName<A extends Addition>(list: readonly A[]): ReadonlyMap<string, A> {
  return new Map(list.map((it) => [it.name, it]));
}

function namesOf(decl: TypedefDecl): string[] {
  return decl.declarators.flatMap((it) => it.name ?? []);
}

/** A typedef of several names has one list of attributes, so it gets those of each of them. */
function extendedTypedef(decl: TypedefDecl, types: ReadonlyMap<string, Addition>): TypedefDecl {
  const more = namesOf(decl).flatMap((name) => types.get(name)?.attributes ?? []);
  return more.length === 0 ? decl : { ...decl, attributes: [...decl.attributes, ...more] };
}

/** A status parameter that the IDL has not is the program's alone: the procedure's attribute names it. */
function extendedFunction(decl: FunctionDecl, acf: ProcedureAddition | undefined, warn: Warn): FunctionDecl {
  if (acf === undefined) return decl;
  const added: Attribute[] = [...acf.attributes];
  const params = byName(acf.parameters);
  const own = new Set(decl.parameters.map((it) => it.declarator.name));
  for (const it of acf.parameters) {
    if (own.has(it.name)) continue;
    if (!it.attributes.some(isStatus)) warn(it.place, `${decl.name} has no parameter ${it.name}`);
    for (const { name, place } of it.attributes)
      added.push({ name, place, args: [{ kind: "name", place, name: it.name }] });
  }
  const parameters = decl.parameters.map((it): Parameter => {
    const more = params.get(it.declarator.name ?? "")?.attributes ?? [];
    return more.length === 0 ? it : { ...it, attributes: [...it.attributes, ...more] };
  });
  return { ...decl, attributes: [...decl.attributes, ...added], parameters };
}

function isStatus(attribute: Attribute): boolean {
  return attribute.name === "comm_status" || attribute.name === "fault_status";
}
