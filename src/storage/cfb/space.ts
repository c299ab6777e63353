import { Sector } from "./header.ts";
import { PagesDraft } from "./pages.ts";
import { medium } from "./sector-map.ts";
import type { Volume } from "./volume.ts";

/** The FAT with its changes, and the sectors a commit takes and leaves: what the parts of a commit share. */
export class Space {
  readonly volume: Volume;
  readonly fat: PagesDraft;
  readonly taken: number[] = [];
  readonly left: number[] = [];

  constructor(volume: Volume) {
    this.volume = volume;
    this.fat = new PagesDraft(volume.fat);
  }

  take(wanted = -1): number {
    const sector = this.volume.map.take(medium, wanted);
    this.taken.push(sector);
    return sector;
  }

  leave(sector: number): void {
    this.fat.set(sector, Sector.FREE);
    this.left.push(sector);
  }

  /** Links sectors to a chain. */
  link(sectors: readonly number[]): void {
    for (let i = 0; i < sectors.length; i++) {
      this.fat.set(sectors[i] as number, sectors[i + 1] ?? Sector.END);
    }
  }

  /** New places for the pages of a chain that changed: what the file has stays as it is. */
  place(pages: PagesDraft): void {
    if (pages.changed.size === 0) return;
    for (const page of pages.changed.keys()) {
      const home = pages.homes[page] ?? -1;
      if (home >= 0 && this.volume.virgin) continue;
      pages.homes[page] = this.take((pages.homes[page - 1] ?? -2) + 1);
      if (home >= 0) this.leave(home);
    }
    this.link(pages.homes);
  }
}
