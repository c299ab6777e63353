import { ComError, HResult, type Logger } from "../../base/index.ts";
import type { RunningLine, RunningWhat } from "../resolver-contract.ts";
import type { MachineProcess } from "./processes.ts";
import { type RunningObject, RunningTable } from "./running-table.ts";

export interface RunningServiceOptions {
  readonly most: () => number;
  readonly logger: Logger;
  /** Whether a process may let any client find its objects: launched by the SCM for an AppID that says so (RunAs, ROTFlags). */
  readonly mayServeAnybody: (process: MachineProcess) => boolean;
  /** Milliseconds a process has to answer for one of its lines. */
  readonly timeout: () => number;
}

/** ROTFLAGS_ALLOWANYCLIENT of an AppID (ROTFlags). */
export const rotAllowAnyClient = 1;

/** The Running Object Table at work: the table, who may write into it, and the processes that are asked for what stands in it. */
export class RunningService {
  readonly table: RunningTable;
  readonly #options: RunningServiceOptions;

  constructor(options: RunningServiceOptions) {
    this.#options = options;
    this.table = new RunningTable(options.most);
  }

  /** Answers whether the name was there already. */
  register(process: MachineProcess, line: RunningLine): boolean {
    if (line.anyClient && !this.#options.mayServeAnybody(process)) {
      throw new ComError(
        HResult.CO_E_WRONG_SERVER_IDENTITY,
        "only a server that was launched, with RunAs or ROTFlags in its AppID, may be found by any client",
        { gate: "running object" },
      );
    }
    return this.table.add(process, line);
  }

  /** When the object with this name changed last; undefined when none runs. `forAnybody`: of those alone that any client may find. */
  changed(key: Uint8Array, forAnybody = false): bigint | undefined {
    return this.#named(key, forAnybody)[0]?.changed;
  }

  /** A reference to the first object with this name that is still there; undefined when none runs. */
  async object(key: Uint8Array, forAnybody = false): Promise<Uint8Array | undefined> {
    for (const entry of this.#named(key, forAnybody)) {
      const objref = await this.#ask(entry, "object");
      if (objref !== undefined) return objref;
    }
    return undefined;
  }

  /** A reference to the moniker of a line. */
  async moniker(id: number, forAnybody = false): Promise<Uint8Array | undefined> {
    const entry = this.table.byId(id);
    return entry === undefined || (forAnybody && !entry.anyClient) ? undefined : this.#ask(entry, "moniker");
  }

  #named(key: Uint8Array, forAnybody = false): readonly RunningObject[] {
    const all = this.table.named(key);
    return forAnybody ? all.filter(({ anyClient }) => anyClient) : all;
  }

  /** What a process has of one of its lines; a line it does not stand by any more is dropped. */
  async #ask(entry: RunningObject, what: RunningWhat): Promise<Uint8Array | undefined> {
    const { exporter, registration } = entry.owner;
    try {
      return await exporter.running?.(entry.line, what, this.#options.timeout());
    } catch (error) {
      const reason = ComError.from(error);
      this.#options.logger.debug(
        { pid: registration.pid, code: reason.code },
        `${entry.name} does not answer`,
      );
      if (reason.code === HResult.MK_E_UNAVAILABLE) this.table.drop(entry);
      return undefined;
    }
  }
}
