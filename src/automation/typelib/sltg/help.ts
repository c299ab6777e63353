import type { CodePage } from "../code-page.ts";
import type { Image } from "../image.ts";

/*
 * Help texts of SLTG: words of a table, named by the bits of a path through a binary tree. A node begins with 0x80; bit 1 leads to what follows it,
 * bit 0 to the offset in its two bytes, the high one first. A leaf is a byte and a word up to a NUL; the empty word ends the text.
 */

const NODE = 0x80;
const NODE_SIZE = 3;

/** Reads bits, the highest of a byte first. */
class Bits {
  readonly #data: Image;
  readonly #end: number;
  #at: number;
  #left = 0;
  #byte = 0;

  constructor(data: Image, at: number, end: number) {
    this.#data = data;
    this.#at = at;
    this.#end = end;
  }

  /** Undefined at the end. */
  next(): 0 | 1 | undefined {
    if (this.#left === 0) {
      if (this.#at >= this.#end) return undefined;
      this.#byte = this.#data.u8(this.#at++);
      this.#left = 8;
    }
    this.#left--;
    return this.#byte & (1 << this.#left) ? 1 : 0;
  }
}

/** The table of words of a library; texts that do not follow it are none. */
export class SltgHelp {
  readonly #tree: Image;
  readonly #most: number;
  readonly #codePage: CodePage;

  /** `table` is the tree, `most` the length of the longest text. */
  constructor(table: Image, most: number, codePage: CodePage) {
    this.#tree = table;
    this.#most = most;
    this.#codePage = codePage;
  }

  /** The text whose bits stand between `at` and `end`. */
  text(data: Image, at: number, end: number): string | undefined {
    const bits = new Bits(data, at, Math.min(end, data.length));
    let text = "";
    for (let word = this.#word(bits); word !== undefined; word = this.#word(bits)) {
      text += text === "" ? word : ` ${word}`;
      // As long as no text of the library is: the bits mean something else.
      if (text.length > this.#most) return undefined;
    }
    return text === "" ? undefined : text;
  }

  #word(bits: Bits): string | undefined {
    const tree = this.#tree;
    let at = 0;
    while (at + NODE_SIZE <= tree.length && tree.u8(at) === NODE) {
      const bit = bits.next();
      if (bit === undefined) return undefined;
      const next = bit === 1 ? at + NODE_SIZE : (tree.u8(at + 1) << 8) | tree.u8(at + 2);
      // A tree leads onward: one that leads back would never end.
      if (next <= at) return undefined;
      at = next;
    }
    let end = at + 1;
    while (end < tree.length && tree.u8(end) !== 0) end++;
    return end >= tree.length || end === at + 1
      ? undefined
      : this.#codePage.decode(tree.raw(at + 1, end - at - 1));
  }
}
