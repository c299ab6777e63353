import { ByteReader, ByteWriter, type Guid } from "../../base/index.ts";
import type { StorageLimits } from "../limits.ts";
import { corrupt } from "../status.ts";
import { readTypedValue } from "./read-value.ts";
import { decodeText, encodeText } from "./text.ts";
import { PropType, PropertyId, type PropertyValue, codePageUnicode } from "./types.ts";
import { writeTypedValue } from "./write-value.ts";

interface Property {
  /** As read; stays what it is as long as nobody changes the value. */
  raw: Uint8Array | undefined;
  value: PropertyValue | undefined;
  /** Where it stood, for the order in which values are written. */
  readonly offset: number;
}

/** The properties of one format. What is not changed is written as it was read, to the byte. ([MS-OLEPS] 2.20) */
export class PropertySection {
  fmtid: Guid;
  readonly #limits: StorageLimits;
  readonly #properties = new Map<number, Property>();
  #names: Map<number, string> | undefined;
  /** What stands between the list of properties and the first value: some leave room there. */
  #lead: Uint8Array = new Uint8Array(0);
  /** The dictionary as read, up to the end of the section: some let others begin within it. */
  #dictionary: Uint8Array | undefined;
  #unread: Uint8Array | undefined;

  constructor(fmtid: Guid, limits: StorageLimits) {
    this.fmtid = fmtid;
    this.#limits = limits;
  }

  /** A section that makes no sense, and stays as it is. */
  static unread(fmtid: Guid, bytes: Uint8Array, limits: StorageLimits): PropertySection {
    const section = new PropertySection(fmtid, limits);
    section.#unread = bytes.slice();
    return section;
  }

  /** Throws STG_E_DOCFILECORRUPT. `bytes` go from the section's beginning to the end of the stream. */
  static read(fmtid: Guid, bytes: Uint8Array, limits: StorageLimits): PropertySection {
    const section = new PropertySection(fmtid, limits);
    if (bytes.length < 8) throw corrupt("a section of a property set is cut off");
    const reader = new ByteReader(bytes);
    const announced = reader.u32();
    const count = reader.u32();
    if (count > limits.maxProperties || 8 + 8 * count > bytes.length) {
      throw corrupt(`${count} properties are announced in a section of ${bytes.length} bytes`);
    }
    const places: (readonly [id: number, offset: number])[] = [];
    for (let i = 0; i < count; i++) places.push([reader.u32(), reader.u32()]);
    // Some announce less than they have.
    const short = places.some(([, offset]) => offset + 4 > announced);
    const size = short ? bytes.length : Math.min(announced, bytes.length);
    for (const [id, offset] of places) {
      if (offset >= 8 + 8 * count && offset + 4 <= size) continue;
      throw corrupt(`property ${id} lies at ${offset}, outside its section`);
    }
    const offsets = [...new Set(places.map(([, offset]) => offset))].toSorted((a, b) => a - b);
    const ends = new Map(offsets.map((offset, i) => [offset, offsets[i + 1] ?? size]));
    section.#lead = bytes.slice(8 + 8 * count, offsets[0] ?? 8 + 8 * count);
    for (const [id, offset] of places) {
      if (id === PropertyId.DICTIONARY) section.#dictionary ??= bytes.slice(offset, size);
      const raw = bytes.slice(offset, ends.get(offset));
      // Of two with one number others find the first.
      if (!section.#properties.has(id)) section.#properties.set(id, { raw, value: undefined, offset });
    }
    return section;
  }

  /** The code page of the section's texts; 1252 where it does not say. */
  get codePage(): number {
    const value = this.get(PropertyId.CODEPAGE)?.value;
    return typeof value === "number" ? value & 0xffff : 1252;
  }

  /** Set before the first text; throws STG_E_INVALIDPARAMETER later. */
  set codePage(codePage: number) {
    this.set(PropertyId.CODEPAGE, { vt: PropType.I2, value: (codePage << 16) >> 16 });
  }

  /** Names are the same when they differ in case only, unless the section says otherwise. */
  get caseSensitive(): boolean {
    return this.get(PropertyId.BEHAVIOR)?.value === 1;
  }

  /** Numbers of the properties, without the dictionary. */
  get ids(): number[] {
    return [...this.#properties.keys()].filter((id) => id !== PropertyId.DICTIONARY);
  }

  get(id: number): PropertyValue | undefined {
    if (id === PropertyId.DICTIONARY) return undefined;
    const property = this.#properties.get(id);
    if (property === undefined) return undefined;
    // The code page says how the others are read, and is none of them.
    const codePage = id === PropertyId.CODEPAGE ? 0 : this.codePage;
    return (property.value ??= readTypedValue(property.raw ?? new Uint8Array(0), codePage, this.#limits));
  }

  set(id: number, value: PropertyValue): void {
    if (this.#unread !== undefined) throw corrupt("the section makes no sense, and is left as it is");
    const offset = this.#properties.get(id)?.offset ?? Number.MAX_SAFE_INTEGER;
    this.#properties.set(id, { raw: undefined, value, offset });
  }

  delete(id: number): boolean {
    return this.#properties.delete(id);
  }

  /** Names of properties by their numbers. */
  get names(): ReadonlyMap<number, string> {
    this.#names ??= this.#readNames();
    return this.#names;
  }

  setName(id: number, name: string | undefined): void {
    const names = new Map(this.names);
    if (name === undefined) names.delete(id);
    else names.set(id, name);
    this.#names = names;
    if (names.size === 0) this.#properties.delete(PropertyId.DICTIONARY);
    else this.set(PropertyId.DICTIONARY, { vt: PropType.EMPTY, value: undefined });
  }

  /** The number of a name, if there is one. */
  idOf(name: string): number | undefined {
    const key = this.caseSensitive ? name : name.toLowerCase();
    for (const [id, other] of this.names) {
      if ((this.caseSensitive ? other : other.toLowerCase()) === key) return id;
    }
    return undefined;
  }

  /** ([MS-OLEPS] 2.17) */
  #readNames(): Map<number, string> {
    const names = new Map<number, string>();
    const raw = this.#dictionary;
    if (raw === undefined) return names;
    const { codePage } = this;
    const wide = codePage === codePageUnicode;
    const reader = new ByteReader(raw);
    const count = reader.u32();
    // Some give the dictionary's number to another property.
    if (count > this.#limits.maxProperties || count * 8 > raw.length) return names;
    for (let i = 0; i < count; i++) {
      if (reader.remaining < 8) throw corrupt("the dictionary is cut off");
      const id = reader.u32();
      const length = reader.u32() * (wide ? 2 : 1);
      if (length > reader.remaining) throw corrupt("a name of the dictionary is cut off");
      names.set(id, decodeText(reader.raw(length), codePage));
      if (wide && i + 1 < count) reader.align(4);
    }
    return names;
  }

  #writeNames(): Uint8Array {
    const { codePage } = this;
    const wide = codePage === codePageUnicode;
    const writer = new ByteWriter(256);
    writer.u32(this.names.size);
    for (const [id, name] of this.names) {
      const bytes = encodeText(name, codePage);
      writer.u32(id);
      writer.u32(wide ? name.length + 1 : bytes.length + 1);
      writer.raw(bytes);
      writer.zeros(wide ? 2 : 1);
      if (wide) writer.align(4);
    }
    writer.align(4);
    return writer.finish();
  }

  #bytesOf(id: number, property: Property): Uint8Array {
    if (property.raw !== undefined) return property.raw;
    if (id === PropertyId.DICTIONARY) return this.#writeNames();
    return writeTypedValue(property.value ?? { vt: PropType.EMPTY, value: undefined }, this.codePage);
  }

  write(): Uint8Array {
    if (this.#unread !== undefined) return this.#unread;
    const writer = new ByteWriter(1024);
    writer.u32(0);
    writer.u32(this.#properties.size);
    writer.zeros(8 * this.#properties.size);
    writer.raw(this.#lead);
    const offsets = new Map<number, number>();
    const placed = [...this.#properties].toSorted(([, a], [, b]) => a.offset - b.offset);
    for (const [id, property] of placed) {
      // New values begin at multiples of four, after whatever Office packed.
      if (property.raw === undefined) writer.align(4);
      offsets.set(id, writer.pos);
      writer.raw(this.#bytesOf(id, property));
    }
    let at = 8;
    for (const id of this.#properties.keys()) {
      writer.patchU32(at, id);
      writer.patchU32(at + 4, offsets.get(id) ?? 0);
      at += 8;
    }
    if (placed.some(([, property]) => property.raw === undefined)) writer.align(4);
    writer.patchU32(0, writer.pos);
    return writer.finish();
  }
}
