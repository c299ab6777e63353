import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { TestHome, comity, comityProgram } from "./support.ts";

const key = "HKLM\\SOFTWARE\\Test";

test("keys and values of every kind: add, query, delete", async () => {
  using _ = new TestHome();
  const values = [
    ["text", "REG_SZ", "hällo wörld", "hällo wörld"],
    ["path", "REG_EXPAND_SZ", "%HOME%\\x", "%HOME%\\x"],
    ["number", "REG_DWORD", "0x102", "0x102"],
    ["long", "REG_QWORD", "81985529216486895", "0x123456789abcdef"],
    ["bytes", "REG_BINARY", "00FF10", "00FF10"],
    ["list", "REG_MULTI_SZ", "a\\0b\\0c", "a\\0b\\0c"],
  ] as const;
  for (const [name, type, data] of values) {
    assert.equal((await comity("reg", "add", key, "-v", name, "-t", type, "-d", data)).code, 0, name);
  }
  assert.equal((await comity("reg", "add", `${key}\\Below`, "-d", "the default")).code, 0);
  const { out } = await comity("reg", "query", key);
  const lines = out.split("\n");
  assert.equal(lines[0], key);
  for (const [name, type, , shown] of values)
    assert.ok(lines.includes(`    ${name}    ${type}    ${shown}`), name);
  assert.ok(lines.includes(`${key}\\Below`));
  const one = await comity("reg", "query", key, "-v", "NUMBER");
  assert.equal(one.out, `${key}\n    number    REG_DWORD    0x102\n`);
  assert.match((await comity("reg", "query", key, "-s")).out, /\(Default\) {4}REG_SZ {4}the default/);
  const json = JSON.parse((await comity("reg", "query", key, "--json")).out) as {
    subkeys: string[];
    values: unknown[];
  };
  assert.deepEqual(json.subkeys, ["Below"]);
  assert.equal(json.values.length, values.length);
  assert.equal((await comity("reg", "delete", key, "-v", "text")).code, 0);
  assert.equal((await comity("reg", "query", key, "-v", "text")).code, 1);
  assert.equal((await comity("reg", "delete", key)).code, 0);
  assert.equal((await comity("reg", "query", key)).code, 1);
});

test("export and import carry everything to another machine", async () => {
  let file: Buffer;
  {
    using home = new TestHome();
    await comity("reg", "add", key, "-v", "text", "-d", 'quotes " and \\ backslashes');
    await comity("reg", "add", `${key}\\Below`, "-v", "number", "-t", "REG_DWORD", "-d", "7");
    const path = `${home.path}/out.reg`;
    assert.equal((await comity("reg", "export", key, path)).code, 0);
    file = readFileSync(path);
    assert.equal(file.readUInt16LE(0), 0xfeff, "UTF-16 as regedit writes it");
    assert.match(file.toString("utf16le"), /Windows Registry Editor Version 5\.00/);
    const old = comityProgram(["reg", "export", key, "-", "--version4"]);
    assert.match(old.out, /^REGEDIT4/);
  }
  using home = new TestHome();
  const path = `${home.path}/in.reg`;
  writeFileSync(path, file);
  assert.deepEqual(await comity("reg", "import", path), { code: 0, out: "", err: "" });
  assert.match((await comity("reg", "query", key)).out, /quotes " and \\ backslashes/);
  assert.match((await comity("reg", "query", `${key}\\Below`)).out, /number {4}REG_DWORD {4}0x7/);
});

test("permissions on keys: shown, given, kept to, taken away", async () => {
  using _ = new TestHome();
  await comity("reg", "add", `${key}\\Below`, "-v", "v", "-d", "x");
  const usual = "O:BAG:SYD:(A;CI;KA;;;BA)(A;CI;KA;;;SY)(A;CI;KR;;;WD)";
  assert.equal((await comity("reg", "permissions", key)).out, `${key}\n    ${usual}    (inherited)\n`);
  const given = await comity("reg", "permissions", key, "D:(A;CI;KR;;;BA)");
  assert.deepEqual(given, { code: 0, out: `${key}\n    O:BAG:SYD:(A;CI;KR;;;BA)\n`, err: "" });
  const refused = await comity("reg", "add", `${key}\\Below`, "-v", "v", "-d", "y");
  assert.equal(refused.code, 1);
  assert.match(
    refused.err,
    /KEY_SET_VALUE to the key HKEY_LOCAL_MACHINE\\SOFTWARE\\Test\\Below.*registry key/,
  );
  assert.equal((await comity("reg", "permissions", key, "--remove")).out.endsWith("(inherited)\n"), true);
  assert.equal((await comity("reg", "add", `${key}\\Below`, "-v", "v", "-d", "y")).code, 0);
});

test("what cannot be done is said in words", async () => {
  using home = new TestHome();
  writeFileSync(`${home.path}/bad.reg`, "no registry file at all");
  for (const [args, message] of [
    [["query", "HKLM\\No\\Such\\Key"], /HKLM\\No\\Such\\Key is not in the registry/],
    [["query", "NOHIVE\\x"], /NOHIVE/],
    [["add", key, "-v", "x", "-t", "REG_WHAT", "-d", "1"], /REG_WHAT is no type; there are REG_/],
    [["add", key, "-v", "x", "-t", "REG_DWORD", "-d", "many"], /"many" is not a whole number of 32 bits/],
    [["add", key, "-v", "x", "-t", "REG_DWORD", "-d", "4294967296"], /is not a whole number of 32 bits/],
    [["add", key, "-v", "x", "-t", "REG_QWORD", "-d", "-1"], /is not a whole number of 64 bits/],
    [["add", key, "-v", "x", "-t", "REG_BINARY", "-d", "0g"], /"0g" is not pairs of hexadecimal digits/],
    [["delete", "HKLM\\No\\Such\\Key"], /is not in the registry/],
    [["permissions", "HKLM\\No\\Such\\Key"], /is not in the registry/],
    [["permissions", key, "everybody"], /"everybody" is none of O:, G:, D:, S:/],
    [["permissions", key, "D:", "--remove"], /not both/],
    [["export", "HKLM\\No\\Such\\Key", `${home.path}/x.reg`], /is not in the registry/],
    [["import", `${home.path}/missing.reg`], /no such file/],
    [["import", `${home.path}/bad.reg`], /REGEDIT4|registry file|header/i],
  ] as const) {
    const { code, err, out } = await comity("reg", ...args);
    assert.equal(code, 1, `${args.join(" ")}: ${out}${err}`);
    assert.match(err, message, args.join(" "));
  }
});
