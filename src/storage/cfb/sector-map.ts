import { ComError } from "../../base/index.ts";
import { StgStatus } from "../status.ts";

/** Owners of sectors besides scopes: nobody, and what is (or was until the last reader is gone) on the medium. */
export const nobody = 0;
export const medium = 1;

/**
 * Who uses which sector: what the FAT says, and what nobody may see yet (the sectors of changes that are not committed) or anymore (those of older
 * states that someone still reads).
 */
export class SectorMap {
  #owners: Uint32Array;
  #count: number;
  #cursor = 0;
  readonly #max: number;
  readonly #barred: number;

  /** `max` sectors at most; `barred` is never given (the range lock sector). */
  constructor(count: number, max: number, barred: number) {
    this.#owners = new Uint32Array(Math.max(64, count));
    this.#count = count;
    this.#max = max;
    this.#barred = barred;
  }

  /** Sectors up to the last one used. */
  get count(): number {
    return this.#count;
  }

  owner(sector: number): number {
    return this.#owners[sector] ?? nobody;
  }

  set(sector: number, owner: number): void {
    if (sector >= this.#count) this.#grow(sector + 1);
    this.#owners[sector] = owner;
    if (owner === nobody && sector < this.#cursor) this.#cursor = sector;
  }

  #grow(count: number): void {
    if (count > this.#max) {
      throw new ComError(
        StgStatus.DOCFILETOOLARGE,
        `the file would have more than its version's ${this.#max} sectors`,
      );
    }
    if (count > this.#owners.length) {
      const grown = new Uint32Array(Math.max(count, this.#owners.length * 2));
      grown.set(this.#owners);
      this.#owners = grown;
    }
    this.#count = count;
  }

  /** A free sector, `wanted` if that is free (so that streams lie in one piece), else the lowest. */
  take(owner: number, wanted: number): number {
    const sector = this.#isFree(wanted) ? wanted : this.#lowest();
    this.set(sector, owner);
    return sector;
  }

  #isFree(sector: number): boolean {
    return sector >= 0 && sector <= this.#count && sector !== this.#barred && this.owner(sector) === nobody;
  }

  #lowest(): number {
    let at = this.#cursor;
    const owners = this.#owners;
    while (at < this.#count && (owners[at] !== nobody || at === this.#barred)) at++;
    if (at === this.#barred) at++;
    this.#cursor = at;
    return at;
  }

  /** Everything of one owner to another. */
  hand(from: number, to: number): void {
    const owners = this.#owners;
    for (let sector = 0; sector < this.#count; sector++) if (owners[sector] === from) this.set(sector, to);
  }

  /** Calls `visit` with each sector of an owner. */
  each(owner: number, visit: (sector: number) => void): void {
    for (let sector = 0; sector < this.#count; sector++) if (this.#owners[sector] === owner) visit(sector);
  }

  /** Leaves free sectors at the end out; answers the number of sectors that remain. */
  trim(): number {
    while (this.#count > 0 && this.#owners[this.#count - 1] === nobody) this.#count--;
    if (this.#cursor > this.#count) this.#cursor = this.#count;
    return this.#count;
  }
}
