import { GUID_NULL, type Guid, decodeUtf16, guidFromBytes, guidToBytes } from "../../base/index.ts";
import { maxNameUnits } from "./names.ts";

/** No entry: the end of a branch. ([MS-CFB] 2.6.1) */
export const noEntry = 0xffffffff;
export const entryBytes = 128;

/** Types of objects in the directory. */
export const EntryType = { FREE: 0, STORAGE: 1, STREAM: 2, ROOT: 5 } as const;

/** A directory entry. ([MS-CFB] 2.6.1) */
export interface Entry {
  name: string;
  type: number;
  /** 0 red, 1 black. */
  color: number;
  left: number;
  right: number;
  child: number;
  clsid: Guid;
  stateBits: number;
  /** FILETIMEs. */
  created: bigint;
  modified: bigint;
  start: number;
  size: number;
}

/** Most entries have no class: that needs no text to be made. */
function isZero(view: DataView, at: number): boolean {
  for (let i = 0; i < 16; i += 4) if (view.getUint32(at + i) !== 0) return false;
  return true;
}

/** `wide` is false for version 3, where only the low half of the size counts. */
export function readEntry(view: DataView, at: number, wide: boolean): Entry {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at, entryBytes);
  const nameBytes = view.getUint16(at + 0x40, true);
  const units = Math.min(maxNameUnits, Math.max(0, (nameBytes >> 1) - 1));
  const high = wide ? view.getUint32(at + 0x7c, true) : 0;
  return {
    name: decodeUtf16(bytes, 0, units),
    type: view.getUint8(at + 0x42),
    color: view.getUint8(at + 0x43),
    left: view.getUint32(at + 0x44, true),
    right: view.getUint32(at + 0x48, true),
    child: view.getUint32(at + 0x4c, true),
    clsid: isZero(view, at + 0x50) ? GUID_NULL : guidFromBytes(bytes, 0x50),
    stateBits: view.getUint32(at + 0x60, true),
    created: view.getBigUint64(at + 0x64, true),
    modified: view.getBigUint64(at + 0x6c, true),
    start: view.getUint32(at + 0x74, true),
    size: high * 0x1_0000_0000 + view.getUint32(at + 0x78, true),
  };
}

export function writeEntry(entry: Entry): Uint8Array {
  const bytes = new Uint8Array(entryBytes);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < entry.name.length; i++) view.setUint16(2 * i, entry.name.charCodeAt(i), true);
  view.setUint16(0x40, 2 * (entry.name.length + 1), true);
  view.setUint8(0x42, entry.type);
  view.setUint8(0x43, entry.color);
  view.setUint32(0x44, entry.left, true);
  view.setUint32(0x48, entry.right, true);
  view.setUint32(0x4c, entry.child, true);
  guidToBytes(entry.clsid, bytes, 0x50);
  view.setUint32(0x60, entry.stateBits, true);
  view.setBigUint64(0x64, entry.created, true);
  view.setBigUint64(0x6c, entry.modified, true);
  view.setUint32(0x74, entry.start, true);
  view.setUint32(0x78, entry.size % 0x1_0000_0000, true);
  view.setUint32(0x7c, Math.floor(entry.size / 0x1_0000_0000), true);
  return bytes;
}

/** An entry nobody uses. ([MS-CFB] 2.6.3) */
export function freeEntry(): Uint8Array {
  const bytes = new Uint8Array(entryBytes);
  bytes.fill(0xff, 0x44, 0x50);
  return bytes;
}
