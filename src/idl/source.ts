/**
 * Where text came from. Every file gets a range of one shared number line, so that a place anywhere in a compilation
 * is one number: the file's base plus the offset in its text.
 */
export class SourceMap {
  readonly #files: SourceFile[] = [];
  #next = 1;

  /** Adds a file's text. Place 0 stays free for "nowhere". */
  add(path: string, text: string): SourceFile {
    const file = new SourceFile(path, text, this.#next);
    this.#files.push(file);
    this.#next += text.length + 1;
    return file;
  }

  /** The file a place lies in, or undefined for "nowhere". */
  fileAt(place: number): SourceFile | undefined {
    let low = 0;
    let high = this.#files.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#files[middle]?.base ?? 0) <= place) low = middle;
      else high = middle - 1;
    }
    const file = this.#files[low];
    return file !== undefined && place >= file.base && place <= file.base + file.text.length
      ? file
      : undefined;
  }

  /** File, line and column of a place. */
  locate(place: number): Location | undefined {
    return this.fileAt(place)?.locate(place);
  }
}

/** A place for a person: line and column count from 1. */
export interface Location {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  /** The source line the place is on, without its line end. */
  readonly lineText: string;
}

export class SourceFile {
  readonly path: string;
  readonly text: string;
  readonly base: number;
  #lineStarts: number[] | undefined;

  constructor(path: string, text: string, base: number) {
    this.path = path;
    this.text = text;
    this.base = base;
  }

  locate(place: number): Location {
    const offset = Math.min(Math.max(place - this.base, 0), this.text.length);
    const starts = (this.#lineStarts ??= lineStarts(this.text));
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    const start = starts[low] ?? 0;
    let end = this.text.indexOf("\n", start);
    if (end < 0) end = this.text.length;
    const lineText = this.text.slice(start, end).replace(/\r$/, "");
    return { path: this.path, line: low + 1, column: offset - start + 1, lineText };
  }
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}
