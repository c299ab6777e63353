import { randomInt } from "node:crypto";

/** Connections of one client that share context handles ([C706] 9.3.3; [MS-RPCE] 3.3.1.1). */
export class AssociationGroup {
  readonly id: number;
  /** For whoever keeps state per client. */
  readonly data: Map<unknown, unknown> = new Map();
  #members = 0;
  readonly #listeners: (() => void)[] = [];

  constructor(id: number) {
    this.id = id;
  }

  /** Calls `listener` once when the last connection of the group is gone. */
  onEmpty(listener: () => void): void {
    this.#listeners.push(listener);
  }

  join(): void {
    this.#members++;
  }

  /** True when nobody is left. */
  leave(): boolean {
    if (--this.#members > 0) return false;
    for (const listener of this.#listeners.splice(0)) listener();
    return true;
  }
}

/** The groups of one server. */
export class AssociationGroups {
  readonly #groups = new Map<number, AssociationGroup>();

  get size(): number {
    return this.#groups.size;
  }

  /** Joins a group; id 0 makes a new one, an unknown id gives `undefined`. Leave it with {@link leave}. */
  join(id: number): AssociationGroup | undefined {
    const group = id === 0 ? this.#make() : this.#groups.get(id);
    group?.join();
    return group;
  }

  leave(group: AssociationGroup): void {
    if (group.leave()) this.#groups.delete(group.id);
  }

  /** Ids are not to be guessed: who knows one can join. */
  #make(): AssociationGroup {
    let id = randomInt(1, 0x7fff_ffff);
    while (this.#groups.has(id)) id = randomInt(1, 0x7fff_ffff);
    const group = new AssociationGroup(id);
    this.#groups.set(id, group);
    return group;
  }
}
