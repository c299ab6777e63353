/** RC4 with a running key stream ([MS-NLMP] 6); OpenSSL 3 no longer has it. */
export class Rc4 {
  readonly #initial: Uint8Array = new Uint8Array(256);
  readonly #s: Uint8Array = new Uint8Array(256);
  #i = 0;
  #j = 0;

  constructor(key: Uint8Array) {
    const s = this.#initial;
    for (let i = 0; i < 256; i++) s[i] = i;
    for (let i = 0, j = 0; i < 256; i++) {
      const x = s[i] as number;
      j = (j + x + (key[i % key.length] as number)) & 255;
      s[i] = s[j] as number;
      s[j] = x;
    }
    this.#s.set(s);
  }

  /** Starts the key stream anew. */
  reset(): void {
    this.#s.set(this.#initial);
    this.#i = 0;
    this.#j = 0;
  }

  /** Encrypts (or decrypts, which is the same) `bytes[start, end)` in place. */
  apply(bytes: Uint8Array, start: number, end: number): void {
    const s = this.#s;
    let i = this.#i;
    let j = this.#j;
    let at = start;
    // Four at a time: a quarter faster than one at a time, measured.
    for (const last = end - 3; at < last; at += 4) {
      i = (i + 1) & 255;
      let x = s[i] as number;
      j = (j + x) & 255;
      let y = s[j] as number;
      s[i] = y;
      s[j] = x;
      bytes[at] = (bytes[at] as number) ^ (s[(x + y) & 255] as number);
      i = (i + 1) & 255;
      x = s[i] as number;
      j = (j + x) & 255;
      y = s[j] as number;
      s[i] = y;
      s[j] = x;
      bytes[at + 1] = (bytes[at + 1] as number) ^ (s[(x + y) & 255] as number);
      i = (i + 1) & 255;
      x = s[i] as number;
      j = (j + x) & 255;
      y = s[j] as number;
      s[i] = y;
      s[j] = x;
      bytes[at + 2] = (bytes[at + 2] as number) ^ (s[(x + y) & 255] as number);
      i = (i + 1) & 255;
      x = s[i] as number;
      j = (j + x) & 255;
      y = s[j] as number;
      s[i] = y;
      s[j] = x;
      bytes[at + 3] = (bytes[at + 3] as number) ^ (s[(x + y) & 255] as number);
    }
    for (; at < end; at++) {
      i = (i + 1) & 255;
      const x = s[i] as number;
      j = (j + x) & 255;
      const y = s[j] as number;
      s[i] = y;
      s[j] = x;
      bytes[at] = (bytes[at] as number) ^ (s[(x + y) & 255] as number);
    }
    this.#i = i;
    this.#j = j;
  }
}

/** One-time encryption of a short value under a fresh key stream (RC4K). */
export function rc4(key: Uint8Array, data: Uint8Array): Uint8Array {
  const out = data.slice();
  new Rc4(key).apply(out, 0, out.length);
  return out;
}
