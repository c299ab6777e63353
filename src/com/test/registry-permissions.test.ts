import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ComError, HResult } from "../../base/index.ts";
import { MemoryStore, type Store } from "../../store/index.ts";
import {
  type Caller,
  RegisteredClasses,
  Registry,
  type RegistryEditor,
  formatSddl,
  parseSddl,
} from "../index.ts";
import { withCode } from "./support.ts";

const annSid = "S-1-5-21-1-2-3-1000";
const ann: Caller = { account: "PLANT\\ann", sid: annSid, local: false };
const bob: Caller = { account: "PLANT\\bob", sid: "S-1-5-21-1-2-3-1001", local: false };
const administrator: Caller = { account: "Administrator", sid: "S-1-5-21-1-2-3-500", local: false };
const nobody: Caller = { account: undefined, local: false };

const key = "HKLM\\Software\\Acme";

/** A registry with some keys, as the machine's owner sees it. */
async function filled(store: Store = new MemoryStore()): Promise<Registry> {
  const registry = new Registry(store, { user: "ann" });
  await registry.edit((editor) => {
    editor.set(`${key}\\Sub\\Deep`, "v", 1);
    editor.set(key, "v", 2);
  });
  return registry;
}

async function secure(registry: Registry, path: string, text: string | undefined): Promise<void> {
  await registry.edit((editor) => editor.setSecurity(path, text === undefined ? undefined : parseSddl(text)));
}

/** That a refusal names who, which right and which key. */
function denied(right: string, path = "HKEY_LOCAL_MACHINE\\Software\\Acme", who = "PLANT\\ann") {
  return (error: unknown): boolean =>
    error instanceof ComError &&
    error.code === HResult.E_ACCESSDENIED &&
    error.gate === "registry key" &&
    error.message.includes(`${who} does not have ${right} to the key ${path}`);
}

describe("permissions on keys", () => {
  it("by default everybody who has logged on reads, administrators do everything", async () => {
    const registry = await filled();
    const asAnn = registry.as(ann);
    assert.equal(asAnn.number(key, "v"), 2);
    assert.deepEqual(asAnn.subkeys(key), ["Sub"]);
    assert.equal(
      formatSddl(asAnn.security(key)?.descriptor ?? assert.fail()),
      "O:BAG:SYD:(A;CI;KA;;;BA)(A;CI;KA;;;SY)(A;CI;KR;;;WD)",
    );
    await assert.rejects(
      asAnn.edit((editor) => editor.set(key, "v", 3)),
      denied("KEY_SET_VALUE"),
    );
    await assert.rejects(
      asAnn.edit((editor) => editor.create(`${key}\\New`)),
      denied("KEY_CREATE_SUB_KEY"),
    );
    await assert.rejects(
      asAnn.edit((editor) => editor.deleteTree(key)),
      denied("DELETE"),
    );
    await assert.rejects(secure(asAnn, key, "D:(A;;KA;;;WD)"), denied("WRITE_DAC"));
    assert.throws(
      () => registry.as(nobody).exists(key),
      denied("any right", undefined, "an anonymous caller"),
    );
    await registry.as(administrator).edit((editor) => editor.set(key, "v", 3));
    assert.equal(registry.number(key, "v"), 3);
  });

  it("each operation asks for its own right", async () => {
    const path = "HKEY_LOCAL_MACHINE\\Software\\Acme";
    const deep = `${path}\\Sub`;
    for (const [right, name, ask] of [
      ["KEY_QUERY_VALUE", path, (as: Registry) => as.value(key, "v")],
      ["KEY_QUERY_VALUE", path, (as: Registry) => as.values(key)],
      ["KEY_QUERY_VALUE", path, (as: Registry) => as.text(key)],
      ["KEY_QUERY_VALUE", path, (as: Registry) => as.info(key)],
      ["KEY_ENUMERATE_SUB_KEYS", path, (as: Registry) => as.subkeys(key)],
      ["KEY_NOTIFY", path, (as: Registry) => as.watch(key, () => {})[Symbol.dispose]()],
      ["READ_CONTROL", path, (as: Registry) => as.security(key)],
      ["KEY_SET_VALUE", path, (as: Registry) => as.edit((one) => one.set(key, "v", 1))],
      ["KEY_SET_VALUE", path, (as: Registry) => as.edit((one) => one.unset(key, "v"))],
      ["KEY_CREATE_SUB_KEY", path, (as: Registry) => as.edit((one) => one.create(`${key}\\X\\Y`))],
      ["KEY_CREATE_SUB_KEY", path, (as: Registry) => as.edit((one) => one.set(`${key}\\X`, "v", 1))],
      ["DELETE", deep, (as: Registry) => as.edit((one) => one.deleteTree(`${key}\\Sub`))],
      ["WRITE_DAC", path, (as: Registry) => as.edit((one) => one.setSecurity(key, parseSddl("D:")))],
      [
        "WRITE_OWNER",
        path,
        (as: Registry) => as.edit((one) => one.setSecurity(key, parseSddl(`O:${annSid}`))),
      ],
      [
        "ACCESS_SYSTEM_SECURITY",
        path,
        (as: Registry) => as.edit((one) => one.setSecurity(key, parseSddl("S:"))),
      ],
    ] as const) {
      const registry = await filled();
      // Everything but the right; then the right alone (what else the operation needs stands in the list, too).
      await secure(registry, key, `D:(D;CI;${bits[right]};;;BU)(A;CI;KA;;;WD)`);
      await assert.rejects(async () => ask(registry.as(ann)), denied(right, name), right);
      if (right === "ACCESS_SYSTEM_SECURITY") continue; // a privilege, which no list gives
      await secure(
        registry,
        key,
        `D:(A;CI;${bits[right]}${right === "DELETE" ? "SW" : ""};;;BU)(A;CI;KA;;;BA)`,
      );
      await ask(registry.as(ann));
    }
  });

  it("the machine's owner is bound, too, and can always take back", async () => {
    const registry = await filled();
    await secure(registry, key, "D:(A;CI;KR;;;WD)");
    await assert.rejects(
      registry.edit((editor) => editor.set(key, "v", 3)),
      denied("KEY_SET_VALUE", undefined, "the machine's owner"),
    );
    assert.equal(registry.number(key, "v"), 2);
    await secure(registry, key, `O:${annSid}D:`);
    assert.throws(() => registry.number(key, "v"), withCode(HResult.E_ACCESSDENIED));
    await assert.rejects(secure(registry, key, "D:(A;;KA;;;BA)"), withCode(HResult.E_ACCESSDENIED));
    await secure(registry, key, "O:BA"); // takes ownership
    await secure(registry, key, "D:(A;CI;KA;;;BA)");
    assert.equal(registry.number(key, "v"), 2);
  });

  it("an owner reads and changes the permissions, whatever they say", async () => {
    const registry = await filled();
    await secure(registry, key, `O:${annSid}D:(A;CI;KA;;;BA)`);
    const asAnn = registry.as(ann);
    assert.throws(() => asAnn.number(key, "v"), denied("KEY_QUERY_VALUE"));
    assert.deepEqual(asAnn.security(key)?.descriptor.owner, annSid);
    await secure(asAnn, key, `D:(A;;KA;;;${annSid})`);
    assert.equal(asAnn.number(key, "v"), 2);
    await assert.rejects(
      secure(asAnn, key, "O:S-1-5-21-1-2-3-1001"),
      /may not make S-1-5-21-1-2-3-1001 the owner/,
    );
    assert.throws(() => registry.as(bob).number(key, "v"), withCode(HResult.E_ACCESSDENIED));
  });

  it("are inherited as their flags say", async () => {
    const registry = await filled();
    const of = (path: string): string => {
      const found = registry.security(path);
      return found === undefined
        ? "nothing"
        : `${formatSddl({ ...found.descriptor, owner: undefined, group: undefined })}${found.own ? "!" : ""}`;
    };
    const sub = `${key}\\Sub`;
    await secure(registry, key, "D:(A;CI;KA;;;BA)(A;CINP;KR;;;AU)(A;CIIO;KW;;;NU)(A;;KR;;;WD)");
    assert.equal(of(key), "D:(A;CI;KA;;;BA)(A;CINP;KR;;;AU)(A;CIIO;KW;;;NU)(A;;KR;;;WD)!");
    assert.equal(of(sub), "D:(A;CIID;KA;;;BA)(A;ID;KR;;;AU)(A;CIID;KW;;;NU)");
    assert.equal(of(`${sub}\\Deep`), "D:(A;CIID;KA;;;BA)(A;CIID;KW;;;NU)");
    await secure(registry, sub, "D:(A;CI;KR;;;BA)");
    assert.equal(of(`${sub}\\Deep`), "D:(A;CIID;KR;;;BA)");
    await secure(registry, sub, undefined);
    assert.equal(of(`${sub}\\Deep`), "D:(A;CIID;KA;;;BA)(A;CIID;KW;;;NU)");
    await secure(registry, key, "D:(A;;KA;;;BA)"); // says nothing of inheritance: for all below
    assert.equal(of(`${sub}\\Deep`), "D:(A;;KA;;;BA)");
    await secure(registry, key, "D:(A;CIIO;KA;;;CO)(A;CI;KA;;;BA)(A;CI;KR;;;WD)");
    assert.equal(of(sub), "D:(A;ID;KA;;;BA)(A;CIIOID;KA;;;CO)(A;CIID;KA;;;BA)(A;CIID;KR;;;WD)");
    assert.equal(of("HKLM\\Software"), "D:(A;CI;KA;;;BA)(A;CI;KA;;;SY)(A;CI;KR;;;WD)");
    assert.equal(of("HKLM\\Nothing"), "nothing");
  });

  it("whoever makes a key owns it", async () => {
    const registry = await filled();
    await secure(registry, key, "D:(A;CI;KA;;;BA)(A;CI;KR;;;WD)(A;;LCCCDCRPSWWD;;;BU)(A;CIIO;KA;;;CO)");
    const asAnn = registry.as(ann);
    await asAnn.edit((editor) => {
      editor.set(`${key}\\Mine\\Below`, "v", 1);
      editor.set(`${key}\\Mine`, "v", 2);
    });
    assert.equal(registry.security(`${key}\\Mine`)?.descriptor.owner, annSid);
    await asAnn.edit((editor) => editor.deleteTree(`${key}\\Mine\\Below`));
    await assert.rejects(
      registry.as(bob).edit((editor) => editor.set(`${key}\\Mine`, "v", 3)),
      withCode(HResult.E_ACCESSDENIED),
    );
  });

  it("of a key below count when a tree is deleted", async () => {
    const registry = await filled();
    await secure(registry, `${key}\\Sub\\Deep`, "D:(A;;KR;;;WD)");
    await assert.rejects(
      registry.edit((editor) => editor.deleteTree("HKLM\\Software")),
      denied("DELETE", "HKEY_LOCAL_MACHINE\\Software\\Acme\\Sub\\Deep", "the machine's owner"),
    );
    await assert.rejects(
      registry.edit((editor) => editor.deleteTree("HKLM")),
      withCode(HResult.E_ACCESSDENIED),
    );
    assert.equal(registry.number(`${key}\\Sub\\Deep`, "v"), 1);
  });

  it("hold for classes, which are remembered by who asks", async () => {
    const registry = await filled();
    const clsid = "c0a1e5ce-0000-4000-8000-00000000000b" as never;
    await registry.edit((editor) =>
      editor.set(`HKCR\\CLSID\\{${String(clsid)}}\\InprocServer32`, "", "/m.js"),
    );
    const classes = new RegisteredClasses(registry);
    assert.equal(classes.inprocServer(clsid), "/m.js");
    await secure(registry, `HKCR\\CLSID\\{${String(clsid)}}`, `D:(A;CI;KA;;;${annSid})`);
    assert.throws(() => classes.inprocServer(clsid), withCode(HResult.E_ACCESSDENIED));
    assert.equal(new RegisteredClasses(registry.as(ann)).inprocServer(clsid), "/m.js");
    assert.throws(
      () => new RegisteredClasses(registry.as(bob)).inprocServer(clsid),
      withCode(HResult.E_ACCESSDENIED),
    );
  });

  it("what cannot be checked is not taken", async () => {
    const registry = await filled();
    for (const text of ["D:(AU;SA;KA;;;WD)", "D:(ML;;NW;;;ME)", "S:(A;;KA;;;WD)"])
      await assert.rejects(secure(registry, key, text), withCode(HResult.E_INVALIDARG), text);
    await assert.rejects(secure(registry, "HKLM\\Nothing", "D:"), withCode(HResult.ERROR_FILE_NOT_FOUND));
    await secure(registry, key, "S:(AU;SAFA;KA;;;WD)");
    assert.equal(registry.security(key)?.descriptor.sacl?.length, 1);
    assert.equal(registry.as(ann).security(key)?.descriptor.sacl, undefined);
  });

  it("an audit list does not go with the descriptor of a key unless one may change it", async () => {
    const registry = await filled();
    await secure(registry, key, "D:(A;CI;KA;;;WD)S:(AU;SAFA;KA;;;WD)");
    const takeAway = (as: Registry): Promise<void> => as.edit((one) => one.setSecurity(key, undefined));
    await assert.rejects(takeAway(registry.as(ann)), denied("ACCESS_SYSTEM_SECURITY"));
    assert.equal(registry.security(key)?.descriptor.sacl?.length, 1);
    await takeAway(registry);
    assert.equal(registry.security(key)?.own, false);
  });

  it("cost nothing where no key has any", async () => {
    const store = new MemoryStore();
    const registry = await filled(store);
    const gets = (work: (editor: Registry) => unknown): number => {
      let count = 0;
      const read = store.read.bind(store);
      store.read = (run) =>
        read((view) =>
          run({ get: (...at) => (count++, view.get(...at)), range: (...at) => view.range(...at) }),
        );
      work(registry);
      store.read = read;
      return count;
    };
    const before = gets((one) => one.value(`${key}\\Sub`, "v"));
    assert.equal(before, 5, "three names, one value, and whether anything is to be checked");
    assert.equal(
      gets((one) => one.stamp),
      0,
    );
    await secure(registry, "HKLM\\Software", "D:(A;CI;KA;;;BA)");
    assert.ok(gets((one) => one.value(`${key}\\Sub`, "v")) > before);
    await registry.edit((editor: RegistryEditor) => editor.setSecurity("HKLM\\Software", undefined));
    assert.equal(
      gets((one) => one.value(`${key}\\Sub`, "v")),
      before,
    );
    await secure(registry, `${key}\\Sub`, "D:(A;CI;KA;;;BA)");
    await registry.edit((editor) => editor.deleteTree(key));
    await registry.edit((editor) => editor.create(`${key}\\Sub`));
    assert.equal(
      gets((one) => one.value(`${key}\\Sub`, "v")),
      before,
    );
  });
});

/** The rights as SDDL writes them. */
const bits: Readonly<Record<string, string>> = {
  KEY_QUERY_VALUE: "CC",
  KEY_SET_VALUE: "DC",
  KEY_CREATE_SUB_KEY: "LC",
  KEY_ENUMERATE_SUB_KEYS: "SW",
  KEY_NOTIFY: "RP",
  DELETE: "SD",
  READ_CONTROL: "RC",
  WRITE_DAC: "WD",
  WRITE_OWNER: "WO",
  ACCESS_SYSTEM_SECURITY: "SD",
};
