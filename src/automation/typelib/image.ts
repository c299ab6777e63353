import { type Guid, guidFromBytes } from "../../base/index.ts";
import { invalid } from "./errors.ts";

/** A range of a file, read at offsets; every read outside it throws TYPE_E_INVDATAREAD and says what was looked for. */
export class Image {
  readonly bytes: Uint8Array;
  readonly name: string;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, name: string) {
    this.bytes = bytes;
    this.name = name;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get length(): number {
    return this.bytes.length;
  }

  u8(at: number): number {
    return this.#view.getUint8(this.#in(at, 1));
  }

  u16(at: number): number {
    return this.#view.getUint16(this.#in(at, 2), true);
  }

  i16(at: number): number {
    return this.#view.getInt16(this.#in(at, 2), true);
  }

  u32(at: number): number {
    return this.#view.getUint32(this.#in(at, 4), true);
  }

  i32(at: number): number {
    return this.#view.getInt32(this.#in(at, 4), true);
  }

  f32(at: number): number {
    return this.#view.getFloat32(this.#in(at, 4), true);
  }

  f64(at: number): number {
    return this.#view.getFloat64(this.#in(at, 8), true);
  }

  i64(at: number): bigint {
    return this.#view.getBigInt64(this.#in(at, 8), true);
  }

  u64(at: number): bigint {
    return this.#view.getBigUint64(this.#in(at, 8), true);
  }

  guid(at: number): Guid {
    return guidFromBytes(this.bytes, this.#in(at, 16));
  }

  /** A view of `count` bytes. */
  raw(at: number, count: number): Uint8Array {
    this.#in(at, count);
    return this.bytes.subarray(at, at + count);
  }

  /** Part of this image, with a name of its own for messages. */
  part(at: number, count: number, name: string): Image {
    return new Image(this.raw(at, count), name);
  }

  #in(at: number, count: number): number {
    if (!(at >= 0 && count >= 0 && at + count <= this.bytes.length)) {
      throw invalid(`${count} bytes at ${at} lie outside the ${this.name} of ${this.bytes.length} bytes`);
    }
    return at;
  }
}
