import type { Location, SourceMap } from "./source.ts";

export type Severity = "error" | "warning";

/** One thing the compiler has to say about the source. */
export interface Diagnostic {
  readonly severity: Severity;
  readonly message: string;
  /** Where; undefined when it is about the whole run (a file that was not found on the command line). */
  readonly location: Location | undefined;
}

/** True for a C header. Only its types are wanted, so what cannot be read in it is nobody's trouble. */
export function isHeader(path: string): boolean {
  return /\.(?:h|hpp|hxx)$/i.test(path);
}

/** Collects diagnostics, each at most once for a place, and stops growing at a limit. */
export class Diagnostics {
  readonly #sources: SourceMap;
  readonly #limit: number;
  readonly #seen = new Set<string>();
  readonly #list: Diagnostic[] = [];
  #errors = 0;
  #warnings = 0;

  constructor(sources: SourceMap, limit = 200) {
    this.#sources = sources;
    this.#limit = limit;
  }

  get list(): readonly Diagnostic[] {
    return this.#list;
  }

  get errors(): number {
    return this.#errors;
  }

  error(place: number, message: string): void {
    this.#add("error", place, message);
  }

  warning(place: number, message: string): void {
    this.#add("warning", place, message);
  }

  /** An error that says what all the others come from: it stands first, however many there are. */
  conclude(place: number, message: string): void {
    this.#errors++;
    this.#list.unshift({ severity: "error", message, location: this.#sources.locate(place) });
  }

  #add(severity: Severity, place: number, message: string): void {
    const key = `${place}:${message}`;
    if (this.#seen.has(key) || isHeader(this.#sources.fileAt(place)?.path ?? "")) return;
    // Warnings without end leave room for errors.
    const count = severity === "error" ? ++this.#errors : ++this.#warnings;
    if (count > this.#limit) return;
    this.#seen.add(key);
    this.#list.push({ severity, message, location: this.#sources.locate(place) });
  }
}

/** A diagnostic as text: `file:line:column: error: message`, the source line, and a caret under the place. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { location, message, severity } = diagnostic;
  if (location === undefined) return `${severity}: ${message}`;
  const head = `${location.path}:${location.line}:${location.column}: ${severity}: ${message}`;
  const shown = clip(location.lineText, location.column - 1);
  if (shown.text.trim() === "") return head;
  const pad = shown.text.slice(0, shown.column).replace(/[^\t]/g, " ");
  return `${head}\n  ${shown.text}\n  ${pad}^`;
}

/** Keeps very long source lines readable: a window around the column. */
function clip(text: string, column: number): { text: string; column: number } {
  if (text.length <= 160) return { text, column };
  const start = Math.max(0, column - 80);
  return { text: text.slice(start, start + 160), column: column - start };
}
