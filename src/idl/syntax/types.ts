import type {
  Attribute,
  BaseName,
  Declarator,
  EnumMember,
  EnumSpec,
  Expr,
  Field,
  Layer,
  Parameter,
  StructSpec,
  TypeSpec,
  TypeUse,
  UnionArm,
  UnionSpec,
} from "./ast.ts";
import { parseAttributes } from "./attributes.ts";
import { parseExpression } from "./expressions.ts";
import { T } from "./lexer.ts";
import { W } from "./names.ts";
import type { Parser } from "./parser.ts";

const baseWords = new Map<number, string>([
  [W.void, "void"],
  [W.boolean, "boolean"],
  [W.bool, "boolean"],
  [W.byte, "byte"],
  [W.char, "char"],
  [W.wchar_t, "wchar"],
  [W.__wchar_t, "wchar"],
  [W.small, "small"],
  [W.short, "short"],
  [W.int, "int"],
  [W.long, "long"],
  [W.hyper, "hyper"],
  [W.__int8, "small"],
  [W.__int16, "short"],
  [W.__int32, "long"],
  [W.__int64, "hyper"],
  [W._int64, "hyper"],
  [W.__int3264, "int3264"],
  [W.__int128, "int128"],
  [W.float, "float"],
  [W.double, "double"],
  [W.handle_t, "handle"],
  [W.error_status_t, "error_status"],
  [W.unsigned, "unsigned"],
  [W.signed, "signed"],
  [W.__signed, "signed"],
]);

/** True when the current word can only begin a type. */
export function isTypeWord(p: Parser): boolean {
  const { nameId } = p;
  if (nameId < 0) return false;
  if (baseWords.has(nameId)) return true;
  return (
    nameId === W.struct ||
    nameId === W.union ||
    nameId === W.enum ||
    nameId === W.const ||
    nameId === W.SAFEARRAY
  );
}

/** A type with an optional name, as in a cast or an attribute. */
export function parseTypeUse(p: Parser): TypeUse {
  const spec = parseSpec(p, []);
  return { spec, declarator: parseDeclarator(p) };
}

/** A type specifier, with `const` and calling conventions around it left out. */
export function parseSpec(p: Parser, attributes: readonly Attribute[]): TypeSpec {
  const doc = p.doc();
  p.skipQualifiers();
  while (p.nameId === W.extern || p.nameId === W.static || p.nameId === W.inline || p.nameId === W.__inline) {
    p.next();
    p.skipQualifiers();
  }
  // Attributes may also follow `const`.
  const more = p.at(91) ? [...attributes, ...parseAttributes(p)] : attributes;
  const spec = parseSpecWord(p, more, doc);
  p.skipQualifiers();
  return spec;
}

function parseSpecWord(p: Parser, attributes: readonly Attribute[], doc: StructSpec["doc"]): TypeSpec {
  const { place, nameId } = p;
  if (!p.at(T.name)) return p.fail(`expected a type, found ${p.found()}`);
  if (baseWords.has(nameId)) return parseBase(p);
  switch (nameId) {
    case W.struct:
    case W.class:
      return parseStruct(p, attributes, doc);
    case W.union:
      return parseUnion(p, attributes, doc);
    case W.enum:
      return parseEnum(p, attributes, doc);
    case W.interface:
    case W.interfacename:
    case W.dispinterface:
    case W.coclass: {
      if (p.peek() !== T.name) break;
      p.next();
      return { kind: "reference", place, name: p.qualifiedName("an interface's name"), word: "interface" };
    }
    case W.SAFEARRAY: {
      if (p.peek() !== 40) break;
      p.next();
      p.next();
      const element = p.nested(() => parseTypeUse(p));
      p.expect(41, "after the element type");
      return { kind: "safearray", place, element };
    }
    case W.pipe: {
      p.next();
      const element = p.nested(() => parseSpec(p, []));
      return {
        kind: "pipe",
        place,
        element: { spec: element, declarator: { name: undefined, place, layers: [], bits: undefined } },
      };
    }
    default:
  }
  return parseReference(p);
}

function parseReference(p: Parser): TypeSpec {
  const { place } = p;
  return { kind: "reference", place, name: p.qualifiedName("a type"), word: undefined };
}

function parseBase(p: Parser): TypeSpec {
  const { place } = p;
  let sign = "";
  let word = "";
  for (;;) {
    const next = baseWords.get(p.nameId);
    if (next === "unsigned" || next === "signed") sign = next;
    else if (next !== undefined && (word === "" || combines(word, next))) word = combine(word, next);
    else break;
    p.next();
    if (p.nameId === W.const || p.nameId === W.volatile || p.isNoise()) p.skipQualifiers();
  }
  return { kind: "base", place, name: baseName(sign, word) };
}

/** `long int`, `short int`, `long long`, `long double`, `long hyper`: words that go together. A second word of another kind is a name. */
function combines(word: string, next: string): boolean {
  if (next === "int")
    return word === "short" || word === "long" || word === "small" || word === "hyper" || word === "char";
  if (word === "int") return next === "short" || next === "long" || next === "small" || next === "hyper";
  return word === "long" && (next === "long" || next === "double");
}

function combine(word: string, next: string): string {
  if (word === "long" && next === "long") return "hyper";
  if (word === "long" && next === "double") return "double";
  return word === "int" || word === "" ? next : word;
}

function baseName(sign: string, word: string): BaseName {
  const unsigned = sign === "unsigned";
  switch (word) {
    case "char":
      return sign === "" ? "char" : unsigned ? "uint8" : "int8";
    case "small":
      return unsigned ? "uint8" : "int8";
    case "short":
      return unsigned ? "uint16" : "int16";
    case "":
    case "int":
      return unsigned ? "uint" : "int";
    case "long":
      return unsigned ? "uint32" : "int32";
    case "hyper":
      return unsigned ? "uint64" : "int64";
    case "int3264":
      return unsigned ? "uint3264" : "int3264";
    default:
      return word as BaseName;
  }
}

// --- structures, unions, enums ---------------------------------------------------------------------------------------

function optionalTag(p: Parser): string | undefined {
  p.skipNoise();
  if (!p.at(T.name)) return undefined;
  const { text } = p;
  p.next();
  return text;
}

function parseStruct(p: Parser, attributes: readonly Attribute[], doc: StructSpec["doc"]): TypeSpec {
  const { place } = p;
  p.next();
  const all = p.at(91) ? [...attributes, ...parseAttributes(p)] : attributes;
  const tag = optionalTag(p);
  if (p.at(58) && tag !== undefined) {
    // ODL and C++ name a base structure.
    while (!p.at(123) && !p.at(T.end)) p.next();
  }
  if (!p.at(123)) return reference(p, place, tag, "struct");
  const fields = p.nested(() => parseFields(p));
  return { kind: "struct", place, tag, attributes: all, fields, pack: p.pack, doc };
}

function reference(
  p: Parser,
  place: number,
  tag: string | undefined,
  word: "struct" | "union" | "enum",
): TypeSpec {
  if (tag === undefined) return p.fail(`expected a name or "{" after ${word}, found ${p.found()}`);
  return { kind: "reference", place, name: tag, word };
}

/** `{ fields }` */
export function parseFields(p: Parser): Field[] {
  p.expect(123, "before the members");
  const fields: Field[] = [];
  while (!p.at(125) && !p.at(T.end)) {
    if (p.take(59)) continue;
    const field = p.recovering(() => parseField(p));
    if (field !== undefined) fields.push(field);
  }
  p.expect(125, "after the members");
  return fields;
}

/** One line of members, with its semicolon. */
export function parseField(p: Parser): Field {
  const doc = p.doc();
  const attributes = parseAttributes(p);
  const { place } = p;
  const spec = parseSpec(p, attributes);
  const declarators: Declarator[] = [];
  if (!p.at(59) && !p.at(125)) {
    do declarators.push(parseDeclarator(p));
    while (p.take(44));
  }
  if (!p.at(125)) p.expect(59, "after the member");
  return { attributes, spec, declarators, place, doc };
}

function parseUnion(p: Parser, attributes: readonly Attribute[], doc: StructSpec["doc"]): TypeSpec {
  const { place } = p;
  p.next();
  const all = p.at(91) ? [...attributes, ...parseAttributes(p)] : attributes;
  const tag = p.nameId === W.switch && p.peek() === 40 ? undefined : optionalTag(p);
  let encapsulated: UnionSpec["encapsulated"];
  if (p.nameId === W.switch && p.peek() === 40) {
    p.next();
    p.next();
    const type = parseSpec(p, []);
    const name = p.name("the discriminant's name");
    p.expect(41, "after the discriminant");
    encapsulated = { type, name, member: p.at(T.name) ? p.name("a name") : undefined };
  }
  if (!p.at(123)) return reference(p, place, tag, "union");
  p.next();
  const arms = p.nested(() => parseArms(p));
  p.expect(125, "after the arms");
  return { kind: "union", place, tag, attributes: all, encapsulated, arms, pack: p.pack, doc };
}

function parseArms(p: Parser): UnionArm[] {
  const arms: UnionArm[] = [];
  while (!p.at(125) && !p.at(T.end)) {
    const arm = p.recovering(() => parseArm(p));
    if (arm !== undefined) arms.push(arm);
  }
  return arms;
}

/** An arm with labels before it (`case 1: case 2:`) or in its attributes (`[case(1, 2)]`). */
function parseArm(p: Parser): UnionArm | undefined {
  const { place } = p;
  const doc = p.doc();
  const cases: Expr[] = [];
  let isDefault = false;
  let labelled = false;
  for (;;) {
    if (p.nameId === W.case && p.peek() !== 59) {
      p.next();
      cases.push(parseExpression(p));
      p.expect(58, "after the case");
    } else if (p.nameId === W.default && p.peek() === 58) {
      p.next();
      p.next();
      isDefault = true;
    } else break;
    labelled = true;
  }
  const attributes = parseAttributes(p);
  for (const attribute of attributes) {
    if (attribute.name === "case") cases.push(...(attribute.args ?? []));
    else if (attribute.name === "default") isDefault = true;
    else continue;
    labelled = true;
  }
  if (p.take(59)) return labelled ? { place, cases, isDefault, field: undefined } : undefined;
  if (p.at(125)) return { place, cases, isDefault, field: undefined };
  const spec = parseSpec(p, attributes);
  const declarators: Declarator[] = [];
  if (!p.at(59) && !p.at(125)) {
    do declarators.push(parseDeclarator(p));
    while (p.take(44));
  }
  if (!p.at(125)) p.expect(59, "after the arm");
  return { place, cases, isDefault, field: { attributes, spec, declarators, place, doc } };
}

function parseEnum(p: Parser, attributes: readonly Attribute[], doc: EnumSpec["doc"]): TypeSpec {
  const { place } = p;
  p.next();
  if (p.nameId === W.class) p.next();
  const all = p.at(91) ? [...attributes, ...parseAttributes(p)] : attributes;
  const tag = optionalTag(p);
  if (p.at(58) && tag !== undefined) {
    p.next();
    parseSpec(p, []);
  }
  if (!p.at(123)) return reference(p, place, tag, "enum");
  p.next();
  const members: EnumMember[] = [];
  while (!p.at(125) && !p.at(T.end)) {
    if (p.at(44) || p.at(59)) p.next();
    else members.push(parseEnumMember(p));
  }
  p.expect(125, "after the enumerators");
  return { kind: "enum", place, tag, attributes: all, members, doc };
}

function parseEnumMember(p: Parser): EnumMember {
  const doc = p.doc();
  const attributes = parseAttributes(p);
  const { place } = p;
  const name = p.name("an enumerator");
  const value = p.take(61) ? parseExpression(p) : undefined;
  if (!p.at(44) && !p.at(125) && !p.at(59))
    p.fail(`expected "," or "}" after the enumerator, found ${p.found()}`);
  return { place, name, value, attributes, doc };
}

// --- declarators -----------------------------------------------------------------------------------------------------

/** A declarator; the name may be missing (parameters, casts). */
export function parseDeclarator(p: Parser): Declarator {
  const layers: Layer[] = [];
  const core = p.nested(() => parseLayers(p, layers));
  let bits: Expr | undefined;
  if (p.at(58)) {
    p.next();
    bits = parseExpression(p);
  }
  return { name: core.name, place: core.place, layers, bits };
}

interface Core {
  readonly name: string | undefined;
  readonly place: number;
}

/** Fills `layers` from the name outward. */
function parseLayers(p: Parser, layers: Layer[]): Core {
  const pointers: Layer[] = [];
  for (;;) {
    p.skipQualifiers();
    if (p.at(42) || p.at(38)) {
      p.next();
      pointers.push({ kind: "pointer", attributes: undefined });
    } else if (p.at(91) && pointers.length > 0 && p.peek() === T.name && isPointerAttribute(p)) {
      const attributes = parseAttributes(p);
      pointers.push({ kind: "pointer", attributes });
      if (p.at(42)) p.next();
      else pointers.pop();
    } else break;
  }
  let core: Core = { name: undefined, place: p.place };
  if (p.at(40) && startsNestedDeclarator(p)) {
    p.next();
    core = p.nested(() => parseLayers(p, layers));
    p.expect(41, "in the declarator");
  } else if (p.at(T.name)) {
    core = { name: p.text, place: p.place };
    p.next();
    p.skipQualifiers();
  }
  parseSuffixes(p, layers);
  for (let i = pointers.length - 1; i >= 0; i--) layers.push(pointers[i] as Layer);
  return core;
}

const pointerAttributes = new Set(["ref", "unique", "ptr", "string"]);

function isPointerAttribute(p: Parser): boolean {
  return pointerAttributes.has(p.peekText());
}

/** `(` opens a nested declarator when a `*`, a calling convention or a name follows; otherwise it opens parameters. */
function startsNestedDeclarator(p: Parser): boolean {
  const next = p.peek();
  return next === 42 || (next === T.name && p.peekIsNoise());
}

function parseSuffixes(p: Parser, layers: Layer[]): void {
  for (;;) {
    if (p.at(91)) layers.push(parseArray(p));
    else if (p.at(40)) layers.push({ kind: "function", parameters: p.nested(() => parseParameters(p)) });
    else return;
  }
}

function parseArray(p: Parser): Layer {
  const { place } = p;
  p.next();
  if (p.take(93)) return { kind: "array", place, size: undefined, low: undefined };
  if (p.at(42) && p.peek() === 93) {
    p.next();
    p.next();
    return { kind: "array", place, size: undefined, low: undefined };
  }
  let size: Expr | undefined = parseExpression(p);
  let low: Expr | undefined;
  if (p.take(T.range)) {
    low = size;
    if (p.at(42)) {
      p.next();
      size = undefined;
    } else size = parseExpression(p);
  }
  p.expect(93, "after the array's size");
  return { kind: "array", place, size, low };
}

/** `( parameters )` */
export function parseParameters(p: Parser): Parameter[] {
  p.expect(40, "before the parameters");
  const list: Parameter[] = [];
  while (!p.at(41)) {
    if (p.take(44)) continue;
    if (p.at(T.ellipsis)) {
      p.next();
      continue;
    }
    list.push(parseParameter(p));
    if (!p.at(44) && !p.at(41)) p.fail(`expected "," or ")" after the parameter, found ${p.found()}`);
  }
  p.next();
  const [first] = list;
  const isVoid = list.length === 1 && first?.spec.kind === "base" && first.spec.name === "void";
  return isVoid && first.declarator.name === undefined && first.declarator.layers.length === 0 ? [] : list;
}

function parseParameter(p: Parser): Parameter {
  const attributes = parseAttributes(p);
  const { place } = p;
  const spec = parseSpec(p, []);
  const declarator = parseDeclarator(p);
  const late = p.at(91) ? parseAttributes(p) : [];
  const initial = p.take(61) ? parseExpression(p) : undefined;
  return {
    attributes: late.length > 0 ? [...attributes, ...late] : attributes,
    spec,
    declarator,
    place,
    initial,
  };
}
