import { type Image } from "./image.ts";
import { invalid } from "./errors.ts";

/*
 * Type libraries within programs of 16-bit Windows: resources of the type "TYPELIB" in new executables.
 */

const NE_MAGIC = 0x454e;
const RESOURCE_TABLE = 0x24;
/** Of resident names. */
const NAME_TABLE = 0x26;
const TYPE_SIZE = 8;
const RESOURCE_SIZE = 12;
/** Set in a type or an identifier that is a number. */
const NUMBER = 0x8000;
/** Shifts beyond this lead out of any file. */
const MAX_SHIFT = 16;

/** The header of a new executable, where there is one. */
export function isNewExecutable(file: Image): boolean {
  const header = file.u32(0x3c);
  return header + 0x40 <= file.length && file.u16(header) === NE_MAGIC;
}

/** The type library with a number; undefined when the program has none. */
export function typeLibOfNewExecutable(file: Image, id: number): Image | undefined {
  const header = file.u32(0x3c);
  const table = header + file.u16(header + RESOURCE_TABLE);
  // A program without resources has no table: the next one begins there.
  if (table === header + file.u16(header + NAME_TABLE)) return undefined;
  const shift = file.u16(table);
  if (shift > MAX_SHIFT) throw invalid(`resources that are aligned to 2^${shift} bytes`);
  let at = table + 2;
  while (at + TYPE_SIZE <= file.length && file.u16(at) !== 0) {
    const count = file.u16(at + 2);
    const first = at + TYPE_SIZE;
    if (nameAt(file, table, file.u16(at)) === "TYPELIB") {
      for (let i = 0; i < count; i++) {
        const record = first + i * RESOURCE_SIZE;
        if (file.u16(record + 6) !== (id | NUMBER)) continue;
        const unit = 2 ** shift;
        return file.part(file.u16(record) * unit, file.u16(record + 2) * unit, `type library ${id}`);
      }
    }
    at = first + count * RESOURCE_SIZE;
  }
  return undefined;
}

/** The name of a type: a length and characters at an offset of the table; undefined for a number. */
function nameAt(file: Image, table: number, word: number): string | undefined {
  if ((word & NUMBER) !== 0) return undefined;
  const length = file.u8(table + word);
  return Buffer.from(file.raw(table + word + 1, length))
    .toString("latin1")
    .toUpperCase();
}
