import { Sector } from "./header.ts";

/** Reads whole sectors. */
export interface SectorReader {
  readonly sectorSize: number;
  readSector(sector: number): Uint8Array;
}

/** A part of a file's own bookkeeping (FAT, mini FAT, directory): sectors, each read when first wanted. As the medium has it; changes are made in a {@link PagesDraft}. */
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
    let view = this.#views[page];
    if (view === undefined) {
      const bytes = this.#reader.readSector(this.homes[page] ?? Sector.FREE);
      this.#views[page] = view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
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
