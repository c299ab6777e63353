import type { CodePage } from "../code-page.ts";
import type { Image } from "../image.ts";

/** Longest name or reference. Stops a table without NULs from being read over and over. */
const MAX_LENGTH = 1024;

/** The names, ended by NUL, found by their offset. */
export class SltgNames {
  readonly #table: Image;
  readonly #codePage: CodePage;
  readonly #known = new Map<number, string>();

  constructor(table: Image, codePage: CodePage) {
    this.#table = table;
    this.#codePage = codePage;
  }

  at(offset: number): string {
    const known = this.#known.get(offset);
    if (known !== undefined) return known;
    let end = offset;
    while (end - offset < MAX_LENGTH && this.#table.u8(end) !== 0) end++;
    const name = this.#codePage.decode(this.#table.raw(offset, end - offset));
    this.#known.set(offset, name);
    return name;
  }
}
