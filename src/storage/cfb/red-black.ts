import { noEntry } from "./entry.ts";

/** Where one of the siblings stands in their tree. */
export interface Links {
  color: number;
  left: number;
  right: number;
}

/**
 * The red-black tree of siblings in their order: split in the middle, so that the depths of the leaves differ by one at most; the last, incomplete row
 * is red, all else black. Answers the root. ([MS-CFB] 2.6.4)
 */
export function buildTree(ids: readonly number[], place: (id: number, links: Links) => void): number {
  const fullRows = Math.floor(Math.log2(ids.length + 1));
  const build = (from: number, to: number, row: number): number => {
    if (from >= to) return noEntry;
    const middle = (from + to) >> 1;
    const id = ids[middle] ?? noEntry;
    const left = build(from, middle, row + 1);
    const right = build(middle + 1, to, row + 1);
    place(id, { color: row >= fullRows && row > 0 ? 0 : 1, left, right });
    return id;
  };
  return build(0, ids.length, 0);
}
