import type {
  Attribute,
  Declarator,
  DocRange,
  EnumMember,
  Expr,
  Field,
  TypeSpec,
  UnionArm,
  UnionSpec,
} from "./ast.ts";
import { parseAttributes } from "./attributes.ts";
import { parseDeclarator } from "./declarators.ts";
import { parseExpression } from "./expressions.ts";
import { T } from "./lexer.ts";
import { W } from "./names.ts";
import type { Parser } from "./parser.ts";
import { parseSpec } from "./types.ts";

function optionalTag(p: Parser): string | undefined {
  p.skipNoise();
  if (!p.at(T.name)) return undefined;
  const { text } = p;
  p.next();
  return text;
}

export function parseStruct(
  p: Parser,
  attributes: readonly Attribute[],
  doc: DocRange | undefined,
): TypeSpec {
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
function parseFields(p: Parser): Field[] {
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
    // The documents of protocols give a member the value it always has.
    if (p.take(61)) parseExpression(p);
  }
  if (!p.at(125)) p.expect(59, "after the member");
  return { attributes, spec, declarators, place, doc };
}

export function parseUnion(p: Parser, attributes: readonly Attribute[], doc: DocRange | undefined): TypeSpec {
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
    if (attribute.name === "case") for (const label of attribute.args ?? []) cases.push(label);
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

export function parseEnum(p: Parser, attributes: readonly Attribute[], doc: DocRange | undefined): TypeSpec {
  const { place } = p;
  p.next();
  if (p.nameId === W.class) p.next();
  const own = p.at(91) ? [...attributes, ...parseAttributes(p)] : attributes;
  // Of 32 bits are all enumerations of the Windows Runtime.
  const wide = p.namespace !== "" && !own.some((it) => it.name === "v1_enum");
  const all = wide ? [...own, { name: "v1_enum", place, args: undefined }] : own;
  const tag = optionalTag(p);
  if (p.at(58) && tag !== undefined) {
    p.next();
    parseSpec(p, []);
  }
  if (!p.at(123)) return reference(p, place, tag, "enum");
  p.next();
  const members: EnumMember[] = [];
  parseEnumMembers(p, members);
  return { kind: "enum", place, tag, attributes: all, members, doc };
}

/** Enumerators up to the closing brace. In MIDL 3.0 some may stand in a block of their own, which shares attributes. */
function parseEnumMembers(p: Parser, members: EnumMember[]): void {
  while (!p.at(125) && !p.at(T.end)) {
    if (p.at(44) || p.at(59)) {
      p.next();
      continue;
    }
    const doc = p.doc();
    const attributes = parseAttributes(p);
    if (p.midl3 && p.take(123)) p.nested(() => parseEnumMembers(p, members));
    else members.push(parseEnumMember(p, attributes, doc));
  }
  p.expect(125, "after the enumerators");
}

function parseEnumMember(p: Parser, attributes: readonly Attribute[], doc: DocRange | undefined): EnumMember {
  const { place } = p;
  const name = p.name("an enumerator");
  const value = p.take(61) ? parseExpression(p) : undefined;
  if (!p.at(44) && !p.at(125) && !p.at(59))
    p.fail(`expected "," or "}" after the enumerator, found ${p.found()}`);
  return { place, name, value, attributes, doc };
}
