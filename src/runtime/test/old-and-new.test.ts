import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { ComError, HResult, guid } from "../../base/index.ts";
import { ClassContext, IUnknown, defineClass } from "../../com/index.ts";
import { type Awaitable, type Interface, allMethods, defineInterface } from "../../ndr/index.ts";
import { hresult, i32, ref } from "../../ndr/codegen/v1.ts";
import { openRuntime } from "../open.ts";

/*
 * Versions of a component and of its client, in all four pairs ([COM] "interfaces are immutable"): what is new is a new interface beside the old one, under
 * the same class.
 */

interface ITill extends IUnknown {
  Total(a: number, b: number): Awaitable<number>;
}
interface ITill2 extends ITill {
  Discounted(a: number, b: number, percent: number): Awaitable<number>;
}

const input = (name: string) => ({ name, type: i32, in: true, out: false }) as const;
const result = { name: "result", type: ref(i32), in: false, out: true, retval: true } as const;
const ITill: Interface<ITill> = defineInterface<ITill>({
  name: "ITill",
  iid: "b1f0a001-6d0f-4c35-9a51-7d1c3f7e0001",
  base: () => IUnknown,
  methods: () => [{ name: "Total", opnum: 3, params: [input("a"), input("b"), result], returns: hresult }],
});
const ITill2: Interface<ITill2> = defineInterface<ITill2>({
  name: "ITill2",
  iid: "b1f0a001-6d0f-4c35-9a51-7d1c3f7e0002",
  base: () => ITill,
  methods: () => [
    {
      name: "Discounted",
      opnum: 4,
      params: [input("a"), input("b"), input("percent"), result],
      returns: hresult,
    },
  ],
});

const clsid = guid("b1f0a001-6d0f-4c35-9a51-7d1c3f7e0010");

class OldTill {
  Total(a: number, b: number): number {
    return a + b;
  }
}
class NewTill extends OldTill {
  Discounted(a: number, b: number, percent: number): number {
    return Math.round(((a + b) * (100 - percent)) / 100);
  }
}
const servers = {
  old: defineClass({ clsid, name: "Till", interfaces: [ITill] }, OldTill),
  new: defineClass({ clsid, name: "Till", interfaces: [ITill2] }, NewTill),
};

/** Knows the first version only. */
async function oldClient(till: ITill): Promise<string> {
  return `total ${await till.Total(40, 60)}`;
}

/** Uses what is new where it is there, and does without it where it is not. */
async function newClient(till: ITill): Promise<string> {
  try {
    using better = await till.QueryInterface(ITill2);
    return `total ${await better.Total(40, 60)}, discounted ${await better.Discounted(40, 60, 10)}`;
  } catch (error) {
    if (!(error instanceof ComError) || error.code !== HResult.E_NOINTERFACE) throw error;
    return oldClient(till);
  }
}

const home = mkdtempSync(join(tmpdir(), "comity-versions-"));
after(() => rmSync(home, { recursive: true, force: true }));

describe("old and new clients with old and new servers", () => {
  const pairs = [
    ["old", oldClient, "old", "total 100"],
    ["old", oldClient, "new", "total 100"],
    ["new", newClient, "old", "total 100"],
    ["new", newClient, "new", "total 100, discounted 90"],
  ] as const;
  for (const context of [ClassContext.INPROC_SERVER, ClassContext.LOCAL_SERVER]) {
    const where = context === ClassContext.INPROC_SERVER ? "in the process" : "in another process";
    for (const [clientName, client, serverName, said] of pairs) {
      it(`${clientName} client, ${serverName} server, ${where}`, async () => {
        await using com = await openRuntime({ home });
        await using other = await openRuntime({ home });
        const server = context === ClassContext.INPROC_SERVER ? com : other;
        await using _ = await server.registerClassObject(servers[serverName]);
        using till = await com.createInstance(clsid, ITill, { context });
        assert.equal(await client(till), said);
      });
    }
  }

  it("a published interface cannot be declared anew with other methods", async () => {
    const changed = defineInterface<IUnknown>({
      name: "ITill",
      iid: ITill.iid,
      base: () => IUnknown,
      methods: () => [{ name: "Total", opnum: 3, params: [input("a"), result], returns: hresult }],
    });
    class OtherTill {
      Total(a: number): number {
        return a;
      }
    }
    await using com = await openRuntime({ home });
    using pointer = com.pointerTo(new OldTill(), ITill);
    assert.equal(await pointer.Total(1, 2), 3);
    assert.throws(() => allMethods(changed), /defined twice, with two contracts/);
    assert.throws(() => com.pointerTo(new OtherTill(), changed), /defined twice, with two contracts/);
  });
});
