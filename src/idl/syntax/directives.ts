import type { SourceFile } from "../source.ts";
import { Lexer, T } from "./lexer.ts";
import type { Macro, Token } from "./macros.ts";
import type { NameTable } from "./names.ts";

/** A `#if` that is open. */
export interface Condition {
  /** The branch being read is taken. */
  taking: boolean;
  /** Some branch was taken, so `#else` is not. */
  taken: boolean;
  readonly place: number;
}

/** A macro whose tokens are being read. */
export interface Expansion {
  readonly tokens: readonly Token[];
  at: number;
  readonly macro: Macro | undefined;
  /** The place the tokens get, or 0 to keep theirs. */
  readonly place: number;
}

/** Goes on, from the start of a line, to the next line that starts with `#`; the lexer stands on the `#`. */
export function toNextDirective(lexer: Lexer): boolean {
  const { text } = lexer;
  let at = lexer.pos;
  for (;;) {
    const mark = text.indexOf("#", at);
    if (mark < 0) {
      lexer.pos = text.length;
      return false;
    }
    let before = mark - 1;
    while (before >= 0 && (text.charCodeAt(before) === 32 || text.charCodeAt(before) === 9)) before--;
    at = mark + 1;
    if (before < 0 || text.charCodeAt(before) === 10) {
      lexer.start = mark;
      lexer.pos = at;
      return true;
    }
  }
}

/** Steps over `midl_echo("…")`, the only directive whose strings may go over several lines; false when it is something else. */
export function skipEcho(lexer: Lexer): boolean {
  const echo = /[ \t]*midl_echo[ \t]*\([ \t]*"[^"\\]*(?:\\[\s\S][^"\\]*)*"[ \t]*\)/y;
  echo.lastIndex = lexer.pos;
  if (!echo.test(lexer.text)) return false;
  lexer.pos = echo.lastIndex;
  return true;
}

/** `};` as often as braces were left open, with a limit. */
export function closingBraces(count: number, place: number): Token[] {
  const mark = (kind: number): Token => ({ kind, nameId: -1, text: "", place, spaceBefore: true });
  const tokens: Token[] = [];
  for (let i = 0; i < Math.min(count, 1000); i++) tokens.push(mark(125), mark(59));
  return tokens;
}

/** The current token, to be kept. */
export function tokenOf(lexer: Lexer, names: NameTable): Token {
  const name = lexer.kind === T.name;
  return {
    kind: lexer.kind,
    nameId: name ? lexer.nameId : -1,
    text: name ? names.text(lexer.nameId) : lexer.spelling(),
    place: lexer.base + lexer.start,
    spaceBefore: lexer.spaceBefore,
  };
}

/** The tokens up to the end of a directive's line. */
export function restOfLine(lexer: Lexer, names: NameTable): Token[] {
  const tokens: Token[] = [];
  while (lexer.scan() !== T.line) tokens.push(tokenOf(lexer, names));
  return tokens;
}

/** The text up to the end of the line, without moving. */
export function lineText(lexer: Lexer): string {
  const { text, pos } = lexer;
  const end = text.indexOf("\n", pos);
  return text.slice(pos, end < 0 ? undefined : end).trim();
}

/** A lexer of one line that stands in no file of its own. */
export function directiveLexer(text: string, base: number, names: NameTable): Lexer {
  const lexer = new Lexer({ text, base } as SourceFile, names);
  lexer.inDirective = true;
  return lexer;
}

/** Reads the body of a macro whose definition was stepped over. */
export function readBody(macro: Macro, names: NameTable): void {
  const { unread } = macro;
  if (unread === undefined) return;
  const lexer = new Lexer(unread.file, names);
  lexer.inDirective = true;
  lexer.pos = unread.at;
  macro.body = restOfLine(lexer, names);
  macro.unread = undefined;
}
