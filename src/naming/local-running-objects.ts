import { ComError, HResult, toHex } from "../base/index.ts";
import {
  type IUnknown,
  type RunningEntry,
  type RunningName,
  type RunningObjects,
  type RunningRegistration,
} from "../com/index.ts";
import { maxComparisonData } from "./limits.ts";
import type { Naming } from "./naming.ts";
import { pointerOf } from "./running-object-table.ts";

/** The running objects of a runtime that is alone in the world. */
export class LocalRunningObjects implements RunningObjects {
  readonly #naming: Naming;
  readonly #entries: { readonly key: string; readonly entry: RunningEntry; changed: bigint }[] = [];

  constructor(naming: Naming) {
    this.#naming = naming;
  }

  async register(entry: RunningEntry): Promise<RunningRegistration> {
    if (entry.anyClient)
      throw new ComError(HResult.CO_E_WRONG_SERVER_IDENTITY, "nobody else can be a client here");
    if (entry.key.length > maxComparisonData)
      throw new ComError(
        HResult.E_INVALIDARG,
        `a name of ${entry.key.length} bytes, ${maxComparisonData} are allowed`,
      );
    const line = { key: toHex(entry.key), entry, changed: entry.changed };
    const duplicate = this.#find(entry.key) !== undefined;
    this.#entries.push(line);
    return {
      duplicate,
      note: async (changed) => void (line.changed = changed),
      revoke: async () => {
        const at = this.#entries.indexOf(line);
        if (at >= 0) this.#entries.splice(at, 1);
      },
    };
  }

  async isRunning(key: Uint8Array): Promise<boolean> {
    return this.#find(key) !== undefined;
  }

  async object(key: Uint8Array): Promise<IUnknown | undefined> {
    const object = this.#find(key)?.entry.object();
    return object === undefined ? undefined : pointerOf(this.#naming, object);
  }

  async changed(key: Uint8Array): Promise<bigint | undefined> {
    return this.#find(key)?.changed;
  }

  async all(): Promise<readonly RunningName[]> {
    return this.#entries.map(({ entry }) => ({
      name: entry.name,
      saved: entry.saved,
      moniker: async () => pointerOf(this.#naming, entry.moniker()),
    }));
  }

  #find(key: Uint8Array): { readonly entry: RunningEntry; readonly changed: bigint } | undefined {
    const wanted = toHex(key);
    return this.#entries.find((line) => line.key === wanted);
  }
}
