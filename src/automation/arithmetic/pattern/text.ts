import type { Token } from "./tokens.ts";

/** Text by the placeholders of a section: filled from the right, or with `!` from the left; `<` and `>` change letter case; what is left goes behind. */
export function formatText(tokens: readonly Token[], value: string): string {
  const has = (text: string): boolean => tokens.some((one) => !one.isLiteral && one.text === text);
  const given = has("<") ? value.toLowerCase() : has(">") ? value.toUpperCase() : value;
  const places = tokens.filter(({ isLiteral, text }) => !isLiteral && (text === "@" || text === "&")).length;
  let missing = has("!") ? 0 : Math.max(0, places - given.length);
  let at = 0;
  let all = "";
  for (const { text, isLiteral } of tokens) {
    if (isLiteral) all += text;
    else if (text === "@" || text === "&") {
      const empty = missing > 0 || at >= given.length;
      if (missing > 0) missing--;
      all += empty ? (text === "@" ? " " : "") : given[at++];
    }
  }
  return all + given.slice(at);
}
