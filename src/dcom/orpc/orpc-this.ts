import { type ByteReader, type ByteWriter, ComError, HResult } from "../../base/index.ts";
import { type ComVersion, comVersion, lowestMinor } from "../com-version.ts";
import { type OrpcExtent, noExtents, readExtents, writeExtents } from "./extent.ts";
import { type Causality, writeCausality } from "../../com/index.ts";

/** Bytes of an ORPCTHIS without extensions, in NDR 2.0 and in NDR64. */
const orpcThisSize = 32;
const orpcThisSize64 = 40;

/** The head of every ORPC request ([MS-DCOM] 2.2.13.3). */
export interface OrpcThis extends Causality {
  readonly major: number;
  readonly minor: number;
  readonly flags: number;
  readonly extents: readonly OrpcExtent[];
}

/**
 * Writes the head of a call that is made now: the current causality or a new one.
 * `flags` is 0 on calls to objects and 1 on activation calls, as Windows has it.
 */
export function writeOrpcThis(
  writer: ByteWriter,
  version: ComVersion = comVersion,
  extents: readonly OrpcExtent[] = noExtents,
  flags = 0,
  ndr64 = false,
): void {
  writer.reserve(orpcThisSize64);
  const { view, pos } = writer;
  view.setUint32(pos, version.major | (version.minor << 16), true);
  view.setUint32(pos + 4, flags, true);
  view.setUint32(pos + 8, 0, true);
  writer.pos = pos + 12;
  writeCausality(writer);
  if (ndr64) {
    writeExtents(writer, extents, true);
  } else if (extents.length === 0) {
    view.setUint32(pos + 28, 0, true);
    writer.pos = pos + 32;
  } else {
    writeExtents(writer, extents);
  }
}

/** Where a head is read to. */
export interface OrpcHead {
  minor: number;
  cid0: number;
  cid1: number;
  cid2: number;
  cid3: number;
  extents: readonly OrpcExtent[];
}

/** Reads the head of a request. Throws RPC_E_VERSION_MISMATCH for a version we do not serve, RPC_E_INVALID_HEADER for a broken one. */
export function readOrpcThis(reader: ByteReader, ndr64 = false): OrpcThis {
  const start = reader.pos;
  const head: OrpcHead = { minor: 0, cid0: 0, cid1: 0, cid2: 0, cid3: 0, extents: noExtents };
  readOrpcHead(reader, head, ndr64);
  return { ...head, major: comVersion.major, flags: reader.view.getUint32(start + 4, reader.littleEndian) };
}

/** As {@link readOrpcThis}, into an object that is there already: every call has one. */
export function readOrpcHead(reader: ByteReader, head: OrpcHead, ndr64 = false): void {
  if (reader.remaining < (ndr64 ? orpcThisSize64 : orpcThisSize)) {
    throw new ComError(
      HResult.RPC_E_INVALID_HEADER,
      `a call of ${reader.remaining} bytes has no ORPC header`,
    );
  }
  const { view, pos, littleEndian } = reader;
  const major = view.getUint16(pos, littleEndian);
  const minor = view.getUint16(pos + 2, littleEndian);
  if (major !== comVersion.major || minor < lowestMinor || minor > comVersion.minor) {
    throw new ComError(
      HResult.RPC_E_VERSION_MISMATCH,
      `the caller speaks DCOM ${major}.${minor}, 5.1 to 5.7 are served`,
    );
  }
  head.minor = minor;
  head.cid0 = view.getInt32(pos + 12, littleEndian);
  head.cid1 = littleEndian ? view.getInt32(pos + 16, true) : swapHalves(view.getInt32(pos + 16, false));
  // The last eight bytes of a GUID are single bytes in either order.
  head.cid2 = view.getInt32(pos + 20, true);
  head.cid3 = view.getInt32(pos + 24, true);
  reader.pos = pos + 28;
  head.extents = readExtents(reader, ndr64);
}

/** Two 16-bit numbers read as one big-endian word, in the order a little-endian read gives. */
function swapHalves(word: number): number {
  return (word >>> 16) | (word << 16);
}
