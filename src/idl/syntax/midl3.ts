import type {
  Attribute,
  CoclassMember,
  Decl,
  Declarator,
  DocRange,
  Expr,
  Field,
  FunctionDecl,
  Layer,
  Parameter,
  TypeSpec,
} from "./ast.ts";
import { parseAttributes } from "./attributes.ts";
import { T } from "./lexer.ts";
import { midl3Bases, midl3Names } from "./midl3-names.ts";
import { W } from "./names.ts";
import type { Parser } from "./parser.ts";

/*
 * MIDL 3.0: classes of the Windows Runtime with members of their own, properties, events and constructors. Each is read as the
 * declarations of the language before it, which the compiler of Windows makes of it too: a class `C` with members becomes the
 * interfaces `IC`, `ICStatics`, `ICFactory`, `ICOverrides` and `ICProtected`, and a property becomes `get_` and `put_`.
 */

/** Reads an interface or class of MIDL 3.0 that begins with its name. */
export function parseMidl3Type(
  p: Parser,
  decls: Decl[],
  attributes: readonly Attribute[],
  doc: DocRange | undefined,
  word: "interface" | "runtimeclass",
): void {
  const { place } = p;
  const name = p.qualifiedName("a name");
  const late = p.at(91) ? [...attributes, ...parseAttributes(p)] : attributes;
  const bases = parseRequired(p);
  if (p.take(59)) {
    const made = word === "interface" ? word : "coclass";
    decls.push({ kind: "forward", place, word: made, name, attributes: late });
    return;
  }
  const members = new Members(p, name);
  members.body();
  p.take(59);
  const classic = bases.filter((it) => it.name === "IUnknown" || it.name === "IDispatch");
  if (word === "interface") pushInterface(decls, name, place, late, members.instance, doc, classic[0]);
  else pushClass(decls, name, place, late, bases, members, doc);
}

/** `: A, B` and `requires A, B`. */
function parseRequired(p: Parser): { name: string; place: number }[] {
  const bases: { name: string; place: number }[] = [];
  while (p.at(58) || (p.at(T.name) && p.text === "requires")) {
    do {
      p.next();
      p.skipAttributes();
      const { place } = p;
      bases.push({ name: p.qualifiedName("an interface's name"), place });
    } while (p.at(44));
  }
  return bases;
}

function pushInterface(
  decls: Decl[],
  name: string,
  place: number,
  attributes: readonly Attribute[],
  body: readonly Decl[],
  doc: DocRange | undefined,
  base: { name: string; place: number } = { name: "IInspectable", place },
): void {
  const bases = [base];
  decls.push({ kind: "interface", place, name, attributes, bases, body, doc });
}

function pushClass(
  decls: Decl[],
  name: string,
  place: number,
  attributes: readonly Attribute[],
  bases: readonly { name: string; place: number }[],
  members: Members,
  doc: DocRange | undefined,
): void {
  const made: CoclassMember[] = [...members.interfaces];
  const short = name.slice(name.lastIndexOf(".") + 1);
  const add = (suffix: string, body: readonly Decl[], needed: boolean): boolean => {
    if (!needed) return false;
    const own = `I${short}${suffix}`;
    const exclusive: Attribute = { name: "exclusiveto", place, args: [{ kind: "raw", place, text: name }] };
    pushInterface(decls, own, place, [exclusive], body, suffix === "" ? doc : undefined);
    return true;
  };
  const { instance, statics, factory, overridable, hidden } = members;
  const onlyStatic = instance.length === 0 && (statics.length > 0 || bases.length > 0 || made.length > 0);
  if (add("", instance, !onlyStatic))
    made.unshift({ name: `I${short}`, place, attributes: [{ name: "default", place, args: undefined }] });
  for (const base of bases) made.push({ ...base, attributes: [] });
  add("Factory", factory, factory.length > 0);
  add("Statics", statics, statics.length > 0);
  if (add("Overrides", overridable, overridable.length > 0))
    made.push({ name: `I${short}Overrides`, place, attributes: [] });
  if (add("Protected", hidden, hidden.length > 0))
    made.push({ name: `I${short}Protected`, place, attributes: [] });
  decls.push({ kind: "coclass", place, name, attributes, members: made, doc });
}

/** The members of one body, sorted into the interfaces they are made into. */
class Members {
  readonly #p: Parser;
  readonly #class: string;
  readonly instance: FunctionDecl[] = [];
  readonly statics: FunctionDecl[] = [];
  readonly factory: FunctionDecl[] = [];
  readonly overridable: FunctionDecl[] = [];
  readonly hidden: FunctionDecl[] = [];
  /** `[default] interface IFoo;`, as the language before had them. */
  readonly interfaces: CoclassMember[] = [];

  constructor(p: Parser, name: string) {
    this.#p = p;
    this.#class = name.replace(/<.*/, "");
  }

  /** `{ members }`; a block within that only shares attributes is part of it. */
  body(): void {
    const p = this.#p;
    p.expect(123, "before the members");
    p.nested(() => {
      while (!p.at(125) && !p.at(T.end)) {
        if (p.take(59)) continue;
        p.recovering(() => this.#member());
      }
    });
    p.expect(125, "after the members");
  }

  #member(): void {
    const p = this.#p;
    const doc = p.doc();
    const attributes = parseAttributes(p);
    if (p.at(123)) return this.body();
    if ((p.nameId === W.interface || p.nameId === W.dispinterface) && p.peek() === T.name) {
      p.next();
      const { place } = p;
      this.interfaces.push({ place, name: p.qualifiedName("an interface's name"), attributes });
      return p.expect(59, "after the interface");
    }
    const into = this.#modifiers();
    const event = p.at(T.name) && p.text === "event" && p.peek() === T.name;
    if (event) p.next();
    const { place } = p;
    if (p.at(T.name) && p.text === this.#class && p.peek() === 40) return this.#construct(attributes, doc);
    const type = parseType(p);
    const name = p.name("a member's name");
    const head = { place, attributes, doc };
    if (event) this.#event(into, name, type, head);
    else if (p.at(40))
      into.push(method(head, overloadName(into, name, attributes), type, parseParameters(p)));
    else this.#property(into, name, type, head);
    if (!p.at(125)) p.take(59);
  }

  #modifiers(): FunctionDecl[] {
    const p = this.#p;
    let into = this.instance;
    for (;;) {
      if (p.nameId === W.static) into = this.statics;
      else if (p.at(T.name) && p.text === "overridable" && p.peek() === T.name) into = this.overridable;
      else if (p.at(T.name) && p.text === "protected" && p.peek() === T.name) {
        if (into === this.instance) into = this.hidden;
      } else return into;
      p.next();
    }
  }

  /** A constructor without parameters is what every class factory has. */
  #construct(attributes: readonly Attribute[], doc: DocRange | undefined): void {
    const p = this.#p;
    const { place } = p;
    p.next();
    const params = parseParameters(p);
    const number = this.factory.length === 0 ? "" : `${this.factory.length + 1}`;
    const type: Typed = {
      spec: { kind: "reference", place, name: this.#class, word: undefined },
      layers: [],
    };
    if (params.length > 0)
      this.factory.push(method({ place, attributes, doc }, `CreateInstance${number}`, type, params));
    p.expect(59, "after the constructor");
  }

  #event(into: FunctionDecl[], name: string, type: Typed, head: Head): void {
    const token: Typed = {
      spec: { kind: "reference", place: head.place, name: "EventRegistrationToken", word: undefined },
      layers: [],
    };
    const handler = parameter("handler", type, head.place, ["in"]);
    into.push(method(withMark(head, "eventadd"), name, token, [handler]));
    const removed = parameter("token", token, head.place, ["in"]);
    into.push(method(withMark(head, "eventremove"), name, undefined, [removed]));
  }

  /** `T Name { get; set; }`; without braces it is both. */
  #property(into: FunctionDecl[], name: string, type: Typed, head: Head): void {
    const p = this.#p;
    const get = (): number => into.push(method(withMark(head, "propget"), name, type, []));
    const set = (): number =>
      into.push(
        method(withMark(head, "propput"), name, undefined, [parameter("value", type, head.place, ["in"])]),
      );
    if (!p.take(123)) {
      get();
      set();
      return;
    }
    while (!p.at(125) && !p.at(T.end)) {
      parseAttributes(p);
      const text = p.at(T.name) ? p.text : "";
      p.next();
      if (text === "get") get();
      else if (text === "set" || text === "put") set();
    }
    p.expect(125, "after the property");
  }
}

/** Several methods of one name are numbered, as MIDL does; `[method_name]` gives one a name of its own. */
function overloadName(
  members: readonly FunctionDecl[],
  name: string,
  attributes: readonly Attribute[],
): string {
  const given = attributes.find((it) => it.name === "method_name")?.args?.[0];
  if (given?.kind === "string") return given.value;
  let number = 1;
  const isTaken = (wanted: string): boolean => members.some((it) => it.name === wanted && !isAccessor(it));
  while (isTaken(number === 1 ? name : `${name}${number}`)) number++;
  return number === 1 ? name : `${name}${number}`;
}

const accessorMarks = new Set(["propget", "propput", "eventadd", "eventremove"]);

function isAccessor(decl: FunctionDecl): boolean {
  return decl.attributes.some((it) => accessorMarks.has(it.name));
}

interface Head {
  readonly place: number;
  readonly attributes: readonly Attribute[];
  readonly doc: DocRange | undefined;
}

interface Typed {
  readonly spec: TypeSpec;
  readonly layers: readonly Layer[];
}

function withMark(head: Head, name: string): Head {
  return { ...head, attributes: [{ name, place: head.place, args: undefined }, ...head.attributes] };
}

const pointer: Layer = { kind: "pointer", attributes: undefined };

/** A method as the interface has it: an HRESULT, and the result behind a pointer. */
function method(
  head: Head,
  name: string,
  type: Typed | undefined,
  params: readonly Parameter[],
): FunctionDecl {
  const { place, attributes, doc } = head;
  const isVoid = type === undefined || (type.spec.kind === "base" && type.spec.name === "void");
  const old = type?.spec.kind === "reference" && type.spec.name === "HRESULT";
  const result: TypeSpec = { kind: "reference", place, name: "HRESULT", word: undefined };
  const last =
    isVoid || old
      ? []
      : withSize(
          parameter("result", { spec: type.spec, layers: [pointer, ...type.layers] }, place, [
            "out",
            "retval",
          ]),
        );
  return {
    kind: "function",
    place,
    name,
    attributes,
    result: { spec: result, declarator: { name: undefined, place, layers: [], bits: undefined } },
    parameters: [...params, ...last],
    doc,
  };
}

function parameter(name: string, type: Typed, place: number, marks: readonly string[]): Parameter {
  return {
    attributes: marks.map((it) => ({ name: it, place, args: undefined })),
    spec: type.spec,
    declarator: { name, place, layers: type.layers, bits: undefined },
    place,
    initial: undefined,
  };
}

function parseParameters(p: Parser): Parameter[] {
  p.expect(40, "before the parameters");
  const list: Parameter[] = [];
  while (!p.at(41) && !p.at(T.end)) {
    if (p.take(44)) continue;
    list.push(...withSize(parseParameter(p, list.length)));
  }
  p.expect(41, "after the parameters");
  return list;
}

/**
 * An array is two parameters: how many elements, and where they are. One that the callee fills (`ref`) belongs to the caller, one
 * that comes out (`out`) is the callee's.
 */
function withSize(array: Parameter): Parameter[] {
  const { declarator, place, attributes } = array;
  const at = declarator.layers.findIndex((it) => it.kind === "array");
  const name = declarator.name ?? "";
  if (at < 0) return [array];
  const callee = at > 0;
  const layers = callee ? [pointer, ...declarator.layers] : declarator.layers;
  const count = `__${name}Size`;
  const size: Expr = { kind: "name", place, name: count };
  const sized: Attribute = {
    name: "size_is",
    place,
    args: callee
      ? [
          { kind: "empty", place },
          { kind: "empty", place },
          { kind: "unary", place, operator: "*", operand: size },
        ]
      : [size],
  };
  const type: Typed = { spec: { kind: "base", place, name: "uint32" }, layers: callee ? [pointer] : [] };
  return [
    parameter(count, type, place, [callee ? "out" : "in"]),
    { ...array, attributes: [...attributes, sized], declarator: { ...declarator, layers } },
  ];
}

function parseParameter(p: Parser, index: number): Parameter {
  const own = parseAttributes(p);
  const { place } = p;
  let way = own.some((it) => it.name === "out") ? "out" : "in";
  for (;;) {
    const isWord = p.at(T.name) && (p.text === "out" || p.text === "ref") && p.peek() === T.name;
    if (isWord) way = p.text;
    else if (p.nameId !== W.const) break;
    p.next();
  }
  const type = parseType(p);
  const name = p.at(T.name) ? p.name("a parameter's name") : `arg${index + 1}`;
  p.skipAttributes();
  const isArray = type.layers.some((it) => it.kind === "array");
  // A structure by reference is not changed; an array of the caller's is filled.
  const isOut = way === "out" || (way === "ref" && isArray);
  const placed = way === "out" && own.length === 0 ? { ...type, layers: [pointer, ...type.layers] } : type;
  const made = parameter(name, placed, place, own.length > 0 ? [] : [isOut ? "out" : "in"]);
  return own.length > 0 ? { ...made, attributes: own } : made;
}

/** A type of MIDL 3.0 with its `[]` and `*`. */
function parseType(p: Parser): Typed {
  const { place } = p;
  const name = p.qualifiedName("a type");
  const layers: Layer[] = [];
  for (;;) {
    if (p.take(42)) layers.unshift(pointer);
    else if (p.at(91) && p.peek() === 93) {
      p.next();
      p.next();
      layers.unshift({ kind: "array", place, size: undefined, low: undefined });
    } else break;
  }
  const plain = Object.hasOwn(midl3Bases, name) ? midl3Bases[name] : undefined;
  if (plain !== undefined) return { spec: { kind: "base", place, name: plain }, layers };
  const known = Object.hasOwn(midl3Names, name) ? midl3Names[name] : undefined;
  return { spec: { kind: "reference", place, name: known ?? name, word: undefined }, layers };
}

/** `struct S { Int32 a, b; };` without the word. */
export function parseMidl3Struct(
  p: Parser,
  decls: Decl[],
  attributes: readonly Attribute[],
  doc: DocRange | undefined,
): void {
  const { place } = p;
  const tag = p.qualifiedName("the structure's name");
  const fields: Field[] = [];
  if (p.at(123)) {
    p.next();
    while (!p.at(125) && !p.at(T.end)) {
      if (p.take(59)) continue;
      const field = p.recovering(() => parseStructField(p));
      if (field !== undefined) fields.push(field);
    }
    p.expect(125, "after the members");
    p.take(59);
    decls.push({
      kind: "type",
      place,
      attributes,
      spec: { kind: "struct", place, tag, attributes, fields, pack: p.pack, doc },
    });
    return;
  }
  p.take(59);
}

function parseStructField(p: Parser): Field {
  const doc = p.doc();
  const attributes = parseAttributes(p);
  const { place } = p;
  const { spec, layers } = parseType(p);
  const declarators: Declarator[] = [];
  do declarators.push({ place: p.place, name: p.name("a member's name"), layers, bits: undefined });
  while (p.take(44));
  if (!p.at(125)) p.expect(59, "after the member");
  return { attributes, spec, declarators, place, doc };
}

/** `delegate R Name(parameters);` without the word: the parts of it. */
export function parseMidl3Delegate(
  p: Parser,
  doc: DocRange | undefined,
): { readonly name: string; readonly place: number; readonly invoke: FunctionDecl } {
  const type = parseType(p);
  const { place } = p;
  const name = p.qualifiedName("the delegate's name");
  const invoke = method({ place, attributes: [], doc }, "Invoke", type, parseParameters(p));
  p.take(59);
  return { name, place, invoke };
}
