import type { Content } from "../tree/content.ts";
import { Sector, miniSize } from "./header.ts";
import { PagesDraft } from "./pages.ts";
import type { Space } from "./space.ts";
import type { Volume } from "./volume.ts";

/** What a commit changes about the mini stream: small contents get mini sectors that were free, or new ones at its end. ([MS-CFB] 2.4) */
export class MiniStreamDraft {
  readonly #volume: Volume;
  readonly #space: Space;
  readonly pages: PagesDraft;
  readonly left: number[] = [];
  readonly #leaving = new Set<number>();
  readonly #container: number[];
  #size: number;
  #cursor: number;
  /** The first of the mini stream's sectors that are new, and what is to be in those; written whole at the end. */
  readonly #freshFrom: number;
  #fresh = new Uint8Array(0);
  readonly #slots: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  readonly #places = new Map<Content, readonly number[]>();

  constructor(volume: Volume, space: Space) {
    this.#volume = volume;
    this.#space = space;
    this.pages = new PagesDraft(volume.miniFat);
    this.#container = [...volume.container];
    this.#freshFrom = this.#container.length;
    this.#size = volume.containerSize;
    this.#cursor = volume.miniCursor;
  }

  leave(minis: readonly number[]): void {
    for (const mini of minis) {
      this.pages.set(mini, Sector.FREE);
      this.#leaving.add(mini);
      this.left.push(mini);
    }
  }

  /** Links mini sectors that are (again) in use. */
  keep(minis: readonly number[]): void {
    for (let i = 0; i < minis.length; i++) this.pages.set(minis[i] as number, minis[i + 1] ?? Sector.END);
  }

  /** Finds a place for a content that is in memory. */
  add(content: Content | undefined): void {
    if (content === undefined || content.size === 0 || content.place.kind !== "memory") return;
    const minis: number[] = [];
    for (let at = 0; at < content.size; at += miniSize) minis.push(this.#take());
    for (let i = 0; i < minis.length;) {
      const first = minis[i] as number;
      let count = 1;
      while (minis[i + count] === first + count) count++;
      const end = Math.min(content.size, (i + count) * miniSize);
      this.#put(first, content.place.bytes.subarray(i * miniSize, end));
      i += count;
    }
    this.keep(minis);
    this.#places.set(content, minis);
  }

  #take(): number {
    const end = this.#size / miniSize;
    while (this.#cursor < end && !this.#isFree(this.#cursor)) this.#cursor++;
    const mini = this.#cursor++;
    if (mini >= end) this.#size = (mini + 1) * miniSize;
    return mini;
  }

  #isFree(mini: number): boolean {
    return (
      this.pages.get(mini) === Sector.FREE && !this.#leaving.has(mini) && !this.#volume.past.minis.has(mini)
    );
  }

  /** Bytes for mini sectors that follow each other: those on the medium, sector by sector of the mini stream, and new ones. */
  #put(mini: number, bytes: Uint8Array): void {
    const { sectorSize } = this.#volume;
    const border = this.#freshFrom * sectorSize;
    let at = mini * miniSize;
    for (let done = 0; done < bytes.length;) {
      if (at >= border) {
        this.#room(at - border + bytes.length - done).set(bytes.subarray(done), at - border);
        return;
      }
      const skip = at % sectorSize;
      const part = bytes.subarray(done, done + sectorSize - skip);
      const slots = new Uint8Array(Math.ceil(part.length / miniSize) * miniSize);
      slots.set(part);
      const sector = this.#container[Math.floor(at / sectorSize)] as number;
      this.#slots.push({ at: this.#volume.offset(sector) + skip, bytes: slots });
      done += part.length;
      at += part.length;
    }
  }

  /** New sectors for `size` bytes behind those of the medium; answers their bytes. */
  #room(size: number): Uint8Array {
    const { sectorSize } = this.#volume;
    const container = this.#container;
    while ((container.length - this.#freshFrom) * sectorSize < size)
      container.push(this.#space.take((container.at(-1) ?? -2) + 1));
    const wanted = (container.length - this.#freshFrom) * sectorSize;
    if (wanted > this.#fresh.length) {
      const grown = new Uint8Array(Math.max(wanted, 2 * this.#fresh.length));
      grown.set(this.#fresh);
      this.#fresh = grown;
    }
    return this.#fresh;
  }

  /** Where a content begins, as its directory entry says. */
  startOf(content: Content): number {
    if (content.size === 0) return Sector.END;
    const { place } = content;
    if (place.kind === "memory") return this.#places.get(content)?.[0] ?? Sector.END;
    return place.kind === "mini" ? place.start : (place.sectors?.[0] ?? place.start);
  }

  /** The mini stream itself, as the root's entry says. */
  get container(): { readonly start: number; readonly size: number } {
    return { start: this.#container[0] ?? Sector.END, size: this.#size };
  }

  finish(): void {
    if (this.#container.length > this.#freshFrom) this.#space.link(this.#container);
  }

  write(): void {
    const volume = this.#volume;
    for (const { at, bytes } of this.#slots) volume.store.write(at, bytes);
    const fresh = this.#container.slice(this.#freshFrom);
    fresh.forEach((sector, i) => {
      const at = i * volume.sectorSize;
      volume.store.write(volume.offset(sector), this.#fresh.subarray(at, at + volume.sectorSize));
    });
  }

  apply(): void {
    const volume = this.#volume;
    volume.container = this.#container;
    volume.containerSize = this.#size;
    volume.miniCursor = this.#cursor;
    volume.miniFat.accept(this.pages);
    for (const [content, sectors] of this.#places) {
      content.place = { kind: "mini", start: sectors[0] ?? Sector.END, sectors };
    }
  }
}
