import { createHash } from "node:crypto";
import { ByteReader, ByteWriter, ComError, HResult } from "../../base/index.ts";
import { type Transaction, type View, encodeKey } from "../../store/index.ts";
import { registryLimits } from "./limits.ts";
import { foldName } from "./path.ts";
import type { RegistryValue } from "./value.ts";

/*
 * The tree of keys in the store. Every key has a number; the table holds, by number:
 *   (number, "k", folded name) -> the number and name of a subkey
 *   (number, "n")              -> what is known of the key itself
 *   (number, "v", folded name) -> a value
 * and ("next"), ("stamp"): the next number and the count of edits; ("secured"): how many keys have a descriptor of their own.
 */
export const TABLE = "registry";

/** Numbers of the keys that are always there. */
export const ROOT = { machine: 1, users: 2, config: 3 } as const;
const FIRST_FREE = 16;

export interface NodeInfo {
  /** The edit that last changed the key's own values, subkeys' names or security. */
  readonly stamp: bigint;
  /** The same for the key and everything below. */
  readonly treeStamp: bigint;
  /** Milliseconds since 1970. */
  readonly lastWrite: number;
  /** Self-relative security descriptor; undefined: as the parent's. */
  readonly security: Uint8Array | undefined;
}

const noInfo: NodeInfo = { stamp: 0n, treeStamp: 0n, lastWrite: 0, security: undefined };

const securedKey = encodeKey("secured");

const folded = (name: string): Uint8Array => Buffer.from(foldName(name), "utf16le").swap16();

function valueKey(id: number, name: string): Uint8Array {
  if (name.length <= 200) return encodeKey(id, "v", folded(name));
  // A store's key has no room for 16,383 characters.
  const digest = createHash("sha256").update(folded(name)).digest();
  return encodeKey(id, "v", folded(name.slice(0, 200)), digest);
}

/** Reads the tree within one view of the store. */
export class NodeReader {
  readonly view: View;
  /** Keys found before; paths share their beginnings. */
  protected readonly known: Map<string, number> = new Map();
  #secured: number | undefined;

  constructor(view: View) {
    this.view = view;
  }

  /** How many keys have a security descriptor of their own. Mostly none: then nothing needs to be checked. */
  protected get securedKeys(): number {
    if (this.#secured !== undefined) return this.#secured;
    const found = this.view.get(TABLE, securedKey);
    return (this.#secured = found === undefined ? 0 : new ByteReader(found).u32());
  }

  protected set securedKeys(count: number) {
    this.#secured = count;
  }

  /** Whether any key has a security descriptor of its own. */
  get secured(): boolean {
    return this.securedKeys > 0;
  }

  child(id: number, name: string): number | undefined {
    const place = `${id}\\${foldName(name)}`;
    const before = this.known.get(place);
    if (before !== undefined) return before;
    const found = this.view.get(TABLE, encodeKey(id, "k", folded(name)));
    if (found === undefined) return undefined;
    const child = new ByteReader(found).u32();
    this.known.set(place, child);
    return child;
  }

  find(from: number, names: readonly string[]): number | undefined {
    let at: number | undefined = from;
    for (const name of names) {
      if (at === undefined) return undefined;
      at = this.child(at, name);
    }
    return at;
  }

  /** Subkeys in the order of their names. */
  children(id: number): { readonly id: number; readonly name: string }[] {
    return this.view.range(TABLE, { prefix: encodeKey(id, "k") }).map(({ value }) => {
      const reader = new ByteReader(value);
      return { id: reader.u32(), name: reader.utf16(reader.remaining >>> 1) };
    });
  }

  /** Values in the order they were first set. */
  values(id: number): RegistryValue[] {
    return this.view
      .range(TABLE, { prefix: encodeKey(id, "v") })
      .map(({ value }) => decodeValue(value))
      .toSorted((a, b) => a.ordinal - b.ordinal)
      .map(({ name, type, data }) => ({ name, type, data }));
  }

  value(id: number, name: string): RegistryValue | undefined {
    const stored = this.storedValue(id, name);
    return stored === undefined ? undefined : { name: stored.name, type: stored.type, data: stored.data };
  }

  protected storedValue(id: number, name: string): StoredValue | undefined {
    const found = this.view.get(TABLE, valueKey(id, name));
    return found === undefined ? undefined : decodeValue(found);
  }

  info(id: number): NodeInfo {
    const found = this.view.get(TABLE, encodeKey(id, "n"));
    return found === undefined ? noInfo : decodeInfo(found);
  }
}

/** Changes the tree within one transaction; `finish` at its end stamps what was changed. */
export class NodeWriter extends NodeReader {
  readonly #transaction: Transaction;
  readonly #now: number;
  readonly #stamp: bigint;
  readonly #parents = new Map<number, number>();
  readonly #changed = new Set<number>();

  constructor(transaction: Transaction, now: number) {
    super(transaction);
    this.#transaction = transaction;
    this.#now = now;
    this.#stamp = this.#counter("stamp", 0n);
  }

  override child(id: number, name: string): number | undefined {
    const found = super.child(id, name);
    if (found !== undefined) this.#parents.set(found, id);
    return found;
  }

  /** The key at a place, made with all above it when it is not there. */
  create(from: number, names: readonly string[]): { readonly id: number; readonly created: boolean } {
    let at = from;
    let created = false;
    for (const name of names) {
      const existing = this.child(at, name);
      created = existing === undefined;
      at = existing ?? this.#add(at, name);
    }
    return { id: at, created };
  }

  /** Removes an empty key. Throws E_ACCESSDENIED when it has subkeys (as RegDeleteKey does). */
  remove(parent: number, name: string): boolean {
    const id = this.child(parent, name);
    if (id === undefined) return false;
    if (this.view.range(TABLE, { prefix: encodeKey(id, "k"), limit: 1 }).length > 0) {
      throw new ComError(HResult.E_ACCESSDENIED, `the key "${name}" has subkeys`);
    }
    this.#erase(parent, id, name);
    return true;
  }

  removeTree(parent: number, name: string): boolean {
    const id = this.child(parent, name);
    if (id === undefined) return false;
    this.removeContents(id);
    this.#erase(parent, id, name);
    return true;
  }

  /** Removes what is in a key, but not the key. */
  removeContents(id: number): void {
    for (const child of this.children(id)) this.removeTree(id, child.name);
    for (const { key } of this.view.range(TABLE, { prefix: encodeKey(id, "v") })) {
      this.#transaction.delete(TABLE, key);
    }
    this.#changed.add(id);
  }

  setValue(id: number, value: RegistryValue): void {
    checkValue(value);
    const before = this.storedValue(id, value.name);
    const ordinal = before?.ordinal ?? Number(this.#counter("ordinal", 0n));
    const name = before?.name ?? value.name;
    this.#transaction.put(TABLE, valueKey(id, value.name), encodeValue({ ...value, name, ordinal }));
    this.#changed.add(id);
  }

  removeValue(id: number, name: string): boolean {
    const removed = this.#transaction.delete(TABLE, valueKey(id, name));
    if (removed) this.#changed.add(id);
    return removed;
  }

  setSecurity(id: number, security: Uint8Array | undefined): void {
    if (security !== undefined && security.length > registryLimits.maxSecurityBytes) {
      throw new ComError(HResult.E_INVALIDARG, "the security descriptor is too large");
    }
    const before = this.info(id);
    this.#countSecured(Number(security !== undefined) - Number(before.security !== undefined));
    this.#putInfo(id, { ...before, security });
    this.#changed.add(id);
  }

  finish(): void {
    const above = new Set<number>();
    for (const id of this.#changed) {
      for (let at = this.#parents.get(id); at !== undefined; at = this.#parents.get(at)) above.add(at);
    }
    for (const id of new Set([...this.#changed, ...above])) {
      const info = this.info(id);
      const own = this.#changed.has(id);
      this.#putInfo(id, {
        ...info,
        stamp: own ? this.#stamp : info.stamp,
        treeStamp: this.#stamp,
        lastWrite: own ? this.#now : info.lastWrite,
      });
    }
  }

  #add(parent: number, name: string): number {
    const id = Number(this.#counter("next", BigInt(FIRST_FREE)));
    const writer = new ByteWriter(4 + name.length * 2);
    writer.u32(id);
    writer.utf16(name);
    this.#transaction.put(TABLE, encodeKey(parent, "k", folded(name)), writer.finish());
    this.#parents.set(id, parent);
    this.#changed.add(id).add(parent);
    return id;
  }

  #erase(parent: number, id: number, name: string): void {
    if (this.secured && this.info(id).security !== undefined) this.#countSecured(-1);
    for (const { key } of this.view.range(TABLE, { prefix: encodeKey(id) }))
      this.#transaction.delete(TABLE, key);
    this.#transaction.delete(TABLE, encodeKey(parent, "k", folded(name)));
    this.known.delete(`${parent}\\${foldName(name)}`);
    this.#changed.delete(id);
    this.#changed.add(parent);
  }

  #countSecured(more: number): void {
    if (more === 0) return;
    this.securedKeys += more;
    const writer = new ByteWriter(4);
    writer.u32(this.securedKeys);
    this.#transaction.put(TABLE, securedKey, writer.finish());
  }

  #putInfo(id: number, info: NodeInfo): void {
    this.#transaction.put(TABLE, encodeKey(id, "n"), encodeInfo(info));
  }

  /** Counts one on and answers the number before. */
  #counter(name: string, first: bigint): bigint {
    const key = encodeKey(name);
    const found = this.view.get(TABLE, key);
    const value = found === undefined ? first : new ByteReader(found).u64();
    const writer = new ByteWriter(8);
    writer.u64(value + 1n);
    this.#transaction.put(TABLE, key, writer.finish());
    return value + 1n;
  }
}

interface StoredValue extends RegistryValue {
  readonly ordinal: number;
}

function checkValue(value: RegistryValue): void {
  if (value.name.length > registryLimits.maxValueName || value.name.includes("\0")) {
    throw new ComError(HResult.E_INVALIDARG, `"${value.name.slice(0, 40)}" is no name for a value`);
  }
  if (value.data.length > registryLimits.maxValueBytes) {
    throw new ComError(
      HResult.E_INVALIDARG,
      `the value "${value.name.slice(0, 40)}" has ${value.data.length} bytes, ${registryLimits.maxValueBytes} are allowed`,
    );
  }
}

function encodeValue(value: StoredValue): Uint8Array {
  const writer = new ByteWriter(16 + value.name.length * 2 + value.data.length);
  writer.u32(value.type);
  writer.u64(BigInt(value.ordinal));
  writer.u16(value.name.length);
  writer.utf16(value.name);
  writer.raw(value.data);
  return writer.finish();
}

function decodeValue(bytes: Uint8Array): StoredValue {
  const reader = new ByteReader(bytes);
  const type = reader.u32();
  const ordinal = Number(reader.u64());
  const name = reader.utf16(reader.u16());
  return { type, ordinal, name, data: reader.raw(reader.remaining).slice() };
}

function encodeInfo(info: NodeInfo): Uint8Array {
  const writer = new ByteWriter(32);
  writer.u64(info.stamp);
  writer.u64(info.treeStamp);
  writer.f64(info.lastWrite);
  if (info.security !== undefined) writer.raw(info.security);
  return writer.finish();
}

function decodeInfo(bytes: Uint8Array): NodeInfo {
  const reader = new ByteReader(bytes);
  const [stamp, treeStamp, lastWrite] = [reader.u64(), reader.u64(), reader.f64()];
  const security = reader.remaining === 0 ? undefined : reader.raw(reader.remaining).slice();
  return { stamp, treeStamp, lastWrite, security };
}
