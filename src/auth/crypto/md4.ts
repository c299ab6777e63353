/** MD4 (RFC 1320), needed for the NT hash alone; OpenSSL 3 no longer has it. */

const rotations = [3, 7, 11, 19, 3, 5, 9, 13, 3, 9, 11, 15] as const;
const round3Order = [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15] as const;

function rotateLeft(x: number, n: number): number {
  return (x << n) | (x >>> (32 - n));
}

/** Message, one bit, zeros, and the length in bits as 64 bits: a multiple of 64 bytes. */
function padded(message: Uint8Array): DataView {
  const size = (((message.length + 8) >>> 6) + 1) << 6;
  const bytes = new Uint8Array(size);
  bytes.set(message);
  bytes[message.length] = 0x80;
  const view = new DataView(bytes.buffer);
  view.setUint32(size - 8, (message.length << 3) >>> 0, true);
  view.setUint32(size - 4, Math.floor(message.length / 0x20000000), true);
  return view;
}

function step(round: number, i: number, b: number, c: number, d: number, x: DataView, block: number): number {
  const word = (n: number): number => x.getUint32(block + n * 4, true);
  if (round === 0) return ((b & c) | (~b & d)) + word(i);
  if (round === 1) return ((b & c) | (b & d) | (c & d)) + word(((i & 3) << 2) | (i >> 2)) + 0x5a827999;
  return (b ^ c ^ d) + word(round3Order[i] as number) + 0x6ed9eba1;
}

function compress(state: Int32Array, x: DataView, block: number): void {
  let [a, b, c, d] = state as unknown as [number, number, number, number];
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 16; i++) {
      const sum = (a + step(round, i, b, c, d, x, block)) | 0;
      a = d;
      d = c;
      c = b;
      b = rotateLeft(sum, rotations[round * 4 + (i & 3)] as number);
    }
  }
  state[0] = (state[0] as number) + a;
  state[1] = (state[1] as number) + b;
  state[2] = (state[2] as number) + c;
  state[3] = (state[3] as number) + d;
}

/** The 16-byte MD4 digest of a message. */
export function md4(message: Uint8Array): Uint8Array {
  const state = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);
  const view = padded(message);
  for (let block = 0; block < view.byteLength; block += 64) compress(state, view, block);
  const digest = new Uint8Array(16);
  const out = new DataView(digest.buffer);
  for (let i = 0; i < 4; i++) out.setInt32(i * 4, state[i] as number, true);
  return digest;
}
