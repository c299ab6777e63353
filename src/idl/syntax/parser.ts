import type { Diagnostics } from "../diagnostics.ts";
import type { DocRange, NamespaceRange } from "./ast.ts";
import { T } from "./lexer.ts";
import type { Macro } from "./macros.ts";
import { afterNoise, conventionOf, firstNoise, W } from "./names.ts";
import type { Preprocessor } from "./preprocessor.ts";

/** Thrown inside the parser when a construct cannot be read; caught where reading can go on. */
class SyntaxFailure extends Error {}

/** Deepest nesting of expressions, declarators and types; stops stack exhaustion. */
const maxDepth = 200;
/** Most operators of one expression. */
const maxOperators = 2000;

/** The parser's hands: the current token, one token of lookahead, and what to do when something is missing. */
export class Parser {
  readonly #source: Preprocessor;
  readonly diagnostics: Diagnostics;
  #depth = 0;
  #expressions = 0;
  #operators = 0;

  /** The text is MIDL 3.0. Nobody has a grammar of it: what cannot be read is left out with a warning. */
  midl3 = false;
  /** The namespace being read; empty outside of any. */
  namespace = "";
  /** Where namespaces were, in the order they end: inner ones before outer ones. */
  readonly namespaces: NamespaceRange[] = [];
  kind: number = T.end;
  nameId = -1;
  text = "";
  place = 0;
  docStart = 0;
  docEnd = 0;

  #before: number = T.end;
  #ahead = false;
  #convention: number | undefined;
  #aheadKind = 0;
  #aheadId = -1;
  #aheadText = "";
  #aheadPlace = 0;
  #aheadDocStart = 0;
  #aheadDocEnd = 0;

  constructor(source: Preprocessor) {
    this.#source = source;
    this.diagnostics = source.diagnostics;
    this.next();
  }

  get pack(): number {
    return this.#source.pack;
  }

  /** What a macro holds as a whole, remembered: files write the same members out by the hundred through one macro. */
  readonly #macroMembers = new Map<Macro, { readonly changes: number; readonly list: readonly unknown[] }>();

  /** The macro that begins with the current token, if it is one that may be remembered. */
  macroHere(): Macro | undefined {
    return this.#ahead ? undefined : this.#source.opened;
  }

  /** What was remembered of a macro that begins here; the text goes on behind it. */
  remembered(macro: Macro): readonly unknown[] | undefined {
    const known = this.#macroMembers.get(macro);
    if (known === undefined || known.changes !== this.#source.changes) return undefined;
    this.#source.closeMacros();
    this.next();
    return known.list;
  }

  /** Where reading stands to the macro it began with: inside, just behind it (and a semicolon), or too far. */
  macroState(): "inside" | "behind" | "lost" {
    if (this.#ahead) return "lost";
    const since = this.#source.sinceMacro;
    if (since === 0) return "inside";
    return since === 1 || (since === 2 && this.#before === 59) ? "behind" : "lost";
  }

  remember(macro: Macro, list: readonly unknown[]): void {
    this.#macroMembers.set(macro, { changes: this.#source.changes, list });
  }

  next(): void {
    this.#before = this.kind;
    if (this.#ahead) {
      this.#ahead = false;
      this.kind = this.#aheadKind;
      this.nameId = this.#aheadId;
      this.text = this.#aheadText;
      this.place = this.#aheadPlace;
      this.docStart = this.#aheadDocStart;
      this.docEnd = this.#aheadDocEnd;
      return;
    }
    const source = this.#source;
    source.next();
    this.kind = source.kind;
    this.nameId = source.nameId;
    this.text = source.text;
    this.place = source.place;
    this.docStart = source.docStart;
    this.docEnd = source.docEnd;
  }

  /** Kind of the token after the current one. */
  peek(): number {
    this.#look();
    return this.#aheadKind;
  }

  /** Name number of the token after the current one. */
  peekId(): number {
    this.#look();
    return this.#aheadId;
  }

  /** Spelling of the token after the current one. */
  peekText(): string {
    this.#look();
    return this.#aheadText;
  }

  /** True when the token after the current one is a name without meaning (a calling convention). */
  peekIsNoise(): boolean {
    this.#look();
    return this.#aheadId >= firstNoise && this.#aheadId < afterNoise;
  }

  #look(): void {
    if (this.#ahead) return;
    const source = this.#source;
    source.next();
    this.#ahead = true;
    this.#aheadKind = source.kind;
    this.#aheadId = source.nameId;
    this.#aheadText = source.text;
    this.#aheadPlace = source.place;
    this.#aheadDocStart = source.docStart;
    this.#aheadDocEnd = source.docEnd;
  }

  /** True when the current token is of this kind. */
  at(kind: number): boolean {
    return this.kind === kind;
  }

  /** True for a name that means nothing to us, such as a calling convention. */
  isNoise(): boolean {
    return this.nameId >= firstNoise && this.nameId < afterNoise;
  }

  /** The calling convention that stood since the last type began. */
  takeConvention(): number | undefined {
    const convention = this.#convention;
    this.#convention = undefined;
    return convention;
  }

  skipNoise(): void {
    for (;;) {
      if (this.isNoise()) {
        this.#convention = conventionOf(this.nameId) ?? this.#convention;
        this.next();
      } else if (this.kind === T.name && (this.text === "__declspec" || this.text === "__attribute__")) {
        this.next();
        this.skipBrackets();
      } else return;
    }
  }

  /** Takes the token if it is of this kind. */
  take(kind: number): boolean {
    if (this.kind !== kind) return false;
    this.next();
    return true;
  }

  takeWord(word: number): boolean {
    if (this.nameId !== word) return false;
    this.next();
    return true;
  }

  expect(kind: number, where: string): void {
    if (this.kind === kind) this.next();
    else this.fail(`expected "${String.fromCharCode(kind)}" ${where}, found ${this.found()}`);
  }

  name(what: string): string {
    if (this.kind !== T.name) this.fail(`expected ${what}, found ${this.found()}`);
    const { text } = this;
    this.next();
    return text;
  }

  /** A name with dots between and types in angle brackets behind, as the Windows Runtime has them. */
  qualifiedName(what: string): string {
    let name = this.name(what);
    while (this.kind === 46 || this.kind === T.scope) {
      this.next();
      name += `.${this.name("a name")}`;
    }
    return this.at(60) ? name + this.#typeArguments() : name;
  }

  #typeArguments(): string {
    let text = "";
    let open = 0;
    for (;;) {
      if (this.at(60)) open++;
      else if (this.at(62)) open--;
      else if (this.at(T.shiftRight)) open -= 2;
      else if (this.at(T.end) || this.at(59) || this.at(123))
        this.fail('expected ">" after the type arguments');
      text += this.at(T.shiftRight)
        ? ">>"
        : this.kind < 128
          ? String.fromCharCode(this.kind)
          : this.#spelled();
      this.next();
      if (open <= 0) return text;
    }
  }

  report(place: number, message: string): void {
    if (this.midl3) this.diagnostics.warning(place, `${message}; this is left out`);
    else this.diagnostics.error(place, message);
  }

  fail(message: string): never {
    this.report(this.place, message);
    throw new SyntaxFailure(message);
  }

  found(): string {
    if (this.kind === T.end) return "the end of the file";
    if (this.kind < 128) return `"${String.fromCharCode(this.kind)}"`;
    return this.kind <= T.character && this.text !== ""
      ? `"${this.text.slice(0, 40).replace(/\s+/g, " ")}"`
      : "this mark";
  }

  doc(): DocRange | undefined {
    return this.docStart === 0 ? undefined : { from: this.docStart, to: this.docEnd };
  }

  /** Counts an operator; a chain of them nests the tree as deep as it is long. */
  spendOperator(): void {
    if (++this.#operators > maxOperators) this.fail(`an expression of more than ${maxOperators} operators`);
  }

  /** Runs the reading of an expression; operators are counted over the whole of it. */
  expression<R>(parse: () => R): R {
    if (this.#expressions === 0) this.#operators = 0;
    this.#expressions++;
    const result = this.nested(parse);
    this.#expressions--;
    return result;
  }

  /** Runs a nested piece of the grammar, with a limit on how deep pieces nest. */
  nested<R>(parse: () => R): R {
    this.enter();
    const result = parse();
    this.leave();
    return result;
  }

  /** The same without a function, where it counts. A failure in between is caught by `recovering`, which knows the depth. */
  enter(): void {
    if (this.#depth >= maxDepth) this.fail(`nested more than ${maxDepth} deep`);
    this.#depth++;
  }

  leave(): void {
    this.#depth--;
  }

  /** Runs `parse`; after a syntax error goes on behind the declaration. Always makes progress. */
  recovering<R>(parse: () => R): R | undefined {
    const depth = this.#depth;
    const expressions = this.#expressions;
    const { place } = this;
    try {
      return parse();
    } catch (error) {
      if (!(error instanceof SyntaxFailure)) throw error;
      this.#depth = depth;
      this.#expressions = expressions;
      if (this.place === place && this.kind !== 125) this.next();
      this.skipDeclaration();
      return undefined;
    }
  }

  /** Goes to behind the next `;` outside brackets, or to the `}` that closes the surrounding body. */
  skipDeclaration(): void {
    let open = 0;
    while (this.kind !== T.end) {
      if (this.kind === 123) open++;
      else if (this.kind === 125) {
        if (open === 0) return;
        if (--open === 0) {
          this.next();
          this.take(59);
          return;
        }
      } else if (this.kind === 59 && open === 0) {
        this.next();
        return;
      }
      this.next();
    }
  }

  /** Steps over a bracketed text that starts here, if one does. */
  skipBrackets(): void {
    if (this.kind !== 40 && this.kind !== 91 && this.kind !== 123) return;
    let open = 0;
    while (!this.at(T.end)) {
      if (this.kind === 40 || this.kind === 91 || this.kind === 123) open++;
      else if (this.kind === 41 || this.kind === 93 || this.kind === 125) open--;
      this.next();
      if (open <= 0) return;
    }
  }

  /** Steps over `[…]`, where attributes say nothing that is of use. */
  skipAttributes(): void {
    while (this.kind === 91) this.skipBrackets();
  }

  /** The texts of the tokens of a bracketed text that starts here, put together. */
  rawBrackets(): string {
    let text = "";
    let open = 0;
    while (!this.at(T.end)) {
      if (this.at(123) || this.at(91) || this.at(40)) open++;
      else if (this.at(125) || this.at(93) || this.at(41)) open--;
      text += this.kind < 128 ? String.fromCharCode(this.kind) : this.#spelled();
      this.next();
      if (open <= 0) break;
    }
    return text;
  }

  /** The texts of tokens up to a closing parenthesis or comma at this level, put together. */
  rawUntil(stopAtComma: boolean): string {
    let text = "";
    let open = 0;
    for (;;) {
      const { kind } = this;
      if (kind === T.end || kind === 59) return text;
      if (kind === 41 && open === 0) return text;
      if (kind === 44 && open === 0 && stopAtComma) return text;
      if (kind === 40) open++;
      else if (kind === 41) open--;
      text += kind < 128 ? String.fromCharCode(kind) : this.#spelled();
      this.next();
    }
  }

  #spelled(): string {
    if (this.kind === T.range) return "..";
    if (this.kind === T.scope) return "::";
    if (this.kind === T.arrow) return "->";
    return this.text;
  }

  /** Adjacent strings as one, with escapes read. */
  string(what: string): { value: string; wide: boolean } {
    if (this.kind !== T.string && this.kind !== T.wideString)
      this.fail(`expected ${what}, found ${this.found()}`);
    const wide = this.kind === T.wideString;
    let value = "";
    while (this.kind === T.string || this.kind === T.wideString) {
      value += unescape(inner(this.text));
      this.next();
    }
    return { value, wide };
  }

  /** A file name: backslashes are what they look like. */
  fileName(): string {
    if (this.kind !== T.string) this.fail(`expected a file name in quotes, found ${this.found()}`);
    const name = inner(this.text).replaceAll("\\\\", "\\");
    this.next();
    return name;
  }

  /** `const`, `volatile` and words without a meaning here. */
  skipQualifiers(): void {
    for (;;) {
      if (this.nameId === W.const || this.nameId === W.volatile || this.nameId === W.register) this.next();
      else if (this.kind === T.name && (this.isNoise() || this.text === "__declspec")) this.skipNoise();
      else return;
    }
  }
}

function inner(text: string): string {
  const from = text.startsWith("L") ? 2 : 1;
  const quote = text[from - 1];
  return text.slice(from, text.length > from && text.endsWith(quote ?? '"') ? -1 : undefined);
}

const escapes: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  "0": "\0",
  a: "\x07",
  b: "\b",
  f: "\f",
  v: "\v",
};

function unescape(text: string): string {
  if (!text.includes("\\")) return text;
  return text.replace(
    /\\(?:x([0-9a-fA-F]{1,4})|\r?\n|([\s\S]))/g,
    (_whole, hex: string | undefined, letter: string | undefined) => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      return letter === undefined ? "" : (escapes[letter] ?? letter);
    },
  );
}
