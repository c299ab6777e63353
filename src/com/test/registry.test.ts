import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { ComError, HResult, ManualClock, guid } from "../../base/index.ts";
import { MemoryStore, openStore } from "../../store/index.ts";
import { Registry, RegistryType, bytesOf, dataOf, parseSddl } from "../index.ts";
import { withCode } from "./support.ts";

export function memoryRegistry(clock?: ManualClock): Registry {
  return new Registry(new MemoryStore(), { user: "ann", ...(clock === undefined ? {} : { clock }) });
}

describe("registry", () => {
  it("keeps keys and values, whatever the case of their names", async () => {
    const registry = memoryRegistry();
    await registry.edit((editor) => {
      assert.ok(editor.create("HKLM\\Software\\Acme"));
      assert.ok(!editor.create("HKEY_LOCAL_MACHINE\\SOFTWARE\\acme"));
      editor.set("hklm\\software\\ACME", "Size", 7);
      editor.set("hklm\\software\\ACME", "size", 8);
      editor.set("hklm\\software\\ACME", "", "default");
    });
    assert.deepEqual(registry.subkeys("HKLM\\Software"), ["Acme"]);
    assert.deepEqual(
      registry.values("HKLM\\Software\\Acme").map((value) => [value.name, dataOf(value)]),
      [
        ["Size", 8],
        ["", "default"],
      ],
    );
    assert.equal(registry.number("HKLM\\software\\acme", "SIZE"), 8);
    assert.equal(registry.text("HKLM\\software\\acme"), "default");
    assert.equal(registry.text("HKLM\\software\\acme", "SIZE"), undefined);
    assert.equal(registry.value("HKLM\\nothing"), undefined);
  });

  it("keeps each type's data", async () => {
    const registry = memoryRegistry();
    const samples = [
      [RegistryType.SZ, "text"],
      [RegistryType.EXPAND_SZ, "%NO_SUCH_VARIABLE%\\x"],
      [RegistryType.MULTI_SZ, ["a", "b"]],
      [RegistryType.MULTI_SZ, []],
      [RegistryType.DWORD, 0xffffffff],
      [RegistryType.DWORD_BIG_ENDIAN, 1],
      [RegistryType.QWORD, 2n ** 64n - 1n],
      [RegistryType.BINARY, Uint8Array.of(1, 2)],
      [RegistryType.NONE, Uint8Array.of()],
      [77, Uint8Array.of(9)],
    ] as const;
    await registry.edit((editor) => {
      for (const [index, [type, data]] of samples.entries()) editor.set("HKCU\\T", `v${index}`, data, type);
    });
    for (const [index, [type, data]] of samples.entries()) {
      const value = registry.value("HKCU\\T", `v${index}`);
      assert.equal(value?.type, type);
      assert.deepEqual(value && dataOf(value), data);
    }
    assert.deepEqual(bytesOf(RegistryType.SZ, "A"), Uint8Array.of(65, 0, 0, 0));
    assert.throws(() => bytesOf(RegistryType.DWORD, "x"), withCode(HResult.E_INVALIDARG));
    assert.equal(
      dataOf({ name: "", type: RegistryType.DWORD, data: Uint8Array.of(1) }) instanceof Uint8Array,
      true,
    );
    assert.equal(dataOf({ name: "", type: RegistryType.SZ, data: Uint8Array.of(65, 0, 66) }), "A");
  });

  it("puts the environment into expandable text", async () => {
    const registry = memoryRegistry();
    process.env["COMITY_TEST_PLACE"] = "here";
    await registry.edit((editor) =>
      editor.set("HKLM\\X", "p", "%COMITY_TEST_PLACE%\\%no%", RegistryType.EXPAND_SZ),
    );
    assert.equal(registry.text("HKLM\\X", "p"), "here\\%no%");
    delete process.env["COMITY_TEST_PLACE"];
  });

  it("shows the user's classes over the machine's, and writes where the key is", async () => {
    const registry = memoryRegistry();
    const clsid = guid("00000000-1111-2222-3333-444444444444");
    await registry.edit((editor) => {
      editor.set("HKLM\\Software\\Classes\\Acme", "", "machine");
      editor.set("HKLM\\Software\\Classes\\Acme", "only", "machine");
      editor.set("HKLM\\Software\\Classes\\Acme\\A", "", "a");
      editor.set("HKCU\\Software\\Classes\\acme", "", "user");
      editor.create("HKCU\\Software\\Classes\\acme\\B");
      editor.set(`HKCR\\CLSID\\${clsid}`, "", "new");
    });
    assert.equal(registry.text("HKCR\\Acme"), "user");
    assert.equal(registry.text("HKCR\\Acme", "only"), "machine");
    assert.deepEqual(registry.subkeys("HKCR\\Acme"), ["A", "B"]);
    assert.equal(registry.text(`HKLM\\SOFTWARE\\Classes\\CLSID\\${clsid}`), "new");
    assert.equal(registry.text("HKEY_USERS\\ann\\Software\\Classes\\Acme"), "user");
    await registry.edit((editor) => {
      editor.set("HKCR\\Acme", "", "changed");
      editor.deleteTree("HKCR\\Acme");
    });
    assert.equal(registry.text("HKCR\\Acme"), "machine");
  });

  it("deletes keys by the rules", async () => {
    const registry = memoryRegistry();
    await registry.edit((editor) => {
      editor.set("HKLM\\A\\B\\C", "v", 1);
      assert.throws(() => editor.delete("HKLM\\A\\B"), withCode(HResult.E_ACCESSDENIED));
      assert.throws(() => editor.delete("HKLM"), withCode(HResult.E_ACCESSDENIED));
      assert.ok(editor.delete("HKLM\\A\\B\\C"));
      assert.ok(!editor.delete("HKLM\\A\\B\\C"));
      editor.set("HKLM\\A\\B\\C", "w", 1);
      assert.deepEqual(
        editor.values("HKLM\\A\\B\\C").map((value) => value.name),
        ["w"],
        "nothing of the old key is left",
      );
      assert.ok(editor.deleteTree("HKLM\\A"));
      assert.ok(!editor.exists("HKLM\\A"));
      assert.ok(!editor.unset("HKLM\\A", "w"));
    });
    assert.ok(registry.exists("HKLM"));
  });

  it("keeps all of an edit or nothing", async () => {
    const registry = memoryRegistry();
    const failing = registry.edit((editor) => {
      editor.set("HKLM\\A", "v", 1);
      throw new ComError(HResult.E_ABORT);
    });
    await assert.rejects(failing, withCode(HResult.E_ABORT));
    assert.ok(!registry.exists("HKLM\\A"));
  });

  it("holds the limits of Windows", async () => {
    const registry = memoryRegistry();
    const name = "n".repeat(255);
    const deep = `HKLM${"\\d".repeat(512)}`;
    await registry.edit((editor) => {
      editor.set(`HKLM\\${name}`, "v".repeat(16_383), 1);
      editor.set(`HKLM\\${name}`, `${"v".repeat(16_382)}w`, 2);
      editor.create(deep);
    });
    assert.equal(registry.number(`HKLM\\${name}`, "V".repeat(16_383)), 1);
    assert.equal(registry.values(`HKLM\\${name}`).length, 2);
    assert.ok(registry.exists(deep));
    const bad: ((key: string) => void)[] = [];
    for (const path of [
      `HKLM\\${name}n`,
      `${deep}\\d`,
      "HKLM\\a\\\\b",
      "HKXX\\a",
      "__proto__\\a",
      "",
      "HKLM\\a\0b",
    ]) {
      assert.throws(() => registry.exists(path), withCode(HResult.E_INVALIDARG), path.slice(0, 20));
    }
    assert.deepEqual(bad, []);
    for (const edit of [
      registry.edit((editor) => editor.set("HKLM\\x", "v".repeat(16_384), 1)),
      registry.edit((editor) => editor.set("HKLM\\x", "v", new Uint8Array(1024 * 1024 + 1))),
      registry.edit((editor) => editor.setSecurity("HKLM", parseSddl(`D:${"(A;;KA;;;BA)".repeat(3000)}`))),
    ]) {
      await assert.rejects(edit, withCode(HResult.E_INVALIDARG));
    }
    await registry.edit((editor) => editor.deleteTree("HKLM\\d"));
  });

  it("knows the time of the last write, a change of the permissions among them", async () => {
    const clock = new ManualClock(5000);
    const registry = memoryRegistry(clock);
    await registry.edit((editor) => editor.create("HKLM\\A\\B"));
    clock.advance(10);
    await registry.edit((editor) => editor.setSecurity("HKLM\\A", parseSddl("D:(A;CI;KA;;;BA)")));
    assert.deepEqual(registry.info("HKLM\\A"), { lastWrite: 5010 });
    assert.deepEqual(registry.info("HKLM\\A\\B"), { lastWrite: 5000 });
  });

  it("tells of changes to a key, and below it where asked", async () => {
    const registry = memoryRegistry();
    await registry.edit((editor) => editor.create("HKLM\\A\\B"));
    const told = { key: 0, tree: 0, classes: 0 };
    using _key = registry.watch("HKLM\\A", () => told.key++);
    using _tree = registry.watch("HKLM\\A", () => told.tree++, { subtree: true });
    using _classes = registry.watch("HKCR", () => told.classes++, { subtree: true });
    await registry.edit((editor) => editor.set("HKLM\\A\\B", "v", 1));
    assert.deepEqual(told, { key: 0, tree: 1, classes: 0 });
    await registry.edit((editor) => editor.create("HKLM\\A\\C"));
    assert.deepEqual(told, { key: 1, tree: 2, classes: 0 });
    await registry.edit((editor) => editor.create("HKLM\\Z"));
    assert.deepEqual(told, { key: 1, tree: 2, classes: 0 });
    await registry.edit((editor) => editor.set("HKLM\\Software\\Classes\\X", "", "x"));
    assert.equal(told.classes, 1);
    await registry.edit((editor) => editor.deleteTree("HKLM\\A"));
    assert.deepEqual(told, { key: 2, tree: 3, classes: 1 });
  });

  it("agrees with a plain map, whatever is done", async () => {
    const name = fc.constantFrom("a", "A", "b", "ß", "é", "\ud800", "c.d");
    const path = fc.array(name, { minLength: 1, maxLength: 3 });
    const step = fc.tuple(fc.constantFrom("create", "set", "unset", "delete"), path, name);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const registry = memoryRegistry();
        const model = new Map<string, Map<string, number>>();
        const fold = (names: readonly string[]): string => names.map((one) => one.toLowerCase()).join("\\");
        await registry.edit((editor) => {
          for (const [index, [action, names, value]] of steps.entries()) {
            const key = `HKLM\\${names.join("\\")}`;
            if (action === "delete") {
              editor.deleteTree(key);
              for (const known of model.keys()) {
                if (known === fold(names) || known.startsWith(`${fold(names)}\\`)) model.delete(known);
              }
            } else if (action === "unset") {
              assert.equal(
                editor.unset(key, value),
                model.get(fold(names))?.delete(value.toLowerCase()) ?? false,
              );
            } else {
              for (let depth = 1; depth <= names.length; depth++) {
                const above = fold(names.slice(0, depth));
                if (!model.has(above)) model.set(above, new Map());
              }
              if (action === "create") editor.create(key);
              else {
                editor.set(key, value, index);
                model.get(fold(names))?.set(value.toLowerCase(), index);
              }
            }
          }
        });
        const seen = new Map<string, Map<string, number>>();
        const walk = (at: readonly string[]): void => {
          for (const child of registry.subkeys(["HKLM", ...at].join("\\"))) {
            const names = [...at, child];
            const values = registry.values(["HKLM", ...names].join("\\"));
            seen.set(
              fold(names),
              new Map(values.map((one) => [one.name.toLowerCase(), Number(dataOf(one))])),
            );
            walk(names);
          }
        };
        walk([]);
        const sorted = (map: Map<string, Map<string, number>>): unknown =>
          [...map]
            .map(([key, values]) => [key, [...values].toSorted(([a], [b]) => (a < b ? -1 : 1))] as const)
            .toSorted(([a], [b]) => (a < b ? -1 : 1));
        assert.deepEqual(sorted(seen), sorted(model));
      }),
      { numRuns: 80 },
    );
  });
});

describe("registry in a store on disk", () => {
  it("is shared by processes, which hear of each other's changes", async () => {
    const folder = mkdtempSync(join(tmpdir(), "comity-registry-"));
    try {
      await using store = await openStore({ path: folder });
      const registry = new Registry(store, { user: "ann" });
      const heard = new Promise<string>((resolve) => {
        registry.watch("HKLM\\Shared", () => resolve(registry.text("HKLM\\Shared", "from") ?? ""));
      });
      const script = fileURLToPath(new URL("registry-child.js", import.meta.url));
      const child = spawn(process.execPath, [script, folder], { stdio: "inherit" });
      const closed = once(child, "close");
      const keepAlive = setTimeout(() => {}, 20_000);
      assert.equal(await heard, "the other process");
      clearTimeout(keepAlive);
      await closed;
      assert.equal(registry.subkeys("HKLM\\Shared\\Many").length, 50);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
