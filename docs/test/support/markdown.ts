import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The repository's root, with a slash at the end. */
export const root: string = fileURLToPath(new URL("../../../../", import.meta.url));

/** A fenced block: ```lang name */
export interface Block {
  readonly lang: string;
  /** What stands after the language: the name of the file the block is. */
  readonly name: string;
  readonly text: string;
  readonly line: number;
}

export interface Page {
  /** Path from the root. */
  readonly path: string;
  readonly text: string;
}

export function readPage(path: string): Page {
  return { path, text: readFileSync(`${root}${path}`, "utf8") };
}

/** Every page of the project that is prose: README and its like, docs and tutorials. */
export function allPages(): readonly Page[] {
  const inFolder = (folder: string): string[] =>
    readdirSync(`${root}${folder}`)
      .filter((name) => name.endsWith(".md"))
      .map((name) => `${folder}${name}`);
  return [...inFolder(""), ...inFolder("docs/"), ...inFolder("docs/tutorials/")].map((path) =>
    readPage(path),
  );
}

export function blocksOf(page: Page): readonly Block[] {
  const blocks: Block[] = [];
  let open: { lang: string; name: string; lines: string[]; line: number } | undefined;
  for (const [i, line] of page.text.split("\n").entries()) {
    const fence = /^```(\S*)\s*(.*)$/.exec(line);
    if (fence === null) open?.lines.push(line);
    else if (open === undefined) {
      open = { lang: fence[1] ?? "", name: (fence[2] ?? "").trim(), lines: [], line: i + 1 };
    } else {
      const { lang, name, lines, line: at } = open;
      blocks.push({ lang, name, text: `${lines.join("\n")}\n`, line: at });
      open = undefined;
    }
  }
  return blocks;
}

/** The page without its blocks. */
export function proseOf(page: Page): string {
  return page.text.replaceAll(/^```[\s\S]*?^```$/gm, "");
}

/** The cells of every table row, without head and rule. */
export function tableRows(text: string): readonly (readonly string[])[] {
  const rows: string[][] = [];
  let inTable = false;
  for (const line of text.split("\n")) {
    if (!line.startsWith("|")) inTable = false;
    else if (/^\|[\s:|-]+\|$/.test(line)) inTable = true;
    else if (inTable) {
      const cells = line.split(/(?<!\\)\|/).slice(1, -1);
      rows.push(cells.map((cell) => cell.trim().replaceAll("\\|", "|")));
    }
  }
  return rows;
}

/** The words in `code` of a text. */
export function codeSpans(text: string): readonly string[] {
  return [...text.matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? "");
}
