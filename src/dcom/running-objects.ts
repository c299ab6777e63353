import { ComError, HResult } from "../base/index.ts";
import {
  IUnknown,
  type RunningEntry,
  type RunningName,
  type RunningObjects,
  type RunningRegistration,
} from "../com/index.ts";
import type { ObjectSide } from "./object-side.ts";
import type { RunningWhat } from "./resolver-contract.ts";
import type { LocalMachine } from "./scm/local-machine.ts";

/** The machine's Running Object Table as one process uses it: its own lines are told to the SCM, which asks for what they name when somebody looks. */
export class MachineRunningObjects implements RunningObjects {
  readonly #machine: LocalMachine;
  readonly #entries = new Map<number, RunningEntry>();
  #side: ObjectSide | undefined;
  #next = 1;

  constructor(machine: LocalMachine) {
    this.#machine = machine;
  }

  /** The objects' side; it needs this one to be made first. */
  connect(side: ObjectSide): void {
    this.#side = side;
  }

  async register(entry: RunningEntry): Promise<RunningRegistration> {
    const { link } = this.#open.exporter;
    const line = this.#next++;
    const { key, name, saved, changed, anyClient } = entry;
    this.#entries.set(line, entry);
    try {
      const told = { line, key, name, changed, anyClient, ...(saved === undefined ? {} : { saved }) };
      const duplicate = await link.registerRunning(told);
      return {
        duplicate,
        note: (at) => link.noteRunning(line, at),
        revoke: async () => {
          this.#entries.delete(line);
          await link.revokeRunning(line);
        },
      };
    } catch (error) {
      this.#entries.delete(line);
      throw error;
    }
  }

  async isRunning(key: Uint8Array): Promise<boolean> {
    return (await this.#machine.runningChanged(key)) !== undefined;
  }

  changed(key: Uint8Array): Promise<bigint | undefined> {
    return this.#machine.runningChanged(key);
  }

  async object(key: Uint8Array): Promise<IUnknown | undefined> {
    return this.#pointer(await this.#machine.runningObject(key));
  }

  async all(): Promise<readonly RunningName[]> {
    return (await this.#machine.runningList()).map(({ id, name, saved }) => ({
      name,
      saved,
      moniker: async () => this.#pointer(await this.#machine.runningMoniker(id)),
    }));
  }

  /** What stands behind a line of this process, marshaled for whoever asked the SCM. Throws MK_E_UNAVAILABLE when it has gone. */
  async give(line: number, what: RunningWhat): Promise<Uint8Array> {
    const entry = this.#entries.get(line);
    const object = what === "object" ? entry?.object() : entry?.moniker();
    if (object === undefined) throw new ComError(HResult.MK_E_UNAVAILABLE, "the running object has gone");
    return this.#open.marshaler.marshalWhenReady(IUnknown.iid, object, { destination: "local" });
  }

  #pointer(objref: Uint8Array | undefined): IUnknown | undefined {
    return objref === undefined ? undefined : this.#open.marshaler.unmarshalInterface(IUnknown.iid, objref);
  }

  get #open(): ObjectSide {
    if (this.#side !== undefined) return this.#side;
    throw new ComError(HResult.CO_E_NOTINITIALIZED, "the process has not joined its machine");
  }
}
