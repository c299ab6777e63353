import { ComError } from "../../base/index.ts";
import { miniCutoff } from "../cfb/header.ts";
import { nobody } from "../cfb/sector-map.ts";
import type { Volume } from "../cfb/volume.ts";
import { medium } from "../cfb/sector-map.ts";
import { StgStatus } from "../status.ts";
import type { Content } from "./content.ts";
import type { OpenElement } from "./open-element.ts";

/** Zeros to write from. */
const zeros = new Uint8Array(64 * 1024);

/**
 * The bytes of an open stream. Below 4096 bytes they are in memory once changed; above, sectors nobody else sees are taken and written at once, so
 * that a large stream needs no memory.
 */
export class StreamData {
  readonly #open: OpenElement;

  constructor(open: OpenElement) {
    this.#open = open;
  }

  get #volume(): Volume {
    return this.#open.scope.volume;
  }

  get size(): number {
    return this.#open.element.content?.size ?? 0;
  }

  /** Reads into `into`; answers how many bytes there were. */
  read(at: number, into: Uint8Array): number {
    this.#open.check();
    const content = this.#open.element.content;
    const count = Math.min(into.length, Math.max(0, this.size - at));
    if (content !== undefined && count > 0) this.#volume.read(content, at, into.subarray(0, count));
    return count;
  }

  write(at: number, bytes: Uint8Array): void {
    this.#open.check();
    if (bytes.length === 0) return;
    const size = Math.max(this.size, at + bytes.length);
    this.#checkSize(size);
    const content = this.#edit();
    if (size < miniCutoff) {
      this.#inMemory(content, size).set(bytes, at);
      content.size = size;
      return;
    }
    this.#inSectors(content);
    if (at > content.size) this.#zero(content, at);
    this.#put(content, at, bytes);
    content.size = size;
  }

  setSize(size: number): void {
    this.#open.check();
    if (size === this.size) return;
    this.#checkSize(size);
    const content = this.#edit();
    if (size < miniCutoff) {
      this.#inMemory(content, size);
      content.size = size;
      return;
    }
    this.#inSectors(content);
    if (size > content.size) this.#zero(content, size);
    else this.#cut(content, size);
  }

  #checkSize(size: number): void {
    const { volume } = this.#open.scope;
    const most = volume.major === 3 ? 0x7fff_ffff : volume.limits.maxStreamBytes;
    if (size > Math.min(most, volume.limits.maxStreamBytes)) {
      throw new ComError(StgStatus.MEDIUMFULL, `a stream may have ${most} bytes here, not ${size}`);
    }
  }

  /** The content, to be changed: this scope's own. */
  #edit(): Content {
    const { token } = this.#open.scope;
    this.#volume.checkWhole();
    const element = this.#open.edit();
    const before = element.content;
    if (before?.token === token) return before;
    const place = before?.place ?? { kind: "memory", bytes: new Uint8Array(0) };
    const made: Content = { token, size: before?.size ?? 0, place };
    if (place.kind === "memory") made.place = { kind: "memory", bytes: place.bytes.slice() };
    if (place.kind === "sectors") made.place = { ...place, sectors: [...this.#volume.sectorsOf(made)] };
    element.content = made;
    return made;
  }

  /** Brings a content into memory, with room for `size` bytes; answers them. What is beyond its size is zero. */
  #inMemory(content: Content, size: number): Uint8Array {
    const keep = Math.min(content.size, size);
    let { place } = content;
    if (place.kind !== "memory") {
      const bytes = new Uint8Array(size);
      this.#volume.read(content, 0, bytes.subarray(0, keep));
      if (place.kind === "sectors") this.#release(content, 0);
      content.place = place = { kind: "memory", bytes };
    } else if (place.bytes.length < size) {
      const bytes = new Uint8Array(Math.min(miniCutoff, Math.max(size, place.bytes.length * 2, 64)));
      bytes.set(place.bytes.subarray(0, keep));
      place.bytes = bytes;
    } else {
      place.bytes.fill(0, size, Math.max(size, content.size));
    }
    return place.bytes;
  }

  #inSectors(content: Content): number[] {
    if (content.place.kind === "sectors") return this.#volume.sectorsOf(content);
    const bytes = new Uint8Array(content.size);
    this.#volume.read(content, 0, bytes);
    const sectors: number[] = [];
    const before = content.place;
    content.place = { kind: "sectors", start: -1, sectors };
    try {
      if (bytes.length > 0) this.#put(content, 0, bytes);
    } catch (error) {
      content.place = before;
      throw error;
    }
    return sectors;
  }

  /** Whether nobody but this scope sees what stands in a sector. */
  #isOurs(sector: number): boolean {
    const { scope } = this.#open;
    const owner = this.#volume.map.owner(sector);
    return owner === scope.token || (scope.overwrites && owner === medium);
  }

  /** Writes to sectors: over ours, else to new ones, which get the rest of what they replace. Neighbours go out together. */
  #put(content: Content, at: number, bytes: Uint8Array): void {
    const volume = this.#volume;
    const { sectorSize } = volume;
    const sectors = volume.sectorsOf(content);
    let runAt = -1;
    let runFrom = 0;
    let done = 0;
    const flush = (): void => {
      if (runAt >= 0) volume.store.write(runAt, bytes.subarray(runFrom, done));
      runAt = -1;
    };
    while (done < bytes.length) {
      const index = Math.floor((at + done) / sectorSize);
      const skip = (at + done) % sectorSize;
      const length = Math.min(sectorSize - skip, bytes.length - done);
      const before = sectors[index];
      if (before === undefined || !this.#isOurs(before)) {
        const sector = volume.map.take(this.#open.scope.token, (sectors[index - 1] ?? -2) + 1);
        sectors[index] = sector;
        if (length < sectorSize) {
          flush();
          const whole = new Uint8Array(sectorSize);
          if (before !== undefined) volume.store.read(volume.offset(before), whole);
          whole.set(bytes.subarray(done, done + length), skip);
          volume.store.write(volume.offset(sector), whole);
          done += length;
          continue;
        }
      }
      const target = volume.offset(sectors[index] as number) + skip;
      if (runAt < 0 || target !== runAt + (done - runFrom)) {
        flush();
        runAt = target;
        runFrom = done;
      }
      done += length;
    }
    flush();
  }

  /** Zeros from the content's end to `size`. Sectors beyond the end of the file are zero already. */
  #zero(content: Content, size: number): void {
    const volume = this.#volume;
    const { sectorSize } = volume;
    const sectors = volume.sectorsOf(content);
    let at = content.size;
    while (at < size) {
      const room = sectors.length * sectorSize - at;
      if (room > 0) {
        const length = Math.min(room, size - at, zeros.length);
        this.#put(content, at, zeros.subarray(0, length));
        at += length;
      } else {
        this.#appendZeroSector(sectors);
        at = Math.min(size, sectors.length * sectorSize);
      }
    }
    const last = sectors.at(-1);
    const end = last === undefined ? 0 : volume.offset(last + 1);
    if (volume.store.size < end) volume.store.setSize(end);
    content.size = size;
  }

  #appendZeroSector(sectors: number[]): void {
    const volume = this.#volume;
    const sector = volume.map.take(this.#open.scope.token, (sectors.at(-1) ?? -2) + 1);
    sectors.push(sector);
    const at = volume.offset(sector);
    if (at < volume.store.size) volume.store.write(at, zeros.subarray(0, volume.sectorSize));
  }

  #cut(content: Content, size: number): void {
    this.#release(content, Math.ceil(size / this.#volume.sectorSize));
    content.size = size;
  }

  /** Gives back the sectors from `index` on that are this scope's alone. */
  #release(content: Content, index: number): void {
    const { map } = this.#volume;
    const sectors = this.#volume.sectorsOf(content);
    for (const sector of sectors.splice(index)) {
      if (map.owner(sector) === this.#open.scope.token) map.set(sector, nobody);
    }
  }
}
