import { ComError, HResult } from "../base/index.ts";
import { prefixEnd } from "./key.ts";
import { type Range, storeLimits } from "./store.ts";

/*
 * How tables share one ordered space of keys: 01, the table's name, 00, the key. Names hold no 00, so no table's keys stand among another's.
 * 00, name: the count of a table's changes, eight bytes.
 */

const prefixes = new Map<string, Uint8Array>();

function tablePrefix(table: string): Uint8Array {
  let prefix = prefixes.get(table);
  if (prefix === undefined) {
    if (!/^[a-z][a-z0-9.-]{0,63}$/.test(table)) {
      throw new ComError(
        HResult.E_INVALIDARG,
        `"${table}" is no table name: a-z, then a-z, 0-9, dot, hyphen`,
      );
    }
    prefix = Buffer.from(`\x01${table}\x00`, "latin1");
    prefixes.set(table, prefix);
  }
  return prefix;
}

/** The place of a table's key. */
export function fullKey(table: string, key: Uint8Array): Buffer {
  if (key.length > storeLimits.maxKeyBytes) {
    throw new ComError(
      HResult.E_INVALIDARG,
      `a key of ${key.length} bytes is too long: ${storeLimits.maxKeyBytes} at most`,
    );
  }
  return Buffer.concat([tablePrefix(table), key]);
}

export function checkValue(value: Uint8Array): void {
  if (value.length > storeLimits.maxValueBytes) {
    throw new ComError(HResult.E_INVALIDARG, `a value of ${value.length} bytes is too large`);
  }
}

/** A place's key within its table. */
export function ownKey(table: string, full: Uint8Array): Uint8Array {
  return new Uint8Array(full.subarray(tablePrefix(table).length));
}

/** Where a table keeps the count of its changes. */
export function changesKey(table: string): Buffer {
  return Buffer.concat([Buffer.from([0]), tablePrefix(table)]);
}

/** First place of a range, and the first place behind it. */
export function boundsOf(table: string, range: Range): { start: Buffer; end: Buffer } {
  const first = range.prefix ?? range.start ?? new Uint8Array(0);
  const last = range.prefix === undefined ? range.end : prefixEnd(range.prefix);
  const whole = tablePrefix(table);
  return {
    start: fullKey(table, first),
    end: last === undefined ? Buffer.from(prefixEnd(whole) ?? []) : fullKey(table, last),
  };
}

/** The next count of a table's changes. */
export function nextCount(before: Uint8Array | undefined): Uint8Array {
  const out = Buffer.alloc(8);
  out.writeBigUInt64BE(countOf(before) + 1n);
  return out;
}

export function countOf(stored: Uint8Array | undefined): bigint {
  return stored === undefined || stored.length !== 8
    ? 0n
    : Buffer.from(stored.buffer, stored.byteOffset, 8).readBigUInt64BE(0);
}
