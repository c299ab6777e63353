import type { SourceFile } from "../source.ts";
import type { NameTable } from "./names.ts";
import { evaluateCondition } from "./condition.ts";
import { T } from "./lexer.ts";

/** A token kept aside: in a macro's body, in its arguments, or in a directive. */
export interface Token {
  readonly kind: number;
  /** Number of the name, or -1. */
  readonly nameId: number;
  /** As written. */
  readonly text: string;
  readonly place: number;
  readonly spaceBefore: boolean;
  /** A comma that came in an argument: as Microsoft's preprocessor has it, it separates nothing in a macro within. */
  readonly held?: true;
}

export interface Macro {
  readonly name: string;
  /** Names of the parameters; undefined for a macro without a parameter list. */
  readonly parameters: readonly number[] | undefined;
  /** The last parameter takes the rest of the arguments. */
  readonly variadic: boolean;
  body: readonly Token[];
  /** The body as one number, when it is `( … )` and constant; worked out in `foldedIn`. */
  folded: readonly Token[] | undefined;
  foldedIn: number;
  /** Where the body stands while it has not been read: most macros of a header are never used. */
  unread: { readonly file: SourceFile; readonly at: number } | undefined;
  /** True while its own expansion is being read: a macro does not expand inside itself. */
  active: boolean;
}

/**
 * `( … )` of numbers alone as one number: headers build constants from constants, level on level, and files use them by the
 * thousand. Undefined for every other text.
 */
export function foldConstant(tokens: readonly Token[]): Token | undefined {
  const [first] = tokens;
  if (first?.kind !== 40 || tokens.length < 3 || tokens.length > 64) return undefined;
  let open = 0;
  for (let i = 0; i < tokens.length; i++) {
    const { kind } = tokens[i] as Token;
    if (kind === 40) open++;
    else if (kind === 41 && --open === 0 && i < tokens.length - 1) return undefined;
    else if (kind === T.name || kind === T.string || kind === T.wideString) return undefined;
  }
  const value = evaluateCondition(tokens);
  if (value === undefined) return undefined;
  return { kind: T.number, nameId: -1, text: value.toString(), place: first.place, spaceBefore: true };
}

/** Puts arguments into a macro's body: plain parameters get the expanded argument, `#` and `##` the written one. */
export function substitute(
  macro: Macro,
  written: readonly (readonly Token[])[],
  expanded: readonly (readonly Token[])[],
  place: number,
  names: NameTable,
): Token[] {
  const result: Token[] = [];
  const { body } = macro;
  const index = (token: Token | undefined): number =>
    token?.kind === T.name ? (macro.parameters?.indexOf(token.nameId) ?? -1) : -1;
  for (let i = 0; i < body.length; i++) {
    const token = body[i] as Token;
    const next = body[i + 1];
    if (token.kind === 35 && index(next) >= 0) {
      result.push(stringize(written[index(next)] ?? [], place));
      i++;
    } else if (token.kind === T.paste && result.length > 0 && next !== undefined) {
      i++;
      const right = index(next) >= 0 ? (written[index(next)] ?? []) : [next];
      pasteOnto(result, right, place, names);
    } else {
      const at = index(token);
      if (at < 0) result.push({ ...token, place });
      else if (next?.kind === T.paste) append(result, written[at] ?? []);
      else if (macro.variadic) append(result, expanded[at] ?? []);
      else appendArgument(result, expanded[at] ?? []);
    }
  }
  return result;
}

function stringize(tokens: readonly Token[], place: number): Token {
  const text = tokens.map((token, i) => (i > 0 && token.spaceBefore ? " " : "") + token.text).join("");
  const quoted = `"${text.replace(/[\\"]/g, "\\$&")}"`;
  return { kind: T.string, nameId: -1, text: quoted, place, spaceBefore: true };
}

function pasteOnto(result: Token[], right: readonly Token[], place: number, names: NameTable): void {
  const [first] = right;
  if (first === undefined) return;
  const left = result.pop() as Token;
  result.push(pasted(left.text + first.text, left, place, names));
  append(result, right.slice(1));
}

/** Without spreading: arguments may be as long as the file. */
function append(result: Token[], tokens: readonly Token[]): void {
  for (const token of tokens) result.push(token);
}

/** Commas in brackets of their own stay what they are: `F args` of `(a, b)` is a call with two. */
function appendArgument(result: Token[], tokens: readonly Token[]): void {
  let open = 0;
  for (const token of tokens) {
    if (token.kind === 40) open++;
    else if (token.kind === 41) open--;
    result.push(token.kind === 44 && open === 0 ? { ...token, held: true } : token);
  }
}

function pasted(text: string, left: Token, place: number, names: NameTable): Token {
  const code = text.charCodeAt(0);
  const { spaceBefore } = left;
  if (/^[A-Za-z_$][\w$]*$/.test(text))
    return { kind: T.name, nameId: names.intern(text), text, place, spaceBefore };
  if (code >= 48 && code <= 57) return { kind: T.number, nameId: -1, text, place, spaceBefore };
  if (text.startsWith('L"')) return { kind: T.wideString, nameId: -1, text, place, spaceBefore };
  return { ...left, text, place };
}
