import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { comity, comityProgram } from "./support.ts";

test("storage: elements are written, listed, printed, removed", async () => {
  const folder = mkdtempSync(join(tmpdir(), "storage-"));
  try {
    const file = join(folder, "notes.dat");
    const bytes = Uint8Array.from({ length: 5000 }, (_, i) => i * 3);
    writeFileSync(join(folder, "bytes"), bytes);
    assert.equal((await comity("storage", "put", file, "a/b/large", join(folder, "bytes"))).code, 0);
    assert.equal(comityProgram(["storage", "put", file, "\\1small"], { input: "hello" }).code, 0);
    assert.equal(
      (await comity("storage", "ls", file)).out,
      "SIZE  NAME       CLASS\n      a/\n      a/b/\n5000  a/b/large\n5     \\1small\n",
    );
    assert.equal(comityProgram(["storage", "cat", file, "\\x01small"]).out, "hello");
    await comity("storage", "cat", file, "A/B/LARGE", "-o", join(folder, "out"));
    assert.deepEqual(new Uint8Array(readFileSync(join(folder, "out"))), bytes);
    assert.match(
      (await comity("storage", "ls", file, "a/b", "--json")).out,
      /^\{"type":"stream","size":5000,[^\n]*"name":"large"\}\n$/,
    );
    assert.equal((await comity("storage", "rm", file, "a/b")).code, 0);
    assert.equal((await comity("storage", "ls", file, "a")).out, "SIZE  NAME  CLASS\n");
    const missing = await comity("storage", "rm", file, "c/d");
    assert.match(missing.err, /^comity: STG_E_FILENOTFOUND/);
    assert.doesNotMatch((await comity("storage", "ls", file)).out, /c\//);
    writeFileSync(join(folder, "text"), "no storage at all");
    assert.match(
      (await comity("storage", "ls", join(folder, "text"))).err,
      /STG_E_FILEALREADYEXISTS.*not a compound file/,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("storage: the summary is written and printed", async () => {
  const folder = mkdtempSync(join(tmpdir(), "storage-"));
  try {
    const file = join(folder, "notes.dat");
    comityProgram(["storage", "put", file, "s"], { input: "x" });
    assert.equal(
      (await comity("storage", "props", file, "--set", "Title=Größe = 5", "--set", "author=A")).code,
      0,
    );
    assert.equal(
      (await comity("storage", "props", file)).out,
      "SummaryInformation\nNAME      TYPE      VALUE\nCodePage  VT_I2     -535\nTitle     VT_LPSTR  Größe = 5\nAuthor    VT_LPSTR  A\n",
    );
    assert.match(
      (await comity("storage", "props", file, "--json")).out,
      /"set":"SummaryInformation","name":"Title","type":"VT_LPSTR","value":"Größe = 5"/,
    );
    assert.match((await comity("storage", "props", file, "--set", "PageCount=3")).err, /E_INVALIDARG/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
