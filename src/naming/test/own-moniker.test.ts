import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ComError, HResult } from "../../base/index.ts";
import { IMoniker, IRunningObjectTable } from "../../com/gen/objidl.ts";
import { ClassContext, IUnknown, type Runtime, defineClass, implement, withStatus } from "../../com/index.ts";
import {
  bindMoniker,
  createGenericComposite,
  createItemMoniker,
  getRunningObjectTable,
  monikerBytes,
  monikerFromBytes,
  parseDisplayName,
} from "../index.ts";
import { planet } from "./planet.ts";
import { INote } from "./sample.ts";
import { codeOf, made, nameOf, openRuntime, running, told } from "./support.ts";

/* Moniker classes of one's own: upon OwnMoniker, and written by hand. */

let com: Runtime;
before(async () => {
  com = await openRuntime();
  await com.registerClassObject(planet, { context: ClassContext.INPROC_SERVER });
  await com.registry.edit((keys) => {
    keys.create("HKCR\\Planet\\CLSID");
    keys.set("HKCR\\Planet\\CLSID", "", `{${planet.clsid}}`);
  });
});
after(() => com.close());

test("its ProgID leads to it, and it is bound to what it names", async () => {
  using mars = await parseDisplayName(com, "Planet:Mars");
  assert.equal(await nameOf(com, mars), "Planet:Mars");
  assert.equal(await mars.GetClassID(), planet.clsid);
  using note = await bindMoniker(com, "@planet:Venus", INote);
  assert.equal(await note.GetText(), "Venus");
  await assert.rejects(parseDisplayName(com, "Planet:?"), { code: HResult.MK_E_SYNTAX });
});

test("it composes with the system's, and comes back from where it was saved", async () => {
  using whole = await parseDisplayName(com, "Planet:Mars!moon");
  assert.equal(await nameOf(com, whole), "Planet:Mars!moon");
  using again = await monikerFromBytes(com, await monikerBytes(com, whole));
  assert.equal(await nameOf(com, again), "Planet:Mars!moon");
  assert.equal(await codeOf((options) => whole.IsEqual(again, options)), HResult.S_OK);
  assert.equal(await whole.Hash(), await again.Hash());
  using alone = await parseDisplayName(com, "Planet:Mars");
  using shared = await whole.CommonPrefixWith(alone);
  assert.equal(await nameOf(com, shared), "Planet:Mars");
  using back = await made(com, "A1");
  assert.equal(await alone.ComposeWith(back, 1), null);
});

test("it names running objects", async () => {
  using table = getRunningObjectTable(com);
  using mars = await parseDisplayName(com, "Planet:Mars");
  using same = await parseDisplayName(com, "Planet:Mars");
  const cookie = await running(table, mars);
  assert.equal(await codeOf((options) => table.IsRunning(same, options)), HResult.S_OK);
  using list = await table.EnumRunning();
  const { rgelt } = (await list?.Next(5)) ?? { rgelt: [] };
  assert.deepEqual(await Promise.all(rgelt.map((one) => told(com, one))), ["Planet:Mars"]);
  await table.Revoke(cookie);
});

/** What the table and compositions ask of a moniker that is written from nothing, without comparison data. */
class Bare {
  static readonly calls: string[] = [];
  readonly name: string;

  constructor(name = "bare") {
    this.name = name;
  }

  GetClassID(): string {
    return "6f1a2b30-4a55-4c0e-9f43-1f0a3b5c0021";
  }
  IsDirty(): void {}
  Load(): void {}
  async Save(stream: { Write(bytes: Uint8Array, count: number): unknown } | null): Promise<void> {
    await stream?.Write(Uint8Array.of(1, 2, 3), 3);
  }
  GetSizeMax(): bigint {
    return 3n;
  }
  BindToObject(): never {
    throw new Error("not asked for");
  }
  BindToStorage(): never {
    return this.BindToObject();
  }
  Reduce(): unknown {
    Bare.calls.push("Reduce");
    return withStatus(HResult.MK_S_REDUCED_TO_SELF, { ppmkToLeft: null, ppmkReduced: this });
  }
  ComposeWith(right: IMoniker | null, onlyIfNotGeneric: number): unknown {
    if (onlyIfNotGeneric !== 0) throw new ComError(HResult.MK_E_NEEDGENERIC);
    return createGenericComposite(com, com.pointerTo(this, IMoniker), right);
  }
  Enum(): null {
    return null;
  }
  IsEqual(): void {}
  Hash(): number {
    return 7;
  }
  IsRunning(): void {}
  GetTimeOfLastChange(): unknown {
    Bare.calls.push("GetTimeOfLastChange");
    return { dwLowDateTime: 1, dwHighDateTime: 2 };
  }
  Inverse(): IMoniker {
    return createItemMoniker(com, "!", `un${this.name}`);
  }
  CommonPrefixWith(): null {
    return null;
  }
  RelativePathTo(): null {
    return null;
  }
  GetDisplayName(): string {
    Bare.calls.push("GetDisplayName");
    return this.name;
  }
  ParseDisplayName(_pbc: unknown, _left: unknown, name: string): unknown {
    return { pchEaten: name.length, ppmkOut: createItemMoniker(com, "!", name) };
  }
  IsSystemMoniker(): number {
    return 0;
  }
}
implement(Bare, IMoniker);

test("one written from nothing: what the table asks of it, how it is saved and inverted in a composite", async () => {
  using bare = com.pointerTo(new Bare(), IMoniker);
  using table: IRunningObjectTable = getRunningObjectTable(com);
  Bare.calls.length = 0;
  using object = com.pointerTo({}, IUnknown);
  const cookie = await table.Register(1, object, bare);
  assert.deepEqual([...new Set(Bare.calls)].toSorted(), ["GetDisplayName", "GetTimeOfLastChange", "Reduce"]);
  assert.deepEqual(await table.GetTimeOfLastChange(bare), { dwLowDateTime: 1, dwHighDateTime: 2 });
  assert.equal(await codeOf((options) => table.IsRunning(bare, options)), HResult.S_OK);
  await table.Revoke(cookie);
  assert.equal(await codeOf((options) => table.IsRunning(bare, options)), HResult.S_FALSE);

  using other = com.pointerTo(new Bare("other"), IMoniker);
  using both = await createGenericComposite(com, bare, other);
  assert.equal(await told(com, (await both?.Inverse()) ?? null), "!unother!unbare");
  const bytes = await monikerBytes(com, both as IMoniker);
  assert.equal(bytes.length, 16 + 4 + 2 * (16 + 3));
  await assert.rejects(monikerFromBytes(com, bytes), { code: HResult.REGDB_E_CLASSNOTREG });
});

test("one that answers the generic composition whatever it is asked", async () => {
  class Circular extends Bare {
    override ComposeWith(right: IMoniker | null): unknown {
      using self = com.pointerTo(this, IMoniker);
      return createGenericComposite(com, self, right);
    }
  }
  using circular = com.pointerTo(new Circular(), IMoniker);
  using item = createItemMoniker(com, "!", "x");
  await assert.rejects(createGenericComposite(com, circular, item), /goes in circles/);
});

test("its class must be registered to come back", async () => {
  const lost = defineClass({ clsid: "6f1a2b30-4a55-4c0e-9f43-1f0a3b5c0021" }, Bare as never);
  await using _ = await com.registerClassObject(lost, { context: ClassContext.INPROC_SERVER });
  using bare = com.pointerTo(new Bare(), IMoniker);
  using back = await monikerFromBytes(com, await monikerBytes(com, bare));
  assert.equal(await back.Hash(), 7);
});
