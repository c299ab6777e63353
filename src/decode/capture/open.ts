import { gunzipSync } from "node:zlib";
import { ComError, HResult } from "../../base/index.ts";
import type { DecodeLimits } from "../limits.ts";
import type { Notes } from "../notes.ts";
import type { Packet } from "./packet.ts";
import { isPcap, readPcap } from "./pcap.ts";
import { isPcapng, readPcapng } from "./pcapng.ts";

/** True when the bytes begin like a capture file we read: pcap, pcapng, or either of them in gzip. */
export function isCapture(bytes: Uint8Array): boolean {
  return isPcap(bytes) || isPcapng(bytes) || isGzip(bytes);
}

/**
 * The packets of a capture file, in the order of the file.
 * @throws ComError E_INVALIDARG when it is neither pcap nor pcapng, E_OUTOFMEMORY when it unpacks to more than the limit.
 */
export function openCapture(bytes: Uint8Array, limits: DecodeLimits, notes: Notes): Generator<Packet> {
  const plain = isGzip(bytes) ? gunzip(bytes, limits) : bytes;
  if (isPcap(plain)) return readPcap(plain, limits, notes);
  if (isPcapng(plain)) return readPcapng(plain, limits, notes);
  throw new ComError(HResult.E_INVALIDARG, "not a capture file (pcap or pcapng)");
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes.length > 18 && bytes[0] === 0x1f && bytes[1] === 0x8b;
}

function gunzip(bytes: Uint8Array, limits: DecodeLimits): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: limits.maxCaptureBytes });
  } catch (error) {
    const tooLarge = error instanceof RangeError;
    throw new ComError(
      tooLarge ? HResult.E_OUTOFMEMORY : HResult.E_INVALIDARG,
      tooLarge ? `the capture unpacks to more than ${limits.maxCaptureBytes} bytes` : "damaged gzip file",
      { cause: error },
    );
  }
}
