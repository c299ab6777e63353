import { ByteReader, ByteWriter, type Guid } from "../../base/index.ts";
import { readUnicode, within, writeUnicode } from "./texts.ts";

export const oleStreamName = "\u0001Ole";

/** Flags of {@link OleStream}. CONVERT asks whoever opens the object next to convert it. */
export const OleFlag = { LINKED: 1, CONVERT: 4, CACHED: 0x1000 } as const;

/** A moniker as it was saved: the class and its own bytes. ([MS-OLEDS] 2.3.3.1) */
export interface SavedMoniker {
  readonly clsid: Guid;
  readonly data: Uint8Array;
}

/** Where a linked object comes from. */
export interface OleLink {
  readonly relative: SavedMoniker | undefined;
  readonly absolute: SavedMoniker | undefined;
  readonly clsid: Guid | undefined;
  readonly displayName: string;
  /** FILETIMEs: when it was updated, when that was looked at, when the source changed. */
  readonly updated: bigint;
  readonly checked: bigint;
  readonly sourceChanged: bigint;
}

/** What stands in "\1Ole": whether an object is embedded or linked, and to what. ([MS-OLEDS] 2.3.3) */
export interface OleStream {
  readonly flags: number;
  /** 1 always, 3 on request. */
  readonly updateOption: number;
  readonly moniker: SavedMoniker | undefined;
  readonly link: OleLink | undefined;
  /** What Office adds behind an embedded object's, kept as it is. */
  readonly rest: Uint8Array;
}

const version = 0x02000001;

/** Throws STG_E_DOCFILECORRUPT for a stream that is cut off. */
export function readOleStream(bytes: Uint8Array): OleStream {
  return within("\\1Ole", () => {
    const reader = new ByteReader(bytes);
    reader.skip(4);
    const flags = reader.u32();
    const updateOption = reader.u32();
    reader.skip(4);
    const moniker = readMoniker(reader);
    const link = (flags & OleFlag.LINKED) === 0 ? undefined : readLink(reader);
    return { flags, updateOption, moniker, link, rest: reader.raw(reader.remaining).slice() };
  });
}

/** The size counts itself. */
function readMoniker(reader: ByteReader): SavedMoniker | undefined {
  const size = reader.u32();
  if (size === 0) return undefined;
  const inner = new ByteReader(reader.raw(size - 4));
  return { clsid: inner.guid(), data: inner.raw(inner.remaining).slice() };
}

function writeMoniker(writer: ByteWriter, moniker: SavedMoniker | undefined): void {
  writer.u32(moniker === undefined ? 0 : 20 + moniker.data.length);
  if (moniker === undefined) return;
  writer.guid(moniker.clsid);
  writer.raw(moniker.data);
}

function readLink(reader: ByteReader): OleLink {
  const relative = readMoniker(reader);
  const absolute = readMoniker(reader);
  // -1 stands before the class, when there is one.
  const clsid = reader.u32() === 0xffffffff ? reader.guid() : undefined;
  const displayName = readUnicode(reader);
  reader.skip(4);
  return {
    relative,
    absolute,
    clsid,
    displayName,
    updated: reader.u64(),
    checked: reader.u64(),
    sourceChanged: reader.u64(),
  };
}

export function writeOleStream(stream: OleStream): Uint8Array {
  const writer = new ByteWriter(128);
  writer.u32(version);
  writer.u32(stream.flags);
  writer.u32(stream.updateOption);
  writer.u32(0);
  writeMoniker(writer, stream.moniker);
  if (stream.link !== undefined) writeLink(writer, stream.link);
  writer.raw(stream.rest);
  return writer.finish();
}

function writeLink(writer: ByteWriter, link: OleLink): void {
  writeMoniker(writer, link.relative);
  writeMoniker(writer, link.absolute);
  writer.u32(link.clsid === undefined ? 0 : 0xffffffff);
  if (link.clsid !== undefined) writer.guid(link.clsid);
  writeUnicode(writer, link.displayName);
  writer.u32(0);
  writer.u64(link.updated);
  writer.u64(link.checked);
  writer.u64(link.sourceChanged);
}

export const embedded: OleStream = {
  flags: 0,
  updateOption: 0,
  moniker: undefined,
  link: undefined,
  rest: new Uint8Array(0),
};
