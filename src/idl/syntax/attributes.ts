import type { Attribute, Expr } from "./ast.ts";
import { parseExpression } from "./expressions.ts";
import { T } from "./lexer.ts";
import type { Parser } from "./parser.ts";
import { parseTypeUse } from "./types.ts";

/** Attributes whose argument is not an expression. */
const special = new Map<string, (p: Parser) => Expr[]>([
  ["uuid", (p) => [raw(p, false)]],
  ["guid", (p) => [raw(p, false)]],
  ["async_uuid", (p) => [raw(p, false)]],
  ["version", (p) => [raw(p, false)]],
  ["custom", customArguments],
  ["switch_type", (p) => [typeArgument(p)]],
  ["wire_marshal", (p) => [typeArgument(p)]],
  ["user_marshal", (p) => [words(p)]],
  ["transmit_as", (p) => [typeArgument(p)]],
  ["implicit_handle", (p) => [words(p)]],
  ["represent_as", (p) => [raw(p, false)]],
  ["contract", (p) => [raw(p, false)]],
  ["from_contract", (p) => [raw(p, false)]],
  ["contractversion", (p) => [raw(p, false)]],
  ["deprecated", (p) => [raw(p, false)]],
  ["activatable", (p) => [raw(p, false)]],
  ["static", (p) => [raw(p, false)]],
  ["composable", (p) => [raw(p, false)]],
  ["exclusiveto", (p) => [raw(p, false)]],
  ["byte_count", (p) => [raw(p, false)]],
]);

/** Every `[…]` block that stands here, one after the other. */
export function parseAttributes(p: Parser): readonly Attribute[] {
  if (!p.at(91)) return none;
  const list: Attribute[] = [];
  while (p.at(91)) parseBlock(p, list);
  return list;
}

const none: readonly Attribute[] = [];

function parseBlock(p: Parser, list: Attribute[]): void {
  const open = p.place;
  p.next();
  for (;;) {
    if (p.at(44)) p.next();
    else if (p.at(93)) {
      p.next();
      return;
    } else if (p.at(T.name)) list.push(parseAttribute(p));
    else if (p.at(T.end)) {
      p.diagnostics.error(open, "the attribute list is not closed");
      return;
    } else {
      p.fail(`expected an attribute, found ${p.found()}`);
    }
  }
}

function parseAttribute(p: Parser): Attribute {
  const { place } = p;
  const name = p.text;
  p.next();
  if (p.at(T.scope) || p.at(46)) {
    // An attribute class of the Windows Runtime.
    let whole = name;
    while (p.take(T.scope) || p.take(46)) whole += `.${p.name("a name")}`;
    p.skipBrackets();
    return { name: whole, place, args: undefined };
  }
  if (!p.at(40)) return { name, place, args: undefined };
  p.next();
  const parse = special.get(name) ?? (p.at(91) ? unreadArgument : undefined);
  const args = parse === undefined ? expressionList(p) : parse(p);
  p.expect(41, `after the argument of [${name}]`);
  return { name, place, args };
}

/** `[extension([…] type name)]`: an argument that is no expression belongs to an attribute that nobody knows. */
function unreadArgument(p: Parser): Expr[] {
  const { place } = p;
  let text = "";
  while (!p.at(41) && !p.at(T.end))
    text += p.at(40) || p.at(91) || p.at(123) ? p.rawBrackets() : `${rawToken(p)} `;
  return [{ kind: "raw", place, text }];
}

function expressionList(p: Parser): Expr[] {
  const list: Expr[] = [];
  if (p.at(41)) return list;
  for (;;) {
    if (p.at(44) || p.at(41)) list.push({ kind: "empty", place: p.place });
    else if (p.at(42) && (p.peek() === 41 || p.peek() === 44)) {
      // `size_is(*)`: of a size that the text around explains.
      list.push({ kind: "empty", place: p.place });
      p.next();
    } else list.push(argument(p));
    if (!p.take(44)) return list;
  }
}

/** An expression, or an abstract type such as `void *`. */
function argument(p: Parser): Expr {
  const { place } = p;
  const expr = parseExpression(p);
  // `[implicit_handle(handle_t h)]` and other pairs of words that we only keep.
  if (p.at(T.name) && expr.kind === "name") {
    let text = expr.name;
    while (!p.at(44) && !p.at(41) && !p.at(T.end)) text += ` ${rawToken(p)}`;
    return { kind: "raw", place, text };
  }
  if (p.at(T.range) && expr.kind === "number") {
    p.next();
    if (!p.take(42)) parseExpression(p);
  }
  return expr;
}

function rawToken(p: Parser): string {
  const text = p.kind < 128 ? String.fromCharCode(p.kind) : p.text;
  p.next();
  return text;
}

function raw(p: Parser, stopAtComma: boolean): Expr {
  const { place } = p;
  return { kind: "raw", place, text: p.rawUntil(stopAtComma).replaceAll('"', "") };
}

/** `handle_t hBinding`, `PROGRAM_TYPE *`: kept as written. */
function words(p: Parser): Expr {
  const { place } = p;
  let text = "";
  while (!p.at(41) && !p.at(T.end)) text += `${text === "" ? "" : " "}${rawToken(p)}`;
  return { kind: "raw", place, text };
}

function customArguments(p: Parser): Expr[] {
  const list: Expr[] = [raw(p, true)];
  while (p.take(44)) list.push(argument(p));
  return list;
}

function typeArgument(p: Parser): Expr {
  const { place } = p;
  return { kind: "type", place, type: parseTypeUse(p) };
}
