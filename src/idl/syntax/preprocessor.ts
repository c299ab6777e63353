import { type Diagnostics, isHeader } from "../diagnostics.ts";
import type { SourceFile } from "../source.ts";
import { evaluateCondition, replaceDefined } from "./condition.ts";
import { Lexer, T } from "./lexer.ts";
import {
  closingBraces,
  directiveLexer,
  lineText,
  readBody,
  restOfLine,
  tokenOf,
  type Condition,
  type Expansion,
  skipEcho,
  toNextDirective,
} from "./directives.ts";
import { MacroTable } from "./macro-table.ts";
import { foldConstant, type Macro, substitute, type Token } from "./macros.ts";
import { firstNoise, type NameTable } from "./names.ts";
import { Packing } from "./packing.ts";

/** What the preprocessor needs from around it. */
export interface PreprocessorHost {
  readonly names: NameTable;
  readonly diagnostics: Diagnostics;
  /** Opens a file named in `#include`; undefined when there is none. */
  include(name: string, from: SourceFile, system: boolean): SourceFile | undefined;
  /** Macros defined on the command line and by the compiler: name to replacement text. */
  readonly defines: ReadonlyMap<string, string>;
}

/** Most `#include` files inside one another; stops a file that includes itself. */
const maxIncludeDepth = 64;
/** Most characters read through `#include` in one file; stops files that include others twice, level on level. */
const maxIncluded = 64 * 1024 * 1024;
/** What opening a file counts for, beside its length. */
const includeCost = 1024;
/** Most tokens made by macros in one file; stops macros that double at every level. */
const maxExpandedTokens = 4_000_000;
const maxMacroDepth = 1000;

/** Reads one file and what it includes, and gives the parser its tokens after macros and conditions. */
export class Preprocessor {
  readonly names: NameTable;
  readonly diagnostics: Diagnostics;
  readonly #host: PreprocessorHost;
  readonly #macros: MacroTable;
  readonly #outer: { lexer: Lexer; conditions: Condition[]; open: number }[] = [];
  readonly #onceOnly = new Set<string>();
  #lexer: Lexer;
  #conditions: Condition[] = [];
  #expansions: Expansion[] = [];
  #top: Expansion | undefined;
  #made = 0;
  #included = 0;
  #placeTaken = 0;
  /** Tokens given so far, and how many they were where the outermost macro began and where it ended. */
  #count = 0;
  #opened: Macro | undefined;
  #openedAt = -2;
  #closedAt = 0;
  /** Braces that the included file being read has opened and not closed. */
  #braces = 0;

  /** The current token. */
  kind: number = T.end;
  nameId = -1;
  /** Spelling of a name, number, string or character. */
  text = "";
  place = 0;
  docStart = 0;
  docEnd = 0;
  readonly #packing = new Packing();

  constructor(file: SourceFile, host: PreprocessorHost) {
    this.names = host.names;
    this.diagnostics = host.diagnostics;
    this.#host = host;
    this.#macros = new MacroTable(host.names);
    this.#lexer = new Lexer(file, host.names);
    for (const [name, text] of host.defines)
      this.#macros.define(name, restOfLine(directiveLexer(text, 0, host.names), host.names));
  }

  /** Current `#pragma pack` value, 0 for the default. */
  get pack(): number {
    return this.#packing.value;
  }

  /** Moves to the next token. */
  next(): void {
    while (!(this.#top === undefined ? this.#step() : this.#stepExpanded(this.#top)));
    this.#count++;
  }

  /**
   * The macro without parameters of which the current token is the first, and of which nothing more was read; undefined for any
   * other token. What one such macro holds, it holds each time it is used while `changes` stays.
   */
  get opened(): Macro | undefined {
    return this.#openedAt === this.#count - 1 ? this.#opened : undefined;
  }

  get changes(): number {
    return this.#macros.changes;
  }

  /** How many tokens the last of the outermost macros lies behind the current one; 0 while the current one is its own. */
  get sinceMacro(): number {
    return this.#top === undefined ? this.#count - this.#closedAt : 0;
  }

  /** Leaves out the rest of the macros being read. */
  closeMacros(): void {
    for (let top = this.#top; top !== undefined; top = this.#top) this.#pop(top);
  }

  /** Reads a token of the file; false when it was a directive or a macro, and there is more to read. */
  #step(): boolean {
    const lexer = this.#lexer;
    const kind = lexer.scan();
    if (lexer.docStart >= 0) {
      this.docStart = lexer.base + lexer.docStart;
      this.docEnd = lexer.base + lexer.docEnd;
    } else this.docStart = 0;
    this.place = lexer.base + lexer.start;
    this.kind = kind;
    if (kind === T.name) {
      this.nameId = lexer.nameId;
      if (this.names.maybeMacro[lexer.nameId] === 1 && this.#expandHere(lexer.nameId, this.place))
        return false;
      this.kind = T.name;
      this.text = this.names.text(this.nameId);
      return true;
    }
    this.nameId = -1;
    if (kind < 128) {
      if (kind === 123) this.#braces++;
      else if (kind === 125) this.#braces--;
      if (kind !== 35 || !lexer.atLineStart) return true;
      this.#directive();
      return false;
    }
    if (lexer.unterminated !== undefined) this.#unterminated(lexer);
    if (kind === T.end) return this.#endOfFile();
    if (kind <= T.character) this.text = lexer.spelling();
    return true;
  }

  #unterminated(lexer: Lexer): void {
    this.diagnostics.error(lexer.base + lexer.start, lexer.unterminated ?? "");
    lexer.unterminated = undefined;
  }

  /** True at the end of the outermost file. */
  #endOfFile(): boolean {
    for (const condition of this.#conditions)
      this.diagnostics.error(condition.place, "this #if has no #endif");
    this.#conditions = [];
    const outer = this.#outer.pop();
    if (outer === undefined) return true;
    const { path } = this.#lexer.file;
    this.#lexer = outer.lexer;
    this.#conditions = outer.conditions;
    const left = this.#braces;
    this.#braces = outer.open;
    if (left > 0 && isHeader(path)) this.#close(left);
    return false;
  }

  /** A C header made for another machine may leave braces open. They would swallow the IDL behind it. */
  #close(count: number): void {
    this.#push(closingBraces(count, this.place), undefined, 0);
  }

  // --- macros -------------------------------------------------------------------------------------------------------

  #stepExpanded(top: Expansion): boolean {
    const token = top.tokens[top.at++];
    if (token === undefined) {
      this.#pop(top);
      return false;
    }
    const { kind, nameId } = token;
    const place = top.place === 0 ? token.place : top.place;
    this.docStart = 0;
    if (kind === T.name && this.names.maybeMacro[nameId] === 1 && this.#expandHere(nameId, place))
      return false;
    this.kind = kind;
    this.nameId = nameId;
    this.text = token.text;
    this.place = place;
    return true;
  }

  #pop(top: Expansion): void {
    if (top.macro !== undefined) top.macro.active = false;
    this.#expansions.pop();
    this.#top = this.#expansions.at(-1);
    if (this.#top === undefined) this.#closedAt = this.#count;
  }

  /** The next token of the innermost expansion, with its place in `#placeTaken`; undefined when all are used up. */
  #take(): Token | undefined {
    for (let top = this.#top; top !== undefined; top = this.#top) {
      const token = top.tokens[top.at++];
      if (token !== undefined) {
        this.#placeTaken = top.place === 0 ? token.place : top.place;
        return token;
      }
      this.#pop(top);
    }
    return undefined;
  }

  /** Starts the expansion of a macro's name; false when it stays a plain name. */
  #expandHere(nameId: number, place: number): boolean {
    const macro = this.#macros.get(nameId);
    if (macro === undefined || macro.active) return false;
    if (macro.parameters === undefined) {
      this.#push(this.#bodyOf(macro), macro, place);
      return true;
    }
    const skipped = this.#peekOpen();
    if (skipped !== undefined) {
      if (skipped.length > 0) this.#push(skipped, undefined, 0);
      return false;
    }
    const written = this.#arguments(macro, place);
    if (written === undefined) return true;
    const expanded = written.map((tokens) => this.#expandAll(tokens));
    this.#push(substitute(macro, written, expanded, place, this.names), macro, 0);
    return true;
  }

  #push(tokens: readonly Token[], macro: Macro | undefined, place: number): void {
    this.#made += tokens.length;
    if (this.#made > maxExpandedTokens || this.#expansions.length > maxMacroDepth) {
      this.diagnostics.error(this.place, "the macros expand to too much text");
      for (const expansion of this.#expansions)
        if (expansion.macro !== undefined) expansion.macro.active = false;
      this.#expansions = [];
      this.#top = undefined;
      return;
    }
    if (macro !== undefined) macro.active = true;
    if (this.#top === undefined) {
      this.#opened = place === 0 ? undefined : macro;
      this.#openedAt = this.#count;
    }
    this.#top = { tokens, at: 0, macro, place };
    this.#expansions.push(this.#top);
  }

  /** Takes `(` if it is next and answers undefined; else answers the token read instead, to be read again. */
  #peekOpen(): Token[] | undefined {
    const token = this.#raw();
    if (token.kind === 40) return undefined;
    return token.kind === T.end || token.kind === T.line ? [] : [token];
  }

  /** The next token without expansion, over directives. */
  #raw(): Token {
    const taken = this.#take();
    if (taken !== undefined)
      return taken.place === this.#placeTaken ? taken : { ...taken, place: this.#placeTaken };
    for (;;) {
      const at = this.#lexer.pos;
      const kind = this.#lexer.scan();
      if (kind === 35 && this.#lexer.atLineStart && !this.#lexer.inDirective) {
        this.#directive();
        continue;
      }
      // The end is left to be found again.
      if (kind === T.end || kind === T.line) this.#lexer.pos = at;
      return tokenOf(this.#lexer, this.names);
    }
  }

  #arguments(macro: Macro, place: number): Token[][] | undefined {
    const list: Token[][] = [[]];
    let open = 1;
    const most = macro.parameters?.length ?? 0;
    for (;;) {
      const token = this.#raw();
      if (token.kind === T.end || token.kind === T.line) {
        this.diagnostics.error(place, `the arguments of macro ${macro.name} are not closed`);
        return undefined;
      }
      if (token.kind === 40) open++;
      else if (token.kind === 41 && --open === 0) return list;
      if (token.kind === 44 && open === 1 && token.held !== true && !(macro.variadic && list.length >= most))
        list.push([]);
      else list.at(-1)?.push(token);
    }
  }

  /** A token list with its macros expanded, on its own. */
  #expandAll(tokens: readonly Token[]): readonly Token[] {
    if (!tokens.some((token) => token.kind === T.name && this.#macros.has(token.nameId))) return tokens;
    const saved = this.#expansions;
    if (saved.length > maxMacroDepth) return tokens;
    const lexer = this.#lexer;
    this.#lexer = directiveLexer("", this.#lexer.base, this.names);
    this.#top = { tokens, at: 0, macro: undefined, place: 0 };
    this.#expansions = [this.#top];
    const result: Token[] = [];
    for (let token = this.#take(); token !== undefined; token = this.#take()) {
      const place = this.#placeTaken;
      if (token.kind === T.name && this.#expandHere(token.nameId, place)) continue;
      result.push(token.place === place ? token : { ...token, place });
    }
    this.#lexer = lexer;
    this.#expansions = saved;
    this.#top = saved.at(-1);
    return result;
  }

  /** Remembers where the body of a macro without parameters stands; false when it goes over several lines. */
  #defineUnread(name: string, lexer: Lexer): boolean {
    const { text, pos: at, file } = lexer;
    const newline = text.indexOf("\n", at);
    const end = newline < 0 ? text.length : newline;
    const body = text.slice(at, end);
    if (body.includes("/*") || /\\\s*$/.test(body)) return false;
    lexer.pos = end;
    lexer.kind = T.line;
    const unread = { file, at };
    this.#macros.set(lexer.nameId, { name, parameters: undefined, variadic: false, body: [], unread });
    return true;
  }

  #bodyOf(macro: Macro): readonly Token[] {
    if (macro.unread !== undefined) readBody(macro, this.names);
    if (macro.body.length < 3 || macro.body[0]?.kind !== 40) return macro.body;
    if (macro.foldedIn !== this.#macros.changes) {
      macro.foldedIn = this.#macros.changes;
      macro.active = true;
      const constant = foldConstant(this.#expandAll(macro.body));
      macro.active = false;
      macro.folded = constant === undefined ? undefined : [constant];
    }
    return macro.folded ?? macro.body;
  }

  // --- directives ---------------------------------------------------------------------------------------------------

  #directive(): void {
    const lexer = this.#lexer;
    lexer.inDirective = true;
    const place = lexer.base + lexer.start;
    const kind = lexer.scan();
    if (kind === T.name) this.#directiveNamed(this.names.text(lexer.nameId), place);
    if (this.#lexer === lexer) this.#endDirective(lexer);
  }

  #endDirective(lexer: Lexer): void {
    while (lexer.kind !== T.line) lexer.scan();
    lexer.unterminated = undefined;
    lexer.inDirective = false;
  }

  #directiveNamed(name: string, place: number): void {
    switch (name) {
      case "include":
      case "import":
        return this.#include(place);
      case "define":
        return this.#defineDirective(place);
      case "undef":
        if (this.#lexer.scan() === T.name) this.#macros.delete(this.#lexer.nameId);
        return;
      case "if":
        return this.#open(place, () => this.#condition(place));
      case "ifdef":
      case "ifndef":
        return this.#open(place, () => this.#isDefined() === (name === "ifdef"));
      case "elif":
      case "else":
      case "endif":
        return this.#branch(name, place);
      case "error":
        this.diagnostics.error(place, `#error ${lineText(this.#lexer)}`);
        return;
      case "pragma":
        return this.#pragma();
      default: // #line, #warning and whatever else a C compiler understands
    }
  }

  #isDefined(): boolean {
    return this.#lexer.scan() === T.name && this.#macros.has(this.#lexer.nameId);
  }

  #defineDirective(place: number): void {
    const lexer = this.#lexer;
    if (lexer.scan() !== T.name) {
      this.diagnostics.error(place, "#define needs a name");
      return;
    }
    // `#define interface struct` and `#define small char` of C headers are not meant for IDL.
    if (lexer.nameId < firstNoise && isHeader(lexer.file.path)) return;
    const id = lexer.nameId;
    const name = this.names.text(id);
    if (lexer.text.charCodeAt(lexer.pos) !== 40) {
      if (!this.#defineUnread(name, lexer)) this.#macros.define(name, restOfLine(this.#lexer, this.names));
      return;
    }
    lexer.scan();
    const parameters: number[] = [];
    let variadic = false;
    while (lexer.scan() !== 41 && lexer.kind !== T.line) {
      if (lexer.kind === T.name) parameters.push(lexer.nameId);
      else if (lexer.kind === T.ellipsis) {
        variadic = true;
        parameters.push(this.names.intern("__VA_ARGS__"));
      }
    }
    if (lexer.kind === T.line)
      this.diagnostics.error(place, `the parameters of macro ${name} are not closed`);
    else this.#macros.set(id, { name, parameters, variadic, body: restOfLine(this.#lexer, this.names) });
  }

  #condition(place: number): boolean {
    const tokens = replaceDefined(restOfLine(this.#lexer, this.names), (id) => this.#macros.has(id));
    const value = evaluateCondition(this.#expandAll(tokens));
    if (value === undefined) this.diagnostics.error(place, "this #if is not an expression of integers");
    return value !== undefined && value !== 0n;
  }

  #open(place: number, test: () => boolean): void {
    const taking = test();
    this.#endDirective(this.#lexer);
    this.#conditions.push({ taking, taken: taking, place });
    if (!taking) this.#skip();
  }

  /** `#elif`, `#else` or `#endif` met while reading a branch that is taken: everything up to `#endif` is left out. */
  #branch(name: string, place: number): void {
    const condition = this.#conditions.at(-1);
    if (condition === undefined) {
      this.diagnostics.error(place, `#${name} without #if`);
      return;
    }
    this.#endDirective(this.#lexer);
    if (name === "endif") {
      this.#conditions.pop();
      return;
    }
    condition.taking = false;
    this.#skip();
  }

  /** Leaves out lines until the branch to take, or behind the `#endif`. */
  #skip(): void {
    const condition = this.#conditions.at(-1);
    if (condition === undefined) return;
    let depth = 0;
    while (toNextDirective(this.#lexer)) {
      const lexer = this.#lexer;
      const place = lexer.base + lexer.start;
      lexer.inDirective = true;
      const name = lexer.scan() === T.name ? this.names.text(lexer.nameId) : "";
      if (name === "if" || name === "ifdef" || name === "ifndef") depth++;
      else if (name === "endif" && depth-- === 0) {
        this.#endDirective(lexer);
        this.#conditions.pop();
        return;
      } else if (depth === 0 && (name === "else" || name === "elif") && !condition.taken) {
        const take = name === "else" || this.#condition(place);
        if (take) {
          this.#endDirective(lexer);
          condition.taking = condition.taken = true;
          return;
        }
      }
      this.#endDirective(lexer);
    }
  }

  #include(place: number): void {
    const lexer = this.#lexer;
    const line = lineText(this.#lexer);
    let match = /^(?:"([^"]+)"|<([^>]+)>)/.exec(line);
    if (match === null) {
      const text = this.#expandAll(restOfLine(this.#lexer, this.names))
        .map((token) => token.text)
        .join("");
      match = /^(?:"([^"]+)"|<([^>]+)>)/.exec(text);
    }
    const name = match?.[1] ?? match?.[2];
    if (name === undefined) {
      this.diagnostics.error(place, "#include needs a file name in quotes or angle brackets");
      return;
    }
    // The name is no string of the language, so the rest of the line is stepped over unread.
    lexer.kind = T.line;
    const end = lexer.text.indexOf("\n", lexer.pos);
    lexer.pos = end < 0 ? lexer.text.length : end;
    this.#enter(name, match?.[2] !== undefined, place);
  }

  #enter(name: string, system: boolean, place: number): void {
    const file = this.#host.include(name, this.#lexer.file, system);
    if (file === undefined) {
      // What it declares may not be needed; if it is, that is said where it is needed.
      this.diagnostics.warning(place, `cannot find the file "${name}" to include`);
      return;
    }
    if (this.#onceOnly.has(file.path)) return;
    this.#included += file.text.length + includeCost;
    if (this.#included > maxIncluded) {
      this.diagnostics.error(place, `more than ${maxIncluded} characters are included`);
      return;
    }
    if (this.#outer.length >= maxIncludeDepth) {
      this.diagnostics.error(place, `files include one another more than ${maxIncludeDepth} deep`);
      return;
    }
    this.#lexer.inDirective = false;
    this.#outer.push({ lexer: this.#lexer, conditions: this.#conditions, open: this.#braces });
    this.#braces = 0;
    this.#lexer = new Lexer(file, this.names);
    this.#conditions = [];
  }

  #pragma(): void {
    if (skipEcho(this.#lexer)) return;
    const words = restOfLine(this.#lexer, this.names).map((token) => token.text);
    if (words[0] === "once") this.#onceOnly.add(this.#lexer.file.path);
    else if (words[0] === "pack") this.#packing.apply(words.slice(2));
  }
}
