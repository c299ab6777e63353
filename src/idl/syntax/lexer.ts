import type { SourceFile } from "../source.ts";
import type { NameTable } from "./names.ts";

/** Token kinds. A one-character punctuation mark is its own character code; everything else is 128 and up. */
export const T = {
  end: 128,
  /** End of a directive's line; only seen by the preprocessor. */
  line: 129,
  name: 130,
  number: 131,
  string: 132,
  wideString: 133,
  character: 134,
  shiftLeft: 135,
  shiftRight: 136,
  lessEqual: 137,
  greaterEqual: 138,
  equal: 139,
  notEqual: 140,
  and: 141,
  or: 142,
  ellipsis: 143,
  paste: 144,
  arrow: 145,
  range: 146,
  scope: 147,
} as const;

/** Spaces that are not ASCII's: of pages that files were copied from, of Japanese, between lines, and the mark of byte order. */
function isSpace(code: number): boolean {
  return code === 0xa0 || code === 0x3000 || code === 0x2028 || code === 0x2029 || code === 0xfeff;
}

const isNameStart = new Uint8Array(128);
const isNamePart = new Uint8Array(128);
for (let code = 0; code < 128; code++) {
  const letter = (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95 || code === 36;
  const digit = code >= 48 && code <= 57;
  isNameStart[code] = letter ? 1 : 0;
  isNamePart[code] = letter || digit ? 1 : 0;
}

/** Scans one file's text, token by token, over character codes. The fields hold the current token. */
export class Lexer {
  readonly file: SourceFile;
  readonly text: string;
  readonly base: number;
  readonly #names: NameTable;
  readonly #length: number;
  pos = 0;

  kind: number = T.end;
  start = 0;
  /** Number of the name, when `kind` is a name. */
  nameId = -1;
  /** True when the token is the first of its line. */
  atLineStart = true;
  /** True when white space or a comment stands before the token. */
  spaceBefore = false;
  /** In a directive the end of the line is a token. */
  inDirective = false;
  /** The comment block directly before the token: offsets, or -1. */
  docStart = -1;
  docEnd = -1;
  /** Set when a comment or string does not end; the preprocessor reports it. */
  unterminated: string | undefined;

  constructor(file: SourceFile, names: NameTable) {
    this.file = file;
    this.text = file.text;
    this.base = file.base;
    this.#names = names;
    this.#length = file.text.length;
  }

  /** The current token's text as written. */
  spelling(): string {
    return this.text.slice(this.start, this.pos);
  }

  scan(): number {
    this.atLineStart = this.pos === 0;
    this.spaceBefore = false;
    this.docStart = -1;
    const text = this.text;
    for (;;) {
      const at = this.pos;
      if (at >= this.#length) {
        this.start = at;
        return (this.kind = this.inDirective ? T.line : T.end);
      }
      const code = text.charCodeAt(at);
      if (
        code === 32 ||
        code === 9 ||
        code === 13 ||
        code === 12 ||
        code === 11 ||
        code === 26 ||
        code === 0 ||
        (code >= 128 && isSpace(code))
      ) {
        this.pos = at + 1;
        this.spaceBefore = true;
      } else if (code === 10) {
        if (this.inDirective) {
          this.start = at;
          return (this.kind = T.line);
        }
        this.pos = at + 1;
        this.#newline();
      } else if (code === 47 && this.#comment(text.charCodeAt(at + 1))) {
        this.spaceBefore = true;
      } else if (code === 92 && this.#continuation(at)) {
        this.spaceBefore = true;
      } else if (code === 64) {
        // `@event`: a name although it is a word of some language.
        this.pos = at + 1;
      } else {
        this.start = at;
        return (this.kind = this.#token(code));
      }
    }
  }

  #newline(): void {
    // A blank line separates a comment from the declaration after it.
    if (this.docStart >= 0 && this.atLineStart && this.#blankSince(this.docEnd)) this.docStart = -1;
    this.atLineStart = true;
    this.spaceBefore = true;
  }

  #blankSince(from: number): boolean {
    let lines = 0;
    for (let i = from; i < this.pos; i++) if (this.text.charCodeAt(i) === 10) lines++;
    return lines > 1;
  }

  #comment(next: number): boolean {
    const from = this.pos;
    if (next === 47) {
      let end = this.text.indexOf("\n", from);
      if (end < 0) end = this.#length;
      this.pos = end;
    } else if (next === 42) {
      const end = this.text.indexOf("*/", from + 2);
      if (end < 0) {
        this.unterminated = "the comment is not closed";
        this.pos = this.#length;
      } else this.pos = end + 2;
    } else return false;
    // A comment behind a token on its line belongs to that token, not to the next declaration.
    if (this.atLineStart) {
      if (this.docStart < 0) this.docStart = from;
      this.docEnd = this.pos;
    }
    return true;
  }

  #continuation(at: number): boolean {
    let next = at + 1;
    while (next < this.#length) {
      const code = this.text.charCodeAt(next);
      if (code !== 13 && code !== 32 && code !== 9) break;
      next++;
    }
    if (next < this.#length && this.text.charCodeAt(next) !== 10) return false;
    this.pos = Math.min(next + 1, this.#length);
    return true;
  }

  #token(code: number): number {
    if (code < 128 && isNameStart[code] === 1) return this.#name(code);
    if (code >= 48 && code <= 57) return this.#number();
    if (code === 34) return this.#quoted(this.start + 1, 34, T.string);
    if (code === 39) return this.#quoted(this.start + 1, 39, T.character);
    if (code >= 128) return this.#name(code);
    return this.#mark(code);
  }

  #name(first: number): number {
    const text = this.text;
    let at = this.start;
    let code = first;
    let hash = 0;
    do {
      hash = (Math.imul(hash, 31) + code) | 0;
      code = text.charCodeAt(++at);
    } while (code < 128 ? isNamePart[code] === 1 : code >= 128 && !isSpace(code));
    if (first === 76 && at === this.start + 1 && (code === 34 || code === 39)) {
      return this.#quoted(at + 1, code, code === 34 ? T.wideString : T.character);
    }
    this.pos = at;
    this.nameId = this.#names.find(text, this.start, at, hash);
    return T.name;
  }

  /** A preprocessing number, as in C: digits, letters, points and signed exponents. `1..2` stays two numbers and a range. */
  #number(): number {
    const text = this.text;
    let at = this.start + 1;
    const hex = text.charCodeAt(this.start) === 48 && (text.charCodeAt(at) | 32) === 120;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code < 128 && isNamePart[code] === 1) at++;
      else if (code === 46 && text.charCodeAt(at + 1) !== 46) at++;
      else if ((code === 43 || code === 45) && !hex && this.#exponent(at)) at++;
      else break;
    }
    this.pos = at;
    return T.number;
  }

  /** True when the sign at `at` follows `digits e`, and a digit follows: `1e-5`, not the `1e-` of a GUID's middle. */
  #exponent(at: number): boolean {
    const text = this.text;
    if ((text.charCodeAt(at - 1) | 32) !== 101) return false;
    for (let i = this.start; i < at - 1; i++) {
      const code = text.charCodeAt(i);
      if (code !== 46 && (code < 48 || code > 57)) return false;
    }
    const next = text.charCodeAt(at + 1);
    return next >= 48 && next <= 57;
  }

  /** A quoted text; `pos` ends behind the closing quote. The text may go over escaped line ends and, leniently, bare ones. */
  #quoted(from: number, quote: number, kind: number): number {
    const text = this.text;
    let at = from;
    let lineEnd = -1;
    for (;;) {
      if (at >= this.#length) {
        at = this.#unclosed(from, lineEnd < 0 ? this.#length : lineEnd);
        break;
      }
      const code = text.charCodeAt(at);
      if (code === quote) {
        at++;
        if (lineEnd >= 0 && !followsString(text, at)) at = this.#unclosed(from, lineEnd);
        break;
      }
      if (code === 92) at++;
      else if (code === 10) {
        if (quote === 39 || this.inDirective) break;
        if (lineEnd < 0) lineEnd = at;
      }
      at++;
    }
    this.pos = Math.min(at, this.#length);
    return kind;
  }

  /** Where a string ends whose closing quote was forgotten: with its line, before the brackets and marks at the end of it. */
  #unclosed(from: number, lineEnd: number): number {
    this.unterminated = "the string is not closed";
    const line = this.text.slice(Math.max(from, lineEnd - 100), lineEnd);
    return lineEnd - (/[)\],\s]*;?\s*$/.exec(line)?.[0].length ?? 0);
  }

  #mark(code: number): number {
    const next = this.text.charCodeAt(this.start + 1);
    const two = twoMarks(code, next);
    if (two === 0) {
      this.pos = this.start + 1;
      return code;
    }
    if (two === T.range && this.text.charCodeAt(this.start + 2) === 46) {
      this.pos = this.start + 3;
      return T.ellipsis;
    }
    this.pos = this.start + 2;
    return two;
  }
}

function twoMarks(code: number, next: number): number {
  switch (code) {
    case 60: // <
      return next === 60 ? T.shiftLeft : next === 61 ? T.lessEqual : 0;
    case 62: // >
      return next === 62 ? T.shiftRight : next === 61 ? T.greaterEqual : 0;
    case 61: // =
      return next === 61 ? T.equal : 0;
    case 33: // !
      return next === 61 ? T.notEqual : 0;
    case 38: // &
      return next === 38 ? T.and : 0;
    case 124: // |
      return next === 124 ? T.or : 0;
    case 35: // #
      return next === 35 ? T.paste : 0;
    case 45: // -
      return next === 62 ? T.arrow : 0;
    case 46: // .
      return next === 46 ? T.range : 0;
    case 58: // :
      return next === 58 ? T.scope : 0;
    default:
      return 0;
  }
}

/** True when what stands here may stand behind a string: not a word, as behind the opening quote of the next string. */
function followsString(text: string, from: number): boolean {
  let at = from;
  while (at < text.length && text.charCodeAt(at) <= 32) at++;
  return at >= text.length || ')],;}"/#'.includes(text[at] ?? "");
}
