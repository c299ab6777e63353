import { createCipheriv } from "node:crypto";

/** Spreads 56 key bits over 8 bytes, seven to a byte; the parity bits stay zero, nobody looks at them. */
function spread(key7: Uint8Array): Uint8Array {
  const out = new Uint8Array(8);
  for (let i = 0; i < 8; i++) {
    const high = i === 0 ? 0 : (key7[i - 1] as number) << (8 - i);
    const low = i === 7 ? 0 : (key7[i] as number) >> i;
    out[i] = (high | low) & 0xfe;
  }
  return out;
}

/**
 * DES of one 8-byte block with a 7-byte key ([MS-NLMP] 6, DES). OpenSSL 3 keeps single DES in its legacy provider, but
 * triple DES with three equal keys is the same thing.
 */
export function des(key7: Uint8Array, block: Uint8Array): Uint8Array {
  const key = spread(key7);
  const cipher = createCipheriv("des-ede3-ecb", Buffer.concat([key, key, key]), null);
  cipher.setAutoPadding(false);
  return new Uint8Array(cipher.update(block));
}

/** DESL: a 16-byte key cut into 7 + 7 + 2 bytes, each encrypting the same 8 bytes ([MS-NLMP] 6). */
export function desl(key16: Uint8Array, block: Uint8Array): Uint8Array {
  const padded = new Uint8Array(21);
  padded.set(key16);
  const out = new Uint8Array(24);
  for (let i = 0; i < 3; i++) out.set(des(padded.subarray(i * 7, i * 7 + 7), block), i * 8);
  return out;
}
