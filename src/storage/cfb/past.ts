import type { Volume } from "./volume.ts";
import { Sector } from "./header.ts";
import { nobody } from "./sector-map.ts";

interface Leaving {
  /** The first version that does without. */
  readonly version: number;
  readonly sectors: readonly number[];
  readonly minis: readonly number[];
}

/** Older states that are still read: what commits left behind is not used anew while somebody's snapshot needs it. */
export class Past {
  readonly #readers = new Map<number, number>();
  #leaving: Leaving[] = [];
  /** The version that last left a sector. An older snapshot's commit may have taken it up in between. */
  readonly #sectors = new Map<number, number>();
  /** The same for mini sectors: those the mini FAT calls free and a snapshot still needs. */
  readonly minis: Map<number, number> = new Map();

  /** Whether somebody reads what is (or was) on the medium, and must not see it change. */
  get hasReaders(): boolean {
    return this.#readers.size > 0;
  }

  /** A snapshot of a version begins. */
  hold(version: number): void {
    this.#readers.set(version, (this.#readers.get(version) ?? 0) + 1);
  }

  unhold(version: number, volume: Volume): void {
    const count = (this.#readers.get(version) ?? 0) - 1;
    if (count > 0) this.#readers.set(version, count);
    else this.#readers.delete(version);
    this.settle(volume);
  }

  leave(leaving: Leaving): void {
    this.#leaving.push(leaving);
    for (const sector of leaving.sectors) this.#sectors.set(sector, leaving.version);
    for (const mini of leaving.minis) this.minis.set(mini, leaving.version);
  }

  /** Frees what nobody's snapshot needs any more. */
  settle(volume: Volume): void {
    if (this.#leaving.length === 0) return;
    const oldest = Math.min(...this.#readers.keys());
    const stay: Leaving[] = [];
    for (const leaving of this.#leaving) {
      if (oldest < leaving.version) stay.push(leaving);
      else this.#free(leaving, volume);
    }
    this.#leaving = stay;
  }

  #free(leaving: Leaving, volume: Volume): void {
    for (const sector of leaving.sectors) {
      if (this.#sectors.get(sector) !== leaving.version) continue;
      this.#sectors.delete(sector);
      if (volume.fat.get(sector) === Sector.FREE) volume.map.set(sector, nobody);
    }
    for (const mini of leaving.minis) {
      if (this.minis.get(mini) !== leaving.version) continue;
      this.minis.delete(mini);
      if (mini < volume.miniCursor) volume.miniCursor = mini;
    }
  }
}
