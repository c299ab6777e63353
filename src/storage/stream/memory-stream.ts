import { IStream } from "../../com/gen/objidl.ts";
import { MemoryStream, pointerTo } from "../../com/index.ts";

/**
 * A stream in memory, with a copy of `bytes` in it and standing at its beginning; the caller owns it (CreateStreamOnHGlobal, SHCreateMemStream). It
 * grows up to `limit` bytes.
 */
export function createMemoryStream(bytes: Uint8Array = new Uint8Array(0), limit = 0x7fff_ffff): IStream {
  return pointerTo(new MemoryStream(bytes, limit), IStream);
}
