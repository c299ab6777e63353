import { ByteReader, ByteWriter, GUID_NULL, type Guid } from "../../base/index.ts";
import { type StorageLimits, storageLimits } from "../limits.ts";
import { corrupt } from "../status.ts";
import { PropertySection } from "./section.ts";

/** What we say about ourselves as a writer: no Windows. */
const systemId = 0x0002_0105;

/** A property set stream: sections of properties, one or (document summaries) two. ([MS-OLEPS] 2.21) */
export class PropertySet {
  /** 1 when a section uses case-sensitive names or types that version 0 lacks. */
  version = 0;
  systemId: number = systemId;
  clsid: Guid = GUID_NULL;
  readonly sections: PropertySection[] = [];
  readonly limits: StorageLimits;
  #gaps: readonly number[] = [];

  constructor(limits: StorageLimits = storageLimits) {
    this.limits = limits;
  }

  /** Throws STG_E_DOCFILECORRUPT for what is not a property set, or reaches beyond itself. */
  static read(bytes: Uint8Array, limits: StorageLimits = storageLimits): PropertySet {
    if (bytes.length < 28 || bytes.length > limits.maxPropertySetBytes) {
      throw corrupt(`a property set does not have ${bytes.length} bytes`);
    }
    const reader = new ByteReader(bytes);
    if (reader.u16() !== 0xfffe) throw corrupt("a property set begins otherwise");
    const set = new PropertySet(limits);
    set.version = reader.u16();
    set.systemId = reader.u32();
    set.clsid = reader.guid();
    const count = reader.u32();
    // Two are allowed; nobody has seen more, and each may be as long as the stream.
    if (count > 16 || count * 20 > reader.remaining) throw corrupt(`${count} sections are announced`);
    const places: (readonly [Guid, number])[] = [];
    for (let i = 0; i < count; i++) places.push([reader.guid(), reader.u32()]);
    const gaps: number[] = [];
    let end = reader.pos;
    for (const [fmtid, offset] of places) {
      if (offset < reader.pos || offset >= bytes.length)
        throw corrupt(`a section lies at ${offset}, outside the set`);
      set.sections.push(readSection(fmtid, bytes.subarray(offset), limits, set.sections.length > 0));
      gaps.push(Math.min(64, Math.max(0, offset - end)));
      end = offset + (bytes.length - offset < 4 ? 0 : new ByteReader(bytes, offset).u32());
    }
    set.#gaps = gaps;
    return set;
  }

  section(fmtid: Guid): PropertySection | undefined {
    return this.sections.find((section) => section.fmtid === fmtid);
  }

  add(fmtid: Guid): PropertySection {
    const section = new PropertySection(fmtid, this.limits);
    this.sections.push(section);
    return section;
  }

  write(): Uint8Array {
    const writer = new ByteWriter(1024);
    writer.u16(0xfffe);
    writer.u16(this.version);
    writer.u32(this.systemId);
    writer.guid(this.clsid);
    writer.u32(this.sections.length);
    const table = writer.pos;
    writer.zeros(20 * this.sections.length);
    this.sections.forEach((section, i) => {
      writer.zeros(this.#gaps[i] ?? 0);
      writer.patchU32(table + 20 * i + 16, writer.pos);
      const at = writer.pos;
      writer.pos = table + 20 * i;
      writer.guid(section.fmtid);
      writer.pos = at;
      writer.raw(section.write());
    });
    return writer.finish();
  }
}

/** Of a set whose first section is whole, a later one may be nonsense: some put it at the wrong place. */
function readSection(
  fmtid: Guid,
  bytes: Uint8Array,
  limits: StorageLimits,
  isLater: boolean,
): PropertySection {
  try {
    return PropertySection.read(fmtid, bytes, limits);
  } catch (error) {
    if (!isLater) throw error;
    return PropertySection.unread(fmtid, bytes, limits);
  }
}
