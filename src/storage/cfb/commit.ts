import { ComError } from "../../base/index.ts";
import type { Content } from "../tree/content.ts";
import type { Element } from "../tree/element.ts";
import { type Change, DirectoryDraft } from "./directory-draft.ts";
import { difatHomes } from "./fat.ts";
import { type Header, Sector, headerBytes, headerDifat, writeHeader } from "./header.ts";
import { journalBytes, writeJournal } from "./journal.ts";
import { MiniStreamDraft } from "./mini-draft.ts";
import { medium, nobody } from "./sector-map.ts";
import { Space } from "./space.ts";
import type { Volume } from "./volume.ts";

/** How a commit is made. */
export interface CommitOptions {
  /** The header counts it, as it does transactions. */
  readonly counts: boolean;
  /** It survives the loss of power; otherwise only the end of this process. */
  readonly durable: boolean;
}

/**
 * Makes `root` the state of the file. Everything new goes where nothing was, is made durable, and only then the header is written over: whenever this
 * is cut off, the file is in the old state or in the new one. `token` owns the sectors that the tree's changes lie in.
 *
 * When it throws, nothing changed, here or in the file; unless it was the header's own write that failed: then the volume is `broken`.
 */
export function commit(volume: Volume, root: Element, token: number, options: CommitOptions): void {
  volume.checkWhole();
  if (root === volume.root) return;
  const draft = new CommitDraft(volume, options);
  try {
    draft.plan(root);
    draft.write();
  } catch (error) {
    draft.undo();
    throw error;
  }
  draft.writeHeader();
  draft.apply(root, token);
}

class CommitDraft {
  readonly #volume: Volume;
  readonly #options: CommitOptions;
  readonly #space: Space;
  readonly #directory: DirectoryDraft;
  readonly #mini: MiniStreamDraft;
  #difat: number[] = [];
  #changes: readonly Change[] = [];
  #header: Uint8Array = new Uint8Array(0);
  #parsed: Header;

  constructor(volume: Volume, options: CommitOptions) {
    this.#volume = volume;
    this.#options = options;
    this.#parsed = volume.header;
    this.#space = new Space(volume);
    this.#mini = new MiniStreamDraft(volume, this.#space);
    this.#directory = new DirectoryDraft(volume);
  }

  plan(root: Element): void {
    const { changes, gone } = this.#directory.compare(root);
    this.#changes = changes;
    for (const element of gone) this.#leaveContent(element.content, undefined);
    for (const { element, old } of changes) {
      if (old !== undefined && old.content !== element.content)
        this.#leaveContent(old.content, element.content);
    }
    for (const { element, old } of changes) this.#keepContent(element.content, old?.content);
    for (const { element } of changes) this.#mini.add(element.content);
    this.#mini.finish();
    this.#directory.fill(changes, gone, this.#mini);
    this.#space.place(this.#mini.pages);
    this.#space.place(this.#directory.pages);
    this.#placeFat();
    this.#makeHeader();
  }

  /** What an old content has and the new one does not, becomes free. */
  #leaveContent(old: Content | undefined, now: Content | undefined): void {
    if (old === undefined) return;
    this.#mini.leave(this.#volume.miniSectorsOf(old));
    const sectors = this.#volume.sectorsOf(old);
    const kept = now === undefined ? [] : this.#volume.sectorsOf(now);
    for (let i = 0; i < sectors.length; i++) {
      if (kept[i] !== sectors[i]) this.#space.leave(sectors[i] as number);
    }
  }

  #keepContent(content: Content | undefined, old: Content | undefined): void {
    if (content === undefined || content === old) return;
    this.#space.link(this.#volume.sectorsOf(content));
    this.#mini.keep(this.#volume.miniSectorsOf(content));
  }

  /** Places for the pages of the FAT that changed; finding them changes the FAT, until it does not. */
  #placeFat(): void {
    const volume = this.#volume;
    const { fat } = this.#space;
    const placed = new Set<number>();
    const old = (volume.difat ??= difatHomes(volume, volume.header));
    const perSector = fat.base.perPage - 1;
    if (!volume.virgin) for (const sector of old) this.#space.leave(sector);
    else this.#difat = [...old];
    for (let moved = true; moved;) {
      moved = false;
      while (fat.homes.length * fat.base.perPage < volume.map.count) fat.append(0xff);
      this.#barRangeLock();
      for (const page of fat.changed.keys()) {
        if (placed.has(page)) continue;
        placed.add(page);
        moved = true;
        const home = fat.homes[page] ?? -1;
        if (home >= 0 && volume.virgin) continue;
        const sector = this.#space.take();
        fat.homes[page] = sector;
        fat.set(sector, Sector.FAT);
        if (home >= 0) this.#space.leave(home);
      }
      while (this.#difat.length < Math.ceil((fat.homes.length - headerDifat) / perSector)) {
        const sector = this.#space.take();
        this.#difat.push(sector);
        fat.set(sector, Sector.DIFAT);
        moved = true;
      }
    }
  }

  /** The sector of the range locks is nobody's chain and not free. ([MS-CFB] 2.7) */
  #barRangeLock(): void {
    const { fat } = this.#space;
    const sector = this.#volume.rangeLockSector;
    if (this.#volume.map.count > sector && fat.get(sector) === Sector.FREE) fat.set(sector, Sector.END);
  }

  #makeHeader(): void {
    const before = this.#volume.header;
    const directory = this.#directory.pages.homes;
    const minis = this.#mini.pages.homes;
    const { homes } = this.#space.fat;
    this.#parsed = {
      major: before.major,
      shift: before.shift,
      directorySectors: directory.length,
      fatSectors: homes.length,
      directoryStart: directory[0] ?? Sector.END,
      signature: this.#options.counts ? (before.signature + 1) >>> 0 : before.signature,
      miniFatStart: minis[0] ?? Sector.END,
      miniFatSectors: minis.length,
      difatStart: this.#difat[0] ?? Sector.END,
      difatSectors: this.#difat.length,
      difat: Uint32Array.from({ length: headerDifat }, (_, i) => homes[i] ?? Sector.FREE),
    };
    this.#header = writeHeader(this.#parsed);
  }

  write(): void {
    const volume = this.#volume;
    const { store } = volume;
    this.#mini.write();
    for (const pages of [this.#directory.pages, this.#mini.pages, this.#space.fat]) {
      for (const [page, view] of pages.changed) {
        const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
        store.write(volume.offset(pages.homes[page] as number), bytes);
      }
    }
    this.#writeDifat();
    const end = volume.offset(volume.map.count);
    if (store.size < end) store.setSize(end);
    if (!volume.virgin && (volume.major === 4 || store.size + journalBytes < 0x7fffffff)) {
      store.write(store.size, writeJournal(volume.headerImage, this.#header));
    }
    this.#flush();
  }

  #flush(): void {
    const { store } = this.#volume;
    if (this.#options.durable || store.push === undefined) store.flush();
    else store.push();
  }

  #writeDifat(): void {
    const volume = this.#volume;
    const { homes } = this.#space.fat;
    const perSector = volume.sectorSize / 4 - 1;
    this.#difat.forEach((sector, i) => {
      const bytes = new Uint8Array(volume.sectorSize).fill(0xff);
      const view = new DataView(bytes.buffer);
      const from = headerDifat + i * perSector;
      homes.slice(from, from + perSector).forEach((home, k) => view.setUint32(4 * k, home, true));
      view.setUint32(4 * perSector, this.#difat[i + 1] ?? Sector.END, true);
      volume.store.write(volume.offset(sector), bytes);
    });
  }

  writeHeader(): void {
    const { store } = this.#volume;
    try {
      store.write(0, this.#header.subarray(0, headerBytes));
      this.#flush();
    } catch (error) {
      this.#volume.broken = ComError.from(error);
      throw error;
    }
  }

  /** Nothing of this was seen by anybody. */
  undo(): void {
    for (const sector of this.#space.taken) this.#volume.map.set(sector, nobody);
  }

  /** The file is in the new state; so are we. */
  apply(root: Element, token: number): void {
    const volume = this.#volume;
    volume.header = this.#parsed;
    volume.headerImage = this.#header;
    volume.fat.accept(this.#space.fat);
    volume.difat = this.#difat;
    volume.virgin = false;
    volume.version++;
    this.#mini.apply();
    this.#directory.apply();
    for (const { element } of this.#changes) element.token = medium;
    volume.root = root;
    const { map, fat } = volume;
    map.each(token, (sector) => map.set(sector, fat.get(sector) === Sector.FREE ? nobody : medium));
    volume.past.leave({
      version: volume.version,
      sectors: this.#space.left.filter((sector) => fat.get(sector) === Sector.FREE),
      minis: this.#mini.left.filter((mini) => volume.miniFat.get(mini) === Sector.FREE),
    });
  }
}
