import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { TestHome, comity, comityProgram, root } from "./support.ts";

const idl = `import "unknwn.idl";
[object, uuid(00000000-0000-4000-8000-000000000001)]
interface IThing : IUnknown { HRESULT Do([in] LONG times, [out, retval] LONG* done); }
`;

test("comity idl: beside the file, into a folder, to standard output, as a model", async () => {
  using home = new TestHome();
  const path = `${home.path}/thing.idl`;
  writeFileSync(path, idl);
  assert.deepEqual(await comity("idl", path), { code: 0, out: `${home.path}/thing.ts\n`, err: "" });
  const text = readFileSync(`${home.path}/thing.ts`, "utf8");
  assert.match(text, /export interface IThing extends IUnknown/);
  assert.equal((await comity("idl", path, "-o", "-")).out, text);
  assert.equal((await comity("idl", path, "-o", `${home.path}/other.ts`)).code, 0);
  assert.ok(existsSync(`${home.path}/other.ts`));
  assert.match(JSON.stringify(JSON.parse((await comity("idl", path, "--json")).out)), /IThing/);
});

test("comity idl: errors with file, line and column", async () => {
  using home = new TestHome();
  const path = `${home.path}/bad.idl`;
  writeFileSync(path, idl.replace("LONG times", "NOSUCH times"));
  const { code, out, err } = await comity("idl", path);
  assert.equal(code, 1);
  assert.match(err, /bad\.idl:3:\d+: .*NOSUCH/);
  assert.match(err, /has 1 error/);
  assert.equal(out, "");
  assert.ok(!existsSync(`${home.path}/bad.ts`), "nothing is written");
  assert.equal((await comity("idl", `${home.path}/none.idl`)).code, 1);
});

const capture = `${root}conformance/captures/A1_mmc20_idispatch_itypeinfo_integrity.pcap`;

test("comity decode: a capture, line by line and as JSON", async () => {
  const { code, out } = await comity("decode", capture);
  assert.equal(code, 0);
  const lines = out.trimEnd().split("\n");
  const json = (await comity("decode", capture, "--json")).out.trimEnd().split("\n");
  assert.equal(json.length, lines.length, "one PDU a line");
  const first = JSON.parse(json[0] ?? "") as Record<string, unknown>;
  for (const name of ["frame", "stream", "type", "callId"]) assert.ok(name in first, name);
  assert.match(out, /IDispatch/);
  assert.ok((await comity("decode", capture, "-v")).out.length > out.length);
});

test("comity decode: hex from standard input", () => {
  const objref = "4d454f57010000000000000000000000c000000000000046";
  const { code, out } = comityProgram(["decode", "-"], { input: `${objref}${"00".repeat(44)}\n` });
  assert.equal(code, 0);
  assert.match(out, /OBJREF|objref/i);
});

test("comity decode: what is no file, and what is nothing known", async () => {
  using home = new TestHome();
  writeFileSync(`${home.path}/x.bin`, "just words");
  const missing = await comity("decode", `${home.path}/none.pcap`);
  assert.equal(missing.code, 1);
  assert.match(missing.err, /no such file/);
  const words = await comity("decode", `${home.path}/x.bin`);
  assert.ok(words.code === 1 || words.out === "", "nothing is made up");
  assert.notEqual(words.err, "");
});
