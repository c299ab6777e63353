import type { Guid } from "../../../base/index.ts";
import { type CodePage, codePageOf } from "../code-page.ts";
import { invalid } from "../errors.ts";
import { Image } from "../image.ts";
import { Budget, type TypeLibLimits } from "../limits.ts";
import type { CustomData, TypeReference } from "../model.ts";
import type { Variant } from "../../variant.ts";
import {
  CUSTOM_RECORD_SIZE,
  HELP_DLL_FLAG,
  Header,
  IMPORT_RECORD_SIZE,
  NAME_HEADER_SIZE,
  SEGMENT_ENTRY_SIZE,
  SEGMENT_MARK,
  type SegmentName,
  TypeRecord,
  segmentNames,
} from "./layout.ts";
import { readValue } from "./values.ts";

/** The segments of a library, and what is looked up in them by offset. Everything is read once, however often it is named. */
export class Tables {
  readonly file: Image;
  readonly limits: TypeLibLimits;
  readonly members: Budget;
  readonly typeCount: number;
  readonly codePage: CodePage;
  readonly #segments: Readonly<Record<SegmentName, Image>>;
  readonly #typeOffsets = new Map<number, number>();
  readonly #names = new Map<number, string>();
  readonly #strings = new Map<number, string>();
  readonly #values = new Map<number, Variant>();
  readonly #customData = new Map<number, readonly CustomData[]>();

  constructor(file: Image, limits: TypeLibLimits) {
    this.file = file;
    this.limits = limits;
    this.members = new Budget(limits.maxMembers, "members of types", invalid);
    this.typeCount = file.u32(Header.typeCount);
    if (this.typeCount > limits.maxTypes) {
      throw invalid(`the library has ${this.typeCount} types, ${limits.maxTypes} are allowed`);
    }
    this.codePage = codePageOf(file.u32(Header.nameLcid));
    const start = Header.size + (file.u32(Header.variant) & HELP_DLL_FLAG ? 4 : 0);
    for (let i = 0; i < this.typeCount; i++) this.#typeOffsets.set(file.u32(start + i * 4), i);
    this.#segments = readDirectory(file, start + this.typeCount * 4);
  }

  segment(name: SegmentName): Image {
    return this.#segments[name];
  }

  /** -1 stands for no name. */
  name(at: number): string | undefined {
    if (at < 0) return undefined;
    const known = this.#names.get(at);
    if (known !== undefined) return known;
    const segment = this.segment("names");
    const name = this.codePage.decode(segment.raw(at + NAME_HEADER_SIZE, segment.u8(at + 8)));
    this.#names.set(at, name);
    return name;
  }

  string(at: number): string | undefined {
    if (at < 0) return undefined;
    const known = this.#strings.get(at);
    if (known !== undefined) return known;
    const segment = this.segment("strings");
    const text = this.codePage.decode(segment.raw(at + 2, segment.u16(at)));
    this.#strings.set(at, text);
    return text;
  }

  guid(at: number): Guid | undefined {
    return at < 0 ? undefined : this.segment("guids").guid(at);
  }

  /** A constant: in the word itself when its top bit is set, else at an offset among the values. */
  value(word: number): Variant {
    const known = this.#values.get(word);
    if (known !== undefined) return known;
    const value = readValue(this.segment("values"), word, this.codePage);
    this.#values.set(word, value);
    return value;
  }

  /** A chain of custom data, in the order it was given: the chain runs from the last to the first. */
  customData(first: number): readonly CustomData[] {
    if (first < 0) return none;
    const known = this.#customData.get(first);
    if (known !== undefined) return known;
    const segment = this.segment("customData");
    const list: CustomData[] = [];
    for (let at = first; at >= 0; at = segment.i32(at + 8)) {
      if (list.length * CUSTOM_RECORD_SIZE >= segment.length) throw invalid("custom data lead in a circle");
      const guid = this.guid(segment.i32(at));
      if (guid === undefined) throw invalid("custom data without a GUID");
      list.push({ guid, value: this.value(segment.i32(at + 4)) });
    }
    this.members.spend(list.length);
    list.reverse();
    this.#customData.set(first, list);
    return list;
  }

  /** What an HREFTYPE of the file means: the offset of a type, or with bit 0 set the offset of an imported type. */
  reference(href: number): TypeReference {
    if (href & 1) {
      const imported = Math.floor(href / IMPORT_RECORD_SIZE);
      const segment = this.segment("importedTypes");
      if (href < 0 || (imported + 1) * IMPORT_RECORD_SIZE > segment.length) {
        throw invalid(`a reference to the imported type at ${href - 1}, which is not there`);
      }
      return { imported };
    }
    const local = this.#typeOffsets.get(href);
    if (local === undefined) throw invalid(`a reference to the type at ${href}, which is not there`);
    return { local };
  }

  /** The record of a type. */
  typeRecord(index: number): Image {
    return this.segment("types").part(
      index * TypeRecord.recordSize,
      TypeRecord.recordSize,
      `record of type ${index}`,
    );
  }
}

const none: readonly CustomData[] = [];

function readDirectory(file: Image, start: number): Record<SegmentName, Image> {
  const segments = {} as Record<SegmentName, Image>;
  for (const [i, name] of segmentNames.entries()) {
    const at = start + i * SEGMENT_ENTRY_SIZE;
    const offset = file.i32(at);
    const length = file.u32(at + 4);
    if (i < 2 && file.u32(at + 12) !== SEGMENT_MARK) throw invalid("the directory of segments is not there");
    segments[name] =
      offset < 0
        ? new Image(new Uint8Array(0), `segment "${name}"`)
        : file.part(offset, length, `segment "${name}"`);
  }
  return segments;
}
