import { bytesEqual } from "../../base/index.ts";
import { corrupt } from "../status.ts";
import type { Content } from "../tree/content.ts";
import { type Children, Element } from "../tree/element.ts";
import { type Entry, EntryType, entryBytes, noEntry, readEntry } from "./entry.ts";
import { miniCutoff } from "./header.ts";
import { Pages } from "./pages.ts";
import { medium } from "./sector-map.ts";
import type { Volume } from "./volume.ts";

/** The directory on the medium: entries by number, and the elements made from them. ([MS-CFB] 2.6) */
export class Directory {
  readonly #volume: Volume;
  readonly pages: Pages;
  readonly perSector: number;
  /** Entries met as somebody's child. */
  readonly #seen = new Set<number>([0]);
  /** The element of the last commit by its number, as far as read. */
  readonly elements: (Element | undefined)[] = [];

  constructor(volume: Volume, homes: readonly number[]) {
    this.#volume = volume;
    this.pages = new Pages(volume, homes);
    this.perSector = volume.sectorSize / entryBytes;
    if (homes.length * this.perSector > volume.limits.maxEntries) {
      throw corrupt(
        `${homes.length * this.perSector} directory entries are more than the ${volume.limits.maxEntries} allowed`,
      );
    }
  }

  get count(): number {
    return this.pages.homes.length * this.perSector;
  }

  entry(sid: number): Entry {
    if (sid >= this.count) throw corrupt(`directory entry ${sid} does not exist`);
    const view = this.pages.view(Math.floor(sid / this.perSector));
    return readEntry(view, (sid % this.perSector) * entryBytes, this.#volume.major === 4);
  }

  /** Whether the medium's first page, with the root, is the one that was read. */
  isCurrent(): boolean {
    const { buffer, byteOffset, byteLength } = this.pages.view(0);
    const now = this.#volume.readSectors(this.pages.homes[0] ?? 0);
    return bytesEqual(now, new Uint8Array(buffer, byteOffset, byteLength));
  }

  readRoot(): { readonly root: Element; readonly container: number; readonly size: number } {
    if (this.count === 0) throw corrupt("there is no directory");
    const entry = this.entry(0);
    if (entry.type !== EntryType.ROOT) throw corrupt("the first directory entry is not a root");
    return { root: this.#element(0, entry, true), container: entry.start, size: entry.size };
  }

  #element(sid: number, entry: Entry, isStorage: boolean): Element {
    const element = new Element(medium, isStorage, entry.name);
    element.clsid = entry.clsid;
    element.stateBits = entry.stateBits;
    element.created = entry.created;
    element.modified = entry.modified;
    element.origin = element;
    element.sid = sid;
    if (isStorage) element.loader = () => this.#children(entry.child);
    else element.content = contentOf(entry);
    this.elements[sid] = element;
    return element;
  }

  /**
   * The children of a storage. Each number is met once in the whole directory, so trees that loop or share branches are found; how well they are
   * balanced and sorted is not relied on.
   */
  #children(first: number): Children {
    const children: Children = new Map();
    const waiting = [first];
    // Whoever is interrupted (the rest is still arriving) begins anew.
    const met = new Set<number>();
    for (let sid = waiting.pop(); sid !== undefined; sid = waiting.pop()) {
      if (sid === noEntry) continue;
      const entry = this.entry(sid);
      if (this.#seen.has(sid) || met.has(sid)) throw corrupt(`directory entry ${sid} is in two places`);
      met.add(sid);
      // Some leave an entry in the tree that they emptied.
      if (entry.type === EntryType.FREE) continue;
      waiting.push(entry.right, entry.left);
      if (entry.type !== EntryType.STORAGE && entry.type !== EntryType.STREAM) {
        throw corrupt(`directory entry ${sid} is of type ${entry.type}`);
      }
      const element = this.#element(sid, entry, entry.type === EntryType.STORAGE);
      // Of two with one name, others find the first; so do we.
      if (!children.has(element.key)) children.set(element.key, element);
    }
    for (const sid of met) this.#seen.add(sid);
    return children;
  }

  /** Every element below and with `root`. */
  walk(root: Element, visit: (element: Element) => void): void {
    const waiting = [root];
    for (let element = waiting.pop(); element !== undefined; element = waiting.pop()) {
      visit(element);
      if (element.isStorage) for (const child of element.children.values()) waiting.push(child);
    }
  }
}

function contentOf(entry: Entry): Content {
  const { size, start } = entry;
  if (size === 0) return { token: medium, size, place: { kind: "memory", bytes: new Uint8Array(0) } };
  return size < miniCutoff
    ? { token: medium, size, place: { kind: "mini", start, sectors: undefined } }
    : { token: medium, size, place: { kind: "sectors", start, sectors: undefined } };
}
