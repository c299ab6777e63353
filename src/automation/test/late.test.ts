import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { ComError, HResult } from "../../base/index.ts";
import { isSameObject, pointerTo } from "../../com/index.ts";
import { automationProviders } from "../dispatch-provider.ts";
import { IDispatch } from "../gen/oaidl.ts";
import { type LateObject, dispatchPointerOf, lateBound, member, put, release } from "../late/bound.ts";
import { named } from "../late/named.ts";
import { Variant } from "../variant.ts";
import { VT } from "../vt.ts";
import { hostWith } from "./host.ts";
import { codeOf } from "./support.ts";

class Cell {
  static readonly dispatch = { members: "all" } as const;
  Value: unknown = null;
  readonly Address: string;
  constructor(address: string) {
    this.Address = address;
  }
}

class Sheet {
  static readonly dispatch = {
    members: ["Range", "Name", "Sum", "Fail", "Each", "cells", "log"],
    parameters: { Protect: ["Password", "Drawing", "Contents"] },
  };
  readonly cells = new Map<string, Cell>();
  Name = "Sheet1";
  log: unknown[] = [];
  Range(address: string): Cell {
    let cell = this.cells.get(address);
    if (cell === undefined) this.cells.set(address, (cell = new Cell(address)));
    return cell;
  }
  Protect(...args: unknown[]): unknown[] {
    return args;
  }
  Sum(first: LateObject, second: unknown): unknown {
    return [typeof first, second];
  }
  Fail(): never {
    throw new ComError(0x80041234, "no such sheet", {
      source: "Sample.Sheet",
      helpFile: "sample.chm",
      helpContext: 5,
    });
  }
  Each(callback: { Invoke: unknown }): boolean {
    return typeof callback.Invoke === "function";
  }
}

class Sheets {
  static readonly dispatch = { defaultMember: "Item", members: ["Count", "list"] };
  readonly list = [new Sheet(), new Sheet()];
  get Count(): number {
    return this.list.length;
  }
  Item(index: number): Sheet {
    const sheet = this.list[index - 1];
    if (sheet === undefined) throw new ComError(HResult.DISP_E_BADINDEX);
    return sheet;
  }
  *[Symbol.iterator](): Iterator<Sheet> {
    yield* this.list;
  }
}

class Application {
  static readonly dispatch = { members: "all" } as const;
  readonly Sheets = new Sheets();
  Visible = false;
  released = 0;
  #active: unknown = null;
  get Active(): unknown {
    return this.#active;
  }
  putref_Active(value: unknown): void {
    this.#active = value;
  }
  toJSON(): string {
    return "a member";
  }
  Quit(): number {
    return 7;
  }
  finalRelease(): void {
    this.released++;
  }
}

const providers = hostWith(automationProviders());

function open(object: object = new Application()): LateObject {
  return lateBound(pointerTo(object, IDispatch, providers), { name: "Sample", runtime: providers });
}

test("paths of names and calls read as a script does", async () => {
  using app = open();
  assert.equal(await app.Visible, false);
  assert.equal(await app.visible, false, "in any letter case");
  assert.equal(await app.Quit, 7, "a method without parentheses is called");
  assert.equal(await app.Quit(), 7);
  assert.equal(await app.Sheets.Count, 2);
  assert.equal(await app.Sheets(1).Name, "Sheet1", "the default member");
  assert.equal(await app.Sheets.Item(2).Name, "Sheet1");
  const sheet = await app.Sheets(2);
  await put(sheet.Name, "Second");
  assert.equal(await app.Sheets.Item(2).Name, "Second");
  assert.equal(await app.Sheets(2).Range("A1").Address, "A1");
});

test("assignment is awaited: fields, properties with arguments, objects by reference", async () => {
  using app = open();
  const sheet = await app.Sheets(1);
  await put(sheet.Range("A1").Value, 42);
  assert.equal(await sheet.Range("A1").Value, 42);
  await put(app.Active, sheet);
  assert.equal(await app.Active.Name, "Sheet1");
  assert.throws(() => {
    app.Visible = true;
  }, /await put/);
  assert.equal(await codeOf(put(app.Sheets.Count, 3)), HResult.DISP_E_MEMBERNOTFOUND);
  assert.throws(() => void put(3, 4), { code: HResult.E_INVALIDARG });
});

test("objects are the same when they are the same for COM", async () => {
  using app = open();
  const [one, two] = [await app.Sheets(1), await app.Sheets.Item(1)];
  assert.ok(one === two);
  assert.ok(one !== (await app.Sheets(2)));
  const pointer = dispatchPointerOf(one);
  assert.ok(pointer !== undefined && isSameObject(pointer, dispatchPointerOf(two) ?? {}));
  assert.equal(dispatchPointerOf(3), undefined);
});

test("collections: for await, breaking off, and what is none", async () => {
  using app = open();
  const names: unknown[] = [];
  for await (const sheet of app.Sheets) names.push(await sheet.Name);
  assert.deepEqual(names, ["Sheet1", "Sheet1"]);
  for await (const sheet of await app.Sheets) {
    assert.equal(await sheet.Name, "Sheet1");
    break;
  }
  const none = async (): Promise<void> => {
    for await (const _ of app.Sheets(1)) assert.fail();
  };
  assert.equal(await codeOf(none()), 0x80020011);
  class Numbers {
    static readonly dispatch = { members: "all" } as const;
    async *[Symbol.asyncIterator](): AsyncIterator<number> {
      for (let i = 0; i < 200; i++) yield i;
    }
  }
  using numbers = open(new Numbers());
  let sum = 0;
  for await (const n of numbers) sum += n;
  assert.equal(sum, 19_900);
});

test("arguments: by name, left out, by reference, paths and promises, functions and objects to call back", async () => {
  using app = open();
  const sheet = await app.Sheets(1);
  assert.deepEqual(await sheet.Protect("secret", named({ contents: true })), ["secret", undefined, true]);
  assert.deepEqual(await sheet.Protect(Variant.missing, 1), [undefined, 1]);
  assert.equal(await codeOf(sheet.Protect(named({ Nothing: 1 }))), HResult.DISP_E_UNKNOWNNAME);
  assert.deepEqual(await sheet.Sum(sheet.Range("A1"), Promise.resolve(3)), ["object", 3]);
  assert.deepEqual(await sheet.Sum(1, app.Sheets.Count), ["number", 2]);
  assert.equal(await sheet.Each(() => 5), true);
  assert.equal(await sheet.Each({ onDone: () => 5 }), true);
  assert.deepEqual(await sheet.Protect([1, "a", [true]]), [[1, "a", [true]]]);
});

test("failures arrive as they were raised", async () => {
  using app = open();
  await assert.rejects(
    async () => await app.Sheets(1).Fail(),
    (error: ComError) => {
      assert.equal(error.code, 0x80041234);
      assert.equal(error.info.description, "no such sheet");
      assert.equal(error.info.source, "Sample.Sheet");
      assert.equal(error.info.helpContext, 5);
      return true;
    },
  );
  assert.equal(await codeOf(app.Nothing), HResult.DISP_E_UNKNOWNNAME);
  assert.equal(await codeOf(app.Visible.Nothing), HResult.DISP_E_TYPEMISMATCH);
  assert.equal(await codeOf(app.Sheets(9)), HResult.DISP_E_BADINDEX);
  assert.equal(await app.Sheets(9).catch(() => "caught"), "caught");
});

test("JavaScript looks at an object without touching it", async () => {
  using app = open();
  assert.equal(await Promise.resolve(app), app, "an object is no promise");
  assert.equal(await member(app, "toJSON"), "a member");
  assert.equal(inspect(app), "[Sample]");
  assert.equal(inspect(app.Sheets.Item), "[Sample.Sheets.Item]");
  assert.equal(JSON.stringify({ app }), '{"app":"[Sample]"}');
  assert.equal(`${app}`, "[Sample]");
  assert.deepEqual(Object.keys(app), []);
  assert.equal("Sheets" in app, false);
});

test("leaving the block releases everything that was reached", async () => {
  const application = new Application();
  const kept: LateObject[] = [];
  {
    using app = open(application);
    kept.push(await app.Sheets(1));
    release(await app.Sheets(2));
    assert.equal(application.released, 0);
  }
  assert.equal(application.released, 1);
  assert.equal(await codeOf(kept[0].Name), HResult.CO_E_OBJNOTCONNECTED);
});

test("paths through one object do not take it from each other", async () => {
  using app = open();
  const counts = await Promise.all([app.Sheets.Count, app.Sheets.Item(1).Name, app.Sheets.Count]);
  assert.deepEqual(counts, [2, "Sheet1", 2]);
  const sheets = await app.Sheets;
  await Promise.all([app.Sheets.Count, app.Sheets.Count]);
  assert.equal(await sheets.Count, 2, "what is in hand stays");
});

test("a call is made though nobody awaits it, and before what follows", async () => {
  const order: string[] = [];
  class Recorder {
    static readonly dispatch = { members: "all" } as const;
    Note(text: string): void {
      order.push(text);
    }
  }
  using recorder = open(new Recorder());
  void recorder.Note("a");
  void recorder.Note("b");
  await recorder.Note("c");
  assert.deepEqual(order, ["a", "b", "c"]);
});

test("results: arrays of objects, dates, by-reference values", async () => {
  class Things {
    static readonly dispatch = { members: "all" } as const;
    All(): unknown[] {
      return [new Cell("x"), 1, null, new Date(0)];
    }
    When(): Date {
      return new Date(Date.UTC(2026, 0, 1));
    }
    Ref(): Variant {
      return Variant.byRef(VT.I4, { value: 5 });
    }
  }
  using things = open(new Things());
  const all = await things.All();
  assert.equal(await all[0].Address, "x");
  assert.deepEqual(all.slice(1), [1, null, new Date(0)]);
  assert.deepEqual(await things.When(), new Date(Date.UTC(2026, 0, 1)));
  assert.equal(await things.Ref(), 5);
});

test("an object that answers itself is let go at the end of its block all the same", async () => {
  class Own {
    static readonly dispatch = { members: "all" } as const;
    ended = 0;
    get Application(): this {
      return this;
    }
    finalRelease(): void {
      this.ended++;
    }
  }
  const object = new Own();
  {
    using app = open(object);
    assert.ok((await app.Application) === app);
    assert.ok((await app.Application.Application) === app);
  }
  assert.equal(object.ended, 1);
});
