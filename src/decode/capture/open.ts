import { constants, gunzipSync } from "node:zlib";
import { ComError, HResult } from "../../base/index.ts";
import type { DecodeLimits } from "../limits.ts";
import type { Notes } from "../notes.ts";
import type { Packet } from "./packet.ts";
import { isPcap, readPcap } from "./pcap.ts";
import { isPcapng, readPcapng } from "./pcapng.ts";
import { type CaptureInput, sourceOf } from "./source.ts";

/** True when the bytes begin like a capture file we read: pcap, pcapng, or either of them in gzip. */
export function isCapture(bytes: Uint8Array): boolean {
  return isPcap(bytes) || isPcapng(bytes) || isGzip(bytes);
}

/** Bytes that tell a capture file from others. */
const MAGIC_BYTES = 28;

/** True when a file that begins so can be read piece by piece: pcap and pcapng, but not in gzip. */
export function isPlainCapture(beginning: Uint8Array): boolean {
  return isPcap(beginning) || isPcapng(beginning);
}

/**
 * The packets of a capture file, in the order of the file.
 * @throws ComError E_INVALIDARG when it is neither pcap nor pcapng, E_OUTOFMEMORY when it unpacks to more than the limit.
 */
export function openCapture(input: CaptureInput, limits: DecodeLimits, notes: Notes): Generator<Packet> {
  const zipped = input instanceof Uint8Array && isGzip(input);
  const source = sourceOf(zipped ? gunzip(input, limits, notes) : input);
  const beginning = source.peek(MAGIC_BYTES);
  if (isPcap(beginning)) return readPcap(source, limits, notes);
  if (isPcapng(beginning)) return readPcapng(source, limits, notes);
  throw new ComError(HResult.E_INVALIDARG, "not a capture file (pcap or pcapng)");
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes.length > 18 && bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** A file cut short gives what is there: a recorder that was killed leaves such files. */
function gunzip(bytes: Uint8Array, limits: DecodeLimits, notes: Notes): Uint8Array {
  const maxOutputLength = limits.maxCaptureBytes;
  try {
    return gunzipSync(bytes, { maxOutputLength });
  } catch (error) {
    const tooLarge = error instanceof RangeError;
    const partial = tooLarge ? undefined : gunzipBeginning(bytes, maxOutputLength);
    if (partial !== undefined) {
      notes.add(0, "the gzip file is cut short or damaged at its end");
      return partial;
    }
    throw new ComError(
      tooLarge ? HResult.E_OUTOFMEMORY : HResult.E_INVALIDARG,
      tooLarge ? `the capture unpacks to more than ${limits.maxCaptureBytes} bytes` : "damaged gzip file",
      { cause: error },
    );
  }
}

function gunzipBeginning(bytes: Uint8Array, maxOutputLength: number): Uint8Array | undefined {
  try {
    const found = gunzipSync(bytes, { maxOutputLength, finishFlush: constants.Z_SYNC_FLUSH });
    return found.length === 0 ? undefined : found;
  } catch {
    return undefined;
  }
}
