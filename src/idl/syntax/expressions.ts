import type { Expr, TypeUse } from "./ast.ts";
import { parseInteger, parseShortInteger } from "./condition.ts";
import { T } from "./lexer.ts";
import { W } from "./names.ts";
import type { Parser } from "./parser.ts";
import { isTypeWord, parseTypeUse } from "./types.ts";

/** Binary operators by token kind: how tightly they bind; 0 for what is none. */
const binding = new Uint8Array(256);
for (const [operator, strength] of [
  [T.or, 1],
  [T.and, 2],
  [124, 3],
  [94, 4],
  [38, 5],
  [T.equal, 6],
  [T.notEqual, 6],
  [60, 7],
  [62, 7],
  [T.lessEqual, 7],
  [T.greaterEqual, 7],
  [T.shiftLeft, 8],
  [T.shiftRight, 8],
  [43, 9],
  [45, 9],
  [42, 10],
  [47, 10],
  [37, 10],
] as const)
  binding[operator] = strength;

export function parseExpression(p: Parser): Expr {
  return p.expression(() => {
    const test = parseBinary(p, 1);
    if (!p.at(63)) return test;
    const { place } = p;
    p.next();
    const yes = parseExpression(p);
    p.expect(58, "in ?:");
    const no = parseExpression(p);
    return { kind: "conditional", place, test, yes, no };
  });
}

function parseBinary(p: Parser, least: number): Expr {
  let left = parseUnary(p);
  for (;;) {
    const operator = p.kind;
    const strength = binding[operator] ?? 0;
    if (strength < least) return left;
    p.spendOperator();
    const { place } = p;
    p.next();
    const right = parseBinary(p, strength + 1);
    left = { kind: "binary", place, operator, left, right };
  }
}

function parseUnary(p: Parser): Expr {
  const { place, kind } = p;
  switch (kind) {
    case 45: // -
    case 43: // +
    case 126: // ~
    case 33: // !
    case 42: // *
    case 38: {
      // &
      p.next();
      const operand = p.nested(() => parseUnary(p));
      return { kind: "unary", place, operator: String.fromCharCode(kind), operand };
    }
    default:
      return parsePostfix(p, parsePrimary(p));
  }
}

function parsePostfix(p: Parser, start: Expr): Expr {
  let expr = start;
  for (;;) {
    const { place } = p;
    if (p.at(46) || p.at(T.arrow) || p.at(T.scope)) {
      p.spendOperator();
      p.next();
      expr = { kind: "member", place, object: expr, name: p.name("a member's name") };
    } else if (p.at(91)) {
      p.spendOperator();
      p.next();
      const index = parseExpression(p);
      p.expect(93, "after the index");
      expr = { kind: "index", place, object: expr, index };
    } else return expr;
  }
}

function parsePrimary(p: Parser): Expr {
  const { place } = p;
  switch (p.kind) {
    case T.number:
      return parseNumber(p);
    case T.string:
    case T.wideString:
      return { kind: "string", place, ...p.string("a string") };
    case T.character:
      return parseCharacter(p);
    case 40:
      return parseParenthesis(p);
    case T.name: {
      if (p.nameId === W.sizeof) return parseSizeof(p);
      if (p.nameId === W.interface || p.nameId === W.struct) p.next();
      return { kind: "name", place, name: p.name("a name") };
    }
    default:
      return p.fail(`expected an expression, found ${p.found()}`);
  }
}

function parseNumber(p: Parser): Expr {
  const { place, text } = p;
  const short = parseShortInteger(text);
  if (!Number.isNaN(short)) {
    p.next();
    return { kind: "number", place, value: short, text };
  }
  const integer = parseInteger(text);
  p.next();
  if (integer !== undefined) {
    const small = integer <= 0x1fffffffffffffn;
    return { kind: "number", place, value: small ? Number(integer) : integer, text };
  }
  const value = Number(text.replace(/[fFlL]$/, ""));
  if (!Number.isNaN(value)) return { kind: "float", place, value };
  // Hexadecimal without its prefix, seen in lcid(…) and the like.
  if (/^[0-9a-fA-F]+$/.test(text)) return { kind: "number", place, value: Number.parseInt(text, 16), text };
  p.diagnostics.error(place, `"${text}" is not a number`);
  return { kind: "number", place, value: 0, text };
}

function parseCharacter(p: Parser): Expr {
  const { place, text } = p;
  p.next();
  const body = text.replace(/^L?'|'$/g, "");
  const plain: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, "0": 0, a: 7, b: 8, f: 12, v: 11 };
  if (!body.startsWith("\\")) return { kind: "character", place, value: body.codePointAt(0) ?? 0 };
  const letter = body[1] ?? "";
  if (letter === "x") return { kind: "character", place, value: Number.parseInt(body.slice(2), 16) || 0 };
  if (/^[0-7]+$/.test(body.slice(1)))
    return { kind: "character", place, value: Number.parseInt(body.slice(1), 8) };
  return { kind: "character", place, value: plain[letter] ?? letter.charCodeAt(0) };
}

/** `( expression )` or `( type ) operand`; names are not known yet, so what follows the parenthesis decides. */
function parseParenthesis(p: Parser): Expr {
  const { place } = p;
  p.next();
  if (isTypeWord(p)) return parseCast(p, place, parseTypeUse(p));
  const inner = p.nested(() => parseMaybeType(p));
  p.expect(41, "after the expression");
  if (inner.kind === "type") return castOf(p, place, inner.type);
  if (inner.kind === "name" && startsOperand(p)) {
    return castOf(p, place, {
      spec: { kind: "reference", place: inner.place, name: inner.name, word: undefined },
      declarator: { name: undefined, place: inner.place, layers: [], bits: undefined },
    });
  }
  return inner;
}

/** An expression, or `NAME *` that turns out to be a pointer type. */
function parseMaybeType(p: Parser): Expr {
  if (p.at(T.name) && p.peek() === 42) {
    const { place } = p;
    const name = p.name("a name");
    p.next();
    let pointers = 1;
    while (p.take(42)) pointers++;
    if (p.at(41)) {
      const layers = Array.from({ length: pointers }, () => ({
        kind: "pointer" as const,
        attributes: undefined,
      }));
      const declarator = { name: undefined, place, layers, bits: undefined };
      return {
        kind: "type",
        place,
        type: { spec: { kind: "reference", place, name, word: undefined }, declarator },
      };
    }
    let right = parseUnary(p);
    for (let i = 1; i < pointers; i++) right = { kind: "unary", place, operator: "*", operand: right };
    const product: Expr = { kind: "binary", place, operator: 42, left: { kind: "name", place, name }, right };
    return continueBinary(p, product);
  }
  return parseExpression(p);
}

/** The rest of an expression whose first product is already read. */
function continueBinary(p: Parser, first: Expr): Expr {
  let left = first;
  for (;;) {
    const operator = p.kind;
    const strength = binding[operator] ?? 0;
    if (strength === 0) return left;
    p.spendOperator();
    const { place } = p;
    p.next();
    left = { kind: "binary", place, operator, left, right: parseBinary(p, strength + 1) };
  }
}

function parseCast(p: Parser, place: number, type: TypeUse): Expr {
  p.expect(41, "after the type");
  return castOf(p, place, type);
}

function castOf(p: Parser, place: number, type: TypeUse): Expr {
  if (p.at(41) || p.at(44) || p.at(93)) return { kind: "type", place, type };
  return { kind: "cast", place, type, operand: p.nested(() => parseUnary(p)) };
}

/** True when the current token can only begin the operand of a cast. */
function startsOperand(p: Parser): boolean {
  return (p.kind >= T.name && p.kind <= T.character) || p.at(40) || p.at(126) || p.at(33);
}

function parseSizeof(p: Parser): Expr {
  const { place } = p;
  p.next();
  p.expect(40, "after sizeof");
  const type = parseTypeUse(p);
  p.expect(41, "after the type");
  return { kind: "sizeof", place, type };
}
