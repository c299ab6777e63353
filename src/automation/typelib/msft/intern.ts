import { ByteWriter, type Guid } from "../../../base/index.ts";
import type { CodePage } from "../code-page.ts";
import { hashOfName } from "../name-hash.ts";
import { FILLER, GUID_BUCKETS, NAME_BUCKETS } from "./layout.ts";

/** Fills up to a multiple of four bytes. */
export function fill(writer: ByteWriter): void {
  while (writer.pos % 4 !== 0) writer.u8(FILLER);
}

/** The segment of 8-bit texts: length, characters, each text once. */
export class StringTable {
  readonly writer: ByteWriter = new ByteWriter();
  readonly #known = new Map<string, number>();
  readonly #codePage: CodePage;

  constructor(codePage: CodePage) {
    this.#codePage = codePage;
  }

  /** -1 stands for no text. */
  add(text: string | undefined): number {
    if (text === undefined) return -1;
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const at = this.writer.pos;
    writeText(this.writer, this.#codePage.encode(text), 0);
    this.#known.set(text, at);
    return at;
  }
}

/** A length, the bytes, and filler to at least eight bytes in all; `shift` and the flag bit are those of imported files' names. */
export function writeText(writer: ByteWriter, bytes: Uint8Array, shift: number): void {
  const start = writer.pos;
  writer.u16((bytes.length << shift) | (shift > 0 ? 1 : 0));
  writer.raw(bytes);
  fill(writer);
  while (writer.pos - start < 8) writer.u8(FILLER);
}

/** What a name is used for: two bits of its record. */
const NameFlag = { onlyOnce: 0x10, constant: 0x20, type: 0x38 } as const;

/** The names, each once whatever its letter case, and the table that finds them by hash. */
export class NameTable {
  readonly writer: ByteWriter = new ByteWriter();
  readonly buckets: Int32Array = new Int32Array(NAME_BUCKETS).fill(-1);
  count = 0;
  characters = 0;
  readonly #known = new Map<string, number>();
  readonly #codePage: CodePage;
  readonly #lcid: number;
  readonly #spellings: ReadonlyMap<string, string>;

  /** `spellings` tells, by lower case, how to write names that are used in several ways. */
  constructor(codePage: CodePage, lcid: number, spellings: ReadonlyMap<string, string>) {
    this.#codePage = codePage;
    this.#lcid = lcid;
    this.#spellings = spellings;
  }

  /** The offset of a name; -1 for none. */
  add(used: string | undefined): number {
    if (used === undefined) return -1;
    const key = used.toLowerCase();
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const name = this.#spellings.get(key) ?? used;
    const at = this.writer.pos;
    const bytes = this.#codePage.encode(name).subarray(0, 0xff);
    const hash = hashOfName(name, this.#lcid) & 0xffff;
    const bucket = hash & (NAME_BUCKETS - 1);
    this.writer.u32(0xffffffff);
    this.writer.u32((this.buckets[bucket] ?? -1) >>> 0);
    this.writer.u16(bytes.length);
    this.writer.u16(hash);
    this.writer.raw(bytes);
    fill(this.writer);
    this.buckets[bucket] = at;
    this.count++;
    this.characters += bytes.length;
    this.#known.set(key, at);
    return at;
  }

  addType(name: string, href: number): number {
    const at = this.add(name);
    this.writer.patchU32(at, href);
    this.writer.bytes[at + 9] = NameFlag.type;
    return at;
  }

  /** A name of a member: remembers the first type it belongs to, and whether it is a constant's. */
  addMember(name: string, href: number, single: boolean, constant: boolean): number {
    const at = this.add(name);
    const flags = this.writer.bytes[at + 9] ?? 0;
    let now = flags;
    if (this.writer.view.getInt32(at, true) === -1) {
      this.writer.patchU32(at, href);
      if (single) now |= NameFlag.onlyOnce;
    } else {
      now &= ~NameFlag.onlyOnce;
    }
    this.writer.bytes[at + 9] = constant ? now | NameFlag.constant : now;
    return at;
  }
}

/** The GUIDs, each once, and the table that finds them by hash. */
export class GuidTable {
  readonly writer: ByteWriter = new ByteWriter();
  readonly buckets: Int32Array = new Int32Array(GUID_BUCKETS).fill(-1);
  readonly #known = new Map<Guid, number>();

  /** `href` says whose GUID it is: -2 the library's, -1 custom data's, 2 an imported library's, else a type's. */
  add(guid: Guid | undefined, href: number): number {
    if (guid === undefined) return -1;
    const known = this.#known.get(guid);
    if (known !== undefined) return known;
    const at = this.writer.pos;
    this.writer.guid(guid);
    let hash = 0;
    for (let i = 0; i < 16; i += 2) hash ^= this.writer.view.getUint16(at + i, true);
    const bucket = hash & (GUID_BUCKETS - 1);
    this.writer.u32(href >>> 0);
    this.writer.u32((this.buckets[bucket] ?? -1) >>> 0);
    this.buckets[bucket] = at;
    this.#known.set(guid, at);
    return at;
  }
}

/** Bytes of a hash table. */
export function bucketBytes(buckets: Int32Array): Uint8Array {
  const writer = new ByteWriter(buckets.length * 4);
  for (const head of buckets) writer.u32(head >>> 0);
  return writer.finish();
}
