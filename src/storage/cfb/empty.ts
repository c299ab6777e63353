import { GUID_NULL } from "../../base/index.ts";
import { EntryType, entryBytes, freeEntry, noEntry, writeEntry } from "./entry.ts";
import { Sector, emptyHeader, sectorShift, writeHeader } from "./header.ts";

/** A compound file with nothing in it: header, one FAT sector, one directory sector with the root. */
export function emptyVolume(major: 3 | 4, modified: bigint): Uint8Array {
  const size = 1 << sectorShift(major);
  const bytes = new Uint8Array(3 * size);
  const header = emptyHeader(major);
  header.fatSectors = 1;
  header.difat[0] = 0;
  header.directoryStart = 1;
  header.directorySectors = 1;
  bytes.set(writeHeader(header));
  bytes.fill(0xff, size, 2 * size);
  const fat = new DataView(bytes.buffer, size, size);
  fat.setUint32(0, Sector.FAT, true);
  fat.setUint32(4, Sector.END, true);
  const root = writeEntry({
    name: "Root Entry",
    type: EntryType.ROOT,
    color: 1,
    left: noEntry,
    right: noEntry,
    child: noEntry,
    clsid: GUID_NULL,
    stateBits: 0,
    created: 0n,
    modified,
    start: Sector.END,
    size: 0,
  });
  bytes.set(root, 2 * size);
  for (let at = 2 * size + entryBytes; at < 3 * size; at += entryBytes) bytes.set(freeEntry(), at);
  return bytes;
}
