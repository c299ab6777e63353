import { asn1Error } from "./error.ts";
import { type Asn1Limits, defaultAsn1Limits } from "./limits.ts";
import { decodeOid } from "./oid.ts";
import { Tag, constructed, describeTag } from "./tag.ts";

export interface Asn1ReaderOptions {
  readonly start?: number;
  readonly end?: number;
  /** True to refuse what DER forbids: lengths and integers longer than need be, odd booleans. False reads BER. */
  readonly der?: boolean;
  readonly limits?: Asn1Limits;
}

/**
 * Reads BER and DER with definite lengths (X.690; SPNEGO and Kerberos are DER, LDAP is BER without indefinite lengths,
 * RFC 4511 5.1). A cursor over the caller's bytes: it never runs past the end of the value it stands in, and byte
 * strings it answers are views. Every method takes the tag to expect, so that implicit tags need no second set.
 */
export class Asn1Reader {
  readonly bytes: Uint8Array;
  /** Where the next value starts. */
  pos: number;
  /** Where the value that was opened last (or the input) ends. */
  end: number;
  readonly #der: boolean;
  readonly #limits: Asn1Limits;
  #depth = 0;

  constructor(bytes: Uint8Array, options: Asn1ReaderOptions = {}) {
    this.bytes = bytes;
    this.pos = options.start ?? 0;
    this.end = options.end ?? bytes.length;
    this.#der = options.der ?? false;
    this.#limits = options.limits ?? defaultAsn1Limits;
  }

  /** True when the opened value (or the input) has no more values. */
  get done(): boolean {
    return this.pos >= this.end;
  }

  /** The next identifier without reading it; -1 at the end. */
  peek(): number {
    return this.pos < this.end ? (this.bytes[this.pos] as number) : -1;
  }

  /** True when the next value has this tag: for OPTIONAL fields. */
  at(tag: number): boolean {
    return this.peek() === tag;
  }

  /**
   * Goes into a constructed value; answers what `close` needs to come out again:
   * `const outer = reader.open(Tag.sequence); …; reader.close(outer);`
   */
  open(tag: number): number {
    const length = this.#header(tag);
    if (++this.#depth > this.#limits.maxDepth) {
      throw asn1Error("CRYPT_E_ASN1_LARGE", `values nested deeper than ${this.#limits.maxDepth}`, this.pos);
    }
    const outer = this.end;
    this.end = this.pos + length;
    return outer;
  }

  /** Leaves a value that was opened; throws when it holds more than was read. */
  close(outer: number): void {
    if (this.pos !== this.end) {
      throw asn1Error("CRYPT_E_ASN1_CORRUPT", `${this.end - this.pos} bytes left over in a value`, this.pos);
    }
    this.leave(outer);
  }

  /** Leaves a value that was opened, passing over what is left in it (extensible types). */
  leave(outer: number): void {
    this.pos = this.end;
    this.end = outer;
    this.#depth--;
  }

  /** Throws unless all input was read. */
  finish(): void {
    if (this.pos !== this.end) {
      throw asn1Error("CRYPT_E_ASN1_CORRUPT", `${this.end - this.pos} bytes after the last value`, this.pos);
    }
  }

  /** Passes over the next value, whatever it is. */
  skip(): void {
    this.raw();
  }

  /** The whole encoding of the next value, identifier and length included, as a view. */
  raw(tag: number = this.peek()): Uint8Array {
    const start = this.pos;
    const length = this.#header(tag);
    this.pos += length;
    return this.bytes.subarray(start, this.pos);
  }

  /** The content of the next value as a view. */
  content(tag: number): Uint8Array {
    const length = this.#header(tag);
    this.pos += length;
    return this.bytes.subarray(this.pos - length, this.pos);
  }

  boolean(tag: number = Tag.boolean): boolean {
    const value = this.content(tag);
    const [byte] = value;
    if (value.length !== 1 || byte === undefined || (this.#der && byte !== 0 && byte !== 0xff)) {
      throw asn1Error("CRYPT_E_ASN1_CORRUPT", "not a boolean", this.pos);
    }
    return byte !== 0;
  }

  /** An INTEGER that fits a JavaScript number without loss (up to six bytes). */
  integer(tag: number = Tag.integer): number {
    const value = this.#integerContent(tag);
    if (value.length > 6) throw asn1Error("CRYPT_E_ASN1_LARGE", "an integer is too large here", this.pos);
    let result = ((value[0] as number) << 24) >> 24;
    for (let i = 1; i < value.length; i++) result = result * 256 + (value[i] as number);
    return result;
  }

  enumerated(tag: number = Tag.enumerated): number {
    return this.integer(tag);
  }

  /** An INTEGER of any size up to the limit. */
  bigInteger(tag: number = Tag.integer): bigint {
    const value = this.#integerContent(tag);
    if (value.length > this.#limits.maxIntegerBytes) {
      throw asn1Error(
        "CRYPT_E_ASN1_LARGE",
        `an integer longer than ${this.#limits.maxIntegerBytes} bytes`,
        this.pos,
      );
    }
    const magnitude = BigInt(`0x${Buffer.from(value).toString("hex")}`);
    return BigInt.asIntN(value.length * 8, magnitude);
  }

  null(tag: number = Tag.null): void {
    if (this.content(tag).length !== 0) {
      throw asn1Error("CRYPT_E_ASN1_CORRUPT", "a null with content", this.pos);
    }
  }

  /** An OCTET STRING as a view; the constructed form of BER is refused. */
  octetString(tag: number = Tag.octetString): Uint8Array {
    return this.content(tag);
  }

  /** A BIT STRING: its bytes as a view, first bit highest, and how many bits of the last byte are not used. */
  bitString(tag: number = Tag.bitString): { readonly bytes: Uint8Array; readonly unusedBits: number } {
    const value = this.content(tag);
    const [unusedBits] = value;
    if (unusedBits === undefined || unusedBits > 7 || (value.length === 1 && unusedBits !== 0)) {
      throw asn1Error("CRYPT_E_ASN1_CORRUPT", "not a bit string", this.pos);
    }
    return { bytes: value.subarray(1), unusedBits };
  }

  /** An OBJECT IDENTIFIER in dotted form. */
  oid(tag: number = Tag.oid): string {
    const length = this.#header(tag);
    if (length > this.#limits.maxOidBytes) {
      throw asn1Error(
        "CRYPT_E_ASN1_LARGE",
        `an object identifier longer than ${this.#limits.maxOidBytes} bytes`,
        this.pos,
      );
    }
    this.pos += length;
    return decodeOid(this.bytes, this.pos - length, this.pos);
  }

  /** A GeneralString; Kerberos puts UTF-8 there in practice. */
  generalString(tag: number = Tag.generalString): string {
    return text(this.content(tag));
  }

  utf8String(tag: number = Tag.utf8String): string {
    return text(this.content(tag));
  }

  /** A GeneralizedTime as its characters: "19700101000000Z". */
  generalizedTime(tag: number = Tag.generalizedTime): string {
    return text(this.content(tag));
  }

  #integerContent(tag: number): Uint8Array {
    const value = this.content(tag);
    const [first, second] = value;
    if (first === undefined) throw asn1Error("CRYPT_E_ASN1_CORRUPT", "an integer without bytes", this.pos);
    const padded =
      second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80));
    if (padded && this.#der) {
      throw asn1Error("CRYPT_E_ASN1_CORRUPT", "an integer longer than need be", this.pos);
    }
    return value;
  }

  /** Reads identifier and length; leaves `pos` at the content and answers its length. */
  #header(tag: number): number {
    const start = this.pos;
    const found = this.peek();
    if (found === -1) {
      throw asn1Error("CRYPT_E_ASN1_EOD", `${tag === -1 ? "a value" : describeTag(tag)} is missing`, start);
    }
    if (found !== tag) {
      throw asn1Error(
        "CRYPT_E_ASN1_BADTAG",
        `${describeTag(tag)} wanted, ${describeTag(found)} found`,
        start,
      );
    }
    if ((found & 0x1f) === 0x1f) {
      throw asn1Error("CRYPT_E_ASN1_BADTAG", "tag numbers above 30 are not supported", start);
    }
    this.pos++;
    const length = this.#length();
    if (length > this.end - this.pos) {
      throw asn1Error(
        "CRYPT_E_ASN1_EOD",
        `${describeTag(tag)} of ${length} bytes, ${this.end - this.pos} are left`,
        start,
      );
    }
    return length;
  }

  #length(): number {
    const start = this.pos;
    const first = this.#byte();
    if (first < 0x80) return first;
    if (first === 0x80) throw asn1Error("CRYPT_E_ASN1_CORRUPT", "an indefinite length", start);
    const count = first & 0x7f;
    if (count > 6) throw asn1Error("CRYPT_E_ASN1_LARGE", `a length of ${count} bytes`, start);
    let length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + this.#byte();
    if (this.#der && (length < 0x80 || length < 256 ** (count - 1))) {
      throw asn1Error("CRYPT_E_ASN1_CORRUPT", "a length longer than need be", start);
    }
    return length;
  }

  #byte(): number {
    if (this.pos >= this.end) throw asn1Error("CRYPT_E_ASN1_EOD", "the input ends within a length", this.pos);
    return this.bytes[this.pos++] as number;
  }
}

const decoder = new TextDecoder("utf-8");

function text(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** True for the identifier of a constructed value. */
export function isConstructed(tag: number): boolean {
  return (tag & constructed) !== 0;
}
