import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** conformance/captures, seen from dist/decode/test. */
export const capturesFolder: string = fileURLToPath(
  new URL("../../../conformance/captures/", import.meta.url),
);

/** Names of all capture files, sorted. */
export function captureFiles(): string[] {
  return readdirSync(capturesFolder)
    .filter((name) => /\.(pcap|pcapng|cap)$/.test(name))
    .toSorted();
}

export function readCapture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(capturesFolder + name));
}
