import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  type LateObject,
  RecordValue,
  SafeArray,
  VT,
  Variant,
  defineRecord,
  named,
  put,
} from "../../automation/index.ts";
import { ComError } from "../../base/index.ts";
import { ClassContext, type Runtime, defineClass } from "../../com/index.ts";
import { f64, field, i32, struct } from "../../ndr/codegen/v1.ts";
import { createObject, getObject, openRuntime, registerActiveObject } from "../index.ts";

/* Two runtimes of one machine: what one offers, the other drives as a script would, over the wire. */

const Point = defineRecord({
  guid: "7a1c3d10-0d52-4f6c-9a33-5b0d8c2e0011",
  libid: "7a1c3d10-0d52-4f6c-9a33-5b0d8c2e0012",
  type: struct("Point", () => [field("x", i32), field("y", f64)]),
});

class Item {
  static readonly dispatch = { members: ["Text"] };
  Text: string;
  constructor(text: string) {
    this.Text = text;
  }
}

class Notebook {
  static readonly dispatch = {
    members: ["Title", "Count", "Owner", "Ask", "Echo", "Length", "Corner", "Grid"],
    defaultMember: "Item",
    parameters: { Find: ["Text", "From", "Backwards"] },
  };
  static released = 0;
  readonly items = [new Item("a"), new Item("b"), new Item("c")];
  Title = "notes";
  #owner: unknown = null;
  get Count(): number {
    return this.items.length;
  }
  Item(index: number): Item {
    const item = this.items[index - 1];
    if (item === undefined)
      throw new ComError(0x80041001, `there is no item ${index}`, { source: "Notebook" });
    return item;
  }
  Find(text: string, from?: number, backwards?: boolean): string {
    return `${text}/${from}/${backwards}`;
  }
  get Owner(): unknown {
    return this.#owner;
  }
  putref_Owner(owner: { AddRef(): number } | null): void {
    owner?.AddRef();
    this.#owner = owner;
  }
  async Ask(callback: LateObject): Promise<unknown> {
    const { lateBound } = await import("../../automation/index.ts");
    callback.AddRef();
    using function_ = lateBound(callback);
    return (await function_(20)) + 1;
  }
  Echo(value: unknown): unknown {
    return value;
  }
  Length(point: { x: number; y: number }): number {
    return Math.hypot(point.x, point.y);
  }
  Corner(): Variant {
    return Variant.from(new RecordValue(Point, { x: 3, y: 4.5 }));
  }
  Grid(): SafeArray {
    return SafeArray.of(VT.R8, [
      [1, 2],
      [3, 4],
    ]);
  }
  *[Symbol.iterator](): Iterator<Item> {
    yield* this.items;
  }
  finalRelease(): void {
    Notebook.released++;
  }
}

const notebook = defineClass(
  { clsid: "7a1c3d10-0d52-4f6c-9a33-5b0d8c2e0010", progId: "Comity.TestNotebook.1" },
  Notebook,
  { dispatch: true },
);

const home = mkdtempSync(join(tmpdir(), "comity-objects-"));
let server: Runtime;
let client: Runtime;

before(async () => {
  server = await openRuntime({ home });
  await server.registerClassObject(notebook);
  client = await openRuntime({ home });
});

after(async () => {
  await client.close();
  await server.close();
  rmSync(home, { recursive: true, force: true });
});

const open = (): Promise<LateObject> =>
  createObject(client, notebook.clsid, { context: ClassContext.LOCAL_SERVER });

test("an object of another process, driven by name", async () => {
  await using book = await open();
  assert.equal(await book.Title, "notes");
  await put(book.Title, "memoirs");
  assert.equal(await book.title, "memoirs");
  assert.equal(await book.Count, 3);
  assert.equal(await book(2).Text, "b");
  await put(book.Item(2).Text, "B");
  assert.equal(await book.Item(2).Text, "B");
  assert.equal(await book.Find("x", named({ backwards: true })), "x/undefined/true");
  const texts: unknown[] = [];
  for await (const item of book) texts.push(await item.Text);
  assert.deepEqual(texts, ["a", "B", "c"]);
  assert.ok((await book.Item(1)) === (await book(1)));
});

test("failures, records, arrays and callbacks cross the wire", async () => {
  await using book = await open();
  await assert.rejects(
    async () => await book.Item(9),
    (error: ComError) =>
      error.code === 0x80041001 &&
      error.info.description === "there is no item 9" &&
      error.info.source === "Notebook",
  );
  assert.deepEqual(await book.Corner(), { x: 3, y: 4.5 });
  assert.equal(await book.Length(new RecordValue(Point, { x: 3, y: 4 })), 5);
  assert.deepEqual(await book.Grid(), [
    [1, 2],
    [3, 4],
  ]);
  assert.deepEqual(await book.Echo(new Uint8Array([1, 2])), new Uint8Array([1, 2]));
  assert.deepEqual(await book.Echo(["a", [1n, null]]), ["a", [1n, null]]);
  assert.equal(await book.Ask((n: number) => n * 2), 41);
});

test("objects go there and come back as themselves", async () => {
  await using book = await open();
  const item = await book.Item(1);
  await put(book.Owner, item);
  assert.ok((await book.Owner) === item);
  assert.ok((await book.Owner) === item, "reading it does not give it away");
  await put(book.Owner, null).catch(() => undefined);
});

test("what was reached is given back with the object", async () => {
  const before = Notebook.released;
  {
    await using book = await open();
    void (await book.Item(1).Text);
  }
  for (let i = 0; i < 100 && Notebook.released === before; i++)
    await new Promise((resolve) => setTimeout(resolve, 20));
  assert.ok(Notebook.released > before);
});

test("active objects: found in every process of the machine, until they are revoked", async () => {
  await assert.rejects(getObject(client, undefined, notebook.clsid), { code: 0x800401e3 });
  await assert.rejects(getObject(client, "c:\\file.xls"), { code: 0x800401e4 });
  await using book = await open();
  {
    await using _ = await registerActiveObject(client, notebook.clsid, book);
    await using same = await getObject(client, undefined, notebook.clsid);
    await using there = await getObject(server, undefined, notebook.clsid);
    assert.equal(await there.Title, "notes");
    await put(same.Title, "shared");
    assert.equal(await book.Title, "shared");
  }
  await assert.rejects(getObject(client, undefined, notebook.clsid), { code: 0x800401e3 });
});
