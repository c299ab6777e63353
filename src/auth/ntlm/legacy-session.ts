import { crc32 } from "node:zlib";
import { Rc4 } from "../crypto/rc4.ts";
import type { MessageRange, NtlmSession } from "./session.ts";

/**
 * Session security as before Windows 2000 ([MS-NLMP] 3.4.4.1): CRC32 and one key stream and sequence number for both
 * directions. Let in by policy alone; a CRC under a stream cipher protects against nobody who tries.
 */
export class LegacySession implements NtlmSession {
  readonly #cipher: Rc4;
  #sequence = 0;

  constructor(key: Uint8Array) {
    this.#cipher = new Rc4(key);
  }

  protect(bytes: Uint8Array, range: MessageRange, seal: boolean): void {
    const checksum = crc32(bytes.subarray(range.start, range.end));
    if (seal) this.#cipher.apply(bytes, range.sealStart, range.sealEnd);
    bytes.set(this.#signature(checksum), range.signatureAt);
  }

  unprotect(bytes: Uint8Array, range: MessageRange, seal: boolean): boolean {
    if (seal) this.#cipher.apply(bytes, range.sealStart, range.sealEnd);
    const expected = this.#signature(crc32(bytes.subarray(range.start, range.end)));
    let difference = 0;
    for (let i = 0; i < 16; i++) {
      // Bytes 4 to 7 are a random pad the sender may fill as it likes.
      if (i < 4 || i > 7) difference |= (expected[i] as number) ^ (bytes[range.signatureAt + i] as number);
    }
    return difference === 0;
  }

  /** There is nothing to start anew: one key stream serves the whole session. */
  reset(): void {}

  #signature(checksum: number): Uint8Array {
    const signature = new Uint8Array(16);
    const view = new DataView(signature.buffer);
    view.setUint32(0, 1, true);
    view.setUint32(8, checksum, true);
    view.setUint32(12, this.#sequence, true);
    this.#cipher.apply(signature, 4, 16);
    view.setUint32(4, 0, true);
    this.#sequence = (this.#sequence + 1) >>> 0;
    return signature;
  }
}
