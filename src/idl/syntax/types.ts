import type { Attribute, BaseName, DocRange, TypeSpec, TypeUse } from "./ast.ts";
import { parseAttributes } from "./attributes.ts";
import { parseDeclarator } from "./declarators.ts";
import { T } from "./lexer.ts";
import { parseEnum, parseStruct, parseUnion } from "./members.ts";
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
  [W.__LONG32, "long"],
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
  p.takeConvention();
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

function parseSpecWord(p: Parser, attributes: readonly Attribute[], doc: DocRange | undefined): TypeSpec {
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
  // `_In_ LONG x`, `__nullterminated WCHAR *s`: the words of a header that was not found.
  while (p.text.startsWith("_") && p.peek() === T.name && !p.peekIsNoise()) {
    const word = p.text;
    p.next();
    if (p.peek() === T.name || p.peek() === 42) continue;
    // It was the type after all, and this is its name.
    return { kind: "reference", place, name: word, word: undefined };
  }
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
