import { ComError, HResult } from "../../base/index.ts";

const scriptEndings = /\.(js|mjs|cjs|ts|mts)$/i;

/**
 * Splits the command line of LocalServer32: words apart by spaces, double quotes around words that contain some, `\"` for a quote itself.
 * A line that begins with a script runs it with this Node. Throws CO_E_APPNOTFOUND for an empty or unfinished line.
 */
export function parseCommandLine(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const char = line[i] as string;
    if (char === "\\" && line[i + 1] === '"') {
      word = `${word ?? ""}"`;
      i++;
    } else if (char === '"') {
      quoted = !quoted;
      word ??= "";
    } else if (!quoted && (char === " " || char === "\t")) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = `${word ?? ""}${char}`;
    }
  }
  if (word !== undefined) words.push(word);
  if (quoted) throw new ComError(HResult.CO_E_APPNOTFOUND, `the command line ${line} has an open quote`);
  if (words[0] === undefined || words[0] === "") {
    throw new ComError(HResult.CO_E_APPNOTFOUND, "the command line is empty");
  }
  return scriptEndings.test(words[0]) ? [process.execPath, ...words] : words;
}

/** Words as a command line that {@link parseCommandLine} reads back. */
export function formatCommandLine(words: readonly string[]): string {
  return words.map((word) => (/[\s"]|^$/.test(word) ? `"${word.replaceAll('"', '\\"')}"` : word)).join(" ");
}
