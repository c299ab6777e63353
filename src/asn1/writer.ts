import { ByteWriter, ComError, HResult } from "../base/index.ts";
import { encodeOid } from "./oid.ts";
import { Tag } from "./tag.ts";

/** Writes DER (X.690 10). Constructed values are opened and closed; the length is put in on closing. */
export class Asn1Writer {
  readonly #out: ByteWriter;

  /** Appends to `out` when given one. */
  constructor(out: ByteWriter = new ByteWriter()) {
    this.#out = out;
  }

  /** Starts a constructed value; answers what `close` needs. */
  open(tag: number): number {
    this.#out.u8(tag);
    this.#out.u8(0);
    return this.#out.pos;
  }

  /** Ends the value begun at `start`, moving its content when the length does not fit one byte. */
  close(start: number): void {
    const out = this.#out;
    const length = out.pos - start;
    if (length < 0x80) {
      out.bytes[start - 1] = length;
      return;
    }
    const extra = lengthBytes(length);
    out.zeros(extra);
    out.bytes.copyWithin(start + extra, start, start + length);
    out.bytes[start - 1] = 0x80 | extra;
    for (let i = extra, rest = length; i > 0; i--, rest = Math.floor(rest / 256)) {
      out.bytes[start + i - 1] = rest & 0xff;
    }
  }

  /** A constructed value whose content `write` puts in. */
  within(tag: number, write: () => void): this {
    const start = this.open(tag);
    write();
    this.close(start);
    return this;
  }

  /** A value with this content. */
  content(tag: number, bytes: Uint8Array): this {
    this.#out.u8(tag);
    this.#length(bytes.length);
    this.#out.raw(bytes);
    return this;
  }

  /** An encoding made elsewhere. */
  raw(encoded: Uint8Array): this {
    this.#out.raw(encoded);
    return this;
  }

  boolean(value: boolean, tag: number = Tag.boolean): this {
    return this.content(tag, Uint8Array.of(value ? 0xff : 0));
  }

  /** An INTEGER; a number must be a safe integer. */
  integer(value: number | bigint, tag: number = Tag.integer): this {
    if (typeof value === "number" && !Number.isSafeInteger(value)) {
      throw new ComError(
        HResult.E_INVALIDARG,
        `not a whole number that can be written without loss: ${value}`,
      );
    }
    return this.content(tag, integerBytes(BigInt(value)));
  }

  enumerated(value: number, tag: number = Tag.enumerated): this {
    return this.integer(value, tag);
  }

  null(tag: number = Tag.null): this {
    return this.content(tag, new Uint8Array(0));
  }

  octetString(value: Uint8Array, tag: number = Tag.octetString): this {
    return this.content(tag, value);
  }

  bitString(value: Uint8Array, unusedBits = 0, tag: number = Tag.bitString): this {
    const content = new Uint8Array(value.length + 1);
    content[0] = unusedBits;
    content.set(value, 1);
    return this.content(tag, content);
  }

  oid(value: string, tag: number = Tag.oid): this {
    return this.content(tag, encodeOid(value));
  }

  generalString(value: string, tag: number = Tag.generalString): this {
    return this.content(tag, encoder.encode(value));
  }

  utf8String(value: string, tag: number = Tag.utf8String): this {
    return this.content(tag, encoder.encode(value));
  }

  /** The characters of a GeneralizedTime: "19700101000000Z". */
  generalizedTime(value: string, tag: number = Tag.generalizedTime): this {
    return this.content(tag, encoder.encode(value));
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#out.finish();
  }

  #length(length: number): void {
    if (length < 0x80) {
      this.#out.u8(length);
      return;
    }
    const count = lengthBytes(length);
    this.#out.u8(0x80 | count);
    for (let i = count - 1; i >= 0; i--) this.#out.u8(Math.floor(length / 256 ** i) & 0xff);
  }
}

const encoder = new TextEncoder();

function lengthBytes(length: number): number {
  let count = 1;
  for (let rest = Math.floor(length / 256); rest > 0; rest = Math.floor(rest / 256)) count++;
  return count;
}

/** Two's complement, highest byte first, as few bytes as will do (X.690 8.3). */
function integerBytes(value: bigint): Uint8Array {
  let size = 1;
  while (BigInt.asIntN(size * 8, value) !== value) size++;
  const digits = BigInt.asUintN(size * 8, value)
    .toString(16)
    .padStart(size * 2, "0");
  return new Uint8Array(Buffer.from(digits, "hex"));
}
