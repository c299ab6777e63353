import type { Element } from "../tree/element.ts";
import { type Entry, EntryType, entryBytes, freeEntry, noEntry, readEntry, writeEntry } from "./entry.ts";
import { compareKeys } from "./names.ts";
import { PagesDraft } from "./pages.ts";
import { type Links, buildTree } from "./red-black.ts";
import type { MiniStreamDraft } from "./mini-draft.ts";
import type { Volume } from "./volume.ts";
import { corrupt } from "../status.ts";

/** An element that is not as on the medium; `old` is what stands there under its number. */
export interface Change {
  readonly element: Element;
  readonly old: Element | undefined;
}

const unused = freeEntry();

/** What a commit changes about the directory. */
export class DirectoryDraft {
  readonly #volume: Volume;
  readonly pages: PagesDraft;
  readonly #numbers = new Map<Element, number>();
  readonly #links = new Map<number, Links>();
  readonly #firstChild = new Map<Element, number>();
  #gone: readonly Element[] = [];
  #free: number[] = [];
  #cursor = 1;

  constructor(volume: Volume) {
    this.#volume = volume;
    this.pages = new PagesDraft(volume.directory.pages);
  }

  /** The elements of `root`'s tree that differ from the medium's, and those of the medium that are gone. */
  compare(root: Element): { readonly changes: readonly Change[]; readonly gone: readonly Element[] } {
    const changes: Change[] = [];
    const kept = new Set<Element>();
    const waiting = [root];
    for (let element = waiting.pop(); element !== undefined; element = waiting.pop()) {
      const old = element === root ? this.#volume.root : this.#onMedium(element);
      if (old !== undefined) kept.add(old);
      if (old === element) continue;
      changes.push({ element, old });
      if (element.isStorage) for (const child of element.children.values()) waiting.push(child);
    }
    const gone: Element[] = [];
    for (const { old } of changes) if (old?.isStorage === true) this.#collectGone(old, kept, gone);
    for (const { element, old } of changes) if (old === undefined) this.#loadAll(element);
    this.#gone = gone;
    return { changes, gone };
  }

  /** The medium's element that this one is (a copy of), if nobody else took its number. */
  #onMedium(element: Element): Element | undefined {
    const { origin } = element;
    if (origin === undefined || origin === this.#volume.root) return undefined;
    return this.#volume.directory.elements[origin.sid] === origin ? origin : undefined;
  }

  #collectGone(old: Element, kept: Set<Element>, gone: Element[]): void {
    const waiting = [...old.children.values()];
    for (let child = waiting.pop(); child !== undefined; child = waiting.pop()) {
      if (kept.has(child)) continue;
      kept.add(child);
      gone.push(child);
      if (child.isStorage) for (const below of child.children.values()) waiting.push(below);
    }
  }

  /** An element whose number is lost cannot look its children up later. */
  #loadAll(element: Element): void {
    if (element.isStorage) this.#volume.directory.walk(element, () => {});
  }

  /** Writes the entries, when the contents have their places. */
  fill(changes: readonly Change[], gone: readonly Element[], contents: MiniStreamDraft): void {
    this.#free = gone.map((element) => element.sid).toSorted((a, b) => b - a);
    for (const { element, old } of changes) {
      if (old !== undefined) this.#numbers.set(element, old.sid);
    }
    for (const { element, old } of changes) {
      if (old === undefined) this.#numbers.set(element, this.#takeNumber());
    }
    for (const { element, old } of changes) if (element.isStorage) this.#arrange(element, old);
    for (const sid of this.#free) this.#write(sid, unused);
    for (const change of changes) this.#writeElement(change, contents);
    for (const [sid, links] of this.#links) this.#relink(sid, links);
  }

  #takeNumber(): number {
    const reused = this.#free.pop();
    if (reused !== undefined) return reused;
    const perSector = this.#volume.directory.perSector;
    for (;;) {
      const sid = this.#cursor++;
      const page = Math.floor(sid / perSector);
      if (page >= this.pages.homes.length) this.#appendPage();
      const at = (sid % perSector) * entryBytes;
      if (this.pages.view(page).getUint8(at + 0x42) === EntryType.FREE) return sid;
    }
  }

  #appendPage(): void {
    const { perSector } = this.#volume.directory;
    if ((this.pages.homes.length + 1) * perSector > this.#volume.limits.maxEntries) {
      throw corrupt(`a file may have ${this.#volume.limits.maxEntries} directory entries`);
    }
    const page = new Uint8Array(this.pages.append(0).buffer);
    for (let i = 0; i < perSector; i++) page.set(unused, i * entryBytes);
  }

  #numberOf(element: Element): number {
    return this.#numbers.get(element) ?? element.sid;
  }

  /** The tree of a storage's children, built anew when it is not of the same ones. */
  #arrange(element: Element, old: Element | undefined): void {
    if (old !== undefined && this.#sameChildren(element, old)) return;
    const sorted = [...element.children.values()].toSorted((a, b) => compareKeys(a.key, b.key));
    const ids = sorted.map((child) => this.#numberOf(child));
    const first = buildTree(ids, (sid, links) => void this.#links.set(sid, links));
    this.#firstChild.set(element, first);
  }

  #sameChildren(element: Element, old: Element): boolean {
    if (element.children.size !== old.children.size) return false;
    for (const [key, child] of element.children) {
      const before = old.children.get(key);
      // A new child may have got the number of the one it replaces, not its place in the tree.
      if (before === undefined || this.#onMedium(child) !== before) return false;
    }
    return true;
  }

  #read(sid: number): Entry {
    const { perSector } = this.#volume.directory;
    const view = this.pages.view(Math.floor(sid / perSector));
    return readEntry(view, (sid % perSector) * entryBytes, this.#volume.major === 4);
  }

  #write(sid: number, bytes: Uint8Array): void {
    const { perSector } = this.#volume.directory;
    const page = Math.floor(sid / perSector);
    const at = (sid % perSector) * entryBytes;
    const view = this.pages.view(page);
    if (Buffer.compare(bytes, new Uint8Array(view.buffer, view.byteOffset + at, entryBytes)) === 0) return;
    const target = this.pages.edit(page);
    new Uint8Array(target.buffer, target.byteOffset + at, entryBytes).set(bytes);
  }

  #writeElement({ element, old }: Change, contents: MiniStreamDraft): void {
    const sid = this.#numberOf(element);
    const before = old === undefined ? undefined : this.#read(sid);
    const isRoot = sid === 0;
    const { content } = element;
    const body = isRoot
      ? contents.container
      : { start: content === undefined ? 0 : contents.startOf(content), size: content?.size ?? 0 };
    const links = this.#links.get(sid) ?? before ?? { color: 1, left: noEntry, right: noEntry };
    this.#links.delete(sid);
    const entry: Entry = {
      name: element.name,
      type: isRoot ? EntryType.ROOT : element.isStorage ? EntryType.STORAGE : EntryType.STREAM,
      color: links.color,
      left: links.left,
      right: links.right,
      child: this.#firstChild.get(element) ?? before?.child ?? noEntry,
      clsid: element.clsid,
      stateBits: element.stateBits,
      created: element.created,
      modified: element.modified,
      ...body,
    };
    this.#write(sid, writeEntry(entry));
  }

  #relink(sid: number, links: Links): void {
    this.#write(sid, writeEntry({ ...this.#read(sid), ...links }));
  }

  apply(): void {
    const { directory } = this.#volume;
    directory.pages.accept(this.pages);
    for (const element of this.#gone) directory.elements[element.sid] = undefined;
    for (const [element, sid] of this.#numbers) {
      element.sid = sid;
      element.origin = element;
      directory.elements[sid] = element;
    }
  }
}
