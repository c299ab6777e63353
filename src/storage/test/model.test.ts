import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import type { IStorage, IStream } from "../../com/gen/objidl.ts";
import {
  Stgm,
  Stgty,
  bytesOfLockBytes,
  createMemoryLockBytes,
  createStorage,
  createStorageOnLockBytes,
  openStorage,
  openStorageOnLockBytes,
} from "../index.ts";
import { checkFile } from "./check-file.ts";
import { X, clock, elements, get, pattern, seeded } from "./support.ts";

/** The slow and obvious storage: names and bytes. */
type Model = Map<string, Uint8Array | Model>;

function copyOf(model: Model): Model {
  return new Map(
    [...model].map(([name, value]) => [name, value instanceof Map ? copyOf(value) : value.slice()]),
  );
}

async function same(storage: IStorage, model: Model): Promise<void> {
  const list = await elements(storage);
  assert.deepEqual(list.map((stat) => String(stat.pwcsName)).toSorted(), [...model.keys()].toSorted());
  for (const { pwcsName, type, cbSize } of list) {
    const name = pwcsName ?? "";
    const value = model.get(name);
    if (value instanceof Map) {
      assert.equal(type, Stgty.STORAGE);
      using child = (await storage.OpenStorage(name, null, Stgm.READ | 0x10, null, 0)) as IStorage;
      await same(child, value);
    } else {
      assert.equal(cbSize, BigInt(value?.length ?? -1), name);
      assert.deepEqual(await get(storage, name), value, name);
    }
  }
}

const sizes = [0, 1, 63, 64, 65, 511, 512, 513, 4000, 4095, 4096, 4097, 9000, 20_000, 100_000];

interface Medium {
  create(mode: number, version: 3 | 4): Promise<IStorage>;
  open(mode: number): Promise<IStorage>;
  bytes(): Uint8Array;
  end(): void;
}

function inFile(path: string): Medium {
  return {
    create: async (mode, version) => createStorage(path, mode, { version, clock }),
    open: async (mode) => openStorage(path, mode, { clock }),
    bytes: () => readFileSync(path),
    end: () => {},
  };
}

function inMemory(): Medium {
  const bytes = createMemoryLockBytes();
  return {
    create: (mode, version) => createStorageOnLockBytes(bytes, mode | Stgm.CREATE, { version, clock }),
    open: (mode) => openStorageOnLockBytes(bytes, mode, { clock }),
    bytes: () => bytesOfLockBytes(bytes),
    end: () => void bytes.Release(),
  };
}

class Player {
  readonly random: () => number;
  #names = 0;

  constructor(seed: number) {
    this.random = seeded(seed);
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.random() * list.length)] as T;
  }

  async play(storage: IStorage, model: Model, steps: number, depth: number): Promise<void> {
    for (let i = 0; i < steps; i++) await this.#step(storage, model, depth);
  }

  async #step(storage: IStorage, model: Model, depth: number): Promise<void> {
    const streams = [...model].filter(([, value]) => !(value instanceof Map)).map(([name]) => name);
    const storages = [...model].filter(([, value]) => value instanceof Map).map(([name]) => name);
    const luck = this.random();
    if (luck < 0.2 || model.size === 0) return this.#create(storage, model);
    if (luck < 0.55 && streams.length > 0) return this.#write(storage, model, this.pick(streams));
    if (luck < 0.6) return this.#replace(storage, model);
    if (luck < 0.66) return this.#destroy(storage, model);
    if (luck < 0.7) return this.#rename(storage, model);
    if (luck < 0.78 && depth < 3) return this.#createStorage(storage, model, depth);
    if (storages.length > 0) return this.#enter(storage, model, this.pick(storages), depth);
  }

  async #create(storage: IStorage, model: Model): Promise<void> {
    const name = `s${this.#names++}`;
    const bytes = pattern(this.pick(sizes), this.#names);
    using stream = (await storage.CreateStream(name, X, 0, 0)) as IStream;
    await stream.Write(bytes, bytes.length);
    model.set(name, bytes);
  }

  /** Another element in the place of one that is there. */
  async #replace(storage: IStorage, model: Model): Promise<void> {
    const name = this.pick([...model.keys()]);
    if (this.random() < 0.2) {
      using _made = await storage.CreateStorage(name, X | Stgm.CREATE, 0, 0);
      model.set(name, new Map());
      return;
    }
    const bytes = pattern(this.pick(sizes), this.#names);
    using stream = (await storage.CreateStream(name, X | Stgm.CREATE, 0, 0)) as IStream;
    await stream.Write(bytes, bytes.length);
    model.set(name, bytes);
  }

  async #write(storage: IStorage, model: Model, name: string): Promise<void> {
    using stream = (await storage.OpenStream(name, 0, null, X, 0)) as IStream;
    let bytes = model.get(name) as Uint8Array;
    for (let i = 0; i < 3; i++) {
      const at = Math.floor(this.random() * (bytes.length + 3000));
      if (this.random() < 0.3) {
        await stream.SetSize(BigInt(at));
        bytes = resized(bytes, at);
      } else {
        const piece = pattern(this.pick(sizes), at + i);
        await stream.Seek(BigInt(at), 0);
        await stream.Write(piece, piece.length);
        if (piece.length > 0) bytes = resized(bytes, Math.max(bytes.length, at + piece.length));
        bytes.set(piece, piece.length > 0 ? at : 0);
      }
    }
    model.set(name, bytes);
  }

  async #destroy(storage: IStorage, model: Model): Promise<void> {
    const name = this.pick([...model.keys()]);
    await storage.DestroyElement(name);
    model.delete(name);
  }

  async #rename(storage: IStorage, model: Model): Promise<void> {
    const name = this.pick([...model.keys()]);
    const next = `r${this.#names++}`;
    await storage.RenameElement(name, next);
    model.set(next, model.get(name) as Model);
    model.delete(name);
  }

  async #createStorage(storage: IStorage, model: Model, depth: number): Promise<void> {
    const name = `d${this.#names++}`;
    using child = (await storage.CreateStorage(name, X, 0, 0)) as IStorage;
    const inner: Model = new Map();
    await this.play(child, inner, 4, depth + 1);
    model.set(name, inner);
  }

  async #enter(storage: IStorage, model: Model, name: string, depth: number): Promise<void> {
    const transacted = this.random() < 0.6;
    using child = (await storage.OpenStorage(
      name,
      null,
      transacted ? X | Stgm.TRANSACTED : X,
      null,
      0,
    )) as IStorage;
    const before = model.get(name) as Model;
    const inner = transacted ? copyOf(before) : before;
    await this.play(child, inner, 5, depth + 1);
    if (!transacted || this.random() < 0.3) return;
    if (this.random() < 0.3) {
      await child.Revert();
      await same(child, before);
      return;
    }
    await child.Commit(0);
    model.set(name, inner);
  }
}

function resized(bytes: Uint8Array, size: number): Uint8Array {
  const made = new Uint8Array(size);
  made.set(bytes.subarray(0, size));
  return made;
}

suite("storage against names and bytes", () => {
  const folder = mkdtempSync(join(tmpdir(), "comity-storage-model-"));
  test.after(() => rmSync(folder, { recursive: true, force: true }));

  for (let seed = 1; seed <= 12; seed++) {
    for (const transacted of [true, false]) {
      test(`seed ${seed}, ${transacted ? "transacted" : "direct"}`, async () => {
        const medium = seed === 1 ? inFile(join(folder, String(transacted))) : inMemory();
        const player = new Player(seed);
        const mode = transacted ? X | Stgm.TRANSACTED : X;
        let model: Model = new Map();
        let committed: Model = new Map();
        (await medium.create(mode, seed % 2 === 0 ? 3 : 4)).Release();
        for (let session = 0; session < 4; session++) {
          const root = await medium.open(mode);
          for (let round = 0; round < 3; round++) {
            await player.play(root, model, 10, 0);
            await same(root, model);
            if (transacted && player.random() < 0.3) {
              await root.Revert();
              model = copyOf(committed);
            } else {
              await root.Commit(0);
              committed = copyOf(model);
              checkFile(medium.bytes());
            }
          }
          root.Release();
          checkFile(medium.bytes());
        }
        medium.end();
      });
    }
  }

  test("a snapshot stays while others commit; the last commit wins", async () => {
    const path = join(folder, "snapshots");
    const player = new Player(77);
    const mode = Stgm.READWRITE | Stgm.TRANSACTED | Stgm.SHARE_DENY_NONE;
    createStorage(path, X | Stgm.TRANSACTED, { clock }).Release();
    const roots: { readonly root: IStorage; model: Model }[] = [];
    let committed: Model = new Map();
    for (let round = 0; round < 60; round++) {
      if (roots.length < 4)
        roots.push({ root: openStorage(path, mode, { clock }), model: copyOf(committed) });
      const one = player.pick(roots);
      await player.play(one.root, one.model, 6, 0);
      for (const { root, model } of roots) await same(root, model);
      const luck = player.random();
      if (luck < 0.5) {
        await one.root.Commit(0);
        committed = copyOf(one.model);
        checkFile(readFileSync(path).subarray(0));
      } else if (luck < 0.7) {
        await one.root.Revert();
        one.model = copyOf(committed);
      } else if (luck < 0.85) {
        one.root.Release();
        roots.splice(roots.indexOf(one), 1);
      }
    }
    for (const { root } of roots) root.Release();
    using last = openStorage(path, X | Stgm.TRANSACTED, { clock });
    await same(last, committed);
    checkFile(readFileSync(path));
  });
});
