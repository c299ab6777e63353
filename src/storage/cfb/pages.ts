import type { ComError } from "../../base/index.ts";
import { Sector } from "./header.ts";

/** Reads whole sectors. */
export interface SectorReader {
  readonly sectorSize: number;
  /** A copy of a sector, and of those behind it, `count` at most: as many as the file has. Throws STG_E_DOCFILECORRUPT when there is none. */
  readSectors(sector: number, count?: number): Uint8Array;
  /** What to throw for what lies beyond the end: E_PENDING or STG_E_INCOMPLETE for a file that is arriving, else STG_E_DOCFILECORRUPT. */
  beyond(message: string): ComError;
}

/** Most bytes of pages that are read as one. */
const mostAhead = 64 * 1024;

/** A part of a file's own bookkeeping (FAT, mini FAT, directory): sectors, read when first wanted, with those that lie behind them. As the medium has it; changes are made in a {@link PagesDraft}. */
export class Pages {
  readonly #reader: SectorReader;
  readonly #views: (DataView | undefined)[] = [];
  readonly perPage: number;
  readonly #shift: number;
  /** The sector of each page. */
  homes: readonly number[];

  constructor(reader: SectorReader, homes: readonly number[]) {
    this.#reader = reader;
    this.homes = homes;
    this.perPage = reader.sectorSize / 4;
    this.#shift = Math.log2(this.perPage);
  }

  view(page: number): DataView {
    return this.#views[page] ?? this.#load(page);
  }

  #load(page: number): DataView {
    const { homes } = this;
    const { sectorSize } = this.#reader;
    const first = homes[page] ?? Sector.FREE;
    let count = 1;
    while (homes[page + count] === first + count && this.#views[page + count] === undefined) count++;
    const { buffer, byteLength } = this.#reader.readSectors(first, Math.min(count, mostAhead / sectorSize));
    const view = (this.#views[page] = new DataView(buffer, 0, sectorSize));
    for (let at = sectorSize; at < byteLength; at += sectorSize)
      this.#views[++page] = new DataView(buffer, at, sectorSize);
    return view;
  }

  /** The 32-bit value at `index`; FREE beyond the last page. */
  get(index: number): number {
    const page = index >>> this.#shift;
    if (page >= this.homes.length) return Sector.FREE;
    const view = this.#views[page] ?? this.view(page);
    return view.getUint32((index & (this.perPage - 1)) << 2, true);
  }

  /** Takes a draft's pages over: they are on the medium now. */
  accept(draft: PagesDraft): void {
    this.homes = draft.homes;
    for (const [page, view] of draft.changed) this.#views[page] = view;
    this.#views.length = this.homes.length;
  }
}

/** Changes to {@link Pages} that are not on the medium yet. */
export class PagesDraft {
  readonly base: Pages;
  readonly homes: number[];
  readonly changed: Map<number, DataView> = new Map();
  readonly #pageSize: number;
  readonly #shift: number;

  constructor(base: Pages) {
    this.base = base;
    this.homes = [...base.homes];
    this.#pageSize = base.perPage * 4;
    this.#shift = Math.log2(base.perPage);
  }

  view(page: number): DataView {
    return this.changed.get(page) ?? this.base.view(page);
  }

  edit(page: number): DataView {
    let view = this.changed.get(page);
    if (view === undefined) {
      const before = this.base.view(page);
      const bytes = new Uint8Array(before.buffer, before.byteOffset, before.byteLength).slice();
      this.changed.set(page, (view = new DataView(bytes.buffer)));
    }
    return view;
  }

  /** One more page, all bytes `fill`; its sector is found when it is placed. */
  append(fill: number): DataView {
    const bytes = new Uint8Array(this.#pageSize).fill(fill);
    const view = new DataView(bytes.buffer);
    this.changed.set(this.homes.length, view);
    this.homes.push(-1);
    return view;
  }

  get(index: number): number {
    const page = index >>> this.#shift;
    if (page >= this.homes.length) return Sector.FREE;
    return this.view(page).getUint32((index & (this.base.perPage - 1)) << 2, true);
  }

  set(index: number, value: number): void {
    const page = index >>> this.#shift;
    while (page >= this.homes.length) this.append(0xff);
    if (this.get(index) === value) return;
    this.edit(page).setUint32((index & (this.base.perPage - 1)) << 2, value, true);
  }
}
