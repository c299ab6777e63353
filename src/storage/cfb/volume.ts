import { ComError } from "../../base/index.ts";
import type { ByteStore } from "../bytes/byte-store.ts";
import type { StorageLimits } from "../limits.ts";
import { StgStatus, corrupt } from "../status.ts";
import type { Content } from "../tree/content.ts";
import type { Element } from "../tree/element.ts";
import { Directory } from "./directory.ts";
import { readFatHomes } from "./fat.ts";
import { type Header, Sector, headerBytes, miniShift, miniSize, readHeader } from "./header.ts";
import { mendHeader } from "./journal.ts";
import { Pages, type SectorReader } from "./pages.ts";
import { Past } from "./past.ts";
import { SectorMap, medium, nobody } from "./sector-map.ts";

/** The first offset of the sector where Windows keeps its locks; no data lies there. ([MS-CFB] 2.7) */
const rangeLockOffset = 0x7fffff00;
/** Most bytes of a version 3 file: what fits before the range lock. */
const maxBytesOfVersion3 = 0x7ffffe00;

/**
 * A compound file as it is on the medium, and which of its sectors are taken. Reading finds everything from here; {@link commit} alone moves it on to
 * the next state. The tree of the last commit is `root`.
 */
export class Volume implements SectorReader {
  store: ByteStore;
  readonly limits: StorageLimits;
  readonly sectorShift: number;
  readonly sectorSize: number;
  header: Header;
  /** The header as it stands in the file. */
  headerImage: Uint8Array;
  readonly fat: Pages;
  readonly directory: Directory;
  containerSize: number;
  root: Element;
  /** Counts commits since the volume was opened. */
  version = 0;
  /** What became of a commit that failed at the header is not known: nothing more is written. */
  broken: ComError | undefined;
  /** Made by us, and never seen by anybody: a commit need not keep what there was. */
  virgin = false;
  /** The DIFAT's own sectors, once a commit asked. */
  difat: number[] | undefined;
  /** No mini sector below this one is free. */
  miniCursor = 0;
  readonly past: Past = new Past();
  #miniFat: Pages | undefined;
  #container: number[] | undefined;
  readonly #containerStart: number;
  #disjoint = false;
  /** The header in the file is torn; `headerImage` is what it is to be. */
  #mended = false;
  #tokens = 1;
  #map: SectorMap | undefined;

  private constructor(store: ByteStore, limits: StorageLimits, image: Uint8Array, header: Header) {
    this.store = store;
    this.limits = limits;
    this.headerImage = image;
    this.header = header;
    this.sectorShift = header.shift;
    this.sectorSize = 1 << this.sectorShift;
    this.fat = new Pages(this, readFatHomes(this, header));
    this.directory = new Directory(this, this.chain(header.directoryStart));
    const { root, container, size } = this.directory.readRoot();
    this.root = root;
    // Some end it with the last byte that is used.
    this.containerSize = Math.ceil(size / miniSize) * miniSize;
    this.#containerStart = container;
  }

  /** The mini FAT, which is looked for when a small stream is: without it, large ones are still read. */
  get miniFat(): Pages {
    return (this.#miniFat ??= new Pages(this, this.chain(this.header.miniFatStart)));
  }

  /** The mini stream's sectors. */
  get container(): number[] {
    const count = Math.ceil(this.containerSize / this.sectorSize);
    return (this.#container ??= count === 0 ? [] : this.chain(this.#containerStart, count));
  }

  set container(sectors: number[]) {
    this.#container = sectors;
  }

  /** Reads a compound file's bookkeeping. Throws STG_E_FILEALREADYEXISTS for another kind of file, STG_E_DOCFILECORRUPT. */
  static open(store: ByteStore, limits: StorageLimits): Volume {
    const bytes = new Uint8Array(headerBytes);
    const count = store.read(0, bytes);
    const missing = store.missing?.();
    if (count < headerBytes && missing !== undefined) throw missing;
    const found = bytes.subarray(0, count);
    const image = missing === undefined ? mendHeader(store, found) : found;
    const volume = new Volume(store, limits, image, readHeader(image));
    volume.#mended = image !== found;
    return volume;
  }

  get major(): 3 | 4 {
    return this.header.major;
  }

  /** Sectors of the file, a last incomplete one counted. */
  get sectorCount(): number {
    return Math.max(0, Math.ceil(this.store.size / this.sectorSize) - 1);
  }

  offset(sector: number): number {
    return (sector + 1) * this.sectorSize;
  }

  readSectors(sector: number, count = 1): Uint8Array {
    const size = this.sectorSize;
    const bytes = new Uint8Array(Math.max(0, Math.min(count, this.sectorCount - sector)) * size);
    const whole = Math.floor(this.store.read(this.offset(sector), bytes) / size);
    if (whole === 0) throw this.beyond(`sector ${sector} lies beyond the end of the file`);
    return bytes.subarray(0, whole * size);
  }

  beyond(message: string): ComError {
    return this.store.missing?.() ?? corrupt(message);
  }

  /** The sectors of a chain: all of it, or its first `count`. A loop is found, as no chain is longer than the file. */
  chain(start: number, count?: number): number[] {
    const most = this.sectorCount;
    if (count !== undefined && count > most) {
      throw this.beyond(`a stream of ${count} sectors in a file of ${most}`);
    }
    const circle = Math.min(most, this.fat.homes.length * this.fat.perPage + 1);
    const sectors: number[] = [];
    let at = start;
    while (sectors.length !== count && at !== Sector.END) {
      if (at >= most) throw this.beyond(`the chain of sectors from ${start} leaves the file`);
      if (sectors.length >= circle) throw corrupt(`the chain of sectors from ${start} runs in a circle`);
      sectors.push(at);
      at = this.fat.get(at);
    }
    if (count !== undefined && sectors.length < count) {
      throw corrupt(`the chain of sectors from ${start} ends after ${sectors.length} of ${count}`);
    }
    return sectors;
  }

  #miniChain(start: number, count: number): number[] {
    const most = this.containerSize >>> miniShift;
    if (count > most) throw corrupt(`a small stream of ${count} mini sectors where there are ${most}`);
    const sectors: number[] = [];
    for (let at = start; sectors.length < count; at = this.miniFat.get(at)) {
      if (at >= most) throw corrupt(`the chain of mini sectors from ${start} leaves the mini stream`);
      sectors.push(at);
    }
    return sectors;
  }

  /** The sectors of a large content. */
  sectorsOf(content: Content): number[] {
    const { place } = content;
    if (place.kind !== "sectors") return [];
    return (place.sectors ??= this.chain(place.start, Math.ceil(content.size / this.sectorSize)));
  }

  /** The mini sectors of a small content on the medium. */
  miniSectorsOf(content: Content): readonly number[] {
    const { place } = content;
    if (place.kind !== "mini") return [];
    if (place.sectors !== undefined) return place.sectors;
    const sectors = this.#miniChain(place.start, Math.ceil(content.size / miniSize));
    content.place = { ...place, sectors };
    return sectors;
  }

  /** Fills `into` with a content's bytes from `at`; the caller has seen to it that they exist. */
  read(content: Content, at: number, into: Uint8Array): void {
    switch (content.place.kind) {
      case "memory":
        into.set(content.place.bytes.subarray(at, at + into.length));
        break;
      case "mini":
        this.#readMinis(this.miniSectorsOf(content), at, into);
        break;
      case "sectors":
        this.#readSectors(this.sectorsOf(content), at, into);
        break;
    }
  }

  /** Sectors that lie behind each other are read as one. */
  #readSectors(sectors: readonly number[], at: number, into: Uint8Array): void {
    const size = this.sectorSize;
    let done = 0;
    while (done < into.length) {
      const skip = (at + done) % size;
      let index = Math.floor((at + done) / size);
      const first = sectors[index] ?? Sector.FREE;
      let length = size - skip;
      for (let next = first + 1; done + length < into.length && sectors[index + 1] === next; next++) {
        index++;
        length += size;
      }
      length = Math.min(length, into.length - done);
      this.#readBytes(this.offset(first) + skip, into.subarray(done, done + length));
      done += length;
    }
  }

  #readMinis(minis: readonly number[], at: number, into: Uint8Array): void {
    let done = 0;
    while (done < into.length) {
      const skip = (at + done) % miniSize;
      let index = Math.floor((at + done) / miniSize);
      const start = this.#miniOffset(minis[index] ?? Sector.FREE);
      let length = miniSize - skip;
      while (
        done + length < into.length &&
        this.#miniOffset(minis[index + 1] ?? 0) === start + skip + length
      ) {
        index++;
        length += miniSize;
      }
      length = Math.min(length, into.length - done);
      this.#readBytes(start + skip, into.subarray(done, done + length));
      done += length;
    }
  }

  /** What the last sector of the file lacks is zero. */
  #readBytes(at: number, into: Uint8Array): void {
    const count = this.store.read(at, into);
    if (count === into.length) return;
    const arriving = at + count < this.store.size ? this.store.missing?.() : undefined;
    if (arriving !== undefined) throw arriving;
    if (count === 0) throw this.beyond(`the stream's bytes at ${at} lie beyond the end of the file`);
    into.fill(0, count);
  }

  #miniOffset(mini: number): number {
    const at = mini * miniSize;
    const sector = this.container[Math.floor(at / this.sectorSize)];
    if (sector === undefined) throw corrupt(`mini sector ${mini} lies beyond the mini stream`);
    return this.offset(sector) + (at % this.sectorSize);
  }

  /** Who uses which sector. Made when something is first to be written; refuses files whose chains share sectors, which writing would ruin. */
  get map(): SectorMap {
    this.#map ??= this.#mapSectors();
    return this.#map;
  }

  /** The sector that holds the range locks; none below 2 GB. */
  get rangeLockSector(): number {
    return Math.floor(rangeLockOffset / this.sectorSize) - 1;
  }

  #mapSectors(): SectorMap {
    this.#mendMedium();
    const max = this.major === 3 ? Math.floor(maxBytesOfVersion3 / this.sectorSize) - 1 : Sector.MAXREG;
    const count = Math.min(this.sectorCount, this.fat.homes.length * this.fat.perPage);
    const map = new SectorMap(count, max, this.rangeLockSector);
    for (let sector = 0; sector < count; sector++) {
      if (this.fat.get(sector) !== Sector.FREE) map.set(sector, medium);
    }
    this.checkDisjoint();
    return map;
  }

  /** Before anything is written where the record of the torn header may lie. */
  #mendMedium(): void {
    if (!this.#mended) return;
    this.store.write(0, this.headerImage);
    this.store.flush();
    this.#mended = false;
  }

  /**
   * Throws STG_E_DOCFILECORRUPT when two chains share a sector, or one has a sector that is called free: writing to one would ruin the other, and copying would make much of little. Looked at
   * once, before the file is first written to or copied from; what we write is disjoint.
   */
  checkDisjoint(): void {
    if (this.#disjoint) return;
    this.#claimAll(Math.min(this.sectorCount, this.fat.homes.length * this.fat.perPage));
    this.#disjoint = true;
  }

  #claimAll(count: number): void {
    const claimed = new Uint8Array(count);
    const claim = (sectors: readonly number[], whose: string): void => {
      for (const sector of sectors) {
        const free = this.fat.get(sector) === Sector.FREE;
        if (sector >= count || claimed[sector] === 1 || free) {
          const why = free ? "free as well" : "another's too";
          throw corrupt(`sector ${sector} of ${whose} is ${why}; the file is neither written to nor copied`);
        }
        claimed[sector] = 1;
      }
    };
    claim(this.fat.homes, "the FAT");
    claim(this.directory.pages.homes, "the directory");
    claim(this.miniFat.homes, "the mini FAT");
    claim(this.container, "the mini stream");
    const minis = new Uint8Array(this.containerSize >>> miniShift);
    this.directory.walk(this.root, (element) => {
      if (element.content === undefined) return;
      claim(this.sectorsOf(element.content), `"${element.name}"`);
      for (const mini of this.miniSectorsOf(element.content)) {
        const free = this.miniFat.get(mini) === Sector.FREE;
        if (minis[mini] === 1 || free) {
          const why = free ? "free as well" : "another's too";
          throw corrupt(`mini sector ${mini} of "${element.name}" is ${why}`);
        }
        minis[mini] = 1;
      }
    });
  }

  /** A number no scope ever had. */
  newToken(): number {
    return ++this.#tokens;
  }

  /** Gives back everything a scope took and nobody has seen. */
  dropAll(owner: number): void {
    const map = this.#map;
    map?.each(owner, (sector) => map.set(sector, nobody));
  }

  /** Cuts off what lies behind the last sector that is used. */
  trim(): void {
    if (this.#map === undefined || this.broken !== undefined) return;
    const size = this.offset(this.#map.trim());
    if (size < this.store.size) this.store.setSize(size);
  }

  /** Throws when a commit failed in a way that leaves the file's state unknown. */
  checkWhole(): void {
    if (this.broken === undefined) return;
    throw new ComError(StgStatus.WRITEFAULT, "a commit failed half-way: open the file again", {
      cause: this.broken,
    });
  }
}
