import { ComError, HResult, toHex } from "../../base/index.ts";
import type { RunningLine } from "../resolver-contract.ts";
import type { MachineProcess } from "./processes.ts";

/** A line of the Running Object Table and whose it is. */
export interface RunningObject extends RunningLine {
  /** Counted up; lists go by it. */
  readonly id: number;
  readonly owner: MachineProcess;
  changed: bigint;
}

/** Largest comparison data (ROT_COMPARE_MAX), longest name, longest saved moniker: what is longer is asked of its process. */
const longest = { key: 2048, name: 32_767, saved: 65_536 } as const;

/** Bytes of one part of the list. */
const partBytes = 1024 * 1024;

/** The Running Object Table of a machine: lines by what their names are compared by, in the order they came. They go with the process they came from. */
export class RunningTable {
  readonly #byId = new Map<number, RunningObject>();
  readonly #byKey = new Map<string, RunningObject[]>();
  readonly #byOwner = new Map<MachineProcess, Map<number, RunningObject>>();
  readonly #most: () => number;
  #next = 1;

  /** `most`: how many lines one process may have. */
  constructor(most: () => number) {
    this.#most = most;
  }

  get size(): number {
    return this.#byId.size;
  }

  /** Answers whether the name was there already. Throws E_INVALIDARG for a key or a name that is too long, E_OUTOFMEMORY for one line too many. */
  add(owner: MachineProcess, line: RunningLine): boolean {
    check(line);
    const lines = this.#byOwner.get(owner) ?? new Map<number, RunningObject>();
    const most = this.#most();
    if (lines.size >= most)
      throw new ComError(HResult.E_OUTOFMEMORY, `one process may register ${most} running objects`);
    if (lines.has(line.line)) throw new ComError(HResult.CO_E_OBJISREG, `line ${line.line} is there already`);
    const { saved, ...rest } = line;
    const kept = saved === undefined || saved.length > longest.saved ? rest : line;
    const entry: RunningObject = { ...kept, id: this.#next++, owner };
    const key = toHex(line.key);
    const same = this.#byKey.get(key) ?? [];
    this.#byOwner.set(owner, lines.set(line.line, entry));
    this.#byKey.set(key, same);
    this.#byId.set(entry.id, entry);
    return same.push(entry) > 1;
  }

  /** The lines with a name, the oldest first. */
  named(key: Uint8Array): readonly RunningObject[] {
    return key.length > longest.key ? [] : (this.#byKey.get(toHex(key)) ?? []);
  }

  byId(id: number): RunningObject | undefined {
    return this.#byId.get(id);
  }

  note(owner: MachineProcess, line: number, changed: bigint): void {
    const entry = this.#byOwner.get(owner)?.get(line);
    if (entry === undefined) throw new ComError(HResult.E_INVALIDARG, `no running object has line ${line}`);
    entry.changed = changed;
  }

  /** False: it was not there. */
  remove(owner: MachineProcess, line: number): boolean {
    const entry = this.#byOwner.get(owner)?.get(line);
    if (entry === undefined) return false;
    this.drop(entry);
    return true;
  }

  removeOwner(owner: MachineProcess): void {
    for (const entry of this.#byOwner.get(owner)?.values() ?? []) this.drop(entry);
  }

  drop(entry: RunningObject): void {
    this.#byId.delete(entry.id);
    const key = toHex(entry.key);
    const same = (this.#byKey.get(key) ?? []).filter((one) => one !== entry);
    if (same.length === 0) this.#byKey.delete(key);
    else this.#byKey.set(key, same);
    const lines = this.#byOwner.get(entry.owner);
    lines?.delete(entry.line);
    if (lines?.size === 0) this.#byOwner.delete(entry.owner);
  }

  /** The lines after `id`, as many as go into one message; `more` when there are others. */
  list(
    after: number,
    forAnybody = false,
  ): { readonly lines: readonly RunningObject[]; readonly more: boolean } {
    const lines: RunningObject[] = [];
    let bytes = 0;
    for (const entry of this.#byId.values()) {
      if (entry.id <= after || (forAnybody && !entry.anyClient)) continue;
      bytes += 128 + entry.name.length * 2 + (entry.saved?.length ?? 0) * 2;
      if (bytes > partBytes && lines.length > 0) return { lines, more: true };
      lines.push(entry);
    }
    return { lines, more: false };
  }
}

function check({ key, name }: RunningLine): void {
  if (key.length === 0 || key.length > longest.key)
    throw new ComError(
      HResult.E_INVALIDARG,
      `comparison data of ${key.length} bytes, 1 to ${longest.key} are allowed`,
    );
  if (name.length > longest.name)
    throw new ComError(
      HResult.E_INVALIDARG,
      `a name of ${name.length} characters, ${longest.name} are allowed`,
    );
}
