import { ComError } from "../../base/index.ts";
import type { Awaitable } from "../../ndr/index.ts";
import { StgStatus } from "../status.ts";

/** Bytes that travel at once. */
const piece = 256 * 1024;

/** What gives bytes, as ISequentialStream::Read does. */
export interface Reading {
  Read(cb: number): Awaitable<{ pv: Uint8Array; pcbRead: number }>;
}

/** What takes bytes, as ISequentialStream::Write does. */
export interface Writing {
  Write(pv: Uint8Array, cb: number): Awaitable<number>;
}

/** Copies at most `cb` bytes, piece by piece. Throws STG_E_MEDIUMFULL when the target takes less than it is given. */
export async function copyStream(
  from: Reading,
  to: Writing,
  cb: bigint,
): Promise<{ pcbRead: bigint; pcbWritten: bigint }> {
  let done = 0n;
  while (done < cb) {
    const wanted = cb - done > BigInt(piece) ? piece : Number(cb - done);
    const { pv, pcbRead } = await from.Read(wanted);
    if (pcbRead === 0) break;
    const written = await to.Write(pv.length === pcbRead ? pv : pv.subarray(0, pcbRead), pcbRead);
    if (written !== pcbRead)
      throw new ComError(StgStatus.MEDIUMFULL, `${written} of ${pcbRead} bytes were taken`);
    done += BigInt(pcbRead);
  }
  return { pcbRead: done, pcbWritten: done };
}

/** The largest count: everything there is. */
export const everything: bigint = 0xffff_ffff_ffff_ffffn;

/** All bytes of a stream from where it stands; throws STG_E_MEDIUMFULL beyond `limit`. */
export async function readAll(stream: Reading, limit = 0x7fff_ffff): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { pv, pcbRead } = await stream.Read(piece);
    if (pcbRead === 0) break;
    size += pcbRead;
    if (size > limit) throw new ComError(StgStatus.MEDIUMFULL, `more than ${limit} bytes`);
    pieces.push(pcbRead === pv.length ? pv : pv.subarray(0, pcbRead));
  }
  return pieces.length === 1 ? (pieces[0] as Uint8Array) : new Uint8Array(Buffer.concat(pieces));
}

/** Writes all bytes; throws STG_E_MEDIUMFULL when the stream takes less. */
export async function writeAll(stream: Writing, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; at += piece) {
    const part = bytes.subarray(at, at + piece);
    if ((await stream.Write(part, part.length)) !== part.length) {
      throw new ComError(StgStatus.MEDIUMFULL, `only part of ${bytes.length} bytes was taken`);
    }
  }
}

/** Exactly `count` bytes; throws STG_E_READFAULT when there are fewer. */
export async function readExactly(stream: Reading, count: number): Promise<Uint8Array> {
  const { pv, pcbRead } = await stream.Read(count);
  if (pcbRead === count) return pv;
  const rest: Uint8Array[] = [pv.subarray(0, pcbRead)];
  for (let got = pcbRead; got < count;) {
    const more = await stream.Read(count - got);
    if (more.pcbRead === 0)
      throw new ComError(StgStatus.READFAULT, `the stream ends after ${got} of ${count} bytes`);
    rest.push(more.pv.subarray(0, more.pcbRead));
    got += more.pcbRead;
  }
  return new Uint8Array(Buffer.concat(rest));
}
