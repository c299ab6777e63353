import { ComError, HResult } from "../../../base/index.ts";

/** What a section of a pattern makes of a value. */
type PatternKind = "number" | "date" | "text" | "none";

/** A piece of a pattern: characters that stand for themselves (`isLiteral`), or a placeholder. */
export interface Token {
  readonly text: string;
  readonly isLiteral: boolean;
}

export interface Section {
  readonly kind: PatternKind;
  readonly tokens: readonly Token[];
}

/** Longest pattern. Stops a caller from making one that takes long. */
const maxLength = 4096;
const maxSections = 4;

const dateWord = /^(?:am\/pm|a\/p|ampm|ttttt|d{1,6}|m{1,4}|y{1,4}|h{1,2}|n{1,2}|s{1,2}|ww?|q|c|[/:])/i;
const numberWord = /^(?:e[+-][0#]*|[0#.,%])/i;
const textWord = /^[@&<>!]/;

const words: readonly (readonly [PatternKind, RegExp])[] = [
  ["number", numberWord],
  ["text", textWord],
  ["date", dateWord],
];

/** The sections of a pattern, at most four: for positive and negative numbers, zero, and NULL. Throws DISP_E_TYPEMISMATCH for more. */
export function sectionsOf(pattern: string): readonly Section[] {
  if (pattern.length > maxLength)
    throw new ComError(HResult.E_INVALIDARG, `a pattern has at most ${maxLength} characters`);
  const sections: Section[] = [];
  for (let at = 0; at <= pattern.length;) {
    const { section, end } = sectionAt(pattern, at);
    sections.push(section);
    at = end + 1;
  }
  if (sections.length > maxSections)
    throw new ComError(HResult.DISP_E_TYPEMISMATCH, `a pattern has at most ${maxSections} sections`);
  return sections;
}

/** One section: the first placeholder says which ones there are. */
function sectionAt(pattern: string, start: number): { readonly section: Section; readonly end: number } {
  let kind: PatternKind = "none";
  const tokens: Token[] = [];
  let at = start;
  while (at < pattern.length && pattern[at] !== ";") {
    const quoted = quotedAt(pattern, at);
    if (quoted !== undefined) {
      tokens.push({ text: quoted.text, isLiteral: true });
      at = quoted.end;
      continue;
    }
    const found = wordAt(pattern.slice(at, at + 64), kind);
    if (found === undefined) tokens.push({ text: pattern[at] as string, isLiteral: true });
    else {
      kind = found.kind;
      tokens.push({ text: found.text, isLiteral: false });
    }
    at += found?.text.length ?? 1;
  }
  return { section: { kind, tokens }, end: at };
}

function quotedAt(pattern: string, at: number): { readonly text: string; readonly end: number } | undefined {
  if (pattern[at] === "\\") return { text: pattern[at + 1] ?? "", end: at + 2 };
  if (pattern[at] !== '"') return undefined;
  const close = pattern.indexOf('"', at + 1);
  const end = close < 0 ? pattern.length : close;
  return { text: pattern.slice(at + 1, end), end: end + 1 };
}

function wordAt(rest: string, kind: PatternKind): { kind: PatternKind; text: string } | undefined {
  for (const [candidate, word] of words) {
    if (kind !== "none" && kind !== candidate) continue;
    const [text] = word.exec(rest) ?? [];
    // An exponent belongs to digits before it.
    if (text !== undefined && !(kind === "none" && /^e/i.test(text))) return { kind: candidate, text };
  }
  return undefined;
}
