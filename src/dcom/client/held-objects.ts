import type { Clock } from "../../base/index.ts";
import { type DualStringArray, bindingsKey } from "../dual-string-array.ts";
import { NetChanges } from "../ping/net-changes.ts";
import type { Oid } from "../resolver-contract.ts";

/** Tells the machine's resolver, or a ping client of this process's own. */
export type ReferenceReport = (
  resolver: DualStringArray,
  added: readonly Oid[],
  dropped: readonly Oid[],
) => void;

interface Machine {
  readonly resolver: DualStringArray;
  readonly counts: Map<Oid, number>;
  readonly changes: NetChanges<Oid>;
}

/** Which objects of which machines this process holds; reported late, so that what is held for a moment only is never mentioned. */
export class HeldObjects implements Disposable {
  readonly #report: ReferenceReport;
  readonly #machines = new Map<string, Machine>();
  readonly #timer: Disposable;

  /** `delay`: milliseconds a reference may go unmentioned; well below a ping period. */
  constructor(clock: Clock, delay: number, report: ReferenceReport) {
    this.#report = report;
    this.#timer = clock.every(delay, () => this.flush());
  }

  add(resolver: DualStringArray, oid: Oid): void {
    const key = bindingsKey(resolver);
    let machine = this.#machines.get(key);
    if (machine === undefined) {
      machine = { resolver, counts: new Map(), changes: new NetChanges() };
      this.#machines.set(key, machine);
    }
    const count = machine.counts.get(oid) ?? 0;
    machine.counts.set(oid, count + 1);
    if (count === 0) machine.changes.add(oid);
  }

  drop(resolver: DualStringArray, oid: Oid): void {
    const machine = this.#machines.get(bindingsKey(resolver));
    const count = machine?.counts.get(oid);
    if (machine === undefined || count === undefined) return;
    if (count > 1) {
      machine.counts.set(oid, count - 1);
    } else {
      machine.counts.delete(oid);
      machine.changes.drop(oid);
    }
  }

  /** Objects held now. */
  get size(): number {
    let sum = 0;
    for (const machine of this.#machines.values()) sum += machine.counts.size;
    return sum;
  }

  flush(): void {
    for (const [key, machine] of this.#machines) {
      if (!machine.changes.empty) {
        const { added, dropped } = machine.changes.take();
        this.#report(machine.resolver, added, dropped);
      }
      if (machine.counts.size === 0) this.#machines.delete(key);
    }
  }

  /** Everything held, for a resolver that has to learn it anew. */
  reportAll(): void {
    for (const machine of this.#machines.values()) {
      machine.changes.take();
      if (machine.counts.size > 0) this.#report(machine.resolver, [...machine.counts.keys()], []);
    }
  }

  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]();
  }
}
