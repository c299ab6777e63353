import { ComError } from "../../base/index.ts";
import { TypeLibStatus, invalid } from "./errors.ts";
import type { Image } from "./image.ts";
import { isNewExecutable, typeLibOfNewExecutable } from "./ne.ts";

/*
 * Type libraries within programs: resources of the type "TYPELIB" in portable executables, and in those of 16-bit Windows (ne.ts).
 */

const PE_MAGIC = 0x4550;
const MAGIC_PE32 = 0x10b;
const MAGIC_PE32_PLUS = 0x20b;
const RESOURCE_DIRECTORY = 2;
const SECTION_SIZE = 40;

/** True when the bytes begin like a program ("MZ"). */
export function isExecutable(file: Image): boolean {
  return file.length >= 0x40 && file.u16(0) === 0x5a4d;
}

/** The type library with a number (1 is the usual one) in a program. Throws TYPE_E_CANTLOADLIBRARY when it has none. */
export function typeLibResource(file: Image, id: number): Image {
  const old = isNewExecutable(file) ? typeLibOfNewExecutable(file, id) : undefined;
  if (old !== undefined) return old;
  const resources = findResources(file);
  const libraries = resources?.child(resources.start, "TYPELIB");
  const languages = libraries === undefined ? undefined : resources?.child(libraries, id);
  const data = languages === undefined ? undefined : resources?.first(languages);
  if (resources === undefined || data === undefined) {
    throw new ComError(
      TypeLibStatus.CANTLOADLIBRARY,
      `the program has no type library with the number ${id}`,
    );
  }
  return file.part(resources.offsetOf(file.u32(data)), file.u32(data + 4), `type library ${id}`);
}

function findResources(file: Image): ResourceTree | undefined {
  const header = file.u32(0x3c);
  if (file.u32(header) !== PE_MAGIC) return undefined;
  const optional = header + 24;
  const magic = file.u16(optional);
  if (magic !== MAGIC_PE32 && magic !== MAGIC_PE32_PLUS) return undefined;
  const directories = optional + (magic === MAGIC_PE32 ? 92 : 108);
  if (file.u32(directories) <= RESOURCE_DIRECTORY) return undefined;
  const address = file.u32(directories + 4 + RESOURCE_DIRECTORY * 8);
  if (address === 0) return undefined;
  const sections: Section[] = [];
  const first = optional + file.u16(header + 20);
  for (let i = 0; i < file.u16(header + 6); i++) {
    const at = first + i * SECTION_SIZE;
    sections.push({ address: file.u32(at + 12), size: file.u32(at + 16), offset: file.u32(at + 20) });
  }
  return new ResourceTree(file, sections, address);
}

interface Section {
  readonly address: number;
  readonly size: number;
  readonly offset: number;
}

/** Directories of resources: by type, by name or number, by language. */
class ResourceTree {
  readonly start: number;
  readonly #file: Image;
  readonly #sections: readonly Section[];

  constructor(file: Image, sections: readonly Section[], address: number) {
    this.#file = file;
    this.#sections = sections;
    this.start = this.offsetOf(address);
  }

  /** Where an address of the loaded program stands in the file. */
  offsetOf(address: number): number {
    const section = this.#sections.find((one) => address >= one.address && address < one.address + one.size);
    if (section === undefined) throw invalid(`the address ${address} lies in no section of the program`);
    return section.offset + address - section.address;
  }

  /** The offset of an entry's directory, or at the last level of its data. */
  child(directory: number, key: string | number): number | undefined {
    for (const entry of this.#entries(directory)) {
      if (this.#key(this.#file.u32(entry)) === key) return this.#target(entry);
    }
    return undefined;
  }

  /** The first entry: any language will do. */
  first(directory: number): number | undefined {
    const [entry] = this.#entries(directory);
    return entry === undefined ? undefined : this.#target(entry);
  }

  #entries(directory: number): number[] {
    const count = this.#file.u16(directory + 12) + this.#file.u16(directory + 14);
    return Array.from({ length: count }, (_, i) => directory + 16 + i * 8);
  }

  #target(entry: number): number {
    return this.start + (this.#file.u32(entry + 4) & 0x7fffffff);
  }

  #key(word: number): string | number {
    if (word < 0x80000000) return word;
    const at = this.start + (word & 0x7fffffff);
    const length = this.#file.u16(at);
    return Buffer.from(this.#file.raw(at + 2, length * 2))
      .toString("utf16le")
      .toUpperCase();
  }
}
