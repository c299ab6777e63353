import type { Named } from "../model.ts";
import { textArgument } from "../model.ts";
import type { SourceMap } from "../source.ts";
import type { DocRange } from "../syntax/ast.ts";

/** The doc comment of a declaration: its help string and the comment before it in the IDL. */
export function docLines(
  sources: SourceMap,
  item: Pick<Named, "attributes"> & { readonly doc: DocRange | undefined },
): string[] {
  const help = textArgument(item.attributes, "helpstring")?.trim();
  const comment = item.doc === undefined ? [] : cleanComment(commentText(sources, item.doc));
  const lines = comment.length > 0 ? comment : [];
  if (help !== undefined && help !== "" && !comment.join(" ").includes(help))
    lines.unshift(...help.split(/\r?\n/));
  return lines;
}

/** A doc comment with its indentation and a line end; empty for no lines. */
export function printDoc(lines: readonly string[], indent: string): string {
  if (lines.length === 0) return "";
  const safe = lines.map((line) => line.replaceAll("*/", "*\\/").trimEnd());
  if (safe.length === 1 && (safe[0] ?? "").length <= 100) return `${indent}/** ${safe[0]} */\n`;
  return `${indent}/**\n${safe.map((line) => `${indent} * ${line}`.trimEnd()).join("\n")}\n${indent} */\n`;
}

function commentText(sources: SourceMap, doc: DocRange): string {
  const file = sources.fileAt(doc.from);
  return file === undefined ? "" : file.text.slice(doc.from - file.base, doc.to - file.base);
}

/** The words of a comment block without its marks; rulers and empty edges left out. */
function cleanComment(text: string): string[] {
  const words = text
    .split("\n")
    .map((line) => withoutMarks(line.trim()))
    .filter((line) => !/^[-=*#/_~+\s]{3,}$/.test(line));
  while (words[0] === "") words.shift();
  while (words.at(-1) === "") words.pop();
  return words;
}

/** A line without `//`, `/*` and a star in front and a closing mark behind. Done by hand: comments may be long rows of stars. */
function withoutMarks(line: string): string {
  let from = 0;
  let to = line.length;
  if (to >= 2 && line.endsWith("*/")) {
    to--;
    while (to > 0 && line[to - 1] === "*") to--;
  }
  while (from < to && (line[from] === "/" || line[from] === "*")) from++;
  if (from > 0 && line[from] === "!") from++;
  return line.slice(from, to).trim();
}
