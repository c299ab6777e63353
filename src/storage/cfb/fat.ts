import { corrupt } from "../status.ts";
import { type Header, Sector, headerDifat } from "./header.ts";
import type { SectorReader } from "./pages.ts";

/**
 * The sectors of the FAT: 109 in the header, the rest in a chain of DIFAT sectors. A FAT page covers a full page of sectors, so there can be no more
 * than the file has room for. One that is not there is missed when it is looked at. ([MS-CFB] 2.5)
 */
export function readFatHomes(
  volume: SectorReader & { readonly sectorCount: number },
  header: Header,
): number[] {
  const sectors = volume.sectorCount;
  const homes: number[] = [];
  const add = (sector: number): void => {
    if (sector === Sector.FREE || homes.length >= header.fatSectors) return;
    homes.push(sector);
  };
  for (let i = 0; i < headerDifat; i++) add(header.difat[i] ?? Sector.FREE);
  for (const page of difatPages(volume, header)) {
    for (let at = 0; at < volume.sectorSize - 4; at += 4) add(page.getUint32(at, true));
  }
  if (homes.length > sectors) throw volume.beyond(`${homes.length} FAT sectors in a file of ${sectors}`);
  if (homes.length < header.fatSectors)
    throw corrupt(`${header.fatSectors} FAT sectors are announced, ${homes.length} are there`);
  return homes;
}

/** The sectors the DIFAT itself lies in. */
export function difatHomes(
  volume: SectorReader & { readonly sectorCount: number },
  header: Header,
): number[] {
  const homes: number[] = [];
  let at = header.difatStart;
  while (homes.length < header.difatSectors && at < Sector.MAXREG) {
    if (homes.length >= volume.sectorCount) throw corrupt("the DIFAT runs in a circle");
    homes.push(at);
    const page = volume.readSectors(at);
    at = new DataView(page.buffer).getUint32(volume.sectorSize - 4, true);
  }
  return homes;
}

function difatPages(volume: SectorReader & { readonly sectorCount: number }, header: Header): DataView[] {
  // More DIFAT sectors than the FAT needs are not looked at: a circle ends by count.
  const needed = Math.ceil(Math.max(0, header.fatSectors - headerDifat) / (volume.sectorSize / 4 - 1));
  const wanted = { ...header, difatSectors: Math.min(header.difatSectors, needed) };
  return difatHomes(volume, wanted).map((sector) => new DataView(volume.readSectors(sector).buffer));
}
