import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import assert from "node:assert/strict";
import type { IUnknown } from "../../com/index.ts";
import type { Interface } from "../../ndr/index.ts";
import { ObjectSide, type ObjectSideOptions } from "../object-side.ts";
import { Scm, type ScmOptions } from "../scm/scm.ts";
import { catalogOf } from "./scm-support.ts";

/** Waits until something holds, for at most two seconds. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.fail(`still waiting: ${what}`);
}

/** A machine with processes, all in this process; closing it asserts that nothing is left over. */
export class World implements AsyncDisposable {
  readonly scm: Scm;
  readonly sides: ObjectSide[] = [];
  readonly #home: string;

  private constructor(scm: Scm, home: string) {
    this.scm = scm;
    this.#home = home;
  }

  static async open(options: Partial<ScmOptions> = {}): Promise<World> {
    const home = mkdtempSync(join(tmpdir(), "comity-dcom-"));
    const scm = await Scm.open({ home, catalog: catalogOf([]), port: 0, ...options });
    return new World(scm, home);
  }

  /** Another process of the machine. */
  async side(options: Partial<ObjectSideOptions> = {}): Promise<ObjectSide> {
    const side = await ObjectSide.open({
      resolver: this.scm.machine,
      linger: 50,
      minimumLevel: 1,
      ...options,
    });
    this.sides.push(side);
    return side;
  }

  /** Nobody holds anything of anybody. */
  async assertClean(): Promise<void> {
    for (const side of this.sides) {
      await side.importer.drain();
      assert.equal(side.importer.holdings.size, 0, "references held elsewhere");
    }
    for (const side of this.sides) {
      await until(() => side.exporter.table.size === 1, "exported objects to go");
      assert.equal(side.exporter.table.ipids.size, 1, "only IRemUnknown is left");
      await until(() => [...side.importer.exporters].length === 0, "remote exporters to go");
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const side of this.sides) await side[Symbol.asyncDispose]();
    await this.scm.close();
    rmSync(this.#home, { recursive: true, force: true });
  }
}

/** Hands an object of one process to another, as a moniker or an activation would. */
export function hand<T extends IUnknown>(
  from: ObjectSide,
  to: ObjectSide,
  object: object,
  iface: Interface<T>,
): T {
  const objref = from.marshaler.marshalInterface(iface.iid, object);
  return to.marshaler.unmarshalInterface(iface.iid, objref) as T;
}
