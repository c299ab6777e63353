import type { Clock, Logger } from "../../base/index.ts";
import type { Oid } from "../resolver-contract.ts";
import type { MachineProcess } from "./processes.ts";
import { statusWithin } from "./snapshot.ts";

/** Milliseconds between two rounds: a reference on its way from one process to another has arrived meanwhile. */
const pause = 500;
/** Rounds in a row in which nobody may hold an object; the first one tells what has been given out lately. */
const cleanRounds = 3;
/** Rounds after which it is left to the pings. */
const mostRounds = 120;
/** Milliseconds a process has to answer. One that does not may hold anything. */
const patience = 2000;

export interface CensusOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly processes: () => readonly MachineProcess[];
  /** Some process of this machine, or another machine, holds the object. */
  readonly isHeld: (oid: Oid) => boolean;
  /** Processes that live may not have joined yet. */
  readonly incomplete: () => boolean;
}

/**
 * After a process of the machine died: which objects are held by nobody. All processes are asked, several times, for what they hold and for their objects whose
 * references never left the machine; of those, what nobody holds is released. Others may hold all other objects: they wait for the pings. So does everything while
 * a process does not answer.
 */
export class Census {
  readonly #options: CensusOptions;
  #running = false;
  #again = false;
  #closed = false;
  #wait: Disposable | undefined;

  constructor(options: CensusOptions) {
    this.#options = options;
  }

  /** Holds one soon. */
  request(): void {
    this.#again = true;
    if (this.#running || this.#closed) return;
    this.#running = true;
    this.#hold()
      .catch((error: unknown) => this.#options.logger.warn({ error }, "objects of the dead were not counted"))
      .finally(() => {
        this.#running = false;
        if (this.#again) this.request();
      });
  }

  close(): void {
    this.#closed = true;
    this.#wait?.[Symbol.dispose]();
  }

  async #hold(): Promise<void> {
    let suspects: Map<MachineProcess, Set<Oid>> | undefined;
    for (let round = 0, clean = 0; round < mostRounds; round++) {
      await new Promise<void>((resolve) => (this.#wait = this.#options.clock.after(pause, resolve)));
      if (this.#again) clean = 0; // one more has died: what it held is counted from now on
      this.#again = false;
      const unheld = this.#options.incomplete() ? undefined : await this.#round();
      clean = unheld === undefined ? 0 : clean + 1;
      // The first round says what had not been given out since a census long ago: that counts for nothing.
      suspects =
        clean < 2 || suspects === undefined || unheld === undefined ? unheld : inBoth(suspects, unheld);
      if (clean === 1) suspects = undefined;
      if (suspects === undefined || clean < cleanRounds) continue;
      for (const [process, oids] of suspects) if (oids.size > 0) this.#abandon(process, [...oids]);
      return;
    }
  }

  #abandon(process: MachineProcess, oids: readonly Oid[]): void {
    const { pid, name } = process.registration;
    this.#options.logger.info({ pid, objects: oids.length }, `nobody holds objects of ${name} any more`);
    process.exporter.abandon?.(oids);
  }

  /** The objects that nobody holds, by their process; undefined when somebody did not answer. */
  async #round(): Promise<Map<MachineProcess, Set<Oid>> | undefined> {
    const { processes, clock, isHeld } = this.#options;
    const all = processes().filter(({ exporter }) => exporter.census !== undefined);
    const answers = await Promise.all(
      all.map(({ exporter }) => statusWithin(exporter.census?.() ?? Promise.resolve([]), patience, clock)),
    );
    const unheld = new Map<MachineProcess, Set<Oid>>();
    for (const [at, process] of all.entries()) {
      const oids = answers[at];
      if (oids === undefined && process.alive) return undefined;
      unheld.set(process, new Set((oids ?? []).filter((oid) => !isHeld(oid))));
    }
    return unheld;
  }
}

function inBoth(
  one: ReadonlyMap<MachineProcess, ReadonlySet<Oid>>,
  other: ReadonlyMap<MachineProcess, ReadonlySet<Oid>>,
): Map<MachineProcess, Set<Oid>> {
  return new Map(
    Array.from(one, ([process, oids]) => [
      process,
      new Set(Array.from(oids).filter((oid) => other.get(process)?.has(oid) === true)),
    ]),
  );
}
